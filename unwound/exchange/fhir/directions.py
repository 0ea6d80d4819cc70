"""Directions in plain words -> mg a day: only what is read without remainder counts, everything else is unknown."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from unwound import units

_WORDS = {
    "a": 1.0,
    "an": 1.0,
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "eight": 8.0,
    "half": 0.5,
    "once": 1.0,
    "twice": 2.0,
}
_NUMBER = r"(?:\d{1,2}(?:,\d{3})+|\d+(?:\.\d+)?|½|one half|half a|half|an?|one|two|three|four|five|six|eight)"
_MASS = r"(?:mg|milligrams?|mcg|micrograms?|ug|µg|g|grams?)"
_PIECE = (
    r"(?:tablets?|tabs?|capsules?|caps?|pills?|patch(?:es)?|plasters?|sachets?|lozenges?|"
    r"tablet\(s\)|capsule\(s\)|tab\(s\)|cap\(s\))"
)
_MASS_DOSE = re.compile(rf"(?<![\w.])({_NUMBER})\s*({_MASS})(?!\w)")
_PIECES = re.compile(rf"(?<![\w.])({_NUMBER})\s*(?:x\s*)?(?:{_MASS_DOSE.pattern}\s*)?{_PIECE}(?!\w)")
_RANGE = re.compile(rf"(?<![\w.]){_NUMBER}\s*(?:-|–|to|or)\s*{_NUMBER}(?!\w)")

_TIMES: tuple[tuple[str, float], ...] = (
    (r"(once|one time|1 time|1x|x1) (?:a |per |each )?(?:day|daily)", 1.0),
    (r"(twice|two times|2 times|2x|x2)(?: \(2\))? ?(?:a |per |each |/)?\s*(?:day|daily)", 2.0),
    (r"(thrice|three times|3 times|3x|x3)(?: \(3\))? ?(?:a |per |each |/)?\s*(?:day|daily)", 3.0),
    (r"(four times|4 times|4x|x4)(?: \(4\))? ?(?:a |per |each |/)?\s*(?:day|daily)", 4.0),
    (r"(five times|5 times|5x)(?: \(5\))? ?(?:a |per |each |/)?\s*(?:day|daily)", 5.0),
    (r"(?:bid|b\.i\.d\.?|bd|bds)", 2.0),
    (r"(?:tid|t\.i\.d\.?|tds)", 3.0),
    (r"(?:qid|q\.i\.d\.?|qds)", 4.0),
    (r"(?:qd|q\.d\.|od|o\.d\.)", 1.0),
    (r"(?:every|each|q) ?(?:other|second) day|qod", 0.5),
    (r"(?:at bedtime|at night|before bed|every night|nightly|each night|in the night|qhs|hs|nocte)", 1.0),
    (r"(?:in the morning|every morning|each morning|qam|mane|in the evening|every evening|each evening|qpm)", 1.0),
    (r"(?:at noon|at lunch|at lunchtime|at midday|in the afternoon|with lunch|with breakfast|with dinner)", 1.0),
    (r"(?:every day|each day|a day|per day|daily|/ ?day)", 1.0),
)
_FREQUENCIES = tuple((re.compile(rf"(?<!\w){pattern}(?!\w)"), times) for pattern, times in _TIMES)
_EVERY_HOURS = re.compile(r"(?:every |q ?)(\d{1,2}) ?(?:hours?|hrs?|h)(?!\w)")
_EVERY_DAYS = re.compile(r"(?:every |q ?)(\d{1,2}) ?(?:days?|d)(?!\w)")
_REPEATED = re.compile(r"(\d)\s*\((?:one|two|three|four|five|six)\)|(?:one|two|three|four|five|six)\s*\((\d)\)")
_ASIDE = re.compile(r"for \d+ (?:days?|weeks?|months?)(?!\w)|(?:#? ?dispense|refills?):? ?\d+")
_WEEKDAYS = re.compile(
    r"(?<!\w)(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|week(?:s|ly|end|ends)?|months?|monthly|off)(?!\w)"
)
_AS_NEEDED = re.compile(r"(?<!\w)(?:as needed|as required|if needed|when needed|prn|p\.r\.n\.?|sos)(?!\w)")
_CHANGES = re.compile(
    r"(?<!\w)(?:then|increase|increasing|titrate|titrating|up to|maximum|max|taper|reduce|decrease|week 1|day 1|"
    r"may|unless|alternat\w+|do not exceed|no more than|not more than|as directed|if tolerated|until)(?!\w)"
)
_NUMBER_LEFT = re.compile(r"\d|(?<!\w)(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|thrice)(?!\w)")
_HALF = re.compile(r"(?<![\d/])1/2(?![\d/])")
_JOINT = re.compile(r"\s*(?:,|;|\+|&|\band\b|\bplus\b)\s*")


_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """What directions say: mg a day, or why that is not known."""

    mg_per_day: float | None = None
    why_not: str = ""


@lru_cache(maxsize=4096)
def read(written: str, strength_mg: float | None) -> Reading:
    """Directions such as «1 capsule three times a day» with the product's strength in mg, where it has one.

    A branch for each kind of directions that cannot be read safely; the reason is what a clinician sees.
    """
    if len(written) > _LONGEST:
        return Reading(why_not="the directions are too long to be read safely")
    plain = " ".join(_REPEATED.sub(lambda m: m.group(1) or m.group(2), written.lower()).split())
    if not plain:
        return Reading(why_not="no directions are given")
    if _AS_NEEDED.search(plain):
        return Reading(why_not="taken as needed: how much was taken is not known")
    if _CHANGES.search(plain):
        return Reading(why_not="the dose changes within the directions")
    plain = _HALF.sub("half", _ASIDE.sub(" ", plain))
    if _WEEKDAYS.search(plain):
        return Reading(why_not="not the same every day")
    if _RANGE.search(plain):
        return Reading(why_not="a range was ordered: which dose was taken is not known")
    whole = _segment(plain, strength_mg)
    if whole is not None:
        return Reading(whole)
    parts = [_segment(part, strength_mg, slot_only=True) for part in _JOINT.split(plain) if part.strip(" .")]
    if len(parts) > 1 and all(part is not None for part in parts):
        return Reading(sum(part for part in parts if part is not None))
    if strength_mg is None and _PIECES.search(plain):
        return Reading(why_not="the strength of one piece is not known")
    return Reading(why_not="the directions could not be read")


def _segment(plain: str, strength_mg: float | None, *, slot_only: bool = False) -> float | None:
    """mg a day of one dose with one frequency and no number left over; `slot_only`: a part of the day, once."""
    times, rest = _frequency(plain)
    if times is None or (slot_only and times != 1.0):
        return None
    dose, rest = _dose(rest, strength_mg)
    return dose * times if dose is not None and not _NUMBER_LEFT.search(rest) else None


def _frequency(plain: str) -> tuple[float | None, str]:
    """How often a day, and the words that are left; None where it is not plain.

    More than one frequency is only read where they cannot contradict each other.
    """
    frequencies: list[tuple[float, int, int]] = []
    for pattern, hours in ((_EVERY_HOURS, 24.0), (_EVERY_DAYS, 1.0)):
        frequencies += [(hours / int(m.group(1)), *m.span()) for m in pattern.finditer(plain) if int(m.group(1))]
    for pattern, times in _FREQUENCIES:
        for match in pattern.finditer(plain):
            if not any(start < match.end() and match.start() < end for _, start, end in frequencies):
                frequencies.append((times, *match.span()))
    # «once daily at bedtime» says one thing twice: two frequencies of once a day are one.
    if not frequencies or (len(frequencies) > 1 and any(times != 1.0 for times, _, _ in frequencies)):
        return None, plain
    if len(frequencies) > 1 and _JOINT.search(
        plain[min(end for _, _, end in frequencies) : max(start for _, start, _ in frequencies)]
    ):
        return None, plain
    for _, start, end in sorted(frequencies, key=lambda frequency: -frequency[1]):
        plain = plain[:start] + " " + plain[end:]
    return frequencies[0][0], plain


def _dose(plain: str, strength_mg: float | None) -> tuple[float | None, str]:
    pieces, masses = list(_PIECES.finditer(plain)), list(_MASS_DOSE.finditer(plain))
    if len(pieces) == 1:
        match = pieces[0]
        rest = plain[: match.start()] + " " + plain[match.end() :]
        inside = _mass(match.group(2), match.group(3)) if match.group(2) else None
        return _of_pieces(_number(match.group(1)), inside, rest, strength_mg)
    if not pieces and len(masses) == 1:
        match = masses[0]
        return _mass(match.group(1), match.group(2)), plain[: match.start()] + " " + plain[match.end() :]
    return None, plain


def _of_pieces(count: float, inside_mg: float | None, rest: str, strength_mg: float | None) -> tuple[float | None, str]:
    """The dose in so many pieces; a mass beside them («600 mg (2 capsules)») must agree with the strength.

    One branch for a mass alone, one for a mass to compare, one for a mass that may be the total.
    """
    piece_mg = inside_mg or strength_mg
    stated = list(_MASS_DOSE.finditer(rest))
    if len(stated) != 1:
        return (count * piece_mg if piece_mg else None), rest
    beside = _mass(stated[0].group(1), stated[0].group(2)) or 0.0
    rest = rest[: stated[0].start()] + " " + rest[stated[0].end() :]
    if piece_mg:
        agrees = math.isclose(beside, count * piece_mg) or ("total" not in rest and math.isclose(beside, piece_mg))
        return (count * piece_mg if agrees else None), rest
    return (beside if beside and (count == 1 or "total" in rest) else None), rest


def _number(written: str) -> float:
    if written in ("½", "one half", "half a", "half"):
        return 0.5
    return _WORDS[written] if written in _WORDS else float(written.replace(",", ""))


def _mass(written: str, unit: str) -> float | None:
    short = {"milligram": "mg", "microgram": "ug", "gram": "g"}.get(unit.rstrip("s"), unit)
    return units.in_mg(_number(written), short)
