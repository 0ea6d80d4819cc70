"""What a patient agrees to, as plain words with a version: `words(...)` writes the text that is shown, signed and kept.

A line begins with «# » (a heading), «- » (one of a list) or nothing; it ends with the number of its source, marked «†»
where that source was not read itself. What was signed is this text and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from unwound import evidence
from unwound.catalogue import Checked, Cited, CitedText, Frozen, Head, load, plain
from unwound.languages import ENGLISH as ENGLISH
from unwound.languages import say, translated
from unwound.record import UnwoundError
from unwound.terms import Drug, Purpose

NOTE = "† We have not read the source of this ourselves yet, it speaks of another use, or it is general knowledge."
YOUR_TREATMENT = "Your treatment: {course}. It is {drug}, given slowly through a needle in a vein."
NAMED_BESIDE = "Your team named these, among others: {names}."
OF_SO_MANY = "of {all}"
FRAME = (NOTE, YOUR_TREATMENT, NAMED_BESIDE, OF_SO_MANY, "Side effects", "Sources")
"""Words of a consent that stand in no file."""
DAGGER: Mapping[Checked, str] = {mark: "" if mark == Checked.PRIMARY else "†" for mark in Checked}


class Section(Frozen):
    """A heading and its lines."""

    heading: str
    lines: tuple[CitedText, ...]
    names_alternatives: bool = False
    """Here stands what the patient's team named beside it."""
    goes_home: bool = False
    """Handed to the patient on paper after an infusion as well."""


class Unwanted(Frozen):
    """One side effect; how often stands only where a source gives it: in percent, or as so many «of 6»."""

    name: str
    text: CitedText
    often: Cited | None = None
    among: str = ""


class Statement(Frozen):
    """One thing the patient agrees to; those that are not `needed` are theirs to leave open."""

    id: str
    text: str
    needed: bool


class Example(Frozen):
    """What is given, and words that must and must not stand in the text."""

    name: str
    course: str
    drug: Drug
    alternatives: tuple[str, ...] = ()
    says: tuple[str, ...]
    says_not: tuple[str, ...] = ()


class ConsentText(Head):
    """One file of `data/consent`."""

    version: str
    aim: Purpose
    """The aim of the protocols it is for."""
    drugs: Mapping[Drug, str]
    """What each drug is called to a patient."""
    start_within: Cited
    """Days it waits for its first infusion; with the length of the course, how long it holds."""
    language: str = ENGLISH
    """Its two letters (ISO 639-1)."""
    sections: tuple[Section, ...]
    effects: tuple[Unwanted, ...]
    after: tuple[Section, ...]
    """What follows the side effects."""
    statements: tuple[Statement, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Part of a consent as it is shown."""

    kind: Literal["heading", "item", "paragraph"]
    text: str


def consents() -> Mapping[str, ConsentText]:
    """Every text by its id."""
    return load("consent", ConsentText)


def consent_for(aim: str, language: str = ENGLISH) -> tuple[str, ConsentText]:
    """Id and text for protocols with this aim, in this language.

    UnwoundError when there is none, or only one in another language than English that no person has signed for: what
    nobody read is no consent.
    """
    for id, consent in consents().items():
        if (consent.aim, consent.language) == (aim, language):
            if language != ENGLISH and consent.status != "reviewed":
                raise UnwoundError(
                    f"{id}: no person has signed for this text in «{language}»: it cannot be consented to"
                )
            return id, consent
    raise UnwoundError(f"there is no consent for treatment of {aim} in «{language}»: write one in data/consent")


def languages(aim: str) -> tuple[str, ...]:
    """The languages in which a text for this aim can be signed, English first."""
    signed = {text.language for text in consents().values() if text.aim == aim and text.status == "reviewed"}
    return (ENGLISH, *sorted(signed - {ENGLISH}))


def words(
    consent: ConsentText, *, course: str, drug: Drug, alternatives: Sequence[str] = (), language: str = ENGLISH
) -> str:
    """The text for one course; `alternatives` are what this patient's team named beside it.

    In another language each sentence that has no translation stays in English: to be read beside, not to be signed.
    """
    numbers: list[str] = []
    consent = translated(consent, language)
    lines = [
        f"# {consent.title}",
        say(YOUR_TREATMENT, language).format(course=course, drug=consent.drugs[drug]),
        *_sections(consent.sections, numbers),
        f"# {say('Side effects', language)}",
        *(_effect(effect, numbers, language) for effect in consent.effects),
        *_sections(consent.after, numbers, alternatives, say(NAMED_BESIDE, language)),
        f"# {say('Sources', language)}",
        *(f"- [{place}] {evidence.reference(id)}" for place, id in enumerate(numbers, start=1)),
        say(NOTE, language),
    ]
    return "\n".join(lines) + "\n"


def beside(text: str, language: str) -> tuple[tuple[Block, Block | None], ...]:
    """Each part of a text in English with the same in another language; None where it has no translation.

    The English is what is signed. A text of an earlier version has beside it what it still shares with today's.
    """
    known = _lines(language)
    return tuple((block, _beside(block, known)) for block in blocks(text))


def _beside(block: Block, known: Mapping[str, str]) -> Block | None:
    exactly = known.get(block.text)
    if exactly is not None:
        return Block(block.kind, exactly)
    for english, other in known.items():
        before, place, after = english.partition(_PLACE)
        if place and block.text.startswith(before) and block.text.endswith(after):
            return Block(block.kind, other.replace(_PLACE, block.text[len(before) : len(block.text) - len(after)]))
    return None


_PLACE = "\x00"
"""Stands for what the team named: a course, treatments."""


@cache
def _lines(language: str) -> Mapping[str, str]:
    """Every line that a text of today can have -> the same in the language, where it is another."""
    lines = {}
    for consent in consents().values():
        for drug in consent.drugs:
            both = [words(consent, course=_PLACE, drug=drug, alternatives=(_PLACE,), language=code)
                    for code in (ENGLISH, language)]  # fmt: skip
            pairs = zip(*(blocks(text) for text in both), strict=True)
            lines.update({english.text: other.text for english, other in pairs if english != other})
        lines.update({statement.text: say(statement.text, language) for statement in consent.statements})
    return lines


def blocks(text: str) -> tuple[Block, ...]:
    """The text in parts, each as it is to be shown."""
    return tuple(_block(line) for line in text.splitlines() if line.strip())


def fingerprint(text: str) -> str:
    """The sha256 of the words."""
    return hashlib.sha256(text.encode()).hexdigest()


def _block(line: str) -> Block:
    if line.startswith("# "):
        return Block("heading", line[2:])
    return Block("item", line[2:]) if line.startswith("- ") else Block("paragraph", line)


def _sections(
    sections: Iterable[Section], numbers: list[str], alternatives: Sequence[str] = (), named: str = ""
) -> Iterator[str]:
    for section in sections:
        yield f"# {section.heading}"
        yield from (f"- {line.text}{_mark(numbers, line)}" for line in section.lines)
        if section.names_alternatives and alternatives:
            yield f"- {named.format(names=', '.join(alternatives))}"


def _effect(effect: Unwanted, numbers: list[str], language: str) -> str:
    often = f" {_often(effect.often, language)} {effect.among}{_mark(numbers, effect.often)}." if effect.often else ""
    return f"- {effect.name}.{often} {effect.text.text}{_mark(numbers, effect.text)}"


def _often(often: Cited, language: str) -> str:
    """«76 of 100»; of a few people as they were counted, «3 of 6»."""
    return f"{plain(often.value)} {say('of 100' if often.unit == '%' else often.unit, language)}"


def _mark(numbers: list[str], cited: Cited | CitedText) -> str:
    """« [3†]»: the number of the source, marked when it was not read itself."""
    if cited.source == "unwound_local":
        return ""
    if cited.source not in numbers:
        numbers.append(cited.source)
    return f" [{numbers.index(cited.source) + 1}{DAGGER[cited.checked]}]"
