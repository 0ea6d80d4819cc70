"""What stands on the first screen, in its order: for the terminal, the page for the chart and the clinic alike."""

from __future__ import annotations

from dataclasses import dataclass

from unwound import facts
from unwound.candidacy import Verdict, verdicts
from unwound.catalogue import Checked
from unwound.cautions import URGENT, CautionKind, CautionLevel, Finding
from unwound.conditions import Grade, View
from unwound.conditions.knowledge import Direction, GradeLevel
from unwound.pathway import Review
from unwound.record import unique
from unwound.report import marks, words
from unwound.terms import TrialVerdict
from unwound.therapies import Entry, Step, knowledge
from unwound.therapies.knowledge import Line, TherapyGroup
from unwound.therapies.schedule import WHATEVER_THE_AGE
from unwound.therapies.steps import ORDER as LADDER

INCOMPLETE = "record_incomplete"
ASKED, STEPS = 5, 3
"""Questions and steps on the first screen; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One line of what to do next: the treatment, how to begin or go on, and what speaks against it."""

    title: str
    how: str
    """The doses to start, to raise by and to reach, or why it is offered where there is no dose."""
    cautions: tuple[str, ...]
    to_ask: int
    """How many questions are to be asked first."""
    sources: tuple[str, ...]
    checked: Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A review for somebody who has one minute; every stop is in it, however many there are."""

    reason: str
    """The deciding reason, as a sentence without its full stop."""
    missing: str
    """What of the record is not here, as its source says; empty where nothing says so."""
    condition: str
    """The condition and how certain it is, then what else was found."""
    evidence: str
    """How strong it is; empty where there is no condition to judge it in."""
    evidence_sources: tuple[str, ...]
    evidence_checked: Checked
    against: tuple[View, ...]
    """What speaks against ketamine where the patient is: all of it where that is not known."""
    trials: tuple[Entry, ...]
    left_out: str
    """The simple analgesics and bone medicines that the ledger leaves out, in one line."""
    steps: tuple[NextStep, ...]
    more_steps: int
    stops: tuple[Finding, ...]
    together: tuple[Finding, ...]
    """Red flags that ask for a look though they stop nothing, then medicines that are dangerous together."""
    before: tuple[str, ...]
    """What to weigh or complete before an infusion, where that is in question."""
    questions: tuple[str, ...]
    """The first questions, groups read out."""
    questions_in_short: tuple[str, ...]
    """The same without what each group reads out."""
    more_questions: int


def summary(review: Review) -> Summary:
    """What of a review stands on one screen."""
    decision = review.candidacy
    steps = _first_steps(review)
    ketamine = decision.condition.ketamine if decision.condition else None
    weighed = decision.verdict in (Verdict.CANDIDATE, Verdict.CANNOT_TELL)
    return Summary(
        reason=reason(review),
        missing=missing(review),
        condition=condition(review),
        evidence=words.evidence_line(decision) if ketamine else "",
        evidence_sources=(ketamine.text.source,) if ketamine else (),
        evidence_checked=ketamine.text.checked if ketamine else Checked.PRIMARY,
        against=against(review),
        trials=review.ledger.entries,
        left_out=words.left_out(review.ledger.left_out),
        steps=tuple(_line(step, review.ledger.of(step.therapy)) for step in steps),
        more_steps=sum(step.line != Line.UNSUITABLE for step in review.next_steps) - len(steps),
        stops=review.other_stops,
        together=_to_be_weighed(review),
        before=decision.before if weighed else (),
        questions=tuple(words.inquiry(asked) for asked in review.to_ask[:ASKED]),
        questions_in_short=tuple(asked.question for asked in review.to_ask[:ASKED]),
        more_questions=max(len(review.to_ask) - ASKED, 0),
    )


def _to_be_weighed(review: Review) -> tuple[Finding, ...]:
    """The red flags and interactions to be weighed first, before all what is acted on today; what is only noted stands
    in the whole report."""
    together = (
        finding
        for finding in review.findings
        if finding.kind in (*URGENT, CautionKind.INTERACTION) and finding.level == CautionLevel.ASK and finding.holds
    )
    return tuple(sorted(together, key=lambda finding: (finding.kind not in URGENT, not finding.same_day)))


def missing(review: Review) -> str:
    """What of the record is not here, as its source says; empty where nothing says so."""
    fact = review.patient.facts.get(INCOMPLETE)
    if fact is None or fact.value is not True:
        return ""
    return fact.origin or facts.says(INCOMPLETE, fact)


def reason(review: Review) -> str:
    """The one reason: of the question that decides; for a candidate, that enough was tried without relief."""
    text = _reason(review).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}"


def _reason(review: Review) -> str:
    decision = review.candidacy
    gate = decision.deciding
    if gate is None:
        # What is to be weighed stands by itself, once.
        failed = decision.gates[verdicts.REFRACTORY].judgement.because[0]
        return f"refractory ({failed}), and nothing found that forbids ketamine"
    if gate.judgement.holds is None:
        others = sum(gate.judgement.holds is None for gate in decision.gates) - 1
        more = f"; {others} more of the {len(decision.gates)} questions {_are(others)} open" if others else ""
        return f"{decision.because[0]}{more}"
    stops = [finding.title for finding in review.other_stops if decision.because[0].startswith(f"{finding.title}:")]
    if stops:
        # Its grounds and what to do stand with the stops, once.
        others = len(review.other_stops) - 1
        return f"{stops[0]}{f', and {others} more below' if others else ''}"
    why = _WHY_NOT.get(decision.gates.index(gate), "")
    return f"{why}: {decision.because[0]}" if why else decision.because[0]


_WHY_NOT = {
    verdicts.NEUROPATHIC: "neither neuropathic pain nor CRPS",
    verdicts.SEVERE: "not severe enough for ketamine",
}
"""What a clear «no» to these questions means: their grounds are facts that do not say it."""


def condition(review: Review) -> str:
    """The condition that leads with its grade, then the others that are found, or may be."""
    established = [grade for grade in review.grades if grade.level in _FOUND]
    if not established:
        return "no condition established"
    first = next((grade for grade in established if grade.condition == review.candidacy.lead), established[0])
    others = [_graded(grade) for grade in established if grade is not first]
    beside = f"; beside it {', '.join(others[:2])}{f' and {len(others) - 2} more' if len(others) > 2 else ''}"
    return f"{_graded(first)}{beside if others else ''}"


_FOUND = (GradeLevel.DEFINITE, GradeLevel.PROBABLE, GradeLevel.POSSIBLE)


def _graded(grade: Grade) -> str:
    return f"{grade.title}: {grade.level.replace('-', ' ')}"


def against(review: Review) -> tuple[View, ...]:
    """The guidance that speaks against ketamine in the patient's country, the newest first; anywhere if unknown."""
    if review.candidacy.condition is None:
        return ()
    here = review.patient.jurisdiction
    views = [
        view
        for view in review.candidacy.condition.ketamine.views
        if view.direction == Direction.AGAINST and (here is None or view.jurisdiction in ("", here))
    ]
    return tuple(sorted(views, key=lambda view: -view.year))


def _first_steps(review: Review) -> list[Step]:
    """What can be done now, line by line of the ladder; what waits for an answer comes after, and of what belongs to
    every plan only the first, after what else stands in its line. Of one class of drugs the first stands for all.
    """
    waiting = {e.therapy for e in review.ledger.entries if e.verdict == TrialVerdict.CANNOT_TELL and e.ask}
    offers = [step for step in review.next_steps if step.line != Line.UNSUITABLE]
    every_plan = [step for step in offers if step.group == TherapyGroup.MULTIMODAL]
    kept = [step for step in offers if step not in every_plan[1:]]
    kept.sort(key=lambda step: (LADDER.index(step.line), step in every_plan))
    ready = [step for step in kept if step.therapy not in waiting]
    ordered = [*ready, *(step for step in kept if step not in ready), *every_plan[1:]]
    of_class = {_class(step): step for step in reversed(ordered)}
    return [step for step in ordered if of_class[_class(step)] is step][:STEPS]


def _class(step: Step) -> str:
    """The class of a drug; anything else stands for itself."""
    therapy = knowledge.therapies().get(step.therapy)
    return therapy.drug_class if therapy and therapy.group == TherapyGroup.DRUG else step.therapy


def _line(step: Step, tried: tuple[Entry, ...]) -> NextStep:
    return NextStep(
        title=step.title,
        how=_how(step, tried),
        cautions=unique(reason.text for reason in step.against),
        to_ask=len(step.ask),
        sources=step.sources,
        checked=marks.of_step(step),
    )


_BEGUN = (TrialVerdict.ONGOING, TrialVerdict.INADEQUATE, TrialVerdict.RESPONDED, TrialVerdict.CANNOT_TELL)


def _how(step: Step, tried: tuple[Entry, ...]) -> str:
    """Its doses; for what was begun, what is left to do; for what belongs to every plan, why."""
    if any(entry.verdict in _BEGUN for entry in tried):
        return words.without_grounds(step.why)
    if step.doses:
        return step.doses
    return step.schedule if step.schedule and step.group not in WHATEVER_THE_AGE else step.why.split("; ")[0]


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
