"""What a patient is asked before the first visit, in plain words: one subject a page, in order.

`data/intake/` holds a page a file: the questions for facts a patient can know, in words a patient uses, the forms to
fill, and the regions of the body map. `candidacy.urgent_help` says what to tell the patient at once about a red flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import model_validator

from unwound import candidacy, facts, instruments
from unwound.catalogue import Frozen, Head, KnowledgeError, Texts, load
from unwound.terms import Sex


class Question(Frozen):
    """One fact, asked in plain words."""

    fact: str
    ask: str
    options: Mapping[str, str] = {}
    """Plain words for the options of a choice; those left out are not offered."""
    help: str = ""


class Story(Frozen):
    """Something the patient tells in their own words, kept as written."""

    key: str
    ask: str
    help: str = ""


class Region(Frozen):
    """One part of the body map: its name and its shape on the drawing (an SVG path)."""

    id: str
    title: str
    side: Literal["front", "back"]
    d: str
    mirrored: bool = False
    """Whether the shape is drawn for one side of the body and mirrored for this one."""


class Part(Frozen):
    """A part of the body as written in the file; a paired one becomes a right and a left region."""

    id: str
    title: str
    side: Literal["front", "back"]
    d: str
    paired: bool = False

    def regions(self) -> tuple[Region, ...]:
        """The region, or both; the drawn half is the patient's right in front and the left behind."""
        if not self.paired:
            return (Region(id=f"{self.side}-{self.id}", title=self.title, side=self.side, d=self.d),)
        drawn, mirrored = ("right", "left") if self.side == "front" else ("left", "right")
        return tuple(
            Region(
                id=f"{self.side}-{word}-{self.id}",
                title=f"{word} {self.title}",
                side=self.side,
                d=self.d,
                mirrored=word == mirrored,
            )
            for word in (drawn, mirrored)
        )


class Contact(Frozen):
    """Someone to contact."""

    key: str
    ask: str


class Step(Head):
    """One page of the first form."""

    place: int
    """Its place in the order; unique."""
    say: Texts = ()
    """What the page says before it asks."""
    only_sex: Sex | None = None
    """Not shown where another sex at birth is known."""
    may_not_apply: bool = False
    """For some patients only, as the page says: leaving it out whole leaves nothing open."""
    stories: tuple[Story, ...] = ()
    duration: Question | None = None
    """A fact in days, asked as a number of days, weeks, months or years."""
    rows: Literal["tried", "medicines", "allergies"] | None = None
    questions: tuple[Question, ...] = ()
    instrument: str = ""
    contacts: tuple[Contact, ...] = ()
    parts: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _asks_what_exists(self) -> Step:
        questions = (*self.questions, *((self.duration,) if self.duration else ()))
        for question in questions:
            fact = facts.vocabulary().get(question.fact)
            if fact is None:
                raise ValueError(f"«{question.fact}» is not a fact Unwound knows")
            if set(question.options) - set(fact.options):
                raise ValueError(f"{question.fact}: options that the fact does not have")
        if self.instrument and not instruments.instrument(self.instrument).items:
            raise ValueError(f"{self.instrument}: its items are not ours to show")
        return self

    def regions(self) -> tuple[Region, ...]:
        """The regions of the body map, if this page has it."""
        return tuple(region for part in self.parts for region in part.regions())


@cache
def steps() -> Mapping[str, Step]:
    """Every page by its id, in order. KnowledgeError where two have the same place."""
    pages = load("intake", Step)
    places = [page.place for page in pages.values()]
    if len(set(places)) != len(places):
        raise KnowledgeError("data/intake: two pages have the same place")
    return {id: pages[id] for id in sorted(pages, key=lambda id: pages[id].place)}


def regions() -> Mapping[str, Region]:
    """Every region of the body map by its id."""
    return {region.id: region for step in steps().values() for region in step.regions()}


def crisis_lines() -> tuple[str, ...]:
    """The numbers of crisis lines, as the sentences of `urgent_help` write them."""
    return candidacy.plain_words("emergency_number")["crisis"]


def emergency_number(jurisdiction: str | None) -> str:
    """The number to call in an emergency there; empty where it is not known."""
    return "".join(candidacy.plain_words("emergency_number").get(jurisdiction or "", ()))
