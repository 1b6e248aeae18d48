// The map of the index without reloading: its links, arrow keys, + and −, wheel and dragging fetch the part that is then seen.
"use strict";

const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", "+": "closer", "=": "closer", "-": "further" };
const SIDE = 800; // units of the whole map at zoom 1
const place = document.getElementById("map");
let asked = 0;

async function go(address, focus) {
  const turn = ++asked;
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(response.statusText);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("map");
    if (turn !== asked || !fresh) return; // somebody has moved on
    const open = place.querySelector("details")?.open;
    place.replaceChildren(...fresh.childNodes);
    place.querySelector("details").open = Boolean(open);
    history.replaceState(null, "", address);
    if (focus) (place.querySelector(`[data-move="${focus}"]`) ?? place.querySelector("[data-move]")).focus({ preventScroll: true });
  } catch {
    window.location.assign(address);
  }
}

function to(x, y, zoom) {
  const address = new URL(window.location.href);
  for (const [name, value] of Object.entries({ x, y, zoom })) address.searchParams.set(name, value.toFixed(4));
  address.hash = "map";
  go(address.href);
}

function state() {
  const { x, y, zoom, closest } = place.querySelector("svg").dataset;
  return { x: Number(x), y: Number(y), zoom: Number(zoom), closest: Number(closest) };
}

function follow() {
  let from = null;
  place.addEventListener("click", (event) => {
    const link = event.target.closest("[data-move]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.href, link.dataset.move);
  });
  place.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(place.querySelector(`[data-move="${move}"]`).href, document.activeElement?.dataset?.move ?? move);
  });
  place.addEventListener("wheel", (event) => {
    const drawing = event.target.closest("svg");
    if (!drawing || !event.ctrlKey) return; // a page scrolls by the wheel; with Ctrl, or two fingers, the map comes closer
    event.preventDefault();
    const { x, y, zoom, closest } = state();
    to(x, y, Math.min(closest, Math.max(1, zoom * (event.deltaY < 0 ? 1.5 : 1 / 1.5))));
  }, { passive: false });
  place.addEventListener("dragstart", (event) => event.preventDefault());
  place.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.target.closest("svg")) from = { x: event.clientX, y: event.clientY, moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const drawing = place.querySelector("svg");
    const [right, down] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(right, down) < 6) return;
    from.moved = true;
    drawing.classList.add("dragged");
    for (const part of drawing.children) part.style.translate = `${(right * 1000) / drawing.clientWidth}px ${(down * 1000) / drawing.clientWidth}px`;
  });
  window.addEventListener("pointercancel", () => { // a finger scrolls the page
    for (const part of place.querySelector("svg")?.children ?? []) part.style.translate = "";
    from = null;
  });
  window.addEventListener("pointerup", (event) => {
    if (from?.moved) {
      const { x, y, zoom } = state();
      const units = 1000 / place.querySelector("svg").clientWidth / SIDE / zoom;
      window.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
      to(Math.min(1, Math.max(0, x - (event.clientX - from.x) * units)), Math.min(1, Math.max(0, y - (event.clientY - from.y) * units)), zoom);
    }
    from = null;
  });
}

if (place) follow();
