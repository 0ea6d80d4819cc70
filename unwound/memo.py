"""The same work for the same facts is done once: results are kept with all that they were worked out from.

A pure function of a patient is traced while it works: the facts it reads are noted. Whoever agrees in these, and in
everything of the patient that is no fact, gets the result that is there; nothing has to be declared about what depends
on what.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from unwound.patient import Fact, Pain, Patient
from unwound.vocabulary import vocabulary

Result = TypeVar("Result")
Key = tuple[object, ...]
KEPT = 2048
"""Results kept for one function; then it begins again."""
VARIANTS = 8
"""Results kept for one search, which goes back and forth between a few patients."""


FEW = 256
"""Results kept by `kept` in one memory; then it begins again."""
_NOTHING = object()


def kept(memory: dict[Any, Result], key: object, work: Callable[[], Result]) -> Result:
    """The result that is in the memory under this key, or that of the work, which is kept there.

    What is given back never depends on the memory still holding it: another thread may have begun it again.
    """
    known = memory.get(key, _NOTHING)
    if known is not _NOTHING:
        return cast(Result, known)
    result = work()
    if len(memory) >= FEW:
        memory.clear()
    memory[key] = result
    return result


class _SeenThrough(Mapping[str, Fact]):
    """Facts behind other facts: whatever asks for one goes through `get`."""

    __slots__ = ()

    @abstractmethod
    def get(self, id: str, default: object = None) -> Fact | None:  # type: ignore[override]
        """The fact, None where it is unknown."""

    def __getitem__(self, id: str) -> Fact:
        fact = self.get(id)
        if fact is None:
            raise KeyError(id)
        return fact

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None


class TracedFacts(_SeenThrough):
    """The facts of a patient, noting which of them are read; going through all of them counts as reading all."""

    __slots__ = ("facts", "read")

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.facts = facts
        self.read: dict[str, None] = {}

    def get(self, id: str, default: object = None) -> Fact | None:  # type: ignore[override]
        """The fact, None where it is unknown."""
        self.read[id] = None
        return self.facts.get(id)

    def __iter__(self) -> Iterator[str]:
        # Whoever goes through all would also have seen a fact that is not there.
        self.read.update(dict.fromkeys(vocabulary()))
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


class ChangedFacts(_SeenThrough):
    """Facts of which a few are other, or unknown (None); looking one up reads that one only, as copying would not."""

    __slots__ = ("changes", "facts")

    def __init__(self, facts: Mapping[str, Fact], changes: Mapping[str, Fact | None]) -> None:
        self.facts = facts
        self.changes = changes

    def get(self, id: str, default: object = None) -> Fact | None:  # type: ignore[override]
        """The fact, None where it is unknown."""
        return self.changes[id] if id in self.changes else self.facts.get(id)

    def __iter__(self) -> Iterator[str]:
        yield from (id for id in self.facts if id not in self.changes)
        yield from (id for id, fact in self.changes.items() if fact is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Remembered(Generic[Result]):
    """A pure function of a patient (and of hashable arguments) with its memory; it may read everything but the name.

    Memory is kept by the values of every fact that was ever read; a fact read for the first time begins a new one.
    """

    def __init__(self, work: Callable[..., Result]) -> None:
        self.work = work
        # The facts that the keys are made of and the results under them change together, whatever other threads do.
        self.known: tuple[tuple[str, ...], dict[Key, Result]] = ((), {})

    def __call__(self, patient: Patient, *arguments: object) -> Result:
        """What `work(patient, *arguments)` gives."""
        reads, memory = self.known
        rest = (_person(patient), arguments)
        known = memory.get((_values(patient.facts, reads), rest))
        if known is not None:
            return known
        traced = TracedFacts(patient.facts)
        result = self.work(patient.with_checked(facts=traced), *arguments)
        further = tuple(traced.read.keys() - set(reads))
        if further or len(memory) >= KEPT:
            reads, memory = (*reads, *further), {}
            self.known = reads, memory
        memory[_values(patient.facts, reads), rest] = result
        return result


class Again(Generic[Result]):
    """The same work for patients who differ in facts and trials only, as in a search that changes a fact at a time.

    A few results are kept, each with the facts that it read: one holds again where these facts are the very same.
    """

    def __init__(self, work: Callable[..., Result]) -> None:
        self.work = work
        self.kept: deque[tuple[object, Key, Mapping[str, Fact | None], Result]] = deque(maxlen=VARIANTS)

    def __call__(self, patient: Patient, *arguments: object, given: tuple[object, ...] = ()) -> Result:
        """What the work gives; `given` are arguments that need not be compared: the others settle what they say."""
        found = patient.facts
        for trials, before, read, result in self.kept:
            if patient.trials is trials and arguments == before and _same(found, read):
                return result
        traced = TracedFacts(found)
        result = self.work(patient.with_checked(facts=traced), *arguments, *given)
        self.kept.appendleft((patient.trials, arguments, {id: found.get(id) for id in traced.read}, result))
        return result


def _same(facts: Mapping[str, Fact], read: Mapping[str, Fact | None]) -> bool:
    return all(facts.get(id) is fact for id, fact in read.items())


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
        patient.screened,
        tuple(map(_pain, patient.pains)),
        patient.seen_pain,
    )


def _pain(pain: Pain) -> Key:
    """Everything of a pain: also of one that is not in view some things are read, as where it is."""
    ids = tuple(pain.facts)
    return pain.name, pain.site, pain.side, pain.since, pain.to_treat, ids, _values(pain.facts, ids)
