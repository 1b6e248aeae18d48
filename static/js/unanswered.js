// Works are suggested while one types; and whoever wants to answers with single keys (off until asked for: WCAG 2.1.4).
"use strict";

const PAUSE_MS = 200;
const KEPT = "unanswered-keys";
const finder = document.querySelector("[data-suggest]");
let pause = 0;
let asked = null;

async function suggest() {
  const words = finder.elements.q.value.trim();
  const address = new URL(finder.action);
  for (const [name, value] of new FormData(finder)) if (value && (name !== "q" || words)) address.searchParams.append(name, value);
  if (asked) asked.abort();
  asked = new AbortController();
  const answer = await fetch(address, { signal: asked.signal });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("suggested");
  if (fresh) document.getElementById("suggested").replaceChildren(...fresh.childNodes);
  showKeys();
}

finder?.elements.q.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => suggest().catch(() => {}), PAUSE_MS); // no reception, or asked anew: Enter still asks
});

const choice = document.querySelector("[data-keys] input");
const wanted = () => Boolean(choice?.checked);

function showKeys() {
  for (const key of document.querySelectorAll("kbd")) key.hidden = !wanted();
  for (const place of document.querySelectorAll("[data-key]")) {
    if (wanted()) place.setAttribute("aria-keyshortcuts", place.dataset.key);
    else place.removeAttribute("aria-keyshortcuts");
  }
}

if (choice) {
  choice.closest("[data-keys]").hidden = false;
  choice.checked = localStorage.getItem(KEPT) === "yes";
  choice.addEventListener("change", () => {
    localStorage.setItem(KEPT, wanted() ? "yes" : "no");
    showKeys();
  });
  showKeys();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
  if (!wanted() || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const place = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
  if (!place) return;
  event.preventDefault();
  if (place.matches("input")) place.focus();
  else place.click();
});
