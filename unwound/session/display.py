"""Which signs are typed, and which are shown where and in what order, as `charting` in the file of each sign states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from unwound.session.signs import signs

PAPER: Mapping[str, tuple[str, ...]] = {
    "upper caret": ("systolic",),
    "lower caret": ("diastolic",),
    "cross": ("mean_pressure",),
    "dot": ("heart_rate", "pulse_rate"),
    "saturation": ("spo2",),
    "breath": ("etco2",),
    "ring": ("respiratory_rate",),
}
"""How a paper anaesthesia record marks signs; of several the first that was read."""


def baseline() -> tuple[str, ...]:
    """The signs that are measured before the start, in the order in which they are typed."""
    return tuple(id for id in _typed() if signs()[id].charting.baseline)


def by_hand() -> tuple[str, ...]:
    """The signs that are typed at the bedside, in that order."""
    return tuple(id for id in _typed() if signs()[id].charting.by_hand)


def tiles(there: Iterable[str]) -> tuple[str, ...]:
    """The signs with a tile of their own on the screen, from the top; those without a place after the others."""
    partners = _partners()
    ids = (id for id in dict.fromkeys(there) if signs()[id].charting.tile and id not in partners)
    return tuple(sorted(ids, key=_screen))


def columns(there: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The signs of each column of the record: as on the screen, then by id; a pair shares one."""
    partners = _partners()
    heads = {partners.get(id, id) for id in there}
    for id in sorted(heads, key=lambda id: (_screen(id), id)):
        pair = signs()[id].charting.pair
        yield (id, pair.sign) if pair else (id,)


def trends() -> tuple[str, ...]:
    """The signs that are drawn over time, in the order of the screen."""
    return tuple(sorted((id for id, sign in signs().items() if sign.charting.trend), key=_screen))


def on_board(there: Iterable[str]) -> frozenset[str]:
    """The signs that the board of all beds shows."""
    return frozenset(id for id in there if signs()[id].charting.board)


def stands_in_for(id: str) -> str:
    """The sign in whose place this one may be measured; empty where there is none."""
    return next((replaced for replaced, sign in signs().items() if id in sign.met_by), "")


def figures(there: Iterable[str]) -> tuple[str, ...]:
    """The signs that a paper record writes as figures beneath the picture: read, without a mark, as on the screen."""
    drawn = {id for ids in PAPER.values() for id in ids}
    return tuple(sorted(set(there) - drawn, key=lambda id: (_screen(id), id)))


def _typed() -> list[str]:
    return sorted(
        (id for id, sign in signs().items() if sign.charting.baseline or sign.charting.by_hand),
        key=lambda id: signs()[id].charting.entry or math.inf,
    )


def _screen(id: str) -> float:
    return signs()[id].charting.screen or math.inf


def _partners() -> dict[str, str]:
    """The second sign of each pair, and the first that it is shown with."""
    return {sign.charting.pair.sign: id for id, sign in signs().items() if sign.charting.pair}


def marked(mark: str, there: Iterable[str]) -> str:
    """The sign that has this mark on paper, of those that were read; empty where none was."""
    read = set(there)
    return next((id for id in PAPER[mark] if id in read), "")
