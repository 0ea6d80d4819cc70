"""What every action on a session does: holds the row, writes an event beside it, counts up for the screens.

Parts of actions, never actions of their own: each caller has asked for the permission and leaves the audit event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import F
from django.utils import timezone

from unwound.session import Passage, may_move
from unwound_clinic.access import Actor
from unwound_clinic.actions.door import Conflict
from unwound_clinic.models import InfusionSession, Patient, SessionEvent, VitalReading

Json = Any
Part = TypeVar("Part", bound=Callable[..., Any])

UNDER_WAY = ("checked-in", "ready", "infusing", "paused", "recovering")
GIVING = ("infusing", "paused")
ENDED = ("discharged", "aborted")
EARLIEST = timedelta(days=1)
"""How long before the appointment something of a session may have happened."""
LETTERS = 300


def part(function: Part) -> Part:
    """Marks what only actions call."""
    function.part_of_an_action = True  # type: ignore[attr-defined]
    return function


part(part)


@part
def locked(patient: Patient, session: InfusionSession, *states: str) -> InfusionSession:
    """The session as it is now, held until the action is done. Conflict in any other state than these."""
    found = (
        InfusionSession.objects.select_for_update(of=("self",))
        .select_related("plan", "site", "patient__site")
        .get(pk=session.pk)
    )
    if found.patient_id != patient.pk:
        raise Conflict("this session belongs to another patient")
    if states and found.state not in states:
        allowed = " or ".join(one.replace("-", " ") for one in states)
        raise Conflict(f"the session is {found.state.replace('-', ' ')}: this needs it to be {allowed}")
    return found


@part
def write(
    session: InfusionSession,
    kind: str,
    by: Actor | None,
    content: Mapping[str, Json] | None = None,
    *,
    at: datetime | None = None,
    amends: SessionEvent | None = None,
    in_error: bool = False,
    reason: str = "",
) -> SessionEvent:
    """One more event. Conflict for a time in the future, or long before the appointment: nobody may guess it."""
    now = timezone.now()
    happened = at or now
    check_time(session, happened, now)
    event = SessionEvent.objects.create(
        session=session,
        at=happened,
        recorded_at=now,
        kind=kind,
        content={name: value for name, value in (content or {}).items() if value not in (None, "")},
        by=by.user if by else None,
        by_name=by.name if by else "raised by the clinic",
        amends=amends,
        in_error=in_error,
        reason=reason.strip()[:LETTERS],
    )
    count_up(session)
    return event


@part
def check_time(session: InfusionSession, at: datetime, now: datetime) -> None:
    """Conflict for a time that cannot be."""
    if at > now:
        raise Conflict(f"{_clock(session, at)} lies in the future: enter when it happened")
    if at < session.scheduled_at - EARLIEST:
        raise Conflict(f"{_clock(session, at)} is long before this session: enter when it happened")


@part
def count_up(session: InfusionSession) -> None:
    """Screens that ask for news by the number see that there are some."""
    InfusionSession.objects.filter(pk=session.pk).update(changed=F("changed") + 1)


@part
def chart_by_hand(session: InfusionSession, by: Actor, values: Mapping[str, float], at: datetime) -> list[VitalReading]:
    """Readings that a person made, without a probe; their values are checked before."""
    now = timezone.now()
    made = VitalReading.objects.bulk_create(
        VitalReading(session=session, at=at, received_at=now, sign=sign, value=value, by=by.user)
        for sign, value in values.items()
    )
    count_up(session)
    return made


@part
def opens(passage: Passage) -> bool:
    """True, or Conflict with everything that refuses."""
    if not passage.opens:
        raise Conflict(" · ".join(f"{one.title}: {one.why}" for one in passage.refusals))
    return True


@part
def move(row: InfusionSession, to: str, by: Actor, met: Mapping[str, bool | None], **told: str) -> None:
    """Along the library's table only."""
    judged = may_move(row.state, to, by.roles.get(row.site_id, ""), met)
    if judged.holds is not True:
        raise Conflict("; ".join(judged.because))
    before, row.state = row.state, to
    if to in ENDED:
        row.ended_at = timezone.now()
    row.save(update_fields=["state", "ended_at", "bed"])
    write(row, "moved", by, {"from": before, "to": to, **told})


@part
def day_of(row: InfusionSession) -> date:
    """The day it is where the session is."""
    return timezone.now().astimezone(row.site.zone).date()


def _clock(session: InfusionSession, at: datetime) -> str:
    return f"{at.astimezone(session.site.zone):%-d %b %H:%M}"
