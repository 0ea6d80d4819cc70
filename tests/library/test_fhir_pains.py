"""Pains of a bundle: told apart by their place on the body, and what does not say which is named, never guessed."""

from __future__ import annotations

from typing import Any

import pytest
from bundle_builder import ICD10, SNOMED, concept, condition, observation, person, read

from unwound import instruments, pathway
from unwound.exchange import case_file
from unwound.exchange.fhir import Import
from unwound.exchange.fhir.sites import Place, place_of

NRS = "72514-3"


def site(words: str, code: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "text": words,
        **({"coding": [{"system": SNOMED, "code": code, "display": words}]} if code else {}),
        **fields,
    }


def laterality(code: str) -> dict[str, Any]:
    return {"extension": [{"url": "http://x.test/laterality", "valueCodeableConcept": concept(SNOMED, code)}]}


def score(value: int, where: str, on: str = "2026-11-01", id: str = "s") -> dict[str, Any]:
    return {**observation(NRS, value, on=on), "id": id, **({"bodySite": site(where)} if where else {})}


def bundle(*resources: dict[str, Any]) -> Import:
    return read(person(), *({**one, "id": f"r{n}"} for n, one in enumerate(resources)))


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ({"bodySite": site("left foot")}, Place("foot", "left")),
        ({"bodySite": site("Structure of left foot (body structure)", "22335008")}, Place("foot", "left")),
        ({"bodySite": [site("Foot structure"), concept(SNOMED, "7771000", "Left (qualifier)")]}, Place("foot", "left")),
        ({"bodySite": [site("Knee region structure")]}, Place("knee")),
        ({"bodySite": site("Foot, bilateral")}, Place("foot", "both")),
        ({"bodySite": [site("left hand"), site("right hand")]}, Place("hand", "both")),
        ({"bodySite": [site("left hand"), site("right foot")]}, None),
        ({"bodySite": site("right and left knee")}, Place("knee", "both")),
        ({"bodySite": {"coding": [{"system": SNOMED, "code": "72696002"}]}}, Place("body site 72696002")),
        ({"bodySite": {}}, None),
        ({"bodySite": "left foot"}, None),
        ({}, None),
        ({"bodySite": site("Foot", **laterality("24028007"))}, Place("foot", "right")),
        ({"bodySite": site("Foot"), **laterality("7771000")}, Place("foot", "left")),
        ({"bodySite": site("Foot"), "extension": [{"url": "Laterality", "valueCode": "left"}]}, Place("foot", "left")),
    ],
)  # fmt: skip
def test_a_place_is_read_as_records_write_it(written: dict[str, Any], place: Place | None) -> None:
    assert place_of(written) == place


def test_scores_of_two_places_are_two_pains_each_with_its_own() -> None:
    record = bundle(score(3, "left foot"), score(8, "right leg"), score(9, "right leg", "2026-10-01"))
    assert [(pain.name, pain.site, pain.side) for pain in record.patient.pains] == [
        ("left foot", "foot", "left"),
        ("right leg", "leg", "right"),
    ]
    known = {pain.name: pain.facts["pain_average_nrs"].value for pain in record.patient.pains}
    assert known == {"left foot": 3, "right leg": 8}
    assert not record.problems


@pytest.mark.parametrize("where", ["left foot", "", "foot"])
def test_one_place_is_one_pain_as_before(where: str) -> None:
    plain, placed = (
        bundle(score(3, ""), score(8, "", "2026-11-05")),
        bundle(score(3, where), score(8, "left foot", "2026-11-05")),
    )
    assert placed.patient.value("pain_site") == ("foot",)
    assert placed.patient.not_knowing("pain_site") == plain.patient
    assert placed.problems == plain.problems


def test_the_place_of_the_only_pain_is_its_site_where_all_of_it_is_understood() -> None:
    def known(*where: str) -> object:
        return bundle(*(score(3, each) for each in where)).patient.value("pain_site")

    assert known("Structure of lower back") == ("low-back",)
    assert known("dermatome of L5") is None
    assert known("") is None
    patient = bundle(score(3, "left foot"), score(8, "cheek")).patient
    assert {pain.site for pain in patient.pains} == {"foot", "cheek"}
    assert pathway.review(patient).patient.value("pain_site") == ("face",)


def test_what_does_not_say_which_pain_is_named_and_counts_for_none() -> None:
    record = bundle(score(3, "left foot"), score(4, "right foot"), score(9, "", "2026-11-10"), score(10, "foot"))
    assert {pain.facts["pain_average_nrs"].value for pain in record.patient.pains} == {3, 4}
    notes = [problem.reason for problem in record.problems if "which of the pains" in problem.reason]
    assert len(notes) == 2
    assert all("«left foot»" in note and "«right foot»" in note for note in notes)


def test_a_diagnosis_at_a_place_is_that_pains_with_its_onset() -> None:
    crps = condition(ICD10, "G90.50", bodySite=[site("left hand")], onsetDateTime="2025-03", recordedDate="2025-06-01")
    record = bundle(crps, score(7, "left hand"), score(4, "right knee"))
    hand, knee = record.patient.pains
    assert (hand.name, str(hand.since)) == ("left hand", "2025-03-31")
    assert "crps_diagnosed" in hand.facts
    assert (knee.since, "crps_diagnosed" in knee.facts) == (None, False)


def test_a_lesion_that_names_no_place_counts_for_each_pain_and_one_elsewhere_for_none() -> None:
    radiculopathy = condition(ICD10, "M54.16")
    pains = (score(3, "left foot"), score(8, "right leg"))
    anywhere = bundle(radiculopathy, *pains)
    elsewhere = bundle({**radiculopathy, "bodySite": [site("neck")]}, *pains)
    lesions = set(anywhere.patient.facts) | {id for pain in anywhere.patient.pains for id in pain.facts}
    assert "root_lesion_history" in lesions
    assert "root_lesion_history" not in elsewhere.patient.facts
    assert not any("root_lesion_history" in pain.facts for pain in elsewhere.patient.pains)
    assert any("which of the pains" in problem.reason for problem in elsewhere.problems)


def test_what_is_the_persons_stays_so_whatever_its_place() -> None:
    diabetes = condition(ICD10, "E11.9", bodySite=[site("left foot")])
    record = bundle(diabetes, score(3, "left foot"), score(8, "right leg"))
    assert record.patient.value("diabetes") is True


def test_the_pains_of_a_bundle_are_reviewed_and_survive_a_case_file() -> None:
    record = bundle(score(3, "left foot"), score(8, "right leg"))
    review = pathway.review(record.patient)
    assert review.patient.seen_pain == "right leg"
    case = case_file.Case("Two pains", "", record.patient)
    assert case_file.read_case(case_file.write_case(case), "two.toml").patient.pains == record.patient.pains


def test_a_form_in_observations_is_about_the_pain_at_its_place() -> None:
    codes = [item.loinc for item in instruments.instrument("peg").items]
    assert all(codes)
    items = [
        {**observation(code, value), "bodySite": site(where)}
        for where, value in (("left foot", 3), ("right leg", 8))
        for code in codes
    ]
    record = bundle(*items, *(observation(code, 5, on="2026-10-01") for code in codes))
    filled = {form.pain: form.items for form in record.patient.answers if form.instrument == "peg"}
    assert filled == {"left foot": (3, 3, 3), "right leg": (8, 8, 8), "": (5, 5, 5)}
    assert [problem.reason for problem in record.problems if "the form «PEG»" in problem.reason]
