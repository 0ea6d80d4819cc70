// «/» goes to the search in the header, as long as nobody is typing.
(() => {
  "use strict";
  const field = document.getElementById("find");
  if (!field) return;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (document.body.classList.contains("locked")) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
})();
