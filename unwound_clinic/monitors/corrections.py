"""What devices took back or replaced: the earlier value is voided in the session, and both stay, marked.

A correction also meets what is assigned to a session later, and a repeat of the value that it voided.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from unwound_clinic.core.access import Actor
from unwound_clinic.core.action import audit_event, part_of_action
from unwound_clinic.models import Correction, InfusionSession, VitalReading
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session.actions.events import add_event, locked


@part_of_action
def apply(by: Actor, sessions: Iterable[int], *, assigned: bool = False) -> int:
    """Voids what the corrections of these sessions are about; the number of readings that were voided.

    What arrives is held against the corrections that arrived for the same session; what is `assigned` against all of
    its senders.
    """
    wanted, number = set(sessions), 0
    if not assigned:
        wanted = set(Correction.objects.filter(message__session__in=wanted).values_list("message__session", flat=True))
    for pk in sorted(wanted):
        waiting = _of_session(pk)
        if waiting:
            row = InfusionSession.objects.select_related("patient").get(pk=pk)
            number += sum(_void(by, locked(row.patient, row), correction) for correction in waiting)
    return number


def _of_session(pk: int) -> list[Correction]:
    """The corrections by senders of this session that are of its time: few, and mostly none."""
    senders = VitalReading.objects.filter(session_id=pk).exclude(message=None).values("message__sender").distinct()
    span = VitalReading.objects.filter(session_id=pk).order_by("at").values_list("at", flat=True)
    first, last = span.first(), span.last()
    corrections = Correction.objects.filter(message__sender__in=senders, message__site__sessions=pk)
    timely = Q(at__gte=first, at__lte=last) | Q(ref__gt="")
    return list(corrections.filter(timely).select_related("message").order_by("id")) if first else []


def _void(by: Actor, row: InfusionSession, correction: Correction) -> int:
    rows = _about(row, correction)
    found_rows = list(rows.order_by("id"))
    if not found_rows:
        return 0
    says = f"corrected by the device: {correction.value} instead" if correction.replaces else "retracted by the device"
    content = {"reading": found_rows[0].pk, "of": correction.sign, "value": found_rows[0].value, "reason": says}
    event = add_event(row, ClinicEvent.READING_IN_ERROR, None, content)
    number = VitalReading.objects.filter(pk__in=[reading.pk for reading in found_rows]).update(taken_back=event)
    if correction.event_id is None:
        Correction.objects.filter(pk=correction.pk).update(event=event)
    audit_event(by, "readings.corrected", patient=row.patient, session=row.pk, event=event.pk, readings=number)
    return number


def _about(row: InfusionSession, correction: Correction) -> QuerySet[VitalReading]:
    """The readings it is about: of the same sender, probe and time, or id; sent before it, or the voided value again.

    One that a person reinstated is left alone: it has its voiding still, which no longer holds.
    """
    own = VitalReading.objects.filter(session=row, message__sender=correction.message.sender, sign=correction.sign)
    here = Q(source=correction.source, at=correction.at)
    same = own.filter(here | Q(ref=correction.ref) if correction.ref else here)
    voided = same.filter(taken_back__isnull=False).values("value")
    open_rows = same.filter(taken_back=None).exclude(message=correction.message)
    return open_rows.filter(Q(message_id__lt=correction.message_id) | Q(value__in=voided))
