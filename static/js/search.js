// Asking with less waiting: the choice of a picture alone asks, the photo is shown at once, the steps tick as they happen.
// Everything here is an addition: without JavaScript the same forms work.
"use strict";

const SIDE_PX = 2560;          // a larger photo is made smaller before it is sent: reception in galleries is poor
const SMALL_BYTES = 1500000;   // below this it is sent as it is
const POLL_MS = 250;

const asking = document.getElementById("asking");
const working = document.getElementById("working");
const form = document.querySelector("form[data-ask]");
const part = (name) => working.querySelector(`[data-${name}]`);
const show = (element, visible = true) => { if (element) element.hidden = !visible; };

for (const element of document.querySelectorAll("[data-script]")) show(element);

// ---------- the wait ----------
let last = null;   // what was asked, so that it can be asked again

function begin(preview) {
  show(asking, false);
  show(working);
  show(part("trouble"), false);
  show(part("steps"));
  part("title").textContent = "Looking";
  const image = part("preview");
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

function fail(sentence) {
  part("title").textContent = "That did not work";
  part("sentence").textContent = sentence;
  show(part("steps"), false);
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
    } catch { /* the answer itself will tell */ }
    setTimeout(again, POLL_MS);
  };
  again();
}

function send(data, preview) {
  last = { data, preview };
  begin(preview);
  const mark = token();
  data.set("token", mark);
  const request = new XMLHttpRequest();   // fetch does not tell how much has been sent
  let running = false;
  request.upload.onload = () => {
    running = true;
    step(0);
    poll(form.dataset.progress.replace("0".repeat(32), mark), () => running);
  };
  request.onload = () => {
    running = false;
    const answer = parsed(request.responseText);
    if (request.status === 201 && answer) { done(); location.assign(answer.url); return; }
    fail(answer && answer.error ? `${answer.error.title}. ${answer.error.text}` : "The server did not answer as expected. Try once more.");
  };
  request.onerror = () => { running = false; fail("There was no connection. Your picture is still here: try once more."); };
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(data);
}

function done() {
  for (const item of part("steps").children) { item.classList.add("done"); item.classList.remove("now"); }
  part("title").textContent = "Found an answer";
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

part("again").addEventListener("click", () => { if (last) send(last.data, last.preview); });
window.addEventListener("pageshow", (event) => {   // back from the answer: the page as it was before
  if (event.persisted) { show(asking); show(working, false); form?.reset(); }
});

// ---------- what is asked ----------
async function smaller(file) {
  if (file.size <= SMALL_BYTES) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    return blob && blob.size < file.size ? new File([blob], file.name, { type: "image/jpeg" }) : file;
  } catch {
    return file;   // a kind that this browser cannot read; the server may
  }
}

async function ask(file, way) {
  const preview = URL.createObjectURL(file);
  last = null;
  begin(preview);
  const photo = await smaller(file);
  const most = Number(form.dataset.maxMb);
  if (photo.size > most * 1048576) {
    fail(`That picture is too large. Pictures may have up to ${most} MB; this one has ${Math.ceil(photo.size / 1048576)}.`);
    return;
  }
  const data = new FormData();
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("way", way);
  data.set("photo", photo, file.name || "photo.jpg");
  send(data, preview);
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
    if (file) ask(file, "upload");
  });
  document.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files][0];
    if (file) ask(file, "upload");
  });
}

function touch() {
  return matchMedia("(pointer: coarse)").matches;
}

for (const examples of document.querySelectorAll("form[data-examples]")) {
  examples.addEventListener("submit", (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    const data = new FormData(examples);
    data.set("example", event.submitter.value);
    send(data, event.submitter.dataset.photo);
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
      paste.textContent = "There is no picture on the clipboard";
    } catch {
      paste.textContent = "Press Ctrl + V to paste a picture";
    }
  });
}

// ---------- the camera in the page ----------
const opener = document.querySelector("[data-camera]");
const camera = document.getElementById("camera");
if (opener && camera.showModal && navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
  const video = camera.querySelector("[data-video]");
  const shoot = camera.querySelector("[data-shoot]");
  const refused = camera.querySelector("[data-refused]");
  show(opener);

  opener.addEventListener("click", async () => {
    show(refused, false);
    show(video);
    shoot.disabled = true;
    camera.showModal();
    try {
      const wanted = { video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } } };
      video.srcObject = await navigator.mediaDevices.getUserMedia(wanted);
      if (!camera.open) return stop();
      await video.play();
      shoot.disabled = false;
      shoot.focus();
    } catch {
      show(video, false);
      show(refused);
    }
  });

  const stop = () => {
    for (const track of video.srcObject ? video.srcObject.getTracks() : []) track.stop();
    video.srcObject = null;
  };
  camera.addEventListener("close", stop);
  camera.querySelector("[data-close]").addEventListener("click", () => camera.close());
  shoot.addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      camera.close();
      ask(new File([blob], "camera.jpg", { type: "image/jpeg" }), "camera");
    }, "image/jpeg", 0.92);
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
