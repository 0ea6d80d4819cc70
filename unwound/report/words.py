"""Verdicts, levels and answers as a reader of the report says them."""

from __future__ import annotations

from collections.abc import Mapping

from unwound.candidacy import Candidacy, Verdict
from unwound.cautions import CautionKind
from unwound.conditions.knowledge import Direction, Strength
from unwound.patient import Patient
from unwound.terms import TrialVerdict
from unwound.therapies.knowledge import Line

VERDICTS: Mapping[str, str] = {
    Verdict.CANDIDATE: "Ketamine may be considered",
    Verdict.FIRST_LINE_FIRST: "First-line treatment first",
    Verdict.NOT_A_CANDIDATE: "Not a candidate today",
    Verdict.CANNOT_TELL: "Cannot tell yet",
}
TRIALS: Mapping[str, str] = {
    TrialVerdict.RESPONDED: "helped",
    TrialVerdict.FAILED_ADEQUATE: "failed, adequately tried",
    TrialVerdict.INTOLERANT: "not tolerated",
    TrialVerdict.INADEQUATE: "not adequately tried",
    TrialVerdict.ONGOING: "goes on",
    TrialVerdict.CANNOT_TELL: "cannot tell",
}
LINES: Mapping[str, str] = {
    Line.FIRST: "First line",
    Line.SECOND: "Second line",
    Line.THIRD: "Third line",
    Line.MULTIMODAL: "Part of every plan",
    Line.LAST: "Last",
    Line.UNSUITABLE: "Does not suit this patient",
}
STRENGTHS: Mapping[str, str] = {
    Strength.MODERATE: "moderate evidence",
    Strength.WEAK: "weak evidence",
    Strength.VERY_WEAK: "weak or no evidence",
    Strength.NONE_FOUND: "no evidence found",
    Strength.AGAINST: "guidance speaks against it",
}
DIRECTIONS: Mapping[str, str] = {
    Direction.SUPPORTS: Direction.SUPPORTS,
    Direction.WEAK: "weak support",
    Direction.NO_BENEFIT: "no clear benefit",
    Direction.AGAINST: Direction.AGAINST,
    Direction.SILENT: "says nothing of it",
}
KINDS: Mapping[str, str] = {
    CautionKind.RED_FLAG: "red flag",
    CautionKind.SUICIDE_RISK: "suicide risk",
    CautionKind.CONTRAINDICATION: CautionKind.CONTRAINDICATION,
    CautionKind.ENTRY_CHECK: "check on the day",
    CautionKind.PRE_INFUSION_TEST: "test before an infusion",
    CautionKind.INTERACTION: CautionKind.INTERACTION,
}
ADVICE = (
    "Advice for a clinician, never an order. A named person accepts or overrides it, with a reason. "
    "What is unknown is asked, not assumed."
)


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


def evidence_line(decision: Candidacy) -> str:
    """Condition, strength, grade: «CRPS I: moderate evidence (grade B, certainty low to moderate)»."""
    if decision.condition is None:
        return "No condition in view for which ketamine could be judged"
    ketamine = decision.condition.ketamine
    grade = [f"grade {ketamine.grade}"] if ketamine.grade else []
    grade += [f"certainty {ketamine.certainty}"] if ketamine.certainty else []
    return f"Ketamine in {_lower(decision.condition.title)}: {STRENGTHS[ketamine.strength]}" + (
        f" ({', '.join(grade)})" if grade else ""
    )


def _lower(title: str) -> str:
    """A title inside a sentence; abbreviations keep their capitals."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
