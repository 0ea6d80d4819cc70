// The infusion room and the board: shows whether the screen is up to date; sounds at a new alert (off at first).
"use strict";
const FRESH_MS = 6000; // a screen without a fresh answer for longer says so, whatever the server does
const link = document.querySelector("[data-link]");
const sound = document.querySelector("[data-sound]");
const heard = new Set();
let answered = performance.now();
let since = null;
let audio = null;

const zone = link && link.dataset.zone ? { timeZone: link.dataset.zone } : {};
const time = () => new Date().toLocaleTimeString("en-GB", zone);
let last = time();

function fresh() {
  answered = performance.now();
  since = null;
  last = time();
  document.body.classList.remove("cut-off");
  if (link) link.textContent = `up to date at ${last}`;
}

function cutOff() {
  since = since || last;
  document.body.classList.add("cut-off");
  if (link) link.textContent = `✕ No connection to the server since ${since}: values shown are out of date. Check the bedside monitor.`;
}

// Not an event of the request: a server that hangs sends none, and a laptop that slept heard none.
function watch() {
  if (performance.now() - answered > FRESH_MS) cutOff();
}

function clockNotice(words) {
  let bar = document.querySelector("[data-clock]");
  if (!words && bar) bar.remove();
  if (!words) return;
  if (!bar) {
    bar = document.createElement("div");
    bar.className = "notice";
    bar.dataset.clock = "";
    bar.setAttribute("role", "alert");
    document.body.prepend(bar);
  }
  if (bar.textContent !== words) bar.textContent = words;
}

function alerts() {
  return [...document.querySelectorAll("[data-alert]")].map((alert) => alert.dataset.alert);
}

function beep() {
  if (!audio) return;
  for (const [at, pitch] of [[0, 880], [0.25, 660]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.15;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.18);
  }
}

function listen() {
  const now = alerts();
  if (now.some((alert) => !heard.has(alert))) beep();
  for (const alert of now) heard.add(alert);
}

document.body.addEventListener("htmx:afterRequest", (event) => {
  const answer = event.detail.xhr;
  const status = answer ? answer.status : 0;
  if (status === 304 || (status >= 200 && status < 300)) {
    fresh();
    clockNotice(answer.getResponseHeader("X-Unwound-Clock"));
  } else cutOff();
});
document.body.addEventListener("htmx:sendError", cutOff);
document.body.addEventListener("htmx:timeout", cutOff);
document.body.addEventListener("htmx:oobAfterSwap", listen);
document.addEventListener("visibilitychange", watch);
window.setInterval(watch, 500);
for (const alert of alerts()) heard.add(alert);

if (sound) {
  sound.hidden = false;
  sound.setAttribute("aria-pressed", "false");
  sound.addEventListener("click", () => {
    if (audio) {
      audio.close();
      audio = null;
    } else {
      audio = new AudioContext();
      beep();
    }
    sound.setAttribute("aria-pressed", String(Boolean(audio)));
    sound.textContent = audio ? "Sound is on" : "Sound is off";
  });
}
