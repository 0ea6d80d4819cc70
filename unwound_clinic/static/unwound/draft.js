// Keeps what is typed: each form is sent to /drafts/ a moment after a change, and filled in again when its page is opened
// anew, after a lock, a refusal, a crash, or in another tab. Passwords and signatures are never sent. What would be charted
// (data-draft-asks) is not filled in by itself: it is said with its hour, and put back when somebody asks for it.
"use strict";
(() => {
  const PAUSE = 600;
  const TYPED = ["input:not([type=hidden]):not([type=password]):not([type=submit]):not([type=file])", "textarea", "select"]
    .map((kind) => `${kind}:not([data-passing] *)`).join(", ");
  const forms = [...document.querySelectorAll("form[method=post]")].filter(
    (form) => !form.matches("[data-keep], [data-autosave], [data-no-draft]") && form.querySelector(TYPED),
  );
  if (!forms.length) return;
  const pageOf = (form) => form.dataset.draftOf || location.pathname;
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
  const differs = (form, fields) => [...form.querySelectorAll(TYPED)].some((field) => {
    const values = fields[field.name];
    if (!values) return false;
    if (field.matches("[type=checkbox], [type=radio]")) return values.includes(field.value) !== field.checked;
    if (field.options) return [...field.options].some((option) => option.selected !== values.includes(option.value));
    return field.value !== (values[0] || "").replace(/\r\n/g, "\n");
  });
  const fill = (form, fields) => {
    for (const field of form.querySelectorAll(TYPED)) {
      const values = fields[field.name];
      if (!values) continue;
      if (field.matches("[type=checkbox], [type=radio]")) {
        field.checked = values.includes(field.value);
      } else if (field.options) {
        for (const option of field.options) option.selected = values.includes(option.value);
      } else {
        field.value = values[0] || "";
      }
      field.dispatchEvent(new Event("input"));
    }
  };
  const inWords = (form, fields) => [...form.querySelectorAll(TYPED)].flatMap((field) => {
    const values = fields[field.name];
    if (!values || !values[0]) return [];
    const label = (field.labels?.[0]?.textContent || field.name).trim();
    if (field.matches("[type=checkbox], [type=radio]")) return values.includes(field.value) ? [label] : [];
    return [`${label} ${field.options ? [...field.options].find((one) => one.value === values[0])?.text : values[0]}`];
  }).join("; ");
  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "link";
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  };
  const found = (form, key, draft) => {
    const bar = document.createElement("p");
    bar.className = "draft small";
    bar.setAttribute("role", "status");
    const when = new Date(draft.at).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    const stands = `Not saved yet: what you typed on ${when} has been put back. `;
    const discard = button("Discard it", async () => {
      const gone = new FormData();
      gone.set("draft", key);
      gone.set("discard", "yes");
      gone.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      await send(gone);
      if (asks(form) && bar.contains(back)) bar.remove();
      else location.reload();
    });
    const back = button("Put it back", () => {
      fill(form, draft.fields);
      bar.replaceChildren(`Typed on ${when}, not charted: check whether it is still correct. `, discard);
    });
    if (asks(form)) bar.append(`Typed on ${when}, not charted: ${inWords(form, draft.fields)}. `, back, " ", discard);
    else bar.append(stands, discard);
    const title = form.querySelector("h2");
    if (title) title.after(bar);
    else form.prepend(bar);
  };
  const asks = (form) => form.matches("[data-draft-asks]");
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
      if (asks(form)) form.querySelector("p.draft")?.remove();
      clearTimeout(timer);
      timer = 0;
      dirty.clear();
      sending?.abort();
    });
    addEventListener("pagehide", () => { if (timer) { clearTimeout(timer); keep(); } });
  };
  addEventListener("beforeunload", (event) => { if (dirty.size) event.preventDefault(); });
  const keys = forms.map((form, n) => `${pageOf(form)}#${nameOf(form, n)}`);
  forms.forEach((form, n) => watch(form, keys[n]));
  const look = (page) => fetch(`/drafts/?page=${encodeURIComponent(page)}`, { credentials: "same-origin", redirect: "error" })
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((drafts) => forms.forEach((form, n) => {
      const draft = pageOf(form) === page && drafts[nameOf(form, n)];
      if (!draft) return;
      if (!asks(form)) earlier.set(form, Object.keys(draft.fields));
      if (!differs(form, draft.fields)) return;
      if (!asks(form)) fill(form, draft.fields);
      found(form, keys[n], draft);
    }));
  looked = Promise.all([...new Set(forms.map(pageOf))].map(look))
    .catch(() => {})
    .finally(() => { isKnown = true; });
})();
