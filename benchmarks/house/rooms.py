"""How the rooms of a package lie: a room is a package or a module at its top, an arrow an import between two."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

Arrows = Mapping[str, set[str]]


@dataclass(frozen=True)
class Rooms:
    """What is drawn of them."""

    rooms: int
    floors: int
    arrows: int
    circles: int


def drawn(checkout: Path, packages: Iterable[str]) -> Rooms:
    """The rooms of these packages of a checkout."""
    arrows = _arrows(checkout, tuple(packages))
    reached = {room: _reached(arrows, room) for room in arrows}
    circles = {frozenset(room for room in reached[start] if start in reached[room]) for start in arrows}
    return Rooms(
        len(arrows),
        _floors(arrows, circles),
        sum(map(len, arrows.values())),
        sum(len(circle) > 1 for circle in circles),
    )


def _arrows(checkout: Path, packages: tuple[str, ...]) -> Arrows:
    """Each room with the rooms it imports from."""
    sys.path.insert(0, str(checkout))
    try:
        graph = grimp.build_graph(*packages, cache_dir=None)
    finally:
        sys.path.remove(str(checkout))
    modules = {module for module in graph.modules if ".migrations" not in module}
    arrows: dict[str, set[str]] = {_room(module): set() for module in modules if "." in module}
    for module in sorted(modules):
        for imported in graph.find_modules_directly_imported_by(module):
            here, there = _room(module), _room(imported)
            if here != there and {here, there} <= arrows.keys():
                arrows[here].add(there)
    return arrows


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _reached(arrows: Arrows, start: str) -> set[str]:
    """Every room to which imports lead from here, and here."""
    seen, waiting = {start}, [start]
    while waiting:
        new = arrows[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def _floors(arrows: Arrows, circles: Iterable[frozenset[str]]) -> int:
    """How many rooms lie on the longest way down; a circle counts as one."""
    of = {room: circle for circle in circles for room in circle}
    below = {circle: {of[there] for room in circle for there in arrows[room]} - {circle} for circle in circles}
    height: dict[frozenset[str], int] = {}
    for circle in TopologicalSorter(below).static_order():
        height[circle] = 1 + max((height[lower] for lower in below[circle]), default=0)
    return max(height.values(), default=0)
