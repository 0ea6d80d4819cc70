"""What a patient is asked before the first visit, in plain words: a few pages in named sections, in order.

`data/intake/` holds a page a file: the questions for facts a patient can know, in words a patient uses, the groups that
are asked as one (`screens`), the forms to fill, and the regions of the body map. What cannot concern a patient is not
asked (`concerns`). `candidacy.urgent_help` says what to tell the patient at once about a red flag.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import model_validator

from unwound import derive, drugs, facts, instruments, places, screens, vocabulary
from unwound.catalogue import Cited, Frozen, Head, KnowledgeError, Texts, load, load_rule
from unwound.patient import Patient
from unwound.record import unique

Place = Literal["head", "arm", "trunk", "leg"]


class Only(Frozen):
    """Whom something is asked: all whom it may concern. Empty fields ask for nothing."""

    possible: str = ""
    """A fact: not asked where age or sex at birth rule it out."""
    marked: tuple[Place, ...] = ()
    """Not asked where the body map was marked, and nowhere there."""
    tried: str = ""
    """Id of a drug: asked only where it stands among the treatments tried or the medicines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What decides about whom something concerns: age and sex at birth, the regions marked, the treatments written."""

    known: Patient
    marked: Collection[str] = ()
    treatments: Collection[str] = ()


class Question(Frozen):
    """One fact, asked in plain words."""

    fact: str
    ask: str
    options: Mapping[str, str] = {}
    """Plain words for the options of a choice; those left out are not offered."""
    help: str = ""
    only: Only = Only()


class Group(Frozen):
    """A group of questions asked as one; its words are those of `data/screens/`."""

    screen: str
    only: Only = Only()


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
    of: Place
    sites: Texts
    """What a mark here says of the place of the pain (`pain_site`)."""
    d: str
    mirrored: bool = False
    """Whether the shape is drawn for one side of the body and mirrored for this one."""


class Part(Frozen):
    """A part of the body as written in the file; a paired one becomes a right and a left region."""

    id: str
    title: str
    side: Literal["front", "back"]
    of: Place
    sites: Texts
    d: str
    paired: bool = False

    def regions(self) -> tuple[Region, ...]:
        """The region, or both; the drawn half is the patient's right in front and the left behind."""
        if not self.paired:
            id = f"{self.side}-{self.id}"
            return (Region(id=id, title=self.title, side=self.side, of=self.of, sites=self.sites, d=self.d),)
        drawn, mirrored = ("right", "left") if self.side == "front" else ("left", "right")
        return tuple(
            Region(
                id=f"{self.side}-{word}-{self.id}",
                title=f"{word} {self.title}",
                side=self.side,
                of=self.of,
                sites=self.sites,
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
    section: str
    """The part of the form it stands in; the pages of a section follow each other."""
    was: Texts = ()
    """Ids of earlier pages that are part of it now: a form that was begun on one goes on here."""
    only: Only = Only()
    say: Texts = ()
    """What the page says before it asks."""
    stories: tuple[Story, ...] = ()
    duration: Question | None = None
    """A fact in days, asked as a number of days, weeks, months or years."""
    rows: tuple[Literal["tried", "medicines", "allergies"], ...] = ()
    questions: tuple[Question, ...] = ()
    groups: tuple[Group, ...] = ()
    instrument: str = ""
    contacts: tuple[Contact, ...] = ()
    parts: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _asks_what_exists(self) -> Step:
        # Facts, options, sites, groups and forms stand in different files, and each may lack what is asked.
        questions = (*self.questions, *((self.duration,) if self.duration else ()))
        for question in questions:
            fact = facts.vocabulary().get(question.fact)
            if fact is None:
                raise ValueError(f"«{question.fact}» is not a fact Unwound knows")
            if set(question.options) - set(fact.options):
                raise ValueError(f"{question.fact}: options that the fact does not have")
        for part in self.parts:
            vocabulary.fitting(places.SITE, part.sites)
        for group in self.groups:
            if screens.unknown(group.screen):
                raise ValueError(screens.unknown(group.screen))
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


def page_of(id: str) -> str:
    """The page on which an earlier page stands now, or the page itself; empty where there is none."""
    return id if id in steps() else next((now for now, step in steps().items() if id in step.was), "")


def concerns(only: Only, person: Person) -> bool:
    """Whether something may concern a person: unknown is asked."""
    if only.possible and _from_the_person(person.known).value(only.possible) is False:
        return False
    places = {regions()[id].of for id in person.marked if id in regions()}
    if only.marked and places and places.isdisjoint(only.marked):
        return False
    return not only.tried or any(only.tried in drugs.ingredients(text=name) for name in person.treatments)


def _from_the_person(known: Patient) -> Patient:
    """What follows from age and sex at birth alone."""
    return derive.derive(Patient(as_of=known.as_of, birth_date=known.birth_date, sex=known.sex))


class Pace(Head):
    """`data/rules/intake_time.toml`: how fast the form is filled in."""

    words_a_minute: Cited
    seconds_a_tap: Cited
    seconds_of_writing: Cited


def minutes(step: Step, person: Person) -> float:
    """About how many minutes a page takes this person who answers all of it."""
    pace = load_rule("intake_time", Pace)
    words = sum(len(text.split()) for text in _texts(step, person))
    form = instruments.instrument(step.instrument) if step.instrument else None
    taps = (
        sum(concerns(question.only, person) for question in step.questions)
        + sum(concerns(group.only, person) for group in step.groups)
        + (len(form.items) if form else 0)
        + bool(step.parts)
    )
    written = len(step.stories) + len(step.rows) + len(step.contacts) + bool(step.duration)
    seconds = taps * pace.seconds_a_tap.value + written * pace.seconds_of_writing.value
    return words / pace.words_a_minute.value + seconds / 60


def _texts(step: Step, person: Person) -> Iterator[str]:
    """Everything that is read on a page."""
    yield from (step.title, *step.say)
    for question in step.questions:
        if concerns(question.only, person):
            yield from (question.ask, question.help, *question.options.values())
    for group in step.groups:
        if concerns(group.only, person):
            screen = screens.screens()[group.screen]
            yield from (screen.patient, *(item.patient for item in screen.items))
    yield from (text for story in step.stories for text in (story.ask, story.help))
    yield from (contact.ask for contact in step.contacts)
    if step.instrument:
        form = instruments.instrument(step.instrument)
        yield from (form.prompt or "", *(item.text for item in form.items), *(option.text for option in form.options))


def regions() -> Mapping[str, Region]:
    """Every region of the body map by its id."""
    return {region.id: region for step in steps().values() for region in step.regions()}


def sites_of(marked: Iterable[str]) -> tuple[str, ...]:
    """The parts of the body (`pain_site`) that are marked on the body map; a region it does not have says nothing."""
    known = regions()
    return unique(site for id in marked if id in known for site in known[id].sites)
