// The field to draw a signature in: strokes as shares of its width and height, put into the hidden field.
"use strict";
for (const pad of document.querySelectorAll("[data-pad]")) {
  const canvas = pad.querySelector("canvas");
  const field = document.querySelector("input[name=strokes]");
  const ink = canvas.getContext("2d");
  let strokes = [];
  let drawing = false;
  pad.hidden = false;

  const draw = () => {
    ink.clearRect(0, 0, canvas.width, canvas.height);
    ink.lineWidth = 4;
    ink.lineCap = ink.lineJoin = "round";
    ink.strokeStyle = "#1d2226";
    for (const stroke of strokes) {
      ink.beginPath();
      for (const [x, y] of stroke) ink.lineTo(x * canvas.width, y * canvas.height);
      ink.stroke();
    }
    field.value = strokes.length ? JSON.stringify(strokes) : "";
  };
  const add = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = (part) => Math.round(Math.min(1, Math.max(0, part)) * 1e4) / 1e4;
    strokes.at(-1).push([share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)]);
    draw();
  };
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    strokes.push([]);
    add(event);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => { if (drawing) add(event); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { drawing = false; });
  pad.querySelector("[data-clear]").addEventListener("click", () => { strokes = []; draw(); });
  draw();
}
