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

// What the computer sees, in words, and the map of one of them: taken in where the heat maps are. Without JavaScript the links lead
// to a page of their own.
for (const seen of document.querySelectorAll("[data-seen]")) {
  seen.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-look]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    seen.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      seen.replaceChildren(...page.querySelector("[data-seen]").childNodes);
      seen.querySelector("a[aria-current]").focus({ preventScroll: true });
    } catch {
      location.assign(link.href);
    } finally {
      seen.removeAttribute("aria-busy");
    }
  });
}
