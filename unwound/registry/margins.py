"""Counts of people by two of what is published, each as `outcomes.publish` lets it leave."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence

from unwound.outcomes.shares import Cell, Published, publish
from unwound.registry.hiding import QUASI, Row


def margins(rows: Sequence[Row]) -> Mapping[tuple[str, str], Published]:
    """For each pair of quasi-identifiers how many people there are, counted from nothing but the rows that leave."""
    published = {}
    for column, other in itertools.combinations(QUASI, 2):
        people: dict[Cell, set[int]] = defaultdict(set)
        for row in rows:
            people[str(row.columns[column]), str(row.columns[other])].add(row.columns["person"])
        if people:
            published[column, other] = publish({cell: len(who) for cell, who in people.items()})
    return published
