// Where there is room, the list of ways to narrow down stands open; and what is typed is looked for at once.
"use strict";

const wide = matchMedia("(min-width: 52rem)");
const unfold = () => {
  const fold = document.querySelector("[data-fold]");
  if (fold) fold.open = wide.matches;
};
wide.addEventListener("change", unfold);
unfold();

const form = document.querySelector("form.find");
const PAUSE_MS = 250;
let waiting = 0;
let asked = null;

function addressOf(form) {
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  return `${form.getAttribute("action")}?${new URLSearchParams(given)}`;
}

// Takes the results of another address into this page; what one types in, and where one is, stay as they are.
async function show(address) {
  if (asked) asked.abort();
  asked = new AbortController();
  const answer = await fetch(address, { signal: asked.signal });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-results]");
  const old = document.querySelector("[data-results]");
  if (!fresh || !old) return;
  const open = new Map([...old.querySelectorAll("details[data-facet]")].map((one) => [one.dataset.facet, one.open]));
  const status = document.getElementById("count");
  old.replaceChildren(...fresh.childNodes);
  for (const one of old.querySelectorAll("details[data-facet]")) one.open = open.get(one.dataset.facet) ?? one.open;
  document.querySelector("h1").textContent = page.querySelector("h1").textContent;
  document.title = page.title;
  status.textContent = page.getElementById("count").textContent;
  history.replaceState(null, "", address);
  unfold();
}

if (form) {
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      show(addressOf(form)).catch(() => {});  // no reception, or asked anew: Enter still asks in the plain way
    }, PAUSE_MS);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
}
