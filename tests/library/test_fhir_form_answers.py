"""What the answers of a form count, and what is done where nothing says where their scale begins."""

from typing import Any

import pytest
from bundle_builder import LOINC, Json, concept, observation, read, reasons, resource, value
from form_shapes import CODES, OPTIONS, coded, items_of, numbered, of_phq9, response, scored

from unwound import derive, instruments

SCORES = [0, 1, 2, 3, 0, 1, 2, 3, 1]
LANGUAGES = {
    "English with numbers": [
        "0 - Not at all",
        "(1) Several days",
        "2: More than half the days",
        "Nearly every day (3)",
    ],
    "GAD-7 of 2006": ["Not at all sure", "Several days", "Over half the days", "Nearly every day"],
    "German": ["Überhaupt nicht", "An einzelnen Tagen", "An mehr als der Hälfte der Tage", "Beinahe jeden Tag"],
    "Dutch": ["Helemaal niet", "Meerdere dagen", "Meer dan de helft van de dagen", "Bijna elke dag"],
    "French": ["Jamais", "Plusieurs jours", "Plus de la moitié du temps", "Presque tous les jours"],
    "Spanish": ["Para nada", "Varios días", "Más de la mitad de los días", "Casi todos los días"],
}


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_words_are_read_in_several_languages_whatever_code_stands_beside_them(words: list[str]) -> None:
    of_their_own = [{"code": str(score + 1), "display": words[score]} for score in SCORES]
    assert items_of(of_phq9(coded(CODES, of_their_own)), "phq_9") == tuple(SCORES)
    texts = [
        {"linkId": code, "answer": [{"valueString": words[score]}]} for code, score in zip(CODES, SCORES, strict=True)
    ]
    assert items_of(of_phq9(texts), "phq_9") == tuple(SCORES)


@pytest.mark.parametrize("scores", [[1, 1, 1, 1, 1, 1, 1, 1, 1], [2, 1, 3, 1, 1, 1, 1, 1, 4], [4] * 9])
def test_codes_of_their_own_from_one_to_four_are_not_scored(scores: list[int]) -> None:
    imported = of_phq9(coded(CODES, [{"system": "urn:ours", "code": str(score)} for score in scores]))
    assert scored(imported) == ()
    assert "its answers are bare codes" in reasons(imported)
    assert "Please ask item 9" in reasons(imported)


@pytest.mark.parametrize("key", ["valueInteger", "valueDecimal", "valueString"])
def test_numbers_beyond_the_scale_without_a_zero_are_not_scored(key: str) -> None:
    def items(scores: list[int]) -> list[Json]:
        return [
            {"linkId": code, "answer": [{key: str(score) if key == "valueString" else score}]}
            for code, score in zip(CODES, scores, strict=True)
        ]

    imported = of_phq9(items([1, 2, 1, 1, 1, 1, 1, 1, 4]))
    assert scored(imported) == ()
    assert "numbered beyond 3 (1, 2, 4)" in reasons(imported)
    assert items_of(of_phq9(items([1, 2, 1, 1, 1, 1, 1, 1, 3])), "phq_9") == (1, 2, 1, 1, 1, 1, 1, 1, 3)
    assert items_of(of_phq9(items([0, 2, 1, 1, 1, 1, 1, 1, 4])), "phq_9") == (0, 2, 1, 1, 1, 1, 1, 1, None)


def test_a_yes_or_no_a_half_and_two_answers_are_no_score() -> None:
    for answer in ([{"valueBoolean": True}], [{"valueDecimal": 1.5}], [{"valueInteger": 0}, {"valueInteger": 3}]):
        items: list[Json] = [*numbered(CODES[:8], [0] * 8), {"linkId": CODES[8], "answer": answer}]
        imported = of_phq9(items)
        assert items_of(imported, "phq_9") == (*[0] * 8, None)
        assert "the answer to item 9 of phq_9 could not be read" in reasons(imported)
        assert derive.derive(imported.patient).value("phq9_item9") is None


def test_words_and_a_score_that_disagree_are_no_answer() -> None:
    weight = {"url": "http://hl7.org/fhir/StructureDefinition/itemWeight", "valueDecimal": 0}
    answers: list[Json] = [{"code": "a", "display": OPTIONS[0], "extension": [weight]} for _ in CODES]
    assert items_of(of_phq9(coded(CODES, answers)), "phq_9") == (0,) * 9
    answers[8] = {"code": "d", "display": OPTIONS[3], "extension": [weight]}
    imported = of_phq9(coded(CODES, answers))
    assert items_of(imported, "phq_9") == (*[0] * 8, None)
    assert f"({OPTIONS[3]})" in reasons(imported)
    answers[8] = {"system": LOINC, "code": "LA6568-5", "display": OPTIONS[3]}
    assert items_of(of_phq9(coded(CODES, answers)), "phq_9") == (*[0] * 8, None)


def options(*listed: Json) -> Json:
    """A Questionnaire whose nine questions offer these answers."""
    items = [{"linkId": code, "type": "choice", "answerOption": list(listed)} for code in CODES]
    return resource("Questionnaire", "q", url="http://example.org/q", item=items)


def weighed(code: str, weight: float, where: str) -> Json:
    extension = [{"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": weight}]
    coding: Json = {"code": code}
    return (
        {"valueCoding": coding | {"extension": extension}}
        if where == "coding"
        else {
            "valueCoding": coding,
            "extension": extension,
        }
    )


@pytest.mark.parametrize("where", ["coding", "option"])
def test_the_option_list_of_the_questionnaire_counts_the_answers(where: str) -> None:
    filled = response(
        coded(CODES, [{"code": str(score + 1)} for score in SCORES]), questionnaire="http://example.org/q"
    )
    by_weight = options(*(weighed(str(score + 1), score, where) for score in range(4)))
    assert items_of(read(filled, by_weight), "phq_9") == tuple(SCORES)
    by_words = options(*({"valueCoding": {"code": str(at + 1), "display": word}} for at, word in enumerate(OPTIONS)))
    assert items_of(read(filled, by_words), "phq_9") == tuple(SCORES)
    from_one = read(filled, options(*(weighed(str(score + 1), score + 1, where) for score in range(4))))
    assert scored(from_one) == ()
    assert "its questionnaire counts answers from 1, not from 0" in reasons(from_one)


def test_a_contained_value_set_counts_the_answers() -> None:
    listed = [{"code": str(at + 1), "display": word} for at, word in enumerate(OPTIONS)]
    values = resource("ValueSet", "v", compose={"include": [{"concept": listed}]})
    items = [{"linkId": code, "type": "choice", "answerValueSet": "#v"} for code in CODES]
    asked = resource("Questionnaire", "q", url="http://example.org/q", contained=[values], item=items)
    filled = response(
        coded(CODES, [{"code": str(score + 1)} for score in SCORES]), questionnaire="http://example.org/q"
    )
    assert items_of(read(filled, asked), "phq_9") == tuple(SCORES)


# ---- totals


def test_a_total_that_disagrees_with_the_items_is_said_and_neither_is_used() -> None:
    items = numbered(CODES, [1] * 9)
    for disagreeing in (
        of_phq9([*items, {"linkId": "44261-6", "answer": [{"valueInteger": 20}]}]),
        of_phq9([*items, {"linkId": "total", "answer": [{"valueDecimal": 20}]}]),
        of_phq9(items, observation("44261-6", 20, on="2026-11-20")),
        read(*(observation(code, 1) for code in CODES), observation("44261-6", 20)),
    ):
        known = derive.derive(disagreeing.patient)
        assert "its items give 9, but a total of 20 came with them; neither was used" in reasons(disagreeing)
        assert (known.value("phq9_total"), known.value("phq9_item9")) == (None, 1)
    agreeing = of_phq9(items, observation("44261-6", 9, on="2026-11-20"))
    assert derive.derive(agreeing.patient).value("phq9_total") == 9
    assert len(agreeing.patient.answers) == 1
    assert agreeing.problems == ()


def test_a_total_of_an_unfinished_form_is_said_and_not_used() -> None:
    items = numbered(CODES[:8], [1] * 8)
    imported = of_phq9([*items, {"linkId": "44261-6", "answer": [{"valueInteger": 8}]}])
    assert derive.derive(imported.patient).value("phq9_total") is None
    assert "not finished, so the total of 8" in reasons(imported)


def test_a_form_twice_on_one_day_with_other_values_is_said_and_the_graver_counts() -> None:
    for low, high in ((3, 22), (22, 3)):
        imported = read(observation("44261-6", low), observation("44261-6", high))
        assert value(imported, "phq9_total") == derive.derive(imported.patient).value("phq9_total") == 22
        assert "PHQ-9 of 2026-11-01 is both 3 and 22" in reasons(imported)
    calm, grave = (response(numbered(CODES, [1] * 8 + [last])) for last in (0, 3))
    for pair in ((calm, grave), (grave, calm)):
        imported = read(*pair)
        assert derive.derive(imported.patient).value("phq9_item9") == 3
        assert "two different PHQ-9 of 2026-11-20" in reasons(imported)
        assert len(imported.patient.answers) == 1
    assert read(calm, calm).problems == ()


@pytest.mark.parametrize(("panel", "fact", "score"), [("44249-1", "phq9_total", 22), ("69737-5", "gad7_total", 14)])
def test_a_panel_that_carries_the_total_is_read(panel: str, fact: str, score: int) -> None:
    imported = read(observation(panel, score))
    assert derive.derive(imported.patient).value(fact) == score
    assert read(observation(panel)).counts["Observation"].not_needed == 1
    assert "cannot be 28" in reasons(read(observation("44249-1", 28)))


@pytest.mark.parametrize("unit", ["/27", "of 27", "{score}/27", "27", "points", "{score}", None])
def test_a_score_may_say_out_of_how_many(unit: str | None) -> None:
    imported = read(observation("44261-6", 22, unit))
    assert value(imported, "phq9_total") == (None if unit == "27" else 22)
    other = read(observation("44261-6", 22, "/63"))
    assert value(other, "phq9_total") is None
    assert "PHQ-9 is 22 «/63»; a plain number of 27 is needed" in reasons(other)


# ---- forms and scores that are results, and those that are only named


@pytest.mark.parametrize(
    ("code", "score", "instrument"),
    [
        ("71961-7", 63.5, "promis_pain_interference"),
        ("71959-1", 38.2, "promis_physical_function"),
        ("75624-7", 12, "audit"),
        ("69728-4", 15, "phq_15"),
        ("69724-3", 6, "phq_4"),
        ("38221-8", 6, "pain_faces"),
        ("55758-7", 4, "phq_2"),
    ],
)
def test_totals_of_other_forms_are_results_with_their_source(code: str, score: float, instrument: str) -> None:
    imported = read(observation(code, score))
    (form,) = imported.patient.answers
    assert (form.instrument, form.total, form.origin) == (instrument, score, "Observation/1")
    (counted,) = instruments.scores(imported.patient)
    assert counted.total == score
    assert imported.patient.facts == {}


@pytest.mark.parametrize(
    ("code", "answer", "words"),
    [
        (
            "75261-8",
            {"valueCodeableConcept": {"text": "Severe"}},
            "average pain in words (PROMIS): «Severe» was not used",
        ),
        ("75260-0", {"valueCodeableConcept": {"text": "Moderate"}}, "pain right now in words (PROMIS): «Moderate»"),
        (
            "38214-3",
            {"valueQuantity": {"value": 45, "unit": "mm"}},
            "pain on a visual analogue line: «45» was not used",
        ),
        ("54654-9", {"valueCodeableConcept": {"text": "3"}}, "«PHQ-9 of the Minimum Data Set (CMS)» (3) is not read"),
        ("54652-3", {"valueCodeableConcept": concept(LOINC, "LA33-6", "Yes")}, "answered «Yes»: please ask today"),
        ("54653-1", {"valueCodeableConcept": concept(LOINC, "LA10998-5", "2-6 days")}, "please ask today"),
    ],
)
def test_what_is_not_read_is_said_by_name(code: str, answer: dict[str, Any], words: str) -> None:
    imported = read(observation(code, **answer))
    assert words in reasons(imported)
    assert imported.patient.facts == {}
    assert imported.counts["Observation"].unreadable == 1


def test_thoughts_of_death_that_were_denied_are_not_said() -> None:
    for code, denied in (("54652-3", "LA32-8"), ("54653-1", "LA10997-7")):
        assert read(observation(code, valueCodeableConcept=concept(LOINC, code=denied))).problems == ()


def test_pain_in_words_is_said_in_a_form_too() -> None:
    item = {
        "linkId": "3",
        "text": "In the past 7 days - How intense was your average pain?",
        "answer": [{"valueCoding": {"display": "Severe"}}],
    }
    assert "«Severe» was not used" in reasons(read(response([item])))


def test_numeric_pain_scores_are_read() -> None:
    for code in ("72514-3", "38208-5", "75893-8"):
        for unit in (None, "{score}", "/10"):
            assert derive.derive(read(observation(code, 6, unit)).patient).value("pain_average_nrs") == 6


def test_one_coded_item_that_is_a_bare_number_says_nothing() -> None:
    bare = read(observation("44260-8", valueCodeableConcept={"coding": [{"code": "1"}]}))
    assert derive.derive(bare.patient).value("phq9_item9") is None
    assert "has no readable answer (1)" in reasons(bare)
