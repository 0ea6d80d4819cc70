"""What is gathered from a bundle while it is read: the newest of each fact, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from unwound import facts, instruments, vocabulary
from unwound.exchange.fhir.account import Account, Problem
from unwound.exchange.fhir.entries import References
from unwound.exchange.fhir.shapes import Moment, Object, moment, objects, reference
from unwound.exchange.fhir.sites import Place
from unwound.exchange.fhir.whose import Person
from unwound.exchange.names import quoted
from unwound.patient import Answers, Fact, Value
from unwound.vocabulary import belongs_to_one_pain


@dataclass(frozen=True, slots=True)
class Count:
    """How the resources of one type fared."""

    used: int = 0
    not_needed: int = 0
    """Read and understood, but without bearing on what Unwound knows, or not in force."""
    unreadable: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.used + self.not_needed + self.unreadable


class Unreadable(Exception):
    """One resource that cannot be used because of a defect; the message names it."""


NOBODY, ELSEWHERE = "", "elsewhere"
"""Whose a fact is that is no pain's: the person's (or nothing says where), or that of a place that is no pain's."""


class _Known(NamedTuple):
    seconds: float
    fact: Fact


@dataclass(slots=True, kw_only=True)
class Chart:
    """The growing record: readers put in what they find."""

    as_of: date
    references: References = field(default_factory=References)
    patient: Person = field(default_factory=Person)
    """The patient as others refer to it."""
    chosen: bool = False
    """Whether the patient was picked among several: what is about the others is then left out."""
    answers: list[Answers] = field(default_factory=list)
    doubtful: list[Answers] = field(default_factory=list)
    """Filled forms of which nothing could be read."""
    allergies: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    pointed_at: set[int] = field(default_factory=set)
    """Identities of resources that another one referred to and that were read with it."""
    born: date | None = None
    """The day of birth, where the whole of it is known."""
    diagnosed: set[str] = field(default_factory=set)
    """The codes of all diagnoses of the record."""
    account: Account = field(default_factory=Account)
    missing: list[str] = field(default_factory=list)
    """What the source itself says is not here."""
    at: int | None = None
    origin: str = ""
    base: str = ""
    """The server that the resource being read is from, where that is known."""
    place: Place | None = None
    """Where on the body the resource being read is, where it says so."""
    apart: Mapping[Place, Place | None] | None = None
    """Places -> the pain they mean, once it is known that there are several: facts of pains are then kept apart."""
    seen: set[Place] = field(default_factory=set)
    """Every place at which something about a pain was read."""
    diagnoses: tuple[Any, ...] | None = None
    """Every diagnosis of the record, once they were read to tell what a medicine may have been for."""
    died: Moment | None = None
    dead: bool = False
    """The patient has died, whether or not the day is known."""
    onsets: dict[Place, Moment] = field(default_factory=dict)
    """When what is diagnosed at a place began, the earliest."""
    _known: dict[tuple[Place | str, str], _Known] = field(default_factory=dict)

    def problem(self, reason: str) -> None:
        """Note something about the resource being read."""
        self.problems.append(Problem(self.at, self.origin, reason))

    def leave(self, what: str, reason: str, name: str = "") -> None:
        """Note that something of the resource being read is not used («diagnoses», «not recognised», «Migraine»)."""
        self.account.leave(what, reason, name, self.origin)

    def in_doubt(self, form: str, when: Moment | None) -> None:
        """Note a filled form of which nothing could be read: what an older one told is then open (`unsettled`).

        One without its day opens nothing, and is only said.
        """
        if when is None or when.first > self.as_of:
            return
        pain = self.pain.title if self.pain is not None and instruments.instrument(form).about_pain else ""
        self.doubtful.append(Answers(instrument=form, on=when.first, pain=pain, origin=self.origin))

    def when(self, written: object) -> Moment | None:
        """The day that is written; what cannot be read as one is noted, and the day is then not known."""
        day = moment(written)
        if day is None and written is not None and str(written).strip():
            self.problem(
                f"the date {quoted(written)} cannot be read (a date is needed as 2026-05-31): its day is unknown"
            )
        return day

    def know(self, id: str, value: Value, when: Moment | None, origin: str = "") -> bool:
        """Record a fact; a newer one that is known stays. Unreadable when the value is not possible."""
        if self.is_later(when):
            return False
        try:
            fitting = vocabulary.fitting(id, value)
        except facts.FactError as wrong:
            raise Unreadable(str(wrong).removeprefix(f"{id}: ")) from None
        seconds = when.seconds if when else float("-inf")
        self.note_place(belongs_to_one_pain(id))
        key = (self._whose(id), id)
        known = self._known.get(key)
        if known is None or seconds > known.seconds:
            on = when.first if when else None
            fact = Fact.model_construct(value=fitting, on=on, origin=origin or self.origin, doubt="")
            self._known[key] = _Known(seconds, fact)
        return True

    def note_place(self, of_a_pain: bool | None) -> None:
        """Note where something is that is about a pain."""
        if of_a_pain and self.place is not None:
            self.seen.add(self.place)

    def note_onset(self, began: Moment | None) -> None:
        """Note when what is diagnosed at the place of this resource began: the earliest counts."""
        place = self.pain
        if place is None or began is None or began.first > self.as_of:
            return
        earlier = self.onsets.get(place)
        if earlier is None or began.seconds < earlier.seconds:
            self.onsets[place] = began

    @property
    def pain(self) -> Place | None:
        """The pain that the resource being read is about; None where there is one pain, or it does not say."""
        if self.apart is None or self.place is None:
            return None
        return self.apart.get(self.place)

    def _whose(self, id: str) -> Place | str:
        """The pain that a fact belongs to, a place that is no pain's, or nobody."""
        if self.apart is None or self.place is None or belongs_to_one_pain(id) is False:
            return NOBODY
        return self.pain or ELSEWHERE

    def known(self, id: str) -> Fact | None:
        """The newest value so far."""
        stated = self._known.get((self._whose(id), id))
        return stated.fact if stated else None

    def forget(self, id: str) -> None:
        """Make room for a value that adds to the one so far."""
        self._known.pop((self._whose(id), id), None)

    def withdraw(self, id: str, on: date | None) -> None:
        """Take back a fact of that day, of the person and of every pain: something of the day contradicts it."""
        for key in [key for key, known in self._known.items() if key[1] == id and known.fact.on == on]:
            del self._known[key]

    def is_later(self, when: Moment | None) -> bool:
        """Whether something is dated after the day of the review; noted, as the record must not know the future."""
        if when is None or when.first <= self.as_of:
            return False
        self.problem(f"dated {when.first}, after the day of the review ({self.as_of}); not used")
        return True

    def facts(self, of: Place | str = NOBODY) -> dict[str, Fact]:
        """The newest value of each fact (of a pain), in the order of the vocabulary."""
        own = {id: known.fact for (whose, id), known in self._known.items() if whose == of}
        return {id: own[id] for id in sorted(own, key=_places().__getitem__)}

    def resolve(self, value: object, inside: Object) -> Object | None:
        """The resource a Reference points to: contained in the same resource, or elsewhere in the record.

        Nothing where it carries a modifierExtension: its meaning may be turned round.
        """
        pointed = reference(value)
        if pointed.startswith("#"):
            contained: Iterable[Object] = objects(inside.get("contained"))
            return next((resource for resource in contained if resource.get("id") == pointed[1:]), None)
        entry = self.references.find(pointed, self.base) if pointed else None
        if entry is None or entry.carries_a_modifier():
            return None
        self.pointed_at.add(id(entry.resource))
        return entry.resource

    def counts(self) -> dict[str, Count]:
        """How many of each type were used, not needed and unreadable; in alphabetical order."""
        types = sorted({type for type, _ in self.tally})
        return {
            type: Count(self.tally[type, "used"], self.tally[type, "not_needed"], self.tally[type, "unreadable"])
            for type in types
        }


@cache
def _places() -> Mapping[str, int]:
    """The place of each fact in the vocabulary."""
    return {id: place for place, id in enumerate(facts.vocabulary())}
