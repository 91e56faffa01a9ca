/* "Do you want to rephrase it?": asks the site's check while a comment is written, and points
   at the passage. It never holds anything back: the form is sent as it is, whatever this says,
   and whatever goes wrong here is kept to itself. */

const PAUSE_MS = 700;
const LEAST_CHARS = 8;
const AROUND = 60;
const MOST_REASONS = 3;

function start(root) {
  const field = document.getElementById(root.dataset.field);
  if (!field || root.dataset.started) return;
  root.dataset.started = "yes";
  const box = root.querySelector("[data-nudge-box]");
  const state = { timer: 0, asked: "", left: "", passage: null, quietUntil: 0 };

  const close = () => { box.hidden = true; state.passage = null; };

  field.addEventListener("input", () => {
    clearTimeout(state.timer);
    if (!box.hidden && !field.value.trim()) close();
    state.timer = setTimeout(ask, PAUSE_MS);
  });
  box.querySelector("[data-nudge-show]").addEventListener("click", () => {
    if (!state.passage) return;
    field.focus();
    field.setSelectionRange(...state.passage);
  });
  box.querySelector("[data-nudge-close]").addEventListener("click", () => {
    state.left = field.value;
    close();
    field.focus();
  });

  async function ask() {
    const text = field.value;
    if (text === state.asked || Date.now() < state.quietUntil) return;
    state.asked = text;
    if (text.trim().length < LEAST_CHARS || text === state.left) return close();
    const answer = await check(root, field, text, state);
    if (field.value !== text) return;  // written on meanwhile: the next answer counts
    const found = answer?.flagged ? passages(answer) : [];
    if (found.length === 0) return close();
    state.passage = show(box, text, found);
  }
}

async function check(root, field, text, state) {
  const token = field.form?.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const { url, kind, answers } = root.dataset;
  try {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", ...(token && { "X-CSRFToken": token }) },
      body: JSON.stringify({ text, kind, answers }),
    });
    if (response.ok) return await response.json();
    const pause = Number(response.headers.get("Retry-After")) || 60;
    state.quietUntil = Date.now() + pause * 1000;
  } catch {
    state.quietUntil = Date.now() + 60_000;
  }
  return null;
}

function passages(answer) {
  return answer.findings.flatMap((finding) => finding.evidence).filter((each) => each.end > each.start);
}

/* Positions come in code points; the selection of a field counts UTF-16 units. */
function show(box, text, found) {
  const points = [...text];
  const units = (at) => points.slice(0, at).join("").length;
  const { start, end } = found[0];
  const quote = box.querySelector("[data-nudge-quote]");
  const mark = document.createElement("mark");
  mark.textContent = points.slice(start, end).join("");
  const first = Math.max(0, start - AROUND);
  const before = (first > 0 ? "…" : "") + points.slice(first, start).join("");
  const after = points.slice(end, end + AROUND).join("") + (end + AROUND < points.length ? "…" : "");
  quote.replaceChildren(before, mark, after);
  const reasons = [...new Set(found.map((each) => each.explanation))].slice(0, MOST_REASONS);
  box.querySelector("[data-nudge-reasons]").replaceChildren(...reasons.map((reason) => {
    const line = document.createElement("li");
    line.textContent = reason;
    return line;
  }));
  box.hidden = false;
  return [units(start), units(end)];
}

for (const root of document.querySelectorAll("[data-moderation-nudge]")) start(root);
