/* The queue: choosing rows, and keeping them fresh without moving any.

   Every data-every seconds the address in data-live-url tells what has become of the rows on
   the screen. Age, due time, state and who is looking are exchanged in place; a row that
   somebody else has dealt with turns grey and stays where it is; of cases that belong here
   now, a line tells how many, with a link that shows them. Nothing is fetched while the page
   is hidden, while somebody types, has chosen rows, marked text or a dialog open, or has
   pressed the button that pauses. */

const PAUSED = "moderation.queue.paused";
const list = document.querySelector("[data-live-url]");
const rows = () => [...list.querySelectorAll("[data-row]")];

/* Choosing */

function startChoosing() {
  const all = document.getElementById("action-toggle");
  if (!all) return;
  const boxes = [...list.querySelectorAll(".action-select")];
  const shown = list.querySelector("[data-chosen]");
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked);
    all.checked = chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
    const { one, many } = shown.dataset;
    shown.textContent = chosen.length === 0 ? "" : chosen.length === 1 ? one : many.replace("#", chosen.length);
    for (const box of boxes) box.closest("tr").toggleAttribute("data-chosen-row", box.checked);
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  list.addEventListener("change", tell);
  addEventListener("pageshow", tell);
}

/* Keeping fresh */

const rests = () =>
  document.hidden ||
  sessionStorage.getItem(PAUSED) === "yes" ||
  document.activeElement?.matches("input:not([type=checkbox]), textarea, select") ||
  list.querySelector(".action-select:checked") !== null ||
  document.querySelector("dialog[open]") !== null ||
  !getSelection().isCollapsed;

function exchange(row, fresh) {
  for (const name of ["field-age", "field-shown_state"]) {
    const old = row.querySelector(`.${name}`);
    const cell = fresh.querySelector(`.${name}`);
    if (old.textContent !== cell.textContent) old.replaceChildren(...document.adoptNode(cell).childNodes);
  }
  row.classList.toggle("moderation-stale", "stale" in fresh.dataset);
}

function show(answer) {
  const fresh = new Map([...answer.querySelectorAll("tr")].map((row) => [row.dataset.case, row]));
  for (const row of rows()) {
    if (fresh.has(row.dataset.case)) exchange(row, fresh.get(row.dataset.case));
    else row.classList.add("moderation-stale");
  }
  const told = answer.querySelector("[data-live-news]")?.textContent ?? "";
  const news = list.querySelector("[data-live-news]");
  if (news.textContent !== told) news.textContent = told;
  list.querySelector("[data-live-show]").hidden = told === "";
}

let asking = false;

function ask() {
  if (asking || rests()) return;
  const shown = rows().map((row) => `${row.dataset.case}-${row.dataset.version}`).join(",");
  const address = new URL(list.dataset.liveUrl, location.href);
  address.searchParams.set("shown", shown);
  address.searchParams.set("here", list.dataset.here);
  // Read as a document by the browser itself: nothing is ever written into the page as markup.
  const request = new XMLHttpRequest();
  asking = true;
  request.open("GET", address);
  request.responseType = "document";
  request.timeout = 20_000;
  request.addEventListener("loadend", () => {
    asking = false;
    if (request.status === 200 && request.response && !rests()) show(request.response);
  });
  request.send();
}

function startAsking() {
  const pause = document.querySelector("[data-live-pause]");
  const tell = () => pause.setAttribute("aria-pressed", String(sessionStorage.getItem(PAUSED) === "yes"));
  pause.hidden = false;
  pause.addEventListener("click", () => {
    sessionStorage.setItem(PAUSED, sessionStorage.getItem(PAUSED) === "yes" ? "no" : "yes");
    tell();
    ask();
  });
  tell();
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, Number(list.dataset.every) * 1000);
}

startChoosing();
startAsking();
