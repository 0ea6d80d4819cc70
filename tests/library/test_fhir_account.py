"""What is not used of a record is named, counted and put together; what was withheld stands beside the verdict."""

import json
from typing import Any

import pytest
from bundle_builder import ICD10, LOINC, SNOMED, Json, bundle, concept, condition, observation, read, request, resource

from unwound import pathway
from unwound.exchange.fhir import Import, Problem, folded
from unwound.report.record_json import record_json
from unwound.report.summary import summary


def account(imported: Import) -> dict[tuple[str, str], dict[str, int]]:
    return {(unread.what, unread.reason): dict(unread.names) for unread in imported.unread}


def test_diagnoses_without_a_meaning_here_are_named_and_counted() -> None:
    imported = read(
        condition(SNOMED, "2") | {"code": concept(SNOMED, "2", "A strange thing")},
        condition(ICD10, "J00") | {"code": concept(ICD10, "J00", "A cold")},  # known to bear on nothing here
        *(condition(SNOMED, "1") | {"code": concept(SNOMED, "1", "Sprain")} for _ in range(2)),
    )
    assert account(imported) == {("diagnoses", "not recognised"): {"Sprain": 2, "A strange thing": 1}}
    assert "3 × diagnoses not recognised: «Sprain» (2), «A strange thing»" in imported.lines()
    assert record_json(imported)["not_used"][0]["count"] == 3  # type: ignore[index]


@pytest.mark.parametrize(
    ("part", "what", "reason", "name"),
    [
        (condition(ICD10, "F32.9", sure="refuted"), "diagnoses", "not counted (refuted)", ""),
        (condition(ICD10, "Q99.9") | {"code": concept(ICD10, "Q99.9", "Odd")}, "diagnoses", "not recognised", "Odd"),
        (observation("2345-7", 5.5, "mmol/L"), "results", "not recognised", ""),
        (request("metformin 500 mg", "stopped"), "orders of medicines", "not counted (stopped)", "metformin 500 mg"),
        (
            request("metformin 500 mg") | {"intent": "plan"},
            "orders of medicines",
            "not counted (plan)",
            "metformin 500 mg",
        ),
        (resource("Procedure", status="completed", code={"text": "Colonoscopy"}), "procedures", "not recognised", ""),
        (resource("QuestionnaireResponse", status="completed", questionnaire="a/b"), "forms", "not recognised", "b"),
        (resource("FamilyMemberHistory", relationship={"text": "mother"}), "illnesses in the family", "not read", ""),
        (resource("DocumentReference", type={"text": "Progress note"}), "documents", "not read", "Progress note"),
        (resource("Encounter", reasonCode=[{"text": "Sciatica"}]), "reasons of visits", "not read", "Sciatica"),
        (resource("NutritionOrder"), "NutritionOrder resources", "not read", ""),
    ],
)
def test_what_is_not_used_has_its_reason(part: dict[str, Any], what: str, reason: str, name: str) -> None:
    names = account(read(part))[what, reason]
    assert not name or names == {name: 1}


@pytest.mark.parametrize("type", ["Claim", "ExplanationOfBenefit", "Organization", "Practitioner"])
def test_what_is_never_needed_needs_no_word(type: str) -> None:
    assert read(resource(type)).unread == ()


def test_a_visit_says_nothing_new_where_its_reason_is_a_diagnosis_of_the_record() -> None:
    visit = resource("Encounter", status="finished", reasonCode=[concept(ICD10, "E11.9")])
    assert account(read(condition(ICD10, "E11.9"), visit)) == {}


@pytest.mark.parametrize(
    ("part", "place", "name"),
    [
        (condition(ICD10, "E11.9", severity={"text": "severe"}), "Condition.severity", "severe"),
        (condition(ICD10, "E11.9", note=[{"text": "mother had it"}]), "Condition.note", "mother had it"),
        (
            condition(ICD10, "E11.9", extension=[{"url": "http://x/odd", "valueBoolean": True}]),
            "Condition.extension",
            "http://x/odd",
        ),
        (
            request(dosageInstruction=[{"text": "1 capsule", "site": {"text": "left arm"}}], status="active"),
            "MedicationRequest.dosageInstruction.site",
            "left arm",
        ),
    ],
)
def test_an_element_that_nothing_reads_is_named_with_its_place(part: dict[str, Any], place: str, name: str) -> None:
    assert account(read(part))[place, "not read"] == {name: 1}


def test_a_component_without_a_meaning_here_is_named() -> None:
    pressure = resource(
        "Observation",
        status="final",
        effectiveDateTime="2026-11-20",
        code=concept(LOINC, "85354-9"),
        component=[
            {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 120, "unit": "mm[Hg]"}},
            {"code": concept(LOINC, "0", "Mean"), "valueQuantity": {"value": 90, "unit": "mm[Hg]"}},
        ],
    )
    assert account(read(pressure)) == {("parts of results", "not recognised"): {"Mean": 1}}


# ---- many of one kind are one line


def test_problems_that_differ_in_a_number_only_are_one_line() -> None:
    lines = [*read(*(observation("8480-6", 100 + n) for n in range(137))).lines()]
    (line,) = lines
    assert line.startswith("137 times, the first in entry 1, Observation/1: systolic blood pressure has no unit (100)")


def test_problems_that_differ_in_a_name_keep_their_names() -> None:
    problems = [Problem(n, f"Condition/{n}", f"«{name}» has no code") for n, name in enumerate(("a", "b", "c", "b"))]
    assert list(folded(problems)) == ["4 times, the first in entry 0, Condition/0: «a» has no code; likewise «b», «c»"]


def test_two_of_a_kind_stay_two_lines() -> None:
    assert len(list(folded([Problem(n, "Condition/1", f"no {n}") for n in range(2)]))) == 2


# ---- half a record


def test_a_verdict_on_half_a_record_says_so() -> None:
    imported = read(link=[{"relation": "next", "url": "https://server/2"}])
    review = pathway.review(imported.patient)
    (finding,) = [finding for finding in review.findings if finding.id == "record_incomplete"]
    assert finding.level == "ask"
    assert "one page of a search" in summary(review).missing
    assert summary(pathway.review(read().patient)).missing == ""
    assert json.dumps(record_json(imported)).count("one page of a search") == 2


def test_what_the_server_sent_shortened_is_half_a_record() -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    for meta in ({"tag": [label]}, {"security": [{**label, "code": "REDACTED"}]}):
        imported = read(condition(ICD10, "G50.0", meta=meta))
        assert imported.missing == ("the server sent diagnoses shortened (1): what was left out is not known",)
        assert imported.patient.value("record_incomplete") is True
    other = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
    assert read(condition(ICD10, "G50.0", meta=other)).missing == ()


def test_a_list_that_is_empty_because_it_was_withheld_is_half_a_record() -> None:
    empty = resource("List", status="current", mode="snapshot", title="Medicines", emptyReason=concept("x", "withheld"))
    (why,) = read(empty).missing
    assert why == "the list «Medicines» is empty (withheld): what would stand there is not known"
    assert read({**empty, "emptyReason": concept("x", "nilknown")}).missing == ()


def test_a_document_without_what_it_lists_is_half_a_record() -> None:
    def document(*sections: Json) -> Json:
        return resource("Composition", "c", status="final", section=[{"title": "All", "section": list(sections)}])

    here = condition(ICD10, "G50.0") | {"id": "g"}
    listed = document({"entry": [{"reference": "Condition/g"}, {"reference": "Organization/1"}]})
    assert read(listed, here).missing == ()
    assert read(listed).missing == ("the document lists 1 entry not in it («Condition/g»)",)
    assert (
        "«Medicines» is empty"
        in read(document({"title": "Medicines", "emptyReason": concept("x", "unavailable")})).missing[0]
    )
    told = read(document({"title": "Problems", "text": {"div": "<div>pain</div>"}}))
    assert ("sections of documents", "not read (they are text alone)") in account(told)


def test_a_whole_record_says_nothing_of_parts_that_are_missing() -> None:
    assert read().patient.value("record_incomplete") is None
    assert read().missing == ()
    assert bundle()["entry"]


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Problem(21, "Condition/t0", "no code"), "diagnosis, part 22 of the file: no code"),
        (Problem(None, "MedicationRequest/m1", "no dose"), "order of a medicine: no dose"),
        (Problem(3, "Immunization/9", "not used"), "part 4 of the file: not used"),
        (Problem(None, "", "the rest was not sent"), "the rest was not sent"),
    ],
)
def test_who_knows_no_fhir_reads_where_it_stands_in_words(problem: Problem, words: str) -> None:
    assert problem.in_words == words
    (line,) = folded([problem], lambda each: each.in_words)
    assert line == words
