"""Courses to rows without names: coarse enough that everybody looks like several others, dates moved, few left out.

Nobody can be told from k - 1 others by what an acquaintance may know (age, sex, diagnosis, course). A grain is chosen
for all rows together, so that classes never overlap; whoever still stands out is left out, and never fewer than k
people, so that the published rows and a total never leave a few by subtraction.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from unwound.outcomes.knowledge import publishing
from unwound.record import UnwoundError
from unwound.registry.columns import ANY, NOT_KNOWN
from unwound.registry.knowledge import registry
from unwound.registry.treated import Treated

QUASI = ("age_band", "sex", "condition", "course")
"""What somebody who knows a person may know already."""
Class = tuple[str, ...]
Signature = tuple[Class, ...]
"""The classes of all courses of a person: a combination of courses can be known as well as one of them."""
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One course as it leaves; the quasi-identifiers and every other column by name."""

    quasi: Class
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What leaves, and what does not."""

    rows: tuple[Row, ...]
    grain: Mapping[str, str]
    """How coarse each quasi-identifier is, in words."""
    people: int
    left_out: int
    """People who are not in the rows: none, or at least k."""
    k: int | None
    """How few people look alike at least, measured on the rows; None without rows."""


def hidden(courses: Sequence[Treated], secret: bytes) -> Hidden:
    """The courses as they can leave. UnwoundError for a secret that can be guessed.

    With fewer than 2 k people in all nothing leaves: they could be told apart by who is missing.
    """
    if len(secret) < SHORTEST_SECRET:
        raise UnwoundError(
            f"the secret by which dates are moved needs {SHORTEST_SECRET} bytes and more, drawn by chance"
        )
    people, least = len({course.person for course in courses}), int(publishing().smallest.value)
    grain, shown = _chosen(courses, least)
    kept = [course for course in courses if course.person in shown]
    numbers = _numbers(kept, secret)
    rows = tuple(
        sorted(
            (_row(course, grain, numbers[course.person], secret) for course in kept),
            key=lambda row: (row.columns["person"], row.columns["start"]),
        )
    )
    return Hidden(
        rows=rows,
        grain={name: _in_words(name, level) for name, level in zip(QUASI, grain, strict=True)},
        people=people,
        left_out=people - len(shown),
        k=alike(rows),
    )


def alike(rows: Sequence[Row]) -> int | None:
    """How few people look alike at least, by all their courses together: each course alone would tell less."""
    of_person: dict[int, list[Class]] = defaultdict(list)
    for row in rows:
        of_person[row.columns["person"]].append(row.quasi)
    return min(map(len, _classes(of_person).values()), default=None)


def _classes(of_person: Mapping[Any, Sequence[Class]]) -> dict[Signature, set[Any]]:
    """People by what can be seen of all their courses."""
    people: dict[Signature, set[Any]] = defaultdict(set)
    for person, courses in of_person.items():
        people[tuple(sorted(courses))].add(person)
    return people


# ---- how coarse

_LEVELS: Mapping[str, int] = {"age_band": 4, "sex": 2, "condition": 2, "course": 2}
"""How many grains there are of each: as it is, coarser, not told."""


def _chosen(courses: Sequence[Treated], least: int) -> tuple[Class, set[str]]:
    """The finest grain by which few enough are left out, and who stays; of several as fine the one that keeps most."""
    most = registry().most_left_out.value / 100 * len({course.person for course in courses})
    grains = sorted(itertools.product(*(range(_LEVELS[name]) for name in QUASI)), key=lambda grain: (sum(grain), grain))
    best: tuple[Class, set[str]] = (tuple(map(str, grains[-1])), set())
    for coarse in sorted({sum(grain) for grain in grains}):
        of_it = [tuple(map(str, grain)) for grain in grains if sum(grain) == coarse]
        kept = [(grain, _kept(courses, grain, least)) for grain in of_it]
        grain, shown = max(kept, key=lambda each: len(each[1]))
        if len({course.person for course in courses}) - len(shown) <= most and shown:
            return grain, shown
        best = (grain, shown) if len(shown) > len(best[1]) else best
    return best


def _kept(courses: Sequence[Treated], grain: Class, least: int) -> set[str]:
    """Who stays by a grain: all courses of a person or none; then classes are looked at again, until each is full."""
    everybody = {course.person for course in courses}
    shown = set(everybody)
    while True:
        of_person: dict[str, list[Class]] = defaultdict(list)
        for course in courses:
            if course.person in shown:
                of_person[course.person].append(_quasi(course, grain))
        classes = _classes(of_person)
        small = {person for people in classes.values() if len(people) < least for person in people}
        left_out = len(everybody) - len(shown - small)
        if not small and 0 < left_out < least and classes:
            small = min(sorted(classes.items()), key=lambda each: len(each[1]))[1]
        if not small:
            return shown
        shown -= small


def _quasi(course: Treated, grain: Class) -> Class:
    levels = dict(zip(QUASI, map(int, grain), strict=True))
    return (
        _age_band(course.age, levels["age_band"]),
        ANY if levels["sex"] else course.sex or NOT_KNOWN,
        ANY if levels["condition"] else course.condition or NOT_KNOWN,
        ANY if levels["course"] else course.course,
    )


def _age_band(age: int | None, level: int) -> str:
    bands = registry().age_bands
    if level > len(bands):
        return ANY
    if age is None:
        return NOT_KNOWN
    oldest, width = int(registry().oldest.value), int(bands[min(level, len(bands) - 1)].value)
    if level == len(bands):  # adults and who is not of age
        return f"under {_OF_AGE}" if age < _OF_AGE else f"{_OF_AGE} and over"
    low = min(age, oldest) // width * width
    return f"{low} and over" if low + width > oldest else f"{low} to {low + width - 1}"


_OF_AGE = 18


def _in_words(name: str, level: str) -> str:
    if name != "age_band":
        return "not told" if level != "0" else "as recorded"
    bands = registry().age_bands
    number = int(level)
    if number < len(bands):
        return f"in bands of {bands[number].value:g} years"
    return "of age or not" if number == len(bands) else "not told"


# ---- what leaves of a course


def _numbers(courses: Sequence[Treated], secret: bytes) -> dict[str, int]:
    """A number for each person, in an order that tells nothing."""
    people = sorted({course.person for course in courses}, key=lambda person: _drawn(secret, "number", person))
    return {person: number for number, person in enumerate(people, 1)}


def _drawn(secret: bytes, what: str, person: str) -> int:
    """A number for a person that nobody without the secret can calculate."""
    return int.from_bytes(hmac.new(secret, f"{what} {person}".encode(), hashlib.sha256).digest(), "big")


def shift_days(secret: bytes, person: str) -> int:
    """By how many days all dates of a person are moved."""
    most = int(registry().shift.value)
    return _drawn(secret, "days", person) % (2 * most + 1) - most


def _row(course: Treated, grain: Class, number: int, secret: bytes) -> Row:
    quasi, moved = _quasi(course, grain), timedelta(days=shift_days(secret, course.person))
    scores: dict[str, float | None] = {}
    for measure in registry().measures:
        scores[f"{measure.instrument}_before"] = course.before(measure.instrument)
        for window in registry().windows:
            scores[f"{measure.instrument}_{window.id}"] = course.after(measure.instrument, window.id)
    columns: dict[str, Any] = {
        "person": number,
        **dict(zip(QUASI, quasi, strict=True)),
        "start": _moved(course.start, moved),
        "end": _moved(course.end, moved),
        "infusions": course.infusions,
        "planned": course.planned,
        "mg": course.mg,
        **scores,
    }
    return Row(quasi=quasi, columns=columns)


def _moved(day: date, by: timedelta) -> date:
    return day + by
