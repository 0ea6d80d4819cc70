"""Which question of a form is which: by code, by text, or by links numbered exactly 1 to n; else it is in doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unwound import instruments
from unwound.exchange.fhir.form_questions import Asked, is_beside, is_elsewhere, items_of
from unwound.exchange.fhir.form_tables import form_tables
from unwound.exchange.names import quoted

_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>\d{1,3})[.)]?")


@dataclass(frozen=True, slots=True)
class Placed:
    """The questions of a form by item (from 0), those that could be one and are not known, and what is in doubt."""

    items: dict[int, Asked]
    loose: tuple[Asked, ...] = ()
    doubt: str = ""
    """Why it is not certain which question is which; then no item is."""
    by_number: bool = False
    """Whether nothing but the numbers of the links tells."""


def place(form: str, asked: Sequence[Asked]) -> Placed:
    """Which question is which item of a form.

    Links alone number the items only where they are all there, exactly 1 to n in this order after one prefix:
    a heading, an offset or a question left out would move every answer behind it, and nothing would show it.

    A branch for each way in which two statements can differ.
    """
    own = [each for each in asked if not is_beside(each, form)]
    stated: dict[int, Asked] = {}
    for each in own:
        items = items_of(each, form)
        if len(items) > 1:
            return _doubt(own, f"its question {quoted(each.label)} carries the code or text of several items")
        for item in items:
            if item in stated:
                return _doubt(own, f"item {item + 1} is there twice ({_two(stated[item], each)})")
            stated[item] = each
    numbered, why = _numbered(form, own)
    unknown = tuple(each for each in own if each.answers and not items_of(each, form) and not is_elsewhere(each, form))
    if numbered:
        return _agreeing(form, own, numbered, stated)
    if unknown and not stated:
        return _doubt(own, why)
    whole = len(stated) == len(instruments.instruments()[form].items)
    return Placed(stated, () if whole else unknown)


def _doubt(asked: Sequence[Asked], why: str) -> Placed:
    return Placed({}, tuple(each for each in asked if each.answers), why)


def _two(first: Asked, second: Asked) -> str:
    return f"{quoted(first.label)} and {quoted(second.label)}"


def _agreeing(form: str, own: Sequence[Asked], numbered: dict[int, Asked], stated: dict[int, Asked]) -> Placed:
    """The items by their numbers, where no code and no text says otherwise."""
    for item, each in numbered.items():
        if is_elsewhere(each, form):
            return _doubt(own, f"its question {quoted(each.label)} carries the code or text of another form")
        if any(other is each and at != item for at, other in stated.items()):
            return _doubt(own, f"the link {quoted(each.link)} and the code or text of its question do not agree")
    if any(stated[item] is not numbered[item] for item in stated):
        return _doubt(own, "its links and the codes or texts of its questions do not agree")
    silent = [each for each in numbered.values() if not (each.answers or each.is_defined or items_of(each, form))]
    if silent and len(stated) < len(numbered) - len(silent):
        return _doubt(own, f"{quoted(silent[0].label)} has no answer and may be a heading, so the numbers tell nothing")
    return Placed(numbered, by_number=not stated)


def _numbered(form: str, asked: Sequence[Asked]) -> tuple[dict[int, Asked], str]:
    """The items by the numbers in their links, or why these do not tell."""
    parts = [(each, match) for each in asked if (match := _NUMBERED.fullmatch(each.link.lower()))]
    if not parts:
        return {}, "its questions carry no code, text or number that is known"
    prefixes = tuple(dict.fromkeys(match["prefix"] for _, match in parts))
    if len(prefixes) > 1:
        return {}, f"the links of its questions do not begin alike ({quoted(parts[0][0].link)}, {_last_of(parts)})"
    if any(character.isdigit() for character in _without_name(prefixes[0], form)):
        return {}, f"the links of its questions are numbered on several levels ({quoted(parts[0][0].link)})"
    numbers = [int(match["number"]) for _, match in parts]
    wanted = list(range(1, len(instruments.instruments()[form].items) + 1))
    if numbers != wanted:
        listed = ", ".join(map(str, numbers[:20]))
        return {}, f"the links of its questions are numbered {listed}, not 1 to {len(wanted)} in this order"
    return {number - 1: each for number, (each, _) in zip(numbers, parts, strict=True)}, ""


def _last_of(parts: Sequence[tuple[Asked, re.Match[str]]]) -> str:
    first = parts[0][1]["prefix"]
    return next((quoted(each.link) for each, match in parts if match["prefix"] != first), "")


def _without_name(prefix: str, form: str) -> str:
    """A prefix without the name of the form: the 9 of «phq-9-1» is no level of its own."""
    names = [name for known in form_tables().forms if known.form == form for name in known.names]
    for name in names:
        prefix = re.sub(r"[\W_]*".join(map(re.escape, name.split())) + r"(?!\d)", "", prefix)
    return prefix
