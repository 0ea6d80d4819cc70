"""What is open for one patient: each task in a sentence, with the page where it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from unwound import record
from unwound_clinic.core import drafts
from unwound_clinic.core.access import Staff
from unwound_clinic.models import OrderState, Patient
from unwound_clinic.record import confirmation
from unwound_clinic.record.review import Reviewed
from unwound_clinic.treatment import current

SOON_DAYS = 14
"""How long before its end a consent is spoken of."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task in a sentence, and the address where it is done."""

    says: str
    to: str
    late: bool = False


def of(patient: Patient, reviewed: Reviewed, by: Staff, now: datetime) -> tuple[Task, ...]:
    """The open tasks, what is due first."""
    return (*_due(patient, now), *_to_find_out(patient, reviewed), *_of_treatment(patient, now), *_drafts(patient, by))


def _due(patient: Patient, now: datetime) -> Iterator[Task]:
    if not patient.due_what:
        return
    today = now.astimezone(patient.site.zone).date()
    late = patient.due_on is not None and patient.due_on < today
    when = f", {'overdue since' if late else 'by'} {record.day(patient.due_on)}" if patient.due_on else ""
    yield Task(
        f"{patient.due_what[:1].upper()}{patient.due_what[1:]}{when}", reverse("patient", args=[patient.pk]), late
    )


def _to_find_out(patient: Patient, reviewed: Reviewed) -> Iterator[Task]:
    asks, unsure = len(reviewed.review.asks), len(confirmation.open_trials(reviewed))
    if asks:
        words = "one question is" if asks == 1 else f"{asks} questions are"
        yield Task(f"{words.capitalize()} open for the assessment", reverse("consultation", args=[patient.pk]))
    if unsure:
        words = "one treatment" if unsure == 1 else f"{unsure} treatments"
        yield Task(f"Confirm how {words} were taken: they may count as failed", reverse("ledger", args=[patient.pk]))


def _of_treatment(patient: Patient, now: datetime) -> Iterator[Task]:
    order, consent = current.plan(patient), current.valid_consent(patient, now)
    if order is not None and order.state == OrderState.ORDERED:
        yield Task("The order waits for its second check", reverse("plan", args=[patient.pk]))
    if order is not None and consent is None:
        yield Task("No consent is valid for the order", reverse("consent", args=[patient.pk]))
    if consent is not None:
        left = (consent.expires_on - now.astimezone(patient.site.zone).date()).days
        if left <= SOON_DAYS:
            yield Task(f"The consent ends on {record.day(consent.expires_on)}", reverse("consent", args=[patient.pk]))


def _drafts(patient: Patient, by: Staff) -> Iterator[Task]:
    for kind in drafts.letters_begun(by.user, patient.pk):
        yield Task(f"Your letter ({kind}) is a draft", reverse("letter-draft", args=[patient.pk, kind]))
