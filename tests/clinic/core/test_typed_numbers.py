"""Numbers are typed as text and read on the server: a comma is a decimal sign, what may be two numbers is asked."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms

import unwound_clinic
from unwound_clinic.core.numbers import NumberField, WholeNumberField, read
from unwound_clinic.record.forms.facts import fact_field

CLINIC = Path(unwound_clinic.__file__).parent
OF_THE_BROWSER = re.compile(r"""type=["']?number|NumberInput|forms\.(?:Float|Decimal)Field""")


def test_no_page_has_a_number_field_of_the_browser() -> None:
    files = [*CLINIC.rglob("*.html"), *CLINIC.rglob("*.py"), *CLINIC.rglob("*.js")]
    found = [
        path.relative_to(CLINIC)
        for path in files
        if not {"migrations", "models"} & set(path.parts) and OF_THE_BROWSER.search(path.read_text())
    ]
    assert len(files) > 100
    assert found == [], "Chromium in English drops the comma of «2,5» there, and 25 is sent"


@pytest.mark.parametrize(
    ("typed", "lowest", "highest", "unit", "number"),
    [
        ("2,5", 0.001, 100, "mg/mL", 2.5),
        ("2.5 mg/mL", 0.001, 100, "mg/mL", 2.5),
        ("1,250", 0, 10, "", 1.25),
        ("1,250", 100, 5000, "", 1250),
        ("0,125", 0, None, "", 0.125),
        ("150 lb", 20, 300, "kg", 68.0388555),
        ("70kg", 20, 300, "kg", 70),
        ("5 ft 6 in", 100, 230, "cm", 167.64),
        ("11 st 4 lb", 20, 300, "kg", 71.66759446),
        ("-5", -100, 100, "%", -5),
        ("-0", 0, 10, "", 0),
        ("１２", 0, 100, "mg", 12),
        ("２．５", 0, 100, "mg", 2.5),
        ("２，５ mg", 0, 100, "mg", 2.5),
        ("－１", -5, 5, "", -1),
        ("05", 0, 100, "mg", 5),
        ("٢٫٥", 0, 100, "mg", 2.5),
        ("1\u202f250", 0, 5000, "mg", 1250),
    ],
)
def test_what_is_typed_is_what_is_read(
    typed: str, lowest: float, highest: float | None, unit: str, number: float
) -> None:
    assert read(typed, lowest, highest, unit) == pytest.approx(number, rel=1e-6)


@pytest.mark.parametrize(
    ("typed", "lowest", "highest", "unit", "says"),
    [
        ("1,250", 0, 5000, "mg", "may mean 1.25 or 1250"),
        ("1.250", 0, 5000, "mg", "may mean 1.25 or 1250"),
        ("25 µg/mL", 0.001, 100, "mg/mL", "the unit here is mg/mL"),
        ("１，２５０", 0, 5000, "mg", "may mean 1.25 or 1250"),
        ("2·5", 0, 100, "mg", "is not a number"),
        ("½", 0, 100, "mg", "is not a number"),
        ("5-6", 0, 100, "mg", "is not a number"),
        ("<5", 0, 100, "mg", "is not a number"),
        ("5 000 0", 0, 100000, "mg", "is not a number"),
        ("68,5,1", 20, 300, "kg", "is not a number"),
        ("685", 20, 300, "kg", r"Outside the plausible range \(20 to 300\)"),
        ("1,250", 20, 300, "kg", "Outside the plausible range"),
        ("1e2", 20, 300, "kg", "is not a number|the unit here"),
        ("nan", 20, 300, "kg", "is not a number"),
        ("1e3", 0, 5000, "mg", "is not a number"),
        ("12 mg 13", 0, 5000, "mg", "is not a number"),
        ("\u202e52", 0, 5000, "mg", "^«�52» is not a number"),
        ("1\n2", 0, 5000, "mg", "^«1�2» is not a number"),
        ("–5", -10, 10, "mg", "is not a number"),
        ("5,", 0, 10, "", "is not a number"),
    ],
)
def test_what_is_unclear_is_asked_in_words(typed: str, lowest: float, highest: float, unit: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(typed, lowest, highest, unit)


@pytest.mark.parametrize(
    ("typed", "creatinine"), [("1,2", 1.2), ("1.2", 1.2), ("106 µmol/L", 1.2), ("106 umol/l", 1.2)]
)
def test_a_creatinine_with_a_comma_or_in_another_unit(typed: str, creatinine: float) -> None:
    field = fact_field("creatinine_mg_per_dl")
    assert field.clean(typed) == pytest.approx(creatinine, rel=0.01)


def test_a_number_on_record_stands_there_as_people_write_it_and_typing_it_otherwise_is_no_change() -> None:
    field = NumberField(required=False)
    assert [field.prepare_value(value) for value in (10.0, 1234567.5, "2,5")] == ["10", "1234567.5", "2,5"]
    assert [field.has_changed(2.5, typed) for typed in ("2,5", "2.50", "2,6", "x", "")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_no_form_has_a_number_field_of_the_framework() -> None:
    """Found by hand: the count of controlled drugs had one by default, and took «1.000» vials for 1."""
    for module in pkgutil.walk_packages(unwound_clinic.__path__, "unwound_clinic."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    fields = [
        (f"{form.__name__}.{name}", field)
        for form in _forms(forms.BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
    ]
    assert len(fields) > 150
    assert [name for name, field in fields if getattr(field.widget, "input_type", "") == "number"] == []
    counts = [name for name, field in fields if isinstance(field, forms.IntegerField) and not field.widget.is_hidden]
    assert counts == [], "a count is a WholeNumberField"


def _forms(parent: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for form in parent.__subclasses__():
        if form.__module__.startswith("unwound_clinic."):
            yield form
        yield from _forms(form)


@pytest.mark.parametrize(
    ("typed", "count"), [("12", 12), ("0", 0), ("5,0", 5), ("1’250", 1250), ("２５", 25), ("٢٥", 25)]
)
def test_a_count_is_read_as_it_was_meant(typed: str, count: int) -> None:
    assert WholeNumberField(highest=100_000).clean(typed) == count


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1.000", "may mean 1 or 1000"),
        ("25,000", "may mean 25 or 25000"),
        ("1_000", "is not a number"),
        ("5.", "is not a number"),
        ("2,5", "is not a whole number"),
        ("-1", "Outside the plausible range (0 to 100000)"),
        ("100001", "Outside the plausible range (0 to 100000)"),
        ("½", "is not a number"),
    ],
)
def test_a_count_that_may_be_another_is_asked(typed: str, says: str) -> None:
    with pytest.raises(forms.ValidationError, match=re.escape(says)):
        WholeNumberField(highest=100_000).clean(typed)


def test_an_empty_count_is_none_and_an_unchanged_one_has_not_changed() -> None:
    field = WholeNumberField(required=False, highest=200)
    assert field.clean("") is None
    assert not field.has_changed(12, "12,0")
    assert field.has_changed(12, "13")
