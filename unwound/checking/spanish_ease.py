"""How easy a Spanish text is to read: Szigriszt-Pazos' perspicuity, the formula behind the INFLESZ scale.

Syllables are counted by the rules of Spanish spelling: a run of vowels is one, unless two strong vowels (a, e, o, or
an accented i, u) stand side by side. Like every such formula it sees long words and sentences, and no rare one.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_END = re.compile(r"[.!?:;]+(?:\s+|$)")
_WEAK = "iuüy"
_STRONG = "aeoáéóíú"
FAIRLY_EASY = 65.0
"""From here INFLESZ calls a text «fairly easy»; from 55 to here «normal»."""


def syllables(word: str) -> int:
    """How many syllables a word has, at least one."""
    count, before = 0, ""
    text = re.sub(r"[qg]u(?=[eiéí])", "g", word.lower())
    for letter in text:
        vowel = letter in _STRONG or (letter in _WEAK and not (letter == "y" and text[-1:] != "y"))
        if vowel and (not before or (letter in _STRONG and before in _STRONG)):
            count += 1
        before = letter if vowel else ""
    return max(1, count)


def ease(text: str) -> float:
    """The perspicuity of a text, higher is easier: 206.84 - 62.3 syllables a word - words a sentence.

    Source: Szigriszt 1993, in the words of Barrio-Cantalejo 2008 (INFLESZ); the formula from general knowledge.
    """
    words = _WORD.findall(text)
    sentences = [part for part in _END.split(text) if _WORD.search(part)]
    if not words or not sentences:
        return 0.0
    return 206.84 - 62.3 * sum(map(syllables, words)) / len(words) - len(words) / len(sentences)
