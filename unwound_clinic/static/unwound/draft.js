// Keeps what is typed: each form is sent to /drafts/ a moment after a change, and filled in again when its page is opened
// anew, after a lock, a refusal, a crash, or in another tab. Passwords and signatures are never sent.
"use strict";
(() => {
  const PAUSE = 600;
  const TYPED = "input:not([type=hidden]):not([type=password]):not([type=submit]):not([type=file]), textarea, select";
  const forms = [...document.querySelectorAll("form[method=post]")].filter(
    (form) => !form.matches("[data-keep], [data-autosave], [data-no-draft]") && form.querySelector(TYPED),
  );
  if (!forms.length) return;
  const page = location.pathname;
  const nameOf = (form, n) => form.id || form.querySelector("[name=do]")?.value || `form-${n}`;
  // What was typed before a refusal stands in the page as if it were its own: it stays in the draft with what comes after.
  const earlier = new Map();
  const changed = (form) => new Set([
    ...(earlier.get(form) || []),
    ...[...form.querySelectorAll(TYPED)].filter((field) => field.name && isChanged(field)).map((field) => field.name),
  ]);
  const typed = (form) => {
    const filled = new FormData();
    const names = changed(form);
    filled.set("draft-changed", [...names].join(" "));
    for (const field of form.querySelectorAll(TYPED)) {
      if (!names.has(field.name) || (field.matches("[type=checkbox], [type=radio]") && !field.checked)) continue;
      for (const value of field.selectedOptions ? [...field.selectedOptions].map((o) => o.value) : [field.value]) {
        filled.append(field.name, value);
      }
    }
    return filled;
  };
  const send = (filled, signal) => fetch("/drafts/", {
    method: "POST", body: filled, credentials: "same-origin", keepalive: true, redirect: "error", signal,
  });
  const fill = (form, fields) => {
    let other = false;
    for (const field of form.querySelectorAll(TYPED)) {
      const values = fields[field.name];
      if (!values) continue;
      if (field.matches("[type=checkbox], [type=radio]")) {
        other ||= values.includes(field.value) !== field.checked;
        field.checked = values.includes(field.value);
      } else if (field.options) {
        other ||= [...field.options].some((option) => option.selected !== values.includes(option.value));
        for (const option of field.options) option.selected = values.includes(option.value);
      } else {
        other ||= field.value !== values[0];
        field.value = values[0] || "";
      }
      field.dispatchEvent(new Event("input"));
    }
    return other;
  };
  const found = (form, key, at) => {
    const bar = document.createElement("p");
    bar.className = "draft small";
    bar.setAttribute("role", "status");
    const when = new Date(at).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    bar.append(`Not saved yet: what you typed on ${when} stands here again. `);
    const discard = document.createElement("button");
    discard.type = "button";
    discard.className = "link";
    discard.textContent = "Discard it";
    discard.addEventListener("click", async () => {
      const gone = new FormData();
      gone.set("draft", key);
      gone.set("discard", "yes");
      gone.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      await send(gone);
      location.reload();
    });
    bar.append(discard);
    form.prepend(bar);
  };
  const dirty = new Set();
  let looked, isKnown = false;
  const watch = (form, key) => {
    let timer = 0, sending = null, sent = false;
    const own = document.createElement("input");
    own.type = "hidden";
    own.name = "draft";
    own.value = key;
    const names = document.createElement("input");
    names.type = "hidden";
    names.name = "draft-changed";
    form.append(own, names);
    const keep = async () => {
      timer = 0;
      if (!isKnown) await looked;
      if (sent) return;
      const filled = typed(form);
      filled.set("draft", key);
      filled.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      sending = new AbortController();
      try { await send(filled, sending.signal); } catch { /* the form itself is still here */ }
    };
    form.addEventListener("input", (event) => {
      if (!event.isTrusted) return;
      dirty.add(form);
      sent = false;
      clearTimeout(timer);
      timer = setTimeout(keep, PAUSE);
    });
    form.addEventListener("submit", () => {
      sent = true;
      names.value = [...changed(form)].join(" ");
      clearTimeout(timer);
      timer = 0;
      dirty.clear();
      sending?.abort();
    });
    addEventListener("pagehide", () => { if (timer) { clearTimeout(timer); keep(); } });
  };
  addEventListener("beforeunload", (event) => { if (dirty.size) event.preventDefault(); });
  const keys = forms.map((form, n) => `${page}#${nameOf(form, n)}`);
  forms.forEach((form, n) => watch(form, keys[n]));
  looked = fetch(`/drafts/?page=${encodeURIComponent(page)}`, { credentials: "same-origin", redirect: "error" })
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((drafts) => forms.forEach((form, n) => {
      const draft = drafts[nameOf(form, n)];
      if (!draft) return;
      earlier.set(form, Object.keys(draft.fields));
      if (fill(form, draft.fields)) found(form, keys[n], draft.at);
    }))
    .catch(() => {})
    .finally(() => { isKnown = true; });
})();
