"""One run of the timer: what is due is sent, what is over is closed. It may be killed anywhere and run again."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from unwound import follow_up
from unwound.follow_up import Channel, Step, What
from unwound_clinic.core import access, log_lines
from unwound_clinic.core.access import Program
from unwound_clinic.core.action import Conflict
from unwound_clinic.follow_up import course, died, ends, messages, schedule
from unwound_clinic.follow_up.actions import agreement, asking
from unwound_clinic.follow_up.actions import ends as calculated
from unwound_clinic.models import Asking, AskingEvent, FollowUp

TIMER = Program("asking by the timer")
LAST_RUN = "asked-last"
"""A file in the clinic's folder whose time is that of the last whole run."""
LATE = timedelta(hours=26)
DIGITS = 8
"""Of a telephone number, from its end: what tells people apart."""


def run() -> Counter[str]:
    """Asks, reminds and closes what is due now; how often each was done, and whom to call."""
    done: Counter[str] = Counter()
    _end_of_the_dead()
    for row in schedule.active():
        try:
            _one_patient(row, done)
        except Exception as error:  # one record that cannot be read keeps nobody else from being asked
            done["failed"] += 1
            log_lines.say(f"asking follow-up {row.pk}: {type(error).__name__}")
    _calculate(done)
    (settings.DATA / LAST_RUN).touch()
    return done


def _end_of_the_dead() -> None:
    """Of deaths that ended no asking where they were recorded: before this was so, or in a record that was merged."""
    for row in died.still_asked().select_related("patient"):
        agreement.close(by=TIMER, patient=row.patient, follow_up=row, why=What.DIED)


def _calculate(done: Counter[str]) -> None:
    """What came of each course, where something is new: the page that counts thousands calculates nothing."""
    now = timezone.now()
    for patient in ends.due(now):
        day = now.astimezone(patient.site.zone).date()
        try:
            done["outcomes"] += calculated.calculate(by=TIMER, patient=patient, day=day, now=now)
        except Exception as error:  # one record that cannot be read keeps no other from being counted
            done["failed"] += 1
            log_lines.say(f"outcome of patient {patient.pk}: {type(error).__name__}")


def is_late(now: datetime) -> bool:
    """Whether somebody is to be asked and the timer has not run for more than a day."""
    if not any(True for _ in schedule.active()):
        return False
    try:
        last = datetime.fromtimestamp((settings.DATA / LAST_RUN).stat().st_mtime, now.tzinfo)
    except OSError:
        return True
    return now - last > LATE


def came_back(ids: tuple[str, ...]) -> int:
    """Notes for each of our messages of these numbers that it came back; how many there are."""
    events = list(
        AskingEvent.objects.filter(message_id__in=ids).exclude(message_id="").select_related("asking__patient")
    )
    for event in events:
        asking.bounced(by=TIMER, patient=event.asking.patient, event=event)
    return len(events)


def stop_number(number: str) -> int:
    """Ends the asking by text message of everybody with this number; how many there were.

    Gateways write a number with its country, people without: the last digits decide.
    """
    last = _last_digits(number)
    rows = [row for row in schedule.active() if row.channel == Channel.SMS and _last_digits(row.patient.phone) == last]
    for row in rows if len(last) == DIGITS else ():
        agreement.stop(by=access.patient_link(row), patient=row.patient, follow_up=row)
    return len(rows) if len(last) == DIGITS else 0


def _last_digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))[-DIGITS:]


def _one_patient(row: FollowUp, done: Counter[str]) -> None:
    # A new course ends the asking about the old one, and days that are still to come are left alone.
    now = timezone.now()
    today = now.astimezone(row.patient.site.zone).date()
    if not _something_is_due(row, today, now):
        done[Step.CALL] += sum(follow_up.on_call_list(schedule.asked(row, here), now) for here in _open(row))
        return
    last = course.last_infusion(row.plan)
    if last is not None and course.another_began(row.plan, last):
        agreement.close(by=TIMER, patient=row.patient, follow_up=row, why="new-course")
        return
    kept = {here.day: here for here in row.askings.all()}
    for day in schedule.days(row):
        if day.on > today:
            break
        here = kept.get(day.number) or asking.begin(by=TIMER, patient=row.patient, follow_up=row, day=day)
        if here.open:
            _one_asking(row, here, now, done)


def _something_is_due(row: FollowUp, today: date, now: datetime) -> bool:
    """Whether anything but a call may be due, from what is at hand: most patients of most runs are let alone."""
    kept = list(row.askings.all())
    if not kept:
        return True
    newest = max(kept, key=lambda here: here.day)
    first = newest.on - timedelta(days=newest.day)
    if any(day.number > newest.day and day.on <= today for day in follow_up.schedule(first)):
        return True
    steps = {follow_up.next_step(schedule.asked(row, here), now) for here in _open(row)}
    return bool(steps - {None, Step.CALL})


def _open(row: FollowUp) -> list[Asking]:
    return [here for here in row.askings.all() if here.open]


def _one_asking(row: FollowUp, here: Asking, now: datetime, done: Counter[str]) -> None:
    step = follow_up.next_step(schedule.asked(row, here), now)
    if step == Step.LAPSE:
        asking.lapse(by=TIMER, patient=row.patient, asking=here)
    elif step in asking.SENDS:
        step = Step(step) if _sent(row, here, Step(step), now) else None
    if step is not None:
        done[step] += 1


def _sent(row: FollowUp, here: Asking, step: Step, now: datetime) -> bool:
    """Whether a message went out; it is written down first, so that a run that is killed here sends nothing again."""
    try:
        event = asking.claim(by=TIMER, patient=row.patient, asking=here, step=step, now=now)
    except (IntegrityError, Conflict):  # another run does it, or it was answered a moment ago
        return False
    try:
        messages.send(messages.Message(row, event.to, event.message_id))
    except messages.NotTaken as why:
        asking.not_taken(by=TIMER, patient=row.patient, event=event, why=str(why), for_good=why.for_good)
        return False
    except Exception as error:  # nobody knows whether it went out: it is not sent again, the next step follows
        log_lines.say(f"message of follow-up {row.pk}: {type(error).__name__}, perhaps not sent")
        return False
    asking.taken(by=TIMER, patient=row.patient, event=event)
    return True
