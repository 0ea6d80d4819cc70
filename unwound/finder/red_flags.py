"""What somebody types that needs help at once: the rules in `data/emergencies`, and the words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import model_validator

from unwound import cautions
from unwound.candidacy import urgent_help
from unwound.catalogue import CitedText, Head, load
from unwound.cautions import CautionKind
from unwound.finder.index import index
from unwound.finder.knowledge import finder
from unwound.finder.words import MOST_WORDS, meant, words
from unwound.telephones import Lines

SHORTEST = 3
"""Letters of a word that is mended: «kil» is «kill»."""
LONG = 9
"""Letters of a word in which two slips are mended, not one."""
SHORT = 10
"""Words of a text in which «years ago» or «what is» is said of the emergency itself; in a story it may be of more."""
WHOLE = "= "
"""Begins what has to be all that was typed."""
COUNT = "#"
"""Stands for a count of ten or more."""
GAP = 4
"""Words that `..` may stand for."""


class Emergency(Head):
    """One file of `data/emergencies`: how people say it, and what to do now.

    A sign is a list that has to be there whole, in any order; each part of it names alternatives (`a|b`) of one or more
    words in their order, where `*` ends a word in any way, `..` is up to four words, `#` is a count of ten or more (of
    tablets, not of milligrams or years: `finder.toml` lists those), and `= ` before it means that nothing else was
    typed. Small words are passed over.
    """

    caution: str = ""
    """The caution of the same meaning, whose urgent words (`data/plain_words/urgent_help`) are said."""
    say: tuple[str, ...] = ()
    """Else what to do now, in plain words."""
    reason: CitedText | None = None
    """Why it is urgent, where it is no caution of ours."""
    signs: tuple[tuple[str, ...], ...]
    certain: tuple[tuple[str, ...], ...] = ()
    """Signs that hold whatever else is typed, with `unless`, `only_now` or a question: «I want to die»."""
    unless: tuple[str, ...] = ()
    """Where one of these is typed too, in a few words, it is something else, unless it is now or `certain`."""
    only_now: bool = False
    """Whether one that was long ago is none, where that is said in a few words."""
    not_when_asked_about: bool = False
    """Whether a question about it («what is ...») in a few words is none."""

    @model_validator(mode="after")
    def _says_what_to_do(self) -> Emergency:
        if bool(self.caution) == bool(self.say) or bool(self.say) != bool(self.reason):
            raise ValueError("an emergency has either a `caution`, or `say` with its `reason`")
        return self

    @model_validator(mode="after")
    def _holds_for_certain(self) -> Emergency:
        if self.unless and not self.certain and not all(part.startswith(WHOLE) for part in self.unless):
            raise ValueError("an emergency with `unless` names the signs that are `certain` in spite of it")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """Something that needs help at once, and what to do, in plain words."""

    id: str
    title: str
    say: tuple[str, ...]


def emergencies() -> Mapping[str, Emergency]:
    """Every emergency that the rules know, by its id."""
    return load("emergencies", Emergency)


def red_flags(text: str, country: str | None = None, lines: Lines | None = None) -> tuple[RedFlag, ...]:
    """Every emergency that may be meant, by id; with whose numbers, where a clinic's or a country's are known.

    It is no diagnosis: one that is meant otherwise is shown too, rather than one be missed.
    """
    typed = _as_rules_have_it(text)
    if not typed:
        return ()
    return tuple(
        RedFlag(id=id, title=rule.title, say=_words(id, rule, country, lines))
        for id, rule in emergencies().items()
        if _is_meant(rule, typed)
    )


def _is_meant(rule: Emergency, typed: str) -> bool:
    # A few words without «now» may be about the past, or a mere question; longer texts are taken seriously.
    if _is_met(rule.certain, typed):
        return True
    if not _is_met(rule.signs, typed):
        return False
    known = finder()
    if len(typed.split()) > SHORT or _any(known.now, typed):
        return True
    long_ago = rule.only_now and _any(known.long_ago, typed)
    asked = rule.not_when_asked_about and _any(known.asked_about, typed)
    return not (long_ago or asked or _any(rule.unless, typed))


def _is_met(signs: Collection[tuple[str, ...]], typed: str) -> bool:
    return any(all(_pattern(part).search(typed) for part in sign) for sign in signs)


def _any(parts: Collection[str], typed: str) -> bool:
    return any(_pattern(part).search(typed) for part in parts)


def _words(id: str, rule: Emergency, country: str | None, lines: Lines | None) -> tuple[str, ...]:
    """What to do; without a clinic nobody is told to call one."""
    if rule.caution:
        kind = cautions.cautions()[rule.caution].kind
        say = urgent_help([(rule.caution, kind)], country, lines or Lines())
        # Its first sentence thanks for telling «us»: behind a search nobody is told anything.
        return (finder().nobody_reads, *say[1:]) if kind == CautionKind.SUICIDE_RISK else say
    number = (f"The emergency number: {lines.emergency}.",) if lines and lines.emergency else ()
    return (*rule.say, *number)


def _as_rules_have_it(text: str) -> str:
    """The words that rules look at: small words left out, «cannot» as «cant», slips of the pen mended."""
    one_way = finder().one_way
    whole = " ".join(words(text)[:MOST_WORDS])
    for way, ours in one_way.items():
        whole = re.sub(rf"\b{way}\b", ours, whole)
    kept = (word for word in whole.split() if word not in _small())
    return " ".join(_mended(word) for word in kept)


@cache
def _small() -> frozenset[str]:
    return frozenset(word for saying in finder().small_words for word in words(saying))


@cache
def _vocabulary() -> frozenset[str]:
    """The words of all rules, and whole words for those that end there in any way."""
    return frozenset(word for word in _of_rules() if not word.endswith("*")) | frozenset(finder().whole_words)


@cache
def _beginnings() -> tuple[str, ...]:
    return tuple(word.rstrip("*") for word in _of_rules() if word.endswith("*"))


@cache
def _of_rules() -> frozenset[str]:
    parts = (part for rule in emergencies().values() for sign in (*rule.signs, *rule.certain) for part in sign)
    return frozenset(word for part in parts for word in re.findall(r"\w+\*?", part))


def _mended(word: str) -> str:
    """A slip of the pen as the word of a rule, where it begins with the same letter; any other word as it is."""
    if word in _vocabulary() or word.startswith(_beginnings()) or word in _known() or index().sayings_with(word):
        return word
    near = meant(word, _vocabulary(), most=1 + (len(word) >= LONG), shortest=SHORTEST)
    return next((ours for ours in near if ours[0] == word[0]), word)


@cache
def _known() -> frozenset[str]:
    """Plain words that are no slip of another."""
    return frozenset(
        word for saying in (*finder().says_nothing, *finder().no_slip, *finder().everyday) for word in words(saying)
    )


@cache
def _pattern(part: str) -> re.Pattern[str]:
    """A part of a sign as a regular expression on words with single spaces between them."""
    return re.compile("|".join(rf"(?<!\S){_alternative(words_in_order)}(?!\S)" for words_in_order in part.split("|")))


def _alternative(words_in_order: str) -> str:
    if words_in_order.startswith(WHOLE):
        return f"(?<!.){_alternative(words_in_order.removeprefix(WHOLE))}(?!.)"
    out = ""
    for word in words_in_order.split():
        if word == "..":
            out += rf"(?: \S+){{0,{GAP}}}?"
        else:
            out += (" " if out else "") + (_count() if word == COUNT else re.escape(word).replace(r"\*", r"\S*"))
    return out


@cache
def _count() -> str:
    """A number of ten or more, with the strength of each where it is said; not one of milligrams, days or times."""
    numbers, others = "|".join(finder().ten_or_more), "|".join(finder().not_tablets)
    return rf"(?:[1-9]\d{{1,2}}x?|{numbers})(?! (?:{others})(?!\S))(?: x)?(?: \d+ ?(?:mg|mcg|g))?"
