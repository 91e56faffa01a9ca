/* Single keys for the desk. A page marks what has a key; this module does the rest.

   The contract, for templates (all of it works without this file, by mouse and Tab):

   data-key="d"          on a button, link, summary or check box: the key clicks it;
                         on a text field, select or textarea: the key moves the focus there;
                         on a radio button: the key chooses it and moves the focus there.
                         Write data-key="{{ keys.decide }}": `keys` maps the names of
                         moderation.services.preferences.KEYS to this moderator's own keys and is
                         empty for who has switched keys off. An empty data-key is no key.
   data-key-label="…"    what the help says; else the accessible name of the element is taken.
   data-key-quiet        shows no <kbd> beside the element (the help still lists the key).
   data-keys             on one <dialog> per page: the help. Its <dl data-keys-list> is filled
                         here; a button with data-keys-open opens it, data-keys-close closes it.
   data-rows             on a list of things to go through; every [data-row] in it is one.
                         data-next, data-previous and data-select on it name the keys; the focus
                         moves to the row's [data-row-link], `select` clicks its check box.

   Keys are left alone while somebody types, chooses from a list, composes a character, has a
   modifier down or a dialog open, and when another script has dealt with them. The first
   visible element of a key is used, so a key may stand on elements of which one is shown. */

const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=button])" +
  ":not([type=submit]):not([type=reset]), textarea, select, [contenteditable]:not([contenteditable=false])";

const visible = (element) => !element.disabled && element.getClientRects().length > 0;

const keyed = () => [...document.querySelectorAll("[data-key]")].filter((each) => each.dataset.key);

function labelOf(element) {
  const label = element.dataset.keyLabel || element.getAttribute("aria-label") ||
    element.labels?.[0]?.textContent || element.textContent || element.value || "";
  return label.replace(/\s+/g, " ").trim();
}

function showHints() {
  for (const element of keyed()) {
    if (element.getAttribute("aria-keyshortcuts")) continue;
    element.dataset.keyLabel = labelOf(element);
    element.setAttribute("aria-keyshortcuts", element.dataset.key);
    if (!("keyQuiet" in element.dataset)) hintAt(element);
  }
}

function hintAt(element) {
  const hint = document.createElement("kbd");
  hint.className = "moderation-key";
  hint.setAttribute("aria-hidden", "true");
  hint.textContent = element.dataset.key;
  if (element.matches("button, a, summary")) element.append(" ", hint);
  else if (element.labels?.length) element.labels[0].append(" ", hint);
  else element.after(" ", hint);
}

function press(element) {
  if (element.matches("input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select")) {
    element.focus();
    if (element.matches("input[type=search], input[type=text]")) element.select();
    return;
  }
  element.focus();
  element.click();
}

/* Rows */

const rowsOf = (list) => [...list.querySelectorAll("[data-row]")].filter(visible);

function move(list, step) {
  const rows = rowsOf(list);
  const here = rows.findIndex((row) => row.contains(document.activeElement) || "current" in row.dataset);
  const to = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
  const row = rows[Math.min(Math.max(to, 0), rows.length - 1)];
  if (!row) return;
  for (const each of rows) delete each.dataset.current;
  row.dataset.current = "";
  row.querySelector("[data-row-link]")?.focus();
  row.scrollIntoView({ block: "nearest" });
}

function select(list) {
  const row = rowsOf(list).find((each) => each.contains(document.activeElement) || "current" in each.dataset);
  row?.querySelector("input[type=checkbox]:not(:disabled)")?.click();
}

function inRows(key) {
  const list = document.querySelector("[data-rows]");
  if (!list) return false;
  if (key === list.dataset.next) move(list, 1);
  else if (key === list.dataset.previous) move(list, -1);
  else if (key === list.dataset.select) select(list);
  else return false;
  return true;
}

/* Help */

function line(list, key, text) {
  const term = document.createElement("dt");
  const shown = document.createElement("kbd");
  const what = document.createElement("dd");
  shown.textContent = key;
  what.textContent = text;
  term.append(shown);
  list.append(term, what);
}

function openHelp(help) {
  const list = help.querySelector("[data-keys-list]");
  const rows = document.querySelector("[data-rows]");
  const told = new Set();
  list.replaceChildren();
  for (const name of rows ? ["next", "previous", "select"] : []) {
    if (!rows.dataset[name]) continue;
    told.add(rows.dataset[name]);
    line(list, rows.dataset[name], list.dataset[name] || name);
  }
  for (const element of keyed()) {
    if (told.has(element.dataset.key) || !visible(element)) continue;
    told.add(element.dataset.key);
    line(list, element.dataset.key, labelOf(element));
  }
  help.showModal();
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.repeat && event.key === "Enter") return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
  if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
  const element = keyed().find((each) => each.dataset.key === event.key && visible(each));
  if (!element && !inRows(event.key)) return;
  event.preventDefault();
  if (element) press(element);
}

function start() {
  showHints();
  document.addEventListener("keydown", onKey);
  const help = document.querySelector("dialog[data-keys]");
  for (const opener of help ? document.querySelectorAll("[data-keys-open]") : []) {
    opener.hidden = false;
    opener.addEventListener("click", () => openHelp(help));
  }
  help?.querySelector("[data-keys-close]")?.addEventListener("click", () => help.close());
  document.addEventListener("moderation:changed", showHints);
}

start();
