/* Tells the server who is looking at a case, and the page who else is.

   form[data-presence] is sent every data-every seconds while the page is seen; what comes back
   is shown in [data-presence-shown], together with the news that the case has changed. */

const form = document.querySelector("form[data-presence]");
const place = document.querySelector("[data-presence-shown]");

function tell() {
  if (document.hidden) return;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.timeout = 20_000;
  request.addEventListener("load", () => {
    const answer = request.response;
    if (request.status !== 200 || !answer) return;
    const told = ["[data-viewers]", "[data-changed]"].map((name) => answer.querySelector(name)?.textContent.trim());
    const text = told.filter(Boolean).join(". ");
    if (place.textContent !== text) place.textContent = text;
  });
  request.send(new FormData(form));
}

if (form && place) {
  tell();
  document.addEventListener("visibilitychange", tell);
  setInterval(tell, Number(form.dataset.every) * 1000);
}
