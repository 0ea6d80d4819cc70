"""What comes next for this patient: the ladder line by line, each offer with its schedule, numbers and cautions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from unwound import evidence
from unwound.ladder import Avoid, Ladder
from unwound.patient import Patient
from unwound.record import unique
from unwound.terms import TrialVerdict
from unwound.therapies import causes, doses, knowledge, refractory, trials
from unwound.therapies import schedule as words
from unwound.therapies.causes import Remedy
from unwound.therapies.doses import Ceiling, Kidneys
from unwound.therapies.knowledge import Line, ObjectionLevel, Therapy, TherapyGroup
from unwound.therapies.ledger import Entry, Ledger
from unwound.therapies.suits import Against, Suits, suits

ORDER: tuple[Line, ...] = (Line.FIRST, Line.SECOND, Line.THIRD, Line.MULTIMODAL, Line.LAST, Line.UNSUITABLE)
SETTLED = (TrialVerdict.FAILED_ADEQUATE, TrialVerdict.INTOLERANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One offer, or one therapy that is left out and why."""

    therapy: str
    title: str
    group: str
    line: Line
    why: str
    schedule: str
    nnt: str
    against: tuple[Against, ...]
    ask: tuple[str, ...]
    sources: tuple[str, ...]
    doses: str = ""
    """Of the schedule, the doses alone with all that may lower them; empty where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What all steps of one patient share."""

    patient: Patient
    ledger: Ledger
    conditions: tuple[str, ...]
    kidneys: Kidneys
    own_ladder: bool
    adult: bool | None

    def suits(self, id: str) -> Suits:
        return suits(self.patient, id, self.kidneys, self.conditions)


def next_steps(
    patient: Patient,
    ledger: Ledger,
    *,
    conditions: tuple[str, ...],
    ladder: Ladder | None,
    first_only: bool = False,
) -> tuple[Step, ...]:
    """What to offer next, best first; then what does not suit. A condition's own ladder replaces the general one.

    A cause that can be treated comes before everything; then what gave relief comes first in its line: it is to be
    continued before anything is added. `first_only` leaves out what no patient has in the first line.
    """
    case = _Case(
        patient=patient,
        ledger=ledger,
        conditions=conditions,
        kidneys=doses.kidneys(patient),
        own_ladder=ladder is not None,
        adult=doses.is_adult(patient),
    )
    chosen = ladder or knowledge.general().ladder
    lines = _lines(chosen)
    if first_only:
        lines = ((id, line) for id, line in lines if line == Line.FIRST or id in _cause_directed())
    steps = [step for id, line in lines if (step := _step(case, id, line, chosen))]
    if not first_only:
        steps += [_avoided(avoid) for avoid in chosen.avoid]
    helped = {entry.therapy for entry in ledger.entries if entry.verdict == TrialVerdict.RESPONDED}
    first = _cause_directed() if causes.treatable(patient, conditions) else ()
    return tuple(
        sorted(steps, key=lambda step: (ORDER.index(step.line), step.therapy not in first, step.therapy not in helped))
    )


def _lines(ladder: Ladder) -> Iterator[tuple[str, Line]]:
    """Every therapy of the ladder with its line, then what belongs to every plan whatever the ladder."""
    seen = {avoid.therapy for avoid in ladder.avoid}
    lines: tuple[tuple[Line, tuple[str, ...]], ...] = (
        (Line.FIRST, ladder.first),
        (Line.SECOND, ladder.second),
        (Line.THIRD, ladder.third),
        (Line.LAST, ladder.last),
        (Line.SECOND, _cause_directed()),
        (Line.MULTIMODAL, tuple(knowledge.general().multimodal)),
    )
    for line, ids in lines:
        for id in ids:
            if id not in seen:
                seen.add(id)
                yield id, line


@cache
def _cause_directed() -> tuple[str, ...]:
    therapies = knowledge.therapies().items()
    return tuple(id for id, therapy in therapies if therapy.group == TherapyGroup.CAUSE_DIRECTED)


def _step(case: _Case, id: str, line: Line, ladder: Ladder) -> Step | None:
    # A step may be unknown here, done already, for a cause, or unsuitable: none reads like a therapy to try.
    therapy = knowledge.therapies().get(id)
    if therapy is None:
        return Step(
            therapy=id,
            title=id.replace("_", " "),
            group="other",
            line=line,
            why=ladder.reason.text,
            schedule="",
            nnt="",
            against=(),
            ask=(),
            sources=(ladder.reason.source,),
        )
    if not _is_for(case, id, therapy, ladder) or (
        therapy.group != TherapyGroup.MULTIMODAL and _is_done(case, id, therapy)
    ):
        return None
    fit = case.suits(id)
    entry = next(iter(case.ledger.of(id)), None)
    if therapy.group == TherapyGroup.CAUSE_DIRECTED and (remedies := causes.treatable(case.patient, case.conditions)):
        return _cause(id, therapy, remedies, _cause_asked(case, therapy))
    if fit.unsuitable:
        return _unsuitable(id, therapy, fit)
    ceiling = fit.ceiling
    return Step(
        therapy=id,
        title=therapy.title,
        group=therapy.group,
        line=_final_line(case, id, therapy, line),
        why=_why_the_cause(case, id, therapy, ladder) or _why(case, therapy, entry, ceiling),
        schedule=words.schedule(id, ceiling, adult=case.adult),
        doses=words.doses_alone(id, ceiling, adult=case.adult),
        nnt=nnt(id),
        against=fit.against,
        ask=unique((*(entry.ask if entry else ()), *fit.ask, *_cause_asked(case, therapy))),
        sources=unique(
            (
                *((ladder.reason.source,) if _why_the_cause(case, id, therapy, ladder) else ()),
                *_sources(id),
                *ceiling.sources,
                *ceiling.start_sources,
                *(against.source for against in fit.against),
            )
        ),
    )


def _cause(id: str, therapy: Therapy, remedies: tuple[Remedy, ...], ask: tuple[str, ...]) -> Step:
    """The treatment of a cause that is there: it stands before every medicine for the pain.

    Where only the record shows causes, whether they are still there is asked.
    """
    return Step(
        therapy=id,
        title=therapy.title,
        group=therapy.group,
        line=Line.FIRST,
        why="; ".join(remedy.text for remedy in remedies),
        schedule="",
        nnt="",
        against=(),
        ask=() if any(remedy.is_stated for remedy in remedies) else ask,
        sources=unique(source for remedy in remedies for source in remedy.sources),
    )


def _why_the_cause(case: _Case, id: str, therapy: Therapy, ladder: Ladder) -> str:
    """Why the cause comes first where a condition's own ladder says so; empty elsewhere."""
    is_first = case.own_ladder and id in ladder.first
    return ladder.reason.text if is_first and therapy.group == TherapyGroup.CAUSE_DIRECTED else ""


def _cause_asked(case: _Case, therapy: Therapy) -> tuple[str, ...]:
    return causes.asked(case.patient, case.conditions) if therapy.group == TherapyGroup.CAUSE_DIRECTED else ()


def _is_for(case: _Case, id: str, therapy: Therapy, ladder: Ladder) -> bool:
    """Whether it is for these conditions at all, and no premature combination; an own ladder knows what it lists."""
    chosen = case.own_ladder and ladder.line(id) != ""
    if not chosen and therapy.only_for and set(therapy.only_for).isdisjoint(case.conditions):
        return False
    return not therapy.needs_a_trial_before or any(
        entry.verdict not in (TrialVerdict.INTOLERANT, TrialVerdict.CANNOT_TELL, TrialVerdict.NOT_THIS_PAIN)
        and entry.drug_class in _counted_classes()
        for entry in case.ledger.entries
    )


@cache
def _counted_classes() -> tuple[str, ...]:
    return refractory.rules()["local"].of


def _is_done(case: _Case, id: str, therapy: Therapy) -> bool:
    """Whether it, or for the classes counted as one its class, was settled, or goes on under another of its class."""
    own = case.ledger.of(id)
    if own and own[0].verdict in (TrialVerdict.RESPONDED, TrialVerdict.ONGOING):
        return False
    if any(entry.verdict in SETTLED for entry in own):
        return True
    if therapy.drug_class not in _counted_classes():
        return False
    of_class = [
        entry for entry in case.ledger.of_class(therapy.drug_class) if entry.verdict != TrialVerdict.NOT_THIS_PAIN
    ]
    if any(entry.verdict in SETTLED for entry in of_class):
        return True
    return not own and any(not case.suits(entry.therapy).unsuitable for entry in of_class)


def _final_line(case: _Case, id: str, therapy: Therapy, line: Line) -> Line:
    """The line it is on once it was done: neither rehabilitation nor a cause already treated stays in the first line.

    No trial of treating the cause is ever called failed; it counts as done where nothing about it is left to ask.
    """
    if therapy.group == TherapyGroup.MULTIMODAL and _is_done(case, id, therapy):
        return Line.MULTIMODAL
    own = case.ledger.of(id)
    treated = own and own[0].verdict == TrialVerdict.CANNOT_TELL and not own[0].ask
    return Line.SECOND if line == Line.FIRST and therapy.group == TherapyGroup.CAUSE_DIRECTED and treated else line


def _unsuitable(id: str, therapy: Therapy, fit: Suits) -> Step:
    reasons = [against for against in fit.against if against.level == ObjectionLevel.ABSOLUTE]
    why = "; ".join(reason.text for reason in reasons)
    sources = unique(reason.source for reason in reasons)
    return Step(
        therapy=id,
        title=therapy.title,
        group=therapy.group,
        line=Line.UNSUITABLE,
        why=why,
        schedule="",
        nnt=nnt(id),
        against=fit.against,
        ask=(),
        sources=sources,
    )


def _avoided(avoid: Avoid) -> Step:
    therapy = knowledge.therapies().get(avoid.therapy)
    title, group = (therapy.title, therapy.group) if therapy else (avoid.therapy.replace("_", " "), "other")
    against = (
        Against(
            level=ObjectionLevel.ABSOLUTE,
            text=avoid.reason.text,
            because=(),
            source=avoid.reason.source,
            checked=avoid.reason.checked,
        ),
    )
    sources = (avoid.reason.source,)
    return Step(
        therapy=avoid.therapy,
        title=title,
        group=group,
        line=Line.UNSUITABLE,
        why=avoid.reason.text,
        schedule="",
        nnt="",
        against=against,
        ask=(),
        sources=sources,
    )


def _why(case: _Case, therapy: Therapy, entry: Entry | None, ceiling: Ceiling) -> str:
    """Why it is offered: as new, or with what its trial so far leaves to be done."""
    if entry is None:
        return therapy.why.text
    if case.adult is False:
        # What the ledger says of a trial counts against doses of adults.
        return f"{therapy.why.text}; {trials.VERDICT_WORDS[entry.verdict]} so far, by the doses of adults"
    because = "; ".join(entry.because)
    if entry.verdict == TrialVerdict.NOT_THIS_PAIN:
        return f"{therapy.why.text}; taken before ({because})"
    if entry.verdict == TrialVerdict.RESPONDED:
        return f"gave relief ({because}): continue or restart it{at_most(therapy, ceiling)}"
    if entry.verdict == TrialVerdict.CANNOT_TELL and entry.ask:
        return "tried, but whether adequately is not known: ask first" + (f" ({because})" if because else "")
    if entry.verdict in (*SETTLED, TrialVerdict.CANNOT_TELL):
        return f"{therapy.why.text}; tried before ({because})"
    status = "currently taken" if entry.verdict == TrialVerdict.ONGOING else "tried, but not adequately"
    return f"{status}: {_to_do(therapy, ceiling)} ({because})"


def at_most(therapy: Therapy, ceiling: Ceiling) -> str:
    """«, at most 75 mg/day» where this patient has a ceiling; empty where there is none."""
    return "" if math.isinf(ceiling.value) else f", at most {ceiling.value:g} {therapy.unit}"


def _to_do(therapy: Therapy, ceiling: Ceiling) -> str:
    dose = doses.trial_dose(therapy, ceiling)
    if dose is None:
        return "allow time for a full trial"
    return f"raise to {dose:g} {therapy.unit} and allow time for a full trial"


@lru_cache(maxsize=256)
def nnt(id: str) -> str:
    """Numbers needed to treat and to harm, the newest edition first, the older beside it; never averaged."""
    return "; ".join(
        f"{numbers} ({edition.replace('_', ' ').title()})"
        for edition, effect in knowledge.effects(id).items()
        if (numbers := ", ".join(_numbers(effect)))
    )


def _numbers(effect: knowledge.Effect) -> Iterator[str]:
    if effect.nnt is not None:
        yield f"NNT {effect.nnt}"
    if effect.nnh is not None:
        yield f"NNH {effect.nnh}"


@lru_cache(maxsize=256)
def _sources(id: str) -> tuple[str, ...]:
    return unique((*words.sources(id), *evidence.cite(knowledge.effects(id))))
