"""What is asked as one: «none of these» for a whole system, a file each in `data/screens/`.

«None of these» settles every item of the group that nothing else answers. It is weaker than an answer to one question:
anything in the record against it reopens all of it. Where somebody has one item, «none of the others» is said of the
rest (`Screened.items`). What was not asked stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from pydantic import model_validator

from unwound.catalogue import Frozen, Head, load
from unwound.patient import DERIVED, Fact, Patient, Screened
from unwound.vocabulary import Value, fitting, question_of

ORIGIN = DERIVED + "none of these: "
"""How the origin of what a group settles begins."""
MOST = 8
"""Items of a group: all of them are read before one answer is given."""


class Item(Frozen):
    """One item of a group: the fact, what «none of these» makes of it, and how a patient reads it."""

    fact: str
    settles: Value
    patient: str


class Screen(Head):
    """One group: the items of a system that are asked together."""

    place: int
    """Its place among the groups, as they are asked."""
    clinician: str
    patient: str
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _can_be_answered_as_one(self) -> Screen:
        if len(self.items) > MOST:
            raise ValueError(f"a group has at most {MOST} items, all readable when it is answered")
        for item in self.items:
            if question_of(item.fact).singly:
                raise ValueError(f"{item.fact} is asked singly")
            fitting(item.fact, item.settles)
        return self


@cache
def screens() -> Mapping[str, Screen]:
    """Every group by its id, in the order in which they are asked."""
    return dict(sorted(load("screens", Screen).items(), key=lambda group: group[1].place))


@cache
def group_of() -> Mapping[str, str]:
    """Fact -> the group it is asked in."""
    return {item.fact: id for id, screen in screens().items() for item in screen.items}


def settled(patient: Patient) -> dict[str, Fact]:
    """What the groups that were answered settle, where nothing in the record speaks against the group."""
    return {
        item.fact: Fact.model_construct(value=item.settles, on=answer.on, origin=_origin(answer), doubt="")
        for answer in patient.screened
        if not against(patient, answer)
        for item in items(answer)
        if item.fact not in patient.facts
    }


def answers_in(patient: Patient) -> dict[str, str]:
    """Which facts of a derived patient rest on a group that was answered, and on which: «heart, asked by ...»."""
    return {
        id: fact.origin.removeprefix(ORIGIN) for id, fact in patient.facts.items() if fact.origin.startswith(ORIGIN)
    }


def against(patient: Patient, answer: Screened) -> tuple[str, ...]:
    """The items of a group that the record answers otherwise, or where it contradicts itself: ids of facts."""
    return tuple(item.fact for item in items(answer) if speaks_against(item, patient.facts.get(item.fact)))


def reopened(patient: Patient) -> Iterator[tuple[Screened, tuple[str, ...]]]:
    """Each answered group that does not fit the record, with the items that do not."""
    for answer in patient.screened:
        items = against(patient, answer)
        if items:
            yield answer, items


def without_reopened(patient: Patient) -> Patient:
    """The patient without what a reopened group had settled; what is doubted itself stays, for it names the doubt."""
    reopen = {_origin(answer) for answer, _ in reopened(patient)}
    if not reopen:
        return patient
    kept = {id: fact for id, fact in patient.facts.items() if fact.doubt or fact.origin not in reopen}
    return patient.with_checked(facts=kept)


def items(answer: Screened) -> tuple[Item, ...]:
    """What was read when it was answered: an item that the group has got since is not settled by it."""
    screen = screens().get(answer.group)
    items = screen.items if screen else ()
    return tuple(item for item in items if item.fact in answer.items) if answer.items else items


def speaks_against(item: Item, fact: Fact | None) -> bool:
    """Whether the record answers an item otherwise than «none of these», or contradicts itself about it."""
    return fact is not None and (bool(fact.doubt) or fact.value != item.settles)


def _origin(answer: Screened) -> str:
    who = f", asked by {answer.by}" if answer.by else ""
    return f"{ORIGIN}{answer.group}{who}"


def unknown(group: str) -> str:
    """What is wrong with the name of a group, in a sentence; empty where there is such a group."""
    return "" if group in screens() else f"there is no group «{group}»; there are: {', '.join(screens())}"


def not_in(group: str, items: Iterable[str]) -> tuple[str, ...]:
    """Those of the items that the group does not ask."""
    asked = {item.fact for item in screens()[group].items}
    return tuple(item for item in items if item not in asked)


def items_left(patient: Patient, group: str) -> tuple[str, ...]:
    """The items of a group that nobody has answered yet."""
    return tuple(item.fact for item in screens()[group].items if item.fact not in patient.facts)
