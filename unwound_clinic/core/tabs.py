"""The pages of a patient and of a session as a row of links; on a phone they fold into one line, without a script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.urls import reverse

from unwound.session.states import SessionState

register = template.Library()
OF_A_PATIENT = (
    ("overview", "patient", "Overview"), ("answers", "answers", "Answers"),
    ("consultation", "consultation", "Consultation"), ("ledger", "ledger", "Ledger"),
    ("assessment", "assessment", "Assessment"), ("decision", "decision", "Decision"),
    ("consent", "consent", "Consent"), ("plan", "plan", "Plan"), ("sessions", "patient-sessions", "Sessions"),
    ("plain", "plain", "Plain words"), ("letters", "letters", "Letters"),
)  # fmt: skip
"""Id of the tab, name of its address, title."""
OF_A_SESSION = (
    ("room", "session", "Infusion room"), ("start", "session-start", "Pre-infusion checks"),
    ("leave", "session-leave", "Discharge"), ("drug", "session-drug", "Controlled drug"),
    ("record", "session-record", "Record"), ("call", "session-when-to-call", "When to call"),
    ("appointment", "session-appointment", "Bed and time"),
)  # fmt: skip
ONLY_IN = {
    "start": (SessionState.CHECKED_IN, SessionState.READY),
    "leave": (SessionState.RECOVERING,),
    "drug": (
        SessionState.CHECKED_IN,
        SessionState.READY,
        SessionState.INFUSING,
        SessionState.PAUSED,
        SessionState.RECOVERING,
        SessionState.DISCHARGED,
        SessionState.ABORTED,
    ),
}
"""Pages of a session that are open in some of its states only."""
NEXT = {
    "scheduled": ("session-check-in", "Check in"),
    "checked-in": ("session-start", "Pre-infusion checks"),
    "ready": ("session-start", "Pre-infusion checks"),
    "infusing": ("session", "Infusion room"),
    "paused": ("session", "Infusion room"),
    "recovering": ("session-leave", "Discharge"),
}
"""State of a session -> the page where work on it continues."""


@register.inclusion_tag("tabs.html")
def patient_tabs(patient: Any, tab: str = "") -> dict[str, Any]:
    """The pages of a patient."""
    return _context("Patient", OF_A_PATIENT, tab, patient.pk)


@register.inclusion_tag("tabs.html")
def session_tabs(session: Any, place: str = "") -> dict[str, Any]:
    """The pages of a session that are open in its state, and the patient's."""
    pages = [page for page in OF_A_SESSION if session.state in ONLY_IN.get(page[0], (session.state,))]
    context = _context("Session", pages, place, session.pk)
    context["tabs"].append({"title": "Patient", "to": reverse("patient", args=[session.patient_id]), "here": False})
    return context


@register.filter
def next_page(session: Any) -> dict[str, str]:
    """The page where work on a session continues, address and title; its record once it has ended."""
    name, title = NEXT.get(session.state, ("session-record", "Record"))
    return {"to": reverse(name, args=[session.pk]), "title": title}


def _context(label: str, pages: Iterable[tuple[str, str, str]], here: str, number: int) -> dict[str, Any]:
    tabs = [{"title": title, "to": reverse(name, args=[number]), "here": id == here} for id, name, title in pages]
    return {"label": label, "tabs": tabs, "title": next((tab["title"] for tab in tabs if tab["here"]), "")}
