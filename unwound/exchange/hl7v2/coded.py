"""Coded elements (CE, CWE): a code, its text and its system, and behind them an alternate code."""

from __future__ import annotations

from collections.abc import Sequence

from unwound.exchange.device_codes import Coding
from unwound.exchange.names import clean

Components = Sequence[Sequence[str]]


def codings(repetitions: Sequence[Components]) -> tuple[Coding, ...]:
    """Code and alternate code of the first repetition; one that says nothing where neither is there."""
    components = repetitions[0] if repetitions else ()
    both = coding(components), coding(components[3:])
    return tuple(each for each in both if each.code or each.text) or (Coding(""),)


def coding(components: Components) -> Coding:
    """What the first three components say."""
    parts = [clean(part[0]) for part in components[:3]] + ["", "", ""]
    return Coding(*parts[:3])
