"""Where a record contradicts itself: every pair and its examples, and laws over whole patients."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from screened import NOBODY
from whole_patients import STORIES

from unwound import cautions, contradictions, derive, facts, pathway, therapies
from unwound.contradictions import SETTLED
from unwound.exchange import case_file
from unwound.patient import Fact, Medication, Patient

ALL = contradictions.contradictions()
CANDIDATE = case_file.read_case(STORIES["crps_three_classes_failed"].read_text("utf-8"), "candidate").patient
EXAMPLES = [(id, example) for id, pair in ALL.items() for example in pair.examples]
AGAINST = [(id, example) for id, example in EXAMPLES if example.contradicts]


def ids(pairs: list[tuple[str, Any]]) -> list[str]:
    return [f"{id}: {example.name}" for id, example in pairs]


def record(base: Patient, id: str, example: contradictions.Example) -> Patient:
    """The patient with what the example gives, and without what would reconcile both sides otherwise."""
    reconciles = {part.fact or part.yes or part.no for part in ALL[id].unless.walk()} if ALL[id].unless else set()
    plain = base.not_knowing(*(reconciles & set(base.facts)))
    stated = plain.knowing(**dict(example.given))
    medicines = tuple(Medication(drug=name) for name in example.takes)
    return stated.model_copy(update={"medications": medicines, "sex": example.sex or stated.sex})


@pytest.mark.parametrize(("id", "example"), EXAMPLES, ids=ids(EXAMPLES))
def test_every_example_contradicts_itself_or_does_not_as_it_says(id: str, example: contradictions.Example) -> None:
    patient = record(NOBODY, id, example)
    facts.check(patient)
    assert (id in {one.id for one in contradictions.conflicts(patient)}) == example.contradicts


@pytest.mark.parametrize("id", ALL)
def test_every_pair_has_an_example_each_way_and_reads_the_vocabulary(id: str) -> None:
    pair = ALL[id]
    assert {example.contradicts for example in pair.examples} == {True, False}
    known = facts.vocabulary()
    assert {pair.fact, *pair.doubts} <= set(known)
    for criterion in filter(None, (pair.stated, pair.recorded, pair.unless)):
        for part in criterion.walk():
            if part.limit:
                assert known[part.fact].unit == part.limit.unit
            assert set(part.one_of) <= set(known[part.fact].options if part.fact else ())


def test_every_pair_can_be_settled_and_nothing_else() -> None:
    assert {id: pair.title for id, pair in ALL.items()} == dict(facts.vocabulary()[SETTLED].options)


@pytest.mark.parametrize(("id", "example"), AGAINST, ids=ids(AGAINST))
def test_a_candidate_whose_record_contradicts_itself_is_none_until_it_is_settled(
    id: str, example: contradictions.Example
) -> None:
    """Both sides are named, the gate is not open, and what was stated is asked again."""
    patient = record(CANDIDATE, id, example)
    review = pathway.review(patient)
    finding = next(one for one in review.findings if one.id == id)
    assert finding.title.startswith("The record contradicts itself")
    assert len(finding.because) >= 2
    assert finding.because[0].startswith("stated: ")
    assert not all(gate.judgement.holds for gate in review.candidacy.gates[:2])
    assert review.candidacy.verdict != "candidate"
    for fact in finding.ask:
        assert fact == SETTLED or facts.known(review.patient, fact) is None
    settled = pathway.review(patient.knowing(**{SETTLED: (id,)}))
    assert id not in {one.id for one in settled.findings}


@pytest.mark.parametrize(("id", "example"), AGAINST, ids=ids(AGAINST))
def test_whichever_side_was_entered_first_and_however_often_it_is_derived(
    id: str, example: contradictions.Example
) -> None:
    patient = record(CANDIDATE, id, example)
    turned = patient.model_copy(update={"facts": dict(reversed(patient.facts.items()))})
    assert {one.id for one in contradictions.conflicts(turned)} == {one.id for one in contradictions.conflicts(patient)}
    known = derive.derive(patient)
    assert derive.derive(known) == known
    assert derive.derive(known.knowing(**{SETTLED: tuple(ALL)})).facts[ALL[id].fact].doubt == ""


STOPPING = {id for caution in cautions.cautions().values() for id in caution.facts()}
"""Every fact that a caution reads: that it is so may stop, or ask."""


@given(st.sampled_from(AGAINST), st.data())
def test_doubt_never_takes_a_stop_away_and_forgetting_a_side_never_clears_it(
    pair: tuple[str, contradictions.Example], data: st.DataObject
) -> None:
    patient = record(CANDIDATE, *pair)
    stops = {one.id for one in pathway.review(contradictions.undoubted(patient)).findings if one.level == "stop"}
    known = derive.derive(patient)
    for id, fact in known.facts.items():
        assert not fact.doubt or fact.value is not True or id not in STOPPING, (
            f"{id}: a «yes» that stops is never doubted"
        )
    forgotten = data.draw(st.sampled_from(sorted(patient.facts)))
    again = pathway.review(patient.not_knowing(forgotten))
    if forgotten not in pair[1].given and not stops:
        assert not all(gate.judgement.holds for gate in again.candidacy.gates[:2])


def test_cocaine_may_be_for_the_nose_and_methadone_for_pain_so_nobody_is_accused() -> None:
    for id, words in (
        ("substance_use_and_cocaine", "ear, nose"),
        ("substance_use_and_opioid_substitution", "for pain"),
    ):
        assert words in ALL[id].action.text
        assert "without accusing" in ALL[id].action.text or "Ask" in ALL[id].action.text


@pytest.mark.parametrize("name", ["Special K", "Ket", "weed", "spice", "speed", "poppers", "meth", "shrooms", "mcat"])
def test_a_name_of_the_street_among_the_medicines_is_asked_about(name: str) -> None:
    taking = CANDIDATE.model_copy(update={"medications": (Medication(drug=name),)}).knowing(substance_use_active=False)
    review = pathway.review(taking)
    asked = next(finding for finding in review.findings if finding.id == "substance_use_and_street_drugs")
    assert "substance_use_active" in asked.ask
    assert review.candidacy.verdict == "cannot-tell"


def test_a_herb_is_no_weed() -> None:
    herb = CANDIDATE.model_copy(update={"medications": (Medication(drug="horny goat weed"),)})
    known = herb.knowing(substance_use_active=False)
    assert "substance_use_and_street_drugs" not in {finding.id for finding in pathway.review(known).findings}


def test_a_settled_pair_is_asked_again_when_it_is_old() -> None:
    patient = record(CANDIDATE, *AGAINST[0])
    old = Fact(value=tuple(ALL), on=patient.as_of.replace(year=patient.as_of.year - 1))
    assert contradictions.conflicts(patient.model_copy(update={"facts": {**patient.facts, SETTLED: old}}))


@pytest.mark.parametrize("name", ["warfarin", "apixaban"])
def test_a_denied_anticoagulant_that_is_on_the_list_still_speaks_against_a_needle(name: str) -> None:
    patient = NOBODY.knowing(takes_anticoagulant=False).model_copy(update={"medications": (Medication(drug=name),)})
    known = derive.derive(patient)
    assert facts.known(known, "takes_anticoagulant") is None
    (finding,) = (each for each in pathway.review(patient).findings if each.id == "anticoagulant_and_medicines")
    assert finding.because == ("stated: takes no anticoagulant", f"among the medicines: {name}")
    offered = therapies.next_steps(known, therapies.ledger(known), conditions=("crps_1",), ladder=None)
    block = next(step for step in offered if step.therapy == "sympathetic_block")
    assert any("anticoagulant is taken" in reason.text for reason in block.against)
