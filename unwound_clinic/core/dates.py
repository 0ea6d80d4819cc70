"""Dates typed as text: a birth date lies decades back, where a browser's calendar has to be scrolled month by month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms

from unwound import record
from unwound_clinic.core.speaking import said

OLDEST_YEARS = 125
"""Nobody on record became older than 122."""
ORDERS = {"US": ("month", "day", "year")}
USUAL = ("day", "month", "year")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPANISH_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_PARTS = re.compile(r"(\w+)[\s./,-]+(?:de\s+)?(\w+)[\s./,-]+(?:del?\s+)?(\d+)")


def order_of(jurisdiction: str) -> tuple[str, ...]:
    """In which order a date is typed at a site."""
    return ORDERS.get(jurisdiction, USUAL)


def read(typed: str, order: tuple[str, ...] = USUAL) -> date:
    """The day that a text means: «1980-05-05», «5 May 1980», or three numbers in the order of the site.

    ValueError says what to type.
    """
    days = {day for day in _meanings(typed.strip().lower(), order) if day is not None}
    if len(days) != 1:
        raise ValueError(
            said(
                "«{typed}» is not a date: type it as {example}, the year with four digits.",
                typed=typed.strip()[:20],
                example=example(order),
            )
        )
    return days.pop()


def example(order: tuple[str, ...]) -> str:
    """A date as it is typed."""
    return " ".join({"day": "28", "month": "3", "year": "1956"}[part] for part in order)


def _meanings(typed: str, order: tuple[str, ...]) -> Iterator[date | None]:
    iso = _ISO.fullmatch(typed)
    if iso:
        yield _day(iso[1], iso[2], iso[3])
    parts = _PARTS.fullmatch(typed.replace(".,", " "))
    if parts and len(parts[3]) == 4:
        first, second, year = parts[1], parts[2], parts[3]
        named = [_month(word) for word in (first, second)]
        if any(named):
            month = named[0] or named[1]
            yield _day(year, str(month), second if named[0] else first)
        else:
            at = dict(zip(order, (first, second, year), strict=True))
            yield _day(year, at["month"], at["day"])


def _month(word: str) -> int:
    """The number of a month by its English or Spanish name, of three letters or more; 0 where it is none."""
    names = zip(MONTHS, SPANISH_MONTHS, strict=True)
    matching = [n for n, both in enumerate(names, 1) if len(word) > 2 and word.startswith(both)]
    return matching[0] if matching and word.isalpha() else 0


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


class BirthDateField(forms.Field):
    """A date of birth, typed in the order of the site; not in the future, and of somebody who can be alive."""

    def __init__(self, *, jurisdiction: str = "", today: date | None = None, **more: Any) -> None:
        more.setdefault("widget", forms.TextInput(attrs={"inputmode": "text", "autocomplete": "bday", "maxlength": 30}))
        super().__init__(**more)
        self.today = today
        self.typed_at(jurisdiction)

    def typed_at(self, jurisdiction: str) -> None:
        """From now on in the order of this site."""
        self.order = order_of(jurisdiction)
        self.widget.attrs["data-date"] = " ".join(self.order)
        self.help_text = (
            said("Month, day, year: for example 3 28 1956 or March 28 1956")
            if self.order[0] == "month"
            else said("Day, month, year: for example 28 3 1956 or 28 March 1956")
        )

    def to_python(self, value: Any) -> date | None:
        """The day; ValidationError says what to type."""
        if value in self.empty_values or isinstance(value, date):
            return value or None
        try:
            day = read(str(value), self.order)
        except ValueError as refused:
            raise forms.ValidationError(str(refused)) from None
        check_birth(day, self.today or date.today())
        return day

    def prepare_value(self, value: Any) -> Any:
        """As the site writes it."""
        if not isinstance(value, date):
            return value
        parts = {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
        return " ".join(parts[part] for part in self.order)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another day stands there now, however it is written."""
        try:
            return self.to_python(data) != (initial or None)
        except forms.ValidationError:
            return True


def check_birth(day: date, today: date) -> None:
    """ValidationError unless somebody born on that day can be alive."""
    if day > today:
        raise forms.ValidationError(said("This date of birth is in the future."))
    if today.year - day.year > OLDEST_YEARS:
        raise forms.ValidationError(
            said("This date of birth is more than {years} years ago: check the year.", years=OLDEST_YEARS)
        )


def check_in_life(day: date, born: date | None) -> None:
    """ValidationError for a day before the patient was born."""
    if born is not None and day < born:
        raise forms.ValidationError(f"This date is before the patient was born ({record.day(born)}): check the year.")
