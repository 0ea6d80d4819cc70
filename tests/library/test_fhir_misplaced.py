"""Diagnoses that stand as results, among procedures or allergies, and allergies among the diagnoses."""

from __future__ import annotations

import pytest
from bundle_builder import ICD10, LOINC, SNOMED, Json, concept, condition, read, reasons, resource

from unwound import derive
from unwound.exchange.fhir import Import

INFARCTION, TRIGEMINAL = concept(SNOMED, "22298006", "Myocardial infarction"), concept(ICD10, "G50.0", "Neuralgia")


def result(code: Json, **fields: object) -> Import:
    usual = {"status": "final", "effectiveDateTime": "2026-11-01"}
    return read(resource("Observation", code=code, **{**usual, **fields}))


def facts_of(imported: Import) -> set[str]:
    return set(imported.patient.facts)


@pytest.mark.parametrize("question", [(LOINC, "75326-9"), (LOINC, "29308-4"), (SNOMED, "404684003")])
def test_the_answer_to_which_problem_there_is_is_a_diagnosis(question: tuple[str, str]) -> None:
    imported = result(concept(*question), valueCodeableConcept=TRIGEMINAL)
    assert facts_of(imported) == {"trigeminal_history"}
    assert imported.counts["Observation"].used == 1


def test_another_question_with_a_diagnosis_for_answer_is_named_and_not_read() -> None:
    imported = result(concept(LOINC, "69453-9", "Cause of death"), valueCodeableConcept=INFARCTION)
    assert facts_of(imported) == set()
    assert "«Cause of death»" in str(imported.unread[0])


@pytest.mark.parametrize(
    "answer",
    [
        {"valueBoolean": True},
        {"valueString": "Yes"},
        {"valueCodeableConcept": concept(SNOMED, "52101004", "Present")},
        {"valueCodeableConcept": {"text": "Positive"}},
    ],
)
def test_a_diagnosis_that_is_said_to_be_there_counts(answer: Json) -> None:
    assert "myocardial_infarction_recent" in facts_of(result(INFARCTION, **answer))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"valueBoolean": False}, ""),
        ({"valueCodeableConcept": concept(SNOMED, "2667000", "Absent")}, ""),
        ({"valueString": "see letter"}, "stands as a result with the answer «see letter»"),
        ({"valueInteger": 3}, "stands as a result with the answer «3»"),
        ({}, "stands as a result; please clarify"),
    ],
)
def test_one_that_is_denied_or_not_clear_never_counts(answer: Json, said: str) -> None:
    imported = result(INFARCTION, **answer)
    assert facts_of(imported) == set()
    assert (said in reasons(imported)) if said else imported.problems == ()
    assert said or "«Myocardial infarction»" in str(imported.unread[0])


@pytest.mark.parametrize("fields", [{"status": "preliminary"}, {"status": "entered-in-error"}, {"status": "cancelled"}])
def test_one_that_is_preliminary_or_taken_back_does_not_count(fields: Json) -> None:
    assert facts_of(result(INFARCTION, valueBoolean=True, **fields)) == set()


def test_a_diagnosis_among_procedures_or_allergies_is_pointed_out() -> None:
    done = read(resource("Procedure", status="completed", code=INFARCTION, performedDateTime="2026-11-01"))
    assert "is a diagnosis, but stands among the procedures" in reasons(done)
    listed = read(resource("AllergyIntolerance", code=INFARCTION))
    assert "is a diagnosis, but stands among the allergies" in reasons(listed)
    assert facts_of(done) == facts_of(listed) == set()


@pytest.mark.parametrize(
    ("called", "is_listed"),
    [
        ("Allergy to ketamine (finding)", True),
        ("Ketamine allergy", True),
        ("Anaphylaxis caused by ketamine", True),
        ("Allergic reaction to ketamine", True),
        ("Allergie gegen Ketamin", True),
        ("No allergy to ketamine", False),
        ("Allergic rhinitis", False),
    ],
)
def test_an_allergy_among_the_diagnoses_is_one_of_the_allergies(called: str, is_listed: bool) -> None:
    imported = read({**condition(SNOMED, "999999999"), "code": concept(SNOMED, "999999999", called)})
    assert imported.patient.allergies == ((called,) if is_listed else ())
    known = derive.derive(imported.patient).value("ketamine_hypersensitivity")
    assert known is (True if is_listed else None)


@pytest.mark.parametrize(
    ("clinical", "sure"), [("resolved", "confirmed"), ("active", "refuted"), ("active", "provisional")]
)
def test_an_allergy_that_is_over_or_not_sure_is_not_listed(clinical: str, sure: str) -> None:
    one = condition(SNOMED, "1", clinical, sure)
    assert read({**one, "code": concept(SNOMED, "293693005", "Allergy to ketamine")}).patient.allergies == ()


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("22298006:246112005=24484000", True),
        ("=== 22298006 |Myocardial infarction| : 246112005 |Severity| = 24484000 |Severe|", True),
        ("22298006 |Myocardial infarction|", True),
        ("22298006+37796009", True),
        ("22298006:408729009=410516002", False),
        ("413350009:246090004=22298006,408729009=410516002", False),
        ("22298006:", True),
        (":22298006", False),
        ("22298006 OR 37796009", False),
    ],
)
def test_an_expression_is_read_by_its_focus_unless_it_speaks_of_the_context(code: str, counts: bool) -> None:
    imported = read({**condition(SNOMED, code), "code": concept(SNOMED, code, "as written")})
    assert ("myocardial_infarction_recent" in facts_of(imported)) is counts
    named = (*map(str, imported.unread), reasons(imported))
    assert counts or any("as written" in line for line in named)
    assert not (counts and ":" in code) or "refines" in reasons(imported)


@pytest.mark.parametrize(
    ("system", "code", "shown"),
    [
        ("http://hl7.org/fhir/sid/ndc", "00071-0803-24", "ndc 00071-0803-24"),
        ("http://fhir.de/CodeSystem/ifa/pzn", "03532646", "PZN 03532646"),
    ],
)
def test_a_medicine_known_by_a_code_alone_is_named_and_never_guessed(system: str, code: str, shown: str) -> None:
    def order(display: str) -> Import:
        drug = {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}
        fields = {"intent": "order", "medicationCodeableConcept": drug}
        return read(resource("MedicationRequest", status="active", **fields))

    bare = order("")
    assert [medicine.drug for medicine in bare.patient.medications] == [shown]
    assert f"known by a code alone, which is not looked up here: «{shown}»" in str(bare.unread[0])
    assert [medicine.drug for medicine in order("Neurontin 300 MG Oral Capsule").patient.medications] == ["gabapentin"]
