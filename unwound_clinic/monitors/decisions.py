"""What people decide about devices: their codes, their clocks, where a message says that a patient was moved."""

from __future__ import annotations

from django.utils import timezone

from unwound.exchange.device_words import words
from unwound.exchange.hl7v2.moves import TRIGGERS
from unwound.session.events import EventKind
from unwound.session.signs import signs
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import BedMove, Message, Monitor, MonitorCode, Site
from unwound_clinic.monitors import knowing
from unwound_clinic.session.actions.appointments import check_bed_is_free
from unwound_clinic.session.actions.events import UNDER_WAY, add_event, locked, save

CODE_CHARACTERS, VALUE_CHARACTERS = 200, 60


@action("assign-devices")
def get_to_know(*, by: Staff, site: Site, monitor: Monitor) -> knowing.Known:
    """What the last minute of a monitor shows; who looked is kept, for the values may be a patient's."""
    _of(site, monitor)
    audit_event(by, "monitor.known", site=site, monitor=monitor.name)
    return knowing.known(monitor, timezone.now())


@action("assign-devices")
def propose_code(
    *, by: Staff, site: Site, monitor: Monitor, code: str, sign: str, unit: str = "", value: str = ""
) -> MonitorCode:
    """Says what a code of this monitor means; it does nothing until a second person confirms it."""
    _of(site, monitor)
    if sign not in signs() or signs()[sign].scale is not None:
        raise Conflict("choose the vital sign that the code means")
    if not code.strip() or len(code) > CODE_CHARACTERS:
        raise Conflict("this code is too long to be kept")
    if unit and unit not in {known.unit for known in words().units}:
        raise Conflict("choose a unit of the list")
    if MonitorCode.objects.filter(monitor=monitor, code=code, ended_at=None).exists():
        raise Conflict("somebody has already said what this code means: confirm or end that")
    row = MonitorCode.objects.create(
        monitor=monitor,
        code=code,
        sign=sign,
        unit=unit,
        seen_value=value[:VALUE_CHARACTERS],
        proposed_by=by.user,
        proposed_at=timezone.now(),
    )
    audit_event(by, "monitor.code-proposed", site=site, monitor=monitor.name, code=code, sign=sign, unit=unit)
    return row


@action("assign-devices")
def confirm_code(*, by: Staff, site: Site, monitor: Monitor, number: int) -> MonitorCode:
    """A second person confirms what a code means: from now on it is charted so."""
    row = _code(site, monitor, number)
    if row.proposed_by_id == by.user.pk:
        raise Conflict("two people are required: somebody else must confirm it")
    if row.confirmed_by_id is not None:
        raise Conflict("it is confirmed already")
    row.confirmed_by, row.confirmed_at = by.user, timezone.now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    audit_event(by, "monitor.code-confirmed", site=site, monitor=monitor.name, code=row.code, sign=row.sign)
    return row


@action("assign-devices")
def end_code(*, by: Staff, site: Site, monitor: Monitor, number: int) -> MonitorCode:
    """The meaning of a code no longer holds, or was never confirmed; what was charted by it stays."""
    row = _code(site, monitor, number)
    row.ended_by, row.ended_at = by.user, timezone.now()
    row.save(update_fields=["ended_by", "ended_at"])
    audit_event(by, "monitor.code-ended", site=site, monitor=monitor.name, code=row.code, sign=row.sign)
    return row


@action("assign-devices")
def correct_clock(*, by: Staff, site: Site, monitor: Monitor, shown_s: float) -> Monitor:
    """From now on the times of this monitor are charted by our clock; its own stay beside them, and it is watched.

    `shown_s` is the difference that was shown; Conflict where the clock no longer stands so.
    """
    _of(site, monitor)
    off = knowing.clock_off(monitor, timezone.now())
    if off is None or abs(off - shown_s) > words().steady_s.value:
        raise Conflict("its last messages do not agree on that difference: check again")
    monitor.clock_ahead_s, monitor.clock_by, monitor.clock_at = off, by.user, timezone.now()
    monitor.save(update_fields=["clock_ahead_s", "clock_by", "clock_at"])
    audit_event(by, "monitor.clock", site=site, monitor=monitor.name, ahead_s=f"{off:.0f}")
    return monitor


@action("assign-devices")
def end_correction(*, by: Staff, site: Site, monitor: Monitor) -> Monitor:
    """The times of this monitor are charted as it sends them."""
    _of(site, monitor)
    if monitor.clock_ahead_s is None:
        raise Conflict("its clock is not corrected")
    before, monitor.clock_ahead_s, monitor.clock_by, monitor.clock_at = monitor.clock_ahead_s, None, by.user, None
    monitor.save(update_fields=["clock_ahead_s", "clock_by", "clock_at"])
    audit_event(by, "monitor.clock-as-sent", site=site, monitor=monitor.name, before_s=f"{before:.0f}")
    return monitor


@action("assign-devices")
def use_our_numbers(*, by: Staff, site: Site, monitor: Monitor, ours: bool) -> Monitor:
    """Whether a bare «Patient/7» that this source posts is the number of our own patient 7."""
    _of(site, monitor)
    monitor.our_ids = ours
    monitor.save(update_fields=["our_ids"])
    audit_event(by, "monitor.numbers", site=site, monitor=monitor.name, ours=ours)
    return monitor


@action("run-session")
def move_beds(*, by: Staff, site: Site, message: Message, sure: bool = False) -> list[BedMove]:
    """Moves the patients of one message of the hospital, all of them or none; Conflict where a bed is in use.

    Where the message says something of a patient that disagrees, it is done only when somebody is `sure`.
    """
    moves = _open(site, message)
    doubts = [move.doubt for move in moves if move.doubt]
    if doubts and not sure:
        raise Conflict(f"{'; '.join(doubts)}: confirm that this is the patient")
    rows = [locked(move.patient, move.session, *UNDER_WAY) for move in moves]
    for row in rows:  # out of the beds first: two may swap
        row.bed = ""
        save(row, "bed")
    for move, row in zip(moves, rows, strict=True):
        row.bed = move.bed
        check_bed_is_free(row)
        save(row, "bed")
        says = f"bed {move.bed or 'none'} ({TRIGGERS[move.trigger]}, by the hospital's message)"
        add_event(row, EventKind.NOTE, by, {"note": says})
        audit_event(by, "session.bed-moved", patient=move.patient, session=row.pk, bed=move.bed, trigger=move.trigger)
    return _decided(by, moves, accepted=True)


@action("run-session")
def leave_beds(*, by: Staff, site: Site, message: Message) -> list[BedMove]:
    """The patients stay where they are; the message is kept."""
    moves = _decided(by, _open(site, message), accepted=False)
    audit_event(by, "session.bed-not-moved", site=site, message=message.pk)
    return moves


def _open(site: Site, message: Message) -> list[BedMove]:
    waiting = BedMove.objects.filter(message=message, message__site=site, decided_at=None)
    moves = list(waiting.select_for_update(of=("self",)).select_related("patient__site", "session").order_by("id"))
    if not moves:
        raise Conflict("this has already been decided")
    return moves


def _decided(by: Staff, moves: list[BedMove], *, accepted: bool) -> list[BedMove]:
    for move in moves:
        move.decided_by, move.decided_at, move.accepted = by.user, timezone.now(), accepted
        move.save(update_fields=["decided_by", "decided_at", "accepted"])
    return moves


def _of(site: Site, monitor: Monitor) -> None:
    if monitor.site_id != site.pk:
        raise Conflict("this monitor belongs to another site")


def _code(site: Site, monitor: Monitor, number: int) -> MonitorCode:
    _of(site, monitor)
    row = MonitorCode.objects.select_for_update(of=("self",)).filter(monitor=monitor, pk=number, ended_at=None).first()
    if row is None:
        raise Conflict("this has changed since: check it again")
    return row
