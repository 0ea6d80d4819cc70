"""The doses that suit a patient: one ceiling from kidneys, age, liver, heart and condition, and the way up to it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from unwound import evidence, facts
from unwound.patient import Patient
from unwound.record import Judgement, unique
from unwound.terms import Jurisdiction
from unwound.therapies import knowledge
from unwound.therapies.knowledge import Limit, RenalLimit, Therapy


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The highest daily dose for this patient, and how slowly it is reached; `unknown` where the kidneys are not known.

    Every dose that is printed comes from here, so that none lies above it.
    """

    value: float = math.inf
    lowest: float = math.inf
    """Where unknown: the lowest ceiling that it could be."""
    elsewhere: float | None = None
    """Where the country is not known and another one allows more: the highest it could be. Doses stay below `value`."""
    unknown: bool = False
    avoid: bool = False
    start: float | None = None
    """A lower start than the usual one, and why."""
    start_because: str = ""
    start_sources: tuple[str, ...] = ()
    step: float | None = None
    step_days: float | None = None
    frequency: str = ""
    because: str = ""
    may_fall: tuple[str, ...] = ()
    """What is not known and may lower these doses."""
    ask: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


NO_CEILING = Ceiling()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kidneys:
    """The renal function that limits are read against, once for a patient; None where no number is known of it.

    A laboratory may report a bound only («>60»): the function then lies from `at_least` up to `below`.
    """

    ml_per_min: float | None
    text: str
    ask: tuple[str, ...]
    at_least: float = 0.0
    below: float = math.inf

    def are_below(self, limit: float) -> bool:
        """Whether the function is known to be below a limit."""
        return self.below <= limit if self.ml_per_min is None else self.ml_per_min < limit

    def may_be_below(self, limit: float) -> bool:
        """Whether it is, or nothing known excludes that it is."""
        return limit > self.at_least if self.ml_per_min is None else self.ml_per_min < limit

    @property
    def dialysis(self) -> bool:
        """Whether a machine does their work."""
        return self.ml_per_min == 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Titration:
    """The numbers of a schedule as they hold for one patient: every one of them at or below the ceiling."""

    start: float | None
    step: float | None
    step_days: float | None
    target: float | None
    maximum: float


def kidneys(patient: Patient) -> Kidneys:
    """Creatinine clearance; zero on dialysis; eGFR only where the clearance is unknown, and named as such.

    Of an eGFR and a bound of it the newer counts.
    """
    if facts.yes(patient, "dialysis").holds:
        return Kidneys(ml_per_min=0.0, text="on dialysis", ask=())
    clearance = facts.number(patient, "crcl_ml_per_min")
    if clearance is not None:
        return Kidneys(ml_per_min=clearance, text=f"creatinine clearance {clearance:.3g} mL/min", ask=())
    reported = {id: fact for id in _EGFR if (fact := facts.known(patient, id)) is not None}
    newest = max((fact.on for fact in reported.values() if fact.on), default=None)
    now = {
        id: float(fact.value) for id, fact in reported.items() if fact.on == newest and isinstance(fact.value, float)
    }
    egfr, at_least, below = (now.get(id) for id in _EGFR)
    if egfr is not None:
        return Kidneys(ml_per_min=egfr, text=f"eGFR {egfr:.3g} (the creatinine clearance is not known)", ask=())
    missing = [id for id in ("creatinine_mg_per_dl", "weight_kg", "age_years") if facts.known(patient, id) is None]
    return _between(at_least or 0.0, below or math.inf, (missing[0] if missing else "crcl_ml_per_min",))


_EGFR = ("egfr_ml_per_min", "egfr_at_least_ml_per_min", "egfr_below_ml_per_min")


def _between(at_least: float, below: float, ask: tuple[str, ...]) -> Kidneys:
    """What is known by bounds; nothing where two of one day exclude each other."""
    if at_least >= below:
        return Kidneys(ml_per_min=None, text="", ask=ask)
    bounds = [f"at least {at_least:g}"] * bool(at_least) + [f"below {below:g}"] * (below < math.inf)
    text = f"eGFR {' and '.join(bounds)}, reported as a bound (the creatinine clearance is not known)" if bounds else ""
    return Kidneys(ml_per_min=None, text=text, ask=ask, at_least=at_least, below=below)


def ceiling(patient: Patient, kidneys: Kidneys, id: str, conditions: tuple[str, ...] = ()) -> Ceiling:
    """The ceiling of a therapy for this patient; without a jurisdiction the lower one holds."""
    here = _in(patient, patient.jurisdiction, kidneys, id, conditions)
    if patient.jurisdiction is not None or not _differs_by_country(id):
        return here
    highest = max(_in(patient, country, kidneys, id, conditions).value for country in Jurisdiction)
    return replace(here, elsewhere=highest) if highest > here.value else here


@cache
def _differs_by_country(id: str) -> bool:
    therapy = knowledge.therapies()[id]
    return any(limit.jurisdiction for limit in therapy.renal) or any(limit.jurisdiction for limit in therapy.limits)


def _in(
    patient: Patient, jurisdiction: Jurisdiction | None, kidneys: Kidneys, id: str, conditions: tuple[str, ...]
) -> Ceiling:
    # Age, kidneys, country and illnesses may each lower the ceiling, and so may what is not known of them.
    therapy = knowledge.therapies()[id]
    renal = _renal(id, jurisdiction, _named(id, conditions), kidneys) if therapy.renal else NO_CEILING
    if not (therapy.age or therapy.limits or therapy.dosing.gently):
        return renal
    held: list[int] = []
    unknown: list[tuple[int, tuple[str, ...]]] = []
    for place, limit in enumerate(therapy.limits):
        if _fits(limit, jurisdiction, conditions):
            judgement = facts.meets(patient, limit.when) if limit.when else Judgement(True)
            if judgement.holds:
                held.append(place)
            elif judgement.holds is None:
                unknown.append((place, judgement.ask))
    gently = facts.meets(patient, knowledge.fitting().gently_when) if therapy.dosing.gently else Judgement(False)
    age = facts.number(patient, "age_years") if therapy.age else None
    return _together(
        id, renal, age, held=tuple(held), unknown=tuple(unknown), gently=gently.because if gently.holds else ()
    )


@lru_cache(maxsize=4096)
def _together(
    id: str,
    renal: Ceiling,
    age: float | None,
    *,
    held: tuple[int, ...],
    unknown: tuple[tuple[int, tuple[str, ...]], ...],
    gently: tuple[str, ...],
) -> Ceiling:
    """The lowest of all ceilings and of all starts, with what sets each; limits go by their place in the file."""
    therapy = knowledge.therapies()[id]
    holding = tuple(therapy.limits[place] for place in held)
    value, because = min(_ceilings(therapy, renal, age, holding), key=lambda candidate: candidate[0])
    start, why = min(_starts(therapy, renal, holding, gently), key=lambda candidate: candidate[0], default=(None, ""))
    calm = therapy.dosing.gently if gently else None
    open_limits = tuple(therapy.limits[place].reads for place, _ in unknown)
    return Ceiling(
        value=value,
        lowest=min(renal.lowest, value),
        unknown=renal.unknown,
        avoid=value == 0,
        start=start,
        start_because=why,
        step=calm.step.value if calm and calm.step else None,
        step_days=renal.step_days,
        frequency=renal.frequency or next((limit.frequency for limit in holding if limit.frequency), ""),
        because=because,
        may_fall=unique((*renal.may_fall, *open_limits)),
        ask=unique((*renal.ask, *(fact for _, ask in unknown for fact in ask))),
        sources=unique((*renal.sources, *evidence.cite(holding))),
        start_sources=evidence.cite(calm) if calm else (),
    )


def _ceilings(
    therapy: Therapy, renal: Ceiling, age: float | None, holding: tuple[Limit, ...]
) -> Iterator[tuple[float, str]]:
    yield renal.value, renal.because
    for old in therapy.age:
        if age is not None and age > old.above.value:
            yield old.maximum.value, f"ceiling {old.maximum.value:g} {therapy.unit} at {age:g} years"
    for limit in holding:
        yield limit.maximum.value, f"ceiling {limit.maximum.value:g} {therapy.unit}: {limit.reads}"


def _starts(
    therapy: Therapy, renal: Ceiling, holding: tuple[Limit, ...], gently: tuple[str, ...]
) -> Iterator[tuple[float, str]]:
    if renal.start is not None:
        yield renal.start, renal.start_because
    for limit in holding:
        if limit.start is not None:
            yield limit.start.value, limit.reads
    if gently and therapy.dosing.gently:
        yield therapy.dosing.gently.start.value, "; ".join(gently)


def _named(id: str, conditions: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the conditions that a renal limit of the therapy names: the rest would only fill the cache."""
    named = {name for limit in knowledge.therapies()[id].renal for name in limit.conditions}
    return tuple(name for name in conditions if name in named) if named else ()


def _fits(limit: RenalLimit | Limit, jurisdiction: str | None, conditions: tuple[str, ...]) -> bool:
    here = jurisdiction is None or limit.jurisdiction in (None, jurisdiction)
    return here and (not limit.conditions or not set(limit.conditions).isdisjoint(conditions))


@lru_cache(maxsize=4096)
def _renal(id: str, jurisdiction: str | None, conditions: tuple[str, ...], kidneys: Kidneys) -> Ceiling:
    """What the kidneys allow. An unknown renal function is asked about; the lowest it could mean is kept beside it."""
    therapy = knowledge.therapies()[id]
    limits = tuple(limit for limit in therapy.renal if _fits(limit, jurisdiction, conditions))
    reached = [limit for limit in limits if kidneys.are_below(limit.below.value)]
    settled = _reached(reached, therapy.unit, kidneys) if reached else NO_CEILING
    # In proportion it is settled by a number only.
    unsure = [limit for limit in limits if limit not in reached or (limit.proportional and kidneys.ml_per_min is None)]
    possible = tuple(limit for limit in unsure if kidneys.may_be_below(limit.below.value))
    if settled.avoid or not possible:
        return settled
    # A clearance below the last band would be known as kidney failure: the last band is the lowest thought of.
    lowest = [limit.maximum.value for limit in possible if limit.maximum and limit.maximum.value > 0]
    return replace(
        settled,
        lowest=min((settled.value, *lowest)),
        unknown=True,
        may_fall=("renal function",),
        ask=kidneys.ask,
        sources=unique((*settled.sources, *evidence.cite(possible))),
    )


def _reached(reached: list[RenalLimit], unit: str, kidneys: Kidneys) -> Ceiling:
    """The ceiling of the limits that are known to hold."""
    lowest = min(reached, key=lambda limit: _maximum(limit, kidneys))
    starts = [limit.start.value for limit in reached if limit.start is not None]
    days = [limit.step_days.value for limit in reached if limit.step_days is not None]
    narrowest = min(reached, key=lambda limit: limit.below.value)
    maximum = _maximum(lowest, kidneys)
    return Ceiling(
        value=maximum,
        avoid=maximum == 0,
        start=min(starts, default=None),
        start_because="impaired renal function" if starts else "",
        step_days=max(days, default=None),
        frequency=_frequency(narrowest, kidneys),
        because="" if math.isinf(maximum) else _reason(lowest, maximum, unit, kidneys),
        sources=evidence.cite((lowest, narrowest)),
    )


def _maximum(limit: RenalLimit, kidneys: Kidneys) -> float:
    """The maximum here; in proportion it is cut to whole units, for a rounded dose could lie above it."""
    if limit.maximum is None:
        return math.inf
    if not limit.proportional or kidneys.dialysis or kidneys.ml_per_min is None:
        return limit.maximum.value
    return float(math.floor(limit.maximum.value * kidneys.ml_per_min / limit.below.value + 1e-9))


def _frequency(limit: RenalLimit, kidneys: Kidneys) -> str:
    return "given after each dialysis" if limit.proportional and kidneys.dialysis else limit.frequency


def _reason(limit: RenalLimit, maximum: float, unit: str, kidneys: Kidneys) -> str:
    where = f" ({limit.jurisdiction} limit)" if limit.jurisdiction else ""
    if maximum == 0:
        return f"to be avoided below a creatinine clearance of {limit.below}: {kidneys.text}{where}"
    return f"ceiling {maximum:g} {unit} {'' if kidneys.dialysis else 'at '}{kidneys.text}{where}"


def titration(therapy: Therapy, ceiling: Ceiling) -> Titration:
    """Start, step, target and maximum under the ceiling; a step never leads past the target in one go."""
    dosing, highest = therapy.dosing, ceiling.value
    maximum = min(highest, dosing.maximum.value if dosing.maximum else math.inf)
    usual = dosing.start.value if dosing.start else None
    start = None if usual is None else min(usual, ceiling.start or usual, maximum)
    target = min(dosing.target.value, maximum) if dosing.target else None
    step = ceiling.step if ceiling.step is not None else (dosing.step.value if dosing.step else None)
    if step is not None and usual is not None and start is not None and start < usual:
        # Who starts lower for a reason rises no faster: by what was begun with, at most.
        step = min(step, start)
    if step is not None and start is not None and target is not None:
        step = min(step, target - start)
    days = ceiling.step_days or (dosing.step_days.value if dosing.step_days else None)
    return Titration(
        start=start, step=step if step and step > 0 else None, step_days=days, target=target, maximum=maximum
    )


def trial_dose(therapy: Therapy, ceiling: Ceiling) -> float | None:
    """The daily dose that an adequate trial reaches in this patient; None where no dose is asked or it is avoided."""
    adequate = therapy.adequate
    if adequate is None or adequate.dose is None or ceiling.avoid:
        return None
    return min(adequate.dose.value, ceiling.value)


def is_adult(patient: Patient) -> bool | None:
    """Whether the schedules of adults apply; None where the age is unknown."""
    years = facts.number(patient, "age_years")
    return None if years is None else years >= knowledge.fitting().adult_from.value
