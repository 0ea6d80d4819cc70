"""Observation: measurements, scores and single answers by their LOINC code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from unwound import facts
from unwound.exchange.fhir import forms
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.forms import Place, Scattered
from unwound.exchange.fhir.quantities import multiple_of_upper_limit, value_of
from unwound.exchange.fhir.shapes import LOINC, Moment, Object, codings, moment, obj, objects
from unwound.exchange.fhir.tables import multiples, worded
from unwound.record import unique

_VALID = frozenset(("final", "amended", "corrected", "preliminary", "unknown", ""))


def read(observation: Object, chart: Chart, scattered: Scattered) -> bool:
    """Read what an observation and its components measure; False when nothing of it is in the vocabulary.

    Unreadable when something of it is, but no value could be taken from it.

    The branches separate what has no bearing here from what has and cannot be read.
    """
    state = observation.get("status")
    if isinstance(state, str) and state not in _VALID:
        return False
    holders = [observation, *objects(observation.get("component"))]
    asked = [(holder, codes) for holder in holders if (codes := _codes(holder))]
    if not asked:
        return False
    when = _when(observation)
    if chart.is_later(when):
        return False
    troubles: list[str] = []
    used = [_take(holder, codes, when, chart, scattered, troubles) for holder, codes in asked]
    if not any(used) and troubles:
        raise Unreadable("; ".join(unique(troubles)))
    for trouble in unique(troubles):
        chart.problem(trouble)
    return any(used)


def _codes(holder: Object) -> tuple[str, ...]:
    """The codes of an observation or component that the vocabulary has."""
    by_loinc = _by_loinc()
    return unique(
        coding.code
        for coding in codings(holder.get("code"))
        if (
            coding.system == LOINC and (coding.code in by_loinc or coding.code in multiples() or _is_place(coding.code))
        )
        or coding.code in worded()
    )


def _is_place(code: str) -> bool:
    return code in forms.places()


def _take(
    holder: Object,
    codes: tuple[str, ...],
    when: Moment | None,
    chart: Chart,
    scattered: Scattered,
    troubles: list[str],
) -> bool:
    used = False
    for code in codes:
        if code in worded():
            used = forms.tell(code, holder, when, chart) or used
            continue
        try:
            used = _measured(code, holder, when, chart) or used
            for place in forms.places().get(code, ()):
                used = _answered(place, code, holder, when, chart, scattered) or used
        except Unreadable as reason:
            troubles.append(f"{_title(code)} {reason}")
    return used


def _measured(code: str, holder: Object, when: Moment | None, chart: Chart) -> bool:
    if code in multiples():
        return _multiple(multiples()[code], holder, when, chart)
    ids = _by_loinc().get(code, ())
    if forms.places().get(code) and "valueCodeableConcept" in holder:
        return False  # an item of a form answered in words: its options give the number, and derive() the fact
    used = [chart.know(id, value_of(holder, id), when) for id in ids]
    return any(used)


def _multiple(id: str, holder: Object, when: Moment | None, chart: Chart) -> bool:
    """The higher of several values of one day (ALT and AST), else the newest."""
    value, earlier = multiple_of_upper_limit(holder), chart.known(id)
    if earlier is not None and when is not None and earlier.on == when.first and isinstance(earlier.value, float):
        value = max(value, earlier.value)
        chart.forget(id)
    return chart.know(id, value, when)


def _answered(place: Place, code: str, holder: Object, when: Moment | None, chart: Chart, scattered: Scattered) -> bool:
    value = forms.answer_value(place.form, holder)
    if value is None:
        raise Unreadable("has no readable answer")
    if not forms.is_possible(place, value):
        raise Unreadable(f"cannot be {value:g}")
    chart.note_place(forms.is_about_pain(place.form))
    scattered.add(place, value, when.first if when else None, chart.origin, chart.pain)
    return True


def _title(code: str) -> str:
    """What a code measures, for a message."""
    ids = _by_loinc().get(code) or ((multiples()[code],) if code in multiples() else ())
    if ids:
        return facts.vocabulary()[ids[0]].says
    place = next(iter(forms.places().get(code, ())), None)
    return f"{place.form}{f' item {place.item + 1}' if place.item is not None else ''}" if place else code


def _when(observation: Object) -> Moment | None:
    period = obj(observation.get("effectivePeriod"))
    places = (
        observation.get("effectiveDateTime"),
        observation.get("effectiveInstant"),
        period.get("end"),
        period.get("start"),
        observation.get("issued"),
    )
    return next((when for place in places if (when := moment(place)) is not None), None)


@cache
def _by_loinc() -> Mapping[str, tuple[str, ...]]:
    """LOINC code -> the numbers of the vocabulary it measures."""
    by_loinc: dict[str, tuple[str, ...]] = {}
    for id, question in facts.vocabulary().items():
        if question.type == "number":
            for code in question.loinc:
                by_loinc[code] = (*by_loinc.get(code, ()), id)
    return by_loinc
