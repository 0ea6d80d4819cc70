// What is charted in the room is written down in this browser first and sent at once; without a network it waits here, with
// its time and the number that makes it count once, and is sent in order. What the clinic refuses stays beside its reason.
"use strict";
(() => {
  const user = document.body.dataset.user;
  if (!user) return;
  const PREFIX = "unwound-waiting:", PATIENCE = 8000, EVERY = 5000, TWICE = 2000;
  const TYPED = "input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea";
  const place = document.querySelector("[data-waiting]");
  const said = document.querySelector("[data-said]");
  const here = document.querySelector("[data-zone]")?.dataset.zone;
  const zone = here ? { timeZone: here } : {};
  const fresh = new Map(); // number of an entry -> the form it was tapped in, until its first answer
  let draining = false, again = false, last = { sign: "", at: 0 };

  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).sort();
  const entries = () => keys().map((key) => JSON.parse(localStorage.getItem(key))).filter((entry) => entry.user === user);
  const keep = (entry) => localStorage.setItem(entry.key, JSON.stringify(entry));
  const forget = (entry) => localStorage.removeItem(entry.key);
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
  const number = () => [...crypto.getRandomValues(new Uint8Array(12))].map((part) => part.toString(16).padStart(2, "0")).join("");
  const say = (words) => { if (said) said.textContent = words; };

  // What somebody else left in this browser is nobody's to send or to see.
  for (const key of keys()) if (JSON.parse(localStorage.getItem(key)).user !== user) localStorage.removeItem(key);

  const words = (form, button) => {
    const title = form.querySelector("h2")?.textContent || form.getAttribute("aria-label") || "";
    const parts = [title, button?.textContent || ""];
    for (const field of form.querySelectorAll(TYPED)) {
      if (field.value) parts.push(`${field.labels?.[0]?.textContent || field.getAttribute("aria-label") || ""} ${field.value}`);
    }
    for (const box of form.querySelectorAll("input:checked")) {
      if (box.value !== "now") parts.push(box.parentElement.textContent);
    }
    return parts.map((part) => part.replace(/\s+/g, " ").trim()).filter(Boolean).join(" · ");
  };

  const cleared = (form) => {
    form.reset();
    for (const field of form.querySelectorAll(TYPED)) {
      field.value = "";
      field.dispatchEvent(new Event("input"));
    }
    form.querySelector("[name=once]").value = number();
  };

  const sent = async (entry) => {
    const body = new URLSearchParams(entry.fields);
    body.set("csrfmiddlewaretoken", token());
    const answer = await fetch(entry.path, {
      method: "POST", body, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(PATIENCE),
      headers: { "X-Unwound-Waited": ((Date.now() - entry.tapped) / 1000).toFixed(1) },
    });
    if (![200, 400, 404, 409].includes(answer.status)) throw new Error(String(answer.status));
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    return isJson ? answer.json() : { refused: "The server refused it: chart it again, with its time." };
  };

  const refused = (entry, answer) => {
    const form = fresh.get(entry.once);
    if (form) { // tapped just now: the page itself says why, with what was typed
      forget(entry);
      const there = new FormData(form);
      for (const [name, value] of entry.fields) {
        if (there.has(name)) continue; // all but the button that was tapped
        const hidden = document.createElement("input");
        Object.assign(hidden, { type: "hidden", name, value });
        form.append(hidden);
      }
      HTMLFormElement.prototype.submit.call(form);
      return;
    }
    say("");
    keep({ ...entry, state: "refused", why: answer.refused, doubtful: Boolean(answer.doubtful) });
  };

  const all = async () => {
    for (const entry of entries().filter((entry) => entry.state === "waits")) {
      let answer;
      try {
        answer = await sent(entry);
      } catch {
        if (fresh.size) say("Kept in this browser with its time; it is sent when the network is back.");
        fresh.forEach(cleared);
        fresh.clear();
        return;
      }
      if (answer.charted) {
        forget(entry);
        say(answer.charted);
        const form = fresh.get(entry.once);
        if (form) { cleared(form); if (location.hash) location.hash = "said"; }
        window.htmx?.trigger("#poll", "charted");
      } else refused(entry, answer);
      fresh.delete(entry.once);
    }
  };

  const drain = async () => {
    if (draining) { again = true; return; }
    draining = true;
    do {
      again = false;
      try {
        await (navigator.locks ? navigator.locks.request("unwound-waiting", all) : all());
      } finally { show(); }
    } while (again);
    draining = false;
  };

  const button = (words, act, kind = "second") => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: words, className: kind });
    made.addEventListener("click", act);
    return made;
  };
  const line = (entry) => {
    const item = document.createElement("li");
    const what = document.createElement("strong");
    what.textContent = `${new Date(entry.tapped).toLocaleTimeString("en-GB", zone)} ${entry.says}`;
    const why = document.createElement("span");
    why.textContent = entry.state === "refused" ? ` ✕ Not charted: ${entry.why}` : " waits for the network";
    item.append(what, why);
    if (entry.state !== "refused") return item;
    const meant = document.createElement("input");
    Object.assign(meant, { maxLength: 300, ariaLabel: "Ordered by, and reason" });
    if (entry.doubtful) item.append(meant);
    item.append(
      button(entry.doubtful ? "Yes, it was given: chart it" : "Send again", () => {
        const changed = entry.fields.filter(([name]) => !(entry.doubtful && (name === "reason" || name === "sure")));
        if (entry.doubtful) changed.push(["reason", meant.value], ["sure", "yes"]);
        keep({ ...entry, fields: changed, state: "waits" });
        drain();
      }),
      button("Remove", () => {
        if (!window.confirm("Remove it without charting it?")) return;
        forget(entry);
        show();
      }, "link"),
    );
    return item;
  };
  let shown = "";
  const show = () => {
    const mine = entries().filter((entry) => !fresh.has(entry.once));
    const now = JSON.stringify(mine);
    if (!place || now === shown) return; // what is typed in it stays
    shown = now;
    place.hidden = !mine.length;
    const title = document.createElement("h2");
    title.textContent = "Not charted yet";
    const list = document.createElement("ul");
    list.className = "lines";
    list.append(...mine.map(line));
    place.replaceChildren(title, list);
  };

  // Nothing stays on a shared screen: what waits is tried once more, and what is left then goes with who logs out.
  const leave = async (form) => {
    await drain();
    const left = entries();
    const ask = `Not charted yet: ${left.length}. Log out, and lose what is not charted?`;
    if (left.length && !window.confirm(ask)) return;
    left.forEach(forget);
    form.submit();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.action.endsWith("/accounts/logout/") && entries().length) {
      event.preventDefault();
      leave(form);
      return;
    }
    if (!form.matches("form[data-waits]")) return;
    event.preventDefault();
    const filled = new FormData(form);
    if (event.submitter?.name) filled.append(event.submitter.name, event.submitter.value);
    const once = filled.get("once");
    const fields = [...filled].filter(([name]) => name !== "csrfmiddlewaretoken");
    const sign = JSON.stringify(fields.filter(([name]) => name !== "once"));
    const tapped = Date.now();
    if (fresh.has(once) || (sign === last.sign && tapped - last.at < TWICE)) return; // a second tap is the first
    last = { sign, at: tapped };
    const key = `${PREFIX}${String(tapped).padStart(15, "0")}:${once}`;
    fresh.set(once, form);
    keep({ key, user, once, path: form.action, fields, tapped, says: words(form, event.submitter), state: "waits", why: "" });
    drain();
  });
  addEventListener("online", drain);
  addEventListener("storage", show);
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && entries().some((entry) => entry.state === "waits")) drain();
  });
  window.setInterval(() => { if (entries().some((entry) => entry.state === "waits")) drain(); }, EVERY);
  show();
  if (entries().some((entry) => entry.state === "waits")) drain();
})();
