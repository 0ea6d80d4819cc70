"""Working something out again for a patient who differs in a few facts, without doing the same work twice.

A result is remembered with the facts that were read to get it. Pure functions that would read the same facts again come
to the same result, so the remembered one is returned; nothing has to be declared about what depends on what.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from unwound.patient import Fact, Patient

Result = TypeVar("Result")
KEPT = 24
"""Results kept for one part; the search for changes goes back and forth between a few variants."""


class TracedFacts(Mapping[str, Fact]):
    """The facts of a patient, noting which of them are read; going through all of them counts as reading all."""

    __slots__ = ("facts", "read")

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.facts = facts
        self.read: dict[str, Fact | None] = {}

    def __getitem__(self, id: str) -> Fact:
        self.read[id] = fact = self.facts.get(id)
        if fact is None:
            raise KeyError(id)
        return fact

    def get(self, id: str, default: object = None) -> Fact | None:  # type: ignore[override]
        """The fact, None where it is unknown."""
        self.read[id] = fact = self.facts.get(id)
        return fact

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

    def __iter__(self) -> Iterator[str]:
        self.read.update(self.facts)
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


class Memo(Generic[Result]):
    """One pure function of a patient with its memory.

    The patients it is called with may differ in facts and trials; everything else about them must be the same.
    """

    def __init__(self, work: Callable[..., Result]) -> None:
        self.work = work
        self.memory: deque[tuple[object, dict[str, Fact | None], Result]] = deque(maxlen=KEPT)

    def __call__(self, patient: Patient, *arguments: object) -> Result:
        """What `work(patient, *arguments)` gives."""
        key = (patient.trials, arguments)
        for remembered_key, read, result in self.memory:
            if remembered_key == key and all(_same(patient.facts.get(id), fact) for id, fact in read.items()):
                return result
        traced = TracedFacts(patient.facts)
        result = self.work(patient.model_copy(update={"facts": traced}), *arguments)
        self.memory.appendleft((key, traced.read, result))
        return result


def _same(now: Fact | None, then: Fact | None) -> bool:
    return now is then or (
        now is not None and then is not None and (now.value, now.on, now.doubt) == (then.value, then.on, then.doubt)
    )
