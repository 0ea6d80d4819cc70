"""Whether an outside record is the open patient's: the same, to be asked, or somebody else's.

A wrong record in a chart is the gravest mistake of an import. So whatever differs stops it, a twin's given name too;
only what a person can settle by looking (a letter, an accent, a missing value) is asked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from unwound.record import long_day
from unwound_clinic.models import Patient
from unwound_clinic.record.importing import Record

TITLES = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "miss",
        "prof",
        "professor",
        "herr",
        "frau",
        "mag",
        "dipl",
        "ing",
        "sir",
        "dame",
        "jr",
        "sr",
    ]
)
FOLDED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
LONG_NAME = 8
"""From so many letters on, two slips are still the same name."""
SHORT_NAME = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What differs, which stops; and what is open, which is asked."""

    differs: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """What differs, without any value: for the audit log."""
    born: str = ""
    """The birth date as the record says it."""


def likeness(patient: Patient, record: Record) -> Likeness:
    """How the person of a record compares with this patient."""
    parts = {"name": _names(patient, record), "birth date": _born(patient, record), "sex": _sex(patient, record)}
    return Likeness(
        differs=tuple(words for stops, words in parts.values() if words and stops),
        asked=tuple(words for stops, words in parts.values() if words and not stops),
        kinds=tuple(kind for kind, (stops, words) in parts.items() if words and stops),
        born=f"born {_day(record.identity.born)}" if record.identity.born else "",
    )


Compared = tuple[bool, str]
"""Whether it stops, and what is said; nothing said where both are the same."""
SAME: Compared = (False, "")


def _born(patient: Patient, record: Record) -> Compared:
    born, here = record.identity.born, patient.birth_date
    if born is None:
        return False, "the file has no birth date"
    written = _day(born)
    if here is None:
        return False, f"the file says born {written}; no birth date is recorded here"
    if not born[0] <= here <= born[1]:
        return True, f"birth date: {written} in the file, {long_day(here)} here"
    return SAME if born[0] == born[1] else (False, f"the file says only that the patient was born {written}")


def _day(born: tuple[date, date]) -> str:
    first, last = map(long_day, born)
    return first if first == last else f"between {first} and {last}"


def _sex(patient: Patient, record: Record) -> Compared:
    sex = record.known.sex
    if sex is None or not patient.sex:
        return False, f"the sex at birth is not recorded {'in the file' if sex is None else 'here'}"
    return SAME if sex == patient.sex else (True, f"sex: {sex} in the file, {patient.sex} here")


def _names(patient: Patient, record: Record) -> Compared:
    # A nickname, a slip and a changed name look alike; the record number and birth date decide between them.
    names = record.identity.names
    if not names:
        return False, "the file has no name"
    shown = f"«{names[0]}» in the file, {patient.full_name} here"
    likest = max(_how_like(patient, name) for name in names)
    if likest == _ALIKE:
        return SAME
    if likest == _NEARLY:
        return False, f"the name is written differently: {shown}"
    has_number = patient.number.strip() and patient.number.strip() in record.identity.numbers
    if has_number and record.identity.born and record.identity.born[0] == patient.birth_date:
        return False, f"the name differs, and record number and birth date are the same: {shown}"
    return True, f"name: {shown}"


# ---- names

_OTHER, _NEARLY, _ALIKE = range(3)


def _how_like(patient: Patient, name: str) -> int:
    """How like a written name is to the patient's. Family and given name each have to be found in it."""
    written = words(name)
    if not written:
        return _NEARLY
    if _script(written) != _script(words(patient.full_name)):
        return _NEARLY  # letters of another alphabet cannot be compared here
    family, given = words(patient.family_name), words(patient.given_name)
    if not family or not given:
        return _NEARLY
    left = list(written)
    of_family = [_taken(word, left) for word in family]
    if not left:
        return min(_NEARLY, _of_several(of_family, min(of_family)))  # no given name is written
    of_given = [_taken(word, list(left)) for word in given]
    return min(_of_several(of_family, min(of_family)), _of_several(of_given, of_given[0]))


def _of_several(how: Sequence[int], decisive: int) -> int:
    """Of a double name or several given names: as like as the decisive one; where only others are there, nearly."""
    return decisive if decisive != _OTHER else min(max(how), _NEARLY)


def _taken(word: str, left: list[str]) -> int:
    """How like the likest of these words is to one word; that word is used up."""
    likest = max(left, key=lambda other: _alike(word, other), default="")
    how = _alike(word, likest) if likest else _OTHER
    if how != _OTHER:
        left.remove(likest)
    return how


def _alike(name: str, other: str) -> int:
    # Initials, accents and slips of the pen still mean the same name, but in a short name every letter counts.
    if name == other:
        return _ALIKE
    if _plain(name) == _plain(other) or (1 in (len(name), len(other)) and name[0] == other[0]):
        return _NEARLY
    length = min(len(name), len(other))
    slips = 2 if length >= LONG_NAME else 1 if length >= SHORT_NAME else 0
    return _NEARLY if slips and _slips(name, other) <= slips else _OTHER


def _slips(word: str, other: str) -> int:
    """Letters that are missing, too many, other or swapped with the next, between two words."""
    if abs(len(word) - len(other)) > 2:
        return 3
    before, row = list[int](), list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        last, before_last, before = row, before, row
        row = [i]
        for j, against in enumerate(other, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == against:
                least = min(least, before_last[j - 2] + 1)
            row.append(least)
    return row[-1]


def words(name: str) -> list[str]:
    """The words of a name in small letters without accents, titles, and numbers that synthetic records put behind."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(FOLDED))
    letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
    parts = "".join(sign if sign.isalpha() or sign in "'’" else " " for sign in letters).split()
    return [bare for part in parts if (bare := part.replace("'", "").replace("’", "")) and bare not in TITLES]


def _plain(word: str) -> str:
    for pair, letter in UMLAUTS:
        word = word.replace(pair, letter)
    return word


def _script(parts: Iterable[str]) -> str:
    """The alphabet of the first letter."""
    first = next(_letters(parts), "")
    return unicodedata.name(first, "").split(" ")[0] if first else ""


def _letters(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        yield from part
