// The diary of the months after: what is tapped is kept on the phone until it was sent; without a connection it waits
// and is sent once. What is urgent shows the numbers to call at once, before anything is sent.
(() => {
  "use strict";
  const script = document.currentScript, PREFIX = "unwound-";
  if (script && script.dataset.forget) {
    try { localStorage.removeItem(PREFIX + script.dataset.forget); } catch { /* no storage: nothing was kept */ }
    return;
  }
  const form = document.querySelector("form[data-diary]");
  if (!form) return;
  const key = PREFIX + form.dataset.diary, state = document.getElementById("send-state");
  const help = document.querySelector("[data-urgent-help]"), urgent = JSON.parse(form.dataset.urgent);
  const AGAIN = 3000, LONGEST = 30000, NEVER = ["csrfmiddlewaretoken", "once", "day", "written_at"];
  let busy = false, wait = AGAIN, timer = 0, first = "";

  const say = (word) => {
    state.textContent = state.dataset[word];
    state.className = "savestate small " + (word === "sending" ? "quiet" : "stop");
  };
  const filled = () => [...new FormData(form)].filter(([name, value]) => value !== "" && !NEVER.includes(name));
  const keep = () => {
    try { localStorage.setItem(key, JSON.stringify(filled())); } catch { /* private window: the page itself keeps it */ }
  };
  const restore = () => {
    let kept = [];
    try { kept = JSON.parse(localStorage.getItem(key) || "[]"); } catch { /* what cannot be read is not restored */ }
    for (const [name, value] of kept) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (/^(radio|checkbox)$/.test(field.type)) field.checked = field.checked || field.value === value;
        else if (field.value === "") field.value = value;
      }
    }
  };
  const warn = () => {
    const now = filled().some(([name, value]) => (urgent[name] || []).includes(value));
    if (now && help.hidden) {
      help.hidden = false;
      help.scrollIntoView({ block: "start" });
    }
  };

  async function send() {
    clearTimeout(timer);
    if (busy) return;
    busy = true;
    keep();
    first = first || new Date().toISOString();
    form.elements.written_at.value = first;
    say("sending");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      if (answer.status === 403) {
        say("closed");
      } else if (answer.status === 400) {
        form.submit();
      } else if (answer.ok || answer.status === 410) {
        if (answer.ok) {
          try { localStorage.removeItem(key); } catch { /* nothing was kept */ }
        }
        location.assign(form.dataset.after);
        return;
      } else {
        throw new Error(String(answer.status));
      }
    } catch {
      say("waiting");
      timer = setTimeout(send, wait);
      wait = Math.min(wait * 2, LONGEST);
    }
    busy = false;
  }

  form.addEventListener("input", () => { first = ""; keep(); warn(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  addEventListener("online", () => { if (timer) send(); });
  restore();
  warn();
})();
