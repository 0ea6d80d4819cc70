"""Bundles as a whole: what is refused and how, what is counted, whose it is."""

import json
from datetime import date
from typing import Any

import pytest
from bundle_builder import (
    AS_OF,
    EXAMPLE,
    ICD10,
    bundle,
    concept,
    condition,
    observation,
    person,
    read,
    reasons,
    refusal,
    resource,
    value,
)

from unwound import facts
from unwound.exchange.fhir import parse, read_bundle


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (b"\xff\xfe\xff\xff\xff", "not text in UTF-8"),
        (b'{"a": "\xff"}', "not text in UTF-8"),
        (b"\x1f\x8b\x08", "compressed"),
        ("<Bundle/>", "XML"),
        ("not json", "not readable as JSON"),
        ('{"resourceType": "Bundle"', "not readable as JSON"),
        ('{"resourceType": "Bundle", "a": NaN}', "NaN is not JSON"),
        ('{"resourceType": "Bundle", "entry": [{"a": ' + "1" * 5000 + "}", "not readable as JSON"),
        ('{"resourceType": "Parameters", "a": ' + "1" * 5000 + "}", "not readable as JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "a FHIR Bundle is needed, not a list"),
        ("3", "a FHIR Bundle is needed, not «3»"),
        ("{}", "no resourceType"),
        ('{"resourceType": 7}', "no resourceType"),
        ('{"resourceType": "Patient"}', "a single resource («Patient»), not a Bundle; export a Bundle of it"),
        ('{"resourceType": "Questionnaire"}', "a single resource («Questionnaire»)"),
        ('{"resourceType": "OperationOutcome", "issue": [{"diagnostics": "token expired"}]}', "«token expired»"),
        ('{"resourceType": "Bundle", "type": "searchset", "total": 0}', "holds no Patient"),
        ('{"resourceType": "Bundle", "entry": "none"}', "holds no Patient"),
    ],
)
def test_what_is_no_bundle_is_refused_in_words(data: bytes | str, words: str) -> None:
    assert words in refusal(data)


def test_the_limit_of_size_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "LIMIT_BYTES", 1000)
    assert "too large for one patient (limit 0 MB)" in refusal(b"{" + b" " * 1000)
    assert "too large" not in refusal(b"{" + b" " * 999)


def test_two_patients_are_refused_and_named() -> None:
    assert "2 patients («p», «q»)" in refusal(json.dumps(bundle(person(), {**person(), "id": "q"})))


@pytest.mark.parametrize(
    ("odd", "seen"),
    [
        (resource("MedicationOrder"), "FHIR DSTU2 or STU3 (a MedicationOrder resource"),
        (resource("Condition", patient={"reference": "Patient/p"}), "FHIR DSTU2 or STU3 (Condition.patient"),
        (resource("Condition", clinicalStatus="active"), "FHIR DSTU2 or STU3 (Condition.clinicalStatus as plain text"),
        (
            resource(
                "MedicationRequest",
                medicationCodeableConcept={"text": "gabapentin"},
                dosageInstruction=[{"doseQuantity": {"value": 300, "unit": "mg"}}],
            ),
            "FHIR DSTU2 or STU3 (MedicationRequest.dosageInstruction.doseQuantity without doseAndRate",
        ),
        (resource("CapabilityStatement", fhirVersion="3.0.1"), "fhirVersion «3.0.1»"),
        (resource("CapabilityStatement", fhirVersion="5.0.0"), "FHIR R5 (fhirVersion «5.0.0»"),
        (resource("MedicationUsage"), "FHIR R5 (a MedicationUsage resource"),
        (resource("Condition", participant=[{}]), "FHIR R5 (Condition.participant"),
        (resource("MedicationRequest", medication={"concept": {"text": "x"}}), "FHIR R5 (MedicationRequest.medication"),
    ],
)
def test_other_releases_are_refused_with_what_was_seen_and_what_to_do(odd: dict[str, Any], seen: str) -> None:
    message = refusal(json.dumps(bundle(odd)))
    assert seen in message
    assert "Ask the source system for an R4 export" in message


def test_an_animal_is_no_release_of_r4() -> None:
    assert "Patient.animal" in refusal(json.dumps(bundle(person(animal={"species": {}}))))


def test_a_stated_r4_is_read() -> None:
    assert read(resource("CapabilityStatement", fhirVersion="4.0.1")).counts["CapabilityStatement"].not_needed == 1


def test_one_odd_resource_among_r4_is_its_own_problem() -> None:
    odd = resource("Condition", clinicalStatus="active", code=concept(ICD10, "G35"))
    imported = read(condition(ICD10, "E11.9"), odd)
    assert value(imported, "diabetes") is True
    assert value(imported, "multiple_sclerosis") is None
    assert "Condition.clinicalStatus as plain text belongs to another release" in reasons(imported)


def test_every_entry_is_counted_once() -> None:
    imported = read(
        condition(ICD10, "E11.9"),
        condition(ICD10, "J00"),
        resource("Condition"),
        resource("Encounter"),
        observation("29463-7", 70, "kg"),
    )
    counts = imported.counts
    assert (counts["Condition"].used, counts["Condition"].not_needed, counts["Condition"].unreadable) == (1, 1, 1)
    assert counts["Encounter"].not_needed == 1
    assert sum(count.total for count in counts.values()) == 6


def test_an_entry_without_a_resource_is_told_by_its_index() -> None:
    whole = bundle()
    whole["entry"] += [
        {"fullUrl": "urn:uuid:x"},
        3,
        None,
        {"resource": {"id": "no type"}},
        {"request": {"method": "DELETE"}},
    ]
    imported = read_bundle(json.dumps(whole), "a", as_of=AS_OF)
    assert [problem.index for problem in imported.problems] == [1, 2, 3, 4]
    assert imported.counts["(no resource)"].unreadable == 4
    assert imported.counts["(deleted)"].not_needed == 1


def test_what_is_about_somebody_else_is_not_used() -> None:
    imported = read(condition(ICD10, "E11.9", subject={"reference": "Patient/other"}))
    assert value(imported, "diabetes") is None
    assert "about a different patient" in reasons(imported)


@pytest.mark.parametrize("address", ["Patient/p", "https://server/fhir/Patient/p", "Patient/p/_history/3"])
def test_the_patient_is_recognised_by_any_form_of_reference(address: str) -> None:
    assert value(read(condition(ICD10, "E11.9", subject={"reference": address})), "diabetes") is True


def test_the_patient_is_recognised_by_the_address_of_the_entry() -> None:
    whole = bundle(condition(ICD10, "E11.9", subject={"reference": "urn:uuid:77"}))
    whole["entry"][0]["fullUrl"] = "urn:uuid:77"
    assert read_bundle(json.dumps(whole), "a", as_of=AS_OF).patient.value("diabetes") is True


def test_the_newest_version_of_a_resource_counts() -> None:
    old = {**condition(ICD10, "E11.9"), "id": "c", "meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}
    new = {**condition(ICD10, "E11.9", sure="refuted"), "id": "c", "meta": {"lastUpdated": "2021-01-01T00:00:00Z"}}
    for order in ((old, new), (new, old)):
        imported = read(*order)
        assert value(imported, "diabetes") is None
        assert imported.counts["Condition"].total == 2


def test_a_single_page_of_a_search_says_that_more_pages_exist() -> None:
    imported = read(link=[{"relation": "next", "url": "https://server/page2"}])
    assert "one page of a search" in reasons(imported)
    assert imported.problems[0].index is None


def test_what_lies_after_the_day_of_the_review_is_not_used() -> None:
    weight = observation("29463-7", 70, "kg", on="2026-11-22")
    assert "after the day of the review" in reasons(read(weight))
    assert value(read(weight), "weight_kg") is None
    assert value(read(weight, as_of=date(2026, 11, 22)), "weight_kg") == 70


# ---- the person


def test_the_person_is_read() -> None:
    patient = read(
        person(
            name=[{"use": "nickname", "text": "Tess"}, {"use": "official", "given": ["Test", "A."], "family": "Case"}],
            address=[{"country": "US"}],
        )
    ).patient
    assert (patient.id, patient.name, patient.birth_date) == ("p", "Test A. Case", date(1980, 5, 5))
    assert (patient.sex, patient.jurisdiction, patient.as_of) == ("female", "US", AS_OF)


def test_sex_at_birth_goes_before_gender_and_other_is_unknown() -> None:
    birth_sex = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "M"}
    assert read(person(extension=[birth_sex])).patient.sex == "male"
    assert read(person(extension=[{**birth_sex, "valueCode": "UNK"}])).patient.sex is None
    assert read(person(gender="other")).patient.sex is None


@pytest.mark.parametrize("written", ["1980", "1980-05", "1980-13-40", 7, "2027-01-01"])
def test_a_birth_date_that_is_no_past_day_leaves_the_age_unknown_and_says_so(written: object) -> None:
    imported = read(person(birthDate=written))
    assert imported.patient.birth_date is None
    assert imported.problems


def test_addresses_in_two_countries_leave_the_jurisdiction_unknown() -> None:
    assert read(person(address=[{"country": "US"}, {"country": "GB"}])).patient.jurisdiction is None
    assert read(person(address=[{"country": "GB"}, {"city": "Leeds"}])).patient.jurisdiction == "UK"


def test_a_death_in_the_record_is_told() -> None:
    assert "has died (2020-01-01)" in reasons(read(person(deceasedDateTime="2020-01-01")))
    assert read(person(deceasedBoolean=False)).problems == ()


def test_control_characters_and_half_surrogates_never_reach_the_record() -> None:
    imported = read_bundle(
        json.dumps(bundle(person(name=[{"text": "A\x1b[31mB\u202eC"}]))).replace("BC", "B\\ud800C"), "a", as_of=AS_OF
    )
    assert imported.patient.name.encode() == b"A[31mBC"


# ---- our own bundle


def test_the_example_bundle_reads_as_its_story() -> None:
    imported = read_bundle(EXAMPLE.read_bytes(), EXAMPLE.name, as_of=AS_OF)
    patient = imported.patient
    facts.check(patient)
    trials = {trial.therapy: trial for trial in patient.trials}
    gabapentin, duloxetine = trials["gabapentin"], trials["duloxetine"]
    assert (gabapentin.top_dose, gabapentin.days, gabapentin.days_at_top) == (1800, 151, 122)
    assert (gabapentin.stopped, gabapentin.relief_percent, gabapentin.purpose) == ("no-effect", 10, "pain")
    assert (duloxetine.top_dose, duloxetine.days, duloxetine.stopped) == (30, 18, "side-effects")
    assert (trials["amitriptyline"].ongoing, trials["amitriptyline"].days) == (None, None)  # an order without supply
    assert trials["amitriptyline"].ordered == date(2026, 8, 1)
    assert trials["oxycodone"].top_dose is None
    assert (trials["nerve_block"].relief_percent, trials["nerve_block"].effect) == (None, None)
    assert "gone after two days" in trials["nerve_block"].note
    assert {one.drug for one in patient.medications} == {"amitriptyline", "oxycodone", "lisinopril"}
    assert patient.value("depression_diagnosed") is None
    assert patient.value("shingles_in_pain_area") is None
    assert patient.value("cancer") is True
    assert patient.value("creatinine_mg_per_dl") == pytest.approx(1.10, abs=0.005)
    assert patient.value("weight_kg") == pytest.approx(84.8, abs=0.05)
    assert patient.value("egfr_ml_per_min") == 79
    assert [form.instrument for form in patient.answers] == ["phq_9", "peg"]
    assert sum(count.total for count in imported.counts.values()) == len(json.loads(EXAMPLE.read_text())["entry"])
    assert len(imported.problems) == 4
