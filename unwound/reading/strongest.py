"""One page: where the evidence for ketamine is strongest, where it is weak, and where there is none."""

from __future__ import annotations

from unwound import conditions
from unwound.catalogue import load
from unwound.conditions.knowledge import Condition, Strength
from unwound.reading import condition_pages
from unwound.reading.knowledge import words
from unwound.reading.pages import Line, Page, Section, cited

_HEADINGS = {
    Strength.MODERATE: "Moderate proof",
    Strength.WEAK: "Weak proof",
    Strength.VERY_WEAK: "Weak proof, or none",
    Strength.NONE_FOUND: "No trial was found",
    Strength.AGAINST: "What is known speaks against it",
}


def page() -> Page:
    """Every condition under the strength of its evidence, the strongest first."""
    known = conditions.conditions()
    grades = Section(key="grades", heading="How to read this", lines=(cited(words().grades),))
    by_strength = (
        Section(
            key=strength,
            heading=_HEADINGS[strength],
            lines=(cited(words().strength[strength]),),
            items=tuple(
                _entry(id, condition) for id, condition in known.items() if condition.ketamine.strength == strength
            ),
        )
        for strength in Strength
    )
    return Page(
        kind="evidence",
        id="",
        title="Where the evidence is strongest",
        sections=(grades, *by_strength),
        files=(("rules", "public_words"), *(("conditions", id) for id in known)),
        heads=(words(), *load("conditions", Condition).values()),
    )


def _entry(id: str, condition: Condition) -> Line:
    known = condition.ketamine
    grade = f"Grade {known.grade}." if known.grade else "No grade."
    return cited(
        known.text.model_copy(update={"text": grade}),
        name=condition_pages.name(id),
        link=f"conditions/{id}",
        clinician=known.text.text,
    )
