"""Procedures, reports and allergies in FHIR R4."""

import json
from typing import Any

import pytest
from bundle_builder import (
    AS_OF,
    ICD10,
    SNOMED,
    bundle,
    concept,
    condition,
    observation,
    read,
    reasons,
    resource,
    state,
    value,
)

from unwound import facts
from unwound.exchange.fhir import read_bundle


def procedure(name: str, **fields: Any) -> dict[str, Any]:
    usual = {"status": "completed", "code": {"text": name}, "performedDateTime": "2026-02-01"}
    return resource("Procedure", **{**usual, **fields})


@pytest.mark.parametrize(
    ("name", "therapy"),
    [
        ("Implantation of spinal cord stimulator", "spinal_cord_stimulation"),
        ("Intercostal nerve block", "nerve_block"),
        ("Stellate ganglion block", "sympathetic_block"),
        ("Physiotherapy, 8 sessions", "physical_therapy"),
        ("Cognitive behavioural therapy", "psychological_therapy"),
    ],
)
def test_a_procedure_is_a_trial_by_whole_words(name: str, therapy: str) -> None:
    (trial,) = read(procedure(name, note=[{"text": "20% relief"}])).patient.trials
    assert (trial.therapy, str(trial.start), trial.relief_percent) == (therapy, "2026-02-01", 20)


@pytest.mark.parametrize("name", ["Nerve blocked duct", "Colonoscopy", "Chemotherapyphysiotherapy"])
def test_parts_of_words_are_no_procedure(name: str) -> None:
    assert read(procedure(name)).patient.trials == ()


@pytest.mark.parametrize("status", ["not-done", "preparation", "entered-in-error", "on-hold"])
def test_a_procedure_that_did_not_take_place_is_not_used(status: str) -> None:
    assert read(procedure("Nerve block", status=status)).patient.trials == ()


def test_a_referral_is_not_the_treatment_and_is_told() -> None:
    imported = read(procedure("Referral for physical therapy (procedure)"))
    assert imported.patient.trials == ()
    assert "was requested, but is not recorded as done" in reasons(imported)


def test_procedures_of_one_kind_are_one_trial_and_a_removal_ends_it() -> None:
    imported = read(
        procedure("Implantation of spinal cord stimulator"),
        procedure("Removal of spinal cord stimulator", performedDateTime="2026-05-01"),
    )
    (trial,) = imported.patient.trials
    assert (trial.ongoing, trial.purpose, str(trial.start)) == (False, "pain", "2026-02-01")


def test_a_nerve_block_is_for_pain_only_where_that_is_told() -> None:
    (silent,) = read(procedure("Femoral nerve block")).patient.trials
    (told,) = read(procedure("Femoral nerve block", reasonCode=[{"text": "Chronic pain"}])).patient.trials
    assert (silent.purpose, told.purpose) == (None, "pain")


def test_an_amputation_is_a_fact() -> None:
    imported = read(procedure("Below-knee amputation, left"))
    assert value(imported, "amputation") is True
    assert imported.patient.trials == ()


def test_a_report_that_only_a_person_can_judge_is_pointed_out() -> None:
    report = resource("DiagnosticReport", status="final", code={"text": "Nerve conduction study"})
    imported = read(report)
    assert "must be read by a person: enter test_nerve_conduction" in reasons(imported)
    assert imported.counts["DiagnosticReport"].unreadable == 1
    normal = {**report, "conclusionCode": [concept(SNOMED, "17621005", "Normal")]}
    assert value(read(normal), "test_nerve_conduction") == "normal"


def test_observations_inside_a_report_are_read() -> None:
    inside = [observation("4548-4", 8, "%")]
    report = resource("DiagnosticReport", status="final", code={"text": "labs"}, contained=inside)
    imported = read(report)
    assert value(imported, "hba1c_percent") == 8
    assert imported.patient.facts["hba1c_percent"].origin == "DiagnosticReport/1"


def allergy(name: str, **fields: Any) -> dict[str, Any]:
    usual = {"code": {"text": name}, "clinicalStatus": state("clinical", "active")}
    return resource("AllergyIntolerance", **{**usual, **fields})


def test_allergies_are_read_and_one_to_ketamine_is_a_fact() -> None:
    imported = read(allergy("Penicillin"), allergy("Ketamine"), allergy("Penicillin"))
    assert imported.patient.allergies == ("Penicillin", "Ketamine")
    assert value(imported, "ketamine_hypersensitivity") is True


def test_an_intolerance_of_ketamine_must_be_asked_about() -> None:
    imported = read(allergy("Ketamine", type="intolerance"))
    assert value(imported, "ketamine_hypersensitivity") is None
    assert "must be clarified" in reasons(imported)


def test_no_known_drug_allergy_speaks_for_ketamine_too() -> None:
    imported = read(resource("AllergyIntolerance", code=concept(SNOMED, "409137002", "No known drug allergy")))
    assert value(imported, "ketamine_hypersensitivity") is False
    assert imported.patient.allergies == ()


@pytest.mark.parametrize(
    "odd", [{"verificationStatus": state("v", "refuted")}, {"clinicalStatus": state("c", "resolved")}]
)
def test_an_allergy_that_is_refuted_or_over_is_not_used(odd: dict[str, Any]) -> None:
    assert read(allergy("Ketamine", **odd)).patient.allergies == ()
    assert value(read(allergy("Ketamine", **odd)), "ketamine_hypersensitivity") is None


def test_an_allergy_to_nothing_is_told() -> None:
    assert "not named" in reasons(read(resource("AllergyIntolerance")))


def test_every_fact_from_a_bundle_says_where_it_came_from() -> None:
    diabetes, weight = condition(ICD10, "E11.42"), observation("29463-7", 70, "kg")
    whole = bundle(diabetes, weight, allergy("Ketamine"), procedure("amputation"))
    patient = read_bundle(json.dumps(whole), "a", as_of=AS_OF).patient
    facts.check(patient)
    assert all("/" in fact.origin for fact in patient.facts.values())
    assert len(patient.facts) == 5


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("Insertion or replacement of permanent implantable defibrillator system", "implanted_heart_device"),
        ("Schrittmacherimplantation", "implanted_heart_device"),
        ("Implantation of intrathecal pump", "implanted_pump"),
        ("Baclofen pump refill", "implanted_pump"),
        ("Deep brain stimulation electrode implantation", "implanted_stimulator"),
    ],
)
def test_a_device_that_was_implanted_is_there_and_its_removal_is_asked_about(name: str, fact: str) -> None:
    assert value(read(procedure(name)), fact) is True
    removed = read(procedure(f"Removal of {name}"))
    assert removed.patient.facts == {}
    assert facts.vocabulary()[fact].ask in reasons(removed)


@pytest.mark.parametrize(
    "name",
    [
        "Entfernung der Schmerzpumpe",
        "Explantation einer Medikamentenpumpe",
        "Verwijderen pijnpomp",
        "Retrait de pompe intrathécale",
        "Ablation d'une pompe implantable",
        "Retirada de bomba de baclofeno",
        "Retiro de bomba intratecal",
        "Explante de bomba de baclofeno",
        "Intrathecal pump explanted",
    ],
)
def test_a_pump_that_was_taken_out_is_asked_about_in_every_language(name: str) -> None:
    taken_out = read(procedure(name))
    assert taken_out.patient.facts == {}
    assert f"may mean the device was removed; please clarify: {facts.vocabulary()['implanted_pump'].ask}" in reasons(
        taken_out
    )


@pytest.mark.parametrize(
    "name",
    [
        "Intrathecal pump trial",
        "Testphase Schmerzpumpe",
        "Evaluation for baclofen pump",
        "Tijdelijke pijnpomp",
        "Essai de pompe intrathécale",
        "Prueba de bomba de baclofeno",
        "Temporary deep brain stimulation",
    ],
)
def test_a_device_that_was_only_tried_is_asked_about(name: str) -> None:
    tried = read(procedure(name))
    assert tried.patient.facts == {}
    assert "a trial or an assessment only; please clarify" in reasons(tried)


def test_the_encounters_for_a_device_tell_of_it_or_ask() -> None:
    assert value(read(condition(ICD10, "Z45.010")), "implanted_heart_device") is True
    assert value(read(condition(ICD10, "Z45.42")), "implanted_stimulator") is True
    assert facts.vocabulary()["implanted_pump"].ask in reasons(read(condition(ICD10, "Z45.1")))
