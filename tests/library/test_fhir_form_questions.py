"""Which question of a filled form is which: known by code, text or exact numbers, or the form is not scored."""

from typing import Any

import pytest
from bundle_builder import Json, observation, read, reasons, request, resource
from form_shapes import CODES, OPTIONS, PHQ9, TEXTS, items_of, numbered, of_phq9, response, scored, with_texts

from unwound import derive, instruments
from unwound.exchange.fhir import Import
from unwound.exchange.fhir.form_tables import called, codes_by_text, form_tables

GRAVE = [1, 1, 0, 0, 2, 0, 0, 0, 3]
"""Seven points, of which three are thoughts of death."""


def item_9(imported: Import) -> object:
    return derive.derive(imported.patient).value("phq9_item9")


@pytest.mark.parametrize("example", form_tables().examples, ids=lambda example: example.name)
def test_questions_and_forms_are_known_as_the_file_says(example: Any) -> None:
    if example.text:
        assert codes_by_text(example.text) == ({example.loinc} if example.loinc else frozenset())
    if example.called:
        known = called(example.called)
        assert known == {example.form} if example.form else len(known) != 1


@pytest.mark.parametrize(
    "links",
    [
        [f"phq{number}" for number in range(1, 10)],
        [f"phq-9-{number}" for number in range(1, 10)],
        [f"phq9.{number}" for number in range(1, 10)],
        [f"PHQ.{number}" for number in range(1, 10)],
        [f"Q{number:02}" for number in range(1, 10)],
        [f"/q/{number}" for number in range(1, 10)],
        [f"{number}." for number in range(1, 10)],
    ],
    ids=lambda links: links[0],
)
def test_links_that_are_exactly_one_to_nine_number_the_items(links: list[str]) -> None:
    imported = of_phq9(numbered(links, GRAVE))
    assert items_of(imported, "phq_9") == tuple(GRAVE)
    assert item_9(imported) == 3
    assert imported.problems == ()


def test_the_last_item_of_every_numbered_form_is_read() -> None:
    for form, prefix, count in (("gad_7", "gad", 7), ("peg", "peg", 3), ("phq_2", "phq2-", 2), ("phq_8", "phq8_", 8)):
        links = [f"{prefix}{number}" for number in range(1, count + 1)]
        filled = response(numbered(links, [1] * (count - 1) + [3]), questionnaire=form.replace("_", "-"))
        assert items_of(read(filled), form) == (*[1] * (count - 1), 3)


@pytest.mark.parametrize(
    ("links", "why"),
    [
        ([str(number) for number in range(2, 11)], "numbered 2, 3, 4, 5, 6, 7, 8, 9, 10, not 1 to 9"),
        ([f"q{number}" for number in range(9)], "numbered 0, 1, 2, 3, 4, 5, 6, 7, 8, not 1 to 9"),
        ([f"q{number}" for number in (2, 1, 3, 4, 5, 6, 7, 8, 9)], "numbered 2, 1, 3"),
        (
            ["phq2-1", "phq2-2", *(f"phq9-{number}" for number in range(3, 10))],
            "do not begin alike («phq2-1», «phq9-3»)",
        ),
        ([f"1.{number}" for number in range(1, 10)], "on several levels («1.1»)"),
        ([f"{number}.1" for number in range(1, 10)], "do not begin alike"),
        ([f"phq9{number}" for number in range(1, 10)], "numbered 91"),
        (["a", "b", "c", "d", "e", "f", "g", "h", "i"], "no code, text or number that is known"),
        ([*"12345678", "8"], "numbered 1, 2, 3, 4, 5, 6, 7, 8, 8"),
    ],
)
def test_other_links_number_nothing_and_item_9_is_asked(links: list[str], why: str) -> None:
    imported = of_phq9(numbered(links, GRAVE))
    assert scored(imported) == ()
    assert item_9(imported) is None
    assert imported.counts["QuestionnaireResponse"].unreadable == 1
    (problem,) = imported.problems
    assert "the PHQ-9 was not scored" in problem.reason
    assert why in problem.reason
    assert f"«{links[8]}»: 3" in problem.reason.split("Please ask item 9 (thoughts of death or self-harm)")[1]


def test_a_heading_that_takes_the_first_number_is_said() -> None:
    inside = numbered([str(number) for number in range(2, 11)], GRAVE)
    imported = of_phq9([{"linkId": "1", "text": "Over the last 2 weeks", "item": inside}])
    assert item_9(imported) is None
    assert "«10»: 3" in reasons(imported)


def test_a_question_left_out_of_numbered_links_could_be_any() -> None:
    links = [str(number) for number in (1, 2, 4, 5, 6, 7, 8, 9)]
    imported = of_phq9(numbered(links, GRAVE[1:]))
    assert (scored(imported), item_9(imported)) == ((), None)
    assert "not 1 to 9" in reasons(imported)
    listed = of_phq9([*numbered(links[:2], [1, 1]), {"linkId": "3"}, *numbered(links[2:], GRAVE[3:])])
    assert scored(listed) == ()
    assert "«3» has no answer and may be a heading" in reasons(listed)


def test_a_tenth_number_is_only_left_out_where_it_is_known_to_be_no_item() -> None:
    ten = numbered([f"PHQ.{number}" for number in range(1, 11)], [*GRAVE, 1])
    assert scored(of_phq9(ten)) == ()
    difficulty: list[Json] = [
        {"answer": [{"valueCoding": {"code": "LA6573-5"}}]},
        {"answer": [{"valueCoding": {"display": "Somewhat difficult"}}]},
        {"text": "How difficult have these problems made it for you to do your work?"},
    ]
    for known in difficulty:
        assert items_of(of_phq9([*ten[:9], {**ten[9], **known}]), "phq_9") == tuple(GRAVE)
    total = {"linkId": "phq9-total", "answer": [{"valueInteger": 7}]}
    assert items_of(of_phq9([*ten[:9], total]), "phq_9") == tuple(GRAVE)


def test_text_outweighs_links_that_number_nothing() -> None:
    links = [f"1.{20 - number}" for number in range(9)]
    for questionnaire in ("Questionnaire/phq-9", "Questionnaire/4711"):
        imported = read(response(with_texts(numbered(links, GRAVE), TEXTS), questionnaire=questionnaire))
        assert items_of(imported, "phq_9") == tuple(GRAVE)
        assert imported.problems == ()


GERMAN = [
    "Wenig Interesse oder Freude an Ihren Tätigkeiten",
    "Niedergeschlagenheit oder Hoffnungslosigkeit",
    "Schwierigkeiten, ein- oder durchzuschlafen",
    "Müdigkeit, keine Energie",
    "Verminderter Appetit",
    "Schlechte Meinung von sich selbst",
    "Schwierigkeiten, sich zu konzentrieren",
    "Langsame Bewegungen oder Ihre Sprache",
    "Gedanken, dass Sie lieber tot wären",
]
SPANISH = [
    "Poco interés",
    "Decaído o sin esperanza",
    "Dificultad para permanecer dormido",
    "Con poca energía",
    "Sin apetito",
    "Sentirse mal con usted mismo",
    "Dificultad para concentrarse",
    "Moverse o hablar muy lento",
    "Estaría mejor muerto",
]


@pytest.mark.parametrize("texts", [GERMAN, SPANISH], ids=["German", "Spanish"])
def test_texts_in_other_languages_are_known(texts: list[str]) -> None:
    links = [f"x{number}y" for number in range(9)]
    assert items_of(of_phq9(with_texts(numbered(links, GRAVE), texts)), "phq_9") == tuple(GRAVE)


@pytest.mark.parametrize(
    "texts",
    [TEXTS[::-1], [*TEXTS[:7], TEXTS[8], TEXTS[7]], [*TEXTS[:8], TEXTS[0]], [*TEXTS[:8], "Trouble relaxing"]],
    ids=["reversed", "two changed", "one twice", "one of another form"],
)
def test_numbers_and_texts_that_disagree_are_in_doubt(texts: list[str]) -> None:
    imported = of_phq9(with_texts(numbered([str(number) for number in range(1, 10)], GRAVE), texts))
    assert (scored(imported), item_9(imported)) == ((), None)
    assert "not scored" in reasons(imported)
    assert "Please ask item 9" in reasons(imported)


def test_a_code_and_a_text_that_disagree_are_in_doubt() -> None:
    imported = of_phq9(with_texts(numbered(CODES, GRAVE), TEXTS[::-1]))
    assert item_9(imported) is None
    assert "carries the code or text of several items" in reasons(imported)


def test_questions_of_another_form_are_not_those_of_the_form_that_is_named() -> None:
    gad = [item.text for item in instruments.instrument("gad_7").items]
    imported = of_phq9(with_texts(numbered([str(number) for number in range(1, 8)], [3] * 7), gad))
    assert items_of(imported, "phq_9") == ()
    assert items_of(of_phq9(numbered([str(number) for number in range(1, 16)], [1] * 15)), "phq_9") == ()


def test_numbers_alone_do_not_number_what_was_answered_otherwise() -> None:
    """A first question that asks for the day moves the others: the ninth is missing, and eight are one too late."""
    items = [{"linkId": "1", "answer": [{"valueDate": "2026-11-20"}]}]
    items += numbered([str(number) for number in range(2, 10)], GRAVE[1:])
    imported = of_phq9(items)
    assert (scored(imported), item_9(imported)) == ((), None)


def questionnaire(shift: int = 0, **of_item: list[Any]) -> Json:
    """A Questionnaire of the nine questions; of each item what is given."""
    listed: list[Json] = [{"linkId": "0", "type": "display", "text": "Over the last 2 weeks"}]
    for at in range(9):
        listed.append(
            {"linkId": str(at + 1 + shift), "type": "choice", **{key: values[at] for key, values in of_item.items()}}
        )
    return resource("Questionnaire", "q", url="http://example.org/q", version="2", title="PHQ-9", item=listed)


@pytest.mark.parametrize("where", ["in the bundle", "contained", "another version"])
def test_the_questionnaire_says_which_question_is_which(where: str) -> None:
    asked = questionnaire(3, code=[[{"system": "http://loinc.org", "code": code}] for code in reversed(CODES)])
    filled = numbered([str(number + 4) for number in range(9)], GRAVE[::-1])
    if where == "in the bundle":
        imported = read(response(filled, questionnaire="http://example.org/q|2"), asked)
    elif where == "contained":
        imported = read(response(filled, questionnaire="#q", contained=[asked]))
    else:
        imported = read(response(filled, questionnaire="http://example.org/q|1"), asked)
        assert scored(imported) == ()
        return
    assert items_of(imported, "phq_9") == tuple(GRAVE)


def test_the_questionnaire_says_which_number_was_left_out() -> None:
    links = [str(number) for number in (1, 2, 4, 5, 6, 7, 8, 9)]
    filled = numbered(links, [1, 1, *GRAVE[3:]])
    imported = read(response(filled, questionnaire="http://example.org/q"), questionnaire())
    assert items_of(imported, "phq_9") == (1, 1, None, *GRAVE[3:])


def test_a_code_may_stand_in_the_definition() -> None:
    items = [
        {"linkId": f"x{at}", "definition": f"http://loinc.org/{code}", "answer": [{"valueInteger": value}]}
        for at, (code, value) in enumerate(zip(CODES, GRAVE, strict=True))
    ]
    assert items_of(read(response(items)), "phq_9") == tuple(GRAVE)


def test_links_that_all_speak_of_one_form_name_it() -> None:
    links = [f"phq9-{number}" for number in range(1, 10)]
    assert items_of(read(response(numbered(links, GRAVE))), "phq_9") == tuple(GRAVE)
    two = numbered([*links, *(f"gad7-{number}" for number in range(1, 8))], [*GRAVE, *[1] * 7])
    assert scored(read(response(two, questionnaire="phq-9-and-gad-7"))) == ()
    assert "called by several forms (GAD-7, PHQ-9)" in reasons(read(response(two, questionnaire="phq-9-and-gad-7")))


def test_two_forms_in_one_response_are_both_read() -> None:
    gad = [item.loinc for item in instruments.instrument("gad_7").items]
    imported = read(response([*numbered(CODES, GRAVE), *numbered(gad, [2] * 7)]))
    assert (items_of(imported, "phq_9"), items_of(imported, "gad_7")) == (tuple(GRAVE), (2,) * 7)
    shared = numbered([gad[0], gad[1], CODES[0], CODES[1]], [3, 2, 1, 0])
    assert [form.instrument for form in read(response(shared)).patient.answers] == ["phq_4"]


def test_eight_questions_without_a_name_are_a_phq_9_that_lacks_its_last_answer() -> None:
    imported = read(response(numbered(CODES[:8], [1] * 8)))
    assert items_of(imported, "phq_9") == (*[1] * 8, None)
    named = read(response(numbered(CODES[:8], [1] * 8), questionnaire="phq-8"))
    assert items_of(named, "phq_8") == (1,) * 8


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("http://example.org/PHQ9-modified-teens", "PHQ-A"),
        ("Questionnaire/phq-a", "PHQ-A"),
        ("Questionnaire/PHQ-9-CMS", "Minimum Data Set"),
        ("http://loinc.org/q/54635-8", "Minimum Data Set"),
        ("Questionnaire/bpi-sf", "Brief Pain Inventory"),
    ],
)
def test_forms_that_are_like_one_of_ours_are_named_and_not_read(address: str, title: str) -> None:
    links = [str(number) for number in range(1, 10)]
    imported = read(response(numbered(links, GRAVE), questionnaire=address))
    assert scored(imported) == ()
    assert title in reasons(imported)
    assert "«9»: 3" in reasons(imported)


def test_a_form_whose_items_are_not_ours_gives_its_total_or_is_named() -> None:
    items = numbered([f"isi{number}" for number in range(1, 8)], [2] * 7)
    with_total = [*items, {"linkId": "isi-total", "answer": [{"valueDecimal": 14}]}]
    (form,) = read(response(with_total, questionnaire="Questionnaire/ISI")).patient.answers
    assert (form.instrument, form.items, form.total) == ("isi", (), 14)
    without = read(response(items, questionnaire="Questionnaire/ISI"))
    assert scored(without) == ()
    assert "ISI: its items are not ours to score, and no total came with them" in reasons(without)
    fifteen = numbered([str(number) for number in range(1, 16)], [1] * 15)
    assert "PHQ-15: its items are not ours" in reasons(read(response(fifteen, questionnaire="Questionnaire/phq-15")))


def test_some_questions_of_a_form_without_its_name_are_said() -> None:
    some = with_texts(numbered(["a", "b", "c"], [1, 0, 3]), [TEXTS[0], TEXTS[3], TEXTS[8]])
    imported = read(response(some, questionnaire="Questionnaire/4711"))
    assert scored(imported) == ()
    assert "it does not name its form and holds some questions of PHQ-9, so it was not scored" in reasons(imported)
    assert "about death or self-harm, was answered «3»: please ask today" in reasons(imported)
    assert read(response(some[:1], questionnaire="Questionnaire/4711")).problems == ()


def test_a_questionnaire_that_stands_in_a_reference_is_found() -> None:
    asked = questionnaire(3, code=[[{"system": "http://loinc.org", "code": code}] for code in CODES])
    filled = numbered([str(number + 4) for number in range(9)], GRAVE)
    slip = response(filled, questionnaire={"reference": "#q"}, contained=[asked])
    assert items_of(read(slip, request()), "phq_9") == tuple(GRAVE)  # by itself it would speak for STU3


def test_thoughts_of_death_in_any_form_are_said() -> None:
    asked = {"linkId": "42", "text": "Do you think about harming yourself?", "answer": [{"valueBoolean": True}]}
    said = "«Do you think about harming yourself?», about death or self-harm, was answered «True»: please ask today"
    assert said in reasons(read(response([asked])))
    assert said in reasons(read(response([asked], status="in-progress")))
    for denied in ({"valueBoolean": False}, {"valueCoding": {"display": "Never"}}, {"valueInteger": 0}):
        assert read(response([{**asked, "answer": [denied]}])).problems == ()


def test_answers_to_the_c_ssrs_are_facts_where_they_are_yes() -> None:
    def answer(code: str, said: str) -> Json:
        return {"linkId": f"/{code}", "answer": [{"valueCoding": {"code": said}}]}

    items = [answer("93246-7", "LA33-6"), answer("93249-1", "LA33-6"), answer("93269-9", "LA32-8")]
    imported = read(response(items, questionnaire="http://loinc.org/q/93373-9"))
    facts = imported.patient.facts
    true = {id for id, fact in facts.items() if fact.value is True}
    assert true == {"suicidal_thoughts_now", "suicidal_plan_or_intent"}
    assert "suicidal_behaviour_3_months" not in facts
    assert "«C-SSRS» is not read" in reasons(imported)
    alone = observation("93267-3", valueCodeableConcept={"coding": [{"code": "LA33-6", "display": "Yes"}]})
    assert "please ask today" in reasons(read(alone))


def test_every_item_of_the_phq_9_is_known_by_its_own_text_and_by_no_other() -> None:
    for item in PHQ9:
        assert codes_by_text(item.text) == {item.loinc}
    for item in instruments.instrument("gad_7").items:
        assert codes_by_text(item.text) == {item.loinc}
    assert len(OPTIONS) == 4


def test_answered_questions_that_no_form_has_are_named_beside_the_form_that_was_read() -> None:
    other = {"linkId": "x1", "text": "Do you hear voices?", "answer": [{"valueString": "yes"}]}
    empty = {"linkId": "x2", "text": "Do you smoke?"}
    items = [*with_texts(numbered("abcdefghi", GRAVE), TEXTS), other, empty]
    imported = of_phq9(items)
    assert items_of(imported, "phq_9") == tuple(GRAVE)
    assert [str(left) for left in imported.unread] == ["1 × questions of forms not recognised: «Do you hear voices?»"]
    assert of_phq9(items[:9]).unread == ()


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("in-progress", "this form is not finished (status in-progress)"),
        ("stopped", "this form was not finished (status stopped)"),
        (None, "whether this form is finished is not known (no status)"),
        ("finalised", "whether this form is finished is not known (status «finalised»)"),
    ],
)
@pytest.mark.parametrize("first", [1, 2])
def test_a_form_that_may_be_unfinished_still_says_what_may_be_thoughts_of_death(
    state: str | None, what: str, first: int
) -> None:
    items = [{"linkId": str(first + at), "answer": [{"valueInteger": 3 if at == 8 else 0}]} for at in range(9)]
    form = resource("QuestionnaireResponse", status=state, questionnaire="x/phq-9", authored="2026-11-01", item=items)
    imported = read(form)
    assert imported.patient.answers[0].items == ()
    assert what in reasons(imported)
    assert "Please ask item 9 (thoughts of death or self-harm)" in reasons(imported)
    assert f"answered above the lowest: «{first + 8}»: 3" in reasons(imported)
    del form["item"][8]["answer"]
    assert "Please ask item 9" in reasons(read(form))
    withdrawn = read({**form, "status": "entered-in-error"})
    assert (withdrawn.patient.answers, withdrawn.problems) == ((), ())
