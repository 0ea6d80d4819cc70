"""What an anaesthesia record says before its first value: the patient, what was found, order and consent, the people.

What nobody recorded is printed as «not recorded», never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Max, Min

from unwound import record
from unwound.catalogue import plain
from unwound.session.events import EventKind
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record import translate as record_translate
from unwound_clinic.session import before_and_after, translate, words
from unwound_clinic.session.translate import Json

NOT_RECORDED = "not recorded"
FOUND = (("asa_class", "ASA class"), ("airway", "Airway"), ("iv_access", "IV access"), ("oxygen_by", "Oxygen"))
FASTED = (("hours_without_food", "Last food"), ("hours_without_drink", "Last clear fluid"))
CHECKED = (("rescue_checked", "Rescue drugs checked"), ("suction_checked", "Suction tested"))


def patient(row: InfusionSession, rows: Sequence[SessionEvent]) -> Iterator[tuple[str, str]]:
    """Allergies, weight of the day, identity."""
    day = _first_day(row, rows)
    allergies = record_translate.patient(row.patient, day).allergies
    answers = translate.latest_values(rows, ClinicEvent.TODAY)
    identity = translate.latest_event(rows, ClinicEvent.IDENTITY)
    yield "Allergies", ", ".join(allergies) or NOT_RECORDED
    weight = answers.get("weight_kg")
    yield "Weight today", f"{plain(weight)} kg" if weight else NOT_RECORDED
    compared = identity.content["identifiers"] if identity else ()
    yield "Identity", ", ".join(words.identifier_title(name) for name in compared) or NOT_RECORDED


def findings(row: InfusionSession, rows: Sequence[SessionEvent]) -> Iterator[tuple[str, str]]:
    """What was found before the start; food and drink by the clock."""
    answers = translate.latest_values(rows, ClinicEvent.TODAY)
    for name, title in FOUND:
        yield title, str(answers.get(name) or NOT_RECORDED)
    for name, title in FASTED:
        yield title, _last(row, rows, name)
    for name, title in CHECKED:
        value = answers.get(name)
        yield title, NOT_RECORDED if value is None else "yes" if value else "no"


def _last(row: InfusionSession, rows: Sequence[SessionEvent], name: str) -> str:
    """By the clock, from the hours that were told and when they were."""
    events = [
        event for event in translate.valid_events(rows) if event.kind == ClinicEvent.TODAY and name in event.content
    ]
    if not events:
        return NOT_RECORDED
    hours = float(events[-1].content[name])
    at = (events[-1].at - timedelta(hours=hours)).astimezone(row.site.zone)
    return f"about {record.short_day(at)} {at:%H:%M} (asked {plain(hours)} h later)"


def order_and_consent(row: InfusionSession) -> Iterator[tuple[str, str]]:
    """Who ordered and checked, and when consent was given."""
    plan, consent = row.plan, before_and_after.consent(row)
    yield "Ordered by", f"{plan.ordered_by.name}, {_at(row, plan.ordered_at)}"
    checked = plan.checked_by and plan.checked_at
    yield "Checked by", f"{plan.checked_by.name}, {_at(row, plan.checked_at)}" if checked else NOT_RECORDED  # type: ignore[union-attr,arg-type]
    if consent is None:
        yield "Consent", NOT_RECORDED
        return
    ended = f"; WITHDRAWN {_at(row, consent.withdrawn_at)}" if consent.withdrawn_at else ""
    yield "Consent", f"signed {_at(row, consent.signed_at)}, until {record.day(consent.expires_on)}{ended}"


def people(row: InfusionSession, rows: Sequence[SessionEvent]) -> Iterator[tuple[str, str]]:
    """Who prepared and checked the syringe, who charted, who relieved whom."""
    answers = translate.latest_values(rows, ClinicEvent.TODAY)
    yield "Syringe prepared", _named(answers, "prepared_by")
    yield "Syringe checked", _named(answers, "checked_by")
    charted = dict.fromkeys(event.by_name for event in rows if event.by_id and event.kind != ClinicEvent.IDENTITY)
    yield "Charted by", ", ".join(charted) or NOT_RECORDED
    relieved = [
        f"{event.at.astimezone(row.site.zone):%H:%M} {event.content['from']} by {event.content['to']}"
        for event in translate.valid_events(rows)
        if event.kind == ClinicEvent.HANDOVER
    ]
    yield "Relieved", "; ".join(relieved) or "nobody"


def monitors(row: InfusionSession) -> Iterator[tuple[str, str]]:
    """Every device that sent readings, and how far its clock was from ours."""
    sent = row.messages.exclude(sender="").values("sender")
    devices = sent.annotate(low=Min("clock_ahead_s"), high=Max("clock_ahead_s")).order_by("sender")
    lines = [f"{device['sender']} ({_offset(device['low'], device['high'])})" for device in devices]
    yield "Monitors", "; ".join(lines) or NOT_RECORDED


def _offset(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "clock not compared"
    if max(abs(low), abs(high)) < 1:
        return "clock as ours"
    ends = dict.fromkeys(f"{end:+.0f}".replace("-", "−") for end in (low, high))
    return f"clock {' to '.join(ends)} s from ours; times as sent"


def _named(answers: Mapping[str, Json], name: str) -> str:
    return str(answers.get(name) or NOT_RECORDED)


def _first_day(row: InfusionSession, rows: Sequence[SessionEvent]) -> date:
    start = next((event.at for event in rows if event.kind == EventKind.START), row.scheduled_at)
    return start.astimezone(row.site.zone).date()


def _at(row: InfusionSession, moment: datetime) -> str:
    return record.minute(moment.astimezone(row.site.zone))
