// «Copy»: puts what a field holds on the clipboard; where the browser does not allow it, selects it to be copied by hand.
(() => {
  "use strict";
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    const word = button.parentElement.querySelector("[data-copied]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        word.textContent = "Copied.";
      } catch {
        word.textContent = document.execCommand("copy") ? "Copied." : "It is selected: copy it with Ctrl-C.";
      }
    });
  }
})();
