// The first form: each change is sent at once, and again until it is saved. Without this script «Next» saves it.
(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const state = document.getElementById("save-state");
  const PAUSE = 700, AGAIN = 3000, LONGEST = 20000;
  let changed = 0, stored = 0, busy = false, wait = AGAIN, timer = 0, closed = false;

  const say = (word, more) => {
    const text = more || state.dataset[word];
    if (state.textContent !== text) state.textContent = text;
    state.className = "savestate small " + (word === "saved" ? "good" : word === "saving" ? "quiet" : "stop");
  };

  async function save() {
    clearTimeout(timer);
    if (busy || closed || stored === changed) return;
    busy = true;
    const now = changed, sent = new FormData(form);
    say("saving");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: sent, headers: { "X-Unwound-Save": "1" },
        credentials: "same-origin", keepalive: true, redirect: "error",
      });
      if (answer.status === 403) {
        closed = true;
        say("closed");
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      const saved = await answer.json();
      stored = now;
      // What was saved is now what the page showed: only later changes are stored with the next sending.
      for (const name of ["was", "csrfmiddlewaretoken", "once"]) sent.delete(name);
      form.elements.was.value = new URLSearchParams(sent);
      wait = AGAIN;
      if (saved.help) {
        const help = document.getElementById("help");
        help.innerHTML = saved.help;
        help.scrollIntoView({ block: "start" });
      }
      if (saved.problems.length) say("waiting", state.dataset.problem + " " + saved.problems.join(" "));
      else say("saved");
    } catch (error) {
      say("waiting");
      timer = setTimeout(save, wait);
      wait = Math.min(wait * 2, LONGEST);
    } finally {
      busy = false;
    }
    if (stored !== changed && stored === now) save();
  }

  const note = (pause) => {
    changed += 1;
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  form.addEventListener("input", (event) => note(/^(text|number|textarea|date)$/.test(event.target.type) ? PAUSE : 0));
  form.addEventListener("focusout", save);
  addEventListener("online", save);
  addEventListener("pagehide", save);
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });

  // Leaving the page without a connection would lose what is on it: it waits until it is saved.
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine) {
      event.preventDefault();
      changed += 1;
      say("waiting");
      save();
      return;
    }
    closed = true;
    clearTimeout(timer);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) closed = false; });

  // Ticks of a group wait for «none of the others»: after a tick, what was said of the rest is asked again.
  form.querySelectorAll("[data-screen]").forEach((group) => {
    const rest = [...group.querySelectorAll("input[type=radio]")];
    group.addEventListener("input", (event) => {
      if (event.target.type !== "checkbox") return;
      const ticked = group.querySelector("input[type=checkbox]:checked") !== null;
      rest.forEach((radio) => { radio.checked = false; });
      rest[0].value = ticked ? "others" : "none";
      rest[0].parentElement.querySelector("span").textContent = ticked ? group.dataset.others : group.dataset.none;
    });
  });

  // What was typed before this script had loaded, or what the browser filled in again, is saved too.
  if ([...form.elements].some(isChanged)) note(0);

  const map = document.querySelector(".bodymap");
  if (!map) return;
  map.hidden = false;
  form.querySelector("[data-list]").open = false;
  const boxes = new Map([...form.querySelectorAll("input[name=regions]")].map((box) => [box.value, box]));
  const marked = form.querySelector("[data-marked]");
  const markedWord = marked.dataset.marked;
  const show = () => {
    map.querySelectorAll("path").forEach((shape) => {
      shape.classList.toggle("marked", boxes.get(shape.dataset.region).checked);
    });
    const names = [...boxes.values()].filter((box) => box.checked).map((box) => box.parentElement.textContent.trim());
    marked.textContent = names.length ? markedWord + " " + names.join(", ") : "";
  };
  map.addEventListener("click", (event) => {
    const box = boxes.get(event.target.dataset.region);
    if (!box) return;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    show();
  });
  form.addEventListener("input", show);
  show();
})();
