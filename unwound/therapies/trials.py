"""One trial of one therapy, judged twice: what is certain, and what would follow if it was taken for this pain and as
prescribed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from unwound import record
from unwound.patient import Patient, Trial
from unwound.record import Judgement, all_of, unique
from unwound.terms import Purpose, TrialEffect, TrialVerdict, WhyStopped
from unwound.therapies import adequacy, overlap
from unwound.therapies.adequacy import Case

VERDICT_WORDS: Mapping[str, str] = {
    TrialVerdict.RESPONDED: "gave relief",
    TrialVerdict.FAILED_ADEQUATE: "failed an adequate trial",
    TrialVerdict.INTOLERANT: "not tolerated",
    TrialVerdict.INADEQUATE: "trial not adequate",
    TrialVerdict.ONGOING: "ongoing",
    TrialVerdict.CANNOT_TELL: "not yet determined",
    TrialVerdict.NOT_THIS_PAIN: "not a trial of this pain",
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
    for_this_pain: Judgement
    """Whether it was taken for pain, and while this pain was there."""
    counts_if: tuple[str, ...] = ()
    """How it must have been taken to count («as prescribed»), unconfirmed; empty where nothing is to be confirmed."""
    if_confirmed: Judged | None = None
    """The same trial as judged once that is confirmed; None where nothing is to be confirmed."""

    @property
    def possible(self) -> bool | None:
        """Whether it would count if everything that can be confirmed were confirmed."""
        return self.if_confirmed.counts if self.if_confirmed else self.counts

    @property
    def says(self) -> str:
        """The verdict in words, with what it depends on: «failed, if taken as prescribed»."""
        return in_words(self.verdict, self.counts_if)

    @property
    def may_have_helped(self) -> bool:
        """Whether an unknown could still turn it into a trial that gave relief."""
        ended_by_side_effects = self.trial.stopped == WhyStopped.SIDE_EFFECTS
        return self.helped.holds is None and self.for_this_pain.holds is not False and not ended_by_side_effects


def in_words(verdict: TrialVerdict, counts_if: tuple[str, ...]) -> str:
    """A verdict in words, with what has to be confirmed for the trial to count as failed."""
    return f"failed, if taken {' and '.join(counts_if)}" if counts_if else VERDICT_WORDS[verdict]


def days_of(patient: Patient, trial: Trial) -> float | None:
    """Days from first to last dose, as written or from the dates; for one that goes on, up to the patient's day."""
    if trial.days is not None or trial.start is None:
        return trial.days
    last = trial.end or (patient.as_of if overlap.goes_on(trial) else None)
    return None if last is None or last < trial.start else float((last - trial.start).days)


def judge(case: Case, id: str | None) -> Judged:
    """The verdict on one trial, with the one it would have if all that can be confirmed were confirmed."""
    certain = _judge(case, id)
    can_confirm = case.recorded is not None and certain.verdict == TrialVerdict.CANNOT_TELL
    lacking = _to_confirm(case) if can_confirm else ()
    if not lacking:
        return certain
    possible = _judge(replace(case, confirmed=True), id)
    return replace(certain, counts_if=lacking if possible.counts else (), if_confirmed=possible)


def _to_confirm(case: Case) -> tuple[str, ...]:
    """What nobody recorded of purpose, dates and adherence, as the condition of a verdict."""
    for_pain, in_pain = adequacy.purpose(case), adequacy.in_this_pain(case)
    if False in (for_pain.holds, in_pain.holds):
        return ()
    pain = ("for pain",) if in_pain.holds else ("for this pain",)
    lacks_pain = None in (for_pain.holds, in_pain.holds)
    return (
        *(pain if lacks_pain else ()),
        *(("as prescribed",) if adequacy.adherence(case).holds is None else ()),
    )


def _judge(case: Case, id: str | None) -> Judged:
    days = case.therapy.adequate.days if case.therapy and case.therapy.adequate else None
    adequate, helped = adequacy.adequate(case, days), response(case)
    for_this_pain = all_of((adequacy.purpose(case), adequacy.in_this_pain(case)))
    verdict = _verdict(case, adequate, helped, for_this_pain)
    because, ask = _reasons(case, verdict, adequate, helped, for_this_pain)
    return Judged(
        trial=case.trial,
        therapy=id,
        verdict=verdict,
        counts=_counts(case, verdict),
        because=because,
        ask=ask,
        helped=helped,
        for_this_pain=for_this_pain,
    )


def response(case: Case) -> Judgement:
    """Whether it gave relief of the size that counts; contradicting statements and an unknown purpose give unknown."""
    # Percent, words and the reason for stopping may contradict each other: then none of them decides.
    trial, asks = case.trial, case.asks
    for_pain = adequacy.purpose(case)
    if not for_pain.holds:
        return Judgement(None, for_pain.because, for_pain.ask)
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


def _verdict(case: Case, adequate: Judgement, helped: Judgement, for_this_pain: Judgement) -> TrialVerdict:
    """The verdict of a trial, by what weighs more first.

    Side effects are said whatever it was taken for and whenever. Then it must have been a trial of this pain. Relief
    counts first; no relief from an adequate trial is a failure whatever ended it; side effects explain a trial that
    fell short; and an ongoing trial has not failed yet.
    """
    not_tolerated = _not_tolerated(case, helped)
    if for_this_pain.holds is False:
        return TrialVerdict.INTOLERANT if not_tolerated.holds else TrialVerdict.NOT_THIS_PAIN
    if helped.holds:
        return TrialVerdict.INTOLERANT if not_tolerated.holds else TrialVerdict.RESPONDED
    if adequate.holds and helped.holds is False and for_this_pain.holds:
        return TrialVerdict.FAILED_ADEQUATE
    if not_tolerated.holds:
        return TrialVerdict.INTOLERANT
    if not_tolerated.holds is None:
        return TrialVerdict.CANNOT_TELL
    if adequate.holds is False:
        return TrialVerdict.ONGOING if case.ongoing else TrialVerdict.INADEQUATE
    return TrialVerdict.CANNOT_TELL


def _not_tolerated(case: Case, helped: Judgement) -> Judgement:
    """Whether side effects ended it, or kept it below an adequate dose without relief; it may still be raised later."""
    if case.trial.stopped == WhyStopped.SIDE_EFFECTS:
        return adequacy.YES
    below = adequacy.limited_below(case)
    if below.holds is False or case.ongoing or helped.holds:
        return Judgement(False)
    ended = Judgement(True) if case.ongoing is False else Judgement(None, (), (case.asks("ongoing"),))
    without_relief = Judgement(None if helped.holds is None else True, (), helped.ask)
    return all_of((below, ended, without_relief))


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
    case: Case, verdict: TrialVerdict, adequate: Judgement, helped: Judgement, for_this_pain: Judgement
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The reasons and the open questions of a verdict; each verdict rests on other parts of the record."""
    not_this_pain = for_this_pain.because if for_this_pain.holds is False else ()
    if verdict == TrialVerdict.INTOLERANT:
        return (*_why_not_tolerated(case, helped), *not_this_pain), ()
    if verdict == TrialVerdict.NOT_THIS_PAIN:
        then = (f"side effects then: {case.trial.side_effects}",) if case.trial.side_effects else ()
        return (*not_this_pain, *then), (case.asks("stopped"),) if _why_it_ended_is_open(case) else ()
    if verdict == TrialVerdict.RESPONDED:
        return helped.because, ()
    if verdict == TrialVerdict.FAILED_ADEQUATE:
        harmed = case.trial.stopped == WhyStopped.SIDE_EFFECTS or bool(case.trial.side_effects)
        harm = _why_not_tolerated(case, helped)[:1] if harmed else ()
        return unique((*adequate.because, *helped.because, *harm)), ()
    because = (*_if_ongoing(case), *adequate.because, *helped.because)
    if verdict == TrialVerdict.CANNOT_TELL:
        could_count = case.therapy is not None and case.therapy.adequate is not None
        in_pain = for_this_pain if could_count and for_this_pain.holds is None else Judgement(None)
        tolerated = _not_tolerated(case, helped)
        ask = (*adequate.ask, *helped.ask, *in_pain.ask, *(tolerated.ask if tolerated.holds is None else ()))
        return unique((*because, *in_pain.because)), unique(ask)
    return because, unique((*helped.ask, *_open(case, verdict)))


def _why_not_tolerated(case: Case, helped: Judgement) -> tuple[str, ...]:
    stopped = case.trial.stopped == WhyStopped.SIDE_EFFECTS
    reason = "stopped because of side effects" if stopped else "side effects kept the dose below an adequate one"
    said_of_relief = helped.because if case.trial.purpose != Purpose.DEPRESSION else ()
    return (reason + (f": {case.trial.side_effects}" if case.trial.side_effects else ""), *said_of_relief)


def _if_ongoing(case: Case) -> tuple[str, ...]:
    """That it is still taken; of an order that was left open, only since when it was ordered."""
    if case.trial.ordered is not None and case.days is None:
        return (f"ordered since {record.day(case.trial.ordered)}, and nothing says how long it was taken",)
    if not case.ongoing:
        return ()
    # Of a recorded trial without an end the list of medicines says it, and a list may be old.
    by_list = case.recorded is not None and case.trial.ongoing is None
    return ("listed as taken now",) if by_list else ("still being taken",)


def _open(case: Case, verdict: TrialVerdict) -> tuple[str, ...]:
    """What could still turn a trial that was too low or too short into one that was not tolerated."""
    if verdict == TrialVerdict.ONGOING:
        return ()
    if _why_it_ended_is_open(case):
        return (case.asks("stopped"),)
    top = adequacy.top_dose(case)
    too_low = top is not None and top < adequacy.needed_dose(case)
    return (
        (case.asks("dose_limited_by_side_effects"),)
        if too_low and case.trial.dose_limited_by_side_effects is None
        else ()
    )
