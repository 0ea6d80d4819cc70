"""By what the forms of elsewhere are known: codes, names and a few words of their questions and answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from unwound import instruments
from unwound.catalogue import Checked, Frozen, Head, Texts, load_rule


class Named(Frozen):
    """What one of our forms is called."""

    form: str
    names: Texts


class Other(Frozen):
    """A form that is known and not read."""

    title: str
    names: Texts
    codes: Texts
    """Its panels and totals."""
    words: Texts
    """Words of a question that only this form has."""
    why: str
    asks_of_death: bool = False
    """Whether it asks about thoughts of death or self-harm, so that these have to be asked again."""
    stands_for: str = ""
    """The form of ours that asks for the same: what an older one of it told is open after this one."""
    source: str
    where: str = ""
    checked: Checked


class NoNumber(Frozen):
    """A question whose answer is no number that we use, and why."""

    title: str
    codes: Texts
    words: Texts
    why: str
    stands_for: str = ""
    """The form of ours that asks for the same, in numbers."""


class Beside(Frozen):
    """What stands on a form and is none of its items."""

    codes: Texts
    words: Texts
    links: Texts
    answers: Texts
    answer_words: Texts
    totals: Texts


class SelfHarm(Frozen):
    """Questions about death or harming oneself, and the answers that deny it."""

    codes: Texts
    words: Texts
    none: Texts


class Question(Frozen):
    """A question by its LOINC code and a few words of its text."""

    loinc: str
    words: Texts


class Answered(Frozen):
    """An option by its LOINC code and what it is called."""

    option: str
    words: Texts


class Example(Frozen):
    """The text of a question, or what a form is called, and what it is known as."""

    name: str
    text: str = ""
    loinc: str = ""
    called: str = ""
    form: str = ""


class FormTables(Head):
    """`data/rules/fhir_forms.toml`."""

    forms: tuple[Named, ...]
    others: tuple[Other, ...]
    no_number: tuple[NoNumber, ...]
    beside: Beside
    self_harm: SelfHarm
    questions: tuple[Question, ...]
    answers: tuple[Answered, ...]
    examples: tuple[Example, ...]


@cache
def form_tables() -> FormTables:
    """The tables, read once."""
    return load_rule("fhir_forms", FormTables)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a code stands: an item of a form (from 0), or its total (None)."""

    form: str
    item: int | None


@cache
def places() -> Mapping[str, tuple[Place, ...]]:
    """LOINC code -> the items and totals it is; one question may stand in two forms."""
    by_code: dict[str, tuple[Place, ...]] = {}
    for id, form in instruments.instruments().items():
        coded = [(item.loinc, number) for number, item in enumerate(form.items)]
        total = form.loinc.total if form.loinc else ""
        for code, item in (*coded, (total, None)):
            if code and not (item is None and any(code == own for own, _ in coded)):
                by_code[code] = (*by_code.get(code, ()), Place(id, item))
    return by_code


@cache
def panels() -> Mapping[str, str]:
    """LOINC code of a form as a whole -> its id."""
    return {form.loinc.panel: id for id, form in instruments.instruments().items() if form.loinc and form.loinc.panel}


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Words for comparing: small letters without accents and punctuation, with one space before each."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return "".join(f" {word}" for word in re.findall(r"[^\W_]+", kept))


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether any of the words begins somewhere in a text; a last word may go on («concentr» is in «concentrating»)."""
    return any(word in plain(text) for word in map(plain, words))


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    return tuple((plain(word), asked.loinc) for asked in form_tables().questions for word in asked.words)


@lru_cache(maxsize=4096)
def codes_by_text(text: str) -> frozenset[str]:
    """The LOINC codes of the questions that a text could be."""
    written = plain(text)
    return frozenset(code for word, code in _texts() if word in written)


@cache
def answers_by_words() -> Mapping[str, str]:
    """Words of an option, for comparing -> its LOINC code."""
    return {plain(word): answer.option for answer in form_tables().answers for word in answer.words}


@lru_cache(maxsize=1024)
def called(name: str) -> frozenset[str]:
    """The forms a name or address speaks of: ids of ours, titles of those that are not read.

    A longer name within the text outweighs the shorter one it holds: «PHQ-9 modified» is no PHQ-9.
    """
    parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    spans = [(start, end, form) for words, form in _names() for start, end in _spans(parts, words)]
    return frozenset(
        form
        for start, end, form in spans
        if not any(a <= start and end <= b and b - a > end - start for a, b, _ in spans)
    )


@cache
def _names() -> tuple[tuple[tuple[str, ...], str], ...]:
    tables = form_tables()
    ours = [(tuple(name.split()), known.form) for known in tables.forms for name in known.names]
    return (*ours, *((tuple(name.split()), other.title) for other in tables.others for name in other.names))


def _spans(parts: list[str], words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for start in range(len(parts) - len(words) + 1):
        if tuple(parts[start : start + len(words)]) == words:
            yield start, start + len(words)


def other_called(titles: Iterable[str]) -> Other | None:
    """The form of these titles that is known and not read."""
    return next((other for other in form_tables().others if other.title in titles), None)


@cache
def others_by_code() -> Mapping[str, Other]:
    """Code of a panel or a total -> the form that is not read."""
    return {code: other for other in form_tables().others for code in other.codes}


@cache
def no_number_by_code() -> Mapping[str, NoNumber]:
    """Code of a question -> why its answer is no number that we use."""
    return {code: entry for entry in form_tables().no_number for code in entry.codes}
