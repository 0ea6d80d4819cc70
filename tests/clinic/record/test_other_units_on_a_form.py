"""A number on a form may be typed with the unit the laboratory printed."""

import pytest

from unwound_clinic.record.forms.facts import FactsForm


@pytest.mark.parametrize(
    ("typed", "kept"), [("58 mmol/mol", 7.457), ("7.5", 7.5), ("7.5 %", 7.5), ("", None), ("4", 4.0)]
)
def test_a_unit_is_understood(typed: str, kept: float | None) -> None:
    form = FactsForm(["hba1c_percent"], {"hba1c_percent": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["hba1c_percent"] == (None if kept is None else pytest.approx(kept))


@pytest.mark.parametrize(
    ("typed", "said"), [("58", "if it is in mmol/mol, write «58 mmol/mol»"), ("seven", "is not a number")]
)
def test_what_cannot_be_is_refused_with_how_to_write_it(typed: str, said: str) -> None:
    form = FactsForm(["hba1c_percent"], {"hba1c_percent": typed})
    assert not form.is_valid()
    assert said in form.errors.as_text()
