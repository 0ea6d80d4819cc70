"""Whose record it is: a table of names as hospitals write them, beside the patient's."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange.fhir import Identity
from unwound.patient import Patient as Known
from unwound.terms import Sex
from unwound_clinic.models import Patient
from unwound_clinic.record import whose_record
from unwound_clinic.record.importing import Record

BORN = date(1980, 5, 5)
SAME, ASKED, OTHER = "the same", "asked", "somebody else"


def likeness(
    family: str, given: str, *names: str, numbers: tuple[str, ...] = (), born: date = BORN
) -> whose_record.Likeness:
    """The patient «given family», number 12345, beside a record of these names."""
    patient = Patient(family_name=family, given_name=given, birth_date=BORN, sex="female", number="12345")
    known = Known(as_of=date(2026, 1, 1), sex=Sex.FEMALE)
    identity = Identity(names=names, numbers=numbers, born=(born, born))
    return whose_record.likeness(patient, Record(name="r", known=known, identity=identity))


def verdict(family: str, given: str, *names: str, numbers: tuple[str, ...] = ()) -> str:
    like = likeness(family, given, *names, numbers=numbers)
    return OTHER if like.differs else ASKED if like.asked else SAME


@pytest.mark.parametrize(
    ("family", "given", "names", "expected"),
    [
        ("Huber", "Anna", ["Anna Huber"], SAME),
        ("Huber", "Anna", ["HUBER, Anna"], SAME),
        ("Huber", "Anna", ["Anna Maria Huber"], SAME),
        ("Huber", "Anna Maria", ["Anna Huber"], SAME),
        ("Huber", "Anna Maria", ["Maria Huber"], ASKED),  # her second name, or her sister
        ("Huber", "Anna", ["Dr. Anna Huber"], SAME),
        ("Huber", "Anna", ["Anna315 Huber904"], SAME),  # synthetic records number their names
        ("Müller", "Zoë", ["Zoe Muller"], SAME),
        ("Müller", "Zoë", ["Zoe Mueller"], ASKED),
        ("Strauß", "Eva", ["Eva Strauss"], SAME),
        ("O'Brien", "Mary", ["Mary OBrien"], SAME),
        ("Smith-Jones", "Mary", ["Mary Smith Jones"], SAME),
        ("Smith-Jones", "Mary", ["Mary Jones"], ASKED),
        ("Jones", "Mary", ["Mary Smith-Jones"], SAME),
        ("Maier", "Anna", ["Anna Meier"], ASKED),
        ("Huber", "Anna", ["Hanna Huber"], ASKED),
        ("Huber", "Anna", ["A. Huber"], ASKED),
        ("Huber", "Anna", ["Huber"], ASKED),  # no given name
        ("Huber", "Anna", ["Gruber-Lang"], OTHER),
        ("Huber", "Anna", ["Maria Huber"], OTHER),  # her twin
        ("Huber", "Anna", ["Anna Gruber-Lang"], OTHER),
        ("Huber", "Anna", ["Anna Lang", "Anna Huber"], SAME),  # her name before she married
        ("Ivanova", "Olga", ["Ольга Иванова"], ASKED),  # another alphabet
        ("Li", "Na", ["Na Wu"], OTHER),
        ("Li", "Na", ["Li Na"], SAME),
        ("Huber", "Anna", ["12345"], ASKED),  # a name without a letter
        ("Huber", "Anna", [], ASKED),
    ],
)
def test_names(family: str, given: str, names: list[str], expected: str) -> None:
    assert verdict(family, given, *names) == expected


def test_the_same_number_and_birth_date_make_another_name_a_question() -> None:
    assert verdict("Huber", "Anna", "Anna Lang", numbers=("12345",)) == ASKED
    other = likeness("Huber", "Anna", "Anna Lang", numbers=("12345",), born=date(1980, 5, 6))
    assert other.kinds == ("name", "birth date")


def slowly(one: str, other: str) -> int:
    """The fewest changes of one letter, or swaps of two neighbours, by trying all."""
    seen, front, steps = {one}, {one}, 0
    letters = sorted(set(other))
    while other not in seen and steps < 3:
        front = {changed for word in front for changed in _changes(word, letters)} - seen
        seen |= front
        steps += 1
    return steps


def _changes(word: str, letters: list[str]) -> set[str]:
    places = range(len(word) + 1)
    return {
        *(word[:i] + word[i + 1 :] for i in places),
        *(word[:i] + letter + word[i:] for i, letter in product(places, letters)),
        *(word[:i] + letter + word[i + 1 :] for i, letter in product(places, letters)),
        *(word[:i] + word[i + 1 : i + 2] + word[i : i + 1] + word[i + 2 :] for i in places),
    }


WORDS = st.text("ab", min_size=3, max_size=5)


@given(WORDS, WORDS)
def test_one_slip_is_one_slip_by_another_way_of_counting(one: str, other: str) -> None:
    quick, slow = whose_record._slips(one, other), slowly(one, other)
    assert (quick <= 1) == (slow <= 1)
    assert quick >= min(slow, 3)
