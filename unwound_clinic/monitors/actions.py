"""Readings into the record: what devices send, what is imported or typed, and what waits for review."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import available_timezones

from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from unwound_clinic.core import seals
from unwound_clinic.core.access import Device, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import (
    BedMove,
    Correction,
    InfusionSession,
    Message,
    Monitor,
    Patient,
    PumpReported,
    Quarantined,
    SetAside,
    Site,
    VitalReading,
    hash_of,
)
from unwound_clinic.monitors import corrections, stored_rows
from unwound_clinic.monitors.arrivals import Arrival
from unwound_clinic.monitors.beds import Beds, OpenSession
from unwound_clinic.session.actions import alerts
from unwound_clinic.session.actions.readings import begun, check_first_time, count_up_each

MOST_MONITORS = 500
"""Most monitors a site adds from their messages alone: names are easily made up."""
_MOST_SENDERS_NAMED = 20


@action("send-readings")
def receive(*, by: Device, site: Site, arrived: Sequence[Arrival]) -> list[Message]:
    """Stores messages, each once, with everything in them; returns the row of each, for a repeat that of the first."""
    stored = _stored_before(site, arrived)
    fresh = list({arrival.key: arrival for arrival in arrived if arrival.key not in stored}.values())
    counted = _store(by, site, fresh, stored) if fresh else 0
    audit_event(
        by,
        "readings.receive",
        site=site,
        messages=len(fresh),
        repeats=len(arrived) - len(fresh),
        readings=counted,
        senders=", ".join(sorted({arrival.sender for arrival in arrived})[:_MOST_SENDERS_NAMED]),
        sha256=stored_rows.digest_of(arrived),
    )
    return [stored[arrival.key] for arrival in arrived]


@action("run-session")
def import_file(*, by: Staff, patient: Patient, session: InfusionSession, arrived: Arrival) -> Message:
    """A file of readings into a session. Conflict when the same file is there already."""
    row = begun(patient, session)
    if _stored_before(row.site, [arrived]):
        raise Conflict("this file has already been imported; nothing was charted twice")
    check_first_time(row, min((arrival.reading.at for arrival in arrived.readings), default=None))
    open_session = OpenSession(row.pk)
    stored = stored_rows.message(arrived, row.site, None, open_session)
    stored.save()
    rows = list(stored_rows.readings(arrived, stored, open_session, by_id=True, by=by.user))
    seals.written(VitalReading.objects.bulk_create(rows, batch_size=2000))
    Quarantined.objects.bulk_create(stored_rows.quarantined(arrived, stored), batch_size=2000)
    count_up_each([row.pk])
    alerts.raise_new(row)
    audit_event(by, "readings.import", patient=patient, session=row.pk, readings=len(rows), sha256=arrived.digest)
    return stored


@action("run-session")
def assign_readings(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    messages: QuerySet[Message],
    since: datetime | None = None,
    until: datetime | None = None,
    aside: SetAside | None = None,
) -> int:
    """Assigns the unassigned readings of these messages to this session; returns their number. Conflict without any.

    Dismissed ones are assigned by naming their dismissal (`aside`).
    """
    row = begun(patient, session)
    waiting = _waiting(row.site, messages, since, until, aside)
    which = _span(waiting)
    check_first_time(row, waiting.aggregate(first=Min("at"))["first"])
    number = waiting.update(session=row)
    if not number:
        raise Conflict("these readings are no longer unassigned: they may have been assigned already")
    Message.objects.filter(site=row.site, session=None, readings__session=row).update(session=row)
    corrections.apply(by, [row.pk], assigned=True)
    count_up_each([row.pk], rewound=True)
    alerts.raise_new(row)
    audit_event(by, "readings.claim", patient=patient, session=row.pk, readings=number, messages=which)
    return number


@action("run-session")
def dismiss_readings(
    *,
    by: Staff,
    site: Site,
    messages: QuerySet[Message],
    reason: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Dismisses the unassigned readings of these messages, with the reason; they are kept and can still be assigned."""
    if not reason.strip():
        raise Conflict("give the reason why these readings belong to no patient")
    waiting = _waiting(site, messages, since, until)
    which, why = _span(waiting), reason.strip()[:300]
    number = waiting.update(set_aside=SetAside.objects.create(site=site, at=timezone.now(), by=by.user, reason=why))
    if not number:
        raise Conflict("these readings are no longer unassigned: they may have been assigned or dismissed already")
    audit_event(by, "readings.set-aside", site=site, readings=number, messages=which, reason=why)
    return number


@action("run-session")
def review_held(*, by: Staff, site: Site, held: QuerySet[Quarantined], note: str) -> int:
    """Records that held values were reviewed, with the action taken; this charts nothing."""
    if not note.strip():
        raise Conflict("record the action taken")
    waiting = held.filter(message__site=site, seen_at=None)
    span = waiting.aggregate(first=Min("id"), last=Max("id"), sender=Min("message__sender"))
    number = waiting.update(seen_at=timezone.now(), seen_by=by.user, seen_note=note.strip()[:300])
    if not number:
        raise Conflict("these have already been reviewed")
    which = f"{span['first']} to {span['last']} of {span['sender']}"
    audit_event(by, "quarantine.seen", site=site, values=number, which=which, note=note.strip()[:300])
    return number


@action("watch-sessions")
def view_message(*, by: Staff, site: Site, message: Message) -> None:
    """Records that a message was read as received: it may name a patient."""
    if message.site_id != site.pk:
        raise Conflict("this message belongs to another site")
    audit_event(by, "message.view", site=site, message=message.pk)


@action("assign-devices")
def assign_monitor(*, by: Staff, site: Site, monitor: Monitor, bed: str, zone: str = "") -> Monitor:
    """Assigns a monitor to a bed, with the time zone of its clock where that is not the site's."""
    if monitor.site_id != site.pk:
        raise Conflict("this monitor belongs to another site")
    before = (monitor.bed, monitor.timezone)
    _place(monitor, bed, zone)
    audit_event(by, "monitor.assign", site=site, monitor=monitor.name, bed=monitor.bed, zone=zone, before=before)
    return monitor


@action("assign-devices")
def add_monitor(*, by: Staff, site: Site, name: str, bed: str = "", zone: str = "") -> Monitor:
    """A monitor that has not sent anything yet. Conflict when the site has one of that name."""
    if not name.strip():
        raise Conflict("a monitor needs a name")
    monitor, is_new = Monitor.objects.get_or_create(site=site, name=stored_rows.name_of(name.strip()))
    if not is_new:
        raise Conflict(f"a monitor named «{monitor.name}» already exists")
    _place(monitor, bed, zone)
    audit_event(by, "monitor.add", site=site, monitor=monitor.name, bed=monitor.bed, zone=zone)
    return monitor


@action("assign-devices", again=True)
def give_key(*, by: Staff, site: Site, monitor: Monitor) -> str:
    """A new key with which a device posts readings: shown once, kept as its hash; an earlier one stops working."""
    if monitor.site_id != site.pk:
        raise Conflict("this monitor belongs to another site")
    key = secrets.token_urlsafe(32)
    monitor.key_hash = hash_of(key)
    monitor.save(update_fields=["key_hash"])
    audit_event(by, "monitor.key", site=site, monitor=monitor.name)
    return key


def _waiting(
    site: Site,
    messages: QuerySet[Message],
    since: datetime | None,
    until: datetime | None,
    aside: SetAside | None = None,
) -> QuerySet[VitalReading]:
    """Unassigned readings of these messages, from one time to another."""
    readings = VitalReading.objects.filter(session=None, set_aside=aside, message__in=messages.filter(site=site))
    if since is not None:
        readings = readings.filter(at__gte=since)
    return readings if until is None else readings.filter(at__lte=until)


def _span(waiting: QuerySet[VitalReading]) -> str:
    """Of which messages they are, for the log."""
    span = waiting.aggregate(first=Min("message_id"), last=Max("message_id"), sender=Min("message__sender"))
    return f"{span['first']} to {span['last']} of {span['sender']}"


def _place(monitor: Monitor, bed: str, zone: str) -> None:
    if zone and zone not in available_timezones():
        raise Conflict(f"«{zone}» is not a time zone: write it as «Europe/Vienna»")
    monitor.bed, monitor.timezone = bed.strip()[:40], zone
    monitor.save(update_fields=["bed", "timezone"])


def _stored_before(site: Site, arrived: Sequence[Arrival]) -> dict[tuple[str, str, str], Message]:
    """The messages among these that are in the record."""
    messages = Message.objects.filter(site=site, digest__in={arrival.digest for arrival in arrived}).defer("raw")
    return {(message.sender, message.control_id, message.digest): message for message in messages}


def _store(by: Device, site: Site, fresh: Sequence[Arrival], stored_before: dict[tuple[str, str, str], Message]) -> int:
    """Stores messages, readings and what is held for review; returns the number of readings.

    The messages are added to `stored_before`.
    """
    beds, monitors = Beds(site), _monitors(site, fresh)
    senders = [monitors.get(arrival.sender) for arrival in fresh]
    whose = [beds.find(arrival, monitor) for arrival, monitor in zip(fresh, senders, strict=True)]
    doubts = [beds.doubt(arrival, monitor) for arrival, monitor in zip(fresh, senders, strict=True)]
    stored = Message.objects.bulk_create(
        stored_rows.message(arrival, site, monitor, open_session, doubt)
        for arrival, monitor, (open_session, _), doubt in zip(fresh, senders, whose, doubts, strict=True)
    )
    rows = [
        row
        for arrival, message, (open_session, by_id) in zip(fresh, stored, whose, strict=True)
        for row in stored_rows.readings(arrival, message, open_session, by_id=by_id)
    ]
    seals.written(VitalReading.objects.bulk_create(rows, batch_size=2000))
    held = [
        row for arrival, message in zip(fresh, stored, strict=True) for row in stored_rows.quarantined(arrival, message)
    ]
    if held:
        Quarantined.objects.bulk_create(held, batch_size=2000)
    sessions = [open_session.session_id for open_session, _ in whose if open_session]
    _store_beside(fresh, stored, whose, beds)
    corrections.apply(by, sessions)
    count_up_each(sessions)
    stored_before.update({arrival.key: message for arrival, message in zip(fresh, stored, strict=True)})
    return len(rows)


def _store_beside(
    fresh: Sequence[Arrival],
    stored: Sequence[Message],
    whose: Sequence[tuple[OpenSession | None, bool]],
    beds: Beds,
) -> None:
    """What messages hold beside readings: corrections, moves of patients, what pumps report."""
    each = list(zip(fresh, stored, whose, strict=True))
    Correction.objects.bulk_create(
        [row for arrival, message, _ in each for row in stored_rows.corrections(arrival, message)]
    )
    BedMove.objects.bulk_create(
        [row for arrival, message, _ in each for row in stored_rows.moves(arrival, message, beds)]
    )
    PumpReported.objects.bulk_create(
        [row for arrival, message, (session, _) in each for row in stored_rows.pumps(arrival, message, session)]
    )


def _monitors(site: Site, fresh: Sequence[Arrival]) -> dict[str, Monitor]:
    """The monitor of each sender; a new one is added, so that it is listed on the page."""
    names = {arrival.sender: stored_rows.name_of(arrival.sender) for arrival in fresh if arrival.answer == "AA"}
    monitors = {monitor.name: monitor for monitor in Monitor.objects.filter(site=site, name__in=set(names.values()))}
    missing = sorted(set(names.values()) - monitors.keys())
    if missing and Monitor.objects.filter(site=site).count() + len(missing) <= MOST_MONITORS:
        monitors |= {name: Monitor.objects.get_or_create(site=site, name=name)[0] for name in missing}
    return {sender: monitors[name] for sender, name in names.items() if name in monitors}
