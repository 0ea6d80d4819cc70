"""Invented records as hospitals export them, made in the test."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from small_clinic import House

from unwound_clinic.models import Patient
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current

Json = dict[str, Any]
SAME = {"name": [{"family": "Testcase", "given": ["One"]}], "birthDate": "1980-05-05", "gender": "female"}
"""Who the first patient of the small clinic is, as a hospital writes it."""
SERVER = "https://hospital.example/fhir"
SNOMED, LOINC, ICD10 = "http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10"
PHQ_9 = {
    "resourceType": "Observation", "id": "item9", "status": "final", "subject": {"reference": "Patient/1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "44260-8"}]}, "valueInteger": 3,
    "effectiveDateTime": f"{date.today() - timedelta(days=3)}",
}  # fmt: skip
MORE = {"type": "searchset", "link": [{"relation": "next", "url": "https://hospital.example/next"}]}
"""The link of a search that has more pages."""


def coded(system: str, code: str, text: str = "") -> Json:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def weight(kilograms: float = 71, on: str = "2026-01-02", id: str = "w") -> Json:
    value = {"value": kilograms, "unit": "kg", "code": "kg", "system": "http://unitsofmeasure.org"}
    return {
        "resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": "Patient/1"},
        "code": coded(LOINC, "29463-7"), "effectiveDateTime": on, "valueQuantity": value,
    }  # fmt: skip


def allergy(substance: str = "penicillin") -> Json:
    return {
        "resourceType": "AllergyIntolerance", "id": f"a-{substance}", "patient": {"reference": "Patient/1"},
        "code": {"text": substance},
    }  # fmt: skip


def diagnosis(code: str, text: str, on: str = "2025-03-01") -> Json:
    return {
        "resourceType": "Condition", "id": f"c-{code}", "subject": {"reference": "Patient/1"}, "onsetDateTime": on,
        "clinicalStatus": {"coding": [{"code": "active"}]}, "code": coded(ICD10, code, text),
    }  # fmt: skip


def course(drug: str = "gabapentin", dose: int = 300, end: str = "2025-06-30", **more: Any) -> Json:
    """A medicine that was taken three times a day."""
    return {
        "resourceType": "MedicationStatement", "id": f"m-{drug}", "subject": {"reference": "Patient/1"},
        "status": "completed" if end else "active", "medicationCodeableConcept": {"text": drug},
        "effectivePeriod": {"start": "2025-01-01", **({"end": end} if end else {})},
        "dosage": [{
            "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": dose, "unit": "mg", "code": "mg"}}],
        }],
        **more,
    }  # fmt: skip


def record(*resources: Json, person: Json | None = None, server: str = SERVER, **envelope: Any) -> bytes:
    """A bundle of one patient; who it is may be said otherwise."""
    everything = ({"resourceType": "Patient", "id": "1", **(SAME if person is None else person)}, *resources)
    entries = [
        {**({"fullUrl": f"{server}/{one['resourceType']}/{one['id']}"} if server else {}), "resource": one}
        for one in everything
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries, **envelope}).encode()


def page_of(house: House, rest: str = "") -> str:
    return f"/patients/{house.patient.pk}/consultation/import/{rest}"


def choose(house: House, *data: bytes, name: str = "record.json", role: str = "nurse") -> Any:
    """The files of one record are chosen."""
    files = [SimpleUploadedFile(name if not n else f"{n}-{name}", one) for n, one in enumerate(data)]
    return house.client(role).post(page_of(house), {"record": files})


def looked_at(house: House, role: str = "nurse") -> str:
    """What is shown of what waits, as text."""
    answer = house.client(role).get(page_of(house, "preview/"))
    assert answer.status_code == 200, answer.get("Location")
    return str(answer.content.decode())


def bring_in(house: House, *data: bytes, name: str = "record.json", role: str = "nurse", **ticked: Any) -> Any:
    """Chosen, looked at, brought in; the answer is the page it leads to."""
    answer = choose(house, *data, name=name, role=role)
    assert answer.status_code == 302, answer.content.decode()
    shown = house.client(role).get(page_of(house, "preview/")).context["preview"].shown
    form = {"answer": "import", "shown": shown, **ticked}
    return house.client(role).post(page_of(house, "preview/"), form, follow=True)


def held(patient: Patient) -> dict[str, Any]:
    return {entry.key: entry.value for entry in current(patient, "fact")}


def trials(house: House) -> list[dict[str, Any]]:
    return [entry.value for entry in current(house.patient, "trial")]


def enter(house: House, *new: New, reason: str = "") -> None:
    entries.enter(by=house.by("physician"), patient=house.patient, entries=new, reason=reason)
