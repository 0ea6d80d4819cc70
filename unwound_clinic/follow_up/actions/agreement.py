"""That a patient agrees to be asked, and how; who reads the answers; and the end of it."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from unwound.follow_up import Channel, What
from unwound_clinic.core import mail_settings, outside, reachable
from unwound_clinic.core.access import Actor, Program, Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.follow_up import died, links
from unwound_clinic.follow_up.actions import asking
from unwound_clinic.models import FollowUp, Patient, Plan, Reading, Site, hash_of


@action("manage-site")
def say_who_reads(*, by: Staff, site: Site, read_when: str, acts: str) -> None:
    """Who reads the answers of a site's patients, and when. Conflict where one of the two is not said."""
    if not read_when.strip() or not acts.strip():
        raise Conflict("say when answers are read, and who acts on them")
    values = {"read_when": read_when.strip(), "acts": acts.strip(), "changed_at": timezone.now(), "changed_by": by.user}
    Reading.objects.update_or_create(site=site, defaults=values)
    audit_event(by, "follow-up.reading", site=site, read_when=read_when.strip(), acts=acts.strip())


@action("follow-up")
def agree(*, by: Staff, patient: Patient, plan: Plan, channel: str) -> FollowUp:
    """The patient agrees to be asked after this course, in this way, or does not; an agreement before it ends."""
    if plan.patient_id != patient.pk:
        raise Conflict("this course is another patient's")
    if channel not in list(Channel):
        raise Conflict("choose how the patient wants to be asked")
    if channel != Channel.NONE:
        _check_can_be_asked(patient, channel)
    before = FollowUp.objects.select_for_update().filter(patient=patient, ended_at=None).first()
    if before is not None:
        end_now(by, before, "asked-anew")
    nonce = links.nonce()
    row = FollowUp.objects.create(
        patient=patient, plan=plan, channel=channel, agreed_at=timezone.now(), agreed_by=by.user, nonce=nonce,
        token_hash=hash_of(links.token(nonce)),
    )  # fmt: skip
    audit_event(by, "follow-up.agree", patient=patient, follow_up=row.pk, channel=channel)
    return row


def why_nobody_is_asked(site: Site) -> str:
    """What the site has to say before any of its patients is asked; empty where it has."""
    if Reading.objects.filter(site=site).exists():
        return ""
    return (
        "nobody is asked before it is said who reads the answers, and when: an administrator enters it under People, "
        "«Details of the site»"
    )


def _check_can_be_asked(patient: Patient, channel: str) -> None:
    """Conflict with the first thing that is missing for it: a branch for each."""
    reachable.check(patient.site)
    if died.by_event().filter(patient=patient).exists():
        raise Conflict("an adverse event says that the patient died: amend it first, if that is an error")
    if why := why_nobody_is_asked(patient.site):
        raise Conflict(why)
    if patient.birth_date is None:
        raise Conflict("enter the patient's date of birth first: the link asks for it")
    if channel == Channel.EMAIL and not patient.email:
        raise Conflict("enter the patient's e-mail address first")
    if channel in (Channel.SMS, Channel.TELEPHONE) and not patient.phone:
        raise Conflict("enter the patient's telephone number first")
    if channel == Channel.EMAIL and not mail_settings.is_set():
        raise Conflict("no mail server is set: an administrator sees how on the first page")
    if channel == Channel.SMS and not settings.SMS:
        raise Conflict("no command for text messages is set (UNWOUND_SMS)")
    if channel in (Channel.EMAIL, Channel.SMS) and (why := outside.fault(settings.ADDRESS)):
        raise Conflict(f"no link can be sent. {why}")


@action("follow-up")
def end(*, by: Staff, patient: Patient, follow_up: FollowUp, why: str) -> None:
    """The patient wants no more, or has died: nothing is sent any more, and nobody calls."""
    if follow_up.patient_id != patient.pk:
        raise Conflict("this is about another patient")
    if why not in (What.WITHDRAWN, What.DIED):
        raise Conflict("say whether the patient wants no more or has died")
    row = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if row.ended_at is not None and not (why == What.DIED and row.ended_why != What.DIED):
        raise Conflict("it has ended already")
    end_for(by, patient, row, why)


@action("fill-own-diary")
def stop(*, by: Actor, patient: Patient, follow_up: FollowUp) -> None:
    """The patient ends it, by the link or a word; done again it changes nothing."""
    row = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if row.ended_at is None:
        end_now(by, row, What.WITHDRAWN)
    audit_event(by, "follow-up.stop", patient=patient, follow_up=row.pk)


@action("ask-patients")
def close(*, by: Program, patient: Patient, follow_up: FollowUp, why: str) -> None:
    """What the record says ends it: another course began, or the patient died of an adverse event."""
    row = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if row.ended_at is None:
        end_for(by, patient, row, why)


@part_of_action
def end_for(by: Actor, patient: Patient, row: FollowUp, why: str) -> None:
    """Within an action: ends it, and says in the log why."""
    end_now(by, row, why)
    audit_event(by, "follow-up.end", patient=patient, follow_up=row.pk, why=why)


@part_of_action
def end_now(by: Actor, row: FollowUp, why: str) -> None:
    """Within an action: ends it, and every asking that is open."""
    row.ended_at, row.ended_why, row.ended_by = timezone.now(), why, by.name
    row.save(update_fields=["ended_at", "ended_why", "ended_by"])
    what = What(why) if why in (What.WITHDRAWN, What.DIED) else What.LAPSED
    for open_row in row.askings.select_for_update().filter(open=True):
        asking.note(by, open_row, what)
