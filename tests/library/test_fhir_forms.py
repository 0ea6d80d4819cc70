"""Questionnaires in FHIR R4: filled whole, in part, wrongly, or as single items."""

from typing import Any

import pytest
from bundle_builder import (
    AS_OF,
    LOINC,
    concept,
    observation,
    read,
    reasons,
    resource,
    value,
)

from unwound import derive, instruments
from unwound.patient import Answers

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
    """Where some answer is a 0 the scale begins at 0, and a 4 is a slip: it costs itself and not the form."""
    items = [{"linkId": code, "answer": [{"valueInteger": 1}]} for code in PHQ9]
    items[8]["answer"] = [{"valueInteger": 0}]
    items[0]["answer"] = [{"valueInteger": 4}]
    items[1]["answer"] = [{"valueInteger": 1}, {"valueInteger": 2}]
    imported = read(response(items))
    assert imported.patient.answers[0].items == (None, None, 1, 1, 1, 1, 1, 1, 0)
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
