"""Concentrations that others measured after known doses: what every model is held against."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import model_validator

from unwound.catalogue import Checked, Frozen, Head, load
from unwound.pharmacology.models import Sampling
from unwound.terms import Drug


class Given(Frozen):
    """A further dose of an observed schedule."""

    time_h: float
    amount_mg: float
    duration_h: float = 0.0
    route: str = "iv"


class Observed(Frozen):
    """What was measured after one schedule: concentrations at times, a peak, or an area."""

    name: str
    amount_mg: float
    duration_h: float
    weight_kg: float
    output: str = "plasma"
    route: str = "iv"
    further: tuple[Given, ...] = ()
    times_h: tuple[float, ...] = ()
    observed_ng_per_ml: tuple[float, ...] = ()
    """At these times; with no times, the peak."""
    observed_area_ng_h_per_ml: float | None = None
    """The area under the curve from 0 to the one time in `times_h`, instead of concentrations."""
    fitted_to: tuple[str, ...] = ()
    """Models that were made from these data, or that made them: they prove nothing of those."""
    checked: Checked
    note: str = ""

    @model_validator(mode="after")
    def _says_what_was_seen(self) -> Observed:
        area = self.observed_area_ng_h_per_ml is not None
        if area == bool(self.observed_ng_per_ml) or (area and len(self.times_h) != 1):
            raise ValueError("observed are either concentrations, or one area up to the one time in times_h")
        if not area and len(self.observed_ng_per_ml) != max(1, len(self.times_h)):
            raise ValueError("one concentration a time is needed; with no times, one peak")
        return self

    @property
    def routes(self) -> frozenset[str]:
        """By which the doses went in."""
        return frozenset({self.route, *(dose.route for dose in self.further)})


class Observations(Head):
    """One file of `data/observations`: what one study measured."""

    drug: Drug
    sampling: Sampling
    source: str
    rows: tuple[Observed, ...]


def observations() -> Mapping[str, Observations]:
    """Every study's measurements by its id."""
    return load("observations", Observations)
