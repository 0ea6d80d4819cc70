"""Dosage: how much a day by its coding and how much by its words; where the two differ it is unknown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from unwound import drugs, routes, units
from unwound.exchange.fhir import amounts, directions, timings, words
from unwound.exchange.fhir.directions import Amount, Said, quoted
from unwound.exchange.fhir.products import Product, mass, product
from unwound.exchange.fhir.shapes import NOTHING, Object, all_names, codings, moment, name, number, obj, objects, text
from unwound.exchange.fhir.unclear import Unclear
from unwound.routes import Way

__all__ = ["Phase", "Product", "later", "phases", "product"]

_AS_NEEDED = "taken as needed: how much was taken is not known"
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
    way: Way | None = None
    """How it is given, where the route or the product says so; a local way is believed rather than another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dose:
    """What is known of a dose so far, and who says it: the coding, then each text beside it."""

    source: str
    mg: float | None = None
    """At one time."""
    times: float | None = None
    """A day."""
    mg_per_day: float | None = None
    why: str = ""
    is_uneven: bool = False
    """Not the same on every day."""

    @property
    def says(self) -> str:
        """«the coding says 80 mg a day», with as much as it says."""
        if self.mg_per_day is not None:
            return f"{self.source} says {_number(self.mg_per_day)} mg a day"
        dose = f"{_number(self.mg)} mg" if self.mg is not None else ""
        often = f"{_number(self.times)} times a day" if self.times is not None else ""
        return f"{self.source} says {' '.join(part for part in (dose, often) if part) or 'nothing that can be read'}"


class _Conflict(Unclear):
    """Two parts of a dosage say different things."""

    def __init__(self, why: str, *, as_needed: bool = False) -> None:
        super().__init__(why, final=True)
        self.as_needed = as_needed


class _AsNeeded(Unclear):
    """It is taken as needed."""


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
    return (_phase(dosages[0], medicine) if len(dosages) == 1 else _together(dosages, medicine),)


def _following(steps: list[Phase]) -> tuple[Phase, ...]:
    """Numbered steps: in turn when all but the last are bounded; otherwise nobody knows which one held."""
    if all(step.days is not None or step.end is not None for step in steps[:-1]):
        return tuple(steps)
    same = {step.mg_per_day for step in steps}
    if len(same) == 1:
        return (steps[0],)
    return (Phase(why_not="several dosages are given, without when each held", way=steps[0].way),)


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
        return replace(read[0], mg_per_day=None, why_not=_SEVERAL)
    total = sum(phase.mg_per_day for phase in read if phase.mg_per_day is not None)
    if shared:
        try:
            _beside(_Dose(source="the coding", mg_per_day=total), directions.understood(shared), medicine)
        except Unclear as reason:
            return replace(read[0], mg_per_day=None, why_not=str(reason), conflict=isinstance(reason, _Conflict))
    return replace(read[0], mg_per_day=total)


def _slot(dosage: Object) -> str:
    """The part of the day; dosages without one are all alike."""
    timing = obj(dosage.get("timing"))
    repeat = obj(timing.get("repeat"))
    named = [repeat.get(key) for key in ("when", "timeOfDay", "dayOfWeek")]
    return f"{named}{[coding.code for coding in codings(timing.get('code'))]}"


def _phase(dosage: Object, medicine: Product) -> Phase:
    readings = [directions.understood(written) for written in _texts(dosage)]
    try:
        bounds = _bounds(dosage, readings)
        way = _way(dosage, medicine)
    except Unclear as reason:
        return Phase(why_not=str(reason), conflict=isinstance(reason, _Conflict), way=_local_way(dosage, medicine))
    bounds = replace(bounds, way=way)
    try:
        _refuse_without_milligrams(medicine, way)
        is_single = bounds.count == 1 or any(each.is_single for each in readings)
        dose = _dose(dosage, readings, medicine, is_single=is_single)
        mg_per_day = round(dose.mg_per_day or 0.0, 6)
        if not math.isfinite(mg_per_day):
            raise Unclear("the dose is not a number")
        return _counted(replace(bounds, mg_per_day=mg_per_day), dose.times)
    except _Conflict as reason:
        return replace(bounds, why_not=str(reason), conflict=True, as_needed=reason.as_needed)
    except Unclear as reason:
        as_needed = isinstance(reason, _AsNeeded) or _is_as_needed(dosage, readings)
        unknown = replace(bounds, why_not=str(reason), as_needed=as_needed)
        return unknown if as_needed or reason.final else _counted(unknown, _often(dosage))


# ---- how long


def _bounds(dosage: Object, readings: list[Said]) -> Phase:
    """When it begins and ends, by the coding and by «for 5 days»; Unclear where they differ."""
    repeat = obj(obj(dosage.get("timing")).get("repeat"))
    period = obj(repeat.get("boundsPeriod"))
    start, end = moment(period.get("start")), moment(period.get("end"))
    days, longest = _days(obj(repeat.get("boundsDuration"))), obj(repeat.get("boundsRange"))
    in_words = {each.days for each in readings if each.days}
    if len(in_words) > 1 or (in_words and days and not math.isclose(days, next(iter(in_words)), rel_tol=0.04)):
        spans = ", ".join(f"«{quoted(each.written)}»" for each in readings if each.days)
        coded = f"the coding says {_number(days)} days, " if days else ""
        raise _Conflict(f"{coded}the words say {spans}: how long it was taken is not known")
    count = number(repeat.get("count"))
    single = count == 1 or any(each.is_single for each in readings)
    most = number(repeat.get("countMax"))
    return Phase(
        start=start.last if start else None,
        end=end.first if end else None,
        days=1.0 if single else days or next(iter(in_words), None),
        at_most_days=_days(obj(longest.get("high"))),
        count=count if most is None or most == count else None,
    )


def _days(length: Object) -> float | None:
    value = number(length.get("value"))
    if value is None or value <= 0:
        return None
    code, unit = text(length.get("code")), text(length.get("unit"))
    known = [time for written in (code, unit) if (time := words.unit_of_time(written))]
    if len(set(known)) > 1:
        raise _Conflict(f"the unit of a length of time contradicts itself ({value:g} {code} and {value:g} {unit})")
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


# ---- by which way


def _way(dosage: Object, medicine: Product) -> Way | None:
    """The way of the route and of the product. Unclear where they contradict each other or the route is not known."""
    route, form = dosage.get("route"), medicine.form
    if not route:
        return medicine.way or _way_in_words(dosage)
    by_route = _route(route)
    if by_route is None:
        raise Unclear(f"the route «{quoted(name(route) or next((c.code for c in codings(route)), ''))}» is not known")
    if form is None or form.id == by_route.id or _agree(by_route, form):
        return by_route if form is None or form.id in ("injection", "mouth") else form
    raise _Conflict(f"the route says {by_route.title}, the product «{quoted(medicine.name)}» is given {form.title}")


def _way_in_words(dosage: Object) -> Way | None:
    """A local way that only the directions speak of: «apply the cream», «epidural». «Gel.» is a capsule in French."""
    readings = (routes.by_form(_GEL.sub(" ", written)) for written in _texts(dosage))
    return next((way for way in readings if way is not None and not way.whole_body), None)


_GEL = re.compile(r"\bgels?\b", re.IGNORECASE)


def _route(route: object) -> Way | None:
    by_code = next((way for coding in codings(route) if (way := routes.by_code(coding.code))), None)
    return by_code or routes.of_words(all_names(route))


_INJECTED = frozenset(("injection", "vein", "muscle", "under_skin", "nerve", "spine"))


def _agree(route: Way, form: Way) -> bool:
    """Whether a product made for one way can be given the other: any injection; a patch that is coded as topical."""
    ways = {route.id, form.id}
    if form.id == "mouth":
        return route.id in ("rectum", "vagina")
    return ways <= _INJECTED or ways <= {"patch", "skin"} or ways <= {"mouth", "mucosa"}


def _local_way(dosage: Object, medicine: Product) -> Way | None:
    """Of two ways that contradict each other the local one: what may be a cream is not taken for a tablet."""
    both = [way for way in (_route(dosage.get("route")), medicine.way) if way is not None]
    return next((way for way in both if not way.whole_body), both[0] if both else None)


def _refuse_without_milligrams(medicine: Product, way: Way | None) -> None:
    drug = drugs.recognise(text=medicine.name) or ""
    if way is not None and not routes.has_milligrams(drug, way):
        raise Unclear(f"given {way.title}: its milligrams a day do not compare with a dose by mouth")


# ---- how much


def _texts(dosage: Object) -> Iterator[str]:
    """Everything that is said in words, each once: the directions first."""
    written = [text(dosage.get("text")), text(dosage.get("patientInstruction"))]
    for concept in objects(dosage.get("additionalInstruction")):
        written += [text(concept.get("text")), *(coding.display for coding in codings(concept))]
    written += timings.words_of(obj(dosage.get("timing")))
    yield from dict.fromkeys(filter(None, written))


def _dose(dosage: Object, readings: list[Said], medicine: Product, *, is_single: bool) -> _Dose:
    """The dose by its coding, then beside each text, then beside what may be taken at most."""
    if dosage.get("modifierExtension") or obj(dosage.get("timing")).get("modifierExtension"):
        raise Unclear("an extension that is not read changes what the dosage means", final=True)
    dose = _coded(dosage, medicine)
    _refuse_as_needed(dosage, readings, dose)
    for each in readings:
        dose = _beside(dose, each, medicine)
    if is_single:
        single = f" of {_number(dose.mg)} mg" if dose.mg is not None else ""
        raise Unclear(f"a single dose{single} was ordered, not a daily dose")
    if dose.mg_per_day is None:
        raise Unclear(_why_none(dose, readings))
    _refuse_more_than_most(dosage, dose, medicine)
    return dose


def _why_none(dose: _Dose, readings: list[Said]) -> str:
    unread = next((each.why_not for each in readings if each.kind == "not-read" and each.speaks_of_dose), "")
    unread = unread or next((each.why_not for each in readings if each.why_not), "")
    if dose.why and dose.why != "no dose is given":
        return dose.why
    if unread and dose.mg is None:
        return unread
    if dose.mg is None and dose.times is None:
        return dose.why or "no directions are given"
    return dose.why or ("no dose is given" if dose.mg is None else "how often it was taken is not given")


def _coded(dosage: Object, medicine: Product) -> _Dose:
    """What the coding alone says. Unclear where it says something that stays unknown whatever the words say."""
    dose, timing = _Dose(source="the coding"), obj(dosage.get("timing"))
    whys: list[str] = []
    if obj(timing.get("repeat")) or timing.get("code"):
        try:
            dose = replace(dose, times=timings.times_per_day(timing), is_uneven=_is_uneven(timing))
        except Unclear as reason:
            if reason.final:
                raise _Conflict(str(reason)) if "contradict" in str(reason) else reason from None
            whys.append(str(reason))
    doses = [_of_rate(entry, medicine, dose.times) for entry in _ordered(objects(dosage.get("doseAndRate")))]
    if len({(mg, a_day) for mg, a_day, _ in doses}) > 1:
        raise _Conflict("several doses are given, and nothing says which of them was ordered")
    if doses:
        mg, a_day, why = doses[0]
        whys.insert(0, why)
        dose = replace(dose, mg=mg, mg_per_day=_a_day(mg, dose.times, a_day))
    return replace(dose, why=next((why for why in whys if why), ""))


def _a_day(mg: float | None, times: float | None, a_day: float | None) -> float | None:
    """The daily dose of dose and times, or as a rate a day; where there are both they must agree."""
    product = mg * times if mg is not None and times is not None else None
    if product is not None and a_day is not None and not math.isclose(product, a_day, rel_tol=1e-6):
        raise _Conflict(
            f"the coding says {_number(product)} mg a day by dose and times, {_number(a_day)} mg a day by its rate"
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
            return None, _patches(quantity, rate, medicine, times), ""
        try:
            mg = amounts.in_mg(quantity, medicine)
        except Unclear as reason:
            if reason.final:
                raise _Conflict(str(reason)) from None
            why = str(reason)
    else:
        rate = _hourly_rate(entry)
        if rate is not None and (medicine.ug_per_hour is not None or _is_patch(medicine)):
            return None, _patches(NOTHING, rate, medicine, times), ""
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


def _is_patch(medicine: Product) -> bool:
    return medicine.way is not None and medicine.way.id == "patch"


def _patches(quantity: Object, rate: float | None, medicine: Product, times: float | None) -> float:
    """mg a day of patches by their number, rate and change.

    Unclear where they are not changed as they are made to be. A branch for each way in which that can be so.
    """
    if not _is_patch(medicine) and (rate is None or medicine.way is not None):
        raise Unclear("the dose is given as a rate, which is not a daily dose", final=True)
    each = medicine.ug_per_hour if medicine.ug_per_hour is not None else rate
    if rate is not None and each is not None and not math.isclose(rate % each, 0.0, abs_tol=1e-9):
        raise _Conflict(f"the dose is {_number(rate)} µg an hour, the patch gives {_number(each)}")
    worn = rate / each if rate is not None and each else number(quantity.get("value"))
    if rate is None and not amounts.is_patches(quantity):
        amounts.in_mg(quantity, replace(medicine, strength_mg=None))  # says why, where the unit is another one's
        raise Unclear("it is not clear how many patches are worn at a time", final=True)
    if each is None or worn is None or not 0 < worn <= _MOST_PATCHES or worn != int(worn):
        raise Unclear("it is not clear how many patches are worn at a time", final=True)
    if times is None:
        raise Unclear("how often the patch is changed is not given", final=True)
    _refuse_another_change(24.0 / times, each, medicine)
    return worn * each * 24.0 / 1000.0


_MOST_PATCHES = 8


def _refuse_another_change(hours: float, ug_per_hour: float, medicine: Product) -> None:
    worn = medicine.worn_hours or routes.worn_hours(drugs.recognise(text=medicine.name) or "", ug_per_hour)
    if not worn:
        raise Unclear("for how long the patch is worn is not known", final=True)
    if not any(math.isclose(hours, made_for) for made_for in worn):
        made_for = " or ".join(_number(each) for each in worn)
        raise _Conflict(
            f"the patch is made to be worn for {made_for} hours, and is ordered to be changed every "
            f"{_number(hours)} hours"
        )


# ---- the coding beside the words


def _refuse_as_needed(dosage: Object, readings: list[Said], dose: _Dose) -> None:
    """«As needed», wherever it stands; where the coding orders a fixed dose, both are quoted."""
    text_of = next((each for each in readings if each.kind == "as-needed"), None)
    if _is_as_needed(dosage, ()):
        raise _AsNeeded(_AS_NEEDED, final=True)
    if text_of is None:
        return
    if dose.times is None and dose.mg_per_day is None:
        raise _AsNeeded(f"{_AS_NEEDED} («{quoted(text_of.written)}»)", final=True)
    raise _Conflict(f"{dose.says}, the words say «{quoted(text_of.written)}»: {_AS_NEEDED}", as_needed=True)


def _is_as_needed(dosage: Object, readings: Sequence[Said]) -> bool:
    coded = dosage.get("asNeededBoolean") is True or dosage.get("asNeededCodeableConcept") or dosage.get("asNeededFor")
    return bool(coded) or any(each.kind == "as-needed" for each in readings)


def _beside(dose: _Dose, reading: Said, medicine: Product) -> _Dose:
    """The dose after one more text: filled in where the text knows more, unknown where it says something else.

    The branches are what a text can be: a condition, nothing about the dose, a whole reading, or a part of one.
    """
    known = dose.times is not None or dose.mg is not None or dose.mg_per_day is not None
    if reading.kind in ("range", "changes", "doubtful", "as-needed") or (
        reading.kind == "uneven" and not dose.is_uneven
    ):
        if known:
            raise _Conflict(f"{dose.says}, the words say «{quoted(reading.written)}»: {directions.reason(reading)}")
        raise Unclear(reading.why_not, final=True)
    _refuse_less_at_most(dose, reading, medicine)
    if reading.takes and not (reading.left and not known):
        return _beside_takes(dose, reading, medicine)
    if reading.left and not known:
        return dose
    if reading.times is not None:
        return _beside_times(dose, reading)
    if reading.amount is not None:
        return _beside_amount(dose, reading, medicine)
    if (
        known
        and reading.kind == "not-read"
        and reading.speaks_of_dose
        and reading.most is None
        and reading.days is None
    ):
        raise _Conflict(f"{dose.says}, the words say «{quoted(reading.written)}», which could not be read")
    return dose


def _contradicts(dose: _Dose, reading: Said) -> _Conflict:
    return _Conflict(f"{dose.says}, the words say «{quoted(reading.written)}»: which of them was taken is not known")


def _beside_takes(dose: _Dose, reading: Said, medicine: Product) -> _Dose:
    """Beside a whole dose in words: the same a day, or the same times where the mass of one is not known."""
    masses = [directions.in_mg(amount, medicine.strength_mg, medicine.mg_per_ml) for amount, _ in reading.takes]
    times = sum(times for _, times in reading.takes)
    if any(each is None for each in masses):
        amount = next(a for (a, _), each in zip(reading.takes, masses, strict=True) if each is None)
        return _beside_unknown_mass(dose, reading, amount, times, medicine)
    total = sum((each or 0.0) * often for each, (_, often) in zip(masses, reading.takes, strict=True))
    if dose.mg_per_day is not None:
        if not math.isclose(total, dose.mg_per_day, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        return dose
    single = masses[0] if len(reading.takes) == 1 else None
    if dose.times is not None and not math.isclose(times, dose.times, rel_tol=1e-3):
        raise _contradicts(dose, reading)
    if dose.mg is not None and not (single is not None and math.isclose(single, dose.mg, rel_tol=1e-3)):
        raise _contradicts(dose, reading)
    if medicine.ug_per_hour is not None:
        return dose
    return replace(dose, source=f"«{quoted(reading.written)}»", mg=single, times=times, mg_per_day=total, why="")


def _beside_unknown_mass(dose: _Dose, reading: Said, amount: Amount, times: float, medicine: Product) -> _Dose:
    """A dose in words without a mass: patches by their rate; else only the times can be compared."""
    if medicine.ug_per_hour is not None and len(reading.takes) == 1:
        patch = {"value": amount.pieces, "unit": "patch" if amount.piece in ("patch", "") else amount.piece}
        a_day = _patches(patch, None, medicine, times)
        if dose.mg_per_day is not None and not math.isclose(a_day, dose.mg_per_day, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        return replace(dose, source=f"«{quoted(reading.written)}»", times=times, mg_per_day=a_day, why="")
    if dose.mg is None and dose.mg_per_day is None:
        if dose.times is not None and not math.isclose(times, dose.times, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        no_strength = amount.piece_mg is None and medicine.strength_mg is None and amount.pieces is not None
        why = medicine.why_no_strength if no_strength else directions.why_no_mass(amount, medicine.strength_mg)
        return replace(dose, times=times, why=why)
    has_mass = amount.beside_mg is not None or amount.piece_mg is not None
    if (has_mass and medicine.strength_mg is not None) or (
        dose.times is not None and not math.isclose(times, dose.times, rel_tol=1e-3)
    ):
        raise _contradicts(dose, reading)
    return dose


def _beside_times(dose: _Dose, reading: Said) -> _Dose:
    """Beside a frequency in words."""
    times = reading.times or 0.0
    if dose.times is not None:
        if not math.isclose(times, dose.times, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        return dose
    if dose.mg_per_day is not None:
        return dose
    if dose.mg is None:
        return replace(dose, times=times)
    return replace(dose, times=times, mg_per_day=dose.mg * times, why="")


def _beside_amount(dose: _Dose, reading: Said, medicine: Product) -> _Dose:
    """Beside a dose in words that says nothing of how often: the dose, the daily dose, or only the strength."""
    amount = reading.amount or Amount()
    mg = directions.in_mg(amount, medicine.strength_mg, medicine.mg_per_ml)
    if mg is None:
        return dose
    same = [known for known in (dose.mg, dose.mg_per_day) if known is not None]
    if same:
        strength = [medicine.strength_mg] if medicine.strength_mg is not None and amount.mg is not None else []
        if not any(math.isclose(mg, known, rel_tol=1e-3) for known in (*same, *strength)):
            raise _contradicts(dose, reading)
        return dose
    if dose.times is None or (amount.mg is not None and medicine.strength_mg is not None):
        return dose  # «300 mg» alone may only repeat the strength
    return replace(dose, mg=mg, mg_per_day=mg * dose.times, why="")


# ---- at most


def _refuse_less_at_most(dose: _Dose, reading: Said, medicine: Product) -> None:
    """A maximum in words that is below the dose contradicts it; above it, words alone do not say which was taken."""
    if reading.most is None:
        return
    most = directions.in_mg(reading.most, medicine.strength_mg, medicine.mg_per_ml)
    if dose.mg_per_day is not None and (most is None or most < dose.mg_per_day * (1 - 1e-6)):
        raise _contradicts(dose, reading)
    if dose.mg_per_day is None and directions.read(reading.written, medicine.strength_mg).mg_per_day is None:
        raise Unclear(directions.read(reading.written, medicine.strength_mg).why_not, final=True)


def _refuse_more_than_most(dosage: Object, dose: _Dose, medicine: Product) -> None:
    """maxDosePerPeriod and maxDosePerAdministration must not be below what is ordered."""
    a_day = dose.mg_per_day or 0.0
    for ratio in objects(dosage.get("maxDosePerPeriod")):
        try:
            most = amounts.in_mg(obj(ratio.get("numerator")), medicine)
        except Unclear:
            most = None
        days = _days({"value": 1, **obj(ratio.get("denominator"))})
        if most is None or not days:
            raise _Conflict(f"{dose.says}, beside it stands a maximum that could not be read")
        if a_day > most / days * (1 + 1e-6):
            raise _Conflict(f"{dose.says}, the coding allows at most {_number(most / days)} mg a day")
    single = obj(dosage.get("maxDosePerAdministration"))
    if single and dose.mg is not None:
        most = mass(single)
        if most is not None and dose.mg > most * (1 + 1e-6):
            raise _Conflict(f"the coding says {_number(dose.mg)} mg at one time, and at most {_number(most)} mg")


def _number(value: float | None) -> str:
    return f"{value or 0.0:,.6g}"


def later(day: date | None, days: float | None) -> date | None:
    """The day so many days after; None where either is unknown or it lies beyond the calendar."""
    if day is None or days is None:
        return None
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None
