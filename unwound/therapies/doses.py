"""The doses that suit a patient: the ceiling set by renal function and age, and the schedule in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from unwound import evidence, facts
from unwound.catalogue import plain
from unwound.patient import Patient
from unwound.record import unique
from unwound.therapies import knowledge
from unwound.therapies.knowledge import RenalLimit, Therapy


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The highest daily dose at this renal function; `unknown` where the renal function is not known."""

    value: float = math.inf
    lowest: float = math.inf
    """Where unknown: the lowest ceiling that it could be."""
    unknown: bool = False
    avoid: bool = False
    start: float | None = None
    because: str = ""
    ask: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


NO_CEILING = Ceiling()


@dataclass(frozen=True, slots=True)
class Kidneys:
    """The renal function that limits are read against, once for a patient; None where it is unknown."""

    ml_per_min: float | None
    text: str
    ask: tuple[str, ...]


def kidneys(patient: Patient) -> Kidneys:
    """Creatinine clearance; zero on dialysis; eGFR only where the clearance is unknown, and named as such."""
    if facts.yes(patient, "dialysis").holds:
        return Kidneys(0.0, "on dialysis", ())
    clearance = facts.number(patient, "crcl_ml_per_min")
    if clearance is not None:
        return Kidneys(clearance, f"creatinine clearance {clearance:.3g} mL/min", ())
    egfr = facts.number(patient, "egfr_ml_per_min")
    if egfr is not None:
        return Kidneys(egfr, f"eGFR {egfr:.3g} (the creatinine clearance is not known)", ())
    missing = [id for id in ("creatinine_mg_per_dl", "weight_kg", "age_years") if facts.known(patient, id) is None]
    return Kidneys(None, "", (missing[0] if missing else "crcl_ml_per_min",))


def ceiling(patient: Patient, kidneys: Kidneys, id: str) -> Ceiling:
    """The renal ceiling of a therapy; without a jurisdiction the lower one."""
    if not knowledge.therapies()[id].renal:
        return NO_CEILING
    return _ceiling(id, patient.jurisdiction, kidneys)


@lru_cache(maxsize=4096)
def _ceiling(id: str, jurisdiction: str | None, kidneys: Kidneys) -> Ceiling:
    limits = _limits(knowledge.therapies()[id], jurisdiction)
    if kidneys.ml_per_min is None:
        possible = [limit.maximum.value for limit in limits if limit.maximum.value > 0]
        return Ceiling(lowest=min(possible, default=math.inf), unknown=True, ask=kidneys.ask, sources=_cite(limits))
    reached = [limit for limit in limits if kidneys.ml_per_min < limit.below.value]
    if not reached:
        return NO_CEILING
    lowest = min(reached, key=lambda limit: limit.maximum.value)
    because = _reason(lowest, knowledge.therapies()[id].unit, kidneys)
    starts = [limit.start.value for limit in reached if limit.start is not None]
    return Ceiling(
        value=lowest.maximum.value,
        avoid=lowest.maximum.value == 0,
        start=min(starts, default=None),
        because=because,
        sources=_cite((lowest,)),
    )


def _limits(therapy: Therapy, jurisdiction: str | None) -> tuple[RenalLimit, ...]:
    return tuple(limit for limit in therapy.renal if jurisdiction is None or limit.jurisdiction in (None, jurisdiction))


def _reason(limit: RenalLimit, unit: str, kidneys: Kidneys) -> str:
    where = f" ({limit.jurisdiction} limit)" if limit.jurisdiction else ""
    if limit.maximum.value == 0:
        return f"to be avoided below a creatinine clearance of {limit.below}: {kidneys.text}{where}"
    return f"ceiling {limit.maximum.value:g} {unit} at {kidneys.text}{where}"


def _cite(limits: tuple[RenalLimit, ...]) -> tuple[str, ...]:
    return evidence.cite(limits)


def age_limit(patient: Patient, id: str) -> float:
    """The highest daily dose at this age; infinite where the age sets none or is unknown."""
    limits = knowledge.therapies()[id].age
    years = facts.number(patient, "age_years") if limits else None
    reached = (limit.maximum.value for limit in limits if years is not None and years > limit.above.value)
    return min(reached, default=math.inf)


@lru_cache(maxsize=4096)
def schedule(id: str, kidneys_ceiling: Ceiling, oldest: float) -> str:
    """How it is started, titrated and judged at this renal function and age, in words."""
    therapy = knowledge.therapies()[id]
    limit = min(kidneys_ceiling.value, oldest)
    parts = (*_start(therapy, kidneys_ceiling), *_raise(therapy, limit), *_most(therapy, limit), *_judged(therapy))
    how = therapy.dosing.how
    texts = [*(part for part in parts if part), *([how.text] if how else [])]
    if kidneys_ceiling.unknown and therapy.dosing.start is not None:
        texts.append("renal function is not known and may lower these doses")
    return "; ".join(texts)


def _start(therapy: Therapy, kidneys_ceiling: Ceiling) -> tuple[str, ...]:
    start = therapy.dosing.start
    if start is None:
        return ()
    if kidneys_ceiling.start is not None and kidneys_ceiling.start < start.value:
        return (f"start {kidneys_ceiling.start:g} {therapy.unit} for impaired renal function",)
    return (f"start {min(start.value, kidneys_ceiling.value):g} {therapy.unit}{_range(start.low, start.high)}",)


def _raise(therapy: Therapy, limit: float) -> tuple[str, ...]:
    dosing = therapy.dosing
    if dosing.step is None or dosing.step_days is None or dosing.target is None:
        return ()
    days = f"{dosing.step_days.value:g} days{_range(dosing.step_days.low, dosing.step_days.high)}"
    target = min(dosing.target.value, limit)
    return (f"raise by {dosing.step.value:g} {therapy.unit} every {days} as tolerated, to {target:g} {therapy.unit}",)


def _most(therapy: Therapy, limit: float) -> tuple[str, ...]:
    maximum = min(limit, therapy.dosing.maximum.value if therapy.dosing.maximum else math.inf)
    return () if math.isinf(maximum) else (f"at most {maximum:g} {therapy.unit}",)


def _judged(therapy: Therapy) -> tuple[str, ...]:
    """After how long the response is judged: days in all, days at the target, or both, as the file has them."""
    adequate = therapy.adequate
    if adequate is None or (adequate.days is None and adequate.days_at_target is None):
        return ()
    at = f"{adequate.days_at_target.value:g} days at the target" if adequate.days_at_target else ""
    whole = f"{adequate.days.value:g} days" if adequate.days else ""
    return (f"judge the response after {f'{whole}, of which {at}' if whole and at else whole or at}",)


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None or low == high else f" ({plain(low)} to {plain(high)})"


def sources(id: str) -> tuple[str, ...]:
    """What the schedule of a therapy rests on."""
    return _schedule_sources(id)


@lru_cache(maxsize=256)
def _schedule_sources(id: str) -> tuple[str, ...]:
    therapy = knowledge.therapies()[id]
    return unique(evidence.cite((therapy.why, therapy.dosing, therapy.adequate)))
