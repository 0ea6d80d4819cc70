"""A patient written as FHIR R4 and read back is the same patient; every resource is valid, and its id stays."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from synthetic_patients import synthetic

from unwound.exchange.fhir import Import, read_bundle
from unwound.exchange.fhir.letters import Letter
from unwound.exchange.fhir.writing import Given, Ordered, Signed, consent, document, infusion, order, resources
from unwound.patient import Fact, Medication, Patient, Trial
from unwound.record import UnwoundError
from unwound.vocabulary import vocabulary

Json = dict[str, Any]
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = date(2026, 11, 1)
FEW, MANY = 50, 1000

REQUIRED = {
    "Observation.status": "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "Condition.clinicalStatus": "active recurrence relapse inactive remission resolved",
    "Condition.verificationStatus": "unconfirmed provisional differential confirmed refuted entered-in-error",
    "AllergyIntolerance.clinicalStatus": "active inactive resolved",
    "AllergyIntolerance.verificationStatus": "unconfirmed confirmed refuted entered-in-error",
    "MedicationStatement.status": "active completed entered-in-error intended stopped on-hold unknown not-taken",
    "Procedure.status": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    "QuestionnaireResponse.status": "in-progress completed amended entered-in-error stopped",
    "MedicationRequest.status": "active on-hold cancelled completed entered-in-error stopped draft unknown",
    "MedicationRequest.intent": ("proposal plan order original-order reflex-order filler-order instance-order option"),
    "Consent.status": "draft proposed active rejected inactive entered-in-error",
    "DocumentReference.status": "current superseded entered-in-error",
    "DocumentReference.docStatus": "preliminary final amended entered-in-error",
    "Patient.gender": "male female other unknown",
}
"""What R4 binds as required, of every element that we write: no library checks it."""


def written(patient: Patient, id: str = "p") -> list[Json]:
    return list(resources(patient, id=id, at=AT))


def read(listed: Sequence[Json], as_of: date) -> Import:
    entries = [{"resource": json.loads(json.dumps(one))} for one in listed]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return read_bundle(text, "ours.json", as_of=as_of)


def without_origin(value: Any) -> Any:
    """A patient without the origins: read back they name the resource."""
    if isinstance(value, Patient):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: without_origin(part) for key, part in value.items() if key != "origin"}
    return [without_origin(part) for part in value] if isinstance(value, list) else value


def is_the_same_read_back(number: int) -> None:
    seen: set[str] = set()
    for patient in synthetic(number):
        back = read(written(patient), patient.as_of)
        assert without_origin(back.patient) == without_origin(patient)
        assert back.lines() == ()
        seen.update(patient.facts)
    assert number < MANY or seen == vocabulary().keys()


def test_a_patient_that_is_written_and_read_back_is_the_same() -> None:
    is_the_same_read_back(FEW)


@pytest.mark.slow
def test_a_thousand_are_and_every_fact_there_is() -> None:
    is_the_same_read_back(MANY)


# ---- valid, by a foreign library and by what that does not check


def clinical() -> list[Json]:
    """What a clinic adds about what it did."""
    return [
        consent(
            Signed(
                key="1",
                protocol="a course",
                text_version="v1",
                text="I agree.",
                signed_by="Testcase One",
                signed_at=AT,
                until=date(2027, 1, 1),
                stands=True,
            ),
            "p",
        ),
        order(
            Ordered(
                key="1",
                drug="ketamine",
                title="a course",
                state="active",
                ordered_by="Test Physician",
                ordered_at=AT,
                directions="40 mg over 40 min",
            ),
            "p",
        ),
        infusion(Given(key="1", course="a_course", day=1, state="completed", start=AT, end=AT, order="1"), "p"),
        infusion(Given(key="2", course="a_course", day=2, state="preparation", start=None, end=None, order="1"), "p"),
        document(
            Letter(
                kind="referral",
                title="A letter",
                pdf=b"%PDF-1.7",
                author="Test Physician",
                site="First Site",
                written_at=AT,
                family_name="Testcase",
                given_name="One",
            ),
            "1",
            "p",
        ),
    ]


def valid(one: Json) -> None:
    type = one["resourceType"]
    model = getattr(importlib.import_module(f"fhir.resources.R4B.{type.lower()}"), type)
    model.model_validate(json.loads(json.dumps(one)))
    for place, codes in REQUIRED.items():
        of, element = place.split(".")
        if of == type and element in one:
            value = one[element]
            code = value if isinstance(value, str) else value["coding"][0]["code"]
            assert code in codes.split(), f"{place}: {code}"
    bound = {place.split(".")[1] for place in REQUIRED if place.startswith(f"{type}.")}
    assert (bound - {"gender"}) <= one.keys(), f"{type} lacks a status"


def test_every_resource_is_valid_and_names_only_what_is_there() -> None:
    pytest.importorskip("fhir.resources")
    for number, patient in enumerate(synthetic(12)):
        listed = [*written(patient), *(clinical() if number == 0 else ())]
        ids = {f"{one['resourceType']}/{one['id']}" for one in listed}
        assert len(ids) == len(listed), "an id is there twice"
        for one in listed:
            valid(one)
            assert set(pointed(one)) <= ids


def test_the_check_of_required_codes_finds_a_wrong_one() -> None:
    pytest.importorskip("fhir.resources")
    observation = next(one for one in written(known(weight_kg=70.0)) if one["resourceType"] == "Observation")
    valid(observation)
    with pytest.raises(AssertionError, match="banana"):
        valid({**observation, "status": "banana"})


def pointed(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for part in node.values():
            yield from pointed(part)
    elif isinstance(node, list):
        for part in node:
            yield from pointed(part)


# ---- ids, and what others change


def known(**values: Any) -> Patient:
    return Patient(as_of=DAY, birth_date=date(1980, 5, 5)).knowing(**values)


def test_an_id_stays_when_something_else_is_added() -> None:
    before = written(known(weight_kg=70.0, diabetes=True))
    after = written(known(allodynia_in_area=True, weight_kg=71.0, diabetes=True))
    assert {one["id"] for one in before} < {one["id"] for one in after}


def test_an_id_that_fhir_does_not_take_is_refused() -> None:
    with pytest.raises(UnwoundError, match="no id of FHIR"):
        written(known(), id="with space")


def test_what_another_system_took_back_does_not_count() -> None:
    listed = written(known(weight_kg=70.0, depression_diagnosed=True))
    for one in listed[1:]:
        if one["resourceType"] == "Observation":
            one["status"] = "entered-in-error"
        if one["resourceType"] == "Condition":
            one["verificationStatus"]["coding"][0]["code"] = "refuted"
    assert not read(listed, DAY).patient.facts


def test_a_dose_that_another_system_changed_is_the_dose() -> None:
    patient = Patient(as_of=DAY, trials=(Trial(therapy="gabapentin", top_dose=900.0),))
    listed = written(patient)
    listed[1]["dosage"][0]["maxDosePerPeriod"]["numerator"]["value"] = 1800.0
    (trial,) = read(listed, DAY).patient.trials
    assert trial.top_dose == 1800.0


def test_a_dosage_that_another_system_added_to_is_no_longer_read_as_ours() -> None:
    listed = written(Patient(as_of=DAY, medications=(Medication(drug="gabapentin", dose_mg_per_day=900.0),)))
    listed[1]["dosage"][0]["timing"] = {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}
    back = read(listed, DAY)
    assert not back.patient.medications
    assert "its dosage was given timing elsewhere" in " ".join(back.lines())


def test_what_another_system_added_is_named() -> None:
    listed = written(known(weight_kg=70.0))
    listed[1]["interpretation"] = [{"text": "too high"}]
    assert "Observation.interpretation" in " ".join(read(listed, DAY).lines())


def test_a_modifier_turns_one_of_ours_round_as_any_other() -> None:
    listed = written(known(weight_kg=70.0))
    listed[1]["modifierExtension"] = [{"url": "https://example.org/not", "valueBoolean": True}]
    back = read(listed, DAY)
    assert not back.patient.facts
    assert "modifierExtension" in " ".join(back.lines())


def test_what_is_later_than_the_review_is_not_known_yet() -> None:
    back = read(written(Patient(as_of=DAY, facts={"weight_kg": Fact(value=70.0, on=DAY)})), date(2026, 10, 31))
    assert not back.patient.facts
    assert "after the day of the review" in " ".join(back.lines())


def test_orders_and_infusions_are_what_the_clinic_did_and_no_trial() -> None:
    back = read([*written(known()), *clinical()], date(2026, 12, 2))
    assert not back.patient.trials
    assert not back.patient.medications
    assert "orders what the clinic did, not what is the case" in " ".join(back.lines())


def test_others_still_know_a_number_by_its_loinc_code() -> None:
    weight = next(one for one in written(known(weight_kg=70.0)) if one["resourceType"] == "Observation")
    del weight["meta"]
    assert read([written(known())[0], weight], DAY).patient.facts["weight_kg"].value == 70.0
