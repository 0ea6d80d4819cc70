// A page that could not be shown comes by itself: every 5 s it is asked whether the clinic is ready again.
"use strict";
const waiting = document.querySelector("[data-again]");
async function ask() {
  try {
    const answer = await fetch("/readyz", { signal: AbortSignal.timeout(5000) });
    if (answer.ok) {
      location.replace(waiting.dataset.again);
      return;
    }
  } catch {
    // No answer: asked again like after a refusal.
  }
  window.setTimeout(ask, 5000);
}
if (waiting) window.setTimeout(ask, 5000);
