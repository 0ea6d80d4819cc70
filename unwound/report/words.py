"""Verdicts, levels and answers in the words of the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from unwound.candidacy import Candidacy, Verdict
from unwound.cautions import CautionKind
from unwound.conditions import Grade
from unwound.conditions.knowledge import Direction, GradeLevel, Strength
from unwound.depression import Depression
from unwound.pathway import Review
from unwound.patient import Patient
from unwound.questions import Inquiry
from unwound.therapies import Step
from unwound.therapies.knowledge import Line
from unwound.therapies.trials import VERDICT_WORDS
from unwound.vocabulary import vocabulary

VERDICTS: Mapping[str, str] = {
    Verdict.CANDIDATE: "Ketamine may be considered",
    Verdict.CONTROLLED: "Controlled: keep what helps",
    Verdict.NOT_REFRACTORY: "Not refractory to treatment",
    Verdict.FIRST_LINE_FIRST: "First-line treatment first",
    Verdict.NOT_A_CANDIDATE: "Not a candidate today",
    Verdict.CANNOT_TELL: "Cannot tell yet",
}
DEPRESSION_VERDICTS: Mapping[str, str] = {
    **VERDICTS,
    Verdict.FIRST_LINE_FIRST: "Other treatments first",
    Verdict.NOT_REFRACTORY: "Not resistant to treatment now",
}
"""The same verdicts where the question is ketamine for depression."""
TRIALS: Mapping[str, str] = VERDICT_WORDS
LINES: Mapping[str, str] = {
    Line.FIRST: "First line",
    Line.SECOND: "Second line",
    Line.THIRD: "Third line",
    Line.MULTIMODAL: "Part of every plan",
    Line.LAST: "Last resort",
    Line.UNSUITABLE: "Not suitable for this patient",
}
STRENGTHS: Mapping[str, str] = {
    Strength.MODERATE: "moderate evidence",
    Strength.WEAK: "weak evidence",
    Strength.VERY_WEAK: "weak or no evidence",
    Strength.NONE_FOUND: "no evidence found",
    Strength.AGAINST: "guidance advises against it",
}
DIRECTIONS: Mapping[str, str] = {
    Direction.SUPPORTS: Direction.SUPPORTS,
    Direction.WEAK: "weak support",
    Direction.NO_BENEFIT: "no clear benefit",
    Direction.AGAINST: Direction.AGAINST,
    Direction.SILENT: "makes no statement",
}
KINDS: Mapping[str, str] = {
    CautionKind.RED_FLAG: "red flag",
    CautionKind.SUICIDE_RISK: "suicide risk",
    CautionKind.CONTRAINDICATION: CautionKind.CONTRAINDICATION,
    CautionKind.CONTRADICTION: CautionKind.CONTRADICTION,
    CautionKind.ENTRY_CHECK: "check on the day",
    CautionKind.PRE_INFUSION_TEST: "test before an infusion",
    CautionKind.INTERACTION: CautionKind.INTERACTION,
}
KINDS_OF_PAIN: Mapping[str, str] = {
    "crps": "CRPS (clinical criteria)",
    "crps_research": "CRPS (research criteria)",
}
"""Kind of pain -> what it is called where its id is not its name."""
HEADINGS: Mapping[str, str] = {
    "urgent": "Urgent: act today",
    "also": "Also contraindicated",
    "tell": "To tell the patient now",
    "before": "To weigh or complete before any infusion",
    "next": "What to do next",
    "kind": "Kind of pain, and how certain",
    "tried": "Treatments tried",
    "safety": "Safety",
    "mood": "Mood, assessed separately from the pain",
    "views": "Where guidance on ketamine disagrees",
    "change": "What would change the decision",
}
"""The parts of a review, in the terminal, on the page for the chart and in the clinic."""
ADVICE = (
    "Advice for a clinician, never an order. A named clinician accepts it, or overrides it with a reason. "
    "Missing information is asked for, never assumed."
)


NOTHING_TO_START = "nothing to start, by what is known"
NOT_ASKED = "Red flags not yet asked about"
BEFORE_A_DECISION = "To ask before a decision"
PART_MISSING = "Part of the record is missing"
NOT_USED = "What of the record could not be read, or was not used"
AFTERWARDS = "The rest of the review waits until this is acted on"


def verdict(decision: Candidacy) -> str:
    """The verdict as a heading; while a red flag is unasked it is called provisional."""
    words = VERDICTS[decision.verdict]
    return f"{words} (provisional)" if decision.provisional else words


def unasked(decision: Candidacy) -> str:
    """What is to be asked before it is a decision, or which red flags nobody has asked about; empty where none is."""
    if not decision.not_asked:
        return ""
    return f"{BEFORE_A_DECISION if decision.provisional else NOT_ASKED}: {'; '.join(decision.not_asked)}"


def three(answer: bool | None) -> str:
    """Yes, no, or not known."""
    return {True: "yes", False: "no", None: "not known"}[answer]


def who(patient: Patient) -> str:
    """The person in one line: name, id, age, sex."""
    age = patient.value("age_years")
    parts = [
        patient.name or "no name",
        patient.id,
        f"{age:g} years" if isinstance(age, int | float) else "",
        patient.sex or "",
    ]
    return ", ".join(part for part in parts if part)


def pain_in_view(review: Review) -> str:
    """Which of several pains the decision is about, and what the others are; empty where there is a single pain."""
    if not review.other_pains:
        return ""
    patient = review.patient
    stated = any(pain.to_treat for pain in patient.pains)
    why = "the one to be treated" if stated else "the strongest; which is to be treated has not been said"
    others = "; ".join(f"{other.pain.name}: {best_grade(other.grades)}" for other in review.other_pains)
    return f"This is about the pain «{patient.seen_pain}» ({why}). Other pains: {others}."


def inquiry(asked: Inquiry) -> str:
    """A question as it is put: a group with its open items read out."""
    if not asked.group:
        return asked.question
    return f"{asked.question} ({'; '.join(vocabulary()[fact].says for fact in asked.facts)})"


def best_grade(grades: tuple[Grade, ...]) -> str:
    """The condition that is most certain, with its level."""
    if not grades or grades[0].level not in (GradeLevel.DEFINITE, GradeLevel.PROBABLE, GradeLevel.POSSIBLE):
        return "no condition established"
    return f"{grades[0].title}, {grades[0].level}"


def missing(count: int) -> str:
    """The heading of the open questions."""
    return f"Missing information: {count} {'question' if count == 1 else 'questions'}"


def without_grounds(why: str) -> str:
    """Why a treatment is offered, without what its trial showed: that stands with the treatments tried."""
    return re.sub(r" \(.*\)", "", why)


def numbers_once(steps: Iterable[Step]) -> dict[str, str]:
    """Therapy -> its numbers needed to treat and to harm; where an earlier one has the same, only which."""
    shown: dict[str, str] = {}
    first: dict[str, str] = {}
    for step in steps:
        of = first.setdefault(step.nnt, step.title)
        shown[step.therapy] = step.nnt if of == step.title or not step.nnt else f"NNT and NNH as for {_lower(of)}"
    return shown


def depression_evidence_line(decision: Depression) -> str:
    """How strong the evidence is, and how severe the depression is now."""
    grade = f" ({decision.ketamine.grade})" if decision.ketamine.grade else ""
    severity = decision.severity.replace("-", " ") or "not known"
    return (
        f"Ketamine in resistant depression: {STRENGTHS[decision.ketamine.strength]}{grade}. Depression now: {severity}"
    )


def evidence_line(decision: Candidacy) -> str:
    """Condition, strength, grade: «CRPS I: moderate evidence (grade B, certainty low to moderate)»."""
    if decision.condition is None:
        return "No condition has been identified for which ketamine could be judged"
    ketamine = decision.condition.ketamine
    grade = [f"grade {ketamine.grade}"] if ketamine.grade else []
    grade += [f"certainty {ketamine.certainty}"] if ketamine.certainty else []
    return f"Ketamine in {_lower(decision.condition.title)}: {STRENGTHS[ketamine.strength]}" + (
        f" ({', '.join(grade)})" if grade else ""
    )


def _lower(title: str) -> str:
    """A title inside a sentence; abbreviations keep their capitals."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def left_out(names: tuple[str, ...]) -> str:
    """The simple analgesics and bone medicines that the ledger leaves out, in one line; empty where there are none."""
    if not names:
        return ""
    what = "simple pain-killer or bone medicine" if len(names) == 1 else "simple pain-killers or bone medicines"
    return f"{len(names)} {what} without a recorded purpose not listed: {', '.join(names).lower()}"
