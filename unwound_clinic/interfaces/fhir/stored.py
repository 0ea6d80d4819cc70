"""The record of a patient as resources: made when they are asked for, each with the time since when it is so.

A resource changes when an entry of its kind does, or when the record was corrected, merged or taken apart. The
time is that of the last such change, so never earlier than its own: whoever asks for what is new is given too much,
rather than too little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max, Q

from unwound.exchange.fhir import writing
from unwound.exchange.fhir.adverse import adverse_event
from unwound.exchange.fhir.writing import Administered, Logged, administration, logged
from unwound.exchange.fhir.writing.words import BASE, id_of
from unwound.patient import Patient as Known
from unwound.protocols import protocols
from unwound.session.states import SessionState
from unwound_clinic.core.page import today
from unwound_clinic.follow_up import adverse
from unwound_clinic.leaving import clinical
from unwound_clinic.models import AuditEvent, Entry, InfusionSession, Patient, Site
from unwound_clinic.record import translate
from unwound_clinic.session import given

Resource = dict[str, Any]
Made = tuple[str, datetime, Resource]
"""Where it is from (a person and a day), since when it is so, the resource."""

OF_THE_RECORD = (
    "Condition",
    "Observation",
    "AllergyIntolerance",
    "MedicationStatement",
    "QuestionnaireResponse",
    "Procedure",
)
"""Types that the library writes from the facts of a patient."""
_KINDS: Mapping[str, tuple[str, ...]] = {
    "fact": ("fact", "story", "pain"),
    "pain": ("pain",),
    "trial": ("trial", "pain"),
    "medication": ("medication",),
    "allergy": ("allergy",),
    "form": ("answers", "pain"),
    "screened": ("screened",),
}
"""Profile of a resource -> the kinds of entries that it is made from."""
_OVER = (SessionState.DISCHARGED, SessionState.ABORTED)


def patients(site: Site) -> Any:
    """Those of a site of whom there is a record."""
    return Patient.objects.filter(site=site, erased_at=None, merged_into=None).select_related("site").order_by("pk")


def person(row: Patient, changed: datetime | None = None) -> Resource:
    """The Patient alone, without reading the record."""
    known = Known(
        id=str(row.pk),
        name=row.full_name,
        as_of=today(row.site),
        birth_date=row.birth_date,
        sex=row.sex or None,
        jurisdiction=row.site.jurisdiction or None,
    )
    made = writing.person(
        known, str(row.pk), family=row.family_name, given=row.given_name, numbers=(row.number or str(row.pk),)
    )
    for identifier in made["identifier"]:
        identifier["system"] = f"{BASE}/site/{row.site_id}/record-number"
        identifier["assigner"] = {"display": row.site.name}
    return _dated(made, changed or _corrected(row))


def of(
    row: Patient, types: Iterable[str], permitted: Callable[[Resource], bool] = lambda resource: True
) -> list[Resource]:
    """The resources of these types about one patient, in the order of their ids.

    A Provenance names only what is permitted, and there is none of what is not.
    """
    wanted = set(types)
    resources = [person(row)] if "Patient" in wanted else []
    all_types = "Provenance" in wanted
    made = list(_made(row, None if all_types else wanted, with_pdf="DocumentReference" in wanted))
    resources += [
        _dated(resource, _now_or(at, resource)) for _, at, resource in made if resource["resourceType"] in wanted
    ]
    if all_types:
        resources += _provenances(row, [entry for entry in made if permitted(entry[2])])
    if "AuditEvent" in wanted:
        resources += _events(row)
    return sorted(
        resources,
        key=lambda resource: (resource["resourceType"] != "Patient", resource["resourceType"], resource["id"]),
    )


def _provenances(row: Patient, made: Iterable[Made]) -> Iterator[Resource]:
    """One for each origin, of the time of the last that is from there."""
    by_origin: dict[str, list[Made]] = {}
    for entry in made:
        by_origin.setdefault(entry[0], []).append(entry)
    for origin, theirs in by_origin.items():
        newest = max(at for _, at, _ in theirs)
        for written in writing.provenances([(origin, resource) for _, _, resource in theirs], str(row.pk), newest):
            yield _dated({**written, "agent": [{"type": _AUTHOR, **written["agent"][0]}]}, newest)


def _now_or(at: datetime, resource: Resource) -> datetime:
    """What runs in changes while it is looked at."""
    runs = resource["resourceType"] == "MedicationAdministration" and resource["status"] == "in-progress"
    return datetime.now(UTC) if runs else at


_AUTHOR = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "author"}]
}


def _made(row: Patient, wanted: set[str] | None, *, with_pdf: bool) -> Iterator[Made]:
    """Everything about a patient of these types (of all where it is None), with where it is from and since when."""
    floor, id = _corrected(row), str(row.pk)
    if wanted is None or wanted & set(OF_THE_RECORD):
        by_kind = dict(Entry.objects.filter(patient=row).values_list("kind").annotate(Max("at")))
        known = translate.patient(row, today(row.site))
        for origin, resource in writing.clinical(known, id):
            kinds = _KINDS[resource["meta"]["profile"][0].rpartition("/")[2]]
            yield origin, max([floor, *(by_kind[kind] for kind in kinds if kind in by_kind)]), resource
    for type, make in _MAKERS.items():
        if wanted is None or type in wanted:
            yield from make(row, id, floor)
    if wanted is None or "DocumentReference" in wanted:
        yield from _letters(row, id, floor, with_pdf=with_pdf)


def _consents(row: Patient, id: str, floor: datetime) -> Iterator[Made]:
    now = datetime.now(UTC)
    for signed in row.consents.select_related("taken_by").order_by("pk"):
        signed.patient = row
        at = max(when for when in (floor, signed.signed_at, signed.withdrawn_at, signed.ended_at) if when)
        resource = writing.consent(clinical.signed(signed, now), id)
        yield _origin(signed.taken_by.name, signed.signed_at), at, resource


def _orders(row: Patient, id: str, floor: datetime) -> Iterator[Made]:
    for plan in row.plans.select_related("ordered_by").prefetch_related("sessions").order_by("pk"):
        ends = [session.ended_at for session in plan.sessions.all()]
        times = (floor, plan.ordered_at, plan.checked_at, plan.cancelled_at, *ends)
        resource = writing.order(clinical.ordered(plan), id)
        yield _origin(plan.ordered_by.name, plan.ordered_at), max(when for when in times if when), resource


def _infusions(row: Patient, id: str, floor: datetime) -> Iterator[Made]:
    now = datetime.now(UTC)
    for session in clinical.sessions(row):
        provider = session.provider.name if session.provider else ""
        resource = writing.infusion(clinical.given(session, now), id)
        yield _origin(provider, session.scheduled_at), _touched(session, floor), resource


def _administrations(row: Patient, id: str, floor: datetime) -> Iterator[Made]:
    # A session that never ran has no dose to state, and one under way has no end.
    now = datetime.now(UTC)
    for session in clinical.sessions(row):
        events = list(session.events.all())
        total, ran = given.total_mg(events, now), given.ran(events, now)
        if total is None or ran.start is None:
            continue
        ends = ran.stop or session.ended_at
        course = protocols().get(session.plan.protocol)
        provider = session.provider.name if session.provider else ""
        dose = Administered(
            key=str(session.pk),
            drug="esketamine" if course and course.drug == "esketamine" else "ketamine",
            order=str(session.plan_id),
            start=ran.start.astimezone(UTC),
            end=ends.astimezone(UTC) if ends else None,
            under_way=session.state not in _OVER,
            stopped=session.state == SessionState.ABORTED,
            total_mg=total,
            by=provider,
        )
        yield _origin(provider, session.scheduled_at), _touched(session, floor), administration(dose, id)


def _letters(row: Patient, id: str, floor: datetime, *, with_pdf: bool) -> Iterator[Made]:
    letters: Any = row.letters.select_related("written_by").order_by("pk")
    for letter in (letters if with_pdf else letters.defer("pdf", "content")).iterator(chunk_size=10):
        origin, at = _origin(letter.written_by.name, letter.written_at), max(floor, letter.written_at)
        if with_pdf:
            letter.patient = row
            yield origin, at, writing.document(clinical.letter(letter), str(letter.pk), id)
        else:
            yield origin, at, {"resourceType": "DocumentReference", "id": id_of(id, "letter", str(letter.pk))}


def _adverse(row: Patient, id: str, floor: datetime) -> Iterator[Made]:
    for entry, event in adverse.of(row):
        resource = adverse_event(
            event, patient=f"Patient/{id}", id=id_of(id, "adverse", entry.key), recorded_at=entry.at, by=entry.by_name
        )
        yield _origin(entry.by_name, entry.at), max(floor, entry.at), resource


_MAKERS: Mapping[str, Callable[[Patient, str, datetime], Iterator[Made]]] = {
    "Consent": _consents,
    "MedicationRequest": _orders,
    "Procedure": _infusions,
    "MedicationAdministration": _administrations,
    "AdverseEvent": _adverse,
}


def _events(row: Patient) -> Iterator[Resource]:
    rows = AuditEvent.objects.filter(patient_id=row.pk).order_by("number")
    for event in rows.iterator(chunk_size=2000):
        entry = Logged(
            key=str(event.number),
            action=event.action,
            only_looked=event.action.startswith(("view", "fhir.read", "letter.download")),
            at=event.at.astimezone(UTC),
            who=event.who,
            site=row.site.name,
        )
        yield _dated(logged(entry, str(row.pk)), event.at)


def _touched(session: InfusionSession, floor: datetime) -> datetime:
    """When a session last changed: by an event, or when it was made, which is no later than its plan was checked."""
    times = [event.recorded_at for event in session.events.all()]
    return max([floor, session.plan.checked_at or floor, session.ended_at or floor, *times])


def _corrected(row: Patient) -> datetime:
    """When who the patient is last changed: registered, corrected, merged, taken apart."""
    about = Q(patient_id=row.pk, action__startswith="patient.") & ~Q(action="patient.copy")
    last = AuditEvent.objects.filter(about).aggregate(Max("at"))["at__max"]
    return max(row.registered_at, last) if last else row.registered_at


def _origin(name: str, at: datetime) -> str:
    return f"{name}, {at:%Y-%m-%d}" if name else ""


def _dated(resource: Resource, at: datetime) -> Resource:
    written = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return {**resource, "meta": {**resource.get("meta", {}), "lastUpdated": written}}
