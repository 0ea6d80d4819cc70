// Saves what is filled in so far: a form with data-keep is sent to its own page after each change, and when the page is
// left, without signature and passwords. Without this script a button does the same.
"use strict";
for (const form of document.querySelectorAll("form[data-keep]")) {
  const kept = form.querySelector("[data-kept]");
  let timer = 0;
  const say = (words) => { if (kept) kept.textContent = words; };
  const send = async () => {
    timer = 0;
    const filled = new FormData(form);
    for (const name of ["strokes", "typed_name", "password"]) filled.delete(name);
    filled.set("do", "keep");
    try {
      const answer = await fetch(location.pathname, {
        method: "POST", body: filled, keepalive: true, headers: { "X-Unwound-Keep": "1" },
      });
      const locked = kept?.dataset.failed || "Could not save: the page may be locked. Copy what you wrote.";
      say(answer.ok && !answer.redirected ? kept?.dataset.saved || "Saved." : locked);
    } catch {
      say(kept?.dataset.alone || "Could not save: no connection. Your next change will be saved with it.");
    }
  };
  form.addEventListener("input", (event) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, event.target.matches("[type=checkbox], [type=radio], select") ? 1 : 600);
  });
  form.addEventListener("submit", () => { window.clearTimeout(timer); timer = 0; });
  window.addEventListener("pagehide", () => { if (timer) { window.clearTimeout(timer); send(); } });
}
