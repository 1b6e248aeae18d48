// A work's page: its pictures seen closely, its citation copied, its address shared. Without this file the pictures are links.
"use strict";

const STEP = 1.5;  // one press of a button
const dialog = document.querySelector("[data-zoom-dialog]");
let viewer = null;

function loaded(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

// OpenSeadragon adds a <style>, which this site's policy forbids, unless it finds its own: this one is no HTML and does nothing.
function withoutItsStyle() {
  const mark = document.createElementNS("urn:pinakes", "style");
  mark.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(mark);
}

async function look(link) {
  try {
    if (!window.OpenSeadragon) {
      withoutItsStyle();
      await loaded(dialog.dataset.script);
    }
  } catch {
    location.assign(link.href);  // the picture itself needs no script
    return;
  }
  dialog.querySelector("[data-zoom-name]").textContent = link.dataset.name;
  dialog.showModal();
  const plain = matchMedia("(prefers-reduced-motion: reduce)").matches;
  viewer = window.OpenSeadragon({
    element: dialog.querySelector("[data-zoom-stage]"),
    tileSources: link.dataset.zoom,
    drawer: "canvas",
    showNavigationControl: false,
    animationTime: plain ? 0 : 0.6,
    visibilityRatio: 0.5,
    maxZoomPixelRatio: 2,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  });
  viewer.addOnceHandler("open", () => { dialog.dataset.ready = ""; });
  viewer.canvas.setAttribute("aria-label", dialog.dataset.stage);
  viewer.canvas.setAttribute("role", "application");
  viewer.canvas.focus();
}

const acts = {
  in: () => viewer.viewport.zoomBy(STEP).applyConstraints(),
  out: () => viewer.viewport.zoomBy(1 / STEP).applyConstraints(),
  whole: () => viewer.viewport.goHome(),
  turn: () => viewer.viewport.rotateBy(90),
  close: () => dialog.close(),
};

if (dialog) {
  for (const link of document.querySelectorAll("a[data-zoom]")) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      look(link);
    });
  }
  for (const button of dialog.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () => acts[button.dataset.act]());
  }
  dialog.addEventListener("close", () => {
    if (viewer) viewer.destroy();
    viewer = null;
    delete dialog.dataset.ready;
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const said = document.getElementById(button.getAttribute("aria-describedby"));
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    said.textContent = button.dataset.done;
  });
}

for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => {
    navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {});  // the visitor thought better of it
  });
}
