"""Studies, guidelines and labels that numbers rest on, and the way from anything back to its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Literal

from pydantic import BaseModel

from unwound.catalogue import Checked, Cited, CitedText, Head, find, load
from unwound.record import UnwoundError, unique

_PERSON = re.compile(
    r"((?:[A-Za-z]+ ){0,2}[A-Z][^\W\d]*(?:[-'’ ][A-Z][^\W\d]*[^\W\dA-Z])*) (?!NHS)[A-Z]{1,4}(?=$|[,; ])"
)
"""The family name of the first author, before the initials."""
UNDATED = ("label", "local-rule")
"""Designs whose year is that of our reading, not of the source."""


class Study(Head):
    """One source: a trial, review, guideline, label, payer policy, or a rule of this project (`local-rule`)."""

    authors: str
    year: int
    journal: str = ""
    pmid: str = ""
    doi: str = ""
    url: str = ""
    design: Literal[
        "randomised-trial",
        "crossover-trial",
        "cohort",
        "case-series",
        "open-trial",
        "meta-analysis",
        "guideline",
        "consensus",
        "label",
        "validation",
        "pharmacokinetic",
        "laboratory",
        "model",
        "criteria",
        "classification",
        "position",
        "payer-policy",
        "review",
        "survey",
        "regulator",
        "local-rule",
        "terminology",
    ]
    population: str = ""
    size: int | None = None
    jurisdiction: str = ""
    licence: str = ""
    summary: str
    """What it found or says, in our words."""
    checked: Checked
    """How well the bibliographic entry and the summary were checked."""
    effects: tuple[Effect, ...] = ()


class Effect(Cited):
    """One measured effect of a study: what was compared and on which outcome."""

    source: str = ""
    """Left out: the study itself."""
    what: str
    outcome: str = ""
    p: str = ""


Study.model_rebuild()


def studies() -> Mapping[str, Study]:
    """Every source by its id."""
    return load("evidence", Study)


def study(id: str) -> Study:
    """One source. UnwoundError, naming the nearest ids, when there is none of that name."""
    return find("evidence", Study, id, "source")


def cite(anything: object) -> tuple[str, ...]:
    """The ids of the sources anything rests on: a result, a record, a number, a collection; in order, each once.

    UnwoundError for what can rest on none: a text (`unwound cite ID` knows ids), a bare number, nothing.
    """
    if isinstance(anything, str | bytes | type) or not (is_dataclass(anything) or isinstance(anything, Iterable)):
        raise UnwoundError(
            f"cite takes a result, a record or a number of the knowledge, not {anything!r:.60}; "
            "evidence.study(id) is a source, and `unwound cite ID` says what an id rests on"
        )
    return unique(_rested_on(anything))


def _rested_on(anything: object) -> Iterator[str]:
    """What knowledge cites; of a result the sources that it and its parts name."""
    if is_dataclass(anything) and not isinstance(anything, type):
        named = getattr(anything, "sources", ())
        yield from named if isinstance(named, tuple) else ()
        for field in fields(anything):
            if field.name != "sources":
                yield from _rested_on(getattr(anything, field.name))
    elif isinstance(anything, tuple | list) and any(map(is_dataclass, anything)):
        for part in anything:
            yield from _rested_on(part)
    elif not hasattr(anything, "__array__"):
        yield from (citation.source for citation in citations(anything) if citation.source)


def citations(anything: object) -> Iterator[Cited | CitedText]:
    """Every cited number and text inside a record or collection, in order."""
    # A record, a table and a list are walked each in its own way; a text is no list.
    if isinstance(anything, Cited | CitedText):
        yield anything
    elif isinstance(anything, BaseModel):
        for name in type(anything).model_fields:
            yield from citations(getattr(anything, name))
    elif isinstance(anything, Mapping):
        for value in anything.values():
            yield from citations(value)
    elif isinstance(anything, Iterable) and not isinstance(anything, str):
        for value in anything:
            yield from citations(value)


def short(id: str) -> str:
    """What a sentence calls a source: «Cohen 2018», or its title where no person is named («Rules of this project»)."""
    source = study(id)
    person = _PERSON.match(source.authors)
    if person:
        return f"{person[1]} {source.year}"
    title = re.split(r"[:(]", source.title, maxsplit=1)[0].strip()
    return title if source.design in UNDATED or str(source.year) in title else f"{title} ({source.year})"


def reference(id: str) -> str:
    """One line of a reference list: authors, year, title, journal, identifiers."""
    source = study(id)
    parts = [f"{source.authors} ({source.year}). {source.title}."]
    parts += [f"{source.journal}."] if source.journal else []
    parts += [f"PMID {source.pmid}."] if source.pmid else []
    parts += [f"doi {source.doi}."] if source.doi else []
    parts += [source.url] if source.url and not (source.pmid or source.doi) else []
    return " ".join(parts)
