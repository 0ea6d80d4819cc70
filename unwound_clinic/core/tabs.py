"""Pages that belong together as a row of tabs; on a phone they fold into one line, without a script.

The tabs of a patient are here, those of a session in `session/template_words.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.urls import reverse

register = template.Library()
OF_A_PATIENT = (
    ("overview", "patient", "Overview"), ("timeline", "timeline", "Timeline"), ("answers", "answers", "Answers"),
    ("consultation", "consultation", "Consultation"), ("ledger", "ledger", "Ledger"),
    ("assessment", "assessment", "Assessment"), ("decision", "decision", "Decision"),
    ("consent", "consent", "Consent"), ("plan", "plan", "Plan"), ("sessions", "patient-sessions", "Sessions"),
    ("follow-up", "follow-up", "Follow-up"), ("outcome", "outcome", "Outcome"),
    ("plain", "plain", "Plain words"), ("letters", "letters", "Letters"),
)  # fmt: skip
"""Id of the tab, name of its address, title."""


@register.inclusion_tag("tabs.html")
def patient_tabs(patient: Any, tab: str = "") -> dict[str, Any]:
    """The pages of a patient."""
    return row_of_tabs("Patient", OF_A_PATIENT, tab, patient.pk)


def row_of_tabs(label: str, pages: Iterable[tuple[str, str, str]], here: str, number: int) -> dict[str, Any]:
    """The context of `tabs.html`: `pages` as in `OF_A_PATIENT`, the id of the page shown, the number in addresses."""
    tabs = [{"title": title, "to": reverse(name, args=[number]), "here": id == here} for id, name, title in pages]
    return {"label": label, "tabs": tabs, "title": next((tab["title"] for tab in tabs if tab["here"]), "")}
