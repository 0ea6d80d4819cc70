"""Medicines by name and code: whole words only, the substance that matters most, the strength a name states."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unwound import catalogue, drugs

EXAMPLES = [
    pytest.param(example, id=f"{file}: {example.name}")
    for file, group in catalogue.load("drugs", drugs.Group).items()
    for example in group.examples
]
DRUGS = sorted(drugs.drugs())
NAMED = [(name, id) for id, drug in drugs.drugs().items() if not drug.with_word for name in drug.names]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_group_of_drugs_keeps_its_examples(example: drugs.Example) -> None:
    assert (drugs.recognise(text=example.text, rxnorm=example.rxnorm) or "") == example.expect


@pytest.mark.parametrize("group", catalogue.load("drugs", drugs.Group).items(), ids=lambda item: item[0])
def test_every_group_has_examples(group: tuple[str, drugs.Group]) -> None:
    assert group[1].examples


def test_every_name_means_its_drug_in_any_case_and_within_a_product_name() -> None:
    for name, id in NAMED:
        assert drugs.recognise(text=name) == id
        assert drugs.recognise(text=f"12 HR {name.upper()} hydrochloride Oral Tablet") == id, name


def test_every_further_name_means_exactly_its_substances() -> None:
    for name, ids in drugs.names().items():
        read = drugs.ingredients(text=name)
        assert set(read) == set(ids) or (not read and len(ids) > 1), name


def test_no_two_drugs_share_a_name_unless_it_is_stated_as_ambiguous() -> None:
    owners: dict[str, set[tuple[str, ...]]] = {}
    for group in catalogue.load("drugs", drugs.Group).values():
        for ids, listed in group.brands.items():
            for name in listed.replace("\n", " ").split(", "):
                owners.setdefault(" ".join(drugs.words(name)), set()).add(tuple(sorted(ids.split(" + "))))
    for name, id in NAMED:
        owners.setdefault(" ".join(drugs.words(name)), set()).add((id,))
    assert [name for name, ids in owners.items() if len(ids) > 1] == []


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("Rewisca 225mg capsules", {"pregabalin"}),  # United Kingdom
        ("GABANTIN 300", {"gabapentin"}),  # India
        ("Zaldiar 37,5 mg/325 mg", {"tramadol", "paracetamol"}),
        ("Targinact 10mg/5mg modified-release tablets", {"oxycodone", "naloxone"}),
        ("co-codamol 30/500", {"codeine", "paracetamol"}),
        ("Co-Dydramol", {"dihydrocodeine", "paracetamol"}),
        ("Tylenol 3", {"codeine", "paracetamol"}),
        ("Xadago 50 mg", {"safinamide"}),  # a monoamine-oxidase inhibitor
        ("Duloxetin 60 mg", {"duloxetine"}),
        ("duloxétine 60 mg, gélule", {"duloxetine"}),
        ("PRÉGABALINE 75 mg", {"pregabalin"}),
        ("amitriptilina 25 mg", {"amitriptyline"}),
        ("Gabapentina cinfa 300", {"gabapentin"}),
        ("Amitriptylin retard", {"amitriptyline"}),
        ("Lyrica (pregabalin) 150mg bd", {"pregabalin"}),
        ("gastro-resistant capsules", set()),
        ("solution injectable", set()),
        ("Triatec 8", set()),  # ramipril in France, codeine with paracetamol in Canada
    ],
)
def test_names_as_they_are_written_in_other_countries(written: str, ids: set[str]) -> None:
    assert set(drugs.ingredients(text=written)) == ids


@given(st.sampled_from([name for name, _ in NAMED if name.isalpha()]), st.text(string.ascii_lowercase, max_size=4))
def test_a_word_that_only_begins_with_a_name_is_no_drug(name: str, tail: str) -> None:
    word = name + tail
    assume(word in dict(NAMED) or word not in drugs.names())  # «paracetamolo» is a spelling of its own
    assert drugs.recognise(text=word) == dict(NAMED).get(word)


@given(st.text(max_size=80), st.lists(st.text(string.digits, max_size=8), max_size=3))
def test_any_text_is_read_without_an_error(text: str, codes: list[str]) -> None:
    found = drugs.recognise(text=text, rxnorm=codes)
    assert found is None or found in drugs.drugs()
    strength = drugs.strength_mg(text)
    assert strength is None or strength >= 0


@pytest.mark.parametrize("id", DRUGS)
def test_an_id_is_recognised_as_itself(id: str) -> None:
    assert drugs.recognise(text=id) == id
    assert drugs.classes(id)


def test_a_code_and_a_name_of_the_same_substance_are_one_ingredient() -> None:
    assert drugs.ingredients(text="Gabapentin 300 MG Oral Capsule", rxnorm=("25480",)) == ("gabapentin",)
    assert drugs.ingredients(text="lidocaine 5 % patch", rxnorm=("6387",)) == ("lidocaine_plaster",)


def test_all_parts_of_a_combination_can_be_had() -> None:
    assert set(drugs.ingredients(text="naltrexone 8 MG / bupropion 90 MG")) == {"naltrexone", "bupropion"}
    assert drugs.ingredients(text="nothing of ours") == ()


def test_the_classes_of_an_unknown_drug_are_none() -> None:
    assert drugs.classes("snake oil") == frozenset()
    assert {"gabapentinoid"} <= drugs.classes("gabapentin")
    assert {"opioid", "serotonergic"} <= drugs.classes("tramadol")


@pytest.mark.parametrize(
    ("text", "mg"),
    [
        ("Gabapentin 300 MG Oral Capsule", 300),
        ("Fluoxetine 25MG", 25),
        ("fentanyl 100 micrograms lozenge", 0.1),
        ("metformin 1,000 mg", 1000),
        ("metformin 0,5 g", 500),
        ("POLYETHYLENE GLYCOL 3350 17000 MG Powder for Oral Solution", 17000),
        ("Acetaminophen 325 MG / Hydrocodone Bitartrate 5 MG Oral Tablet", 5),
        ("Nitroglycerin 0.4 MG/ACTUAT Mucosal Spray", 0.4),
        ("72 HR Fentanyl 0.075 MG/HR Transdermal System", None),
        ("1 ML DOCEtaxel 20 MG/ML Injection", None),
        ("morphine 10 mg/5 mL oral solution", None),
        ("pregabalin 75 mg or 150 mg", None),
        ("co-codamol 30/500", None),
        ("gabapentin", None),
    ],
)
def test_a_strength_is_read_only_where_one_is_stated(text: str, mg: float | None) -> None:
    assert drugs.strength_mg(text) == (None if mg is None else pytest.approx(mg))
