"""Concentrations at which something was seen in people, for each drug by itself, and from which a plan asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from unwound.catalogue import Cited, CitedText, Frozen, Head, load_rule
from unwound.terms import Drug


class Landmark(Frozen):
    """One concentration in ng/mL with its range; `asks_from` is the end from which a plan asks, if it ever does."""

    title: str
    at: Cited
    asks_from: Literal["", "low", "value", "high"] = ""
    says: CitedText

    @model_validator(mode="after")
    def _is_a_concentration(self) -> Landmark:
        if self.at.unit != "ng/mL" or not self.at.value > 0:
            raise ValueError("a landmark is a concentration above zero in ng/mL")
        if self.asks_from and self.asks_ng_per_ml is None:
            raise ValueError(f"asks_from: its range has no end «{self.asks_from}»")
        return self

    @property
    def from_ng_per_ml(self) -> float:
        """Where it begins: the lower end of its range."""
        return self.at.value if self.at.low is None else self.at.low

    @property
    def asks_ng_per_ml(self) -> float | None:
        """The concentration from which a plan asks; None where it never does."""
        ends = {"low": self.at.low, "value": self.at.value, "high": self.at.high}
        return ends.get(self.asks_from)


class Landmarks(Head):
    """The file `rules/landmarks.toml`."""

    racemic: Mapping[str, Landmark]
    esketamine: Mapping[str, Landmark]


def landmarks(drug: Drug) -> Mapping[str, Landmark]:
    """The landmarks of one drug, by rising concentration; those of the other drug never stand for them."""
    every = load_rule("landmarks", Landmarks)
    own = every.racemic if drug == Drug.RACEMIC else every.esketamine
    return dict(sorted(own.items(), key=lambda entry: entry[1].from_ng_per_ml))
