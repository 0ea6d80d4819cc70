"""Whether one trial was adequate: its dose, its time within this pain, and whether it was taken as prescribed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from unwound.catalogue import Cited
from unwound.patient import Trial
from unwound.record import Judgement, all_of
from unwound.terms import Purpose
from unwound.therapies import knowledge, written_doses
from unwound.therapies.doses import Ceiling
from unwound.therapies.knowledge import Therapy, TherapyGroup
from unwound.therapies.overlap import CONFIRMED, DURATION, Overlap
from unwound.therapies.purposes import UNKNOWN, Evidence

YES = Judgement(True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A trial with all that its verdict turns on."""

    trial: Trial
    recorded: Trial | None = None
    """The trial as it was recorded; None for one that only the list of medicines shows."""
    therapy: Therapy | None
    ceiling: Ceiling
    days: float | None
    ongoing: bool | None
    responds_at: Cited
    overlap: Overlap
    confirmed: bool | None = None
    """Whether it was confirmed that all trials were taken for this pain and as prescribed; None: nobody was asked."""

    evidence: Evidence = UNKNOWN
    """How much speaks for pain as its purpose."""
    dose_now: float | None = None
    """What is taken of it now by the list of medicines, where the trial has no dose: the highest was no lower."""

    @property
    def unit(self) -> str:
        """The unit of its doses; one opioid by name has its own milligrams, not those of morphine."""
        if self.therapy is None:
            return "mg/day"
        one_opioid = self.therapy.group == TherapyGroup.OPIOID and knowledge.drug_of(self.trial.therapy) is not None
        return "mg/day" if one_opioid else self.therapy.unit

    def asks(self, field: str) -> str:
        """The id under which a missing field of this trial is asked: «trial.gabapentin.top_dose»."""
        return f"trial.{knowledge.drug_of(self.trial.therapy) or self.trial.therapy}.{field}"

    def confirms(self, field: str) -> tuple[str, ...]:
        """What settles a purpose, adherence or high dose: the question about all trials, and after a «no» its own."""
        if self.recorded is None or self.confirmed is False:
            return (self.asks(field),)
        return (CONFIRMED,)


def purpose(case: Case) -> Judgement:
    """Whether it was taken for pain."""
    if case.trial.purpose == Purpose.PAIN or (case.trial.purpose is None and case.confirmed):
        return YES
    if case.trial.purpose is not None:
        return Judgement(False, (f"taken for {case.trial.purpose}",))
    return Judgement(None, (case.evidence.because,), case.confirms("purpose"))


def in_this_pain(case: Case) -> Judgement:
    """Whether this pain was there while it was taken; a known date outweighs a confirmation."""
    overlap = case.overlap
    if overlap.holds is None and case.confirmed:
        return YES
    ask = tuple(case.asks(lack) if lack == "dates" else lack for lack in overlap.lacks)
    if overlap.holds is not None:
        return Judgement(overlap.holds, overlap.because)
    return Judgement(None, overlap.because, (*(() if case.confirmed is False else (CONFIRMED,)), *ask))


def adequate(case: Case, days: Cited | None) -> Judgement:
    """Whether dose, time (`days` in all) and adherence were enough; unknown where nothing says what is enough."""
    if case.therapy is None or case.therapy.adequate is None:
        if case.therapy is None and not knowledge.is_understood(case.trial.therapy):
            return Judgement(None, (f"not understood: «{case.trial.therapy}»",), (case.asks("therapy"),))
        known = knowledge.recognised(case.trial.therapy)
        why = knowledge.why_not_judged().text if known else "the catalogue does not say what an adequate trial of it is"
        return Judgement(None, (why,))
    return all_of((dose(case), _time(case, days), _time_at_target(case), adherence(case)))


def adherence(case: Case) -> Judgement:
    """Whether it was taken as prescribed; not recorded is unknown."""
    if case.trial.adherent is False:
        return Judgement(False, ("not taken as prescribed",))
    if case.trial.adherent or case.confirmed:
        return YES
    return Judgement(None, ("whether it was taken as prescribed is not recorded",), case.confirms("adherent"))


def needed_dose(case: Case) -> float:
    """The daily dose an adequate trial reaches: the therapy's own, or the ceiling where that is lower.

    Where the country is not known the higher of its ceilings is asked: what is adequate under all of them is certain.
    """
    adequate = case.therapy.adequate if case.therapy else None
    dose = adequate.dose.value if adequate and adequate.dose else 0.0
    if case.ceiling.elsewhere is not None:
        return min(dose, case.ceiling.elsewhere)
    return dose if case.ceiling.avoid else min(dose, case.ceiling.value)


def top_dose(case: Case) -> float | None:
    """The highest daily dose that was held; one that nobody can have taken, or that may be a slip, is not known."""
    top = case.trial.top_dose
    return None if written_doses.doubtful_dose(case.trial.therapy, top) else top


def dose(case: Case) -> Judgement:
    """Reached, or the highest tolerated; an unknown renal function matters only where a ceiling could decide."""
    # A dose is enough by its number, what was tolerated, what is taken now, or a ceiling; what may decide is asked.
    needed, top = needed_dose(case), top_dose(case)
    if needed == 0:
        return YES
    lowered = case.ceiling.value <= needed and not case.ceiling.avoid
    ceiling = (f"{case.ceiling.because} counts as adequate",) if lowered else ()
    above = written_doses.above_usual(case.trial.therapy, top)
    if above and not case.confirmed:
        return Judgement(None, (f"{above}: to be confirmed",), case.confirms("top_dose"))
    if top is not None and top >= needed:
        return Judgement(True, (f"reached {top:g} {case.unit} ({needed:g} needed)", *ceiling))
    if case.trial.dose_limited_by_side_effects:
        held = "the highest tolerated dose" if top is None else f"{top:g} {case.unit}, the highest tolerated dose,"
        return Judgement(True, (f"{held} counts as adequate",))
    if top is None and case.dose_now is not None and case.dose_now >= needed:
        return Judgement(True, (f"takes {case.dose_now:g} {case.unit} now ({needed:g} needed)", *ceiling))
    if top is None:
        doubtful = written_doses.doubtful_dose(case.trial.therapy, case.trial.top_dose)
        return Judgement(None, (doubtful,) if doubtful else (), (case.asks("top_dose"),))
    if _may_reach_a_ceiling(case, top):
        reason = f"reached {top:g} {case.unit}: too low with normal renal function, adequate if it is impaired"
        return Judgement(None, (reason,), case.ceiling.ask)
    if _is_enough_somewhere(case, top):
        reason = f"reached {top:g} {case.unit}: adequate by the limit of one country; which applies is not known"
        limit_unknown = case.trial.dose_limited_by_side_effects is None
        return Judgement(None, (reason,), (case.asks("dose_limited_by_side_effects"),) if limit_unknown else ())
    return Judgement(False, (_shortfall("reached", top, needed, case.unit), *ceiling))


def _is_enough_somewhere(case: Case, top: float) -> bool:
    """Whether the dose reaches the ceiling of one country while that of the patient is not known."""
    return case.ceiling.elsewhere is not None and 0 < case.ceiling.value <= top


def _may_reach_a_ceiling(case: Case, top: float) -> bool:
    return case.ceiling.unknown and top >= case.ceiling.lowest


def limited_below(case: Case) -> Judgement:
    """Whether side effects kept the dose below an adequate one."""
    limited, top = case.trial.dose_limited_by_side_effects, top_dose(case)
    if not limited:
        return Judgement(False)
    if top is None:
        return Judgement(None, (), (case.asks("top_dose"),))
    if top >= needed_dose(case):
        return Judgement(False)
    if _is_enough_somewhere(case, top):
        return Judgement(None)
    return Judgement(None, (), case.ceiling.ask) if _may_reach_a_ceiling(case, top) else YES


def _time(case: Case, needed: Cited | None) -> Judgement:
    """Long enough in all; days at the top dose alone may show it."""
    if needed is None:
        return YES
    days = case.days if case.days is not None else case.trial.days_at_top
    if days is None or (case.days is None and days < needed.value):
        return Judgement(None, (), (case.asks("days"),))
    return _held(case, days, needed, "taken for {days} days", "taken for")


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
    return _held(case, held, needed, "{days} days at the target dose", "at the target dose for")


def _held(case: Case, days: float, needed: Cited, words: str, verb: str) -> Judgement:
    """Whether so many days reach what is needed, of which no more count than lie within this pain."""
    if days < needed.value:
        return Judgement(False, (_shortfall(verb, days, needed.value, "days"),))
    within = case.overlap.days
    if within is None and case.confirmed:
        within = math.inf
    if within is None:
        return Judgement(None, (), (DURATION,))
    if within < needed.value:
        lay_in_it = f"this pain was there for {within:g} of them ({needed.value:g} needed)"
        return Judgement(False, (f"{words.format(days=f'{days:g}')}, but {lay_in_it}",))
    return Judgement(True, (f"{words.format(days=f'{days:g}')} ({needed.value:g} needed)",))


def _shortfall(verb: str, had: float, needed: float, unit: str) -> str:
    share = math.floor(100 * had / needed)
    return f"{verb} {had:g} {unit}, {share} % of the {needed:g} {unit} that an adequate trial needs"
