"""What was typed -> the files that fit it, the best first; none where nothing here fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from rapidfuzz.distance import OSA

from unwound.finder.index import NAMES, PHRASES, TEXT, Index, index
from unwound.finder.knowledge import finder
from unwound.finder.medicines import LONG, medicines
from unwound.finder.words import MOST_WORDS, SHORT, heard_as, meant, words

BODY = 2
"""Words of the body that show that health is asked about; one alone may be «second hand»."""
SURE = (6, 9)
"""Letters from which on a word is hardly another one by chance with one, with two of them wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """One word that was typed, and what is looked for in its place or with it."""

    typed: str
    looked_for: tuple[str, ...]
    certain: float
    """1, or less where it was read as another word."""
    everyday: bool
    """Whether it tells little: nothing fits by it alone."""
    sure: bool
    """Whether it is as it was typed, or a long word that is few slips of the pen away."""
    with_it: tuple[str, ...] = ()
    """What is looked for besides: synonyms, and what a medicine of this name is."""

    def each(self) -> Iterator[tuple[str, float]]:
        """Every word that is looked for, and how much it counts."""
        yield from ((word, self.certain) for word in self.looked_for)
        yield from ((word, self.certain * finder().least.related) for word in self.with_it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How one file fits: `score` orders the files, `share` is the part of what was typed that it has (both 0 to 1),
    `tells` how much its words tell that are not everyday ones, `sure` the same of those that are of a name and were
    read as typed, `named` the part of it all that these are, and `nearest` how near one name or phrase of it comes to
    all that was typed.
    """

    place: int
    score: float = 0
    share: float = 0
    tells: float = 0
    sure: float = 0
    named: float = 0
    nearest: float = 0


@dataclass(slots=True, kw_only=True)
class _Tally:
    worth: float = 0.0
    share: float = 0.0
    tells: float = 0.0
    sure: float = 0.0
    sayings: dict[int, float] = field(default_factory=dict)


def sought(text: str) -> tuple[Sought, ...]:
    """The words that are looked for; those that say nothing are left out, and doses and numbers of none of ours."""
    typed = words(text)[:MOST_WORDS]
    telling = (word for word in _pairs(typed) if not index().is_silent(word))
    return tuple(_sought(word) for word in telling if not word[0].isdigit() or index().sayings_with(word))


@cache
def _mended_to() -> frozenset[str]:
    """What a slip of the pen is read as: our words, those left out that say little or nothing."""
    keys = {key for key in finder().synonyms if " " not in key}
    names = {name for name in medicines() if " " not in name and len(name) >= LONG}
    held = index()
    ours = held.vocabulary | keys | names
    return frozenset(word for word in ours if not (held.is_everyday(word) or held.is_silent(word)))


def _pairs(typed: Sequence[str]) -> list[str]:
    """The words, with two that belong together (a synonym of ours, or one word of ours written apart) as one."""
    ours, out, at = index().vocabulary, list[str](), 0
    while at < len(typed):
        pair = typed[at : at + 2]
        if len(pair) == 2 and " ".join(pair) in _two_words():
            out.append(" ".join(pair))
            at += 2
        elif len(pair) == 2 and "".join(pair) in ours:
            out.append("".join(pair))
            at += 2
        else:
            out.append(typed[at])
            at += 1
    return out


@cache
def _two_words() -> frozenset[str]:
    return frozenset(name for name in (*finder().synonyms, *medicines()) if " " in name)


def _with_it(word: str) -> tuple[str, ...]:
    """What else is looked for with a word: its synonyms, and what a medicine of this name is."""
    return tuple(dict.fromkeys((*finder().synonyms.get(word, ()), *medicines().get(word, ()))))


def _sought(word: str) -> Sought:
    # A known word counts fully and a corrected one less; an everyday word is never turned into a term.
    further = _with_it(word)
    everyday = index().is_everyday(word)
    as_typed = Sought(typed=word, looked_for=(word,), certain=1, everyday=everyday, sure=True, with_it=further)
    if further or index().sayings_with(word) or word in finder().everyday or index().is_written(word):
        return as_typed
    heard = heard_as(word, _mended_to())
    near = heard or meant(word, _mended_to())
    if not near:
        return as_typed
    sure = (bool(heard) and len(word) > SHORT) or (near[0][0] == word[0] and _is_hardly_chance(word, near[0]))
    least = finder().least
    return Sought(
        typed=word,
        looked_for=near,
        certain=least.surely_corrected if sure else least.corrected,
        everyday=False,
        sure=sure,
        with_it=tuple(dict.fromkeys(other for read in near for other in _with_it(read))),
    )


def _is_hardly_chance(word: str, ours: str) -> bool:
    return OSA.distance(word, ours) <= sum(len(word) >= letters for letters in SURE)


def fits(text: str, asked: tuple[Sought, ...]) -> list[Fit]:
    """The files that fit, the best first, those of one score by id; none where nothing here fits."""
    near = _whole_sayings(text)
    ranked = sorted((_beside_whole_sayings(fit, near) for fit in _ranked(asked)), key=_order)
    ours = is_about_us(asked)
    enough = [fit for fit in ranked if (ours and fit.tells > 0) or _is_enough(fit, len(asked))]
    return enough or (_as_a_whole(near, ranked) if all(map(_is_ours_and_everyday, asked)) else [])


def _beside_whole_sayings(fit: Fit, near: Mapping[int, float]) -> Fit:
    """With the small words too: «pain after shingles» is not «shingles pain»."""
    counts = finder().weights.small_words
    return replace(fit, score=(fit.score + counts * near.get(fit.place, 0)) / (1 + counts))


def is_about_us(asked: Iterable[Sought]) -> bool:
    """Whether what was typed asks about pain, health or treatment at all: by a word of ours, or two of the body."""
    read = [word.typed if word.certain == 1 else word.looked_for[0] for word in asked if word.sure]
    named = sum(bool(_subject().fullmatch(word)) or word in medicines() for word in read)
    return named > 0 or sum(bool(_body().fullmatch(word)) for word in read) >= BODY


@cache
def _subject() -> re.Pattern[str]:
    return _any_of(finder().subject)


@cache
def _body() -> re.Pattern[str]:
    return _any_of(finder().body)


def _any_of(wanted: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word).replace(r"\*", ".*") for word in wanted))


def _is_ours_and_everyday(word: Sought) -> bool:
    return word.everyday and bool(index().sayings_with(word.typed))


def _as_a_whole(near: Mapping[int, float], ranked: Sequence[Fit]) -> list[Fit]:
    """By whole names and phrases alone: for «how long does it last» no single word tells."""
    by_words = {fit.place: fit for fit in ranked}
    fit = [
        replace(by_words.get(place, Fit(place=place)), score=min(nearness, 1), nearest=nearness)
        for place, nearness in near.items()
        if nearness >= finder().least.whole
    ]
    return sorted(fit, key=_order)


def _whole_sayings(text: str) -> Mapping[int, float]:
    """How near a name or phrase of each file comes to all that was typed, each word counting the same; 0 to 1."""
    held = index()
    typed = [word for word in words(text)[:MOST_WORDS] if word not in finder().fillers]
    same: dict[int, int] = {}
    for word in dict.fromkeys(typed):
        for at in held.sayings_with(word):
            same[at] = same.get(at, 0) + 1
    near: dict[int, float] = {}
    for at, both in same.items():
        place = held.sayings[at][0]
        near[place] = max(near.get(place, 0), 2 * both / (len(typed) + held.lengths[at]))
    return near


def _order(fit: Fit) -> tuple[float, str]:
    return -fit.score, index().entries[fit.place].id


def _is_enough(fit: Fit, sought: int) -> bool:
    """A good part of a few words; or a name in a story; or nearly a whole phrase of everyday words.

    In a few words a name needs more of them with it: «solar panels cost» does not ask for the cost of ketamine.
    """
    least = finder().least
    good_part = fit.share >= least.share and fit.tells >= least.tells
    named = fit.sure >= least.alone and (sought >= least.story or fit.named >= least.named)
    return good_part or named or (sought > 1 and fit.nearest >= least.phrase)


def _ranked(asked: tuple[Sought, ...]) -> list[Fit]:
    held = index()
    tallies: dict[int, _Tally] = {}
    whole = 0.0
    for word in asked:
        whole += _count(word, held, tallies)
    return [_fit(place, tally, whole, held) for place, tally in tallies.items()]


def _count(word: Sought, held: Index, tallies: dict[int, _Tally]) -> float:
    """Adds a word, and what is looked for with it, to every file that has either; how much the word tells."""
    worth, of_names, of_titles, of_sayings = dict[int, float](), dict[int, float](), set[int](), dict[int, float]()
    whole = 0.0
    for other, counts in word.each():
        sayings = held.sayings_with(other)
        named = {held.sayings[at][0] for at in sayings}
        tells = held.tells(len(named))
        whole = max(whole, tells) if named else whole
        for place, columns in held.files_with(other).items():
            worth[place] = max(worth.get(place, 0), tells * counts * _worth(columns))
        for place in named:
            of_names[place] = max(of_names.get(place, 0), tells * counts)
        for at in sayings:
            of_sayings[at] = max(of_sayings.get(at, 0), tells * counts)
        of_titles |= {held.sayings[at][0] for at in sayings if at in held.short}
    for place, tells in worth.items():
        tally = tallies.setdefault(place, _Tally())
        tally.worth += tells
        tally.share += of_names.get(place, 0)
        tally.tells += of_names.get(place, 0) * (not word.everyday)
        tally.sure += of_names.get(place, 0) * (word.sure and not word.everyday and place in of_titles)
    for at, tells in of_sayings.items():
        of_file = tallies[held.sayings[at][0]].sayings
        of_file[at] = of_file.get(at, 0) + tells
    return whole or held.tells(0)


def _worth(columns: frozenset[str]) -> float:
    weights = finder().weights
    each: Mapping[str, float] = {NAMES: weights.names, PHRASES: weights.phrases, TEXT: weights.text}
    return max(each[column] for column in columns)


def _fit(place: int, tally: _Tally, whole: float, held: Index) -> Fit:
    """Words by where they stand, and the nearest single name or phrase: what both have against what either has."""
    nearest = max(
        (same / (whole + max(held.weights[at], same) - same) for at, same in tally.sayings.items()), default=0.0
    )
    weights = finder().weights
    by_words = tally.worth / (whole * weights.names)
    title = held.titles.get(place)
    titled = 0.0 if title is None else min(1.0, tally.sayings.get(title, 0.0) / (held.weights[title] or 1.0))
    parts = by_words + weights.whole_phrase * nearest + weights.whole_title * titled
    score = parts / (1 + weights.whole_phrase + weights.whole_title)
    return Fit(
        place=place,
        score=score,
        share=tally.share / whole,
        tells=tally.tells,
        sure=tally.sure,
        named=tally.sure / whole,
        nearest=nearest,
    )
