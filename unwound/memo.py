"""The same work for the same facts is done once: results are kept with all that they were worked out from.

A pure function of a patient is traced while it works: the facts it reads are noted. Whoever agrees in these, and in
everything of the patient that is no fact, gets the result that is there; nothing has to be declared about what depends
on what.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from unwound.patient import Fact, Pain, Patient, Trial
from unwound.vocabulary import vocabulary

Result = TypeVar("Result")
Key = tuple[object, ...]
Differs = frozenset[str]
"""Facts in which a patient may differ from another."""
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


def there(facts: Mapping[str, Fact], wanted: Mapping[str, object]) -> list[str]:
    """Those of the wanted facts that are known at all: most of what is wanted is not, of most patients.

    Of a patient who is traced all that is wanted counts as read.
    """
    if isinstance(facts, TracedFacts):
        facts.read.update(dict.fromkeys(wanted))
        return there(facts.facts, wanted)
    if isinstance(facts, dict):
        return [id for id in facts if id in wanted]
    return [id for id in wanted if facts.get(id) is not None]


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
        # Work that is traced itself has read what this one read; to tell it so is quicker than to read through it.
        outer = patient.facts
        facts = outer.facts if isinstance(outer, TracedFacts) else outer
        rest = (_person(patient), arguments)
        result = memory.get((_values(facts, reads), rest))
        if result is None:
            traced = TracedFacts(facts)
            result = self.work(patient.with_checked(facts=traced), *arguments)
            further = tuple(traced.read.keys() - set(reads))
            if further or len(memory) >= KEPT:
                reads, memory = (*reads, *further), {}
                self.known = reads, memory
            memory[_values(facts, reads), rest] = result
        if outer is not facts:
            cast(TracedFacts, outer).read.update(dict.fromkeys(reads))
        return result


class Again(Generic[Result]):
    """The same work for patients who differ in facts and trials only, as in a search that changes a fact at a time.

    A few results are kept, each with the facts that it read: one holds again where none of these is another.
    """

    def __init__(self, work: Callable[..., Result]) -> None:
        self.work = work
        self.kept: list[_Kept[Result]] = []

    def __call__(
        self, patient: Patient, differs: Differs, *arguments: object, given: tuple[object, ...] = ()
    ) -> Result:
        """What the work gives; `given` are arguments that need not be compared: the others settle what they say.

        `differs` are the facts in which the patient may differ from the one that all are compared with.
        """
        facts = patient.facts
        for earlier in self.kept:
            if patient.trials is earlier.trials and arguments == earlier.arguments and earlier.holds(facts, differs):
                return earlier.result
        traced = TracedFacts(facts)
        result = self.work(patient.with_checked(facts=traced), *arguments, *given)
        # The first is never dropped: it is of the patient from whom the search goes out.
        self.kept[1:] = [
            _Kept(
                trials=patient.trials,
                arguments=arguments,
                facts=facts,
                differs=differs,
                read=frozenset(traced.read),
                result=result,
            ),
            *self.kept[1 : VARIANTS - 1],
        ]
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept(Generic[Result]):
    """A result with all that it was worked out from."""

    trials: tuple[Trial, ...]
    arguments: Key
    facts: Mapping[str, Fact]
    differs: Differs
    read: frozenset[str]
    result: Result

    def holds(self, facts: Mapping[str, Fact], differs: Differs) -> bool:
        """Whether none of the facts it read is another; only those in which either patient differs can be."""
        read, then = self.read, self.facts
        for id in differs:
            if id in read and facts.get(id) is not then.get(id):
                return False
        return all(id not in read or facts.get(id) is then.get(id) for id in self.differs)


class Parts(Generic[Result]):
    """Many small works on the facts of one patient: of another, those are done again that read a fact that differs.

    Each is traced whenever it is done, so nothing has to be declared. They may read nothing but facts that another
    patient can differ in.
    """

    def __init__(self, patient: Patient, works: Mapping[str, Callable[[Patient], Result]]) -> None:
        self.works = works
        self.read: dict[str, set[str]] = {name: set() for name in works}
        """Work -> the facts that it ever read."""
        self.readers: dict[str, list[str]] = {}
        """Fact -> the works that ever read it."""
        self.kept: list[_Done[Result]] = [_Done(patient.facts, frozenset(), self._done(patient, works))]

    def of(self, patient: Patient, differs: Differs, also: Iterable[str] = ()) -> Mapping[str, Result]:
        """The result of each work, in the order of the works; those in `also` are done again whatever differs.

        Where nothing comes out otherwise, it is the very same mapping.
        """
        nearest, changed = self._nearest(patient.facts, differs)
        touched = {name for id in changed for name in self.readers.get(id, ())}.union(also)
        again = self._done(patient, touched) if touched else {}
        others = {name: result for name, result in again.items() if result != nearest.results[name]}
        if not others:
            return nearest.results
        results = {**nearest.results, **others}
        if differs:
            first, *rest = self.kept
            used = [nearest] if nearest is not first else []
            rest = [_Done(patient.facts, differs, results), *used, *(done for done in rest if done is not nearest)]
            self.kept = [first, *rest[: VARIANTS - 1]]
        return results

    def _nearest(self, facts: Mapping[str, Fact], differs: Differs) -> tuple[_Done[Result], Iterable[str]]:
        """Of the patients who are kept the one that differs in the fewest facts, and these facts."""
        best: tuple[_Done[Result], Sequence[str] | Differs] = self.kept[0], differs
        for done in self.kept[1:]:
            if len(best[1]) <= 1:
                break
            then = done.facts
            changed = [id for id in differs | done.differs if facts.get(id) is not then.get(id)]
            if len(changed) < len(best[1]):
                best = done, changed
        return best

    def _done(self, patient: Patient, names: Iterable[str]) -> dict[str, Result]:
        results, traced = dict[str, Result](), TracedFacts(patient.facts)
        watched = patient.with_checked(facts=traced)
        for name in names:
            traced.read = {}
            results[name] = self.works[name](watched)
            for id in traced.read.keys() - self.read[name]:
                self.read[name].add(id)
                self.readers.setdefault(id, []).append(name)
        return results


@dataclass(frozen=True, slots=True)
class _Done(Generic[Result]):
    """The results for one patient, and the facts in which he differs from the first."""

    facts: Mapping[str, Fact]
    differs: Differs
    results: dict[str, Result]


def differing(facts: Mapping[str, Fact], others: Mapping[str, Fact]) -> Differs:
    """The facts that are not the same in both."""
    changed = [id for id, fact in facts.items() if others.get(id) is not fact and others.get(id) != fact]
    return frozenset((*changed, *(id for id in others if id not in facts)))


def nameless(patient: Patient) -> Key:
    """Everything of a patient but the name, as a key: whoever agrees in it gets the same answers."""
    ids = tuple(patient.facts)
    return _person(patient), ids, _values(patient.facts, ids)


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
