"""When a diagnosis began and whether it ended, in every shape of FHIR; words where they name an age or a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.shapes import Moment, Object, moment, number, obj, text
from unwound.exchange.names import quoted

_ONSETS = ("onsetDateTime", "onsetPeriod", "onsetAge", "onsetRange", "onsetString")
_YEARS = frozenset(("a", "y", "yr", "yrs", "year", "years", "jahr", "jahre", "jaar", "an", "ans", "año", "años"))
_MONTHS = frozenset(("mo", "month", "months", "monat", "monate", "maand", "maanden", "mois", "mes", "meses"))
_DAYS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7, "wks": 7}
_AGE = re.compile(
    r"(?:at|age|aged|at age|at the age of|mit|op|à|a los|since age|from age)?\s*(\d{1,3})\s*"
    r"(?:years?(?: old| of age)?|yrs?|y/?o|jahren?|jaar|ans|años)?\.?",
    re.IGNORECASE,
)
_IN_A_YEAR = re.compile(
    r"(?:in|since|ca\.?|about|around|seit|sinds|depuis|desde)?\s*((?:19|20)\d\d)(-\d\d)?\.?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Onset:
    """When it began: `written` says whether anything is stated at all, `unread` quotes what could not be read."""

    when: Moment | None = None
    written: bool = False
    unread: str = ""


def onset(resource: Object, chart: Chart) -> Onset:
    """When a diagnosis began; an age needs the day of birth."""
    for key in _ONSETS:
        stated = resource.get(key)
        if stated is None:
            continue
        when = _began(key, stated, chart.born)
        return Onset(when, True, "" if when is not None else _shown(stated))
    return Onset()


def ended(resource: Object, chart: Chart) -> str:
    """The abatement as it is written where it is over by the day of the review; empty where it is not."""
    for key, stated in resource.items():
        if not key.startswith("abatement") or stated is None or stated is False:
            continue
        when = (
            moment(obj(stated).get("end") or obj(stated).get("start")) if isinstance(stated, dict) else moment(stated)
        )
        if when is None or when.first <= chart.as_of:
            return _shown(stated) if stated is not True else "yes"
    return ""


def day_for(id_valid_days: float | None, when: Moment | None, as_of: date) -> Moment | None:
    """The moment as a fact that expires may use it: a year or month that may be recent, or may not, is no day."""
    if when is None or id_valid_days is None or when.exact:
        return when
    certain = timedelta(days=id_valid_days)
    return None if as_of - when.first > certain >= as_of - min(when.last, as_of) else when


def _began(key: str, stated: object, born: date | None) -> Moment | None:
    """A branch for each shape of an onset."""
    if key == "onsetDateTime":
        return moment(stated)
    if key == "onsetPeriod":
        return moment(obj(stated).get("start"))
    if key == "onsetAge":
        return _at_age(obj(stated), obj(stated), born)
    if key == "onsetRange":
        return _at_age(obj(stated).get("low") or {}, obj(stated).get("high") or {}, born)
    return _in_words(text(stated), born)


def _in_words(words: str, born: date | None) -> Moment | None:
    """«at 30», «age 30», «2012», «since 2012-03», a whole date; anything else is not read."""
    plain = words.strip()
    if (year := _IN_A_YEAR.fullmatch(plain)) is not None:
        return moment(year[1] + (year[2] or ""))
    if (age := _AGE.fullmatch(plain)) is not None:
        return _between(born, int(age[1]) * 12, int(age[1]) * 12 + 12)
    return moment(plain)


def _at_age(low: object, high: object, born: date | None) -> Moment | None:
    """The time between two ages, each as long as its unit; of one alone that one."""
    ends = [months for months in (_months(obj(low)), _months(obj(high))) if months is not None]
    if not ends:
        return None
    return _between(born, ends[0][0], ends[-1][0] + ends[-1][1])


def _months(age: Object) -> tuple[float, float] | None:
    """An age in months, and how many months its unit lasts."""
    value = number(age.get("value"))
    units = [word for key in ("code", "unit") if (word := text(age.get(key)).strip().lower())]
    if value is None or value < 0 or text(age.get("comparator")):
        return None
    for unit in units:
        if unit in _YEARS:
            return value * 12, 12
        if unit in _MONTHS:
            return value, 1
        if unit in _DAYS:
            return value * _DAYS[unit] * 12 / 365.25, _DAYS[unit] * 12 / 365.25
    return None


def _between(born: date | None, low: float, high: float) -> Moment | None:
    """The time from one age in months to another."""
    if born is None or high > 130 * 12:
        return None
    first, last = (born + timedelta(days=months * 365.25 / 12) for months in (low, high))
    start = moment(first.isoformat())
    return Moment(first, last, start.seconds) if start is not None else None


def _shown(stated: object) -> str:
    if isinstance(stated, str):
        return quoted(text(stated))
    parts = [str(part) for part in obj(stated).values() if isinstance(part, str | int | float)]
    return quoted(" ".join(parts) or "no value")
