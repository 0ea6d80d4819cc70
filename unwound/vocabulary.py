"""The vocabulary of a patient: every fact with its question, and which values it can have.

`data/facts/` holds the vocabulary, grouped by subject. It stands below the patient, so that no patient can hold a fact
that does not exist, or a value that the fact cannot have.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from unwound import units
from unwound.catalogue import Cited, Frozen, Head, KnowledgeError, Texts, load, plain
from unwound.record import UnwoundError
from unwound.scalars import as_python, is_finite, shown

Value = Annotated[bool, Strict()] | Annotated[float, Strict()] | Annotated[str, Strict()] | tuple[str, ...]


Belongs = Literal["", "person", "pain", "either"]


class FactError(UnwoundError, ValueError):
    """What is wrong with what was entered of a patient: each problem names the field or fact and what is needed."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class OtherUnit(Frozen):
    """A unit this one fact is also measured in: what a value in it is multiplied by, and what is then added.

    What holds for every fact of a unit (kilograms and pounds) stands in `units`; here stands what takes the substance
    (mmol/mol of HbA1c) or a zero of its own (degrees Fahrenheit).
    """

    spelt: Annotated[Texts, Field(min_length=1)]
    """Its spellings, the one that is shown first."""
    factor: Cited
    offset: Cited | None = None

    def into_ours(self, value: float) -> float:
        """The value in the unit of the fact."""
        return value * self.factor.value + (self.offset.value if self.offset else 0.0)


class Question(Frozen):
    """One fact of the vocabulary: how it reads when known, what to ask when it is not, what values it takes."""

    type: Literal["yes-no", "number", "choice", "choices"]
    says: str
    """How it reads in a reason: «is pregnant» for yes/no, «weight» for numbers and choices."""
    says_not: str = ""
    """How a «no» reads; without it «not the case: ...»."""
    ask: str
    """The question that finds it out."""
    unit: str = ""
    also_in: tuple[OtherUnit, ...] = ()
    min: float | None = None
    max: float | None = None
    step: float = 1.0
    """One unit of measurement: boundaries are tested this far apart."""
    options: Mapping[str, str] = {}
    """Choice -> how it reads."""
    valid_days: float | None = None
    """How long a value may be relied on; an older one, or one whose day is not known, is unknown and asked again."""
    valid_source: str = ""
    day_matters: bool = False
    """Whether it must be known on which day it was stated, though it has no limit of its own."""
    loinc: Texts = ()
    lasting: bool = False
    """Once yes, always yes («has or had»): a resolved diagnosis counts too."""
    classes: Texts = ()
    """Classes of drugs of which any one, taken now, means «yes»."""
    how_many: int = 1
    """How many different drugs of those classes it takes for «yes»."""
    without: Texts = ()
    """Drugs that are also of one of these classes do not count."""
    named: bool = False
    """Whether a derived «yes» says which ones, as they were written; so it does for classes of drugs."""
    washout: Cited | None = None
    """How many days after its last dose such a drug still counts as taken."""
    no_from_age: Cited | None = None
    """From this age on the answer is «no», unless somebody said otherwise."""
    derived: bool = False
    """Computed from other facts; never asked for by itself."""
    singly: bool = False
    """Never settled by «none of these»: it is asked by itself, and answered by itself."""
    belongs_to: Belongs = ""
    """Whose it is where there are several pains; empty means as the file says."""

    @property
    def needs_day(self) -> bool:
        """Whether a value without its day says less than one with it."""
        return self.valid_days is not None or self.day_matters

    @model_validator(mode="after")
    def _choices_have_options(self) -> Question:
        if self.type in ("choice", "choices") and not self.options:
            raise ValueError("a choice needs its options")
        if self.valid_days is not None and not self.valid_source:
            raise ValueError("valid_days needs valid_source, the id of the evidence it rests on")
        return self


class Vocabulary(Head):
    """One file of `data/facts/`: facts of one subject by id."""

    facts: Mapping[str, Question]
    belongs_to: Belongs = "person"
    """Whose these facts are where there are several pains: the person's, one pain's, or either's (a lesion, a test)."""


@cache
def vocabulary() -> Mapping[str, Question]:
    """Every fact by its id."""
    questions: dict[str, Question] = {}
    for name, group in groups().items():
        for id, question in group.facts.items():
            if id in questions:
                raise KnowledgeError(f"data/facts/{name}.toml: the fact «{id}» is already defined in another file")
            questions[id] = question
    return MappingProxyType(questions)


def groups() -> Mapping[str, Vocabulary]:
    """The files of the vocabulary by name, for forms that ask one subject at a time."""
    return load("facts", Vocabulary)


def belongs_to_one_pain(id: str) -> bool | None:
    """Whether a fact is one pain's (True) or the person's (False); None where it can be either's."""
    return _one_pains().get(id, False)


@cache
def _one_pains() -> Mapping[str, bool | None]:
    whose = {"person": False, "pain": True, "either": None}
    return {
        id: whose[question.belongs_to or group.belongs_to]
        for group in groups().values()
        for id, question in group.facts.items()
    }


def question_of(id: str) -> Question:
    """The entry of one fact. FactError, with the nearest one, for a fact that the vocabulary does not know."""
    question = vocabulary().get(id)
    if question is None:
        raise FactError(f"«{id}» is not a fact Unwound knows{near(id, vocabulary())}")
    return question


def fitting(id: str, value: object) -> Value:
    """The value as the fact keeps it: true or false, a float, a word, or a tuple of words.

    A number may be written with its unit («58 mmol/mol», «11 st 4 lb»), and is then converted into that of the fact.
    Scalars of NumPy, pandas and Arrow are taken for what they are. FactError, saying what is needed, for all else.
    """
    question = question_of(id)
    written = as_python(value)
    if question.type == "yes-no":
        if not isinstance(written, bool):
            raise FactError(f"{id}: true or false is needed, not {shown(value)}")
        return written
    if question.type == "number":
        return _fitting_number(id, question, _measured(question, written))
    words = _words(id, question, written)
    if question.type == "choices":
        return words
    if len(words) != 1:
        raise FactError(f"{id}: one choice is needed, not {len(words)}")
    return words[0]


def in_unit_of(id: str, value: float, unit: str) -> float | None:
    """A value in another unit as the fact counts it; None where the unit is none it is known to be measured in."""
    return _in_unit(question_of(id), value, unit)


def _in_unit(question: Question, value: float, unit: str) -> float | None:
    written = _folded(unit)
    for other in question.also_in:
        if written in map(_folded, other.spelt):
            return other.into_ours(value)
    return units.convert(value, unit, question.unit) if question.unit else None


def _folded(unit: str) -> str:
    """A unit without its case, and with one letter for micro, which has two in Unicode."""
    return unit.strip().lower().replace("\u00b5", "\u03bc")


def _measured(question: Question, written: object) -> object:
    """What was written with a unit as a number; anything else as it is, to be refused with its reason."""
    if not isinstance(written, str):
        return written
    parts = [_in_unit(question, value, unit) for value, unit in units.quantities(written)]
    known = [part for part in parts if part is not None]
    return sum(known) if parts and len(known) == len(parts) else written


def _fitting_number(id: str, question: Question, value: object) -> float:
    """A finite number within the bounds of the fact; either bound may be open."""
    if not isinstance(value, float) or not is_finite(value):
        raise FactError(f"{id}: a number in {question.unit or 'its unit'} is needed, not {shown(value)}")
    if (question.min is not None and value < question.min) or (question.max is not None and value > question.max):
        raise FactError(
            f"{id}: {value:g} {question.unit} is outside the possible range "
            f"({plain(question.min or 0)} to {plain(question.max or 0)}){_as_another_unit(question, value)}"
        )
    return value


def _as_another_unit(question: Question, value: float) -> str:
    """How to write the number if it was measured in another unit in which it would be possible; empty otherwise."""
    low, high = question.min, question.max
    hints = []
    for other in question.also_in:
        ours = other.into_ours(value)
        if (low is None or ours >= low) and (high is None or ours <= high):
            hints.append(f"in {other.spelt[0]}, write «{value:g} {other.spelt[0]}»")
    return f"; if it is {' or '.join(hints)}" if hints else ""


def _words(id: str, question: Question, value: object) -> tuple[str, ...]:
    """The words of a choice, each once and each one of the options; no word at all is not an answer."""
    written = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
    words = tuple(word for part in written if isinstance(word := as_python(part), str))
    if not written or len(words) != len(written):
        raise FactError(f"{id}: one of {', '.join(question.options)} is needed, not {shown(value)}")
    for word in words:
        if word not in question.options:
            options = ", ".join(question.options)
            raise FactError(f"{id}: «{word}» is not one of {options}{near(word, question.options)}")
    if len(set(words)) != len(words):
        raise FactError(f"{id}: each choice once is needed, not {shown(value)}")
    return words


def near(word: str, known: Iterable[str]) -> str:
    """What was meant by a misspelt word, as the end of a message; empty where nothing is near."""
    nearest = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean «{nearest[0]}»?" if nearest else ""
