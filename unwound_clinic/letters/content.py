"""A whole letter as data: what was written by hand, what comes from the record, numbered sources with their marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from unwound import conditions, record
from unwound.catalogue import Checked
from unwound.pathway import Review
from unwound.report.marks import References
from unwound.telephones import Lines
from unwound_clinic.core import file_reviews
from unwound_clinic.letters.blocks import MARKS, About, Block, paragraphs
from unwound_clinic.letters.parts import IN_AN_EMERGENCY, PARTS
from unwound_clinic.models import Decision, Patient, Plan
from unwound_clinic.treatment import companions, current

TITLES = {
    "referral": "Referral",
    "reply": "Reply to your referral",
    "medical-necessity": "Statement of medical necessity",
    "summary": "Summary for the treating team",
    "plain": "What we found and what comes next",
}
LEGEND = (
    "† read only in a source that reports it; § read of another use or of other people; "
    "‡ from general knowledge or a rule of this software, not checked yet."
)


def generated(kind: str, about: About) -> list[Block]:
    """The parts of a letter that come from the record, in order; in an emergency only what is to be done."""
    parts = PARTS[kind]
    if IN_AN_EMERGENCY[0] in parts and about.review.red_flags:
        parts = IN_AN_EMERGENCY
    return [block for part in parts for block in part(about)]


def letter(
    kind: str,
    about: About,
    *,
    patient: Patient,
    writer: tuple[str, str],
    today: date,
    fields: Mapping[str, str],
) -> dict[str, Any]:
    """The whole content of a letter; `writer` is name and role, `fields` is what was written by hand."""
    blocks = [
        *([paragraphs(fields["opening"])] if fields["opening"].strip() else []),
        *generated(kind, about),
        *([paragraphs(line) for line in _beside(patient)] if kind != "plain" else []),
        *([paragraphs(fields["closing"])] if fields["closing"].strip() else []),
    ]
    sources = about.references.listed()
    review = about.review
    return {
        "kind": kind,
        "title": TITLES[kind],
        "paper": "us-letter" if patient.site.jurisdiction == "US" else "a4",
        "site": {
            "name": patient.site.name,
            "letterhead": patient.site.letterhead.strip(),
            "phone": patient.site.phone.strip(),
        },
        "date": record.long_day(today),
        "addressee": fields["addressee"].strip(),
        "patient": {"name": patient.full_name, "line": _who(patient)},
        "salutation": fields["salutation"].strip(),
        "blocks": blocks,
        "valediction": "With kind regards" if kind != "plain" else "Your team",
        "copies": fields.get("copies", "").strip(),
        "writer": {"name": writer[0], "role": writer[1]},
        "sources": [
            {"number": f"{place}{MARKS[checked]}", "text": reference}
            for place, (_, reference, checked) in enumerate(sources, start=1)
        ],
        "legend": " ".join((*([LEGEND] if _marked(blocks, sources) else []), file_reviews.line())),
        "foot": f"{TITLES[kind]}, {patient.full_name}. Written by a person, with findings of Unwound {review.version}.",
        "version": review.version,
        "data_fingerprint": review.data_fingerprint,
        "own_fingerprint": review.own_fingerprint or None,
    }


def _marked(blocks: list[Block], sources: list[tuple[str, str, Checked]]) -> bool:
    return any(mark in str(blocks) for mark in "†§‡") or any(checked != Checked.PRIMARY for _, _, checked in sources)


def about(
    review: Review,
    decision: Decision | None,
    plan: Plan | None,
    payer: Mapping[str, Any],
    on_depression: Decision | None,
    lines: Lines,
) -> About:
    """Everything a letter may report, with no source cited yet."""
    return About(
        review=review,
        decision=decision,
        on_depression=on_depression,
        plan=plan,
        payer=payer,
        references=References(),
        lines=lines,
    )


def _beside(patient: Patient) -> list[str]:
    """Who signed the valid consent in the patient's place, and the help with the language."""
    agreed = current.valid_consent(patient, timezone.now())
    return companions.words(patient, agreed.beside) if agreed else []


def _who(patient: Patient) -> str:
    born = f"born {record.long_day(patient.birth_date)}" if patient.birth_date else "date of birth not known"
    return ", ".join(
        part for part in (patient.full_name, born, f"record no. {patient.number}" if patient.number else "") if part
    )


def codes_of(review: Review) -> list[str]:
    """Codes of the condition ketamine would be given for, to choose from."""
    condition = conditions.conditions().get(review.candidacy.indication)
    return [f"{code.code} ({code.system}: {code.title})" for code in condition.codes] if condition else []
