"""Verdicts, levels and answers as a reader of the report says them."""

from __future__ import annotations

from unwound.candidacy import Candidacy
from unwound.patient import Patient

VERDICTS = {
    "candidate": "Ketamine may be considered",
    "first-line-first": "First-line treatment first",
    "not-a-candidate": "Not a candidate today",
    "cannot-tell": "Cannot tell yet",
}
TRIALS = {
    "responded": "helped",
    "failed-adequate": "failed, adequately tried",
    "intolerant": "not tolerated",
    "inadequate": "not adequately tried",
    "ongoing": "goes on",
    "cannot-tell": "cannot tell",
}
LINES = {
    "first": "First line",
    "second": "Second line",
    "third": "Third line",
    "multimodal": "Part of every plan",
    "last": "Last",
    "unsuitable": "Does not suit this patient",
}
STRENGTHS = {
    "moderate": "moderate evidence",
    "weak": "weak evidence",
    "very-weak": "weak or no evidence",
    "none-found": "no evidence found",
    "against": "guidance speaks against it",
}
DIRECTIONS = {
    "supports": "supports",
    "weak": "weak support",
    "no-benefit": "no clear benefit",
    "against": "against",
    "silent": "says nothing of it",
}
KINDS = {
    "red-flag": "red flag",
    "suicide-risk": "suicide risk",
    "contraindication": "contraindication",
    "entry-check": "check on the day",
    "pre-infusion-test": "test before an infusion",
    "interaction": "interaction",
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
