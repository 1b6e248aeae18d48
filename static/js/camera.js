// The camera in the page: live picture, rear camera first, another one where there is one, shutter. Loaded by search.js when it
// is first asked for. Where there is no camera or no permission, a sentence says so and leads to the device's own camera.
"use strict";

(() => {
  const dialog = document.getElementById("camera");
  const words = JSON.parse(dialog.dataset.words);
  const get = (name) => dialog.querySelector(`[data-${name}]`);
  const video = get("video");
  let chosen = null;   // the device that was switched to

  window.openCamera = () => {
    dialog.showModal();
    start();
  };

  async function start() {
    stop();
    state("starting");
    const facing = chosen ? { deviceId: { exact: chosen } } : { facingMode: { ideal: "environment" } };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...facing, width: { ideal: 1920 }, height: { ideal: 1440 } } });
      video.srcObject = stream;
      if (!dialog.open) { stop(); return; }
      await video.play();
      state("ready");
      get("shoot").focus();
      get("switch").hidden = (await cameras()).length < 2;   // names and number are only told once one is open
    } catch (error) {
      if (!dialog.open) return;
      stop();
      get("why").textContent = words[error.name] || words.other;
      state("refused");
      get("instead").focus();
    }
  }

  function state(name) {
    video.hidden = name === "refused";
    get("refused").hidden = name !== "refused";
    get("shoot").hidden = name === "refused";
    get("shoot").disabled = name !== "ready";
  }

  function stop() {
    for (const track of video.srcObject ? video.srcObject.getTracks() : []) track.stop();
    video.srcObject = null;
  }

  async function cameras() {
    return (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  }

  async function next() {
    state("starting");
    const all = await cameras();
    const now = video.srcObject?.getVideoTracks()[0]?.getSettings().deviceId;
    const at = all.findIndex((device) => device.deviceId === now);
    chosen = all[(at + 1) % all.length]?.deviceId || null;
    start();
  }

  function shoot() {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      dialog.close();
      ask(new File([blob], "camera.jpg", { type: "image/jpeg" }), "camera");
    }, "image/jpeg", 0.92);
  }

  get("shoot").addEventListener("click", shoot);
  get("switch").addEventListener("click", next);
  get("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);
  get("instead").addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (file) { dialog.close(); ask(file, "camera"); }
  });
})();
