"""What a public page is made of: sections of lines and lists, each statement with its source; pictures of people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from unwound import evidence
from unwound.catalogue import Checked, Cited, CitedText, Head, least_checked
from unwound.conditions.knowledge import Code
from unwound.record import unique


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence or a few, or an entry of a list."""

    text: str
    sources: tuple[str, ...] = ()
    """What it rests on. None: it states nothing of medicine, and only leads on."""
    checked: Checked | None = None
    link: str = ""
    """The page it leads to, as `kind/id`."""
    name: str = ""
    """The words of the link, or of what the entry is about."""
    clinician: str = ""
    """The same in the words for clinicians."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group of a picture: so many of so many, with the bounds where they are known."""

    words: str
    n: int
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Two groups of people of one trial, as many of them marked as had the outcome."""

    title: str
    of: int
    harm: bool
    groups: tuple[Group, Group]
    line: Line
    """The same in words."""
    note: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture that was drawn from the library's own models, and the same in words."""

    picture: str
    title: str
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a page, under its heading."""

    key: str
    heading: str
    lines: tuple[Line, ...] = ()
    items: tuple[Line, ...] = ()
    pictures: tuple[Picture, ...] = ()
    drawings: tuple[Drawing, ...] = ()

    def every_line(self) -> Iterator[Line]:
        """Every line of it, those of its pictures too."""
        yield from (*self.lines, *self.items)
        for picture in self.pictures:
            yield from (picture.line, picture.note)
        yield from (drawing.line for drawing in self.drawings)

    @property
    def prose(self) -> str:
        """What is read as text: without names of treatments, and without the words for clinicians."""
        return " ".join(_sentence(line.text) for line in self.every_line() if line.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, made from files of knowledge."""

    kind: str
    id: str
    title: str
    sections: tuple[Section, ...]
    files: tuple[tuple[str, str], ...]
    """The files it is made from, as kind and id; the first is the one that clinicians read."""
    heads: tuple[Head, ...]
    codes: tuple[Code, ...] = ()
    phrases: tuple[str, ...] = ()
    """How people say it and search for it."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of all it rests on, in the order of the page."""
        named = (source for section in self.sections for line in section.every_line() for source in line.sources)
        return unique((*named, *(code.source for code in self.codes)))

    @property
    def updated(self) -> date:
        """When any of its files last changed."""
        return max(head.updated for head in self.heads)

    @property
    def due(self) -> date:
        """When the first of its files should be looked at again."""
        return min(head.due for head in self.heads)

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Who reviewed it; nobody while a single file of it is a draft."""
        if any(head.status != "reviewed" for head in self.heads):
            return ()
        return unique(f"{head.reviewer} ({head.reviewer_licence})" for head in self.heads)

    @property
    def reviewed(self) -> date | None:
        """The day on which all of it had been reviewed; None while a file of it is a draft."""
        days = [head.reviewed for head in self.heads if head.reviewed]
        return max(days) if self.reviewers and days else None

    @property
    def read_at_source(self) -> tuple[int, int]:
        """How many of its statements were read at their source, and how many it has."""
        lines = [line for section in self.sections for line in section.every_line() if line.sources]
        return sum(line.checked == Checked.PRIMARY for line in lines), len(lines)

    @property
    def references(self) -> tuple[str, ...]:
        """One line for each source."""
        return tuple(evidence.reference(source) for source in self.sources)


def cited(text: CitedText, *, link: str = "", name: str = "", clinician: str = "") -> Line:
    """A cited statement as a line."""
    return Line(text=text.text, sources=(text.source,), checked=text.checked, link=link, name=name, clinician=clinician)


def resting_on(text: str, *numbers: Cited | CitedText, name: str = "", link: str = "", clinician: str = "") -> Line:
    """A line that says what cited numbers say; it is checked as well as the least checked of them."""
    worst = least_checked(number.checked for number in numbers)
    sources = unique(number.source for number in numbers)
    return Line(text=text, sources=sources, checked=worst, name=name, link=link, clinician=clinician)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
