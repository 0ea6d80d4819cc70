"""What every action on a session does: holds the row, writes an event beside it, counts up for the screens.

Parts of actions, never actions of their own: each caller checks the permission and writes the audit event.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from unwound import record
from unwound.session import Passage, may_move, sign
from unwound.session.events import EventKind
from unwound.session.signs import ReadingState
from unwound.session.states import SessionState, moves
from unwound.session.turns import KINDS, out_of_turn
from unwound_clinic.core import access
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, audit_event, part_of_action
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import times, translate
from unwound_clinic.session.moments import NOW, Moment
from unwound_clinic.session.order import EARLIEST
from unwound_clinic.session.words import event_title, state_title

Json = Any

UNDER_WAY = (
    SessionState.CHECKED_IN,
    SessionState.READY,
    SessionState.INFUSING,
    SessionState.PAUSED,
    SessionState.RECOVERING,
)
GIVING = (SessionState.INFUSING, SessionState.PAUSED)
ENDED = (SessionState.DISCHARGED, SessionState.ABORTED)
TEXT_CHARACTERS = 2000
"""Most characters of one text: a longer one is refused, never cut off."""
REASON_CHARACTERS = 300


@part_of_action
def locked(patient: Patient, session: InfusionSession, *states: str) -> InfusionSession:
    """The session as it is now, held until the action is done. Conflict in any other state than these."""
    row = (
        InfusionSession.objects.select_for_update(of=("self",))
        .select_related("plan", "site", "patient__site")
        .get(pk=session.pk)
    )
    if row.patient_id != patient.pk:
        raise Conflict("this session belongs to another patient")
    if states and row.state not in states:
        allowed = " or ".join(state_title(state) for state in states)
        raise Conflict(f"the session is {state_title(row.state)}: this is possible only when it is {allowed}")
    return row


@part_of_action
def add_event(
    session: InfusionSession,
    kind: str,
    by: Staff | None,
    content: Mapping[str, Json] | None = None,
    *,
    at: datetime | None = None,
    amends: SessionEvent | None = None,
    in_error: bool = False,
    reason: str = "",
) -> SessionEvent:
    """Writes one event. Conflict for what is impossible, as a time in the future or a stop before the start."""
    now = timezone.now()
    stored = {name: value for name, value in (content or {}).items() if value not in (None, "")}
    _check_content(stored, reason)
    if at is not None:
        check_time(session, at, now)
    event = SessionEvent.objects.create(
        session=session,
        at=at or now,
        recorded_at=now,
        kind=kind,
        content=stored,
        by=by.user if by else None,
        by_name=by.name if by else "raised by the clinic",
        amends=amends,
        in_error=in_error,
        reason=reason.strip(),
    )
    if kind in KINDS:
        _check_course(session)
    count_up(session)
    return event


def _check_content(content: Mapping[str, Json], reason: str) -> None:
    """Conflict for a text too long or unstorable, and for a value that is not a number."""
    texts = [value for value in content.values() if isinstance(value, str)]
    for text, limit in ((reason, REASON_CHARACTERS), *((text, TEXT_CHARACTERS) for text in texts)):
        if len(text.strip()) > limit:
            raise Conflict(
                f"the text has {len(text)} characters; at most {limit} can be saved: shorten it; nothing was charted"
            )
        if "\0" in text:
            raise Conflict("the text contains a character that cannot be saved: type it again")
    if not all(math.isfinite(value) for value in content.values() if isinstance(value, float)):
        raise Conflict("a value is not a number: nothing was charted")


def _check_course(session: InfusionSession) -> None:
    """Conflict when the infusion, as it is charted now, cannot have happened in that order."""
    rows = times.events_of(session)
    out_of_order = out_of_turn(
        event for event in translate.watched_events(rows) if event.kind in (*KINDS, EventKind.LEAVE)
    )
    if out_of_order is not None:
        event, phase = out_of_order
        raise Conflict(
            f"«{event_title(event.kind)}» at {event.at.astimezone(session.site.zone):%H:%M:%S} is not possible: "
            f"according to the chart, the session was in «{phase}» then; check the times"
        )


@part_of_action
def check_event(kind: str, at: datetime, by: Staff, content: Mapping[str, Json]) -> None:
    """SessionError or Conflict for an event that the library refuses, and for an implausible baseline value."""
    event = translate.event(kind, at, by.name, content)
    if (
        event.kind == EventKind.BASELINE
        and event.value is not None
        and sign(event.of).state_of(event.value) != ReadingState.VALUE
    ):
        raise Conflict(f"{sign(event.of).says(event.value)} is outside the plausible range: measure again")


@part_of_action
def chart(
    session: InfusionSession, kind: str, by: Staff, content: Mapping[str, Json], moment: Moment = NOW
) -> SessionEvent:
    """Checks the event against the library's, writes it and its audit event; marked where it is charted later."""
    if kind in translate.WATCHED_KINDS:
        check_event(kind, moment.at or timezone.now(), by, content)
    event = chart_at(session, kind, by, content, moment)
    audit_event(by, f"session.{kind}", patient=session.patient, session=session.pk, event=event.pk)
    return event


@part_of_action
def chart_at(
    session: InfusionSession, kind: str, by: Staff, content: Mapping[str, Json], moment: Moment
) -> SessionEvent:
    """Writes one event at its moment, marked where it is charted later; who calls it leaves the audit event."""
    return add_event(session, kind, by, {**content, **moment.content(timezone.now())}, at=moment.at)


@part_of_action
def second_person(by: Staff, patient: Patient, confirmed: Confirmed | None) -> str:
    """The name of the second person, who confirmed with their own password. Conflict without one."""
    if not isinstance(confirmed, Confirmed) or confirmed.user.pk == by.user.pk:
        raise Conflict("two people are required: a second person must check it and confirm with their own password")
    if not access.may(access.staff(confirmed.user), "run-session", patient):
        raise Conflict(f"{confirmed.user.name} has no role in the care of this patient")
    return confirmed.user.name


@part_of_action
def check_time(session: InfusionSession, at: datetime, now: datetime) -> None:
    """Conflict for a time in the future or long before the session."""
    if at > now:
        raise Conflict(f"{_clock(session, at)} is in the future: enter when it happened")
    if at < session.scheduled_at - EARLIEST:
        raise Conflict(f"{_clock(session, at)} is long before this session: enter when it happened")


@part_of_action
def count_up(session: InfusionSession) -> None:
    """Counts up the number by which screens see that something changed."""
    InfusionSession.objects.filter(pk=session.pk).update(changed=F("changed") + 1)


@part_of_action
def opens(passage: Passage) -> bool:
    """True, or Conflict with every refusal of the gate."""
    if not passage.opens:
        raise Conflict(" · ".join(f"{refusal.title}: {refusal.why}" for refusal in passage.refusals))
    return True


@part_of_action
def save(row: InfusionSession, *fields: str) -> None:
    """Conflict when another session was put into the bed at the same moment."""
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError:
        raise Conflict(f"bed {row.bed} is in use by another session: choose another bed") from None


@part_of_action
def move_to_state(row: InfusionSession, to: str, by: Staff, met: Mapping[str, bool | None], **details: str) -> None:
    """Moves the session to another state, along the library's table only."""
    roles = access.roles_at(by, row.site_id) or ("",)
    who = next((move.who for move in moves(SessionState(row.state)) if move.to == to), ())
    judgement = may_move(row.state, to, next((role for role in roles if role in who), roles[0]), met)
    if judgement.holds is not True:
        raise Conflict("; ".join(judgement.because))
    before, row.state = row.state, to
    if to in ENDED:
        row.ended_at = timezone.now()
    save(row, "state", "ended_at", "bed")
    add_event(row, ClinicEvent.MOVED, by, {"from": before, "to": to, **details})


@part_of_action
def day_of(row: InfusionSession) -> date:
    """Today's date at the site of the session."""
    return timezone.now().astimezone(row.site.zone).date()


def _clock(session: InfusionSession, at: datetime) -> str:
    local = at.astimezone(session.site.zone)
    return f"{record.short_day(local)} {local:%H:%M}"
