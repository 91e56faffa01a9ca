// Opens the page of a report in a dialog, where the browser can. Without this the link leads there.

let opener;
const dialog = document.createElement("dialog");
dialog.className = "moderation-report";

async function show(response) {
  if (!response.headers.get("Content-Type")?.startsWith("text/html")) throw new Error("no page");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page.querySelector("main");
  if (!main?.querySelector("[data-moderation-report-form], [data-moderation-report-received]")) {
    throw new Error("not the page of a report");
  }
  dialog.replaceChildren(...document.adoptNode(main).childNodes, closer());
  const heading = dialog.querySelector("h1");
  heading.id = "moderation-report-heading";
  heading.tabIndex = -1;
  dialog.setAttribute("aria-labelledby", heading.id);
  if (!dialog.open) dialog.showModal();
  const alert = dialog.querySelector("[role=alert]");
  if (alert) alert.tabIndex = -1;
  dialog.scrollTop = 0;
  (alert ?? heading).focus();
}

function closer() {
  const form = document.createElement("form");
  form.method = "dialog";
  const button = document.createElement("button");
  button.textContent = "\u00d7";
  button.ariaLabel = opener.dataset.moderationClose;
  form.append(button);
  return form;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-moderation-report]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  opener = link;
  try {
    await show(await fetch(link.href));
  } catch {
    location.assign(link.href);
  }
});

dialog.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-moderation-report-form]")) return;
  event.preventDefault();
  try {
    await show(await fetch(form.action, { method: "POST", body: new FormData(form) }));
  } catch {
    form.submit();
  }
});

document.body.append(dialog);
