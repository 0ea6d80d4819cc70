// The infusion room, the board and the wall: shows whether the screen is up to date and how old its values are; sounds at a
// new alert. A browser lets no page sound before it is touched: until then the screen says so in large letters.
"use strict";
const FRESH_MS = 6000; // a screen without a fresh answer for longer says so, whatever the server does
const link = document.querySelector("[data-link]");
const sound = document.querySelector("[data-sound]");
const old = document.querySelector("[data-age]");
const silent = document.querySelector("[data-sound-off]");
const WANTED = "unwound-sound";
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
  if (old) old.hidden = true;
  if (link) link.textContent = `up to date at ${last}`;
}

function age() {
  const seconds = Math.round((performance.now() - answered) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

function cutOff() {
  since = since || last;
  document.body.classList.add("cut-off");
  if (old) {
    old.hidden = false;
    old.textContent = `✕ No connection: these values are ${age()} old.`;
  }
  if (link) link.textContent = `✕ No connection to the server since ${since}: the values shown are ${age()} old. Check the bedside monitor.`;
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

function heardNow() {
  return Boolean(audio) && audio.state === "running";
}

function showSound() {
  if (sound) sound.hidden = !heardNow();
  if (silent) silent.hidden = heardNow();
}

async function turnOn() {
  audio = audio || new AudioContext();
  audio.onstatechange = showSound;
  await audio.resume();
  beep();
  showSound();
}

if (sound && silent) {
  silent.addEventListener("click", () => { localStorage.setItem(WANTED, "on"); turnOn(); });
  sound.addEventListener("click", () => {
    localStorage.removeItem(WANTED);
    audio.close();
    audio = null;
    showSound();
  });
  // Who wanted it before wants it after the page was loaded anew: the first touch of whatever turns it on.
  document.addEventListener("pointerdown", () => { if (!audio && localStorage.getItem(WANTED)) turnOn(); }, { once: true });
  showSound();
}

// The last value stands faintly in its field; it is never sent.
function ghosts() {
  for (const ghost of document.querySelectorAll("[data-ghost-for]")) {
    const field = document.getElementById(ghost.dataset.ghostFor);
    if (field && field.placeholder !== ghost.dataset.ghost) field.placeholder = ghost.dataset.ghost;
  }
}
document.body.addEventListener("htmx:oobAfterSwap", ghosts);
ghosts();

// A time that is typed is the time that is meant.
for (const clock of document.querySelectorAll("[name=at_time]")) {
  clock.addEventListener("input", () => {
    const chosen = clock.closest(".when")?.querySelector(`[value=${clock.value ? "at" : "now"}]`);
    if (chosen) chosen.checked = true;
  });
}
