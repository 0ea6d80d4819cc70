// Says under a number, while it is typed, what will be read: «= 2.5 mg/mL», «1.25 or 1250?». The server reads it again
// and decides; without this script only the server's answer shows it. The rules are those of unwound/numerals.py.
"use strict";
(() => {
  const either = /^[1-9]\d{0,2}[.,]\d{3}$/;
  const simple = /^(?:\d+|\d*[.,]\d+)$/;
  const grouped = [["'", "'"], [" ", " "], [".", "\\."], [",", ","]].map(([mark, written]) => [
    mark, new RegExp(`^[1-9]\\d{0,2}(?:${written}\\d{3})+(?:(?!${written})[.,]\\d+)?$`),
  ]);
  const meanings = (text) => {
    if (text.length > 20) return [];
    if (either.test(text)) return [text.replace(",", "."), text.replace(/[.,]/, "")].map(Number);
    if (simple.test(text)) return [Number(text.replace(",", "."))];
    for (const [mark, pattern] of grouped) {
      if (pattern.test(text)) return [Number(text.split(mark).join("").replace(",", "."))];
    }
    return [];
  };
  const read = (typed) => {
    const text = typed.normalize("NFKC").trim().replaceAll("−", "-").replaceAll("’", "'");
    const sign = text.startsWith("-") ? -1 : 1;
    return meanings(/^[-+]/.test(text) ? text.slice(1).trimStart() : text).map((value) => sign * value);
  };
  const words = (field) => {
    const chosen = document.getElementById(field.dataset.unitFrom);
    const unit = chosen ? chosen.selectedOptions[0].text : field.dataset.number;
    const values = read(field.value);
    if (!values.length) return "";
    return values.length > 1 ? `${values.join(" or ")}?` : `= ${values[0]} ${unit}`.trim();
  };
  for (const field of document.querySelectorAll("[data-number]")) {
    const echo = document.createElement("span");
    echo.className = "echo";
    field.after(echo);
    const show = () => { echo.textContent = words(field); };
    field.addEventListener("input", show);
    document.getElementById(field.dataset.unitFrom)?.addEventListener("change", show);
    show();
  }
})();
