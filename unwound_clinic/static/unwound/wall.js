// A screen on a wall is opened by an address whose last part, which no server sees, is its key: it is sent once, and gone.
"use strict";
(() => {
  const key = location.hash.slice(1);
  if (!key) return;
  history.replaceState(null, "", location.pathname);
  const field = document.getElementById("key");
  field.value = key;
  field.form.requestSubmit();
})();
