"""Dosage: how much a day by its coding and how much by its words; where the two differ it is unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from unwound import units
from unwound.exchange.fhir import amounts, directions, timings, words
from unwound.exchange.fhir.beside import beside, is_as_needed, refuse_as_needed
from unwound.exchange.fhir.directions import Said, quoted
from unwound.exchange.fhir.dose import AsNeeded, Conflict, Dose, in_words, texts
from unwound.exchange.fhir.patches import is_patch, patches_a_day
from unwound.exchange.fhir.products import Product, mass, product
from unwound.exchange.fhir.shapes import NOTHING, Object, codings, moment, number, obj, objects, text
from unwound.exchange.fhir.unclear import Unclear
from unwound.exchange.fhir.ways import local_way, refuse_without_milligrams, way_of
from unwound.routes import Way

__all__ = ["Phase", "Product", "later", "phases", "product"]

NOTHING_SAID = ("no dose is given", "no directions are given")
"""Why there is no dose where the record says nothing of one."""
_SEVERAL = "several dosages are given, and it is not clear whether they are to be added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stretch with one dose: mg a day or why that is not known, and its bounds where the dosage gives them."""

    mg_per_day: float | None = None
    why_not: str = ""
    start: date | None = None
    end: date | None = None
    days: float | None = None
    at_most_days: float | None = None
    """Where only a range of days is given: it lasted no longer."""
    count: float | None = None
    """How many doses in all."""
    as_needed: bool = False
    conflict: bool = False
    """Whether the coding and the words, or two parts of the coding, contradict each other: `why_not` quotes both."""
    unread: tuple[str, ...] = ()
    """Directions with words that are not understood."""
    way: Way | None = None
    """How it is given, where the route or the product says so; a local way is believed rather than another."""


def phases(dosages: Sequence[Object], medicine: Product) -> tuple[Phase, ...]:
    """The stretches of a prescription: usually one; several when numbered steps follow each other in time.

    Dosages that stand together (morning and night) are added.
    """
    if not dosages:
        return (Phase(why_not=NOTHING_SAID[0], way=medicine.way),)
    ranks = [number(entry.get("sequence")) for entry in dosages]
    in_turn = len({rank for rank in ranks if rank is not None}) == len(dosages) > 1
    if in_turn and not _is_one_text(dosages):
        read = [_phase(entry, medicine) for entry in dosages]
        ordered = sorted(zip(ranks, read, strict=True), key=lambda pair: pair[0] or 0)
        return _following([phase for _, phase in ordered])
    if len(dosages) > 1 and (one_after_another := _by_their_days([_phase(entry, medicine) for entry in dosages])):
        return one_after_another
    return (_phase(dosages[0], medicine) if len(dosages) == 1 else _together(dosages, medicine),)


def _following(steps: list[Phase]) -> tuple[Phase, ...]:
    """Numbered steps: in turn when all but the last are bounded; otherwise nobody knows which one held."""
    if all(step.days is not None or step.end is not None for step in steps[:-1]):
        return tuple(steps)
    same = {step.mg_per_day for step in steps}
    if len(same) == 1:
        return (steps[0],)
    return (Phase(why_not="several dosages are given, without when each held", way=steps[0].way),)


def _by_their_days(steps: list[Phase]) -> tuple[Phase, ...]:
    """Steps that each have their own days and do not overlap, in turn; nothing where that is not so."""
    dated = sorted((step for step in steps if step.start is not None), key=lambda step: step.start or date.min)
    ends = [step.end or later(step.start, step.days) for step in dated]
    in_turn = all(
        end is not None and after.start is not None and end <= after.start
        for end, after in zip(ends, dated[1:], strict=False)
    )
    return tuple(dated) if len(dated) == len(steps) and in_turn else ()


def _is_one_text(dosages: Sequence[Object]) -> bool:
    """Whether all share the words of the whole: «1 in the morning and 2 at night» beside each part."""
    return len({text(entry.get("text")) for entry in dosages}) == 1 and bool(text(dosages[0].get("text")))


def _together(dosages: Sequence[Object], medicine: Product) -> Phase:
    """Dosages that stand together are added where each has its own part of the day; shared words are of the whole."""
    shared = text(dosages[0].get("text")) if _is_one_text(dosages) else ""
    parts = [{**entry, "text": ""} for entry in dosages] if shared else dosages
    read = [_phase(entry, medicine) for entry in parts]
    missing = next((phase for phase in read if phase.mg_per_day is None), None)
    if missing is not None:
        return missing
    bounds = {(phase.start, phase.end, phase.days, phase.at_most_days) for phase in read}
    if len({_slot(entry) for entry in dosages}) < len(dosages) or len(bounds) > 1:
        return Phase(why_not=_SEVERAL, way=read[0].way, as_needed=any(phase.as_needed for phase in read))
    total = sum(phase.mg_per_day for phase in read if phase.mg_per_day is not None)
    if shared:
        try:
            beside(Dose(source="the coding", mg_per_day=total), directions.understood(shared), medicine)
        except Unclear as reason:
            return replace(read[0], mg_per_day=None, why_not=str(reason), conflict=isinstance(reason, Conflict))
    return replace(read[0], mg_per_day=total)


def _slot(dosage: Object) -> str:
    """The part of the day; dosages without one are all alike."""
    timing = obj(dosage.get("timing"))
    repeat = obj(timing.get("repeat"))
    named = [repeat.get(key) for key in ("when", "timeOfDay", "dayOfWeek")]
    return f"{named}{[coding.code for coding in codings(timing.get('code'))]}"


def _phase(dosage: Object, medicine: Product) -> Phase:
    # A dose that is not read still has its times; a contradiction, «as needed» and a gap are noted differently.
    readings = [directions.understood(written) for written in texts(dosage)]
    try:
        bounds = _bounds(dosage, readings)
        way = way_of(dosage, medicine)
    except Unclear as reason:
        return Phase(why_not=str(reason), conflict=isinstance(reason, Conflict), way=local_way(dosage, medicine))
    bounds = replace(bounds, way=way, unread=tuple(each.written for each in readings if each.left))
    try:
        refuse_without_milligrams(medicine, way)
        is_single = bounds.count == 1 or any(each.is_single for each in readings)
        dose = _dose(dosage, readings, medicine, is_single=is_single)
        mg_per_day = round(dose.mg_per_day or 0.0, 6)
        if not math.isfinite(mg_per_day):
            raise Unclear("the dose is not a number")
        return _counted(replace(bounds, mg_per_day=mg_per_day), dose.times)
    except Conflict as reason:
        return replace(bounds, why_not=str(reason), conflict=True, as_needed=reason.as_needed)
    except Unclear as reason:
        as_needed = isinstance(reason, AsNeeded) or is_as_needed(dosage, readings)
        unknown = replace(bounds, why_not=str(reason), as_needed=as_needed)
        return unknown if as_needed or reason.final else _counted(unknown, _often(dosage))


# ---- how long


def _bounds(dosage: Object, readings: list[Said]) -> Phase:
    """When it begins and ends, by the coding and by «for 5 days»; Unclear where they differ."""
    repeat = obj(obj(dosage.get("timing")).get("repeat"))
    period = obj(repeat.get("boundsPeriod"))
    start, end = moment(period.get("start")), moment(period.get("end"))
    days, longest = _days(obj(repeat.get("boundsDuration"))), obj(repeat.get("boundsRange"))
    written = {each.days for each in readings if each.days}
    if len(written) > 1 or (written and days and not math.isclose(days, next(iter(written)), rel_tol=0.04)):
        spans = ", ".join(f"«{quoted(each.written)}»" for each in readings if each.days)
        coded = f"the coding says {in_words(days)} days, " if days else ""
        raise Conflict(f"{coded}the words say {spans}: how long it was taken is not known")
    count = number(repeat.get("count"))
    single = count == 1 or any(each.is_single for each in readings)
    most = number(repeat.get("countMax"))
    return Phase(
        start=start.last if start else None,
        end=end.first if end else None,
        days=1.0 if single else days or next(iter(written), None) or _lasting_longer_than_its_interval(dosage),
        at_most_days=_days(obj(longest.get("high"))),
        count=count if most is None or most == count else None,
    )


def _lasting_longer_than_its_interval(dosage: Object) -> float | None:
    """A «duration» of one dose that is longer than the time to the next: it is meant of the whole course."""
    repeat = obj(obj(dosage.get("timing")).get("repeat"))
    longest = number(repeat.get("durationMax"))
    days = _days({"value": repeat.get("duration"), "code": repeat.get("durationUnit")})
    times = _often(dosage)
    return days if days and longest is None and times and days * times > 1.0 + 1e-6 else None


def _days(length: Object) -> float | None:
    value = number(length.get("value"))
    if value is None or value <= 0:
        return None
    code, unit = text(length.get("code")), text(length.get("unit"))
    known = [time for written in (code, unit) if (time := words.unit_of_time(written))]
    if len(set(known)) > 1:
        raise Conflict(f"the unit of a length of time contradicts itself ({value:g} {code} and {value:g} {unit})")
    return units.in_days(value, known[0]) if known else None


def _counted(phase: Phase, times: float | None) -> Phase:
    """So many doses last so many days, where nothing else says how long."""
    if phase.count is None or not times or phase.days is not None or phase.end is not None:
        return phase
    return replace(phase, days=max(1.0, phase.count / times))


def _often(dosage: Object) -> float | None:
    """How often a day by the coding, where the dose itself is not known."""
    try:
        return timings.times_per_day(obj(dosage.get("timing")))
    except Unclear:
        return None


# ---- how much


def _dose(dosage: Object, readings: list[Said], medicine: Product, *, is_single: bool) -> Dose:
    """The dose by its coding, then beside each text, then beside what may be taken at most."""
    if dosage.get("modifierExtension") or obj(dosage.get("timing")).get("modifierExtension"):
        raise Unclear("an extension that is not read changes what the dosage means", final=True)
    dose = _coded(dosage, medicine)
    refuse_as_needed(dosage, readings, dose)
    for each in readings:
        dose = beside(dose, each, medicine)
    if is_single:
        single = f" of {in_words(dose.mg)} mg" if dose.mg is not None else ""
        raise Unclear(f"a single dose{single} was ordered, not a daily dose")
    if dose.mg_per_day is None:
        raise Unclear(_why_none(dose, readings))
    _refuse_more_than_most(dosage, dose, medicine)
    return dose


def _why_none(dose: Dose, readings: list[Said]) -> str:
    # Several reasons can hold at once: the one nearest to the missing dose is told.
    unread = next((each.why_not for each in readings if each.kind == "not-read" and each.speaks_of_dose), "")
    unread = unread or next((each.why_not for each in readings if each.why_not), "")
    if dose.why and dose.why != "no dose is given":
        return dose.why
    if unread and dose.mg is None:
        return unread
    if dose.mg is None and dose.times is None:
        return dose.why or "no directions are given"
    return dose.why or ("no dose is given" if dose.mg is None else "how often it was taken is not given")


def _coded(dosage: Object, medicine: Product) -> Dose:
    """What the coding alone says. Unclear where it says something that stays unknown whatever the words say."""
    dose, timing = Dose(source="the coding"), obj(dosage.get("timing"))
    whys: list[str] = []
    if obj(timing.get("repeat")) or timing.get("code"):
        try:
            dose = replace(dose, times=timings.times_per_day(timing), is_uneven=_is_uneven(timing))
        except Unclear as reason:
            if reason.final:
                raise Conflict(str(reason)) if "contradict" in str(reason) else reason from None
            whys.append(str(reason))
    doses = [_of_rate(entry, medicine, dose.times) for entry in _ordered(objects(dosage.get("doseAndRate")))]
    if len({(mg, a_day) for mg, a_day, _ in doses}) > 1:
        raise Conflict("several doses are given, and nothing says which of them was ordered")
    if doses:
        mg, a_day, why = doses[0]
        whys.insert(0, why)
        dose = replace(dose, mg=mg, mg_per_day=_a_day(mg, dose.times, a_day))
    return replace(dose, why=next((why for why in whys if why), ""))


def _a_day(mg: float | None, times: float | None, a_day: float | None) -> float | None:
    """The daily dose of dose and times, or as a rate a day; where there are both they must agree."""
    product = mg * times if mg is not None and times is not None else None
    if product is not None and a_day is not None and not math.isclose(product, a_day, rel_tol=1e-6):
        raise Conflict(
            f"the coding says {in_words(product)} mg a day by dose and times, {in_words(a_day)} mg a day by its rate"
        )
    return a_day if a_day is not None else product


def _is_uneven(timing: Object) -> bool:
    repeat = obj(timing.get("repeat"))
    period = number(repeat.get("period"))
    days = units.in_days(period, text(repeat.get("periodUnit"))) if period else None
    return bool(repeat.get("dayOfWeek")) or (days is not None and days > 1)


def _ordered(doses: list[Object]) -> list[Object]:
    """The ordered dose of several; the calculated one is how it came about."""
    marked = [rate for rate in doses if any(coding.code == "ordered" for coding in codings(rate.get("type")))]
    return marked or doses


def _of_rate(entry: Object, medicine: Product, times: float | None) -> tuple[float | None, float | None, str]:
    """mg at one time, mg a day, and why not, of one doseAndRate; patches by their number, rate and change."""
    why, mg, a_day = "", None, _daily_rate(entry, medicine)
    if "doseRange" in entry:
        mg = _of_range(obj(entry.get("doseRange")), medicine)
    elif "doseQuantity" in entry:
        quantity = obj(entry.get("doseQuantity"))
        rate = amounts.in_ug_per_hour(quantity)
        if medicine.ug_per_hour is not None or rate is not None:
            return None, patches_a_day(quantity, rate, medicine, times), ""
        try:
            mg = amounts.in_mg(quantity, medicine)
        except Unclear as reason:
            if reason.final:
                raise Conflict(str(reason)) from None
            why = str(reason)
    else:
        rate = _hourly_rate(entry)
        if rate is not None and (medicine.ug_per_hour is not None or is_patch(medicine)):
            return None, patches_a_day(NOTHING, rate, medicine, times), ""
        why = "" if a_day is not None else "no dose is given"
    if a_day is None and any(key.startswith("rate") for key in entry):
        raise Unclear("the dose is given as a rate, which is not a daily dose", final=True)
    return mg, a_day, why


def _of_range(ends: Object, medicine: Product) -> float:
    low, high = (amounts.in_mg(obj(ends.get(end)), medicine) for end in ("low", "high"))
    if low != high:
        raise Unclear(
            f"a range was ordered ({low:g} to {high:g} mg each time): which dose was taken is not known", final=True
        )
    return low


def _daily_rate(entry: Object, medicine: Product) -> float | None:
    """A rate for so many days, in mg or in pieces, as Japan's prescriptions give the daily dose; None for another."""
    ratio, rate = obj(entry.get("rateRatio")), obj(entry.get("rateQuantity"))
    if ratio:
        per = obj(ratio.get("denominator"))
        days = _days({"value": 1, **per})
        unit = (text(per.get("code")) or text(per.get("unit"))).lower()
        return amounts.in_mg(obj(ratio.get("numerator")), medicine) / days if days and unit in _WHOLE_DAYS else None
    for key in ("code", "unit"):
        unit, _, time = text(rate.get(key)).lower().replace(" ", "").partition("/")
        mg = mass({"value": rate.get("value"), "unit": unit})
        if mg is not None and time in _WHOLE_DAYS:
            return mg / (7.0 if time in ("wk", "week") else 1.0)
    return None


_WHOLE_DAYS = frozenset(("d", "day", "days", "wk", "week", "日"))


def _hourly_rate(entry: Object) -> float | None:
    ratio = obj(entry.get("rateRatio"))
    if not ratio:
        return amounts.in_ug_per_hour(obj(entry.get("rateQuantity")))
    per = obj(ratio.get("denominator"))
    mg, hours = mass(obj(ratio.get("numerator"))), number(per.get("value")) or 1.0
    unit = (text(per.get("code")) or text(per.get("unit"))).lower()
    return mg * 1000 / hours if mg is not None and hours > 0 and unit in ("h", "hr", "hour") else None


# ---- at most


def _refuse_more_than_most(dosage: Object, dose: Dose, medicine: Product) -> None:
    """maxDosePerPeriod and maxDosePerAdministration must not be below what is ordered."""
    a_day = dose.mg_per_day or 0.0
    for ratio in objects(dosage.get("maxDosePerPeriod")):
        try:
            most = amounts.in_mg(obj(ratio.get("numerator")), medicine)
        except Unclear:
            most = None
        days = _days({"value": 1, **obj(ratio.get("denominator"))})
        if most is None or not days:
            raise Conflict(f"{dose.says}, beside it stands a maximum that could not be read")
        if a_day > most / days * (1 + 1e-6):
            raise Conflict(f"{dose.says}, the coding allows at most {in_words(most / days)} mg a day")
    single = obj(dosage.get("maxDosePerAdministration"))
    if single and dose.mg is not None:
        most = mass(single)
        if most is not None and dose.mg > most * (1 + 1e-6):
            raise Conflict(f"the coding says {in_words(dose.mg)} mg at one time, and at most {in_words(most)} mg")


def later(day: date | None, days: float | None) -> date | None:
    """The day so many days after; None where either is unknown or it lies beyond the calendar."""
    if day is None or days is None:
        return None
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None
