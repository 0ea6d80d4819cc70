"""Letters: a draft is saved while it is written; a finished letter is never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from unwound_clinic import letters
from unwound_clinic.core import drafts
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Draft, Letter, Patient
from unwound_clinic.treatment import current

MOST = 20_000
"""Characters of one field."""


def draft_key(patient: Patient, kind: str) -> str:
    """Under which a letter in work is kept: the address of its page, and its form."""
    return f"{drafts.LETTERS.format(patient.pk)}{kind}/#letter"


@action("write-letter")
def keep_draft(*, by: Staff, patient: Patient, kind: str, content: Mapping[str, str]) -> Draft:
    """Saves what a user has written of a letter so far."""
    _check_kind(kind)
    kept = {name: [str(value)[:MOST]] for name, value in content.items()}
    draft = drafts.keep(by.user, draft_key(patient, kind), kept)
    audit_event(by, "letter.draft", patient=patient, kind=kind)
    return draft


@action("write-letter")
def drop_draft(*, by: Staff, patient: Patient, kind: str) -> None:
    """Discards the draft."""
    drafts.discard(by.user, draft_key(patient, kind))
    audit_event(by, "letter.draft-dropped", patient=patient, kind=kind)


@action("write-letter")
def write(*, by: Staff, patient: Patient, kind: str, content: Mapping[str, Any]) -> Letter:
    """Stores the finished letter with the PDF made from its content; the draft is deleted."""
    _check_kind(kind)
    decision = current.decision(patient)
    if kind == "medical-necessity" and not current.is_candidate(patient):
        raise Conflict("a statement of medical necessity needs a signed decision that ketamine may be considered")
    if not str(content["addressee"]).strip():
        raise Conflict("enter the addressee of the letter")
    now = timezone.now()
    letter = Letter.objects.create(
        patient=patient,
        decision=decision,
        kind=kind,
        addressee=content["addressee"],
        content=dict(content),
        pdf=letters.pdf(kind, content, now),
        written_by=by.user,
        written_at=now,
    )
    drafts.discard(by.user, draft_key(patient, kind))
    audit_event(by, "letter.write", patient=patient, letter=letter.pk, kind=kind)
    return letter


@action("see-medical-record")
def download(*, by: Staff, patient: Patient, letter: Letter, form: str = "PDF") -> bytes:
    """The PDF of a letter, to be downloaded, printed or exported in another form; logged with the user's name."""
    if letter.patient_id != patient.pk:
        raise Conflict("this letter is about another patient")
    audit_event(by, "letter.download", patient=patient, letter=letter.pk, kind=letter.kind, form=form)
    return bytes(letter.pdf)


def _check_kind(kind: str) -> None:
    if kind not in letters.TITLES:
        raise Conflict(f"there is no kind of letter called «{kind}»")
