"""What templates say of a session: its tabs, the page where work continues, its state, its times by the site clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from unwound import record
from unwound.session import sign
from unwound.session.states import SessionState
from unwound_clinic.core.tabs import row_of_tabs
from unwound_clinic.record import translate
from unwound_clinic.record.entries import current
from unwound_clinic.session import moments, words

register = template.Library()
TABS = (
    ("room", "session", "Infusion room"), ("start", "session-start", "Pre-infusion checks"),
    ("leave", "session-leave", "Discharge"), ("drug", "session-drug", "Controlled drug"),
    ("record", "session-record", "Record"), ("call", "session-when-to-call", "When to call"),
    ("appointment", "session-appointment", "Bed and time"),
)  # fmt: skip
"""Id of the tab, name of its address, title."""
OPEN_IN = {
    "start": frozenset({SessionState.CHECKED_IN, SessionState.READY}),
    "leave": frozenset({SessionState.RECOVERING}),
    "drug": frozenset(SessionState) - {SessionState.SCHEDULED},
}
"""Tabs that are open in some states of the session only; the others are open in all."""
CONTINUES_AT = {
    SessionState.SCHEDULED: ("session-check-in", "Check in"),
    SessionState.CHECKED_IN: ("session-start", "Pre-infusion checks"),
    SessionState.READY: ("session-start", "Pre-infusion checks"),
    SessionState.INFUSING: ("session", "Infusion room"),
    SessionState.PAUSED: ("session", "Infusion room"),
    SessionState.RECOVERING: ("session-leave", "Discharge"),
}
"""State of a session -> the page where work on it continues: name of its address, title."""
MARKS: Mapping[str, str] = {SessionState.INFUSING: "▶", SessionState.PAUSED: "❚❚", SessionState.RECOVERING: "■"}
"""State of a session -> its shape, beside the word."""


@register.inclusion_tag("tabs.html")
def session_tabs(session: Any, place: str = "") -> dict[str, Any]:
    """The pages of a session that are open in its state, its order, and the patient's."""
    pages = [page for page in TABS if page[0] not in OPEN_IN or session.state in OPEN_IN[page[0]]]
    context = row_of_tabs("Session", pages, place, session.pk)
    order = reverse("plan-one", args=[session.patient_id, session.plan_id])
    context["tabs"].append({"title": "Order", "to": order, "here": False})
    context["tabs"].append({"title": "Patient", "to": reverse("patient", args=[session.patient_id]), "here": False})
    return context


@register.filter
def allergies(session: Any) -> str:
    """What the patient must not be given, in words; that nothing is on record is no «none»."""
    listed = translate.allergies(current(session.patient, "allergy"))
    return ", ".join(listed) or "none on record: ask"


@register.filter
def next_page(session: Any) -> dict[str, str]:
    """The page where work on a session continues, address and title; its record once it has ended."""
    name, title = CONTINUES_AT.get(session.state, ("session-record", "Record"))
    return {"to": reverse(name, args=[session.pk]), "title": title}


@register.filter
def clock(moment: datetime | None, site: Any) -> str:
    """«14:05:09»."""
    return "" if moment is None else f"{moment.astimezone(site.zone):%H:%M:%S}"


@register.filter
def hour(moment: datetime | None, site: Any) -> str:
    """«14:05»."""
    return "" if moment is None else f"{moment.astimezone(site.zone):%H:%M}"


@register.filter
def day(moment: datetime, site: Any) -> str:
    """«21 Nov»: in a table at the first time of each day."""
    return record.short_day(moment.astimezone(site.zone))


@register.filter
def anaesthesia_provider(site: Any) -> str:
    """«anaesthetist» at a UK site."""
    return words.anaesthesia_provider(site)


@register.filter
def event_title(kind: str) -> str:
    """«infusion resumed»."""
    return words.event_title(kind)


@register.filter
def state_title(state: str) -> str:
    """«checked in»; «discontinued» for an aborted session."""
    return words.state_title(state)


@register.filter
def standing(session: Any) -> str:
    """The same, «did not attend» where the patient did not."""
    return words.standing(session)


@register.filter
def with_weekday(moment: datetime, site: Any) -> str:
    """«Mon 30 Nov 2026 09:00»."""
    local = moment.astimezone(site.zone)
    return f"{local:%a} {record.minute(local)}"


@register.filter
def state_mark(state: str) -> str:
    """The shape of a session's state: «▶» while the infusion runs."""
    return MARKS.get(state, "○")


@register.filter
def sign_short(id: str) -> str:
    """«RASS»."""
    return sign(id).short


@register.filter
def charted_late(reading: Any) -> str:
    """The mark of a reading by hand that was charted later than it was read."""
    if reading.received_at - reading.at < moments.LATER:
        return ""
    how = moments.How.PAPER if reading.as_sent.endswith("paper") else moments.How.LATER
    how = moments.How.WAITED if reading.as_sent.endswith("network") else how
    return moments.marked(reading.received_at, how, reading.session.site.zone)


@register.filter
def drawn(svg: str) -> SafeString:
    """A picture that this program drew itself; nothing typed is in it but escaped words."""
    return mark_safe(svg)
