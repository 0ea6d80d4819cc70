"""What was typed -> the files that fit it, the best first; none where nothing here fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from rapidfuzz.distance import OSA

from unwound.finder.index import NAMES, PHRASES, TEXT, Index, index
from unwound.finder.knowledge import finder
from unwound.finder.words import MOST_WORDS, meant, words

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
    held = index()
    return frozenset(word for word in held.vocabulary | keys if not (held.is_everyday(word) or held.is_silent(word)))


def _pairs(typed: Sequence[str]) -> list[str]:
    """The words, with two that belong together (a synonym of ours, or one word of ours written apart) as one."""
    ours, out, at = index().vocabulary, list[str](), 0
    while at < len(typed):
        pair = typed[at : at + 2]
        if len(pair) == 2 and " ".join(pair) in finder().synonyms:
            out.append(" ".join(pair))
            at += 2
        elif len(pair) == 2 and "".join(pair) in ours:
            out.append("".join(pair))
            at += 2
        else:
            out.append(typed[at])
            at += 1
    return out


def _sought(word: str) -> Sought:
    # A known word counts fully and a corrected one less; an everyday word is never turned into a term.
    further = finder().synonyms.get(word, ())
    if further or index().sayings_with(word):
        return Sought(typed=word, looked_for=(word, *further), certain=1, everyday=index().is_everyday(word), sure=True)
    near = () if word in finder().everyday or index().is_written(word) else meant(word, _mended_to())
    if not near:
        return Sought(typed=word, looked_for=(word,), certain=1, everyday=index().is_everyday(word), sure=True)
    with_synonyms = [other for read in near for other in (read, *finder().synonyms.get(read, ()))]
    sure = near[0][0] == word[0] and _is_hardly_chance(word, near[0])
    least = finder().least
    return Sought(
        typed=word,
        looked_for=tuple(with_synonyms),
        certain=least.surely_corrected if sure else least.corrected,
        everyday=False,
        sure=sure,
    )


def _is_hardly_chance(word: str, ours: str) -> bool:
    return OSA.distance(word, ours) <= sum(len(word) >= letters for letters in SURE)


def fits(text: str, asked: tuple[Sought, ...]) -> list[Fit]:
    """The files that fit, the best first, those of one score by id; none where nothing here fits."""
    ranked = _ranked(asked)
    enough = [fit for fit in ranked if _is_enough(fit, len(asked))]
    return enough or (_as_a_whole(text, ranked) if all(map(_is_ours_and_everyday, asked)) else [])


def _is_ours_and_everyday(word: Sought) -> bool:
    return word.everyday and bool(index().sayings_with(word.typed))


def _as_a_whole(text: str, ranked: Sequence[Fit]) -> list[Fit]:
    """By whole names and phrases, each word counting the same: for «how long does it last» no single word tells."""
    held = index()
    typed = [word for word in words(text)[:MOST_WORDS] if word not in finder().fillers]
    same: dict[int, int] = {}
    for word in dict.fromkeys(typed):
        for at in held.sayings_with(word):
            same[at] = same.get(at, 0) + 1
    near: dict[int, float] = {}
    for at, both in same.items():
        place, saying = held.sayings[at]
        length = sum(word not in finder().fillers for word in words(saying))
        near[place] = max(near.get(place, 0), 2 * both / (len(typed) + length))
    by_words = {fit.place: fit for fit in ranked}
    fit = [
        replace(by_words.get(place, Fit(place=place)), score=min(nearness, 1), nearest=nearness)
        for place, nearness in near.items()
        if nearness >= finder().least.whole
    ]
    return sorted(fit, key=lambda one: (-one.score, held.entries[one.place].id))


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
    ranked = [_fit(place, tally, whole, held) for place, tally in tallies.items()]
    return sorted(ranked, key=lambda fit: (-fit.score, held.entries[fit.place].id))


def _count(word: Sought, held: Index, tallies: dict[int, _Tally]) -> float:
    """Adds a word to every file that has it; how much it tells."""
    files: dict[int, float] = {}
    sayings = set[int]()
    for other in word.looked_for:
        for place, columns in held.files_with(other).items():
            files[place] = max(files.get(place, 0), _worth(columns))
        sayings |= held.sayings_with(other)
    tells = held.tells(len({held.sayings[at][0] for at in sayings}))
    named = {held.sayings[at][0] for at in sayings}
    titled = {held.sayings[at][0] for at in sayings if at in held.short}
    for place, worth in files.items():
        tally = tallies.setdefault(place, _Tally())
        tally.worth += tells * worth * word.certain
        if place in named:
            tally.share += tells * word.certain
            tally.tells += tells * word.certain * (not word.everyday)
            tally.sure += tells * (word.sure and not word.everyday and place in titled)
    for at in sayings:
        of_file = tallies[held.sayings[at][0]].sayings
        of_file[at] = of_file.get(at, 0) + tells * word.certain
    return tells


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
    score = (by_words + weights.whole_phrase * nearest) / (1 + weights.whole_phrase)
    return Fit(
        place=place,
        score=score,
        share=tally.share / whole,
        tells=tally.tells,
        sure=tally.sure,
        named=tally.sure / whole,
        nearest=nearest,
    )
