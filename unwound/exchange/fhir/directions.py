"""Directions in words -> what they say: how much, how often, as needed or not; only what is read whole counts.

A text is read in each language of `data/directions/` by itself. Its words become signs (`words.py`), the signs are put
together by the rules of `direction_grammar.py`, and whatever is left over is quoted: no part of a text is ever read for
the whole.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from unwound.exchange.fhir import words
from unwound.exchange.fhir.direction_grammar import (
    MOST_IN_WORDS,
    Amount,
    Dose,
    in_brackets,
    of_body,
    put_together,
    without_idle_words,
)

Kind = Literal["", "as-needed", "range", "changes", "uneven", "doubtful", "meals", "not-read"]

_LONGEST = 500
_SHOWN = 120
_WHY: dict[Kind, str] = {
    "as-needed": "taken as needed: how much was taken is not known",
    "range": "a range was ordered: which dose was taken is not known",
    "changes": "the dose changes, or depends on a condition",
    "uneven": "not the same every day",
    "doubtful": "a number can be read in two ways",
    "meals": "at how many meals a day it was taken is not said",
    "not-read": "the directions could not be read",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What directions say. `kind` is empty where they were read whole; `takes` are added over a day."""

    written: str = ""
    kind: Kind = ""
    takes: tuple[tuple[Amount, float], ...] = ()
    """Each dose, with how often a day."""
    times: float | None = None
    """How often a day, where that is said and no dose is."""
    amount: Amount | None = None
    """The dose, where no frequency is said."""
    most: Amount | None = None
    """At most so much a day."""
    days: float | None = None
    is_single: bool = False
    left: tuple[str, ...] = ()
    """Words that were not understood."""
    speaks_of_dose: bool = False
    """Whether there is a number, a time or a frequency in it at all."""

    @property
    def why_not(self) -> str:
        """Why no dose can be read from these words alone, with the words."""
        quote = f" («{quoted(self.written)}»)"
        if self.kind == "not-read" and self.left:
            return f"the directions could not be read whole: «{' '.join(self.left)[:_SHOWN]}» is not understood{quote}"
        return _WHY[self.kind] + quote if self.kind else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What directions say: mg a day, or why that is not known."""

    mg_per_day: float | None = None
    why_not: str = ""


def quoted(written: str) -> str:
    """The words as they are shown: on one line, shortened."""
    plain = " ".join(written.split())
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"


def reason(reading: Said) -> str:
    """Why these words give no dose, without the words."""
    return _WHY[reading.kind] if reading.kind else ""


@lru_cache(maxsize=4096)
def without_cautions(written: str) -> str:
    """The directions without the sentences that warn and order nothing; nothing else is ever taken out."""
    sentences = _SENTENCE.split(written)
    kept = [sentence for sentence in sentences if not _is_caution(sentence)]
    return written if len(kept) == len(sentences) else " ".join(kept)


_SENTENCE = re.compile(r"(?<=[.;!])\s+(?=[^\W\d_])")


def _is_caution(sentence: str) -> bool:
    """Whether a sentence only warns: «stop», «on hold» or «halve it» behind a warning is an order like any other."""
    if not words.only_warns(sentence):
        return False
    reading = understood(sentence)  # its «may» and «if» are «changes», its «or» a range
    return not reading.speaks_of_dose and reading.kind in ("", "not-read", "changes", "range")


@lru_cache(maxsize=4096)
def understood(written: str) -> Said:
    """What directions in any language say, as far as all languages in which they can be read agree."""
    if len(written) > _LONGEST:
        return Said(written=written, kind="not-read", left=("too long to be read safely",), speaks_of_dose=True)
    readings = [_in_language(written, name) for name in words.languages()]
    fewest = min(len(reading.left) for reading in readings)
    nearest = [reading for reading in readings if len(reading.left) == fewest]
    best = _agreed(nearest)
    if best.left and best.kind != "as-needed" and words.is_said(written, "as-needed"):
        return replace(best, kind="as-needed")
    return best


def _agreed(readings: list[Said]) -> Said:
    """The reading that all languages share; where one reads what another doubts or reads otherwise, it is doubtful."""
    clear = [reading for reading in readings if not reading.kind or reading.left]
    warned = [reading for reading in readings if reading.kind not in ("", "not-read")]
    if not clear or (warned and not clear[0].takes):
        return warned[0] if warned else readings[0]
    if warned or any(_content(reading) != _content(clear[0]) for reading in clear if reading.takes):
        return replace(clear[0], kind=warned[0].kind if warned else "doubtful")
    return max(clear, key=lambda reading: bool(reading.takes) + (reading.times is not None))


def _content(reading: Said) -> object:
    return reading.takes, reading.most, reading.days, reading.is_single


def _in_language(written: str, language: str) -> Said:
    # Two lengths, two maxima or an unread word, and nothing counts as read, however clear the rest is.
    tokens = without_idle_words(list(words.signs(written, language)))
    left = tuple(token.text for token in tokens if token.sign == "?")
    speaks = any(token.sign in "nTFSGm" for token in tokens)
    tokens = put_together(in_brackets([token for token in tokens if token.sign != "?"]))
    signs = "".join(token.sign for token in tokens)
    most = next((token.amount for token in tokens if isinstance(token, Dose) and token.sign == "X"), None)
    lengths = [token.value for token in tokens if token.sign == "U"]
    body = [token for token in tokens if token.sign not in "UX1"]
    takes, times, amount = of_body(body, words.languages()[language].times_first)
    whole = bool(takes) and len(lengths) < 2 and signs.count("X") < 2 and not left
    kind = _kind_of(signs) or ("" if whole else "not-read")
    return Said(
        written=written,
        kind=kind,
        takes=takes if kind in ("", "not-read") else (),
        times=times,
        amount=amount,
        most=most,
        days=lengths[0] if len(lengths) == 1 and kind not in ("changes", "doubtful") else None,
        is_single="1" in signs,
        left=left,
        speaks_of_dose=speaks,
    )


def _kind_of(signs: str) -> Kind:
    """What keeps directions from being one dose every day; the gravest first."""
    kinds: tuple[tuple[str, Kind], ...] = (
        ("a", "as-needed"),
        ("~", "range"),
        ("c", "changes"),
        ("N", "changes"),
        ("e", "range"),
        ("L", "changes"),
        ("i", "changes"),
        ("u", "uneven"),
        ("!", "doubtful"),
        ("%", "meals"),
    )
    return next((kind for sign, kind in kinds if sign in signs), "")


def read(written: str, strength_mg: float | None) -> Reading:
    """Directions such as «1 capsule three times a day» with the product's strength in mg, where it has one."""
    if not written.strip():
        return Reading(why_not="no directions are given")
    what = understood(written)
    if what.is_single and what.kind in ("", "not-read"):
        return Reading(why_not=f"a single dose was ordered, not a daily dose («{quoted(written)}»)")
    if what.kind:
        return Reading(why_not=what.why_not)
    total = 0.0
    for amount, times in what.takes:
        mg = in_mg(amount, strength_mg)
        if mg is None:
            return Reading(why_not=why_no_mass(amount, strength_mg))
        total += mg * times
    most = in_mg(what.most, strength_mg) if what.most is not None else total
    if most is None or not math.isclose(most, total, rel_tol=1e-6):
        return Reading(why_not=_not_the_most(written))
    if not math.isfinite(total):
        return Reading(why_not=f"no dose has so many digits («{quoted(written)}»)")
    return Reading(total)


def _not_the_most(written: str) -> str:
    return f"the most that may be taken is another dose than the one ordered («{quoted(written)}»)"


def why_no_mass(amount: Amount, strength_mg: float | None) -> str:
    """Why a dose in words has no mass."""
    if amount.is_bare and not _is_count(amount.pieces or 0.0):
        return f"it is not clear what {amount.pieces:g} counts"
    if amount.ml is not None and amount.beside_mg is None:
        return "the strength of the liquid is not known"
    if strength_mg is None and amount.piece_mg is None and amount.pieces is not None:
        return "the strength of one piece is not known"
    return "the mass beside the number of pieces does not agree with their strength"


def in_mg(amount: Amount, strength_mg: float | None, mg_per_ml: float | None = None) -> float | None:
    """The dose in mg; a mass beside pieces («600 mg (2 capsules)») must agree with the strength. None where it is not.

    A branch for each of the ways words give a dose.
    """
    if amount.mg is not None:
        return amount.mg
    if amount.ml is not None:
        mg = amount.ml * mg_per_ml if mg_per_ml else amount.beside_mg
        return mg if amount.beside_mg is None or (mg and math.isclose(mg, amount.beside_mg)) else None
    count = amount.pieces or 0.0
    piece_mg = amount.piece_mg or strength_mg
    if amount.is_bare and not _is_count(count):
        return None
    if amount.piece_mg and strength_mg and not math.isclose(amount.piece_mg, strength_mg):
        return None
    beside = amount.beside_mg
    if beside is None:
        return count * piece_mg if piece_mg else None
    if piece_mg:
        agrees = math.isclose(beside, count * piece_mg) or (not amount.is_total and math.isclose(beside, piece_mg))
        return count * piece_mg if agrees else None
    return beside if count == 1 or amount.is_total else None


def _is_count(number: float) -> bool:
    """Whether a bare number in words counts pieces: «one», «1½»; a greater one may be milligrams («take 75»)."""
    return number <= MOST_IN_WORDS and (number.is_integer() or number in (0.5, 1.5))
