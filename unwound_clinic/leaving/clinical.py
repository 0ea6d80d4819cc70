"""The FHIR part: each patient's facts by the library, and what the clinic did: consents, orders, infusions, letters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from unwound.exchange.fhir.letters import Letter as Sent
from unwound.exchange.fhir.writing import Given, Ordered, Signed, consent, document, infusion, order, resources
from unwound.protocols import protocols
from unwound.record import UnwoundError
from unwound.session.states import SessionState
from unwound_clinic.core.page import today
from unwound_clinic.models import Consent, InfusionSession, Letter, OrderState, Patient, Plan, SessionEvent
from unwound_clinic.record import translate
from unwound_clinic.session.given import ran

_ORDERS = {
    OrderState.ORDERED: "draft",
    OrderState.CHECKED: "active",
    OrderState.REFUSED: "cancelled",
    OrderState.REPLACED: "stopped",
    OrderState.CANCELLED: "cancelled",
    OrderState.DONE: "completed",
}
_SESSIONS = {
    SessionState.SCHEDULED: "preparation",
    SessionState.CHECKED_IN: "preparation",
    SessionState.READY: "preparation",
    SessionState.INFUSING: "in-progress",
    SessionState.PAUSED: "on-hold",
    SessionState.RECOVERING: "in-progress",
    SessionState.DISCHARGED: "completed",
    SessionState.ABORTED: "stopped",
}
"""State of a session -> FHIR's status of a procedure; one that ended before anything ran in was not done."""


def write(folder: Path, at: datetime) -> dict[str, Any]:
    """One file for each type of resource; how many of each there are, and who could not be written and why."""
    folder.mkdir(mode=0o700)
    counts, written, left_out = Counter[str](), 0, list[str]()
    with ExitStack() as files:
        streams: dict[str, IO[str]] = {}
        for patient in patients():
            try:
                made = list(of_patient(patient, at))
            except (UnwoundError, ValueError) as reason:
                left_out.append(f"patient {patient.pk}: {str(reason)[:200]}")
                continue
            written += 1
            for resource in made:
                type = resource["resourceType"]
                if type not in streams:
                    streams[type] = files.enter_context((folder / f"{type}.ndjson").open("w", encoding="utf-8"))
                streams[type].write(json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n")
                counts[type] += 1
    return {"patients": written, "resources": dict(sorted(counts.items())), "not_written": left_out}


def patients() -> Iterator[Patient]:
    """Those of whom there is a record: not the erased, nor the numbers that lead to another record."""
    every = Patient.objects.filter(erased_at=None, merged_into=None).select_related("site").order_by("pk")
    yield from every.iterator(chunk_size=100)


def of_patient(patient: Patient, at: datetime) -> Iterator[dict[str, Any]]:
    """Every resource of one patient, the Patient first."""
    known, id = translate.patient(patient, today(patient.site)), str(patient.pk)
    yield from resources(
        known, id=id, at=at, family=patient.family_name, given=patient.given_name, numbers=(patient.number,)
    )
    now = timezone.now()
    yield from (consent(signed(row, now), id) for row in patient.consents.order_by("pk"))
    yield from (order(ordered(row), id) for row in patient.plans.select_related("ordered_by").order_by("pk"))
    yield from (infusion(given(row, now), id) for row in sessions(patient))
    letters = patient.letters.select_related("written_by", "patient__site").order_by("pk")
    yield from (document(letter(row), str(row.pk), id) for row in letters.iterator(chunk_size=10))


def sessions(patient: Patient) -> QuerySet[InfusionSession]:
    """The sessions of a patient with their orders and events, in the order in which they were made."""
    events = Prefetch("events", queryset=SessionEvent.objects.order_by("pk"))
    return patient.sessions.select_related("plan", "provider").prefetch_related(events).order_by("pk")


def letter(row: Letter) -> Sent:
    """A letter with its PDF as the library writes it."""
    return translate.letter(row, bytes(row.pdf))


def signed(row: Consent, now: datetime) -> Signed:
    """A consent as the library writes it, and whether it stands at that time."""
    return Signed(
        key=str(row.pk),
        protocol=row.protocol,
        text_version=row.text_version,
        text=row.text,
        signed_by=row.signed_name,
        signed_at=row.signed_at.astimezone(UTC),
        until=row.expires_on,
        stands=row.valid_on(now, row.protocol),
    )


def ordered(row: Plan) -> Ordered:
    """An order as the library writes it."""
    course = protocols().get(row.protocol)
    return Ordered(
        key=str(row.pk),
        drug=_drug(course.drug) if course else "ketamine",
        title=course.title if course else row.protocol,
        state=_ORDERS[OrderState(row.state)],
        ordered_by=row.ordered_by.name,
        ordered_at=row.ordered_at.astimezone(UTC),
        directions=f"{row.protocol}, {row.weight_kg:g} kg, {row.concentration_mg_per_ml:g} mg/mL",
    )


def _drug(drug: str) -> str:
    return "esketamine" if drug == "esketamine" else "ketamine"


def given(row: InfusionSession, now: datetime) -> Given:
    """A session as the library writes it: it begins when the infusion did, not at the hour of its appointment."""
    start = ran(row.events.all(), now).start
    return Given(
        key=str(row.pk),
        course=row.plan.protocol,
        day=row.day,
        state="not-done" if row.state == SessionState.ABORTED and not start else _SESSIONS[SessionState(row.state)],
        start=start.astimezone(UTC) if start else None,
        end=row.ended_at.astimezone(UTC) if row.ended_at else None,
        provider=row.provider.name if row.provider else "",
        order=str(row.plan_id),
    )
