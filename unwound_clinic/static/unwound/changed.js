// Whether a field of a form holds something else than what the page was drawn with; for drafts and for the first form.
"use strict";
function isChanged(field) {
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (!/^(INPUT|TEXTAREA)$/.test(field.tagName) || field.type === "hidden") return false;
  if (/^(checkbox|radio)$/.test(field.type)) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}
