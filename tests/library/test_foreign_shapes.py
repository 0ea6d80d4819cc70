"""Shapes that public records have, met while reading them; each in a small record of nobody."""

import json

import pytest
from bundle_builder import (
    LOINC,
    SNOMED,
    Json,
    bundle,
    concept,
    condition,
    dosage,
    observation,
    person,
    read,
    reasons,
    refusal,
    repeat,
    request,
    resource,
    trial_of,
    value,
)

from unwound import drugs

OIDS = (("96", "84114007"), ("90", "G50.0"))
"""SNOMED CT and ICD-10-CM."""
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


@pytest.mark.parametrize(
    "code",
    [
        concept(SNOMED, "716186003"),
        concept(SNOMED, "160244002"),
        concept(IPS, "no-known-medication-allergies"),
        {"text": "NKDA"},
        {"text": "No known allergies."},
        {"text": "Keine Allergien bekannt"},
    ],
)
def test_no_known_allergy_is_no_allergy(code: Json) -> None:
    imported = read(resource("AllergyIntolerance", code=code))
    assert imported.patient.allergies == ()
    assert value(imported, "ketamine_hypersensitivity") is False


@pytest.mark.parametrize(
    "code", [concept(SNOMED, "429625007", "No known food allergy (situation)"), concept(IPS, "no-allergy-info")]
)
def test_that_food_is_tolerated_says_nothing_of_ketamine(code: Json) -> None:
    imported = read(resource("AllergyIntolerance", code=code))
    assert imported.patient.allergies == ()
    assert "ketamine_hypersensitivity" not in imported.patient.facts


def test_an_exception_is_an_allergy() -> None:
    written = "No known allergies except penicillin"
    imported = read(resource("AllergyIntolerance", code={"text": written}))
    assert imported.patient.allergies == (written,)
    assert "ketamine_hypersensitivity" not in imported.patient.facts


@pytest.mark.parametrize(
    "medicine",
    [
        concept(SNOMED, "787481004", "No known medications (situation)"),
        concept(IPS, "no-known-medications"),
        {"text": "No known current medicines"},
        {"text": "Keine Dauermedikation"},
    ],
)
def test_no_known_medicine_is_no_medicine(medicine: Json) -> None:
    imported = read(resource("MedicationStatement", status="active", medicationCodeableConcept=medicine))
    assert imported.patient.medications == ()


def test_no_current_problem_is_no_diagnosis_that_is_not_recognised() -> None:
    imported = read(condition(SNOMED, "160245001"))
    assert reasons(imported) == ""
    assert [str(unread) for unread in imported.unread] == ["1 × diagnoses that say there is none: «160245001»"]


@pytest.mark.parametrize(
    "why",
    ["http://terminology.hl7.org/CodeSystem/data-absent-reason", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"],
)
def test_why_no_medicine_is_named_is_no_medicine(why: str) -> None:
    imported = read(
        resource(
            "MedicationRequest", status="active", intent="order", medicationCodeableConcept=concept(why, "unknown")
        )
    )
    assert imported.patient.medications == ()
    assert "no medicine is named" in reasons(imported)


def test_a_diagnosis_without_a_code_says_so() -> None:
    assert "no diagnosis is named" in reasons(read(resource("Condition", onsetString="three days ago")))


def test_a_pain_score_that_is_an_answer_is_read_by_its_name() -> None:
    six = observation("72514-3", valueCodeableConcept=concept(LOINC, "LA10138-8", "6"))
    assert value(read(six), "pain_average_nrs") == 6


@pytest.mark.parametrize("called", ["moderate", "6 or 7", ""])
def test_a_pain_score_in_other_words_is_no_number(called: str) -> None:
    answer = observation("72514-3", valueCodeableConcept=concept(LOINC, "LA10138-8", called))
    imported = read(answer)
    assert "pain_average_nrs" not in imported.patient.facts
    assert "no number" in reasons(imported)


def test_two_sexes_are_both_named() -> None:
    at_birth = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "M"}
    imported = read(person(gender="female", extension=[at_birth]))
    assert imported.patient.sex == "male"
    assert "sex at birth is male, the administrative gender female" in reasons(imported)


def test_one_sex_twice_is_not_mentioned() -> None:
    at_birth = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"}
    assert reasons(read(person(gender="female", extension=[at_birth]))) == ""


@pytest.mark.parametrize(
    ("written", "mg"),
    [
        ("Targin 10mg/5mg prolonged-release tablets", None),
        ("co-codamol 8mg/500mg tablets", None),
        ("Zaldiar 37,5 mg/325 mg", None),
        ("Tilidin 50 mg/4 mg", None),
        ("Suboxone 2 MG / 0.5 MG Sublingual Film", None),
        ("Percocet 5-325 mg", None),
        ("oxycodone 5-10 mg", None),
        ("codeine-acetaminophen-butalbital 30-300-50 mg", None),
        ("codeine 30 mg/300 mg/50 mg", None),
        # the names stand in the order of the strengths
        ("oxycodone/naloxone 10 mg/5 mg", 10),
        ("oxycodone-acetaminophen 5-325 mg tablet", 5),
        ("HYDROcodone-acetaminophen (NORCO) 5-325 mg per tablet", 5),
        ("Nobrand 10 mg/8 mg (tilidine/naloxone)", 10),
        ("paracetamol/codeine 500mg/30mg tablets", 30),
        ("Tilidine/naloxone 100/8 mg", 100),
        ("Acetaminophen 300 MG / Hydrocodone Bitartrate 5 MG Oral Tablet", 5),
        # one strength, or none of a piece
        ("12 HR oxycodone 10 MG Extended Release Oral Tablet", 10),
        ("gabapentin 250 mg/5 mL oral solution", None),
    ],
)
def test_two_strengths_side_by_side_are_taken_only_in_the_order_of_their_names(written: str, mg: float | None) -> None:
    assert drugs.strength_mg(written) == mg


def test_a_pair_of_strengths_gives_no_dose_and_says_why() -> None:
    twice = dosage(1, "tablet", repeat(2))
    trial = trial_of(request("Targin 10mg/5mg prolonged-release tablets", dosageInstruction=[twice]))
    assert trial.top_dose is None
    assert "two strengths, and not which is whose" in trial.note


def _ingredient(name: str, mg: float) -> Json:
    strength = {"numerator": {"value": mg, "unit": "mg"}, "denominator": {"value": 1, "unit": "tablet"}}
    return {"itemCodeableConcept": {"text": name}, "strength": strength}


def test_the_ingredients_say_whose_each_of_two_strengths_is() -> None:
    targin = resource("Medication", "m", code={"text": "Targin 10mg/5mg prolonged-release tablets"})
    targin["ingredient"] = [_ingredient("naloxone", 5), _ingredient("oxycodone", 10)]
    order = request(contained=[targin], medicationReference={"reference": "#m"})
    del order["medicationCodeableConcept"]
    trial = trial_of({**order, "dosageInstruction": [dosage(1, "tablet", repeat(2))]})
    assert trial.top_dose == 20


@pytest.mark.parametrize("before", ["", "urn:oid:", "urn: oid: ", "URN:OID:"])
def test_an_object_identifier_is_a_system_however_it_is_written(before: str) -> None:
    snomed, american = (condition(f"{before}2.16.840.1.113883.6.{end}", code) for end, code in OIDS)
    imported = read(snomed, american)
    assert value(imported, "cardiovascular_risk_high") is True
    assert value(imported, "trigeminal_history") is True
    assert reasons(imported) == ""


def test_an_identifier_of_another_system_is_no_diagnosis() -> None:
    assert "has no supported code" in reasons(read(condition("2.16.840.1.113883.6.103", "350.1")))


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("237599002", "diabetes"),  # treated with insulin, type 2
        ("429993008", "stroke_history"),  # a past stroke, without deficits
        ("440140008", "stroke_history"),
        ("235890007", "liver_disease_chronic"),  # autoimmune
        ("197321007", "liver_disease_chronic"),  # steatosis, as K76.0
    ],
)
def test_diagnoses_of_a_national_data_set_are_recognised(code: str, known: str) -> None:
    assert value(read(condition(SNOMED, code)), known) is True


def test_a_certainty_in_plain_text_is_an_older_release() -> None:
    older = resource("Condition", verificationStatus="confirmed", code=concept(SNOMED, "24700007"))
    assert "STU3 (Condition.verificationStatus as plain text was seen)" in refusal(json.dumps(bundle(older)))


def test_a_slip_beside_a_status_of_today_is_read() -> None:
    slip = condition(SNOMED, "24700007") | {"verificationStatus": "confirmed"}
    assert value(read(slip), "multiple_sclerosis") is True
    refuted = condition(SNOMED, "24700007") | {"verificationStatus": "refuted"}
    assert "multiple_sclerosis" not in read(refuted).patient.facts
