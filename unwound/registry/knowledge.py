"""What the registry rests on: bands, windows and changes that count, each cited."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from unwound.catalogue import Cited, Frozen, Head, load_rule


class Window(Frozen):
    """When a score counts as one of the times that are published: days after the last infusion."""

    id: str
    title: str
    start: Cited
    until: Cited
    at: Cited


class Measure(Frozen):
    """One form, which way is better, and the smallest change that is counted."""

    instrument: str
    better: Literal["lower", "higher"]
    meaningful: Cited

    def gain(self, before: float, after: float) -> float:
        """By how much it became better; below zero where it became worse."""
        return before - after if self.better == "lower" else after - before


class Registry(Head):
    """`data/rules/registry.toml`."""

    age_bands: tuple[Cited, ...]
    oldest: Cited
    most_left_out: Cited
    shift: Cited
    before_at_most: Cited
    completed: Cited
    windows: tuple[Window, ...]
    measures: tuple[Measure, ...]

    @model_validator(mode="after")
    def _windows_are_apart(self) -> Registry:
        ends = [end for window in self.windows for end in (window.start.value, window.until.value)]
        if ends != sorted(ends):
            raise ValueError("windows of time must not overlap")
        return self


def registry() -> Registry:
    """How courses are published without names."""
    return load_rule("registry", Registry)
