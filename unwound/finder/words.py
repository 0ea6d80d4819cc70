"""What was typed, as words; and a word that we do not know, as those of ours that it may be meant for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SAME = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o"})
SHORT = 4
"""Letters of a word in which a wrong letter makes another word."""
MANY = 3
"""Slips with which a word is only one that begins with the same letter: «whitening» is not «shivering»."""
SHORTEST_BY_EAR = 3
"""Letters of a word that is read by its sound."""
MOST_WORDS = 40
"""Of a longer text the rest is not looked for; somebody has pasted a letter."""


def plain(text: str) -> str:
    """In small letters, without accents, with one kind of apostrophe."""
    apart = unicodedata.normalize("NFKD", text.translate(_SAME).casefold().translate(_SAME))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text in their order; «can't» is `cant`."""
    return tuple(word.replace("'", "") for word in _WORD.findall(plain(text)))


def slips(word: str) -> int:
    """How many letters of a word may be wrong, missing, too many or changed about."""
    return 1 + (len(word) >= 6) + (len(word) >= 9)


_SPELT = (
    (r"^(?:kn|gn)", "n"), (r"^wr", "r"), (r"ph", "f"), (r"c(?=[eiy])", "s"), (r"ck|ch|qu|c|q", "k"), (r"x", "ks"),
    (r"z", "s"), (r"gh|(?<=.)h", ""), (r"ee|ea|ie|ei|y", "i"), (r"oo|ou|ue", "u"), (r"ae|oe|ai", "e"),
    (r"(.)\1", r"\1"), (r"(?<=..)e$", ""),
)  # fmt: skip
"""Spellings of the same sound -> one of them, in this order."""


@lru_cache(maxsize=1 << 14)
def sound(word: str) -> str:
    """A word as it is heard, roughly: «nek» and «neck», «kemo» and «chemo» are the same."""
    for spelt, heard in _SPELT:
        word = re.sub(spelt, heard, word)
    return word


@lru_cache(maxsize=4)
def _by_sound(ours: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for word in sorted(ours):
        out[sound(word)] = (*out.get(sound(word), ()), word)
    return out


def heard_as(word: str, ours: frozenset[str]) -> tuple[str, ...]:
    """Our words that an unknown one is spelt by ear for; none where it is a number or very short."""
    if len(word) < SHORTEST_BY_EAR or any(letter.isdigit() for letter in word):
        return ()
    return _by_sound(ours).get(sound(word), ())


def meant(word: str, ours: Collection[str], *, most: int = 3, shortest: int = SHORT) -> tuple[str, ...]:
    """Our words that an unknown one is nearest to, the same first letter first; none where it is a number or short.

    A short word is near only to one that has a letter more or the same letters, for «date» is no «rate».
    """
    if any(letter.isdigit() for letter in word) or len(word) < shortest:
        return ()
    near = process.extract(word, ours, scorer=OSA.distance, score_cutoff=min(most, slips(word)), limit=None)
    ranked = sorted(
        (distance + (other[0] != word[0]), other)
        for other, distance, _ in near
        if (distance < MANY or other[0] == word[0])
        and (len(word) > SHORT or len(other) == len(word) + 1 or sorted(other) == sorted(word))
    )
    return tuple(other for rank, other in ranked if rank == ranked[0][0])
