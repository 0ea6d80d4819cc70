"""The words of directions in several languages (`data/directions/`), and a text as the signs they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from types import MappingProxyType

from pydantic import model_validator

from unwound import units
from unwound.catalogue import Head, Texts, load

SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "times": "x",
        "times-a-day": "*",
        "a-day": "D",
        "a-day-first": "D",
        "a-time": "y",
        "every": "E",
        "hour": "h",
        "hourly": "H",
        "day": "d",
        "week": "w",
        "month": "o",
        "year": "j",
        "for": "f",
        "long": "g",
        "days-long": "l",
        "and": "&",
        "range": "r",
        "or": "e",
        "up-to": "B",
        "most": "L",
        "total": "t",
        "millilitre": "v",
        "as-needed": "a",
        "single": "1",
        "changes": "c",
        "only": "N",
        "uneven": "u",
        "aside": "k",
        "meals": "b",
        "with": "C",
        "divided": "i",
        "harmless": "_",
    }
)
"""What a group of words is called in a file -> its sign. The others: n number, T times, F times a day, S part of the
day, m unit of mass, p piece, G morning-noon-night, ? not understood, ! doubtful, ( and )."""

_INTERNATIONAL = "international"
_MORNING_NOON_NIGHT = (
    r"(?<![\d./,\-–—])(?:\d{1,4}(?:[.,]\d{1,2})?|\d/\d)(?:\s*[-–—]\s*(?:\d{1,4}(?:[.,]\d{1,2})?|\d/\d)){2,3}"
    r"(?!\d|[./,]\d|\s*[-–—]\s*\d)"
)
_CLOCK = (
    r"(?<![\d.,:/-])(?:(?:[01]?\d|2[0-3]):[0-5]\d(?:\s?[ap]m\b|\s?uhr\b|\s?(?:hrs|hours|h)\b)?"
    r"|(?:0?[1-9]|1[0-2])\s?[ap]m\b|(?:[01]?\d|2[0-3])\s?uhr\b)(?![\d:])"
)
"""«08:00», «8 pm», «20 Uhr»; «8 h» may be every eight hours and is none."""
_SPAN = rf"(?:{_CLOCK})\s*(?:[-–—]|to|until|till|bis|tot|hasta|jusqu\w*)\s*(?:{_CLOCK})"
"""From one time of the day to another: nothing that is taken twice."""
_PARTS = re.compile(
    rf"(?P<span>{_SPAN})|(?P<clock>{_CLOCK})|(?P<grid>{_MORNING_NOON_NIGHT})|(?P<number>\d+(?:[.,]\d+)*(?:/\d+(?!\d))?)"
    r"|(?P<word>[\u3040-\u30ff\u4e00-\u9fff\u3001\u3002]|[^\W\d_]+)|(?P<mark>\S)"
)
_HALVES = {"½": "1/2", "¼": "1/4", "¾": "3/4"}
_FRACTIONS = {"1/2": 0.5, "1/4": 0.25, "3/4": 0.75}
_DOTTED = re.compile(r"(?<![^\W\d_]{2})(?<=[^\W\d_])\.\s?(?=[^\W\d_](?![^\W\d_]))")
_PLURAL = re.compile(r"(?<=[^\W\d_])\((?:s|es|en|n|e)\)")
_DATE = re.compile(r"\d{4}|\b0\d")
_RUN_ON = re.compile(r"(?<=\d)x(?=[^\W\d_]{2})")
_AND_A_HALF = re.compile(r"(?<![\d/.,])(\d+(?:[.,]\d+)?)\s+(?:and\s+|&\s*)?(1/2|[13]/4)(?![\d/])")
_WHOLE_BEFORE_A_HALF = ("1", "2", "3", "4")
_BRITISH_LENGTH = re.compile(r"\b(?:x|for)\s*(\d{1,2})/(7|52|12)(?![\d/])")
_BRITISH = {"7": "days", "52": "weeks", "12": "months"}
_SPOONS = re.compile(
    r"(?<![\w.,/–-])(?:(\d{1,2}(?:\.5)?|a|one|two|three|four)\s+(?:x\s+)?)?(\d{1,2}(?:\.\d)?)[ -]?ml[ -]"
    r"(?:medicine |measuring )?spoon(?:ful)?s?\b"
)
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_QUOTES = re.compile(r">>|<<")
_DUTCH = re.compile(r"\b(\d)\s?d\s?(\d)\s?([tc])\b")
_MARKS = {"(": "(", ")": ")", "[": "(", "]": ")", "{": "(", "}": ")", "-": "r", "–": "r", "—": "r", "~": "r"}
_DROPPED = frozenset(".:*\"'`´«»„“”!|_•\\")


class Language(Head):
    """One file of `data/directions/`: the words of one language by what they mean."""

    decimal_comma: bool = False
    """Whether «2,5» is two and a half."""
    times_first: bool = False
    """Whether «3x1» means one piece three times a day."""
    ends: Texts = ()
    """Words that mean nothing at the end: the parted prefix of a verb, as in «Nehmen Sie 2 Kapseln täglich ein»."""
    numbers: Mapping[str, float] = {}
    times: Mapping[str, float] = {}
    """Words for so many times: «twice»."""
    often: Mapping[str, Texts] = {}
    """Times a day -> its words."""
    slots: Mapping[str, Texts] = {}
    masses: Mapping[str, Texts] = {}
    """Milligrams in the unit -> its words."""
    pieces: Mapping[str, Texts] = {}
    units: Mapping[str, Texts] = {}
    """What is counted -> its words and codes in a coded quantity alone."""
    signs: Mapping[str, Texts] = {}
    cautions: Texts = ()
    """How a sentence begins that warns and orders nothing: «avoid», «this medicine may»."""
    idle_in_cautions: Texts = ()
    """Words of change that order nothing within a warning: «if», «may», «unless your doctor tells you to stop»."""

    @model_validator(mode="after")
    def _every_sign_is_known(self) -> Language:
        if unknown := set(self.signs) - set(SIGNS):
            raise ValueError(f"nothing reads the signs {', '.join(sorted(unknown))}")
        return self


@dataclass(frozen=True, slots=True)
class Token:
    """One sign of a text, what it is worth, and the words it was."""

    sign: str
    value: float = 0.0
    text: str = ""


def languages() -> Mapping[str, Language]:
    """Every language by its name, without what is common to all."""
    return {name: language for name, language in load("directions", Language).items() if name != _INTERNATIONAL}


@lru_cache(maxsize=4096)
def parts(written: str) -> tuple[tuple[str, str], ...]:
    """The numbers, words and marks of a text, each with its kind, in lower case and without accents."""
    plain = written
    for sign, fraction in _HALVES.items():
        plain = re.sub(rf"(\d){sign}", rf"\g<1>{ {'1/2': '.5', '1/4': '.25', '3/4': '.75'}[fraction] }", plain)
        plain = plain.replace(sign, f" {fraction} ")
    plain = unicodedata.normalize("NFKC", plain).lower().replace("’", "'")
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if unicodedata.category(c) != "Mn")
        plain = unicodedata.normalize("NFC", plain)
    plain = _AND_A_HALF.sub(_with_half, plain)
    plain = _BRITISH_LENGTH.sub(lambda m: f" for {m[1]} {_BRITISH[m[2]]} ", plain)
    plain = _QUOTES.sub(" ", plain)
    plain = _SPOONS.sub(_in_millilitres, plain)
    plain = _PLURAL.sub("", plain)
    plain = _DOTTED.sub("", plain)
    plain = _RUN_ON.sub(" x ", plain)
    plain = _DUTCH.sub(lambda m: f"{m[1]} dd {m[2]} {'tablet' if m[3] == 't' else 'capsule'}", plain)
    plain = re.sub(r"(?<=\d)\s*/\s*(?=[^\W\d_])", " / ", plain)
    all_parts = ((match.lastgroup or "", match.group()) for match in _PARTS.finditer(plain))
    return tuple(part for part in all_parts if part[1] not in _DROPPED)


def _in_millilitres(match: re.Match[str]) -> str:
    """«Two 5 ml spoonfuls» as 10 ml; a spoon without its measure stays what nobody can read."""
    count, ml = match.groups()
    times = _COUNTS[count] if count in _COUNTS else float(count or 1)
    return f"{times * float(ml):g} ml"


def _with_half(match: re.Match[str]) -> str:
    """«2 1/2» as 2.5; «25 1/2» may be half a tablet of 25 mg, and becomes a number that nobody can read."""
    whole, fraction = match.groups()
    return f"{int(whole) + _FRACTIONS[fraction]:g}" if whole in _WHOLE_BEFORE_A_HALF else f"{whole}/{fraction[-1]}"


@lru_cache(maxsize=8192)
def signs(written: str, language: str) -> tuple[Token, ...]:
    """The text as the signs of one language, the longest phrase first; a word that is in no list is «?»."""
    own = languages()[language]
    pieces = parts(written)
    if pieces and pieces[-1][1] in own.ends:
        pieces = pieces[:-1]
    phrases, decimal = _phrases(language), own.decimal_comma
    tokens: list[Token] = []
    at = 0
    while at < len(pieces):
        token, length = _next(pieces, at, phrases, decimal)
        tokens.append(token)
        at += length
    return tuple(tokens)


def _next(pieces: tuple[tuple[str, str], ...], at: int, phrases: _Phrases, decimal: bool) -> tuple[Token, int]:
    """The token at this place, and how many parts it took: a phrase, then a number, a mark, or what is not known."""
    kind, text = pieces[at]
    words = tuple(text for _, text in pieces[at : at + _LONGEST])
    for length in range(len(words), 0, -1):
        token = phrases.get(words[:length])
        if token is not None and not (length == 1 and kind in ("number", "grid")):
            return Token(token.sign, token.value, token.text or " ".join(words[:length])), length
    if kind == "clock":
        return Token("S", 0.0, _time_of_day(text)), 1
    if kind == "grid" and _DATE.search(text):
        return Token("?", 0.0, text), 1
    if kind == "grid":
        return Token("G", sum(in_grid(text)), text), 1
    if kind == "number":
        value = _number(text, decimal)
        return (Token("!", 0.0, text) if value is None else Token("n", value, text)), 1
    if kind == "mark" and text in _MARKS:
        return Token(_MARKS[text], 0.0, text), 1
    return Token("?", 0.0, text), 1


def _time_of_day(clock: str) -> str:
    """«8 pm» and «20:00» as the same time."""
    numbers = re.findall(r"\d+", clock)
    hour, minute = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0
    if re.search(r"[ap]m", clock) and hour <= 12:
        hour = hour % 12 + 12 * ("pm" in clock)
    return f"{hour}:{minute:02}"


def parts_of_day(clock: str) -> frozenset[str]:
    """The parts of the day that a time such as «20:00» may be meant by; none for what is no time.

    They overlap: nine o'clock is the evening to one and the night to another.
    """
    hour = clock.partition(":")[0]
    if not hour.isdigit():
        return frozenset()
    return frozenset(part for part, hours in _HOURS.items() if int(hour) in hours)


_HOURS = {
    "morning": range(4, 12),
    "noon": range(11, 18),
    "evening": range(16, 24),
    "night": (*range(20, 24), *range(4)),
}
"""Hours that people call so, taken widely; «in the afternoon» is read as noon."""


def in_grid(text: str) -> Iterator[float]:
    """The numbers of «1-0-1»."""
    for part in re.split(r"\s*[-–—]\s*", text):
        yield _FRACTIONS[part] if part in _FRACTIONS else 0.0 if "/" in part else float(part.replace(",", "."))


def _number(text: str, decimal: bool) -> float | None:
    """A number as the language writes it; None where it can be a thousand in one country and a fraction in another.

    A branch for each way of writing one.
    """
    if "/" in text:
        return _FRACTIONS.get(text)
    if "," not in text and text.count(".") <= 1:
        return None if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text) else float(text)
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", text):
        return None if decimal else float(text.replace(",", ""))
    if decimal and re.fullmatch(r"\d+,\d{1,2}|0,\d+", text):
        return float(text.replace(",", "."))
    return None


def is_said(written: str, sign: str) -> bool:
    """Whether a phrase of any language stands in the text that means this: what must never be missed («as needed»)."""
    words = tuple(text for _, text in parts(written))
    return any(words[at : at + len(phrase)] == phrase for phrase in _everywhere(sign) for at in range(len(words)))


def only_warns(sentence: str) -> bool:
    """Whether it begins as a warning does, and no word that changes a dose stands beside the phrases that warn."""
    words = tuple(text for _, text in parts(sentence))
    begun = [every for every in _all_cautions() if any(words[: len(known)] == known for known in every.warn)]
    return bool(begun) and not any(_is_changed(words, every) for every in begun)


@dataclass(frozen=True, slots=True)
class _Cautions:
    """Of one language: the phrases that warn or order nothing, and those that change a dose."""

    warn: frozenset[tuple[str, ...]]
    idle: frozenset[tuple[str, ...]]
    change: frozenset[tuple[str, ...]]


def _is_changed(words: tuple[str, ...], language: _Cautions) -> bool:
    """Whether a phrase that changes a dose is left; the longest phrase at each place counts, a warning first."""
    at = 0
    while at < len(words):
        phrases = (words[at : at + length] for length in range(_LONGEST, 0, -1))
        longest = next((phrase for phrase in phrases if phrase in language.change or phrase in language.idle), None)
        if longest is not None and longest not in language.idle:
            return True
        at += len(longest or (0,))
    return False


@cache
def _all_cautions() -> tuple[_Cautions, ...]:
    return tuple(
        _Cautions(
            warn=frozenset(map(_key, language.cautions)),
            idle=frozenset(map(_key, (*language.cautions, *language.idle_in_cautions))),
            change=frozenset(_key(word) for sign in ("changes", "only") for word in language.signs.get(sign, ())),
        )
        for language in languages().values()
    )


@lru_cache(maxsize=1024)
def unit(written: str) -> Token | None:
    """What the unit of a coded quantity is in any language: a piece (p), a mass (m) in mg, or millilitres (v)."""
    return _units().get(_key(written.strip("{} ")))


@lru_cache(maxsize=256)
def unit_of_time(written: str) -> str:
    """The UCUM unit of time that a code or a word of any language is; empty for none."""
    plain = written.strip()
    if plain in units.DAYS_PER:
        return plain
    signs = {_phrases(language).get(_key(plain), Token("")).sign for language in languages()} & _TIMES.keys()
    return _TIMES[signs.pop()] if len(signs) == 1 else ""


_TIMES = {"h": "h", "d": "d", "w": "wk", "o": "mo", "j": "a"}


@lru_cache(maxsize=4096)
def pieces_in(name: str) -> frozenset[str]:
    """The kinds of piece that the name of a product speaks of: tablet, capsule, patch."""
    words = tuple(text for _, text in parts(name))
    return frozenset(
        token.text
        for key, token in _units().items()
        if token.sign == "p" and any(words[at : at + len(key)] == key for at in range(len(words)))
    ) - {"other"}


_Phrases = Mapping[tuple[str, ...], Token]
_LONGEST = 9


@cache
def _phrases(language: str) -> _Phrases:
    both = load("directions", Language)
    return MappingProxyType({**dict(_of(both[_INTERNATIONAL])), **dict(_of(both[language]))})


def _of(language: Language) -> Iterator[tuple[tuple[str, ...], Token]]:
    # Numbers, times, frequencies, masses, slots and signs are listed in the language file each in its own shape.
    yield from ((_key(word), Token("n", value)) for word, value in language.numbers.items())
    yield from ((_key(word), Token("T", value)) for word, value in language.times.items())
    yield from _named("F", ((word, float(times)) for times, all_words in language.often.items() for word in all_words))
    yield from _named("m", ((word, float(mg)) for mg, all_words in language.masses.items() for word in all_words))
    for sign, groups in (("S", language.slots), ("p", language.pieces)):
        for name, all_words in groups.items():
            yield from ((_key(word), Token(sign, 0.0, name)) for word in all_words)
    for name, all_words in language.signs.items():
        yield from ((_key(word), Token(SIGNS[name])) for word in all_words)


@cache
def _units() -> _Phrases:
    """Every word for a unit. A word that is one thing in one language and another in another is none."""
    known_units: dict[tuple[str, ...], Token] = {}
    for language in load("directions", Language).values():
        coded = (
            (_key(word), Token("p", 0.0, name)) for name, all_words in language.units.items() for word in all_words
        )
        for key, token in (*_of(language), *coded):
            if token.sign in "pmv":
                known = known_units.setdefault(key, token)
                known_units[key] = token if known == token else Token("!") if known.sign != token.sign else known
    return MappingProxyType(known_units)


def _named(sign: str, pairs: Iterable[tuple[str, float]]) -> Iterator[tuple[tuple[str, ...], Token]]:
    yield from ((_key(word), Token(sign, value)) for word, value in pairs)


@cache
def _everywhere(sign: str) -> tuple[tuple[str, ...], ...]:
    every = load("directions", Language).values()
    return tuple(
        dict.fromkeys(chain.from_iterable((_key(word) for word in language.signs.get(sign, ())) for language in every))
    )


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(text for _, text in parts(phrase))
