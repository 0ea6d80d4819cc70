"""Diagnoses, measurements, forms, procedures and allergies in FHIR R4."""

import json
from typing import Any

import pytest
from bundle_builder import (
    AS_OF,
    ICD10,
    ICD11,
    LOINC,
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

from unwound import derive, facts, instruments
from unwound.exchange.fhir import read_bundle
from unwound.patient import Answers

# ---- diagnoses


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


# ---- measurements


@pytest.mark.parametrize(
    ("code", "number", "unit", "fact", "expected"),
    [
        ("29463-7", 70, "kg", "weight_kg", 70),
        ("29463-7", 70000, "g", "weight_kg", 70),
        ("29463-7", 154.3236, "[lb_av]", "weight_kg", 70),
        ("29463-7", 70, "stone", "weight_kg", None),
        ("29463-7", 70, None, "weight_kg", None),
        ("29463-7", 7000, "kg", "weight_kg", None),
        ("8302-2", 1.7, "m", "height_cm", 170),
        ("8302-2", 67, "in", "height_cm", 170.18),
        ("2160-0", 88.4, "umol/L", "creatinine_mg_per_dl", 1.0),
        ("2160-0", 88.4, "µmol/L", "creatinine_mg_per_dl", 1.0),
        ("2160-0", 1.0, "mg/dL", "creatinine_mg_per_dl", 1.0),
        ("2160-0", 1.0, "mmol/L", "creatinine_mg_per_dl", None),
        ("4548-4", 53, "mmol/mol", "hba1c_percent", 7.0),
        ("4548-4", 7, "%", "hba1c_percent", 7),
        ("98979-8", 60, "mL/min/{1.73_m2}", "egfr_ml_per_min", 60),
        ("33914-3", 60, "mL/min", "egfr_ml_per_min", 60),
        ("8867-4", 70, "beats/min", "heart_rate_per_min", 70),
        ("59408-5", 0.97, "1", "spo2_percent", 97),
        ("72514-3", 6, "{score}", "pain_average_nrs", 6),
        ("72514-3", 6, None, "pain_average_nrs", 6),
        ("72514-3", 11, "{score}", "pain_average_nrs", None),
        ("72514-3", 6, "kg", "pain_average_nrs", None),
        ("91147-9", 5.3, None, "peg_mean", 5.3),
        ("44261-6", 27, None, "phq9_total", 27),
        ("44261-6", 28, None, "phq9_total", None),
    ],
)
def test_a_measurement_is_in_the_facts_unit_or_refused(
    code: str, number: float, unit: str | None, fact: str, expected: float | None
) -> None:
    imported = read(observation(code, number, unit))
    assert value(imported, fact) == (None if expected is None else pytest.approx(expected, rel=2e-3))
    assert bool(imported.problems) == (expected is None)
    assert imported.counts["Observation"].unreadable == (expected is None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"valueQuantity": {"value": 90, "comparator": ">", "unit": "mL/min/{1.73_m2}"}}, "only a bound (> 90)"),
        ({"dataAbsentReason": {"text": "not performed"}}, "has no number («not performed»)"),
        ({"valueString": "normal"}, "has no number («normal»)"),
        ({"valueInteger": 90}, "has no unit (90)"),
        ({"valueQuantity": {"value": True, "unit": "mL/min"}}, "has no number"),
        ({}, "has no number"),
    ],
)
def test_a_value_that_is_no_number_is_told(fields: dict[str, Any], words: str) -> None:
    imported = read(observation("98979-8", **fields))
    assert words in reasons(imported)
    assert reasons(imported).startswith("eGFR ")
    assert imported.patient.facts == {}


@pytest.mark.parametrize("fields", [{"valueInteger": 6}, {"valueString": "6"}, {"valueDecimal": 6.0}])
def test_a_score_may_come_as_a_plain_number(fields: dict[str, Any]) -> None:
    assert value(read(observation("72514-3", **fields)), "pain_average_nrs") == 6


def test_the_newest_measurement_counts_whatever_the_order() -> None:
    old, new = observation("29463-7", 80, "kg", on="2020"), observation("29463-7", 70, "kg", on="2026-01-02T08:00:00Z")
    undated = {**observation("29463-7", 60, "kg"), "effectiveDateTime": None}
    for order in ((old, new, undated), (undated, new, old)):
        assert value(read(*order), "weight_kg") == 70


def test_of_one_day_the_later_hour_counts() -> None:
    early = observation("29463-7", 80, "kg", on="2026-01-02T08:00:00+01:00")
    late = observation("29463-7", 70, "kg", on="2026-01-02T08:00:00Z")
    assert value(read(late, early), "weight_kg") == 70


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered"])
def test_a_measurement_that_is_not_in_force_is_not_used(status: str) -> None:
    imported = read({**observation("29463-7", 70, "kg"), "status": status})
    assert imported.patient.facts == {}
    assert imported.counts["Observation"].not_needed == 1


@pytest.mark.parametrize("panel", ["85354-9", "55284-4"])
def test_a_blood_pressure_panel_gives_both_pressures(panel: str) -> None:
    parts = [
        {"code": concept(LOINC, code), "valueQuantity": {"value": mmhg, "unit": "mm[Hg]"}}
        for code, mmhg in (("8480-6", 172), ("8462-4", 98))
    ]
    imported = read(observation(panel, component=parts))
    assert (value(imported, "systolic_mmhg"), value(imported, "diastolic_mmhg")) == (172, 98)


def test_one_unreadable_pressure_does_not_lose_the_other() -> None:
    parts = [
        {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 172, "unit": "mm[Hg]"}},
        {"code": concept(LOINC, "8462-4"), "valueQuantity": {"unit": "mm[Hg]"}},
    ]
    imported = read(observation("85354-9", component=parts))
    assert (value(imported, "systolic_mmhg"), value(imported, "diastolic_mmhg")) == (172, None)
    assert "diastolic blood pressure has no number" in reasons(imported)
    assert imported.counts["Observation"].used == 1


def test_liver_values_are_multiples_of_the_limit_printed_beside_them() -> None:
    limit = [{"high": {"value": 40, "unit": "U/L"}}]
    alt = observation("1742-6", 60, "U/L", referenceRange=limit)
    ast = observation("1920-8", 120, "U/L", referenceRange=limit)
    assert value(read(alt, ast), "alt_times_uln") == value(read(ast, alt), "alt_times_uln") == 3
    bare = read(observation("1742-6", 60, "U/L"))
    assert value(bare, "alt_times_uln") is None
    assert "without its upper limit of normal" in reasons(bare)


def test_a_pregnancy_may_be_answered_in_words() -> None:
    yes, no = (observation("82810-3", valueCodeableConcept=concept(SNOMED, code)) for code in ("77386006", "60001007"))
    assert value(read(yes), "pregnant") is True
    assert value(read(no), "pregnant") is False


# ---- forms

PHQ9 = [item.loinc for item in instruments.instrument("phq_9").items]
CODED = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]


def response(items: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    usual = {"status": "completed", "authored": "2026-11-20", "item": items}
    return resource("QuestionnaireResponse", **{**usual, **fields})


def form_of(items: list[dict[str, Any]], **fields: Any) -> Answers:
    (form,) = read(response(items, **fields)).patient.answers
    return form


@pytest.mark.parametrize(
    "answer",
    [
        lambda score: {"valueInteger": score},
        lambda score: {"valueDecimal": float(score)},
        lambda score: {"valueString": str(score)},
        lambda score: {"valueCoding": {"system": LOINC, "code": CODED[score]}},
        lambda score: {"valueCoding": {"display": instruments.instrument("phq_9").options[score].text}},
        lambda score: {"valueCoding": {"code": str(score)}},
        lambda score: {
            "valueCoding": {
                "code": "at1",
                "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": score}],
            }
        },
    ],
)
@pytest.mark.parametrize("link", ["{}", "/{}", "http://loinc.org/fhir/DataElement/{}"])
def test_a_phq_9_is_read_by_the_codes_of_its_items_in_any_order(answer: Any, link: str) -> None:
    scores = [0, 1, 2, 3, 0, 1, 2, 3, 1]
    items = [{"linkId": link.format(code), "answer": [answer(score)]} for code, score in zip(PHQ9, scores, strict=True)]
    nested = [{"linkId": "group", "item": list(reversed(items))}]
    form = form_of(nested)
    assert (form.instrument, form.items, str(form.on)) == ("phq_9", tuple(scores), "2026-11-20")


@pytest.mark.parametrize("address", ["http://loinc.org/q/44249-1", "https://clinic/Questionnaire/PHQ-9|1.0", "phq_9"])
def test_a_named_phq_9_is_read_by_the_numbers_of_its_items(address: str) -> None:
    items = [{"linkId": f"q{number}", "answer": [{"valueInteger": number % 4}]} for number in range(1, 10)]
    assert form_of(items, questionnaire=address).items == (1, 2, 3, 0, 1, 2, 3, 0, 1)


def test_an_unnamed_form_of_plain_numbers_is_not_guessed() -> None:
    items = [{"linkId": str(number), "answer": [{"valueInteger": 1}]} for number in range(1, 10)]
    assert read(response(items)).patient.answers == ()


def test_an_unfinished_phq_9_keeps_what_was_answered_and_item_9_is_heard() -> None:
    items = [{"linkId": code} for code in PHQ9[:8]] + [{"linkId": PHQ9[8], "answer": [{"valueInteger": 1}]}]
    patient = read(response(items)).patient
    assert patient.answers[0].items == (None,) * 8 + (1,)
    derived = derive.derive(patient)
    assert derived.value("phq9_item9") == 1
    assert derived.value("phq9_total") is None


def test_the_first_two_questions_alone_are_the_phq_2() -> None:
    items = [{"linkId": code, "answer": [{"valueInteger": 2}]} for code in PHQ9[:2]]
    assert form_of(items) == Answers(
        instrument="phq_2", on=AS_OF.replace(day=20), items=(2, 2), origin="QuestionnaireResponse/1"
    )
    assert form_of(items, questionnaire="http://loinc.org/q/44249-1").instrument == "phq_9"


def test_a_total_alone_is_kept_as_a_total() -> None:
    form = form_of([{"linkId": "44261-6", "answer": [{"valueInteger": 17}]}])
    assert (form.instrument, form.items, form.total) == ("phq_9", (), 17)


@pytest.mark.parametrize("instrument", ["gad_7", "peg"])
def test_gad_7_and_peg_are_read(instrument: str) -> None:
    codes = [item.loinc for item in instruments.instrument(instrument).items]
    items = [{"linkId": code, "answer": [{"valueInteger": 2}]} for code in codes]
    assert form_of(items).items == (2,) * len(codes)
    assert form_of(items).instrument == instrument


def test_an_impossible_or_doubled_answer_is_told_and_left_open() -> None:
    items = [{"linkId": code, "answer": [{"valueInteger": 1}]} for code in PHQ9]
    items[0]["answer"] = [{"valueInteger": 4}]
    items[1]["answer"] = [{"valueInteger": 1}, {"valueInteger": 2}]
    imported = read(response(items))
    assert imported.patient.answers[0].items == (None, None, 1, 1, 1, 1, 1, 1, 1)
    assert "item 1 of phq_9 could not be read" in reasons(imported)
    assert "item 2 of phq_9 could not be read" in reasons(imported)


@pytest.mark.parametrize("status", ["in-progress", "entered-in-error", "stopped", None])
def test_a_form_that_was_not_completed_is_not_read(status: str | None) -> None:
    items = [{"linkId": code, "answer": [{"valueInteger": 1}]} for code in PHQ9]
    assert read(response(items, status=status)).patient.answers == ()


def test_misplaced_answers_are_told() -> None:
    imported = read(response([{"linkId": "2", "answerOption": [{"valueCoding": {"display": "Moderate"}}]}]))
    assert "«answerOption»" in reasons(imported)
    assert imported.counts["QuestionnaireResponse"].unreadable == 1


def test_items_that_come_as_observations_make_one_form_a_day() -> None:
    codes = [item.loinc for item in instruments.instrument("peg").items]
    days = [
        observation(code, score, on=day)
        for day, scores in (("2026-11-01", (7, 8, 6)), ("2026-10-01", (5, 5, 5)))
        for code, score in zip(codes, scores, strict=True)
    ]
    forms = read(*days).patient.answers
    assert [(form.instrument, form.items) for form in forms] == [("peg", (5, 5, 5)), ("peg", (7, 8, 6))]


def test_a_coded_observation_of_one_item_is_heard() -> None:
    alone = observation("44260-8", valueCodeableConcept=concept(LOINC, "LA6569-3", "Several days"))
    patient = derive.derive(read(alone).patient)
    assert patient.value("phq9_item9") == 1
    assert patient.value("phq9_total") is None


def test_a_total_is_not_lost_beside_a_single_item_of_the_same_day() -> None:
    patient = derive.derive(read(observation("44261-6", 17), observation("44260-8", 1)).patient)
    assert (patient.value("phq9_total"), patient.value("phq9_item9")) == (17, 1)


def test_words_for_the_pain_of_one_day_add_up_and_a_newer_day_replaces_them() -> None:
    def told(word: str, on: str, code: str = "mpq-1038") -> dict[str, Any]:
        return {**observation("x", on=on, valueCodeableConcept={"text": word}), "code": {"coding": [{"code": code}]}}

    old = told("Throbbing", "2020-01-01")
    imported = read(old, told("Burning", "2026-01-01"), told("Stabbing", "2026-01-01", "mpq-1039"))
    assert value(imported, "pain_descriptors") == ("burning", "stabbing")


# ---- procedures, reports, allergies


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
    assert "asked for, not that it took place" in reasons(imported)


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
    assert "must be asked" in reasons(imported)


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
