/* The page of a case. Everything on it works without this file; it adds three things:
   stepping through the passages, panes that scroll together, and news of what colleagues do. */

const POLL_MS = 20_000;

/* Passages */

const numbered = () => [...document.querySelectorAll("[data-pane=ours] .moderation-number[id], #text mark sup a")]
  .filter((each) => each.getClientRects().length > 0);

function startStepping() {
  const bar = document.querySelector("[data-passages]");
  if (!bar || numbered().length === 0) return;
  bar.hidden = false;
  let at = -1;
  for (const button of bar.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      const marks = numbered();
      const here = marks.indexOf(document.activeElement);
      at = ((here >= 0 ? here : at) + Number(button.dataset.step) + marks.length) % marks.length;
      marks[at].focus({ preventScroll: true });
      marks[at].scrollIntoView({ block: "center" });
    });
  }
}

/* Panes: the passage at the top of one is brought to the top of the other. */

function topmost(pane) {
  const edge = pane.getBoundingClientRect().top;
  return [...pane.querySelectorAll("[data-passage]")]
    .map((mark) => ({ mark, by: mark.getBoundingClientRect().top - edge }))
    .reduce((best, each) => (!best || Math.abs(each.by) < Math.abs(best.by) ? each : best), null);
}

function follow(from, to) {
  const top = topmost(from);
  const twin = top && to.querySelector(`[data-passage="${top.mark.dataset.passage}"]`);
  if (!twin) return;
  const by = twin.getBoundingClientRect().top - to.getBoundingClientRect().top;
  to.scrollTop += by - top.by;
}

function startPanes(panes) {
  const [ours, theirs] = panes.querySelectorAll("[data-pane]");
  let led;
  for (const [from, to] of [[ours, theirs], [theirs, ours]]) {
    for (const kind of ["pointerenter", "focusin", "wheel", "touchstart"]) {
      from.addEventListener(kind, () => { led = from; }, { passive: true });
    }
    from.addEventListener("scroll", () => { if (led === from) follow(from, to); }, { passive: true });
    from.addEventListener("click", (event) => {
      const link = event.target.closest(".moderation-number");
      const twin = link && document.querySelector(link.hash);
      if (!twin) return;
      event.preventDefault();
      led = undefined;
      to.scrollTop += twin.getBoundingClientRect().top - to.getBoundingClientRect().top - 40;
      twin.focus({ preventScroll: true });
    });
  }
  follow(ours, theirs);
}

/* Colleagues: who looks at the case, and whether it has changed since the page was made.

   A fragment of the server's own is asked for as a document: that parses it without a script
   touching markup, which the strictest policies forbid. */

function tell(box, answer) {
  const news = answer.body;
  if (news.textContent.trim() === box.textContent.trim()) return;
  box.replaceChildren(...[...news.childNodes].map((node) => document.importNode(node, true)));
  if (!box.querySelector("[data-changed]")) return;
  for (const form of document.querySelectorAll("form[data-decide]")) {
    form.classList.add("moderation-stale");
  }
}

function ask(box) {
  if (document.hidden) return;
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!token) return;
  const request = new XMLHttpRequest();
  request.open("POST", box.dataset.present);
  request.responseType = "document";
  request.setRequestHeader("X-CSRFToken", token.value);
  request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  request.addEventListener("load", () => {
    if (request.status === 200 && request.response && !request.responseURL.includes("/login/")) {
      tell(box, request.response);
    }
  });
  request.send(new URLSearchParams({ version: box.dataset.version }).toString());
}

function startAsking(box) {
  ask(box);
  setInterval(() => ask(box), POLL_MS);
  document.addEventListener("visibilitychange", () => ask(box));
}

startStepping();
for (const panes of document.querySelectorAll("[data-panes]")) startPanes(panes);
for (const box of document.querySelectorAll("[data-present]")) startAsking(box);
