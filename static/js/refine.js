// Changing the photo in the page: a frame to drag, buttons and fields that do the same, and what comes of it beside the photo.
// The fields of the form are the state; the address says it too, so that going back or sending the link finds it again.
// The arithmetic is that of app/web/refining.py: mirrored, turned, tilted about the middle, then trimmed in percent.
"use strict";

(() => {
  const form = document.querySelector("form[data-refine]");
  const field = (name) => form.elements[name];
  const get = (name) => form.querySelector(`[data-${name}]`);
  const words = JSON.parse(form.dataset.words);
  const LEAST = 5;   // percent of a side that stays
  const photo = new Image();
  const whole = document.createElement("canvas");     // the photo turned and tilted
  const outcome = document.createElement("canvas");   // the part of it that is asked about
  let frame = null;

  // ---------- the state: what the fields say ----------
  const number = (name) => { const value = Number(field(name).value); return Number.isFinite(value) ? value : 0; };
  const tenth = (value) => Math.round(value * 10) / 10;
  const between = (value, least, most) => Math.min(Math.max(value, least), most);

  function state() {
    return {
      left: number("left"), top: number("top"), right: number("right"), bottom: number("bottom"),
      turn: number("turn"), tilt: number("tilt"), mirror: field("mirror").checked,
    };
  }

  function set(changes) {
    const next = { ...state(), ...changes };
    next.left = tenth(between(next.left, 0, 100 - LEAST));
    next.top = tenth(between(next.top, 0, 100 - LEAST));
    next.right = tenth(between(next.right, 0, 100 - LEAST - next.left));
    next.bottom = tenth(between(next.bottom, 0, 100 - LEAST - next.top));
    next.tilt = tenth(between(next.tilt, -45, 45));
    next.turn = ((next.turn % 360) + 360) % 360;
    const before = state();
    for (const name of ["left", "top", "right", "bottom", "turn", "tilt"]) field(name).value = next[name];
    field("mirror").checked = next.mirror;
    get("mirror").setAttribute("aria-pressed", next.mirror);
    get("tilt").value = next.tilt;
    if (before.turn !== next.turn || before.tilt !== next.tilt || before.mirror !== next.mirror) turned();
    trimmed();
    remember();
  }

  // A turn or a mirror takes the frame with it: what was at the left is at the top.
  function turn(by) {
    const now = state();
    const edges = by > 0
      ? { top: now.left, right: now.top, bottom: now.right, left: now.bottom }
      : { bottom: now.left, left: now.top, top: now.right, right: now.bottom };
    set({ ...edges, turn: now.turn + by });
  }

  function mirror() {
    const now = state();
    set({ mirror: !now.mirror, turn: -now.turn, tilt: -now.tilt, left: now.right, right: now.left });
  }

  // ---------- drawing ----------
  function turned() {
    if (!photo.complete || !photo.naturalWidth) return;
    const now = state();
    const upright = now.turn % 180 === 0;
    const [wide, high] = [photo.naturalWidth, photo.naturalHeight];
    whole.width = upright ? wide : high;
    whole.height = upright ? high : wide;
    const context = whole.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.translate(whole.width / 2, whole.height / 2);
    context.scale(cover(whole.width, whole.height, now.tilt), cover(whole.width, whole.height, now.tilt));
    context.rotate((now.tilt + now.turn) * Math.PI / 180);
    context.scale(now.mirror ? -1 : 1, 1);
    context.drawImage(photo, -wide / 2, -high / 2);
  }

  function cover(width, height, degrees) {
    const angle = Math.abs(degrees) * Math.PI / 180;
    return Math.cos(angle) + Math.max(width / height, height / width) * Math.sin(angle);
  }

  function trimmed() {
    const { left, top, right, bottom } = state();
    const [wide, high] = [100 - left - right, 100 - top - bottom];
    Object.assign(frame.style, { left: `${left}%`, top: `${top}%`, width: `${wide}%`, height: `${high}%` });
    get("shade").setAttribute("d", `M0 0H100V100H0ZM${left} ${top}V${100 - bottom}H${100 - right}V${top}Z`);
    outcome.width = Math.max(1, Math.round(whole.width * wide / 100));
    outcome.height = Math.max(1, Math.round(whole.height * high / 100));
    outcome.getContext("2d").drawImage(whole, -whole.width * left / 100, -whole.height * top / 100);
    const part = words.part.replace("{wide}", Math.round(wide)).replace("{high}", Math.round(high));
    say(wide === 100 && high === 100 ? words.whole : part);
  }

  let saying = 0;
  function say(sentence) {   // when it comes to rest, so that a reader is not told every pixel
    clearTimeout(saying);
    saying = setTimeout(() => { get("said").textContent = sentence; }, 300);
  }

  let remembering = 0;
  function remember() {   // browsers allow few changes of the address a second
    clearTimeout(remembering);
    remembering = setTimeout(write, 200);
  }

  function write() {
    clearTimeout(remembering);
    const said = Object.entries(state()).filter(([, value]) => value).map(([name, value]) => [name, value === true ? 1 : value]);
    const query = new URLSearchParams(said.length ? said : [["left", 0]]);   // a bare address may lead to an earlier state
    history.replaceState(null, "", `?${query}`);
  }

  // ---------- the frame ----------
  function makeFrame() {
    frame = document.createElement("div");
    frame.className = "frame";
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", get("stage").dataset.frameLabel);
    for (const name of ["nw", "n", "ne", "e", "se", "s", "sw", "w"]) {
      const handle = document.createElement("span");
      handle.className = "handle";
      handle.dataset.handle = name;
      frame.append(handle);
    }
    get("stage").append(frame);
    frame.addEventListener("pointerdown", grab);
    frame.addEventListener("keydown", key);
  }

  function grab(event) {
    if (event.button > 0) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    const handle = event.target.dataset.handle || "";
    const box = whole.getBoundingClientRect();
    const start = state();
    const move = (moved) => {
      const x = 100 * (moved.clientX - event.clientX) / box.width;
      const y = 100 * (moved.clientY - event.clientY) / box.height;
      set(handle ? stretched(start, handle, x, y) : shifted(start, x, y));
    };
    const end = () => {
      frame.removeEventListener("pointermove", move);
      frame.removeEventListener("pointerup", end);
      frame.removeEventListener("pointercancel", end);
    };
    frame.addEventListener("pointermove", move);
    frame.addEventListener("pointerup", end);
    frame.addEventListener("pointercancel", end);
  }

  function stretched(from, handle, x, y) {
    const next = {};
    if (handle.includes("w")) next.left = between(from.left + x, 0, 100 - LEAST - from.right);
    if (handle.includes("e")) next.right = between(from.right - x, 0, 100 - LEAST - from.left);
    if (handle.includes("n")) next.top = between(from.top + y, 0, 100 - LEAST - from.bottom);
    if (handle.includes("s")) next.bottom = between(from.bottom - y, 0, 100 - LEAST - from.top);
    return next;
  }

  function shifted(from, x, y) {
    const right = between(x, -from.left, from.right);
    const down = between(y, -from.top, from.bottom);
    return { left: from.left + right, right: from.right - right, top: from.top + down, bottom: from.bottom - down };
  }

  function key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    set(event.shiftKey ? stretched(state(), "se", ...step) : shifted(state(), ...step));
  }

  // ---------- the page ----------
  function beside(name) {
    for (const button of form.querySelectorAll("[data-beside]")) button.setAttribute("aria-pressed", button.dataset.beside === name);
    for (const pane of form.querySelectorAll("[data-pane]")) pane.hidden = pane.dataset.pane !== name;
  }

  function ask(event) {
    event.preventDefault();
    write();
    const data = new FormData(form);
    outcome.toBlob((blob) => send(data, blob && URL.createObjectURL(blob), form.action), "image/jpeg", 0.85);
  }

  function begin() {
    outcome.setAttribute("role", "img");
    outcome.setAttribute("aria-label", form.querySelector("[data-pane=outcome] img").alt);
    const [stage, result] = [get("stage"), form.querySelector("[data-pane=outcome]")];
    whole.setAttribute("role", "img");
    whole.setAttribute("aria-label", stage.querySelector("img").alt);
    stage.querySelector("img").replaceWith(whole);
    result.querySelector("img").replaceWith(outcome);
    for (const plain of form.querySelectorAll("[data-plain]")) plain.hidden = true;
    makeFrame();
    turned();
    trimmed();
    beside("outcome");
    for (const button of form.querySelectorAll("[data-turn]")) button.addEventListener("click", () => turn(Number(button.dataset.turn)));
    for (const button of form.querySelectorAll("[data-beside]")) button.addEventListener("click", () => beside(button.dataset.beside));
    for (const button of form.querySelectorAll("[data-step-of]")) {
      button.addEventListener("click", () => set({ [button.dataset.stepOf]: number(button.dataset.stepOf) + Number(button.dataset.by) }));
    }
    get("mirror").addEventListener("click", mirror);
    get("tilt").addEventListener("input", () => set({ tilt: Number(get("tilt").value) }));
    form.addEventListener("change", (event) => { if (event.target.name) changed(); });
    get("reset").addEventListener("click", (event) => {
      event.preventDefault();
      set({ left: 0, top: 0, right: 0, bottom: 0, turn: 0, tilt: 0, mirror: false });
    });
    form.addEventListener("submit", ask);
  }

  function changed() {   // a field was typed into: it says the state already, but perhaps too much of it
    turned();
    set({});
  }

  photo.addEventListener("load", begin);
  photo.src = form.dataset.photo;
})();
