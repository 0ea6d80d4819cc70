"""Only this patient: what is about a child, a relative, a group or another server's patient never counts."""

import json
from typing import Any

import pytest
from bundle_builder import AS_OF, ICD10, bundle, condition, observation, person, read, reasons, request, resource

from unwound.exchange.fhir import Import, read_bundle

Json = dict[str, Any]
NUMBER = {"system": "https://clinic/numbers", "value": "4711"}
TESS = person(name=[{"given": ["Tess"], "family": "Testcase99"}], identifier=[NUMBER])
AT_HOME = "https://home.org/fhir"


def weight(**fields: Any) -> Json:
    return observation("29463-7", 3.4, "kg", **fields)


def read_of(*resources: Json, server: str = "") -> Import:
    whole = bundle(TESS, *resources)
    if server:
        whole["entry"][0]["fullUrl"] = f"{server}/Patient/p"
    return read_bundle(json.dumps(whole), "a", as_of=AS_OF)


STRANGERS: dict[str, Json] = {
    "another patient": {"subject": {"reference": "Patient/baby"}},
    "another server's patient of the same number": {"subject": {"reference": "https://b.org/fhir/Patient/p"}},
    "a relative with the patient's number": {"subject": {"reference": "RelatedPerson/p"}},
    "a group": {"subject": {"reference": "Group/p"}},
    "a group, told by its type": {"subject": {"type": "Group", "display": "ward 3"}},
    "a device": {"subject": {"reference": "Device/p"}},
    "a number of somebody else": {"subject": {"identifier": {**NUMBER, "value": "4712"}}},
    "the same number of another system": {"subject": {"identifier": {**NUMBER, "system": "https://other"}}},
    "a name of somebody else": {"subject": {"display": "Baby Testcase"}},
    "a contained relative": {
        "contained": [{"resourceType": "RelatedPerson", "id": "x"}],
        "subject": {"reference": "#x"},
    },
    "a contained patient with another birth date": {
        "contained": [{**TESS, "id": "x", "birthDate": "2026-01-01"}],
        "subject": {"reference": "#x"},
    },
    "a contained patient of whom nothing is known": {
        "contained": [{"resourceType": "Patient", "id": "p"}],
        "subject": {"reference": "#p"},
    },
    "a contained patient that is missing": {"subject": {"reference": "#gone"}},
    "a search for another number": {"subject": {"reference": "Patient?identifier=https://clinic/numbers|4712"}},
    "a focus on the child": {"subject": {"reference": "Patient/p"}, "focus": [{"reference": "Patient/baby"}]},
    "a focus on a relative": {"subject": {"reference": "Patient/p"}, "focus": [{"reference": "RelatedPerson/p"}]},
    "a focus without an address": {"subject": {"reference": "Patient/p"}, "focus": [{"display": "the baby"}]},
    "a focus on a device": {"subject": {"reference": "Patient/p"}, "focus": [{"reference": "Device/1"}]},
    "a place on the fetus": {"bodySite": {"text": "Entire fetus"}},
    "a modifier": {"modifierExtension": [{"url": "https://x/not-the-patients", "valueBoolean": True}]},
    "a modifier deep within": {
        "referenceRange": [{"high": {"value": 1}, "modifierExtension": [{"url": "https://x/other"}]}]
    },
}
OWN: dict[str, Json] = {
    "nobody": {},
    "nobody, and why": {"subject": {"extension": [{"url": "https://x/data-absent-reason", "valueCode": "masked"}]}},
    "the patient": {"subject": {"reference": "Patient/p"}},
    "the patient in a version": {"subject": {"reference": "Patient/p/_history/3"}},
    "the patient's whole address": {"subject": {"reference": f"{AT_HOME}/Patient/p"}},
    "the patient's number": {"subject": {"identifier": NUMBER}},
    "the patient's number without its system": {"subject": {"identifier": {"value": "4711"}}},
    "the patient's name": {"subject": {"display": "Testcase, Tess"}},
    "a search for the patient's number": {"subject": {"reference": "Patient?identifier=https://clinic/numbers|4711"}},
    "a contained copy of the patient": {"contained": [{**TESS, "id": "x"}], "subject": {"reference": "#x"}},
    "a focus on the patient": {"focus": [{"reference": "Patient/p"}]},
    "a focus on an illness of the patient": {"focus": [{"reference": "Condition/1"}]},
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_is_not_the_patients_is_not_used_and_is_said(stranger: str) -> None:
    imported = read_of(weight(**STRANGERS[stranger]), server=AT_HOME)
    assert imported.patient.value("weight_kg") is None
    assert imported.counts["Observation"].unreadable == 1
    assert len(imported.problems) == 1


@pytest.mark.parametrize("own", OWN)
def test_what_is_the_patients_is_used(own: str) -> None:
    imported = read_of(weight(**OWN[own]), server=AT_HOME)
    assert imported.patient.value("weight_kg") == 3.4
    assert imported.problems == ()


@pytest.mark.parametrize("part", [condition(ICD10, "C50.9"), request("gabapentin 300 mg capsule", "active")])
def test_every_kind_of_resource_is_asked_whose_it_is(part: Json) -> None:
    for stranger in ("another patient", "a group", "a modifier", "a number of somebody else"):
        patient = read_of(part | STRANGERS[stranger]).patient
        assert (patient.value("cancer"), patient.medications) == (None, ())
    patient = read_of(part | {"subject": {"reference": "Patient/p"}}).patient
    assert patient.value("cancer") is True or patient.medications


def test_addresses_on_two_servers_are_nobodys_where_the_record_does_not_say_which_is_the_patients() -> None:
    both = [weight(subject={"reference": f"https://{server}/Patient/p"}) for server in ("a.org", "b.org")]
    assert read_of(both[0]).patient.value("weight_kg") == 3.4
    assert read_of(*both).patient.value("weight_kg") is None


@pytest.mark.parametrize("written", ["Birth weight", "Body weight of newborn", "Fetal weight"])
def test_a_weight_that_is_called_a_childs_is_not_the_patients(written: str) -> None:
    one = weight()
    one["code"]["text"] = written
    imported = read(one)
    assert imported.patient.value("weight_kg") is None
    assert "fetus or a newborn" in reasons(imported)


def test_a_modifier_on_the_entry_counts_as_one_on_its_resource() -> None:
    whole = bundle(TESS, weight())
    whole["entry"][1]["modifierExtension"] = [{"url": "https://x/negated"}]
    imported = read_bundle(json.dumps(whole), "a", as_of=AS_OF)
    assert imported.patient.value("weight_kg") is None
    assert "modifierExtension" in reasons(imported)


def test_a_modifier_that_hides_behind_numbers_of_letters_is_seen() -> None:
    written = json.dumps(bundle(TESS, weight(**STRANGERS["a modifier"])))
    hidden = written.replace('"modifierExtension"', '"modifier\\u0045xtension"')
    assert hidden != written
    assert read_bundle(hidden, "a", as_of=AS_OF).patient.value("weight_kg") is None


def test_a_product_or_a_reason_with_a_modifier_is_not_followed() -> None:
    product = resource("Medication", "7", code={"text": "gabapentin 300 mg"}, **STRANGERS["a modifier"])
    order = resource(
        "MedicationRequest", "1", status="active", intent="order", medicationReference={"reference": "Medication/7"}
    )
    imported = read_of(product, order)
    assert imported.patient.medications == ()
    assert "no medicine is named" in reasons(imported)


def test_a_patient_with_a_modifier_is_known_by_its_number_only() -> None:
    imported = read({**TESS, **STRANGERS["a modifier"]}, weight(subject={"reference": "Patient/p"}))
    assert imported.patient.birth_date is None
    assert "modifierExtension" in reasons(imported)
    assert imported.patient.value("weight_kg") == 3.4
