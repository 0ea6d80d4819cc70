// The country proposes its numbers, the browser its own time zone: only into fields that nobody filled.
(() => {
  "use strict";
  const country = document.querySelector("select[name=country]");
  const proposed = {};
  const propose = () => {
    const chosen = country.selectedOptions[0];
    for (const name of ["emergency", "crisis_line"]) {
      const field = document.querySelector(`[name=${name}]`);
      const text = chosen.getAttribute(`data-${name}`) || "";
      if (field && (field.value === "" || field.value === proposed[name])) {
        field.value = text;
        proposed[name] = text;
      }
    }
  };
  if (country) {
    country.addEventListener("change", propose);
    if (country.value) propose();
  }
  const zone = document.querySelector("select[data-own-zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && zone.value === "" && [...zone.options].some((option) => option.value === own)) zone.value = own;
})();
