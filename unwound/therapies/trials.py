"""One trial of one therapy: was it adequate, did it help, and what is missing to judge that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from unwound.catalogue import Cited
from unwound.patient import Patient, Trial
from unwound.record import Judgement, all_of, unique
from unwound.terms import TrialEffect, TrialVerdict, WhyStopped
from unwound.therapies import knowledge
from unwound.therapies.doses import Ceiling
from unwound.therapies.knowledge import Therapy

YES = Judgement(True)
VERDICT_WORDS: Mapping[str, str] = {
    TrialVerdict.RESPONDED: "gave relief",
    TrialVerdict.FAILED_ADEQUATE: "failed an adequate trial",
    TrialVerdict.INTOLERANT: "not tolerated",
    TrialVerdict.INADEQUATE: "trial not adequate",
    TrialVerdict.ONGOING: "ongoing",
    TrialVerdict.CANNOT_TELL: "not yet determined",
}
"""Each verdict as a reason or a report words it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A trial with its verdict; `counts` says whether it counts towards «refractory»: unknown while that is open."""

    trial: Trial
    therapy: str | None
    verdict: TrialVerdict
    counts: bool | None
    because: tuple[str, ...]
    ask: tuple[str, ...]
    helped: Judgement
    """Whether it gave relief of the size that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A trial with all that its verdict turns on."""

    trial: Trial
    therapy: Therapy | None
    ceiling: Ceiling
    days: float | None
    ongoing: bool | None
    responds_at: Cited

    @property
    def unit(self) -> str:
        """The unit of its doses."""
        return self.therapy.unit if self.therapy else "mg/day"

    def asks(self, field: str) -> str:
        """The id under which a missing field of this trial is asked: «trial.gabapentin.top_dose»."""
        return f"trial.{knowledge.drug_of(self.trial.therapy) or self.trial.therapy}.{field}"


def days_of(patient: Patient, trial: Trial) -> float | None:
    """Days from first to last dose, as written or from the dates; for one that goes on, up to the patient's day."""
    if trial.days is not None or trial.start is None:
        return trial.days
    last = trial.end or (patient.as_of if trial.ongoing else None)
    return None if last is None or last < trial.start else float((last - trial.start).days)


def judge(case: Case, id: str | None) -> Judged:
    """The verdict on one trial."""
    adequate = adequacy(case, case.therapy.adequate.days if case.therapy and case.therapy.adequate else None)
    helped = response(case)
    verdict = _verdict(case, adequate, helped)
    because, ask = _reasons(case, verdict, adequate, helped)
    return Judged(
        trial=case.trial,
        therapy=id,
        verdict=verdict,
        counts=_counts(case, verdict),
        because=because,
        ask=ask,
        helped=helped,
    )


def adequacy(case: Case, days: Cited | None) -> Judgement:
    """Whether dose, time (`days` in all) and adherence were enough; unknown where nothing says what is enough."""
    if case.therapy is None or case.therapy.adequate is None:
        return Judgement(None, ("the catalogue does not say what an adequate trial of it is",))
    return all_of((_dose(case), _time(case, days), _time_at_target(case), _adherence(case)))


def response(case: Case) -> Judgement:
    """Whether it gave relief of the size that counts; contradicting statements and an unknown purpose give unknown."""
    # Percent, words and the reason for stopping may contradict each other: then none of them decides.
    trial, asks = case.trial, case.asks
    if trial.purpose is None:
        return Judgement(None, ("whether it was taken for pain is not recorded",), (asks("purpose"),))
    if trial.relief_percent is not None:
        return _relief(case, trial.relief_percent)
    if trial.effect == TrialEffect.GOOD:
        if trial.stopped == WhyStopped.NO_EFFECT:
            return Judgement(
                None, ("recorded as stopped for lack of effect, yet with a good effect",), (asks("effect"),)
            )
        return _by_effect(True, trial.effect)
    if trial.effect == TrialEffect.NONE:
        return _by_effect(False, trial.effect)
    if trial.stopped == WhyStopped.NO_EFFECT:
        return Judgement(False, ("stopped for lack of effect",))
    because = (f"recorded effect: {trial.effect}",) if trial.effect else ()
    return Judgement(None, because, (asks("relief_percent"),))


def _by_effect(holds: bool, effect: TrialEffect) -> Judgement:
    return Judgement(holds, (f"recorded effect: {effect}",))


def _relief(case: Case, percent: float) -> Judgement:
    helped = percent >= case.responds_at.value
    reason = f"relief {percent:g} % ({'at least' if helped else 'less than'} {case.responds_at.value:g} %)"
    if helped and case.trial.stopped == WhyStopped.NO_EFFECT:
        return Judgement(None, (reason, "yet stopped for lack of effect"), (case.asks("stopped"),))
    return Judgement(helped, (reason,))


def needed_dose(case: Case) -> float:
    """The daily dose an adequate trial reaches: the therapy's own, or the renal ceiling where that is lower."""
    adequate = case.therapy.adequate if case.therapy else None
    dose = adequate.dose.value if adequate and adequate.dose else 0.0
    return dose if case.ceiling.avoid else min(dose, case.ceiling.value)


def _dose(case: Case) -> Judgement:
    """Reached, or the highest tolerated; an unknown renal function matters only where a ceiling could decide."""
    # A dose is enough by its number, by what was tolerated, or by a ceiling; only what could still decide is asked.
    needed, top = needed_dose(case), case.trial.top_dose
    if needed == 0:
        return YES
    lowered = case.ceiling.value <= needed and not case.ceiling.avoid
    ceiling = (f"{case.ceiling.because} counts as adequate",) if lowered else ()
    if top is not None and top >= needed:
        return Judgement(True, (f"reached {top:g} {case.unit} ({needed:g} needed)", *ceiling))
    if case.trial.dose_limited_by_side_effects:
        held = "the highest tolerated dose" if top is None else f"{top:g} {case.unit}, the highest tolerated dose,"
        return Judgement(True, (f"{held} counts as adequate",))
    if top is None:
        return Judgement(None, (), (case.asks("top_dose"),))
    if case.ceiling.unknown and top >= case.ceiling.lowest:
        reason = f"reached {top:g} {case.unit}: too low with normal renal function, adequate if it is impaired"
        return Judgement(None, (reason,), case.ceiling.ask)
    return Judgement(False, (_shortfall("reached", top, needed, case.unit), *ceiling))


def _time(case: Case, needed: Cited | None) -> Judgement:
    """Long enough in all; days at the top dose alone may show it."""
    if needed is None:
        return YES
    days = case.days if case.days is not None else case.trial.days_at_top
    if days is not None and days >= needed.value:
        return Judgement(True, (f"taken for {days:g} days ({needed.value:g} needed)",))
    if case.days is None:
        return Judgement(None, (), (case.asks("days"),))
    return Judgement(False, (_shortfall("taken for", case.days, needed.value, "days"),))


def _time_at_target(case: Case) -> Judgement:
    """Long enough at the dose; too few days in all settle it even where the days at the dose are unknown."""
    # Days at the dose settle it; without them days in all can only deny it.
    needed = case.therapy.adequate.days_at_target if case.therapy and case.therapy.adequate else None
    if needed is None:
        return YES
    at_top = case.trial.days_at_top
    if at_top is None and (case.days is None or case.days >= needed.value):
        return Judgement(None, (), (case.asks("days_at_top"),))
    held = at_top if at_top is not None else case.days or 0.0
    if held >= needed.value:
        return Judgement(True, (f"{held:g} days at the target dose ({needed.value:g} needed)",))
    return Judgement(False, (_shortfall("at the target dose for", held, needed.value, "days"),))


def _adherence(case: Case) -> Judgement:
    """Not taken as prescribed is not adequate; where adherence is not recorded, doses and days count as recorded."""
    return Judgement(False, ("not taken as prescribed",)) if case.trial.adherent is False else YES


def _shortfall(verb: str, had: float, needed: float, unit: str) -> str:
    share = math.floor(100 * had / needed)
    return f"{verb} {had:g} {unit}, {share} % of the {needed:g} {unit} that an adequate trial needs"


def _verdict(case: Case, adequate: Judgement, helped: Judgement) -> TrialVerdict:
    """The verdict of a trial for pain, by what weighs more first.

    Relief counts first; no relief from an adequate trial is a failure whatever ended it; side effects explain a trial
    that fell short; and an ongoing trial has not failed yet.
    """
    stopped_by_side_effects = case.trial.stopped == WhyStopped.SIDE_EFFECTS
    if helped.holds:
        return TrialVerdict.INTOLERANT if stopped_by_side_effects else TrialVerdict.RESPONDED
    if adequate.holds and helped.holds is False:
        return TrialVerdict.FAILED_ADEQUATE
    if stopped_by_side_effects:
        return TrialVerdict.INTOLERANT
    if _limited_below(case) and not case.ongoing:
        return TrialVerdict.INTOLERANT if helped.holds is False else TrialVerdict.CANNOT_TELL
    if adequate.holds is False:
        return TrialVerdict.ONGOING if case.ongoing else TrialVerdict.INADEQUATE
    return TrialVerdict.CANNOT_TELL


def _limited_below(case: Case) -> bool:
    """Whether side effects set the limit before the adequate dose was reached, without any word of relief."""
    top = case.trial.top_dose
    return bool(case.trial.dose_limited_by_side_effects) and (top is None or top < needed_dose(case))


def _counts(case: Case, verdict: TrialVerdict) -> bool | None:
    if verdict in (TrialVerdict.FAILED_ADEQUATE, TrialVerdict.INTOLERANT):
        return True
    if verdict == TrialVerdict.CANNOT_TELL or (verdict == TrialVerdict.INADEQUATE and _why_it_ended_is_open(case)):
        return None
    return False


def _why_it_ended_is_open(case: Case) -> bool:
    """Whether side effects may have ended a trial that was too low or too short: the record does not say."""
    return case.trial.stopped is None and case.trial.dose_limited_by_side_effects is None


def _reasons(
    case: Case, verdict: TrialVerdict, adequate: Judgement, helped: Judgement
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if verdict == TrialVerdict.INTOLERANT:
        return _why_not_tolerated(case, helped), ()
    if verdict == TrialVerdict.RESPONDED:
        return helped.because, ()
    if verdict == TrialVerdict.FAILED_ADEQUATE:
        return (*adequate.because, *helped.because), () if case.trial.adherent else (case.asks("adherent"),)
    if verdict == TrialVerdict.CANNOT_TELL:
        return (*_if_ongoing(case), *adequate.because, *helped.because), unique((*adequate.ask, *helped.ask))
    return (*_if_ongoing(case), *adequate.because, *helped.because), unique((*helped.ask, *_open(case, verdict)))


def _why_not_tolerated(case: Case, helped: Judgement) -> tuple[str, ...]:
    stopped = case.trial.stopped == WhyStopped.SIDE_EFFECTS
    reason = "stopped because of side effects" if stopped else "side effects kept the dose below an adequate one"
    return (reason + (f": {case.trial.side_effects}" if case.trial.side_effects else ""), *helped.because)


def _if_ongoing(case: Case) -> tuple[str, ...]:
    return ("still being taken",) if case.ongoing else ()


def _open(case: Case, verdict: TrialVerdict) -> tuple[str, ...]:
    """What could still turn a trial that was too low or too short into one that was not tolerated."""
    if verdict == TrialVerdict.ONGOING:
        return ()
    if _why_it_ended_is_open(case):
        return (case.asks("stopped"),)
    top = case.trial.top_dose
    too_low = top is not None and top < needed_dose(case)
    return (
        (case.asks("dose_limited_by_side_effects"),)
        if too_low and case.trial.dose_limited_by_side_effects is None
        else ()
    )
