"""A group of questions that is asked as one, as it stands in a record, and what answering it enters.

Whoever answers has read every item. Ticked items become single answers; «none of these», or «none of the others», is
said of the rest. Ticks and «none» never come in one step: whoever ticked something is asked about the others once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from unwound import facts, screens
from unwound.patient import Patient as Known
from unwound_clinic.core.action import Conflict
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.forms.consultation import group_of

State = Literal["open", "no", "otherwise"]
Said = Literal["none", "others"]
"""What the button says: none of these, or none of the others."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a group: nobody answered it, it is not so, or the record says otherwise."""

    fact: str
    words: str
    state: State
    answer: str = ""
    """What the record says, where it says otherwise."""

    @property
    def file(self) -> str:
        """The group of the consultation in which it is answered by itself."""
        return group_of(self.fact)

    @property
    def can_be_ticked(self) -> bool:
        """Whether a tick says all: a degree has to be asked by itself."""
        return self.state == "open" and facts.vocabulary()[self.fact].type == "yes-no"


@dataclass(frozen=True, slots=True)
class Block:
    """One group with every item, whatever is known of it: all are read before one answer is given."""

    id: str
    title: str
    question: str
    lines: tuple[Line, ...]

    @property
    def said(self) -> Said:
        """What «none» would say of the rest."""
        return "others" if any(line.state == "otherwise" for line in self.lines) else "none"


def block(group: str, known: Known) -> Block:
    """A group as it stands in a record whose facts are derived."""
    screen = screens.screens()[group]
    return Block(group, screen.title, screen.clinician, tuple(_line(item, known) for item in screen.items))


def answered(block: Block, read: Collection[str], ticked: Collection[str], said: str, on: date) -> tuple[New, ...]:
    """What an answer enters: of items that were not read nothing. Conflict where the record changed meanwhile.

    Where something was ticked, the rest waits for «none of the others».
    """
    open_lines = [line for line in block.lines if line.fact in read and line.can_be_ticked]
    present = tuple(translate.new_fact(line.fact, True, on) for line in open_lines if line.fact in ticked)
    if present or not said:
        return present
    if said != block.said:
        raise Conflict(f"{block.title}: the record changed since this was shown; read the group again, then answer it")
    rest = [line.fact for line in block.lines if line.fact in read and line.state != "otherwise"]
    return (translate.new_screened(block.id, rest, on),)


def withdrawn(group: str) -> New:
    """The answer to a group taken back: what it settled is unknown again."""
    return New(kind="screened", key=group, value=None)


def titles(items: Iterable[str]) -> str:
    """The items in a line."""
    return ", ".join(facts.vocabulary()[id].says for id in items if id in facts.vocabulary())


def _line(item: screens.Item, known: Known) -> Line:
    words, fact = facts.vocabulary()[item.fact].says, known.facts.get(item.fact)
    if fact is None:
        return Line(item.fact, words, "open")
    if screens.speaks_against(item, fact):
        return Line(item.fact, words, "otherwise", facts.says(item.fact, fact))
    # An earlier «no» that has expired is asked again.
    return Line(item.fact, words, "open" if facts.known(known, item.fact) is None else "no")
