// Saying which work it is without leaving the answer: the works that the words find come in below them.
// Without JavaScript, and where the server does not answer, the same form leads to a page of its own.
"use strict";

for (const form of document.querySelectorAll("form[data-picker]")) {
  const found = form.parentElement.querySelector("[data-found]");
  let asked = 0;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const mine = ++asked;
    const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    found.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine === asked) found.replaceChildren(...page.querySelector("[data-found]").childNodes);
    } catch {
      location.assign(address);
    } finally {
      found.removeAttribute("aria-busy");
    }
  });
}

// A number or an outline on the photo was chosen: its label is read from there on, as a link within the page is without scripts.
for (const link of document.querySelectorAll(".outlines a[href^='#']")) {
  link.addEventListener("click", () => {
    document.querySelector(link.getAttribute("href")).focus({ preventScroll: true });
  });
}

// A picture on the photo that was not recognised was chosen: it is looked at alone at once, as by its button below the photo.
for (const link of document.querySelectorAll(".outlines a[data-press]")) {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    document.getElementById(link.dataset.press).click();
  });
}
