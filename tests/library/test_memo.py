"""What is remembered is what would be worked out again."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tried import DAY, someone

from unwound import facts
from unwound.memo import FEW, Again, Parts, Remembered, differing, kept
from unwound.patient import Fact, Patient, Trial
from unwound.vocabulary import vocabulary

EVERY = frozenset(vocabulary())
answers = st.fixed_dictionaries({}, optional={id: st.booleans() for id in ("diabetes", "hypertension", "pregnant")})


def work(patient: Patient, word: str = "") -> str:
    """It reads a second fact only where the first is known to hold."""
    first = facts.yes(patient, "diabetes")
    return f"{word}{first}{facts.yes(patient, 'hypertension') if first.holds else ''}{patient.jurisdiction}"


@given(st.lists(st.tuples(answers, st.sampled_from([None, "UK", "US"])), max_size=12))
def test_a_remembered_result_is_the_result(people: list[tuple[dict[str, bool], str | None]]) -> None:
    remembered, again = Remembered(work), Again(work)
    for known, place in people:
        patient = someone(jurisdiction=place, **known)
        assert remembered(patient) == remembered(patient) == work(patient)
        if place is None:
            assert again(patient, EVERY) == again(patient, EVERY) == work(patient)


def test_what_is_not_read_makes_no_new_work() -> None:
    done = []
    remembered = Remembered(lambda patient: done.append(1) or facts.yes(patient, "diabetes").holds)
    for known in ({"diabetes": True}, {"diabetes": True, "pregnant": True}, {"diabetes": False}, {"diabetes": True}):
        assert remembered(someone(**known)) is known["diabetes"]
    assert len(done) == 2


def test_one_and_true_are_not_the_same_and_neither_are_two_days() -> None:
    remembered = Remembered(lambda patient: (patient.facts["age_years"].value.__class__, patient.as_of))
    for value in (True, 1.0):
        # No checked patient holds a «yes» for an age: the memory must not depend on that.
        patient = Patient(as_of=DAY).with_checked(facts={"age_years": Fact(value=value)})
        assert remembered(patient) == (value.__class__, DAY)
        later = patient.with_checked(as_of=date(2027, 1, 1))
        assert remembered(later) == (value.__class__, date(2027, 1, 1))


def test_a_value_that_went_stale_is_not_remembered_as_known() -> None:
    old = Patient(as_of=DAY, facts={"systolic_mmhg": Fact(value=120.0, on=DAY)})
    criterion = facts.Criterion.model_validate(
        {
            "fact": "systolic_mmhg",
            "above": {"value": 100, "unit": "mmHg", "source": "unwound_local", "checked": "unchecked"},
        }
    )
    assert facts.meets(old, criterion).holds is True
    assert facts.meets(old.model_copy(update={"as_of": date(2028, 1, 1)}), criterion).holds is None


def test_what_is_kept_is_given_back_even_where_the_memory_began_again_meanwhile() -> None:
    memory: dict[object, str | None] = {}

    def emptied() -> str:
        memory.clear()
        return "worked out"

    assert kept(memory, "key", emptied) == "worked out"
    assert kept(memory, "nothing", lambda: None) is None
    assert kept(memory, "nothing", lambda: "not asked again") is None
    for key in range(FEW + 5):
        assert kept(memory, key, lambda key=key: str(key)) == str(key)  # type: ignore[misc]
    assert len(memory) <= FEW


def test_who_goes_through_all_facts_has_read_also_those_that_are_not_there() -> None:
    def without_a_test(patient: Patient) -> str:
        return str(facts.yes(patient.not_knowing("pregnant"), "diabetes").holds)

    remembered, again = Remembered(without_a_test), Again(without_a_test)
    for memory in (remembered, lambda patient: again(patient, EVERY)):
        assert memory(someone(hypertension=True)) == "None"
        assert memory(someone(hypertension=True, diabetes=True)) == "True"


@given(answers, st.lists(answers, max_size=12))
def test_each_part_of_another_patient_is_what_it_would_be_afresh(first: dict[str, bool], others: list[Any]) -> None:
    done = list[str]()

    def one(id: str, patient: Patient) -> str:
        done.append(id)
        return f"{id}: {facts.yes(patient, id).holds and facts.yes(patient, 'hypertension').holds}"

    base = someone(**first)
    works = {id: partial(one, id) for id in ("diabetes", "pregnant", "dialysis")}
    parts = Parts(base, works)
    for known in others:
        patient = someone(**known)
        differs = differing(patient.facts, base.facts)
        done.clear()
        results = parts.of(patient, differs)
        assert "dialysis" not in done
        assert differs or not done
        assert list(results.items()) == [(id, work(patient)) for id, work in works.items()]


def test_a_trial_of_the_patient_is_no_trial_of_another() -> None:
    again = Again(lambda patient: len(patient.trials))
    assert again(someone(), frozenset()) == 0
    assert again(someone(Trial(therapy="gabapentin")), frozenset()) == 1
