"""Diagnoses in FHIR R4: which codes say what, and which never count."""

import pytest
from bundle_builder import (
    ICD10,
    ICD11,
    SNOMED,
    concept,
    condition,
    read,
    reasons,
    resource,
    state,
    value,
)

from unwound import diagnoses, facts


@pytest.mark.parametrize(
    ("system", "code", "fact"),
    [
        (ICD10, "E11.42", "polyneuropathy_diagnosed"),
        (ICD10, "E1142", "polyneuropathy_diagnosed"),
        (ICD10, "e11.42", "diabetes"),
        (ICD10, "B02.29", "shingles_in_pain_area"),
        (ICD10, "G90.511", "crps_diagnosed"),
        ("urn:oid:2.16.840.1.113883.6.90", "G50.0", "trigeminal_history"),
        (ICD11, "8D8A.00", "crps_diagnosed"),
        (ICD11, "MG30.51", "neuropathic_pain_diagnosed"),
        (ICD11, "MG30.51/1E91.5", "shingles_in_pain_area"),
        (SNOMED, "368581000119106", "polyneuropathy_diagnosed"),
        (SNOMED, "203082005", "fibromyalgia_diagnosed"),
        ("http://snomed.info/sct/900000000000207008", "24700007", "multiple_sclerosis"),
    ],
)
def test_a_coded_diagnosis_says_yes(system: str, code: str, fact: str) -> None:
    imported = read(condition(system, code, recordedDate="2024-05-06"))
    known = imported.patient.facts[fact]
    assert (known.value, str(known.on), known.origin) == (True, "2024-05-06", "Condition/1")


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("33413000", "pregnant"),  # ectopic beats
        ("365866002", "hiv"),  # finding of HIV status
        ("266129004", "bone_metastases"),  # syphilis of bone
        ("48662007", "spinal_cord_lesion"),  # cerebral paraplegia
        ("17974002", "trigeminal_history"),  # post-herpetic
        ("289081008", "breastfeeding"),  # unable to
        ("398503008", "shingles_in_pain_area"),  # a test of the laboratory
    ],
)
def test_a_code_whose_title_says_something_else_does_not_state_the_fact(code: str, fact: str) -> None:
    said = diagnoses.meaning("SNOMED CT", code)
    assert fact not in (*said.states, *said.asks)


@pytest.mark.parametrize(
    ("system", "code"), [(ICD11, "8D8A"), (ICD11, "MG30.01"), (ICD10, "G90.8"), (SNOMED, "82423001")]
)
def test_neighbouring_codes_say_nothing(system: str, code: str) -> None:
    imported = read(condition(system, code))
    assert imported.patient.facts == {}
    assert imported.counts["Condition"].not_needed == 1


@pytest.mark.parametrize("sure", ["refuted", "entered-in-error", "unconfirmed", "provisional", "differential"])
def test_a_diagnosis_that_is_not_confirmed_never_counts(sure: str) -> None:
    imported = read(condition(ICD10, "G35", sure=sure))
    assert imported.patient.facts == {}
    assert ("not confirmed" in reasons(imported)) == (sure not in ("refuted", "entered-in-error"))


@pytest.mark.parametrize("clinical", ["resolved", "inactive", "remission"])
def test_a_diagnosis_that_is_over_counts_only_as_history(clinical: str) -> None:
    assert value(read(condition(ICD10, "I63.9", clinical)), "stroke_history") is True
    assert value(read(condition(ICD10, "I10", clinical)), "hypertension") is None
    assert value(read(condition(ICD10, "Z33.1", clinical)), "pregnant") is None


@pytest.mark.parametrize("clinical", ["active", "recurrence", "relapse"])
def test_a_diagnosis_that_is_there_counts(clinical: str) -> None:
    assert value(read(condition(ICD10, "I10", clinical)), "hypertension") is True


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("E80.4", "porphyria"),
        ("F11.21", "substance_use_active"),
        ("F30.4", "mania_active_or_recent"),
        ("E05.90", "thyrotoxicosis"),
        ("Z33.2", "pregnant"),
    ],
)
def test_a_code_says_no_more_than_it_means(code: str, fact: str) -> None:
    """Gilbert syndrome, remission, a thyroid that may well be treated, a pregnancy that ends."""
    assert value(read(condition(ICD10, code)), fact) is None


@pytest.mark.parametrize(
    ("system", "code", "fact"),
    [
        (ICD10, "E80.20", "porphyria"),
        (ICD10, "F11.20", "substance_use_active"),
        (ICD10, "F10.20", "substance_use_active"),
        (ICD10, "F11.21", "substance_use_history"),
        (ICD10, "F30.10", "mania_active_or_recent"),
        (SNOMED, "401303003", "myocardial_infarction_recent"),
    ],
)
def test_their_neighbours_still_say_yes(system: str, code: str, fact: str) -> None:
    assert value(read(condition(system, code)), fact) is True


def test_an_old_entry_of_a_heart_attack_or_pregnancy_is_asked_again_not_believed() -> None:
    for code, fact in (("I21.9", "myocardial_infarction_recent"), ("Z33.1", "pregnant")):
        assert facts.known(read(condition(ICD10, code, recordedDate="2015-03-01")).patient, fact) is None
        assert facts.known(read(condition(ICD10, code, recordedDate="2026-10-01")).patient, fact) is not None


def test_neck_pain_is_no_back_or_leg_pain() -> None:
    assert value(read(condition(ICD10, "M54.2")), "back_or_leg_pain") is None
    assert value(read(condition(ICD10, "M54.50")), "back_or_leg_pain") is True


@pytest.mark.parametrize(("system", "code"), [(SNOMED, "G35"), ("http://hl7.org/fhir/sid/icd-10-gm", "G35.0")])
def test_icd_codes_are_read_in_a_wrong_or_national_system_too(system: str, code: str) -> None:
    imported = read(condition(system, code))
    assert value(imported, "multiple_sclerosis") is True
    assert bool(imported.problems) == (system == SNOMED)


def test_an_abatement_without_status_is_over() -> None:
    ended = resource("Condition", code=concept(ICD10, "I10"), abatementDateTime="2020-01-01")
    assert read(ended).patient.facts == {}


def test_a_snomed_number_in_an_icd_system_is_read_and_reported() -> None:
    imported = read(condition(ICD10, "278860009"))
    assert value(imported, "osteoarthritis_or_injury") is True
    assert "«278860009» (no name) is not an ICD-10 code; it reads as SNOMED CT" in reasons(imported)


@pytest.mark.parametrize(
    "code",
    [{"text": "CRPS"}, {"coding": [{"code": "G35"}]}, {"coding": [{"system": "http://local", "code": "G35"}]}, None, 7],
)
def test_a_diagnosis_without_a_code_we_read_is_reported_not_guessed(code: object) -> None:
    imported = read(resource("Condition", clinicalStatus=state("clinical", "active"), code=code))
    assert imported.patient.facts == {}
    assert imported.counts["Condition"].unreadable == 1
