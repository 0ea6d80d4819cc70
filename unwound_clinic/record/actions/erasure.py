"""A record erased for good, by two people: what goes, what the law lets nobody erase, and what is said of both.

What stays: the patient's number, without a name; the log, in which nothing but who, when and what kind of act is left
of this patient; the controlled drugs of each session, by lot, with the session and order they belong to, emptied.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from django.db.models import F, ForeignKey, Model, Q, QuerySet
from django.utils import timezone

from unwound_clinic.core import access, audit, seals
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import (
    AuditEvent,
    Decision,
    Draft,
    InfusionSession,
    Message,
    Patient,
    Plan,
    Quarantined,
    SessionEvent,
    SessionPast,
    Stage,
    VitalReading,
)
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record import erasable, retention

NAME = "(erased)"
Gone = Mapping[type[Model], set[int]]


@action("erase-patient")
def erase(*, by: Staff, patient: Patient, second: Confirmed, reason: str, ground: str = "") -> None:
    """Erases everything about a patient but what has to stay. Conflict with each reason that speaks against it.

    `ground` is why the law asks for it before the time of the site's rule.
    """
    _check_two(by, patient, second)
    patient = Patient.objects.select_for_update(of=("self",)).select_related("site").get(pk=patient.pk)
    if patient.erased_at or patient.merged_into_id:
        raise Conflict("this record was erased, or leads to another one: there is nothing to erase")
    if reasons := erasable.against(patient):
        raise Conflict("this record is not erased. " + " ".join(reasons))
    early = erasable.too_early(patient, timezone.now().astimezone(patient.site.zone).date())
    if not reason.strip() or (early and not ground.strip()):
        raise Conflict("give the reason" if not reason.strip() else f"{early} Enter the legal basis for doing so now")
    people = erasable.records(patient)
    gone = _delete(people)
    redacted = audit.redact(_events_to_empty(people, gone))
    audit_event(
        by, "patient.erase", patient=patient, second=second.user.name, reason=reason.strip(),
        before_its_time=ground.strip() if early else "no", records=" ".join(str(row.pk) for row in people),
        rows=sum(map(len, gone.values())), stays="; ".join(erasable.STAYS), emptied=json.dumps(redacted),
    )  # fmt: skip


def _check_two(by: Staff, patient: Patient, second: Confirmed) -> None:
    if not isinstance(second, Confirmed):
        raise Conflict("two people are needed: the second one enters their own password")
    if second.user == by.user:
        raise Conflict("the second person has to be somebody else")
    access.check(access.staff(second.user), "see-medical-record", patient)


def _delete(people: list[Patient]) -> Gone:
    """Deletes or empties every row, and says which sealed rows no longer are what was written."""
    sessions = InfusionSession.objects.filter(patient__in=people)
    kept = _of_controlled_drugs(sessions)
    with_drugs = sessions.filter(pk__in=kept.values("session"))
    orders = Plan.objects.filter(pk__in=with_drugs.values("plan"))
    decisions = Decision.objects.filter(pk__in=orders.values("decision"))
    stay: dict[type[Model], set[int]] = {
        model: set(rows.values_list("pk", flat=True))
        for model, rows in ((InfusionSession, with_drugs), (Plan, orders), (Decision, decisions), (SessionEvent, kept))
    }
    gone: dict[type[Model], set[int]] = {}
    _empty_messages(sessions)
    _drop(VitalReading.objects.filter(session__in=sessions), gone)
    _drop(SessionPast.objects.filter(session__in=sessions), gone)
    sessions.update(rewound=F("rewound") + 1)  # what a process remembers of them is not used any more
    _drop(SessionEvent.objects.filter(session__in=sessions).exclude(pk__in=stay[SessionEvent]), gone)
    for model, name in retention.of_patients():
        rows = model._default_manager.filter(**{f"{name}__in": people}).exclude(pk__in=stay.get(model, ()))
        _drop_below(model, rows, gone)
        _drop(rows, gone)
    Plan.objects.filter(pk__in=stay[Plan]).update(shown={}, note="", check_note="", change_reason="", despite=[])
    Decision.objects.filter(pk__in=stay[Decision]).update(known={}, shown={}, override_reason="", note="")
    gone.setdefault(Decision, set()).update(stay[Decision])
    _forget(people, stay[InfusionSession] | gone.get(InfusionSession, set()))
    return gone


def _of_controlled_drugs(sessions: QuerySet[InfusionSession]) -> QuerySet[SessionEvent]:
    """Events on controlled drugs, and what amends them."""
    drug = Q(kind=ClinicEvent.DRUG) | Q(amends__kind=ClinicEvent.DRUG)
    return SessionEvent.objects.filter(drug, session__in=sessions)


def _empty_messages(sessions: QuerySet[InfusionSession]) -> None:
    """What monitors sent for these sessions: their messages hold names; readings of others stay where they are."""
    rows = Message.objects.filter(Q(session__in=sessions) | Q(readings__session__in=sessions)).distinct()
    numbers = list(rows.values_list("pk", flat=True))
    Quarantined.objects.filter(message__in=numbers).update(text=NAME, what="", seen_note="")
    for number in numbers:
        raw = f"erased {number}".encode()
        Message.objects.filter(pk=number).update(
            raw=raw, digest=hashlib.sha256(raw).hexdigest(), patient_ids=[], reason="erased", session=None
        )


def _drop(rows: QuerySet[Model], gone: dict[type[Model], set[int]]) -> None:
    numbers = set(rows.values_list("pk", flat=True))
    gone.setdefault(rows.model, set()).update(numbers)
    rows.model._base_manager.filter(pk__in=numbers)._raw_delete(rows.db)


def _drop_below(model: type[Model], rows: QuerySet[Model], gone: dict[type[Model], set[int]]) -> None:
    """Rows that cannot be without these, of kinds that do not name a patient themselves."""
    named = {kind for kind, _ in retention.of_patients()} | {SessionEvent, VitalReading, Message}
    for relation in model._meta.related_objects:
        child, field = relation.related_model, relation.field
        if isinstance(field, ForeignKey) and not field.null and child not in named and isinstance(child, type):
            below = child._default_manager.filter(**{f"{field.name}__in": rows.values("pk")})
            _drop_below(child, below, gone)
            _drop(below, gone)


def _forget(people: list[Patient], sessions: Iterable[int]) -> None:
    """The persons become numbers, and what somebody had begun to type about them goes."""
    now = timezone.now()
    for row in people:
        row.family_name, row.given_name, row.number, row.birth_date, row.sex = NAME, "", "", None, ""
        row.phone, row.email, row.team, row.due_on, row.due_what = "", "", "", None, ""
        row.stage, row.erased_at = Stage.DECLINED, now
        row.save()
        Draft.objects.filter(key__contains=f"/patients/{row.pk}/").delete()
    for number in sessions:
        Draft.objects.filter(key__contains=f"/sessions/{number}/").delete()


def _events_to_empty(people: list[Patient], gone: Gone) -> list[AuditEvent]:
    """The events whose details speak of these people, and those that seal a row which is gone.

    What such an event sealed of others is sealed again by the event of the erasure.
    """
    numbers = [row.pk for row in people]
    about = AuditEvent.objects.filter(patient_id__in=numbers).exclude(action__in=("view", "patient.erase"))
    events = {event.pk: event for event in about.exclude(detail={})}
    names = {model._meta.model_name: pks for model, pks in gone.items() if model in seals.FIELDS}
    for event in AuditEvent.objects.filter(detail__has_key=seals.NAME).iterator(chunk_size=2000):
        sealed = {name: seals.numbers(ranges) for name, ranges, _ in event.detail[seals.NAME]}
        if event.pk in events or any(name in names and names[name] & pks for name, pks in sealed.items()):
            events[event.pk] = event
            for name, pks in sealed.items():
                seals.written(seals.MODELS[name]._default_manager.filter(pk__in=pks - names.get(name, set())))
    return list(events.values())
