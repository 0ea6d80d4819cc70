"""The same work for the same facts is done once: results are kept with all that they were worked out from.

A pure function of a patient is traced while it works: the facts it reads are noted. Whoever agrees in these, and in
everything of the patient that is no fact, gets the result that is there; nothing has to be declared about what depends
on what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from unwound.patient import Fact, Patient

Result = TypeVar("Result")
Key = tuple[object, ...]
KEPT = 2048
"""Results kept for one function; then it begins again."""


class TracedFacts(Mapping[str, Fact]):
    """The facts of a patient, noting which of them are read; going through all of them counts as reading all."""

    __slots__ = ("facts", "read")

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.facts = facts
        self.read: dict[str, None] = {}

    def __getitem__(self, id: str) -> Fact:
        fact = self.get(id)
        if fact is None:
            raise KeyError(id)
        return fact

    def get(self, id: str, default: object = None) -> Fact | None:  # type: ignore[override]
        """The fact, None where it is unknown."""
        self.read[id] = None
        return self.facts.get(id)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

    def __iter__(self) -> Iterator[str]:
        self.read.update(dict.fromkeys(self.facts))
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


class Remembered(Generic[Result]):
    """A pure function of a patient (and of hashable arguments) with its memory; it may read everything but the name.

    Memory is kept by the values of every fact that was ever read; a fact read for the first time begins a new one.
    """

    def __init__(self, work: Callable[..., Result]) -> None:
        self.work = work
        self.reads: tuple[str, ...] = ()
        self.memory: dict[Key, Result] = {}

    def __call__(self, patient: Patient, *arguments: object) -> Result:
        """What `work(patient, *arguments)` gives."""
        reads, memory = self.reads, self.memory
        rest = (_person(patient), arguments)
        known = memory.get((_values(patient.facts, reads), rest))
        if known is not None:
            return known
        traced = TracedFacts(patient.facts)
        result = self.work(patient.with_checked(facts=traced), *arguments)
        further = tuple(traced.read.keys() - set(reads))
        if further or len(memory) >= KEPT:
            reads, memory = (*reads, *further), {}
            self.reads, self.memory = reads, memory
        memory[_values(patient.facts, reads), rest] = result
        return result


class Again(Generic[Result]):
    """A result for one patient, and the same work for others who differ in a few facts and trials only.

    `given` are arguments that the work gets and that need not be compared: the others settle what they say.
    """

    def __init__(
        self, work: Callable[..., Result], patient: Patient, *arguments: object, given: tuple[object, ...] = ()
    ) -> None:
        self.work, self.patient, self.arguments = work, patient, arguments
        traced = TracedFacts(patient.facts)
        self.result = work(patient.with_checked(facts=traced), *arguments, *given)
        self.reads = frozenset(traced.read)

    def __call__(
        self, patient: Patient, changed: frozenset[str], *arguments: object, given: tuple[object, ...] = ()
    ) -> Result:
        """What the work gives where only the `changed` facts differ; it is done again where it read one of them."""
        if patient.trials is self.patient.trials and changed.isdisjoint(self.reads) and arguments == self.arguments:
            return self.result
        return self.work(patient, *arguments, *given)


def _values(facts: Mapping[str, Fact], ids: tuple[str, ...]) -> Key:
    """The type goes in beside each value, for 1 and true are equal in Python and not here."""
    key: list[object] = []
    for id in ids:
        fact = facts.get(id)
        if fact is None:
            key.append(None)
        else:
            value = fact.value
            key += (value.__class__, value, fact.on, fact.doubt)
    return tuple(key)


def _person(patient: Patient) -> Key:
    """Everything of a patient that is no fact and no name."""
    return (
        patient.as_of,
        patient.birth_date,
        patient.sex,
        patient.jurisdiction,
        patient.trials,
        patient.answers,
        patient.medications,
        patient.allergies,
    )
