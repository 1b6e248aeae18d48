// The cost of a re-index follows the chosen preset; without this, a button asks for it.
"use strict";

const asking = document.querySelector("form[data-cost]");

async function showCost() {
  const address = new URL(asking.action);
  address.search = new URLSearchParams(new FormData(asking)).toString();
  const shown = document.getElementById("cost");
  shown.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("cost");
    if (!fresh) throw new Error("no cost");
    shown.replaceChildren(...fresh.childNodes);
    shown.removeAttribute("aria-busy");
    window.history.replaceState(null, "", address);
  } catch {
    asking.submit(); // as without this script
  }
}

if (asking) {
  asking.querySelector("[data-ask]").hidden = true;
  asking.addEventListener("change", showCost);
}
