"""Askings: a message is written down before it is sent, so that none is sent twice whatever happens in between."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from unwound import follow_up as rules
from unwound.follow_up import Day, Step, What
from unwound_clinic.core import access
from unwound_clinic.core.access import Actor, Program
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.follow_up import messages, schedule
from unwound_clinic.models import Asking, AskingEvent, FollowUp, Patient

SENDS = {Step.ASK: What.ASKED, Step.REMIND: What.REMINDED}


@part_of_action
def note(by: Actor, asking: Asking, what: What, words: str = "") -> AskingEvent:
    """Within an action: something happened to an asking; one that is over is closed."""
    number = asking.events.filter(what=what).count()
    event = AskingEvent.objects.create(
        asking=asking, what=what, number=number, at=timezone.now(), by=access.account(by), by_name=by.name,
        note=words[:300],
    )  # fmt: skip
    _close_where_over(asking)
    return event


@action("ask-patients")
def begin(*, by: Program, patient: Patient, follow_up: FollowUp, day: Day) -> Asking:
    """A day of asking has come."""
    asking, made = Asking.objects.get_or_create(
        follow_up=follow_up, day=day.number, defaults={"patient": patient, "on": day.on}
    )
    audit_event(by, "follow-up.day", patient=patient, day=day.number, new=made)
    return asking


@action("ask-patients")
def lapse(*, by: Program, patient: Patient, asking: Asking) -> None:
    """It is over without an answer."""
    row = Asking.objects.select_for_update().get(pk=asking.pk)
    if row.open:
        note(by, row, What.LAPSED)
    audit_event(by, "follow-up.lapse", patient=patient, day=row.day)


@action("ask-patients")
def claim(*, by: Program, patient: Patient, asking: Asking, step: Step, now: datetime) -> AskingEvent:
    """Writes down that a message is sent, before it is. Conflict where that is not due any more."""
    follow_up = (
        FollowUp.objects.select_for_update(of=("self",)).select_related("patient__site").get(pk=asking.follow_up_id)
    )
    row = Asking.objects.select_for_update().get(pk=asking.pk)
    if follow_up.ended_at is not None or rules.next_step(schedule.asked(follow_up, row), now) != step:
        raise Conflict("this is not due any more")
    what = SENDS[step]
    event = AskingEvent.objects.create(
        asking=row, what=what, number=row.events.filter(what=what).count(), at=now, by_name=by.name,
        to=schedule.to(follow_up), message_id=messages.new_id(),
    )  # fmt: skip
    audit_event(by, f"follow-up.{what}", patient=patient, day=row.day)
    return event


@action("ask-patients")
def taken(*, by: Program, patient: Patient, event: AskingEvent) -> None:
    """The message was taken by the server."""
    event.sent_at = timezone.now()
    event.save(update_fields=["sent_at"])
    audit_event(by, "follow-up.sent", patient=patient, day=event.asking.day)


@action("ask-patients")
def not_taken(*, by: Program, patient: Patient, event: AskingEvent, why: str, for_good: bool) -> None:
    """The message was certainly not taken: for now, then it is sent by the next run; or for good."""
    asking = event.asking
    if for_good:
        _came_back(by, event, why)
    else:
        event.delete()
    audit_event(by, "follow-up.not-sent", patient=patient, day=asking.day, why=why, for_good=for_good)


@action("ask-patients")
def bounced(*, by: Program, patient: Patient, event: AskingEvent) -> None:
    """A message came back: nothing more is sent to that address, and the patient is called."""
    _came_back(by, event, "came back")
    audit_event(by, "follow-up.bounced", patient=patient, day=event.asking.day)


def _came_back(by: Actor, event: AskingEvent, why: str) -> None:
    asking = Asking.objects.select_for_update().get(pk=event.asking_id)
    if not asking.events.filter(what=What.BOUNCED).exists():
        note(by, asking, What.BOUNCED, why)
    FollowUp.objects.filter(pk=asking.follow_up_id).update(unreachable=event.to)


def _close_where_over(asking: Asking) -> None:
    over = asking.standing.over is not None
    if over == asking.open:
        asking.open = not over
        asking.save(update_fields=["open"])
