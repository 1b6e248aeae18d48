// Asking with less waiting: the choice of a picture alone asks, the photo is shown at once, the pictures in it are outlined as
// soon as they are seen, the steps tick as they happen.
// Everything here is an addition: without JavaScript the same forms work. Other scripts of a page use `send` and `ask`.
"use strict";

const MOST_BYTES = 400 * 1024;               // above it a photo is made smaller before it is sent: reception in galleries is poor
const SIDES_PX = [1600, 1280, 1024];         // the search looks at no more than 1600 (`PHOTO_SIDE`), most of it at 800
const QUALITIES = [0.82, 0.74, 0.64, 0.52];
const POLL_MS = 250;
const PATIENCE = 4;                          // times that a full queue is asked again

const asking = document.getElementById("asking");
const working = document.getElementById("working");
const words = JSON.parse(working.dataset.words);
const form = document.querySelector("form[data-ask]");
const part = (name) => working.querySelector(`[data-${name}]`);
const show = (element, visible = true) => { if (element) element.hidden = !visible; };
const touch = () => matchMedia("(pointer: coarse)").matches;

for (const element of document.querySelectorAll("[data-script]")) show(element);

// ---------- the wait ----------
let last = null;   // what was asked, so that it can be asked again

function begin(preview) {
  show(asking, false);
  show(working);
  show(part("trouble"), false);
  show(part("patience"), false);
  show(part("steps"));
  part("title").textContent = words.looking;
  part("sent").textContent = "";
  const image = part("preview");
  outlined([]);
  show(image, Boolean(preview));
  image.onerror = () => show(image, false);   // a kind of picture that this browser does not draw, HEIC for one
  if (preview) image.src = preview;
  step("send");
  window.scrollTo(0, 0);
  working.focus({ preventScroll: true });
}

function step(name) {
  const items = [...part("steps").children];
  const at = items.findIndex((item) => item.dataset.step === String(name));
  if (at < 0 || items[at].classList.contains("now")) return;
  items.forEach((item, index) => {
    item.classList.toggle("done", index < at);
    item.classList.toggle("now", index === at);
  });
  part("status").textContent = items[at].textContent;
}

function outlined(quads) {   // the pictures that were seen in the photo; corners as shares of its sides
  const drawing = part("outlines");
  if (drawing.childElementCount === 2 * quads.length) return;   // drawn already
  drawing.replaceChildren();
  for (const corners of quads) {
    for (const kind of ["halo", ""]) {
      const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
      shape.setAttribute("class", kind);
      shape.setAttribute("points", corners.map(([x, y]) => `${100 * x},${100 * y}`).join(" "));
      drawing.append(shape);
    }
  }
}

function fail(sentence) {
  part("title").textContent = words.failed;
  part("sentence").textContent = sentence;
  show(part("steps"), false);
  show(part("patience"), false);
  show(part("trouble"));
  show(part("again"), Boolean(last));
  part("again").focus();
}

function token() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function poll(address, running) {
  const again = async () => {
    if (!running()) return;
    try {
      const answer = await (await fetch(address)).json();
      if (running() && answer.step !== null) step(answer.step);
      if (running()) outlined(answer.outlines);
    } catch { /* the answer itself will tell */ }
    setTimeout(again, POLL_MS);
  };
  again();
}

function send(data, preview, address = working.dataset.askAddress, tries = 0) {
  last = { data, preview, address };
  begin(preview);
  const mark = token();
  data.set("token", mark);
  const request = new XMLHttpRequest();   // fetch does not tell how much has been sent
  let running = false;
  request.upload.onprogress = (event) => {
    if (event.lengthComputable && event.total > 50000) part("sent").textContent = `${Math.round(100 * event.loaded / event.total)} %`;
  };
  request.upload.onload = () => {
    running = true;
    part("sent").textContent = "";
    step(0);
    poll(working.dataset.progress.replace("0".repeat(32), mark), () => running);
  };
  request.onload = () => {
    running = false;
    const answer = parsed(request.responseText);
    const wait = Number(request.getResponseHeader("Retry-After"));
    if (request.status === 201 && answer) { done(); location.assign(answer.url); return; }
    if (request.status === 503 && wait && tries < PATIENCE) { patience(wait, () => send(data, preview, address, tries + 1)); return; }
    fail(answer && answer.error ? `${answer.error.title}. ${answer.error.text}` : words.odd);
  };
  request.onerror = () => { running = false; fail(words.offline); };
  request.open("POST", address);
  request.setRequestHeader("Accept", "application/json");
  request.send(data);
}

function patience(seconds, again) {
  part("patience").textContent = words.busy;
  show(part("patience"));
  part("status").textContent = words.busy;
  setTimeout(again, seconds * 1000);
}

function done() {
  for (const item of part("steps").children) { item.classList.add("done"); item.classList.remove("now"); }
  part("title").textContent = words.found;
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

part("again").addEventListener("click", () => { if (last) send(last.data, last.preview, last.address); });
window.addEventListener("pageshow", (event) => {   // back from the answer: the page as it was before
  if (event.persisted) { show(asking); show(working, false); form?.reset(); }
});

// ---------- what is asked ----------
async function smaller(file) {
  if (file.size <= MOST_BYTES) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    let best = file;
    for (const side of SIDES_PX) {
      const canvas = drawn(bitmap, side);
      for (const quality of QUALITIES) {
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
        if (blob && blob.size < best.size) best = new File([blob], file.name || "photo.jpg", { type: "image/jpeg" });
        if (best.size <= MOST_BYTES) return best;
      }
    }
    return best;
  } catch {
    return file;   // a kind that this browser cannot read; the server may
  }
}

function drawn(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";   // what is transparent lies on white, as the server has it
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function ask(file, way) {
  last = null;
  const preview = URL.createObjectURL(file);
  begin(preview);
  const photo = await smaller(file);
  const most = Number(form.dataset.maxMb);
  if (photo.size > most * 1048576) {
    fail(words.large.replace("{most}", most).replace("{size}", Math.ceil(photo.size / 1048576)));
    return;
  }
  const data = new FormData();
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("way", way);
  data.set("photo", photo, file.name || "photo.jpg");
  send(data, preview);
}

function askLink(url) {
  const data = new FormData();
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("url", url);
  send(data, null);
}

if (form) {
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => { if (input.files.length) ask(input.files[0], touch() ? input.dataset.way : "upload"); });
  }
  document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const file = event.dataTransfer.files[0];
    const link = linked(event.dataTransfer);   // a picture dragged over from another page is a link
    if (file) ask(file, "upload");
    else if (link && document.getElementById("ask-url")) askLink(link);
    else { last = null; begin(null); fail(words.drop); }
  });
  document.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files][0];
    const text = event.clipboardData.getData("text/plain").trim();
    if (file) ask(file, "upload");
    else if (/^https?:\/\/\S+$/i.test(text) && !event.target.closest?.("input, textarea") && document.getElementById("ask-url")) askLink(text);
  });
}

function linked(transfer) {
  const dragged = new DOMParser().parseFromString(transfer.getData("text/html"), "text/html").querySelector("img[src]");
  const link = dragged ? dragged.getAttribute("src") : transfer.getData("text/uri-list").split("\n")[0];
  return /^https?:/i.test(link.trim()) ? link.trim() : "";
}

for (const other of document.querySelectorAll("form[data-asks]")) {   // an example, a picture of the catalogue, a web address
  other.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(other, event.submitter);
    send(data, event.submitter?.dataset.photo || other.dataset.photo || null, other.action);
  });
}

const paste = document.querySelector("[data-paste]");
if (paste && navigator.clipboard && navigator.clipboard.read) {
  show(paste);
  paste.addEventListener("click", async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const kind = item.types.find((type) => type.startsWith("image/"));
        if (kind) return ask(new File([await item.getType(kind)], "pasted", { type: kind }), "upload");
      }
      paste.textContent = words.empty;
    } catch {
      paste.textContent = words.keys;
    }
  });
}

// ---------- what lies below the first screen ----------
for (const place of document.querySelectorAll("[data-later]")) {   // a browser with JavaScript holds what is in <noscript> as text
  const bring = () => {
    observer.disconnect();
    for (const name of woken) window.removeEventListener(name, awake);   // else a scroll would bring it a second time
    document.removeEventListener("keydown", tabbed);
    if (!place.className) return;
    place.innerHTML = place.firstElementChild.textContent;
    place.className = "";
  };
  const observer = new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting)) bring();
  }, { rootMargin: "0px 0px -15% 0px" });
  const tabbed = (event) => { if (event.key === "Tab") bring(); };   // its links are stops too, and it must not push away the one that has the focus
  const woken = ["scroll", "pointermove", "touchstart"];   // a tall window shows the place at once: even there the first page stays light
  const awake = () => {
    for (const name of woken) window.removeEventListener(name, awake);
    observer.observe(place);
  };
  for (const name of woken) window.addEventListener(name, awake, { passive: true });
  document.addEventListener("keydown", tabbed);
}

// ---------- the camera in the page: its script comes when it is first opened ----------
if (form && window.HTMLDialogElement && navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
  const opener = document.querySelector("[data-camera]");
  const camera = () => {
    if (window.openCamera) { window.openCamera(); return; }
    const script = document.createElement("script");
    script.src = form.dataset.cameraScript;
    script.onload = () => window.openCamera();
    script.onerror = () => { last = null; begin(null); fail(words.offline); };
    document.head.append(script);
  };
  show(opener);
  opener.addEventListener("click", camera);
  form.querySelector("[data-way=camera]").addEventListener("click", (event) => {
    if (touch()) { event.preventDefault(); camera(); }   // where fingers point there is a camera on the back; else a file is chosen
  });
}

// ---------- the proof ----------
for (const link of document.querySelectorAll("[data-opens]")) {
  link.addEventListener("click", () => { document.getElementById(link.dataset.opens).open = true; });
}
for (const lay of document.querySelectorAll("[data-lay]")) {
  const over = lay.querySelector("[data-over]");
  const slider = lay.querySelector("[data-slider]");
  const fade = () => { over.style.opacity = slider.value / 100; };
  slider.addEventListener("input", fade);
  fade();
}
