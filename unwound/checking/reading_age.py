"""How hard a text is to read, by two published formulas: Flesch and Kincaid's grade, and McLaughlin's SMOG.

Syllables are counted by rule (runs of vowels, a silent e taken away), which needs no dictionary and no network. A
formula sees long words and long sentences; it does not see a short word that nobody knows (`unexplained` in the tests).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_END = re.compile(r"[.!?]+(?:\s+|$)")
_VOWELS = re.compile(r"[aeiouyàâäéèêëïîöôüù]+")
_SILENT = re.compile(r"(?:[^laeiouy]es|(?<![dt])ed|[^aeiouyl]e)$")
"""Endings that are written and not spoken; «-le» after a consonant and «-ted», «-ded» are spoken."""
_APART = re.compile(r"ia(?!l)|io(?!n|us)|eo(?!p)|ism$|uou")
"""Vowels side by side that are spoken apart."""
LONG_WORD = 3
"""Syllables from which SMOG counts a word."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was counted in a text, and what the formulas make of it."""

    sentences: int
    words: int
    syllables: int
    long_words: int

    @property
    def grade(self) -> float:
        """The school grade of Flesch and Kincaid. Source: Kincaid 1975, 0.39 w/s + 11.8 syl/w - 15.59."""
        if not self.words:
            return 0.0
        return 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59

    @property
    def smog(self) -> float:
        """The SMOG grade. Source: McLaughlin 1969, 1.043 times the root of 30 long words a sentence, plus 3.1291."""
        if not self.sentences:
            return 0.0
        return 1.043 * math.sqrt(30 * self.long_words / self.sentences) + 3.1291


def read(text: str) -> Reading:
    """Counts the sentences, words and syllables of a text; a text without an end is one sentence."""
    parts = [part for part in _END.split(text) if _WORD.search(part)]
    counts = [syllables(word) for word in _WORD.findall(text)]
    return Reading(len(parts), len(counts), sum(counts), sum(count >= LONG_WORD for count in counts))


def syllables(word: str) -> int:
    """How many syllables a word has, at least one; of a word with hyphens its parts together."""
    return sum(_of_a_part(part) for part in re.split(r"[-'’]", word.lower()) if part) or 1


def _of_a_part(part: str) -> int:
    count = len(_VOWELS.findall(part)) + len(_APART.findall(part))
    if len(part) > 2 and _SILENT.search(part) and count > 1:
        count -= 1
    return max(1, count)
