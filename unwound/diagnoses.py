"""What the code of a diagnosis says: which facts it states, and which it only makes it necessary to ask about.

`data/codes/` holds the codes, grouped by the subject of the facts. A code of ICD stands for all that begin with it, and
the longest beginning that is listed decides: «F33» is a depression, «F33.42» one that is over. A «?» is any character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from unwound.catalogue import Checked, Frozen, Head, KnowledgeError, Texts, load
from unwound.vocabulary import vocabulary

System = Literal["ICD-10", "ICD-10-CM", "ICD-10-GM", "ICD-11", "SNOMED CT"]
"""«ICD-10» is what every edition of it means; the editions of the United States and of Germany add their own."""
Says = Literal["yes", "ask", "nothing"]


class Read(Frozen):
    """Where the titles of a file's codes of one system were read."""

    source: str
    where: str
    checked: Checked


class CodeSet(Frozen):
    """Codes of one system that say the same of one fact."""

    fact: str = ""
    """Empty where the codes are known to bear on nothing."""
    says: Says = "yes"
    """`ask`: whoever has the diagnosis must be asked the question of the fact; it is not answered by it."""
    system: System
    codes: Texts = ()
    besides: Texts = ()
    """Codes among them that say nothing of the fact: «in remission», say."""

    @model_validator(mode="after")
    def _only_what_is_known_to_bear_on_nothing_names_no_fact(self) -> CodeSet:
        if bool(self.fact) == (self.says == "nothing"):
            raise ValueError("a set names its fact, or says «nothing»")
        return self


class DiagnosisCodes(Head):
    """One file of `data/codes/`."""

    sources: Mapping[System, Read]
    sets: Annotated[tuple[CodeSet, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _every_system_has_a_source(self) -> DiagnosisCodes:
        missing = {codes.system for codes in self.sets} - self.sources.keys()
        if missing:
            raise ValueError(f"no source for {', '.join(sorted(missing))}")
        return self


@dataclass(frozen=True, slots=True)
class Meaning:
    """What codes say: the facts they state, those that must be asked about, and whether any was known at all."""

    states: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    known: bool = False


@lru_cache(maxsize=4096)
def meaning(system: System, code: str) -> Meaning:
    """What one code says; of ICD-10-CM and -GM what the edition says and what all editions do."""
    plain = code.upper().replace(".", "") if system.startswith("ICD-10") else code.upper()
    best: dict[str, tuple[int, Says]] = {}
    for length, fact, says in _said_of(system, plain):
        if length >= best.get(fact, (0, says))[0]:
            best[fact] = (length, says)
    states = tuple(fact for fact, (_, says) in best.items() if fact and says == "yes")
    asks = tuple(fact for fact, (_, says) in best.items() if fact and says == "ask")
    return Meaning(states, asks, bool(best))


def together(meanings: Iterable[Meaning]) -> Meaning:
    """What several codes of one diagnosis say: each fact once, and what one of them states is not asked."""
    every = tuple(meanings)
    states = tuple(dict.fromkeys(fact for one_code in every for fact in one_code.states))
    asks = tuple(dict.fromkeys(fact for one_code in every for fact in one_code.asks if fact not in states))
    return Meaning(states, asks, any(one_code.known for one_code in every))


def _said_of(system: System, plain: str) -> Iterator[tuple[int, str, Says]]:
    """How much of the code each listed beginning covers, the fact, and what it says of it; an edition's own last."""
    own: tuple[System, ...] = ("ICD-10", system) if system in ("ICD-10-CM", "ICD-10-GM") else (system,)
    for edition in own:
        if edition == "SNOMED CT":
            lengths: Iterable[int] = (len(plain),)
        else:
            lengths = range(1, len(plain) + 1)
        listed = _index().get(edition, {})
        for length in lengths:
            for fact, says in listed.get(plain[:length], ()):
                yield length, fact, says
        for pattern, length, fact, says in _patterns():
            if edition == "ICD-10-CM" and pattern.match(plain):
                yield length, fact, says


@cache
def _index() -> Mapping[System, Mapping[str, tuple[tuple[str, Says], ...]]]:
    """System -> the beginning of a code -> what it says of which fact; exceptions say nothing of it."""
    index: dict[System, dict[str, tuple[tuple[str, Says], ...]]] = {}
    for codes in _sets():
        by_code = index.setdefault(codes.system, {})
        for listed, says in ((codes.codes, codes.says), (codes.besides, "nothing")):
            for code in listed:
                key = code.upper().replace(".", "") if codes.system.startswith("ICD-10") else code.upper()
                by_code[key] = (*by_code.get(key, ()), (codes.fact, says))
    return index


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], int, str, Says], ...]:
    """Codes with a «?» in them (the intent of a poisoning is the sixth character in the United States)."""
    return tuple(
        (re.compile(re.escape(plain).replace(r"\?", ".")), len(plain), codes.fact, codes.says)
        for codes in _sets()
        for code in codes.codes
        if "?" in code and (plain := code.replace(".", ""))
    )


@cache
def _sets() -> tuple[CodeSet, ...]:
    """Every set of every file. KnowledgeError for a fact that is not in the vocabulary, or is no yes/no."""
    every = []
    for name, file in files().items():
        for codes in file.sets:
            question = vocabulary().get(codes.fact)
            if codes.fact and (question is None or question.type != "yes-no"):
                raise KnowledgeError(f"data/codes/{name}.toml: «{codes.fact}» is not a yes/no fact Unwound knows")
            every.append(codes)
    return tuple(every)


@cache
def stated() -> frozenset[str]:
    """The facts that a diagnosis answers with yes, whichever code it has."""
    return frozenset(codes.fact for codes in _sets() if codes.says == "yes")


def files() -> Mapping[str, DiagnosisCodes]:
    """The files of codes by name."""
    return load("codes", DiagnosisCodes)
