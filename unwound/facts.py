"""What is known of a patient, and criteria on it.

A criterion (yes, at least, one of ...) is data; what follows from it is decided in code. The facts there are stand in
`vocabulary`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property

from pydantic import model_validator

from unwound import memo, record
from unwound.catalogue import Cited, Frozen, Texts
from unwound.patient import DERIVED, Fact, Patient
from unwound.record import Judgement
from unwound.vocabulary import FactError, Question, Vocabulary, fitting, groups, vocabulary

__all__ = [
    "DERIVED",
    "Criterion",
    "FactError",
    "Question",
    "Vocabulary",
    "check",
    "groups",
    "known",
    "meets",
    "number",
    "problem_with",
    "says",
    "vocabulary",
    "warns",
    "yes",
]

State = tuple[object, ...]
"""The known values of some facts: what `state` gives."""


def check(patient: Patient) -> None:
    """FactError, naming each fact and what is allowed: for a patient that was made without being checked."""
    problems = tuple(problem for id, fact in patient.facts.items() if (problem := problem_with(id, fact)))
    if problems:
        raise FactError(*problems)


def problem_with(id: str, fact: Fact) -> str:
    """What is wrong with one fact, in a sentence; empty when nothing is."""
    try:
        fitting(id, fact.value)
    except FactError as problem:
        return str(problem)
    return ""


def known(patient: Patient, id: str, *, undated: bool = False) -> Fact | None:
    """The fact when it is known, not stale on the patient's day, and nothing else in the record contradicts it.

    A value that expires and whose day is not known may have expired: it is unknown. `undated` lets it pass, for what
    warns: danger that may be over is danger until somebody has asked.
    """
    fact = patient.facts.get(id)
    if fact is None or fact.doubt:
        return None
    valid_days = _valid_days().get(id)
    if valid_days is None:
        return fact
    if fact.on is None:
        return fact if undated else None
    return None if (patient.as_of - fact.on).days > valid_days else fact


def state(patient: Patient, ids: Iterable[str], *, undated: bool = False) -> State:
    """What is known of these facts, as a key: whatever reads nothing else comes to the same result under the same key.

    The type goes in beside the value, for 1 and true are equal in Python and not here; of a class of medicines the
    names too, for they are said. With `undated` the key is that of what warns as well.
    """
    recorded, valid, today, state = patient.facts, _valid_days(), patient.as_of, list[object]()
    named = _of_names()
    for id in (
        [id for id in ids if id in recorded] if isinstance(recorded, dict) else ids
    ):  # most are not there: told quickly
        fact = recorded.get(id)
        if (
            fact is None
            or fact.doubt
            or (id in valid and (not undated if fact.on is None else (today - fact.on).days > valid[id]))
        ):
            continue
        state += (id, fact.value.__class__, fact.value, (fact.on, fact.origin) if id in named else fact.on)
    return tuple(state)


@cache
def _of_names() -> frozenset[str]:
    return frozenset(id for id, question in vocabulary().items() if _is_named(question))


def _is_named(question: Question) -> bool:
    return question.named or bool(question.classes)


@cache
def _valid_days() -> Mapping[str, float]:
    return {id: question.valid_days for id, question in vocabulary().items() if question.valid_days is not None}


def number(patient: Patient, id: str) -> float | None:
    """A number that is known and not stale."""
    fact = known(patient, id)
    return float(fact.value) if fact is not None and isinstance(fact.value, int | float) else None


def says(id: str, fact: Fact) -> str:
    """A known fact in words: «systolic blood pressure 172 mmHg (20 Nov 2026)», «takes an opioid: Oramorph»."""
    # Every type of fact reads in its own way: yes or no, a number with its unit, words of a choice.
    question = vocabulary()[id]
    day = f" ({record.day(fact.on)})" if fact.on else ""
    value = fact.value
    if value is True:
        named = fact.origin.removeprefix(DERIVED) if _is_named(question) and fact.origin.startswith(DERIVED) else ""
        return question.says + (f": {named}" if named else "") + day
    if value is False:
        return (question.says_not or f"not the case: {question.says}") + day
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
    def parts(self) -> tuple[Criterion, ...]:
        """What it combines; none where it is about one fact."""
        return self.all or self.any

    @cached_property
    def answers(self) -> dict[State, Judgement]:
        """The answers it has given, by what was known."""
        return {}


def meets(patient: Patient, criterion: Criterion, *, undated: bool = False) -> Judgement:
    """Whether the patient meets the criterion; a missing or stale fact gives unknown and is asked.

    `undated` counts a value whose day is not known as if it were of today.
    """
    key = state(patient, criterion.reads, undated=undated) if criterion.parts else _key(patient, criterion, undated)
    return memo.kept(criterion.answers, key, lambda: _judge(patient, criterion, undated))


def _key(patient: Patient, criterion: Criterion, undated: bool) -> State:
    """`state` of the one fact that a simple criterion names: most criteria are, and are asked most often."""
    fact = known(patient, criterion.reads[0], undated=undated)
    return () if fact is None else (fact.value.__class__, fact.value, fact.on, fact.origin)


def warns(patient: Patient, criterion: Criterion) -> Judgement:
    """Whether a criterion of danger is met: a value whose day is not known warns, though it reassures of nothing."""
    judgement = meets(patient, criterion)
    if judgement.holds is not None:
        return judgement
    warning = meets(patient, criterion, undated=True)
    return Judgement(True, warning.because, judgement.ask) if warning.holds else judgement


def answered(
    patient: Patient, reads: tuple[str, ...], answers: dict[State, Judgement], judge: Callable[[], Judgement]
) -> Judgement:
    """The answer that is there for what is known of the facts that are read, or that of `judge`, which is kept."""
    return memo.kept(answers, state(patient, reads), judge)


def _judge(patient: Patient, criterion: Criterion, undated: bool) -> Judgement:
    # A criterion is all of, any of, or a single fact, and a fact that is not known is asked for, never taken as no.
    if criterion.all:
        return record.all_of(meets(patient, part, undated=undated) for part in criterion.all)
    if criterion.any:
        return record.any_of(meets(patient, part, undated=undated) for part in criterion.any)
    id = criterion.yes or criterion.no or criterion.fact
    fact = known(patient, id, undated=undated)
    if fact is None:
        return Judgement(None, (), (id,))
    old = " (day not known)" if fact.on is None and id in _valid_days() else ""
    return Judgement(matches(criterion, fact.value), (says(id, fact) + old,))


def yes(patient: Patient, id: str, *, undated: bool = False) -> Judgement:
    """Whether a yes/no fact holds."""
    fact = known(patient, id, undated=undated)
    return Judgement(None, (), (id,)) if fact is None else Judgement(fact.value is True, (says(id, fact),))


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
