"""Where a record contradicts itself: what was stated against what else it holds, both named, neither believed.

`data/contradictions/` holds one pair a file. A stated fact that the record speaks against no longer counts: `doubted`
marks it, every consumer takes it for unknown, and it is asked again. Doubt falls only on the reassuring side; what
stops keeps stopping. A pair is settled by a person who compared both and names it in `contradictions_settled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial

from pydantic import model_validator

from unwound import drugs, evidence, facts
from unwound.catalogue import Checked, CitedText, Frozen, Head, Texts, least_checked, load
from unwound.facts import Criterion
from unwound.memo import ChangedFacts, Differs, Parts, there
from unwound.patient import Fact, Patient
from unwound.record import unique
from unwound.terms import Sex

SETTLED = "contradictions_settled"
"""The fact that names the pairs a person has compared with the patient, so that the statement stands."""


class Example(Frozen):
    """A record in short, and whether it contradicts itself here."""

    name: str
    given: Mapping[str, bool | float | str | tuple[str, ...]] = {}
    takes: Texts = ()
    sex: Sex | None = None
    contradicts: bool


class Contradiction(Head):
    """A pair: what was stated, and what else in the record speaks against it."""

    stated: Criterion
    """One fact, as it was stated."""
    recorded: Criterion | None = None
    taken: Texts = ()
    """Drugs or classes of drugs, of which any one taken now speaks against the statement."""
    sex: Sex | None = None
    unless: Criterion | None = None
    """What reconciles both sides, when known to hold."""
    doubts: Texts = ()
    """The facts that no longer count: of these, the ones that reassure."""
    action: CitedText
    """What may explain both, without accusing anybody, and what to ask."""
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _has_two_sides(self) -> Contradiction:
        if self.stated.all or self.stated.any:
            raise ValueError("what was stated is one fact")
        if sum((self.recorded is not None, bool(self.taken), self.sex is not None)) != 1:
            raise ValueError("against it stands exactly one of `recorded`, `taken` and `sex`")
        return self

    @property
    def fact(self) -> str:
        """The fact that was stated."""
        return self.stated.yes or self.stated.no or self.stated.fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One pair that a record meets: both sides in words, and the facts that no longer count."""

    id: str
    title: str
    because: tuple[str, ...]
    doubts: tuple[str, ...]
    action: str
    sources: tuple[str, ...]
    checked: Checked


def contradictions() -> Mapping[str, Contradiction]:
    """Every pair by its id."""
    return load("contradictions", Contradiction)


def conflicts(patient: Patient) -> tuple[Conflict, ...]:
    """Where the record contradicts itself and nobody has settled it, whichever side was entered first."""
    plain, pairs = undoubted(patient), contradictions()
    stated = {id for fact in there(plain.facts, _stating()) for id in _stating()[fact]}
    met = (_met(id, pairs[id], plain) for id in sorted(stated))
    return tuple(conflict for conflict in met if conflict is not None)


@cache
def _stating() -> Mapping[str, tuple[str, ...]]:
    """Fact -> the pairs in which it is what was stated."""
    stating: dict[str, list[str]] = {}
    for id, pair in contradictions().items():
        stating.setdefault(pair.fact, []).append(id)
    return {fact: tuple(ids) for fact, ids in stating.items()}


class ConflictsAgain:
    """`conflicts` for patients who differ from this one in facts and trials only."""

    def __init__(self, patient: Patient) -> None:
        self.trials = patient.trials
        works = {id: partial(_met, id, pair) for id, pair in contradictions().items()}
        self.pairs = Parts(undoubted(patient), works)

    def __call__(self, patient: Patient, differs: Differs) -> tuple[Conflict, ...]:
        """The conflicts; `differs` are the facts in which the patients may differ."""
        also = () if patient.trials is self.trials else _with_medicines()
        met = self.pairs.of(undoubted(patient), differs, also)
        return tuple(conflict for conflict in met.values() if conflict is not None)


@cache
def _with_medicines() -> tuple[str, ...]:
    return tuple(id for id, pair in contradictions().items() if pair.taken)


def doubted(patient: Patient, open_conflicts: Iterable[Conflict]) -> Patient:
    """The patient in whom every statement that the record speaks against is marked: it counts as unknown."""
    doubts = {id: conflict.id for conflict in open_conflicts for id in conflict.doubts}
    if not doubts:
        return patient
    marked = {id: fact.with_checked(doubt=doubts[id]) for id, fact in patient.facts.items() if id in doubts}
    return patient.with_checked(facts={**patient.facts, **marked})


def undoubted(patient: Patient) -> Patient:
    """The patient as entered, without the marks of doubt."""
    marked = {id: fact for id in _doubtable() if (fact := patient.facts.get(id)) and fact.doubt}
    if not marked:
        return patient
    plain = {id: fact.with_checked(doubt="") for id, fact in marked.items()}
    return patient.with_checked(facts=ChangedFacts(patient.facts, plain))


@cache
def _doubtable() -> tuple[str, ...]:
    return unique(id for pair in contradictions().values() for id in pair.doubts)


def _met(id: str, pair: Contradiction, patient: Patient) -> Conflict | None:
    """The conflict of one pair, where the patient meets it and nobody has settled it."""
    if not _is_stated(pair, patient):
        return None
    settled = facts.known(patient, SETTLED)
    if settled is not None and isinstance(settled.value, tuple) and id in settled.value:
        return None
    against = _against(pair, patient)
    return _conflict(id, pair, patient, against) if against else None


def _is_stated(pair: Contradiction, patient: Patient) -> bool:
    fact = facts.known(patient, pair.fact)
    if fact is None:
        return False
    try:
        return facts.matches(pair.stated, fact.value)
    except facts.FactError:  # an odd value states nothing
        return False


def _against(pair: Contradiction, patient: Patient) -> tuple[str, ...]:
    """What speaks against the statement, in words; empty where nothing does or something known reconciles both."""
    if pair.unless is not None and facts.meets(patient, pair.unless).holds:
        return ()
    if pair.recorded is not None:
        judgement = facts.warns(patient, pair.recorded)
        return judgement.because if judgement.holds else ()
    if pair.sex is not None:
        return (f"{pair.sex} sex at birth",) if patient.sex == pair.sex else ()
    wanted = frozenset(pair.taken)
    named = (name for name, kinds in _taken(patient) if not kinds.isdisjoint(wanted))
    return tuple(f"among the medicines: {name}" for name in named)


def _taken(patient: Patient) -> Iterator[tuple[str, frozenset[str]]]:
    """Each medicine taken now as it was written, with the drugs in it and their classes."""
    for medication in patient.medications:
        yield medication.drug, _kinds(medication.drug)
    for trial in patient.trials:
        if trial.ongoing:
            yield trial.therapy, _kinds(trial.therapy)


@lru_cache(maxsize=4096)
def _kinds(written: str) -> frozenset[str]:
    ids = drugs.ingredients(text=written)
    return frozenset(ids).union(*(drugs.classes(id) for id in ids))


def _conflict(id: str, pair: Contradiction, patient: Patient, against: tuple[str, ...]) -> Conflict:
    cited = tuple(evidence.citations(pair))
    return Conflict(
        id=id,
        title=pair.title,
        because=unique((f"stated: {facts.says(pair.fact, patient.facts[pair.fact])}", *against)),
        doubts=tuple(doubt for doubt in pair.doubts if _reassures(doubt, pair, patient.facts.get(doubt))),
        action=pair.action.text,
        sources=evidence.cite(cited),
        checked=least_checked(citation.checked for citation in cited),
    )


def _reassures(id: str, pair: Contradiction, fact: Fact | None) -> bool:
    """The statement itself, or a «no» beside it: a «yes» that stops is never doubted away."""
    return fact is not None and (id == pair.fact or fact.value is not True)
