"""Alarms that devices send in words, and how grave each is: `data/rules/alarm_words.toml`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field

from unwound.catalogue import CitedText, Frozen, Head, Texts, load_rule
from unwound.exchange.device_codes import Coding
from unwound.exchange.names import clean

OVER, TECHNICAL, WARNING, GRAVE = range(4)
_LONGEST_NAME = 60
_APART = re.compile(r"[^0-9a-z<>]+")
_RED = re.compile(r"(?<!\*)\*{3}(?!\*)")
_EVENT_NUMBER = 4
"""Digits from which on a number alone is an event whose name was not sent, and no yes or no."""
_WHOLE_WORD = 5
"""Letters from which on an alarm may stand under a code that nobody knows: «VF» alone may be anything there."""

_ATTRIBUTES = ("phase", "state", "priority", "type", "text", "beside")
"""Further values of an alarm, as the fields of the rule that list their names."""

As = Literal["alarm", "sign", "rhythm", "unknown"]
"""Where the words stand: under a code of alarms, of a sign that is measured, of a rhythm, or of neither."""


class Named(Frozen):
    """One alarm: what it is called here, its grade, and how devices write it."""

    name: str
    grade: int = Field(ge=TECHNICAL, le=GRAVE)
    written: Texts


class Given(Frozen):
    """The words of an example, and where they stand."""

    text: str
    as_: As = Field(alias="as")
    priority: str = ""


class Expected(Frozen):
    """What they are read as; without a grade they are no alarm."""

    alarm: str = ""
    grade: int | None = None


class Example(Frozen):
    """Words and what they are read as."""

    name: str
    given: Given
    expect: Expected


class AlarmWords(Head):
    """`data/rules/alarm_words.toml`."""

    rule: CitedText
    marks: Texts
    numbers: Texts
    labels: Texts
    set: Texts
    rhythms: Texts
    no_alarm: Texts
    generic: Texts
    phase: Texts
    state: Texts
    priority: Texts
    type: Texts
    text: Texts
    beside: Texts
    over: Texts
    highest: Texts
    technical: Texts
    ended: Texts
    quiet: Texts
    yes: Texts
    denied: Texts
    seen: Texts
    empty: Texts
    quiet_rhythms: Texts
    alarms: tuple[Named, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it is charted: what it is called, and its grade (0 is over)."""

    name: str
    grade: int


@cache
def alarm_words() -> AlarmWords:
    """The words, read once."""
    return load_rule("alarm_words", AlarmWords)


def alarm(text: str, as_: As, *, priority: str = "", kind: str = "", over: bool = False) -> Alarm | None:
    """The alarm that a text names; None where it names none.

    `priority` and `kind` are the device's own words for it, `over` that it says elsewhere that it has ended. A branch
    for each thing that may decide the grade, in the order of the rule.
    """
    words = _words(text)
    if not words:
        return None
    if (as_ == "alarm" and _says_none(text)) or (as_ == "rhythm" and " ".join(words) in alarm_words().quiet_rhythms):
        return Alarm(" ".join(words), OVER)
    known, rest = _known(words)
    is_denied = _is_denied(words)
    rest = () if is_denied else rest
    if not known and as_ != "alarm":
        return None
    if as_ == "unknown" and not (known[0].grade == GRAVE and not rest and len(" ".join(words)) >= _WHOLE_WORD):
        return None
    gravest = max((each.grade for each in known), default=WARNING)
    name = _called(", ".join(dict.fromkeys(each.name for each in known if each.grade == gravest)), rest)
    name = name or _by_number(words)
    if over or is_denied or _says_over(text, words, is_alone=bool(known) and not rest):
        return Alarm(name, OVER)
    is_highest = priority.lower() in _lower(alarm_words().highest) or bool(_RED.search(text))
    if kind.lower() in _lower(alarm_words().technical) and gravest < GRAVE:
        return Alarm(name, TECHNICAL)
    return Alarm(name, GRAVE if gravest == WARNING and is_highest else gravest)


def of_event(
    codings: Iterable[Coding], value: str, *, priority: str = "", kind: str = "", over: bool = False
) -> Alarm | None:
    """The alarm of a code of alarms and its value; a value that is «no» or «sinus rhythm» ends what the code names."""
    codings = tuple(codings)
    if _is_denied(_words(value)):
        return alarm(value, "alarm")
    if _says_none(value):
        return alarm(spoken(codings, "").strip() or value, "alarm", over=True)
    return alarm(spoken(codings, value).strip() or "alarm", "alarm", priority=priority, kind=kind, over=over)


def _says_none(text: str) -> bool:
    """Whether words by themselves say that there is no alarm."""
    whole = " ".join(_words(text))
    return whole in alarm_words().quiet or whole in alarm_words().quiet_rhythms


def standing(codings: Iterable[Coding], value: str) -> As:
    """Where words stand that no sign is meant by: under a code of alarms, of a rhythm, or of neither.

    Under a label of alarms a number is a limit that is set, unless it says yes or no.
    """
    codings = tuple(codings)
    if any(is_event(coding) for coding in codings):
        return "alarm"
    labels = [_words(f"{coding.code} {coding.text}") for coding in codings]
    if any(" ".join(words) in alarm_words().rhythms for words in (_words(coding.text) for coding in codings)):
        return "rhythm"
    tokens = {word for words in labels for word in words}
    plain = not value.strip().replace(".", "").isdigit() or value.strip() in ("0", "1")
    marked = tokens & set(alarm_words().labels) and not tokens & set(alarm_words().set)
    return "alarm" if marked and plain else "unknown"


def is_event(coding: Coding) -> bool:
    """Whether a code is of an alarm itself, by its name, or by its number where it has none."""
    names = [part.strip().upper() for part in (coding.code, coding.text)]
    if any(name in alarm_words().no_alarm for name in names):
        return False
    bare = coding.code.strip() in alarm_words().numbers and not coding.text.strip()
    return bare or any(name.startswith(tuple(alarm_words().marks)) for name in names)


def spoken(codings: Iterable[Coding], value: str) -> str:
    """The words of an alarm: what its code is called, unless that says no more than «alarm», and its value."""
    names = (coding.text if coding.text and not coding.text.isdigit() else coding.code for coding in codings)
    by_code = [name for name in names if name.strip().upper() not in alarm_words().generic]
    return " ".join((*by_code, value)) if by_code else value


def _known(words: tuple[str, ...]) -> tuple[tuple[Named, ...], tuple[str, ...]]:
    """The alarms that the words name, a longer phrase before one within it, and the words that are left."""
    text, named = f" {' '.join(words)} ", []
    begun = {phrase for word in set(words) for phrase in _beginning_with().get(word, ())}
    for phrase in sorted(begun, key=lambda phrase: (-len(phrase), phrase)):
        if f" {phrase} " in text:
            named.append(_phrases()[phrase])
            text = text.replace(f" {phrase} ", "  ")
    left = text.split()
    rules = alarm_words()
    dropped = {*rules.empty, *rules.ended, *rules.quiet, *rules.yes}
    plain = (word for word in left if word not in dropped)
    return tuple(named), tuple(word for word in plain if word.strip("<>") and not word.strip("<>").isdigit())


def _called(name: str, rest: tuple[str, ...]) -> str:
    """Its name here, with the words beside it: «value below its limit (spo2)»."""
    words = " ".join(rest)
    whole = f"{name} ({words})" if name and words else name or words
    return clean(whole)[:_LONGEST_NAME]


def _by_number(words: tuple[str, ...]) -> str:
    is_event = words[0].isdigit() and len(words[0]) >= _EVENT_NUMBER
    return f"event {words[0]}" if is_event else "alarm"


def _says_over(text: str, words: tuple[str, ...], *, is_alone: bool) -> bool:
    """Whether the words say that it is over; «OK» and «no» only beside the alarm alone, not in «ASYSTOLE: LEADS OK».

    A number at the end says nothing: of «ASYSTOLE 0» it is the rate.
    """
    first = text.strip().lower().partition(":")[0]
    last = next((word for word in reversed(words) if not word.isdigit()), "")
    if last in alarm_words().ended or first in alarm_words().ended:
        return True
    whole = " ".join(words)
    tail = any(whole.endswith(f" {quiet}") for quiet in alarm_words().quiet if quiet != "off" and not quiet.isdigit())
    return is_alone and tail


def _is_denied(words: tuple[str, ...]) -> bool:
    """«No VF», «VF not detected»; «no pulse» denies no alarm, for «pulse» alone is none."""
    plain = tuple(word for word in words if word not in alarm_words().seen)
    phrases, denied = _phrases(), alarm_words().denied
    return bool(plain) and (
        (plain[0] in denied and " ".join(plain[1:]) in phrases)
        or (plain[-1] in denied and " ".join(plain[:-1]) in phrases)
    )


def _words(text: str) -> tuple[str, ...]:
    letters = unicodedata.normalize("NFKD", text.lower())
    return tuple(_APART.sub(" ", "".join(sign for sign in letters if not unicodedata.combining(sign))).split())


def _lower(texts: Texts) -> frozenset[str]:
    return frozenset(text.lower() for text in texts)


@cache
def _phrases() -> Mapping[str, Named]:
    """Every phrase with its alarm."""
    out: dict[str, Named] = {}
    for named in alarm_words().alarms:
        for phrase in named.written:
            out.setdefault(" ".join(_words(phrase)), named)
    return out


@cache
def _beginning_with() -> Mapping[str, tuple[str, ...]]:
    """A word -> the phrases that begin with it: every value that is read is looked through for them."""
    out: dict[str, tuple[str, ...]] = {}
    for phrase in _phrases():
        first = phrase.partition(" ")[0]
        out[first] = (*out.get(first, ()), phrase)
    return out


def attribute(coding: Coding) -> str:
    """Which further value of an alarm a code names («phase», «state» ...); empty where it names none."""
    names = f"{coding.code} {coding.text}".upper()
    return next((of for of in _ATTRIBUTES if any(part in names for part in getattr(alarm_words(), of))), "")
