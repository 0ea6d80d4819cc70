"""Relief over the weeks after a course, from a simulated person or population, with its band and where data end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from unwound.pharmacology import effects
from unwound.pharmacology.models import Array
from unwound.pharmacology.simulation import Curve
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.pharmacology.population import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """Relief over time to be drawn: shares of the largest relief, (times,) each; hours count as in the simulation.

    `average` is what everybody has on average, those who do not respond included. `share` responds.
    """

    name: str
    times_h: Array
    responder: Array
    low: Array
    high: Array
    average: Array
    share: float
    stop_h: float
    data_end_days: float
    band: str
    """What `low` to `high` is, in words."""


def relief_of(name: str, curve: Curve | Summary, stop_h: float) -> Relief:
    """Relief of one typical subject or of a population, simulated with the sites of chronic relief."""
    effect = effects.effect(effects.RELIEF)
    if effect.responders is None or effect.data_end_days is None:
        raise UnwoundError("relief needs responders and the end of controlled data")
    if isinstance(curve, Curve):
        if len(curve.weight_kg) != 1:
            raise UnwoundError(
                f"{name}: one subject is drawn, not {len(curve.weight_kg)}; summarise a population first"
            )
        expected = effects.expected_relief(curve, stop_h)
        middle, low, high = expected.responder[0], expected.low[0], expected.high[0]
        band = "band: the intervals of the relief model's numbers"
    else:
        sites = curve.concentrations.get(effects.RELIEF)
        if sites is None:
            raise UnwoundError(f"{name}: simulate with sites=effects.sites_of({effects.RELIEF!r})")
        low, middle, high = (
            effects.response(effects.RELIEF, effects.esketamine(row, curve.drug)) for row in spread(curve, sites)
        )
        band = band_of(curve) + ", of concentrations only"
    share, end = effect.responders.drug.value, effect.data_end_days.value
    return Relief(
        name=name,
        times_h=curve.times_h,
        responder=middle,
        low=low,
        high=high,
        average=share * middle,
        share=share,
        stop_h=stop_h,
        data_end_days=end,
        band=band,
    )


def spread(curve: Summary, quantiles: Array) -> tuple[Array, Array, Array]:
    """Lowest, middle and highest quantile, (times,) each."""
    order = np.argsort(curve.probabilities)
    middle = int(np.argmin(np.abs(curve.probabilities - 0.5)))
    return quantiles[order[0]], quantiles[middle], quantiles[order[-1]]


def band_of(curve: Summary) -> str:
    """What the quantiles span, in words."""
    return f"band: {curve.probabilities.min():.0%} to {curve.probabilities.max():.0%} of {curve.n:,} simulated people"
