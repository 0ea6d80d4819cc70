"""What is stored beside what the events say that was written: rows that were changed, are gone, or that no event names.

Rows are read for many events at once. Those of before there were seals are counted: the log says nothing of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q

from unwound_clinic.core import seals
from unwound_clinic.models import AuditEvent, PatientMerge

MOST_ROWS, MOST_RANGES = 2000, 100
"""Rows that are read at once, so that letters with their PDF fit into memory, and parts of one question."""
MOST_NAMED = 20
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seal:
    """What one event says of rows of one kind."""

    event: int
    kind: str
    numbers: str
    digest: str

    @property
    def ranges(self) -> list[Range]:
        """The first and last number of each row of neighbours."""
        parts = (part.partition("-") for part in self.numbers.split())
        return [(int(first), int(last or first)) for first, _, last in parts]


@dataclass(slots=True)
class Compared:
    """What came of the comparison: faults in words, and how many rows of each kind are from before there were seals."""

    faults: list[str] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)


def compare(events: Iterable[AuditEvent]) -> Compared:
    """The rows of all kinds beside these events, which are all that name rows, in order."""
    compared, covered = Compared(), {str(kind): list[Range]() for kind in seals.MODELS}
    moved = _moved()
    for batch in _batches(events):
        compared.faults += _differing(batch, moved)
        for seal in batch:
            covered[seal.kind] += seal.ranges
    for kind, ranges in covered.items():
        compared.before[kind], since = _unnamed(seals.MODELS[kind], sorted(ranges))
        compared.faults += since
    return compared


def _batches(events: Iterable[AuditEvent]) -> Iterator[list[Seal]]:
    """The seals of events, as many together as have about so many rows."""
    batch, rows = list[Seal](), 0
    for event in events:
        for kind, numbers, digest in event.detail.get(seals.NAME, ()):
            batch.append(Seal(event.number, kind, numbers, digest))
            rows += sum(last - first + 1 for first, last in batch[-1].ranges)
        if rows >= MOST_ROWS:
            yield batch
            batch, rows = [], 0
    yield batch


def _differing(batch: Iterable[Seal], moved: Mapping[tuple[str, int], int]) -> list[str]:
    """The faults of these seals, in their order."""
    by_kind: dict[str, list[Range]] = {}
    for seal in batch:
        by_kind.setdefault(seal.kind, []).extend(seal.ranges)
    stored = {kind: _stored(seals.MODELS[kind], ranges) for kind, ranges in by_kind.items()}
    order = {kind: sorted(rows) for kind, rows in stored.items()}
    faults = []
    for seal in batch:
        rows = (stored[seal.kind][number] for part in seal.ranges for number in _within(order[seal.kind], part))
        if seals.digest(rows, moved) != seal.digest:
            faults.append(f"{seal.kind} {seal.numbers}: not what event {seal.event} wrote, or no longer there")
    return faults


def _stored(model: type[Model], ranges: Iterable[Range]) -> dict[int, Any]:
    """Rows by their numbers, with the fields that are sealed."""
    joined, there = _joined(sorted(ranges)), dict[int, Any]()
    for start in range(0, len(joined), MOST_RANGES):
        wanted = reduce(or_, (Q(pk__range=part) for part in joined[start : start + MOST_RANGES]))
        names = ("pk", *seals.FIELDS[model], *seals.LATER.get(model, ()))
        rows = model._default_manager.filter(wanted).only(*names).iterator(chunk_size=2000)
        there |= {row.pk: row for row in rows}
    return there


def _within(numbers: list[int], part: Range) -> list[int]:
    """Those of these numbers, which are in order, that lie in a range, however wide somebody has made it."""
    return numbers[bisect_left(numbers, part[0]) : bisect_right(numbers, part[1])]


def _joined(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, neighbours joined."""
    joined: list[Range] = []
    for first, last in ranges:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _unnamed(model: type[Model], ranges: list[Range]) -> tuple[int, list[str]]:
    """How many rows are from before the first that an event names; those since then that none names, as faults."""
    rows = model._default_manager.order_by("pk").values_list("pk", flat=True)
    if not ranges:
        return rows.count(), []
    joined, lowest = _joined(ranges), ranges[0][0]
    at, unnamed = 0, []
    for number in rows.filter(pk__gte=lowest).iterator(chunk_size=5000):
        while at < len(joined) and joined[at][1] < number:
            at += 1
        if at == len(joined) or number < joined[at][0]:
            unnamed.append(f"{model._meta.model_name} {number}: written by no event")
            if len(unnamed) == MOST_NAMED:
                break
    return rows.filter(pk__lt=lowest).count(), unnamed


def _moved() -> Mapping[tuple[str, int], int]:
    """Row -> whose it was when it was written, for rows that lie in another record of the same person since."""
    whose: dict[tuple[str, int], int] = {}
    for merge in PatientMerge.objects.filter(undone_at=None).order_by("at", "pk"):
        for kind, numbers in merge.moved.items():
            if isinstance(numbers, list):
                for number in numbers:
                    whose.setdefault((kind, number), merge.duplicate_id)
    return whose
