"""Small FHIR R4 resources of people who do not exist, for tests."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from unwound import exchange
from unwound.exchange.fhir import Import, read_bundle
from unwound.patient import Trial
from unwound.record import UnwoundError

Json = dict[str, Any]
AS_OF = date(2026, 11, 21)
EXAMPLE = Path(exchange.__file__).parents[1] / "examples" / "nerve_injury_after_thoracotomy.json"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
ICD11 = "http://id.who.int/icd/release/11/mms"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def resource(kind: str, id: str = "1", **fields: Any) -> Json:
    return {"resourceType": kind, "id": id, **fields}


def person(**fields: Any) -> Json:
    return resource("Patient", "p", **{"gender": "female", "birthDate": "1980-05-05", **fields})


def concept(system: str, code: str, display: str = "") -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def state(kind: str, code: str) -> Json:
    return concept(f"http://terminology.hl7.org/CodeSystem/condition-{kind}", code)


def condition(system: str, code: str, clinical: str = "active", sure: str = "confirmed", **fields: Any) -> Json:
    return resource(
        "Condition",
        clinicalStatus=state("clinical", clinical),
        verificationStatus=state("ver-status", sure),
        code=concept(system, code),
        **fields,
    )


def observation(
    code: str, value: object = None, unit: str | None = None, on: str = "2026-11-01", **fields: Any
) -> Json:
    if value is not None:
        fields["valueQuantity"] = {"value": value} | ({"unit": unit} if unit is not None else {})
    return resource("Observation", status="final", code=concept(LOINC, code), effectiveDateTime=on, **fields)


def repeat(frequency: float, period: float = 1, unit: str = "d", **more: Any) -> Json:
    return {"repeat": {"frequency": frequency, "period": period, "periodUnit": unit, **more}}


def dosage(value: float, unit: str | None, timing: Json, **more: Any) -> Json:
    quantity = {"value": value} | ({"unit": unit} if unit is not None else {})
    return {"timing": timing, "doseAndRate": [{"doseQuantity": quantity}], **more}


def request(medicine: str = "gabapentin 300 MG Oral Capsule", status: str = "completed", **fields: Any) -> Json:
    return resource(
        "MedicationRequest", status=status, intent="order", medicationCodeableConcept={"text": medicine}, **fields
    )


def statement(medicine: str = "gabapentin 300 MG Oral Capsule", status: str = "completed", **fields: Any) -> Json:
    return resource("MedicationStatement", status=status, medicationCodeableConcept={"text": medicine}, **fields)


def supply(days: float, repeats: int = 0) -> Json:
    return {"numberOfRepeatsAllowed": repeats, "expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"}}


def bundle(*resources: Json, **fields: Any) -> Json:
    """A bundle of the person and these resources, each with an id of its own."""
    mine = [dict(one) for one in resources]
    if not any(one.get("resourceType") == "Patient" for one in mine):
        mine.insert(0, person())
    for number, one in enumerate(mine):
        if one.get("id") == "1":
            one["id"] = str(number)
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in mine], **fields}


def read(*resources: Json, as_of: date = AS_OF, **fields: Any) -> Import:
    return read_bundle(json.dumps(bundle(*resources, **fields)), "test.json", as_of=as_of)


def trial_of(*resources: Json) -> Trial:
    """The only trial in a bundle of these resources."""
    (trial,) = read(*resources).patient.trials
    return trial


def value(imported: Import, fact: str) -> object:
    return imported.patient.value(fact)


def reasons(imported: Import) -> str:
    return " | ".join(problem.reason for problem in imported.problems)


def refusal(data: bytes | str) -> str:
    with pytest.raises(UnwoundError) as error:
        read_bundle(data, "in/a.json", as_of=AS_OF)
    assert str(error.value).startswith("in/a.json: ")
    return str(error.value)
