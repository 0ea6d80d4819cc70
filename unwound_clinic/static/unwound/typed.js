// Says under a number or a date, while it is typed, what will be read: «= 2.5 mg/mL», «1.25 or 1250?», «= 5 June 1980».
// The server reads it again and decides; without this script only its answer shows it. The rules are those of
// unwound/numerals.py and core/dates.py.
"use strict";
(() => {
  const spanish = document.documentElement.lang === "es";
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
    return values.length > 1 ? `${values.join(spanish ? " o " : " or ")}?` : `= ${values[0]} ${unit}`.trim();
  };
  const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
  const meses = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];
  const monthOf = (word) =>
    word.length > 2 ? months.findIndex((month, n) => word.startsWith(month) || word.startsWith(meses[n])) + 1 : 0;
  const dayOf = (typed, order) => {
    const text = typed.trim().toLowerCase();
    const iso = text.match(/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/);
    if (iso) return iso.slice(1).map(Number);
    const parts = text.match(/^(\w+)[\s./,-]+(?:de\s+)?(\w+)[\s./,-]+(?:del?\s+)?(\d{4})$/);
    if (!parts) return null;
    const [, first, second, year] = parts;
    const month = monthOf(first) || monthOf(second);
    if (month) return [Number(year), month, Number(monthOf(first) ? second : first)];
    const at = Object.fromEntries(order.map((name, n) => [name, Number(parts[n + 1])]));
    return [at.year, at.month, at.day];
  };
  const dateInWords = (field) => {
    const [year, month, day] = dayOf(field.value, field.dataset.date.split(" ")) || [];
    const date = new Date(Date.UTC(year, month - 1, day));
    if (Number.isNaN(date.getTime()) || date.getUTCDate() !== day || date.getUTCMonth() !== month - 1) return "";
    return `= ${date.toLocaleDateString(spanish ? "es" : "en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })}`;
  };
  for (const field of document.querySelectorAll("[data-number], [data-date]")) {
    const echo = document.createElement("span");
    echo.className = "echo";
    field.after(echo);
    const show = () => { echo.textContent = "date" in field.dataset ? dateInWords(field) : words(field); };
    field.addEventListener("input", show);
    document.getElementById(field.dataset.unitFrom)?.addEventListener("change", show);
    show();
  }
})();
