"""The vocabulary of a patient: every fact with its question, and criteria on facts.

`data/facts/` holds the vocabulary, grouped by subject. A criterion (yes, at least, one of ...) is data; what follows
from it is decided in code.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Literal

from pydantic import model_validator

from unwound import record
from unwound.catalogue import Cited, Frozen, Head, KnowledgeError, Texts, load, plain
from unwound.patient import Fact, Patient, Value
from unwound.record import Judgement, UnwoundError

State = tuple[object, ...]
"""The known values of some facts: what `state` gives."""
KEPT = 256
"""Answers that one criterion remembers; beyond them it begins again."""


class FactError(UnwoundError):
    """A fact that the vocabulary does not know, or a value that does not fit it."""


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
    min: float | None = None
    max: float | None = None
    step: float = 1.0
    """One unit of measurement: boundaries are tested this far apart."""
    options: Mapping[str, str] = {}
    """Choice -> how it reads."""
    valid_days: float | None = None
    """How long a dated value may be relied on; older ones count as unknown and are asked again."""
    valid_source: str = ""
    icd10: Texts = ()
    """ICD-10-CM codes (or their beginnings) that mean «yes»."""
    icd10_except: Texts = ()
    """Codes (or their beginnings) among them that do not: «in remission», say."""
    icd11: Texts = ()
    snomed: Texts = ()
    loinc: Texts = ()
    lasting: bool = False
    """Once yes, always yes («has or had»): a resolved diagnosis counts too."""
    classes: Texts = ()
    """Classes of drugs of which any one, taken now, means «yes»."""
    how_many: int = 1
    """How many different drugs of those classes it takes for «yes»."""
    without: Texts = ()
    """Drugs that are also of one of these classes do not count."""
    washout: Cited | None = None
    """How many days after its last dose such a drug still counts as taken."""
    derived: bool = False
    """Computed from other facts; never asked for by itself."""

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


def check(patient: Patient) -> None:
    """FactError, naming the fact and what is allowed, when a fact is unknown to the vocabulary or out of its range."""
    for id, fact in patient.facts.items():
        problem = problem_with(id, fact)
        if problem:
            raise FactError(problem)


def problem_with(id: str, fact: Fact) -> str:
    """What is wrong with one fact, in a sentence; empty when nothing is."""
    question = vocabulary().get(id)
    if question is None:
        near = difflib.get_close_matches(id, vocabulary(), n=1)
        return f"«{id}» is not a fact Unwound knows" + (f"; did you mean «{near[0]}»?" if near else "")
    value = fact.value
    if question.type == "yes-no":
        return "" if isinstance(value, bool) else f"{id}: true or false is needed, not {value!r}"
    if question.type == "number":
        return _problem_with_number(id, question, value)
    return _problem_with_words(id, question, value)


def _problem_with_number(id: str, question: Question, value: Value) -> str:
    """No number at all (true counts as 1 in Python), or one beyond a bound; either bound may be open."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return f"{id}: a number in {question.unit or 'its unit'} is needed, not {value!r}"
    if (question.min is not None and value < question.min) or (question.max is not None and value > question.max):
        return (
            f"{id}: {value:g} {question.unit} is outside the possible range "
            f"({plain(question.min or 0)} to {plain(question.max or 0)})"
        )
    return ""


def _problem_with_words(id: str, question: Question, value: Value) -> str:
    words = value if isinstance(value, tuple) else (value,)
    if question.type == "choice" and len(words) != 1:
        return f"{id}: one choice is needed, not {len(words)}"
    for word in words:
        if word not in question.options:
            return f"{id}: «{word}» is not one of {', '.join(question.options)}"
    return ""


def known(patient: Patient, id: str) -> Fact | None:
    """The fact when it is known, not stale on the patient's day, and nothing else in the record contradicts it."""
    fact = patient.facts.get(id)
    if fact is None or fact.doubt:
        return None
    if fact.on is None:
        return fact
    valid_days = vocabulary()[id].valid_days
    if valid_days is not None and (patient.as_of - fact.on).days > valid_days:
        return None
    return fact


def state(patient: Patient, ids: Iterable[str]) -> State:
    """What is known of these facts, as a key: whatever reads nothing else comes to the same result under the same key.

    The type goes in beside the value, for 1 and true are equal in Python and not here.
    """
    found, valid, state = patient.facts, _valid_days(), list[object]()
    for id in ids:
        fact = found.get(id)
        if fact is None or (fact.on is not None and id in valid and (patient.as_of - fact.on).days > valid[id]):
            state.append(None)
        else:
            state += (fact.value.__class__, fact.value, fact.on)
    return tuple(state)


@cache
def _valid_days() -> Mapping[str, float]:
    return {id: question.valid_days for id, question in vocabulary().items() if question.valid_days is not None}


def number(patient: Patient, id: str) -> float | None:
    """A number that is known and not stale."""
    fact = known(patient, id)
    return float(fact.value) if fact is not None and isinstance(fact.value, int | float) else None


def says(id: str, fact: Fact) -> str:
    """A known fact in words: «systolic blood pressure 172 mmHg (2026-11-20)»."""
    # Every type of fact reads in its own way: yes or no, a number with its unit, words of a choice.
    question = vocabulary()[id]
    day = f" ({fact.on})" if fact.on else ""
    value = fact.value
    if isinstance(value, bool):
        return (question.says if value else question.says_not or f"not the case: {question.says}") + day
    if isinstance(value, int | float):
        unit = f" {question.unit}" if question.unit else ""
        return f"{question.says} {value:g}{unit}{day}"
    words = value if isinstance(value, tuple) else (value,)
    return f"{question.says}: {', '.join(question.options.get(word, word) for word in words) or 'none'}{day}"


class Criterion(Frozen):
    """A yes/no question about a patient as data: exactly one of the forms below.

    `yes` / `no` name a yes/no fact; `fact` with one of `at_least`, `at_most`, `above`, `below` names a number and its
    cited limit; `fact` with `one_of` names a choice (or several, of which one is enough); `all` and `any` combine.
    """

    yes: str = ""
    no: str = ""
    fact: str = ""
    at_least: Cited | None = None
    at_most: Cited | None = None
    above: Cited | None = None
    below: Cited | None = None
    one_of: Texts = ()
    all: tuple[Criterion, ...] = ()
    any: tuple[Criterion, ...] = ()

    @model_validator(mode="after")
    def _is_exactly_one_form(self) -> Criterion:
        forms = [bool(self.yes), bool(self.no), bool(self.fact), bool(self.all), bool(self.any)]
        limits = [limit for limit in (self.at_least, self.at_most, self.above, self.below) if limit is not None]
        if sum(forms) != 1:
            raise ValueError("a criterion is exactly one of yes, no, fact, all, any")
        if self.fact and len(limits) + bool(self.one_of) != 1:
            raise ValueError("a criterion on a fact needs exactly one of at_least, at_most, above, below, one_of")
        return self

    @property
    def limit(self) -> Cited | None:
        """The number this criterion turns on, if it turns on one."""
        return self.at_least or self.at_most or self.above or self.below

    def walk(self) -> Iterator[Criterion]:
        """This criterion and every one inside it."""
        yield self
        for part in (*self.all, *self.any):
            yield from part.walk()

    def facts(self) -> tuple[str, ...]:
        """The ids of all facts it may read."""
        return self.reads

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The ids of all facts it may read, worked out once."""
        return record.unique(id for part in self.walk() for id in (part.yes, part.no, part.fact) if id)

    @cached_property
    def answers(self) -> dict[State, Judgement]:
        """The answers it has given, by what was known."""
        return {}


def meets(patient: Patient, criterion: Criterion) -> Judgement:
    """Whether the patient meets the criterion; a missing or stale fact gives unknown and is asked."""
    return answered(patient, criterion.reads, criterion.answers, lambda: _judge(patient, criterion))


def answered(
    patient: Patient, reads: tuple[str, ...], answers: dict[State, Judgement], judge: Callable[[], Judgement]
) -> Judgement:
    """The answer that is there for what is known of the facts that are read, or that of `judge`, which is kept."""
    known_now = state(patient, reads)
    answer = answers.get(known_now)
    if answer is None:
        if len(answers) >= KEPT:
            answers.clear()
        answer = answers[known_now] = judge()
    return answer


def _judge(patient: Patient, criterion: Criterion) -> Judgement:
    if criterion.all:
        return record.all_of(meets(patient, part) for part in criterion.all)
    if criterion.any:
        return record.any_of(meets(patient, part) for part in criterion.any)
    id = criterion.yes or criterion.no or criterion.fact
    fact = known(patient, id)
    if fact is None:
        return Judgement(None, (), (id,))
    return Judgement(matches(criterion, fact.value), (says(id, fact),))


def yes(patient: Patient, id: str) -> Judgement:
    """Whether a yes/no fact holds."""
    fact = known(patient, id)
    return Judgement(None, (), (id,)) if fact is None else Judgement(bool(fact.value), (says(id, fact),))


def matches(criterion: Criterion, value: object) -> bool:
    """Whether a known value meets the one form that a criterion has; FactError where it cannot be compared."""
    if criterion.yes:
        return value is True
    if criterion.no:
        return value is False
    if criterion.one_of:
        words = value if isinstance(value, tuple) else (value,)
        return not set(criterion.one_of).isdisjoint(words)
    limit = criterion.limit
    if limit is None or not isinstance(value, int | float):
        raise FactError(f"{criterion.fact}: {value!r} cannot be compared with a limit")
    if criterion.at_least:
        return value >= limit.value
    if criterion.at_most:
        return value <= limit.value
    return value > limit.value if criterion.above else value < limit.value
