"""The readable case: reads back what it writes, and names every mistake with its field, value and what is allowed."""

import json
from datetime import date
from pathlib import Path

import pytest
from entered import can_be
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import facts
from unwound.exchange import case_file
from unwound.exchange.case_file import Case, read_case, write_case
from unwound.patient import Answers, Fact, Medication, Patient, Trial
from unwound.record import UnwoundError

EXAMPLES = sorted((Path(case_file.__file__).parents[2] / "examples").glob("*.toml"))
HEAD = 'title = "A case"\nas_of = 2026-11-21\n'
DAY = date(2026, 11, 21)


def refusal(text: str | bytes) -> str:
    with pytest.raises(UnwoundError) as error:
        read_case(text, "cases/a.toml")
    message = str(error.value)
    assert message.startswith("cases/a.toml: ")
    return message


def test_a_small_case_reads_as_its_patient() -> None:
    case = read_case(
        HEAD
        + """
[patient]
id = "T-1"
sex = "female"
birth_date = 1980-05-05
allergies = ["penicillin"]
[facts]
pregnant = false
pain_average_nrs = 8
egfr_ml_per_min = { value = 25, on = 2026-11-01, origin = "lab" }
pain_descriptors = ["burning", "electric-shock"]
pain_distribution = "dermatomal"
liver_impairment = "mild"
[[trials]]
therapy = "Neurontin 300 mg capsules"
top_dose = 900
[[medications]]
drug = "Cymbalta"
[[medications]]
drug = "home-made balm"
[[answers]]
instrument = "phq_9"
items = { "1" = 1, "3" = 0 }
[expect]
candidacy = { verdict = "first-line-first" }
""",
        "a.toml",
    )
    patient = case.patient
    assert (case.title, patient.id, patient.sex, patient.as_of) == ("A case", "T-1", "female", DAY)
    assert patient.facts["pregnant"].value is False
    assert patient.facts["egfr_ml_per_min"] == Fact(value=25, on=date(2026, 11, 1), origin="lab")
    assert patient.facts["pain_distribution"].value == ("dermatomal",)
    assert patient.trials == (Trial(therapy="gabapentin", top_dose=900),)
    assert [one.drug for one in patient.medications] == ["duloxetine", "home-made balm"]
    assert patient.answers[0].items == (1, None, 0, None, None, None, None, None, None)
    assert case.expect == {"candidacy": {"verdict": "first-line-first"}}


def test_a_combination_keeps_its_written_name_so_that_no_substance_is_lost() -> None:
    text = HEAD + '[[medications]]\ndrug = "tramadol 37.5 mg / paracetamol 325 mg"\n'
    assert read_case(text, "a").patient.medications[0].drug == "tramadol 37.5 mg / paracetamol 325 mg"


def test_a_trial_is_for_pain_unless_it_says_otherwise() -> None:
    text = HEAD + "".join(
        f'[[trials]]\ntherapy = "duloxetine"\n{purpose}\n'
        for purpose in ("", 'purpose = "depression"', 'purpose = "unknown"')
    )
    assert [trial.purpose for trial in read_case(text, "a").patient.trials] == ["pain", "depression", None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["title: a case needs one", "as_of: the day of the review is needed"]),
        (HEAD + "[facts]\npregnent = true", ["«pregnent» is not a fact", "did you mean «pregnant»"]),
        (HEAD + "[facts]\npregnant = 1", ["facts.pregnant: true or false is needed, not «1»"]),
        (
            HEAD + "[facts]\npain_average_nrs = 11",
            ["pain_average_nrs: 11 of 10 is outside the possible range", "(0 to 10)"],
        ),
        (HEAD + '[facts]\npain_average_nrs = "8"', ["pain_average_nrs: a number in of 10 is needed, not '8'"]),
        (HEAD + "[facts]\nweight_kg = nan", ["facts.weight_kg: a number in kg is needed"]),
        (HEAD + "[facts]\nweight_kg = inf", ["facts.weight_kg: a number in kg is needed"]),
        (HEAD + "[facts]\nweight_kg = [70]", ["weight_kg: a number in kg is needed"]),
        (HEAD + '[facts]\nliver_impairment = "mld"', ["«mld» is not one of none, mild, moderate", "«mild»"]),
        (HEAD + '[facts]\npain_descriptors = ["burnng"]', ["«burnng» is not one of", "did you mean «burning»"]),
        (HEAD + "[facts]\npregnant = { on = 2026-11-01 }", ["facts.pregnant: a table needs «value»"]),
        (HEAD + "[facts]\npregnant = { value = true, onn = 2026-11-01 }", ["«facts.pregnant.onn»", "«on»"]),
        (HEAD + "[facts]\npregnant = { value = true, on = 2026-11-22 }", ["2026-11-22 is after the day"]),
        (HEAD + "facts = 3", ["facts: a table is needed, begun with [facts]"]),
        (HEAD + "[[trials]]\ntop_dose = 900", ["trials[1].therapy: ", "Field required"]),
        (HEAD + '[[trials]]\ntherapy = "x"\ntop_dos = 9', ["«trials[1].top_dos» is not a field", "«top_dose»"]),
        (HEAD + '[[trials]]\ntherapy = "x"\nstopped = "bored"', ["trials[1].stopped: «bored»: ", "'side-effects'"]),
        (HEAD + '[[trials]]\ntherapy = "x"\nrelief_percent = 101', ["trials[1].relief_percent: «101»", "100"]),
        (
            HEAD + '[[trials]]\ntherapy = "x"\nstart = 2026-02-01\nend = 2026-01-01',
            ["trials[1]: ends on 2026-01-01, before its start on 2026-02-01"],
        ),
        (HEAD + '[[trials]]\ntherapy = "x"\nstart = 2026-02-30T00:00:00', ["not readable as TOML"]),
        (HEAD + '[[trials]]\ntherapy = "x"\nstart = "spring"', ["trials[1].start: a day such as", "«spring»"]),
        (HEAD + '[[trials]]\ntherapy = "x"\nstart = 2026-02-01T10:00:00', ["trials[1].start: a day such as"]),
        (HEAD + "trials = 5", ["trials: a list of tables is needed"]),
        (HEAD + "trials = [5]", ["trials: a list of tables is needed"]),
        (HEAD + '[[answers]]\ninstrument = "phq9"', ["answers[1].instrument: «phq9»", "did you mean «phq_9»"]),
        (HEAD + '[[answers]]\ninstrument = "phq_9"\nitems = 3', ["answers[1].items: a list"]),
        (HEAD + '[[answers]]\ninstrument = "phq_9"\nitems = { "0" = 3 }', ["«0» is not the number of one item"]),
        (HEAD + '[[answers]]\ninstrument = "phq_9"\nitems = { "999999999999" = 3 }', ["is not the number of one item"]),
        (HEAD + '[[answers]]\ninstrument = "phq_9"\nitems = ["a"]', ["answers[1].items.0: «a»"]),
        (HEAD + '[patient]\nsex = "f"', ["patient.sex: «f»", "'female' or 'male'"]),
        (HEAD + "[patient]\nbirthdate = 1980-01-01", ["«patient.birthdate»", "did you mean «birth_date»"]),
        (HEAD + "[patient]\nbirth_date = 2027-01-01", ["patient.birth_date: 2027-01-01 is after"]),
        (HEAD + "[patients]\n", ["«patients» is not a field of a case; did you mean «patient»"]),
        (HEAD + "expect = 1", ["expect: a table is needed"]),
        (HEAD + "story = 1", ["story: text in quotes is needed, not «1»"]),
        ("title = 1\nas_of = 2026-11-21", ["title: text in quotes is needed, not «1»"]),
        (HEAD + "expect." + "a." * 60 + "b = 1", ["expect: nested deeper than"]),
        (HEAD + 'story = "a\0b"', ["not readable as TOML"]),
        (HEAD + "x = " + "1" * 5000, ["not readable as TOML"]),
        (HEAD + "x = " + "[" * 100_000, ["nested too deeply"]),
        ("# " + "x" * 2_000_000, ["more than a case has"]),
        ("<html>", ["not readable as TOML"]),
    ],
)
def test_what_is_wrong_is_named_with_field_value_and_what_is_allowed(text: str, words: list[str]) -> None:
    message = refusal(text)
    for word in words:
        assert word in message


def test_several_mistakes_are_told_at_once() -> None:
    message = refusal(HEAD + "[facts]\npregnant = 1\npain_average_nrs = 11\n[patient]\nsex = 3")
    assert all(word in message for word in ("facts.pregnant", "pain_average_nrs", "patient.sex"))


def test_what_is_not_utf_8_is_told_with_the_place() -> None:
    assert "not UTF-8 text" in refusal(HEAD.encode() + b'story = "\xff"')


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_case(b"\xef\xbb\xbf" + HEAD.encode(), "a").title == "A case"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_read_without_a_complaint_and_round_trip(path: Path) -> None:
    case = read_case(path.read_bytes(), path.name)
    facts.check(case.patient)
    assert len(case.story.split()) > 30
    assert read_case(write_case(case), path.name) == case


def test_there_are_three_examples() -> None:
    assert len(EXAMPLES) == 3


def test_the_schema_names_every_fact_with_its_question_type_and_options() -> None:
    schema = json.loads(json.dumps(case_file.case_schema()))
    described = schema["properties"]["facts"]["properties"]
    assert set(described) == set(facts.vocabulary())
    for id, question in facts.vocabulary().items():
        assert described[id]["description"] == question.ask
        assert described[id].get("x-options", {}) == dict(question.options)
    assert described["pain_average_nrs"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 10}
    assert described["pregnant"]["anyOf"][0] == {"type": "boolean"}
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(case_file.reading.KEYS)


days = st.dates(date(1990, 1, 1), DAY)
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
known_facts = st.lists(st.sampled_from(sorted(facts.vocabulary())), unique=True, max_size=6).flatmap(
    lambda ids: st.fixed_dictionaries(
        {id: st.builds(Fact, value=can_be(id), on=st.none() | days, origin=words) for id in ids}
    )
)
trials = st.builds(
    Trial,
    therapy=st.sampled_from(["gabapentin", "duloxetine", "an old remedy"]),
    purpose=st.sampled_from(["pain", "depression", None]),
    top_dose=st.none() | st.floats(0, 1200),  # ten times the highest of duloxetine: more is refused as a mistake
    start=st.none() | days,
    ongoing=st.none() | st.booleans(),
    relief_percent=st.none() | st.integers(-100, 100),
    stopped=st.sampled_from([None, "no-effect", "side-effects", "other"]),
    note=words,
)
answers = st.builds(
    Answers,
    instrument=st.just("phq_9"),
    on=st.none() | days,
    items=st.just(()) | st.tuples(*[st.none() | st.integers(0, 3)] * 9).filter(any),
    total=st.none() | st.integers(0, 27),
)
medications = st.builds(
    Medication, drug=st.sampled_from(["gabapentin", "elixir"]), dose_mg_per_day=st.none() | st.floats(0, 9)
)
patients = st.builds(
    Patient,
    id=words,
    name=words,
    as_of=st.just(DAY),
    birth_date=st.none() | days,
    sex=st.sampled_from([None, "female", "male"]),
    facts=known_facts,
    trials=st.lists(trials, max_size=2).map(tuple),
    answers=st.lists(answers, max_size=2).map(tuple),
    medications=st.lists(
        st.builds(
            Medication, drug=st.sampled_from(["gabapentin", "elixir"]), dose_mg_per_day=st.none() | st.floats(0, 9)
        ),
        max_size=2,
    ).map(tuple),
    allergies=st.lists(words.filter(str.strip), max_size=2).map(tuple),
    jurisdiction=st.sampled_from([None, "US", "UK"]),
)
free = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | words | days,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(
    st.builds(Case, words, words.map(lambda text: text.strip("\n")), patients, st.dictionaries(words, free, max_size=3))
)
def test_what_is_written_reads_back_as_the_same_case(case: Case) -> None:
    assert read_case(write_case(case), "a") == case


@settings(max_examples=200)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_no_text_gives_anything_but_a_case_or_a_clear_error(text: str | bytes) -> None:
    with pytest.raises(UnwoundError):
        read_case(text, "a.toml")


@settings(max_examples=150)
@given(st.sampled_from(EXAMPLES), st.data())
def test_a_damaged_example_is_a_case_or_a_clear_error(path: Path, data: st.DataObject) -> None:
    text = path.read_text()
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 8))
    damaged = text[:at] + data.draw(st.text(max_size=4)) + text[at + length :]
    try:
        assert isinstance(read_case(damaged, "a.toml"), Case)
    except UnwoundError:
        refusal(damaged)
