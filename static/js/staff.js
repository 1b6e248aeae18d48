// Job cards follow their job (without this, the page of a running job reloads itself); the rail shows where one is.
"use strict";

const POLL_MS = 1000;
const words = document.getElementById("staff-words").dataset;
const SLOW_MS = 5000; // after an answer that did not come

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function write(card, part, text) {
  const place = card.querySelector(`[data-part="${part}"]`);
  if (place && place.textContent !== text) place.textContent = text;
}

function show(card, job) {
  write(card, "state", job.state_word);
  write(card, "stage", job.stage || words.waiting);
  write(card, "figures", job.figures);
  write(card, "seconds", job.seconds === null ? "0 s" : duration(job.seconds));
  write(card, "in_all", job.in_all || "");
  for (const step of job.steps || []) {
    const place = card.querySelector(`[data-step="${step.stage}"]`);
    if (!place) continue;
    place.className = step.state;
    if (step.state === "now") place.setAttribute("aria-current", "step");
    else place.removeAttribute("aria-current");
  }
  const bar = card.querySelector('[data-part="bar"]');
  if (!bar) return;
  if (job.share === null) bar.removeAttribute("value");
  else bar.value = job.share;
}

async function follow(card) {
  let wait = POLL_MS;
  try {
    const response = await fetch(card.dataset.job, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.statusText);
    const job = await response.json();
    show(card, job);
    if (job.ended) {
      window.location.reload(); // what came of it is more than the card
      return;
    }
  } catch {
    write(card, "figures", words.silent);
    wait = SLOW_MS;
  }
  setTimeout(follow, wait, card);
}

document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
for (const card of document.querySelectorAll('[data-job][data-ended="no"]')) setTimeout(follow, POLL_MS, card);
