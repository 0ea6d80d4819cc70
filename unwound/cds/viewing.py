"""What is said when a record is opened: danger, refractory neuropathic pain, a first line that nobody has tried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from unwound import candidacy, cautions, conditions, derive, drugs, facts, pathway
from unwound.candidacy import Verdict, gates
from unwound.catalogue import CitedText
from unwound.cautions import CautionKind
from unwound.cds.card import Card, Indicator, rule
from unwound.conditions import Grade
from unwound.conditions.knowledge import ConditionGroup, GradeLevel, Ketamine
from unwound.pathway import Review
from unwound.patient import Patient
from unwound.record import unique
from unwound.terms import TrialVerdict
from unwound.therapies import Step, knowledge, refractory, severity
from unwound.therapies.knowledge import Line, TherapyGroup

_NOT_BEHIND = (TrialVerdict.INADEQUATE, TrialVerdict.ONGOING, TrialVerdict.RESPONDED, TrialVerdict.NOT_THIS_PAIN)
_ASKED = 3
"""Questions that a card names: the page of the assessment has them all."""


def of_record(patient: Patient) -> Iterator[Card]:
    """What the record by itself gives reason to say; a review is made only where it could say something."""
    known = derive.derive(patient)
    if not (pain_is_named(known) or _may_be_urgent(known)):
        return
    review = pathway.review(patient)
    flags = [flag for flag in review.red_flags if flag.holds]
    # Of thoughts of suicide the hospital's own record speaks already: they are said beside the pain that concerns us.
    for flag in flags:
        if flag.kind == CautionKind.RED_FLAG or pain_is_named(known):
            yield Card(
                id=f"urgent-{flag.id}",
                summary=f"Urgent, before any treatment of pain: {flag.title}",
                detail=(f"Because: {'; '.join(flag.because)}.", flag.reason, flag.action),
                indicator=Indicator.CRITICAL,
                sources=flag.sources,
                strength=f"explicit rule; its least checked source is marked «{flag.checked}»",
            )
    if not flags and pain_is_named(known):
        yield from _refractory(review)


def pain_is_named(known: Patient) -> bool:
    """Whether the record says of itself that there is neuropathic pain or CRPS, or holds enough to grade it so."""
    if any(facts.yes(known, id, undated=True).holds for id in rule().pain_is_named_by):
        return True
    graded = candidacy.indication(conditions.grade(known))
    return graded is not None and graded.level in gates.SETTLED


def _may_be_urgent(known: Patient) -> bool:
    return any(flag.holds for flag in cautions.urgent(cautions.screen(known)))


def _refractory(review: Review) -> Iterator[Card]:
    """Either the first line has gaps, or enough is behind the patient; nothing where neither can be said."""
    severe = severity.severe(review.patient)
    if severe.holds is False or review.candidacy.verdict in (Verdict.NOT_A_CANDIDATE, Verdict.CONTROLLED):
        return
    classes = refractory.rules()["local"]
    entries = [entry for entry in review.ledger.entries if entry.drug_class in classes.of]
    behind = unique(entry.drug_class for entry in entries if entry.verdict not in _NOT_BEHIND)
    if len(behind) >= classes.needed.value:
        yield _may_be_considered(review, len(behind))
    elif not entries and (severe.holds or _takes_an_opioid(review.patient)):
        first = _first_line(review)
        if first:
            yield _untried(review, first)


def _may_be_considered(review: Review, tried: int) -> Card:
    settled = review.candidacy.verdict == Verdict.CANDIDATE
    names = ", ".join(entry.title.lower() for entry in review.ledger.entries)
    to_confirm = "" if settled else " Whether each was taken long enough, at which dose and with what effect, is open."
    ketamine = _ketamine(review)
    return Card(
        id="refractory",
        summary=f"{_name(review)}: {tried} first-line classes tried. A pain clinic may consider further options",
        detail=(
            f"Recorded as tried: {names}.{to_confirm}",
            "A low-dose ketamine infusion is one option that a named clinician may weigh; it is not for everybody.",
            f"By the record the answer is «{review.candidacy.verdict.replace('-', ' ')}»{_as_yet(review)}.",
        ),
        indicator=Indicator.INFO,
        sources=unique((*((ketamine.text.source,) if ketamine else ()), *review.ledger.sources)),
        strength=f"evidence for ketamine in this condition: {ketamine.strength.replace('-', ' ')}"
        if ketamine
        else "the evidence for ketamine depends on the condition, which the record does not settle",
        unchecked=() if settled else _open(review),
    )


def _as_yet(review: Review) -> str:
    return ", and no decision before every red flag was asked about" if review.candidacy.provisional else ""


def _untried(review: Review, first: tuple[Step, ...]) -> Card:
    return Card(
        id="first-line-untried",
        summary=f"{_name(review)}: no first-line treatment is on record",
        detail=(
            f"Not on record, and nothing known speaks against them: {listed(first)}.",
            "They may have been tried elsewhere: ask.",
        ),
        indicator=Indicator.INFO,
        sources=_recommended_by(first),
        strength=strength_of(first),
        unchecked=_open(review),
    )


def listed(steps: tuple[Step, ...]) -> str:
    """The names of treatments in a line."""
    return ", ".join(step.title.lower() for step in steps)


def strength_of(steps: tuple[Step, ...]) -> str:
    """How strongly they are recommended, by the newest edition that says so; each strength once."""
    return "; ".join(unique(f"{line.text} ({line.source}, read: {line.checked})" for line in _newest_lines(steps)))


def _recommended_by(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return unique(line.source for line in _newest_lines(steps))


def _newest_lines(steps: tuple[Step, ...]) -> Iterator[CitedText]:
    for step in steps:
        if step.therapy in knowledge.therapies():
            editions = (effect.line for effect in knowledge.effects(step.therapy).values())
            yield from islice((line for line in editions if line is not None), 1)


def _first_line(review: Review) -> tuple[Step, ...]:
    return tuple(step for step in review.next_steps if step.line == Line.FIRST and step.group == TherapyGroup.DRUG)


def first_line_left(patient: Patient) -> tuple[Step, ...]:
    """The medicines of the first line for somebody of whom none is on record; empty where one is."""
    review = pathway.review(patient)
    classes = refractory.rules()["local"].of
    if any(entry.drug_class in classes for entry in review.ledger.entries):
        return ()
    first = _first_line(review)
    return () if any(review.ledger.of(step.therapy) for step in first) else first


def _lead(review: Review) -> Grade | None:
    """The condition that the record names; None where it says only that the pain is neuropathic."""
    for grade in review.grades:
        neighbour = conditions.conditions()[grade.condition].group == ConditionGroup.NEIGHBOUR
        if grade.level != GradeLevel.NONE and not neighbour:
            return grade
    return None


def _name(review: Review) -> str:
    lead = _lead(review)
    return lead.title if lead else "Neuropathic pain"


def _ketamine(review: Review) -> Ketamine | None:
    lead = _lead(review)
    return conditions.conditions()[lead.condition].ketamine if lead else None


def _takes_an_opioid(patient: Patient) -> bool:
    return any(
        "opioid" in drugs.classes(drug) for taken in patient.medications for drug in drugs.ingredients(text=taken.drug)
    )


def _open(review: Review) -> tuple[str, ...]:
    """What would have to be asked first, the most important first, and how much more there is."""
    asked = review.to_ask
    more = len(asked) - _ASKED
    lines = tuple(f"not in the record: {inquiry.question}" for inquiry in asked[:_ASKED])
    return (*lines, f"and {more} further questions") if more > 0 else lines
