"""What a plan must ask about its own dose: limits it passes, doses blind to weight, concentrations it will reach."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from unwound.catalogue import Checked, Cited, least_checked
from unwound.cautions import CautionLevel
from unwound.pharmacology.ensemble import Ensemble, predict
from unwound.pharmacology.landmarks import Landmark, landmarks
from unwound.protocols import knowledge, limits, reasons, schedule
from unwound.protocols.knowledge import DRUGS, DoseKind, Protocol
from unwound.protocols.limits import Ceiling
from unwound.protocols.reasons import Reason
from unwound.protocols.schedule import Stretch
from unwound.record import UnwoundError, unique

OF_WHAT = {
    DoseKind.RATE: ("the highest rate", "mg/h"),
    DoseKind.BOLUS: ("a bolus", "mg"),
    DoseKind.DAY: ("the largest day", "mg"),
    DoseKind.COURSE: ("the whole course", "mg"),
}


def of_dose(
    protocol: Protocol,
    weight_kg: float,
    stretches: tuple[Stretch, ...],
    body_kg: float | None = None,
    age_years: float | None = None,
) -> tuple[Reason, ...]:
    """Everything that a plan of this course says of its dose at this weight, whoever the patient is.

    `body_kg` is the weight that concentrations are predicted at, where the dose is by another one; `age_years` is the
    age, where it is known.
    """
    if not stretches:
        return ()
    kg = weight_kg if body_kg is None else body_kg
    reasons_for_dose = [
        *reasons.of_rates(protocol, weight_kg, stretches),
        *of_limits(protocol, weight_kg, tuple(limits.ceilings(protocol, weight_kg, stretches))),
        *of_fixed_doses(protocol, kg, stretches),
        *of_concentrations(predict(schedule.as_doses(stretches), protocol.drug, kg, age_years), stretches),
    ]
    return tuple(reasons_for_dose)


def of_limits(protocol: Protocol, weight_kg: float, ceilings: Sequence[Ceiling]) -> Iterator[Reason]:
    """That limits of such courses which do not bind are passed: each with its number and source."""
    passed = [ceiling for ceiling in ceilings if ceiling.exceeded]
    if not passed:
        return
    yield Reason(
        id="limit_passed",
        title=f"{'A limit is' if len(passed) == 1 else f'{len(passed)} limits are'} passed that others keep",
        level=CautionLevel.ASK,
        because=tuple(_passed(ceiling, weight_kg) for ceiling in passed),
        action="Lower the dose, or decide that this course is right for this patient and write down why.",
        ask=(),
        sources=unique(ceiling.limit.source for ceiling in passed),
        checked=least_checked(ceiling.limit.checked for ceiling in passed),
    )


def _passed(ceiling: Ceiling, weight_kg: float) -> str:
    what, unit = OF_WHAT[ceiling.of]
    return (
        f"{what} is {ceiling.planned:.4g} {unit} at {weight_kg:g} kg; "
        f"{ceiling.limit} is {ceiling.most:.4g} {unit} ({ceiling.limit.source})"
    )


def of_fixed_doses(protocol: Protocol, weight_kg: float, stretches: tuple[Stretch, ...]) -> Iterator[Reason]:
    """That a dose which is the same for everybody is much by the kilogram for this patient."""
    fixed = [step for step in protocol.steps if (size := step.rate or step.amount) and size.unit in knowledge.FIXED]
    if not fixed:
        return
    fastest = max(stretch.rate_mg_per_h for stretch in stretches)
    known = [step.per_kg for step in fixed if step.per_kg is not None]
    least: Cited | None = min(known, key=lambda limit: limit.value, default=None)
    by_kg = (
        f"the course is the same at every weight; at {weight_kg:g} kg its {fastest:.4g} mg/h are "
        f"{fastest / weight_kg:.3g} mg/kg/h"
    )
    if least is None or len(known) < len(fixed):
        yield _fixed(f"{by_kg}, and no limit by the kilogram stands in it", None)
    elif fastest > knowledge.for_weight(least, weight_kg) * (1 + schedule.SAME):
        yield _fixed(f"{by_kg}, more than {least} ({least.source})", least)


def _fixed(because: str, limit: Cited | None) -> Reason:
    return Reason(
        id="fixed_dose",
        title="The dose does not look at the weight, and this patient is light for it",
        level=CautionLevel.ASK,
        because=(because,),
        action="Choose a course by the kilogram, or a lower rate; no study read says that anybody this light had it.",
        ask=(),
        sources=(limit.source if limit else "unwound_local",),
        checked=limit.checked if limit else Checked.UNCHECKED,
    )


def of_concentrations(ensemble: Ensemble, stretches: tuple[Stretch, ...]) -> Iterator[Reason]:
    """That the highest model gets to where a plan asks, or to the beginning of such a range (a note)."""
    peak = ensemble.highest.peak_ng_per_ml
    asking = [mark for mark in landmarks(ensemble.drug).values() if mark.asks_ng_per_ml is not None]
    reached = [mark for mark in asking if peak >= (mark.asks_ng_per_ml or 0.0)]
    if reached:
        yield _high(ensemble, reached, asking[0], stretches)
        return
    near = [mark for mark in asking if peak >= mark.from_ng_per_ml]
    if near:
        title = "Some people were still asleep at this concentration"
        action = "See that the patient can be roused at the highest rate, and lower it where not."
        yield _concentration(
            "concentration_near", title=title, level=CautionLevel.NOTE, ensemble=ensemble, marks=near, action=action
        )


def _high(ensemble: Ensemble, reached: Sequence[Landmark], lowest: Landmark, stretches: tuple[Stretch, ...]) -> Reason:
    """Why it is too high, and which share of every rate would not be: concentrations are in proportion to the dose."""
    least = lowest.asks_ng_per_ml
    if least is None:
        raise UnwoundError("a landmark that is reached has its concentration")
    share = least / ensemble.highest.peak_ng_per_ml
    fastest = max(stretch.rate_mg_per_h for stretch in stretches)
    action = (
        f"Not on a ward as it stands. At {math.floor(100 * share)} % of every rate (at most {_down(fastest * share):g} "
        f"mg/h) no model passes {least:g} ng/mL: lower the rates or choose another course; or treat it as an "
        "anaesthetic, with an anaesthetist."
    )
    title = f"Predicted as high as in {reached[-1].title}"
    return _concentration(
        "concentration_high", title=title, level=CautionLevel.ASK, ensemble=ensemble, marks=reached, action=action
    )


def _concentration(
    id: str, title: str, level: CautionLevel, ensemble: Ensemble, marks: Sequence[Landmark], action: str
) -> Reason:
    # A landmark may name the level that asks for care, or only where it begins; no hours above it, no words on them.
    low, _ = ensemble.peak_ng_per_ml
    top, asked = ensemble.highest, min(mark.asks_ng_per_ml or mark.from_ng_per_ml for mark in marks)
    hours = [hours for hours in top.hours_asked.values() if hours > 0]
    lasting = f"; by the highest it is above {asked:g} ng/mL for {max(hours):.3g} h" if hours else ""
    because = (
        f"{DRUGS[ensemble.drug]} is predicted to peak at {top.peak_ng_per_ml:.0f} ng/mL by the highest model "
        f"({top.model}, {blood(top.sampling)}) and at {low:.0f} by the lowest of {len(ensemble.adults)}{lasting}"
    )
    return Reason(
        id=id,
        title=title,
        level=level,
        because=(because, *(mark.says.text.rstrip(".") for mark in marks)),
        action=action,
        ask=(),
        sources=unique((*(mark.at.source for mark in marks), *(mark.says.source for mark in marks))),
        checked=least_checked(mark.at.checked for mark in marks),
    )


def blood(sampling: str) -> str:
    """Which blood a model is of, in words."""
    return "sampling site not stated" if sampling == "not stated" else f"{sampling} blood"


def _down(rate: float) -> float:
    """Rounded down to a tenth: what is proposed stays below."""
    return math.floor(rate * 10) / 10
