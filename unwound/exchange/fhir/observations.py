"""Observation: measurements, scores and single answers by their LOINC code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from unwound import facts, instruments
from unwound.exchange.fhir import forms, misplaced
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.form_answers import answer_value, is_possible, may_be_yes, shown, total_value
from unwound.exchange.fhir.form_tables import Place, form_tables, no_number_by_code, others_by_code, panels, places
from unwound.exchange.fhir.quantities import bound_of, multiple_of_upper_limit, value_of
from unwound.exchange.fhir.scattered import Scattered, is_about_pain
from unwound.exchange.fhir.shapes import LOINC, Coding, Moment, Object, codings, name, obj, objects
from unwound.exchange.fhir.tables import multiples, tables, worded
from unwound.exchange.fhir.whose import of_a_child
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
    if not any(_may_bear(tuple(codings(holder.get("code")))) for holder in holders):
        return False
    asked = [(holder, codes) for holder in holders if (codes := _codes(holder))]
    if not asked:
        return _only_noted(observation, holders, chart) or _due(observation, chart) or _diagnosis(observation, chart)
    if of_a_child(observation):
        raise Unreadable("it is about a fetus or a newborn, not about the patient")
    when = _when(observation, chart)
    if chart.is_later(when):
        return False
    troubles: list[str] = []
    used = [_take(holder, codes, when, chart, scattered=scattered, troubles=troubles) for holder, codes in asked]
    if not any(used) and troubles:
        raise Unreadable("; ".join(unique(troubles)))
    for trouble in unique(troubles):
        chart.problem(trouble)
    return any(used)


@lru_cache(maxsize=4096)
def _may_bear(listed: tuple[Coding, ...]) -> bool:
    """Whether anything here could be read of a result with these codes; of most results of a record nothing can."""
    asked = tables().in_results.questions
    named = {coding.code for coding in listed}
    return (
        not (named.isdisjoint(_known()) and named.isdisjoint(_only_said()) and named.isdisjoint(asked))
        or not named.isdisjoint(tables().due_date.codes)
        or misplaced.is_diagnosis(listed)
    )


def _due(observation: Object, chart: Chart) -> bool:
    """The weeks of a pregnancy, as the day of birth that was estimated tells them."""
    known = tables().due_date
    if not any(coding.system == LOINC and coding.code in known.codes for coding in codings(observation.get("code"))):
        return False
    when, due = _when(observation, chart), chart.when(observation.get("valueDateTime"))
    if due is None or when is None or not (due.exact and when.exact):
        raise Unreadable("the estimated day of birth and the day of the estimate are needed, year, month and day")
    if chart.is_later(when):
        return False
    weeks = known.weeks.value - (due.first - when.first).days / 7
    try:
        return chart.know("gestation_weeks", round(weeks, 1), when)
    except Unreadable:
        raise Unreadable(f"a birth expected on {due.first} does not fit an estimate of {when.first}") from None


def _diagnosis(observation: Object, chart: Chart) -> bool:
    """Whether it was a diagnosis of the patient that stands as a result."""
    return not of_a_child(observation) and misplaced.in_result(observation, chart)


def _codes(holder: Object) -> tuple[str, ...]:
    """The codes of an observation or component that the vocabulary has."""
    known = _known()
    concept = obj(holder.get("code"))
    listed = objects(concept.get("coding", concept))
    if all(not isinstance(code := coding.get("code"), str) or code.strip() not in known for coding in listed):
        return ()
    return unique(
        coding.code
        for coding in codings(holder.get("code"))
        if (
            coding.system == LOINC
            and (coding.code in _by_loinc() or coding.code in multiples() or _places(coding.code, holder))
        )
        or coding.code in worded()
    )


@cache
def _known() -> frozenset[str]:
    return frozenset((*_by_loinc(), *multiples(), *places(), *panels(), *worded()))


def could_tell(observation: Object) -> frozenset[str]:
    """The facts that an observation and its components may tell by what is asked in them, whatever the answer."""
    holders = [observation, *objects(observation.get("component"))]
    return frozenset(fact for holder in holders for code in _codes(holder) for fact in _asked_by(code, holder))


def _asked_by(code: str, holder: Object) -> Iterator[str]:
    """The facts that turn on the answer to one code: its number, its words, its place in a form."""
    yield from _by_loinc().get(code, ())
    yield from (question.fact for question in worded().get(code, ()))
    if code in multiples():
        yield multiples()[code]
    for place in _places(code, holder):
        form = instruments.instruments()[place.form]
        yield from (implied.fact for implied in form.implies)
        yield from filter(None, (form.fact, "" if place.item is None else form.items[place.item].fact))


def is_known(holder: Object) -> bool:
    """Whether the vocabulary has a code of an observation or component."""
    return bool(_codes(holder))


def _places(code: str, holder: Object) -> tuple[Place, ...]:
    """What a code is of forms; the code of a form as a whole holds its total where it has a value."""
    whole = (Place(panels()[code], None),) if code in panels() and _has_value(holder) else ()
    return (*places().get(code, ()), *whole)


def _forms(code: str, holder: Object) -> tuple[str, ...]:
    """The forms that ask what a code is: as an item, as their total, or by the fact that their total is."""
    facts_of = _by_loinc().get(code, ())
    of_facts = (id for id, form in instruments.instruments().items() if form.fact and form.fact in facts_of)
    return unique((*(place.form for place in _places(code, holder)), *of_facts))


def _has_value(holder: Object) -> bool:
    return any(key.startswith("value") for key in holder)


def _only_noted(observation: Object, holders: list[Object], chart: Chart) -> bool:
    """Say what is known and not read: forms of other items, answers that are no number, thoughts of death."""
    lines = unique(line for holder in holders if (line := _note(holder)))
    when = _when(observation, chart) if lines else None
    if not lines or chart.is_later(when):
        return False
    for form in filter(None, map(_stands_for, holders)):
        chart.in_doubt(form, when)
    raise Unreadable("; ".join(lines))


def _note(holder: Object) -> str:
    """What is said of an observation that has a value and is not read; empty where nothing is."""
    codes = [coding.code for coding in codings(holder.get("code"))]
    if _only_said().isdisjoint(codes) or not _has_value(holder):
        return ""
    if not set(codes).isdisjoint(form_tables().self_harm.codes):
        return forms.self_harm_line(name(holder.get("code")) or codes[0], [shown(holder)]) if may_be_yes(holder) else ""
    entry = next((no_number_by_code()[code] for code in codes if code in no_number_by_code()), None)
    if entry is not None:
        return forms.no_number_line(entry, shown(holder))
    other = next((others_by_code()[code] for code in codes if code in others_by_code()), None)
    return f"«{other.title}» ({shown(holder)}) is not read: {other.why}" if other else ""


def _stands_for(holder: Object) -> str:
    """The form of ours that asks for the same as an observation that is not read."""
    codes = [coding.code for coding in codings(holder.get("code"))] if _note(holder) else []
    entries = [table[code] for code in codes for table in (no_number_by_code(), others_by_code()) if code in table]
    return next((entry.stands_for for entry in entries if entry.stands_for), "")


@cache
def _only_said() -> frozenset[str]:
    return frozenset((*form_tables().self_harm.codes, *no_number_by_code(), *others_by_code()))


def _take(
    holder: Object,
    codes: tuple[str, ...],
    when: Moment | None,
    chart: Chart,
    *,
    scattered: Scattered,
    troubles: list[str],
) -> bool:
    # Some codes are answered in words, others measured; an unreadable value puts its forms in doubt.
    used = False
    for code in codes:
        if code in worded():
            used = forms.tell(code, holder, when, chart) or used
            continue
        try:
            used = _measured(code, holder, when, chart) or used
            for place in _places(code, holder):
                used = _answered(place, code, holder, when, chart=chart, scattered=scattered) or used
        except Unreadable as reason:
            troubles.append(f"{_title(code)} {reason}")
            for form in _forms(code, holder):
                chart.in_doubt(form, when)
    return used


def _measured(code: str, holder: Object, when: Moment | None, chart: Chart) -> bool:
    if code in multiples():
        return _multiple(multiples()[code], holder, when, chart)
    ids = _by_loinc().get(code, ())
    if places().get(code) and "valueCodeableConcept" in holder:
        return False  # an item of a form answered in words: its options give the number, and derive() the fact
    read = [bound_of(holder, id) or (id, value_of(holder, id)) for id in ids]
    used = [chart.know(id, value, when) for id, value in read]
    return any(used)


def _multiple(id: str, holder: Object, when: Moment | None, chart: Chart) -> bool:
    """The higher of several values of one day (ALT and AST), else the newest."""
    value, earlier = multiple_of_upper_limit(holder), chart.known(id)
    if earlier is not None and when is not None and earlier.on == when.first and isinstance(earlier.value, float):
        value = max(value, earlier.value)
        chart.forget(id)
    return chart.know(id, value, when)


def _answered(
    place: Place, code: str, holder: Object, when: Moment | None, *, chart: Chart, scattered: Scattered
) -> bool:
    value = answer_value(place.form, holder) if place.item is not None else total_value(holder)
    if value is None:
        raise Unreadable(
            f"has no readable answer ({shown(holder)})" if _has_value(holder) else "has no readable answer"
        )
    if not is_possible(place, value):
        raise Unreadable(f"cannot be {value:g}")
    chart.note_place(is_about_pain(place.form))
    differing = scattered.add(place, value, when.first if when else None, chart.origin, chart.pain)
    if differing is not None:
        _clashing(place, code, (value, differing), when, chart)
    return True


def _clashing(place: Place, code: str, values: tuple[float, float], when: Moment | None, chart: Chart) -> None:
    """Two values of one question or total and day: the higher stays, everywhere, and both are said."""
    form, high = instruments.instruments()[place.form], max(values)
    fact = form.fact if place.item is None else form.items[place.item].fact
    if fact and chart.known(fact) is not None:
        chart.forget(fact)
        chart.know(fact, high, when)
    day = when.first if when else "one undated day"
    chart.problem(f"{_title(code)} of {day} is both {min(values):g} and {high:g}; the higher was kept, please clarify")


def _title(code: str) -> str:
    """What a code measures, for a message."""
    ids = _by_loinc().get(code) or ((multiples()[code],) if code in multiples() else ())
    if ids:
        return facts.vocabulary()[ids[0]].says
    if code in panels():
        return instruments.instruments()[panels()[code]].title
    place = next(iter(places().get(code, ())), None)
    return f"{place.form}{f' item {place.item + 1}' if place.item is not None else ''}" if place else code


def _when(observation: Object, chart: Chart) -> Moment | None:
    """The day of what was observed: of a period its end. The day it was issued counts only where none is written."""
    period, timing = obj(observation.get("effectivePeriod")), obj(observation.get("effectiveTiming"))
    events = timing.get("event")
    places = (
        observation.get("effectiveDateTime"),
        observation.get("effectiveInstant"),
        period.get("end"),
        period.get("start"),
        *(reversed(events) if isinstance(events, list) else ()),
    )
    written = [place for place in places if place is not None]
    days = [day for place in written if (day := chart.when(place)) is not None]
    if days or written:
        return days[0] if days else None
    if timing:
        chart.problem("its day is given as a timing without dates: its day is unknown")
        return None
    return chart.when(observation.get("issued"))


@cache
def _by_loinc() -> Mapping[str, tuple[str, ...]]:
    """LOINC code -> the numbers of the vocabulary it measures."""
    by_loinc: dict[str, tuple[str, ...]] = {}
    for id, question in facts.vocabulary().items():
        if question.type == "number":
            for code in question.loinc:
                by_loinc[code] = (*by_loinc.get(code, ()), id)
    return by_loinc
