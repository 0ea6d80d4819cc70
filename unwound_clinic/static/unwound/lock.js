// Locks an idle screen by a cover over the page: what is typed below stays, and is there when it opens again. The room and
// the board stay readable behind a bar, with initials for names; only acting asks who it is. Keys and taps are use.
"use strict";
(() => {
  const cover = document.getElementById("lock");
  if (!cover) return;
  const idle = Number(cover.dataset.minutes) * 60_000;
  const watched = document.body.classList.contains("watched");
  const form = cover.querySelector("form");
  const field = form.querySelector("input[name=secret]");
  const words = cover.querySelector("[role=alert]");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const SHARED = "unwound-touched", EVERY = 60_000, LOOK = 2_000;
  let touched = Date.now(), told = Date.now();

  const others = () => document.querySelectorAll("header.top, .tabs, main form, main a, main button, main summary, footer");
  const close = () => {
    if (cover.open) return;
    document.body.classList.add("locked");
    for (const part of watched ? others() : [document.querySelector("main"), document.querySelector("header.top")]) {
      if (part) part.inert = true;
    }
    words.textContent = "";
    cover.show();
    if (!watched) field.focus();
  };
  const open = () => {
    document.body.classList.remove("locked");
    for (const part of document.querySelectorAll("[inert]")) part.inert = false;
    cover.close();
    field.value = "";
    touched = told = Date.now();
    localStorage.setItem(SHARED, String(touched));
  };
  const tell = (address) => fetch(address, {
    method: "POST", credentials: "same-origin", redirect: "manual",
    body: new URLSearchParams({ csrfmiddlewaretoken: token }),
  });
  const touch = () => {
    if (cover.open) return;
    touched = Date.now();
    if (touched - told < EVERY) return;
    told = touched;
    localStorage.setItem(SHARED, String(touched));
    tell(cover.dataset.touch).then((answer) => { if (answer.status !== 204) close(); }).catch(() => {});
  };
  for (const kind of ["keydown", "pointerdown", "input"]) addEventListener(kind, touch, { capture: true, passive: true });
  setInterval(() => {
    const elsewhere = Number(localStorage.getItem(SHARED)) || 0;
    if (Date.now() - Math.max(touched, elsewhere) > idle && !cover.open) { close(); tell(cover.dataset.lock).catch(() => {}); }
  }, Math.min(LOOK, Math.max(idle, 200)));
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr?.getResponseHeader("X-Unwound-Locked")) close();
    else if (cover.open && event.detail.successful && Date.now() - Number(localStorage.getItem(SHARED)) < idle) open();
  });
  document.querySelector("[data-lock-now]")?.addEventListener("click", (event) => {
    event.preventDefault();
    close();
    tell(cover.dataset.lock).catch(() => {});
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    words.textContent = "";
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { "X-Unwound-Lock": "1" }, credentials: "same-origin",
      });
      if (answer.status === 204) { open(); return; }
      words.textContent = await answer.text();
      field.value = "";
      field.focus();
      if (answer.status === 401) location.reload();
    } catch {
      words.textContent = "No connection: nothing below is lost. Try again.";
    }
  });
})();
