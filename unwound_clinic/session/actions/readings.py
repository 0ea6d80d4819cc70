"""Readings into a session: entered at the bedside, and the checks that every source shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from unwound import record
from unwound.session.states import SessionState
from unwound_clinic.core import seals
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.models import InfusionSession, Patient, VitalReading
from unwound_clinic.session.actions import alerts
from unwound_clinic.session.actions.events import count_up
from unwound_clinic.session.moments import How
from unwound_clinic.session.order import AT_BEDSIDE, EARLIEST

FROM = {How.PAPER: ", from paper", How.WAITED: ", waited for the network"}
"""Why a reading by hand came later than it was read, as it is kept beside what was typed."""


@action("run-session")
def enter_by_hand(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    values: Mapping[str, float],
    at: datetime | None = None,
    how: How = How.LATER,
) -> list[VitalReading]:
    """Readings entered by hand, vital sign -> value in its own unit; Conflict for a time in the future."""
    row, now = begun(patient, session), timezone.now()
    read_at = at or now
    if not values:
        raise Conflict("nothing was entered")
    check_read_at(row, read_at, now)
    stored = chart_by_hand(row, by, values, read_at, how)
    alerts.raise_new(row)
    audit_event(
        by, "readings.by-hand", patient=patient, session=row.pk, readings=", ".join(values), at=read_at.isoformat()
    )
    return stored


@part_of_action
def chart_by_hand(
    session: InfusionSession, by: Staff, values: Mapping[str, float], at: datetime, how: How = How.LATER
) -> list[VitalReading]:
    """Readings entered by hand, already checked; what was typed is kept with why it came later."""
    now = timezone.now()
    why = FROM.get(how, "")
    stored = VitalReading.objects.bulk_create(
        VitalReading(
            session=session, at=at, received_at=now, sign=sign, value=value, as_sent=f"{value:g}{why}", by=by.user
        )
        for sign, value in values.items()
    )
    seals.written(stored)
    count_up(session)
    return stored


@part_of_action
def check_read_at(session: InfusionSession, at: datetime, now: datetime) -> None:
    """Conflict for a reading of the future, or of long before the session."""
    if at > now:
        raise Conflict("this time is in the future: enter when the value was read")
    check_first_time(session, at)


@part_of_action
def begun(patient: Patient, session: InfusionSession) -> InfusionSession:
    """The session as it is now, held until the action is done."""
    row = (
        InfusionSession.objects.select_for_update(of=("self",))
        .select_related("site", "plan", "patient__site")
        .get(pk=session.pk)
    )
    if row.patient_id != patient.pk:
        raise Conflict("this session belongs to another patient")
    if row.state not in (*AT_BEDSIDE, SessionState.DISCHARGED, SessionState.ABORTED):
        raise Conflict("this session has not started: check the patient in first")
    return row


@part_of_action
def check_first_time(session: InfusionSession, first: datetime | None) -> None:
    """Conflict when the first of these readings was taken long before the session."""
    if first is not None and first < session.scheduled_at - EARLIEST:
        local = first.astimezone(session.site.zone)
        raise Conflict(f"some readings date from {record.minute(local)}, long before this session: check the times")


@part_of_action
def count_up_each(sessions: Sequence[int], *, rewound: bool = False) -> None:
    """Counts up the number by which screens see that something changed; `rewound` where older rows came to them."""
    if sessions:
        also = {"rewound": F("rewound") + 1} if rewound else {}
        InfusionSession.objects.filter(pk__in=set(sessions)).update(changed=F("changed") + 1, **also)
