"""Whether a record can be erased now, and what of it has to stay."""

from __future__ import annotations

from datetime import date

from unwound import record
from unwound.session.states import SessionState
from unwound_clinic.models import InfusionSession, OrderState, Patient, Plan
from unwound_clinic.record import retention

STAYS = (
    "the number of the record, without a name",
    "the log: who did what kind of thing when; its details about this person are emptied, and say so",
    "the log of controlled drugs, by lot, with the days of its sessions and the drug and strength of its orders",
)
OVER = (SessionState.DISCHARGED, SessionState.ABORTED)


def against(patient: Patient) -> list[str]:
    """Why a record cannot be erased now, each reason as a sentence; empty where nothing speaks against it."""
    people = records(patient)
    reasons = []
    if InfusionSession.objects.filter(patient__in=people).exclude(state__in=OVER).exists():
        reasons.append("A session is planned or under way: end or cancel it first.")
    if Plan.objects.filter(patient__in=people, state__in=(OrderState.ORDERED, OrderState.CHECKED)).exists():
        reasons.append("A course is under way: an order stands. Cancel it or let it end first.")
    if any(row.alarms.filter(seen_at=None).exists() for row in people):
        reasons.append("An alarm is open: it is reviewed first.")
    return reasons


def too_early(patient: Patient, today: date) -> str:
    """Why it is before its time, as a sentence; empty where the site's rule lets it go."""
    since = retention.erasable_from(patient, retention.last_contact(patient))
    if since is None:
        return "The site's rule does not say when this record may be erased."
    return f"By the site's rule it is kept until {record.long_day(since)}." if since > today else ""


def records(patient: Patient) -> list[Patient]:
    """The record, and those of the same person that were merged into it."""
    linked, new = [patient], [patient]
    while new:
        new = list(Patient.objects.filter(merged_into__in=new))
        linked += new
    return linked
