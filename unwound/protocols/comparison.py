"""Short against prolonged: relief over twelve weeks against burden, for the same patient, protocol by protocol.

Esketamine is simulated with an esketamine model and racemic ketamine with a racemic one; they meet only in the
esketamine that both hold. Relief is the empirical curve of `data/effects/chronic_relief.toml`: one condition, one
regimen, everything else carried over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from unwound import evidence, facts
from unwound.catalogue import Cited
from unwound.cautions import CautionLevel
from unwound.derive import derive
from unwound.patient import Patient, is_patient
from unwound.pharmacology import effects, models
from unwound.pharmacology.dosing import Dose, infusion, total_mg
from unwound.pharmacology.forecast import Relief, relief_of
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.simulation import Curve, simulate
from unwound.pharmacology.subjects import Subjects
from unwound.protocols import dose_reasons, knowledge, planner, schedule
from unwound.protocols.knowledge import DRUGS
from unwound.protocols.planner import LiverDue, PlanVerdict
from unwound.protocols.reasons import Reason
from unwound.record import UnwoundError
from unwound.terms import Drug, Purpose

WEEKS = 12
"""The span that is compared, from the first dose: as long as the trials looked."""
DAYS_AFTER = (7, 28, 77)
"""Days after the last infusion at which relief is reported."""
STEP_H = 2.0
MODELS: Mapping[Drug, str] = MappingProxyType({Drug.RACEMIC: "clements_1981", Drug.ESKETAMINE: "otto_2021"})
"""Venous, as the relief curve is."""
PEAK_MODELS: Mapping[Drug, tuple[str, ...]] = MappingProxyType(
    {Drug.RACEMIC: ("clements_1981", "kamp_2020"), Drug.ESKETAMINE: ("otto_2021", "simons_2022")}
)
"""A venous and an arterial one each: peaks, and with them dissociation, differ between the two."""
HIGH = "drug_high"


@dataclass(frozen=True, slots=True)
class Band:
    """A number for a patient who responds, with the least and most that the relief curve's intervals allow."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One protocol: what it gives a patient who responds, and what it costs."""

    protocol: str
    title: str
    short: str
    drug: Drug
    model: str
    strength: str
    weight_kg: float
    full_relief_days: Band
    """Relief summed over the twelve weeks: a day at the largest relief counts one."""
    mean_relief: Band
    """The same as a share of the twelve weeks."""
    relief_after: Mapping[int, Band]
    """Days after the last infusion -> share of the largest relief."""
    average_full_relief_days: float
    """Over all patients, those who do not respond included."""
    relief: Relief
    """The whole course, to be drawn."""
    seen_until: Cited | None
    """Days after the last infusion up to which its own studies saw relief."""
    peak_ng_per_ml: tuple[float, float]
    """Peak in plasma by a venous and an arterial model, of the drug that is given."""
    peak_dissociation: tuple[float, float]
    """Share of the most a volunteer felt, at these peaks."""
    asked: tuple[Reason, ...]
    """What its own plan asks about the dose at this weight: shown, and not ranked while it asks."""
    hours: float
    """Hours of infusion."""
    chair_hours: float
    """These and the watching after each infusion."""
    sessions: int
    last_day: int
    total_mg: float
    """Of its own drug: never to be set beside the milligrams of the other."""
    esketamine_ng_h_per_ml: float
    """Area under the curve of the esketamine it holds: the exposure that can be compared."""
    liver_tests: tuple[LiverDue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Protocols from the least to the most hours, those that were refused, and the remarks on them."""

    weight_kg: float
    compared: tuple[Compared, ...]
    refused: Mapping[str, tuple[Reason, ...]]
    unbeaten: tuple[str, ...]
    """Ids of the protocols that no other beats: more relief for no more hours. None whose own plan asks of its dose."""
    further_hour: tuple[tuple[str, str, float], ...]
    """From one unbeaten protocol to the next: short names, and full-relief days for each further hour in the chair."""
    says: tuple[str, ...]
    sources: tuple[str, ...]

    def __repr__(self) -> str:
        """One line: what was compared, from the least to the most hours, and what was refused."""
        ids = ", ".join(protocol.protocol for protocol in self.compared)
        return (
            f"<Comparison for {self.weight_kg:g} kg: {ids or 'nothing'}; refused: {', '.join(self.refused) or 'none'}>"
        )


def compare(
    who: Patient | float,
    *,
    protocols: Sequence[str] | None = None,
    using: Mapping[Drug, str] = MODELS,
    start: date | None = None,
    despite: Collection[str] = (),
) -> Comparison:
    """Protocols for one patient (or weight in kg), least hours first; without `protocols` every course against pain.

    For a patient each is planned first, with `despite` as in `plan`, and what is refused is not simulated. `using`
    names the model of each drug. UnwoundError without a weight, for one outside those that plans are made for, and for
    a model of the other drug.
    """
    ids = tuple(protocols or _courses())
    weight = _weight(who)
    for drug, id in using.items():
        if models.model(id).drug != drug:
            raise UnwoundError(f"model «{id}» is for {DRUGS[models.model(id).drug]}, not for {DRUGS[drug]}")
    refused = dict(_refused(ids, who, despite)) if isinstance(who, Patient) else {}
    compared = [_compared(id, weight, using, start) for id in dict.fromkeys(ids) if id not in refused]
    compared.sort(key=lambda protocol: (protocol.chair_hours, protocol.protocol))
    best = _unbeaten([course for course in compared if not course.asked])
    further = tuple(_further(best))
    return Comparison(
        weight_kg=weight,
        compared=tuple(compared),
        refused=MappingProxyType(refused),
        unbeaten=tuple(protocol.protocol for protocol in best),
        further_hour=further,
        says=tuple(_says(compared, further)),
        sources=evidence.cite((effects.effect(effects.RELIEF), effects.effect(HIGH), effects.racemate())),
    )


def _courses() -> Iterator[str]:
    for id, protocol in knowledge.protocols().items():
        if protocol.aim == Purpose.PAIN and protocol.part == "course":
            yield id


def _weight(who: Patient | float) -> float:
    weight = facts.number(derive(is_patient(who)), "weight_kg") if not isinstance(who, int | float) else float(who)
    if weight is None:
        raise UnwoundError("weight_kg is not known: protocols cannot be compared without it")
    return weight


def _refused(
    ids: Sequence[str], patient: Patient, despite: Collection[str]
) -> Iterator[tuple[str, tuple[Reason, ...]]]:
    for id in ids:
        plan = planner.plan(id, patient, concentration_mg_per_ml=1.0, despite=despite)
        if plan.verdict == PlanVerdict.REFUSED:
            yield id, plan.refusals


def _compared(id: str, weight_kg: float, using: Mapping[Drug, str], start: date | None) -> Compared:
    protocol = knowledge.protocol(id)
    stretches = schedule.stretches(protocol, weight_kg)
    doses = tuple(infusion(stretch.start_h, stretch.rate_mg_per_h, stretch.hours) for stretch in stretches)
    stop = max(stretch.end_h for stretch in stretches)
    curve = _curve(doses, weight_kg, using[protocol.drug], stop)
    relief = relief_of(protocol.short, curve, stop)
    days = _over(relief)
    sessions = len(planner.runs(stretches))
    hours = sum(stretch.hours for stretch in stretches)
    peaks = _peaks(doses, weight_kg, (using[protocol.drug], *PEAK_MODELS[protocol.drug]))
    return Compared(
        protocol=id,
        title=protocol.title,
        short=protocol.short,
        drug=protocol.drug,
        model=using[protocol.drug],
        strength=protocol.strength,
        weight_kg=weight_kg,
        full_relief_days=days,
        mean_relief=Band(*(value / (7 * WEEKS) for value in (days.value, days.low, days.high))),
        relief_after=MappingProxyType({day: _at(relief, stop + 24 * day) for day in DAYS_AFTER}),
        average_full_relief_days=relief.share * days.value,
        relief=relief,
        seen_until=protocol.seen_until,
        peak_ng_per_ml=(float(peaks.min()), float(peaks.max())),
        peak_dissociation=_dissociation(peaks, protocol.drug),
        asked=tuple(
            reason
            for reason in dose_reasons.of_dose(protocol, weight_kg, stretches)
            if reason.level == CautionLevel.ASK
        ),
        hours=hours,
        chair_hours=hours + sessions * knowledge.settings()[protocol.setting].after.value / 60,
        sessions=sessions,
        last_day=int(np.ceil(stop / 24 - 1e-9)),
        total_mg=total_mg(doses),
        esketamine_ng_h_per_ml=_exposure(doses, weight_kg, models.model(using[protocol.drug])),
        liver_tests=planner.liver_tests(protocol, stretches, start),
    )


def _curve(doses: Sequence[Dose], weight_kg: float, model: str, stop_h: float) -> Curve:
    """Everything at every two hours until the span after the last infusion is over, and at the end of each."""
    last = stop_h + 24.0 * 7 * WEEKS
    ends = [dose.end_h for dose in doses]
    reported = [stop_h + 24.0 * day for day in DAYS_AFTER]
    times = np.unique(
        np.round(np.concatenate([np.arange(0.0, last, STEP_H), ends, reported, [24.0 * 7 * WEEKS, last]]), 6)
    )
    sites = effects.sites_of(effects.RELIEF, bounds=True)
    return simulate(doses, Subjects(np.array([weight_kg])), model, times, sites=sites)


def _over(relief: Relief) -> Band:
    """Full-relief days within the span."""
    within = relief.times_h <= 24.0 * 7 * WEEKS
    days = relief.times_h[within] / 24
    return Band(*(float(np.trapezoid(share[within], days)) for share in (relief.responder, relief.low, relief.high)))


def _at(relief: Relief, time_h: float) -> Band:
    return Band(
        *(float(np.interp(time_h, relief.times_h, share)) for share in (relief.responder, relief.low, relief.high))
    )


def _peaks(doses: Sequence[Dose], weight_kg: float, ids: Sequence[str]) -> Array:
    """Peak in plasma (models,) in ng/mL: it lies at the end of an infusion."""
    ends = np.unique([dose.end_h for dose in doses])
    subject = Subjects(np.array([weight_kg]))
    return np.array([simulate(doses, subject, id, ends).plasma.max() for id in dict.fromkeys(ids)])


def _dissociation(peaks: Array, drug: Drug) -> tuple[float, float]:
    low, high = effects.response_range(HIGH, peaks, drug)
    return float(low.min()), float(high.max())


def _exposure(doses: Sequence[Dose], weight_kg: float, model: Model) -> float:
    """Area under the curve to infinity, exactly: what goes in, through the inverse of the rate matrix."""
    parameters = models.parameters(model, np.array([weight_kg]))
    matrix = models.matrices(model, parameters)[0]
    into = np.zeros(len(matrix))
    into[model.places.index(model.routes["iv"].compartment)] = total_mg(doses)
    place, factor = models.concentrations(model, parameters)["plasma"]
    area = np.linalg.solve(-matrix, into)[place] * factor[0]
    return float(effects.esketamine(area, model.drug))


def _unbeaten(compared: Sequence[Compared]) -> list[Compared]:
    """By rising hours, those that give more relief than everything before."""
    best: list[Compared] = []
    for candidate in sorted(compared, key=lambda protocol: (protocol.chair_hours, -protocol.full_relief_days.value)):
        if not best or candidate.full_relief_days.value > best[-1].full_relief_days.value:
            best.append(candidate)
    return best


def _says(compared: Sequence[Compared], further: Sequence[tuple[str, str, float]]) -> Iterator[str]:
    """The remarks beside the table; some apply to some protocols only."""
    if not compared:
        return
    yield _more(further)
    for course in compared:
        if course.asked:
            titles = "; ".join(reason.title.lower() for reason in course.asked)
            yield f"{course.short} is not ranked: its own plan asks first ({titles})."
    relief, high, racemate = effects.effect(effects.RELIEF), effects.effect(HIGH), effects.racemate()
    end, people = relief.data_end_days, relief.responders
    if end is None or people is None:
        raise UnwoundError(f"data/effects/{effects.RELIEF}.toml: relief needs responders and the end of data")
    yield (
        f"Controlled data end {end.low:g} to {end.high:g} days after the infusion, for one course (esketamine for 100 "
        "hours) in one condition (CRPS type 1). All else is carried over from it."
    )
    yield (
        f"Relief is counted over {WEEKS} weeks from the first dose; a day at the largest relief the curve allows is "
        f"one full day. It is for a patient who responds: about {people.drug.value:.0%} did, "
        f"{people.placebo.value:.0%} with placebo. Bands are the intervals of the relief curve's numbers; one curve "
        "serves all, so they move together."
    )
    for protocol in compared:
        if protocol.seen_until is not None and protocol.seen_until.value < end.value:
            yield _beyond(protocol, protocol.seen_until)
    loose = [protocol.short for protocol in compared if protocol.strength in ("uncontrolled", "practice")]
    if loose:
        yield f"No control group stands behind {', '.join(loose)}."
    yield (
        "AUC is the exposure to esketamine (mg·h/L), which both drugs hold and in which they can be compared; the "
        "milligrams of the two drugs cannot."
    )
    yield (
        "Dissociation is the share of the most that volunteers felt, at the peaks of a venous and an arterial model. "
        + high.what_it_is_not[0].text
    )
    if any(protocol.drug == Drug.RACEMIC for protocol in compared):
        yield racemate.assumption.text


def _further(best: Sequence[Compared]) -> Iterator[tuple[str, str, float]]:
    """What each further hour buys, from one unbeaten protocol to the next."""
    for less, more in pairwise(best):
        if more.chair_hours > less.chair_hours:
            yield less.short, more.short, _gain(less, more)


def _more(further: Sequence[tuple[str, str, float]]) -> str:
    steps = "; ".join(f"{gain:.2g} from {less} to {more}" for less, more, gain in further)
    gains = f" Full-relief days for each further hour in the chair, by the model: {steps}." if steps else ""
    return f"More is not always better.{gains}"


def _gain(less: Compared, more: Compared) -> float:
    return (more.full_relief_days.value - less.full_relief_days.value) / (more.chair_hours - less.chair_hours)


def _beyond(protocol: Compared, seen_until: Cited) -> str:
    """Where the curve continues after the protocol's own studies saw nothing more."""
    till = f"up to day {seen_until.value:g} after the last infusion" if seen_until.value else "only while it ran"
    left = _at(protocol.relief, protocol.relief.stop_h + 24 * seen_until.value).value
    return (
        f"{protocol.short}: its own studies saw relief {till} ({seen_until.source}); what the curve gives after that "
        f"({left:.0%} of the largest relief then, falling) has not been observed."
    )
