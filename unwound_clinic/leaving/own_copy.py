"""A copy of one patient's record for that patient: to be read by people, by any program, and by another clinic."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from unwound import record
from unwound_clinic.leaving import clinical, rows
from unwound_clinic.models import (
    Alarm,
    AskingEvent,
    BreakGlass,
    ConsentOffer,
    Draft,
    FollowUp,
    Incoming,
    IntakeLink,
    Message,
    Patient,
    PatientMerge,
    SessionEvent,
    VitalReading,
)
from unwound_clinic.record import retention

NOT_IN_IT: Mapping[type[Model], str] = {
    IntakeLink: "links to forms",
    ConsentOffer: "links to consents; what was signed is there",
    FollowUp: "links to diaries; the answers are there",
    Draft: "forms and letters that nobody finished",
    Incoming: "outside records that were not imported",
    PatientMerge: "which numbers the record once had",
    BreakGlass: "who looked in an emergency: ask the clinic for the list of who saw the record",
    Alarm: "notes of the clinic on what was urgent; the answers behind them are there",
}
"""What does not go with a copy, and why: keys of links, drafts, and what is about the clinic's own work."""
README = """This is a copy of your record, made on {day} for {name}.

letters/      the letters about you, as PDF
record.json   what is written in your record, for another clinic's computer (HL7 FHIR R4)
rows/         everything the clinic stored about you, one file for each kind, one entry a line (JSON)

Not in it: {left_out}.

Ask the clinic if you do not understand something, or if something is wrong: you can ask for it to be corrected.
Keep this file where only you can open it: it holds everything.
"""


def archive(patient: Patient, at: datetime) -> bytes:
    """The copy as a ZIP file."""
    holds = io.BytesIO()
    with zipfile.ZipFile(holds, "w", zipfile.ZIP_DEFLATED) as file:
        left_out = "; ".join(NOT_IN_IT.values())
        day = at.astimezone(patient.site.zone)
        file.writestr("README.txt", README.format(day=record.long_day(day), name=patient.full_name, left_out=left_out))
        entries = [{"resource": resource} for resource in clinical.of_patient(patient, at)]
        bundle = {"resourceType": "Bundle", "type": "collection", "timestamp": at.isoformat(), "entry": entries}
        file.writestr("record.json", json.dumps(bundle, ensure_ascii=False, indent=1))
        for letter in patient.letters.order_by("pk").iterator(chunk_size=10):
            name = f"letters/{letter.written_at.astimezone(patient.site.zone):%Y-%m-%d}-{letter.kind}-{letter.pk}.pdf"
            file.writestr(name, bytes(letter.pdf))
        for queryset in _rows(patient):
            lines = [
                rows.line(queryset.model, row) for row in queryset.values_list(*_columns(queryset.model)).iterator(500)
            ]
            if lines:
                file.writestr(f"rows/{queryset.model._meta.model_name}.ndjson", "\n".join(lines) + "\n")
    return holds.getvalue()


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in rows.fields(model)]


def _rows(patient: Patient) -> Iterator[QuerySet[Any]]:
    """Every row about the patient: of every kind that names one, also kinds that are added later."""
    yield Patient.objects.filter(pk=patient.pk)
    for model, name in retention.of_patients():
        if model not in NOT_IN_IT:
            yield model._default_manager.filter(**{name: patient}).order_by("pk")
    yield SessionEvent.objects.filter(session__patient=patient).order_by("pk")
    yield VitalReading.objects.filter(session__patient=patient).order_by("pk")
    yield AskingEvent.objects.filter(asking__patient=patient).order_by("pk")
    # A message of a monitor may hold readings of others as well: only one that is of this patient's session alone.
    alone = Message.objects.filter(session__patient=patient)
    yield (
        alone.exclude(readings__session__isnull=False, readings__session__patient__lt=patient.pk)
        .exclude(readings__session__patient__gt=patient.pk)
        .order_by("pk")
    )
