"""A whole letter as data: what was written by hand, what comes from the record, numbered sources with their marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from unwound import conditions, record
from unwound.catalogue import Checked
from unwound.languages import ENGLISH
from unwound.pathway import Review
from unwound.report.marks import References
from unwound.telephones import Lines
from unwound_clinic.core import file_reviews
from unwound_clinic.core.speaking import said, speaking, unsigned
from unwound_clinic.letters.blocks import MARKS, About, Block, heading, paragraphs
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
READ_IN = ("clinic", "names", "urgent", "verdicts", "when_to_call")
"""The places of a translation that a letter to the patient is read in."""
LEGEND = (
    "† read only in a source that reports it; § about another use or other people; "
    "‡ from general knowledge or a rule of this software, not checked yet."
)


def generated(kind: str, about: About) -> list[Block]:
    """The parts of a letter that come from the record, in order; in an emergency only what is to be done.

    Those to the patient are in the language that is spoken now.
    """
    parts = PARTS[kind]
    if IN_AN_EMERGENCY[0] in parts and about.review.red_flags:
        parts = IN_AN_EMERGENCY
    return [block for part in parts for block in part(about)]


def for_the_patient(about: About, language: str) -> list[Block]:
    """The parts of a letter in plain words, in a language.

    Beside a translation that no person of the clinic has signed the English words stand too, which count.
    """
    with speaking(language):
        theirs = generated("plain", about)
        mark = f"{said('translation not yet signed by a person')}."
    if not unsigned(language, *READ_IN):
        return theirs
    return [
        paragraphs(f"{mark[:1].upper()}{mark[1:]}"),
        *theirs,
        heading("In English (the words that count: no person has signed the translation yet)"),
        *generated("plain", about),
    ]


def letter(
    kind: str,
    about: About,
    *,
    patient: Patient,
    writer: tuple[str, str],
    today: date,
    fields: Mapping[str, str],
) -> dict[str, Any]:
    """The whole content of a letter; `writer` is name and role, `fields` is what was written by hand.

    One to the patient may be in another language (`fields["language"]`).
    """
    language = fields.get("language") or ENGLISH
    blocks = [
        *([paragraphs(fields["opening"])] if fields["opening"].strip() else []),
        *(for_the_patient(about, language) if kind == "plain" else generated(kind, about)),
        *([paragraphs(line) for line in _beside(patient)] if kind != "plain" else []),
        *([paragraphs(fields["closing"])] if fields["closing"].strip() else []),
    ]
    sources = about.references.listed()
    review = about.review
    with speaking(language):
        title = said(TITLES[kind])
        day = date_format(today, "DATE_FORMAT") if language != ENGLISH else record.long_day(today)
        valediction = said("Your team") if kind == "plain" else "With kind regards"
        page, of = said("Page"), said("of")
        foot = said("Written by a person, with findings of Unwound {version}.", version=review.version)
        reviewed = " ".join(map(said, file_reviews.sentences()))
        telephone, role = said("Telephone"), said(writer[1])
    return {
        "kind": kind,
        "language": language,
        "page": [page, of],
        "title": title,
        "paper": "us-letter" if patient.site.jurisdiction == "US" else "a4",
        "site": {
            "name": patient.site.name,
            "letterhead": patient.site.letterhead.strip(),
            "phone": f"{telephone} {phone}" if (phone := patient.site.phone.strip()) else "",
        },
        "date": day,
        "addressee": fields["addressee"].strip(),
        "patient": {"name": patient.full_name, "line": _who(patient)},
        "salutation": fields["salutation"].strip(),
        "blocks": blocks,
        "valediction": valediction,
        "copies": fields.get("copies", "").strip(),
        "writer": {"name": writer[0], "role": role},
        "sources": [
            {"number": f"{place}{MARKS[checked]}", "text": reference}
            for place, (_, reference, checked) in enumerate(sources, start=1)
        ],
        "legend": " ".join((*([LEGEND] if _marked(blocks, sources) else []), reviewed)),
        "foot": f"{title}, {patient.full_name}. {foot}",
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
