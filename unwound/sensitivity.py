"""What a result rests on: inputs varied over ranges or distributions, one at a time and all at once (Sobol's indices).

`vary(of, inputs)` calls `of` with each input by name. What comes back is read by its kind: of a review or a decision
the verdict, of a plan verdict, amount, hours and peak, of a curve peaks and areas, and numbers by name as they are. Of
a verdict there are shares: how often it comes out.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import stats

from unwound import __version__, catalogue, extras, notebook
from unwound.candidacy import Verdict
from unwound.pathway import Decision, Review
from unwound.pharmacology.models import Array
from unwound.pharmacology.simulation import Curve
from unwound.protocols.planner import Plan, PlanVerdict
from unwound.record import UnwoundError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Alone", "Among", "Between", "Index", "Input", "Sensitivity", "Spread", "vary"]

ENDS = (0.05, 0.95)
"""The quantiles of a distribution between which it is varied alone, and those of a result."""
COLUMNS = ("outcome", "input", "quantity", "at", "value")
RESAMPLED = 200
"""Resamplings for the interval of an index."""


class Distribution(Protocol):
    """What SciPy calls a frozen distribution: `scipy.stats.norm(70, 12)`."""

    def ppf(self, q: Any) -> Any:
        """The value below which a share q lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Anything from `low` to `high`, each equally likely; varied around `usual`, or around the middle without it."""

    low: float
    high: float
    usual: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """One of these values, each equally likely (None is not known); varied around `usual`, the first without it."""

    values: tuple[Any, ...]
    usual: int = 0
    """Its place among the values."""


Input = Between | Among | Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What comes out with one input at one value and all others as usual; None where there is nothing."""

    outcome: str
    input: str
    at: str
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How an outcome spreads when everything varies; of a verdict `mean` is the share of runs that come to it."""

    outcome: str
    mean: float
    low: float
    median: float
    high: float
    """The quantiles 0.05, 0.5 and 0.95."""
    without: int
    """Runs that have no such outcome: a refused plan has no peak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The share of an outcome's variance that one input brings by itself, and with all it does together with others.

    Each with a 95 % interval by resampling; a wide one asks for more runs.
    """

    outcome: str
    input: str
    first: float
    first_interval: tuple[float, float]
    total: float
    total_interval: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What varied inputs do. The indices suppose that the inputs are independent of each other."""

    inputs: tuple[str, ...]
    alone: tuple[Alone, ...]
    spread: tuple[Spread, ...]
    indices: tuple[Index, ...]
    notes: tuple[str, ...]
    """Outcomes without an index, and why."""
    runs: int
    """How often it was computed; what had been computed already was not again."""
    seed: int
    version: str
    data_fingerprint: str

    def __repr__(self) -> str:
        """One line: what was varied, how often, and what of."""
        outcomes = ", ".join(spread.outcome for spread in self.spread)
        return f"<Sensitivity to {', '.join(self.inputs)}: {outcomes}; {self.runs} runs, seed {self.seed}>"

    def _repr_html_(self) -> str:
        """One screen of a notebook."""
        spread = (
            f"{outcome.outcome}: {outcome.mean:.4g} ({outcome.low:.4g} to {outcome.high:.4g})"
            for outcome in self.spread
        )
        indices = (f"{index.outcome} by {index.input}: {index.first:.2f}, {index.total:.2f}" for index in self.indices)
        parts = (
            ("Spread: mean (5 % to 95 %)", spread),
            ("Share of the variance: by itself, with all it does together with others", indices),
            ("Notes", self.notes),
        )
        return notebook.shown(repr(self)[1:-1], parts)

    def to_dict(self) -> dict[str, list[Any]]:
        """One number a row, by columns: outcome, input, quantity, at (the value of an input varied alone), value."""
        rows = list(self._rows())
        return {name: [row[n] for row in rows] for n, name in enumerate(COLUMNS)}

    def to_arrow(self) -> pa.Table:
        """The same as a table of Arrow's. MissingPartError without the extra «tables»."""
        with extras.needed("a table"):
            import pyarrow as pa

        kinds = [*[pa.string()] * 4, pa.float64()]
        return pa.table(self.to_dict(), schema=pa.schema(list(zip(COLUMNS, kinds, strict=True))))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table as a stream of Arrow's."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _rows(self) -> Iterator[tuple[str, str | None, str, str | None, float | None]]:
        yield from ((run.outcome, run.input, "alone", run.at, run.value) for run in self.alone)
        for outcome in self.spread:
            for quantity in ("mean", "low", "median", "high"):
                yield outcome.outcome, None, quantity, None, getattr(outcome, quantity)
        for index in self.indices:
            for quantity in ("first", "total"):
                low, high = getattr(index, f"{quantity}_interval")
                yield index.outcome, index.input, quantity, None, getattr(index, quantity)
                yield index.outcome, index.input, f"{quantity} low", None, low
                yield index.outcome, index.input, f"{quantity} high", None, high


def vary(
    of: Callable[..., object], inputs: Mapping[str, Input], *, n: int = 128, steps: int = 5, seed: int = 1
) -> Sensitivity:
    """`of(**inputs)` with each input varied alone in `steps`, then all at once in `n` * (inputs + 2) runs.

    `n` is a power of two. Indices are Saltelli's (2010), by SciPy. UnwoundError for a range that is none, for an input
    that `of` does not take, and for what it raises, with the inputs of that run.
    """
    _checked(of, inputs, n, steps)
    asked = _Asked(of, inputs)
    alone = tuple(_alone(asked, inputs, steps))
    drawn = stats.qmc.Sobol(2 * len(inputs), rng=np.random.default_rng(seed)).random(n).T
    first, second = drawn[: len(inputs)], drawn[len(inputs) :]
    mixed = []
    for row in range(len(inputs)):
        exchanged = first.copy()
        exchanged[row] = second[row]
        mixed.append(exchanged)
    results = [[asked.at_shares(column) for column in block.T] for block in (first, second, *mixed)]
    names = list(dict.fromkeys(name for outcomes in asked.results.values() for name in outcomes))
    spread, indices, notes = [], list[Index](), list[str]()
    for name in names:
        values = np.array([[_number(name, outcomes) for outcomes in block] for block in results])
        spread.append(_spread(name, values[:2].ravel()))
        made, why = _indices(name, tuple(inputs), values, seed)
        indices += made
        notes += [why] if why else []
    return Sensitivity(
        inputs=tuple(inputs), alone=alone, spread=tuple(spread), indices=tuple(indices), notes=tuple(notes),
        runs=len(asked.results), seed=seed, version=__version__, data_fingerprint=catalogue.fingerprint(),
    )  # fmt: skip


class _Asked:
    """Asks for each set of inputs once, and keeps what came back."""

    def __init__(self, of: Callable[..., object], inputs: Mapping[str, Input]) -> None:
        self.of, self.inputs = of, inputs
        self.results: dict[tuple[Any, ...], Mapping[str, float]] = {}

    def at_shares(self, shares: Array) -> Mapping[str, float]:
        """At the values that lie at these shares of each input."""
        return self.at(
            [_at(varied, share) for varied, share in zip(self.inputs.values(), shares.tolist(), strict=True)]
        )

    def at(self, values: Sequence[Any]) -> Mapping[str, float]:
        """At these values."""
        key = tuple((type(value), value) for value in values)
        if key not in self.results:
            arguments = dict(zip(self.inputs, values, strict=True))
            try:
                self.results[key] = _outcomes(self.of(**arguments))
            except UnwoundError as error:
                setting = ", ".join(f"{name} = {_said(value)}" for name, value in arguments.items())
                raise UnwoundError(f"with {setting}: {error}") from error
        return self.results[key]


def _checked(of: Callable[..., object], inputs: Mapping[str, Input], n: int, steps: int) -> None:
    """UnwoundError, naming the input, for what cannot be varied. A branch for each mistake."""
    if not inputs:
        raise UnwoundError("name at least one input to vary: vary(of, {'weight_kg': Between(low=50, high=100)})")
    if n < 2 or n & (n - 1):
        raise UnwoundError(f"n: a power of two is needed (64, 128, 256 ...), not {n}")
    if steps < 2:
        raise UnwoundError(f"steps: at least 2 are needed, not {steps}")
    for name, varied in inputs.items():
        if isinstance(varied, Between):
            usual = varied.low if varied.usual is None else varied.usual
            if not -math.inf < varied.low < varied.high < math.inf or not varied.low <= usual <= varied.high:
                raise UnwoundError(f"{name}: low is below high, and usual between them, not {varied}")
        elif isinstance(varied, Among):
            if len(varied.values) < 2 or not 0 <= varied.usual < len(varied.values):
                raise UnwoundError(f"{name}: at least two values, and usual the place of one of them, not {varied}")
            if any(isinstance(value, list | set | dict) for value in varied.values):
                raise UnwoundError(f"{name}: several words as one value are a tuple, not a list")
        elif not callable(getattr(varied, "ppf", None)):
            raise UnwoundError(f"{name}: Between, Among or a distribution of scipy.stats is needed, not {varied!r}")
    try:
        inspect.signature(of).bind(**dict.fromkeys(inputs))
    except TypeError as error:
        raise UnwoundError(f"the function is called with {', '.join(inputs)}: {error}") from None


def _at(varied: Input, share: float) -> Any:
    """The value of an input at a share from 0 to 1."""
    if isinstance(varied, Between):
        return varied.low + share * (varied.high - varied.low)
    if isinstance(varied, Among):
        return varied.values[min(int(share * len(varied.values)), len(varied.values) - 1)]
    return float(varied.ppf(share))


def _usual(varied: Input) -> Any:
    if isinstance(varied, Among):
        return varied.values[varied.usual]
    return varied.usual if isinstance(varied, Between) and varied.usual is not None else _at(varied, 0.5)


def _steps(varied: Input, steps: int) -> Iterator[Any]:
    """The values of an input varied alone: all of several, a range to its ends, a distribution short of its tails."""
    if isinstance(varied, Among):
        yield from varied.values
        return
    low, high = (0.0, 1.0) if isinstance(varied, Between) else ENDS
    yield from (_at(varied, share) for share in np.linspace(low, high, steps).tolist())


def _alone(asked: _Asked, inputs: Mapping[str, Input], steps: int) -> Iterator[Alone]:
    # A run may lack an outcome that another has: it is listed for both, with no value where it did not come out.
    usual = [_usual(varied) for varied in inputs.values()]
    runs = [
        (name, _said(value), asked.at([*usual[:row], value, *usual[row + 1 :]]))
        for row, (name, varied) in enumerate(inputs.items())
        for value in _steps(varied, steps)
    ]
    for outcome in dict.fromkeys(outcome for _, _, outcomes in runs for outcome in outcomes):
        for name, at, outcomes in runs:
            value = _number(outcome, outcomes)
            yield Alone(outcome=outcome, input=name, at=at, value=None if math.isnan(value) else value)


def _said(value: Any) -> str:
    if value is None:
        return "not known"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _outcomes(result: object) -> Mapping[str, float]:
    """What came back as numbers by name. A branch for each kind. UnwoundError for what is none of them."""
    if isinstance(result, Review):
        return _shares(Verdict, result.candidacy.verdict)
    if isinstance(result, Decision):
        return _shares(Verdict, result.verdict)
    if isinstance(result, Plan):
        numbers = {"total_mg": result.total_mg, "hours": result.hours} if result.doses else {}
        peak = {"peak_ng_per_ml": result.predicted.peak_ng_per_ml[1]} if result.predicted else {}
        return {**_shares(PlanVerdict, result.verdict), **numbers, **peak}
    if isinstance(result, Curve):
        return dict(_of_curve(result))
    if isinstance(result, Real):
        return {"result": float(result)}
    if isinstance(result, Mapping) and all(isinstance(number, Real) for number in result.values()):
        return {str(name): float(number) for name, number in result.items()}
    raise UnwoundError(
        f"what comes back is a Review, Decision, Plan, Curve, a number or numbers by name, not {type(result).__name__}"
    )


def _shares(verdicts: type[Verdict] | type[PlanVerdict], came_out: str) -> dict[str, float]:
    return {f"verdict {came_out}": 1.0} if came_out in list(verdicts) else {}


def _of_curve(curve: Curve) -> Iterator[tuple[str, float]]:
    """Peak and area (trapezoids between the times) of each output and site of the first subject."""
    times = curve.times_h if curve.times_h.ndim == 1 else curve.times_h[0]
    for name, levels in (*curve.concentrations.items(), *curve.sites.items()):
        yield f"{name} cmax_ng_per_ml", float(levels[0].max())
        yield f"{name} auc_ng_h_per_ml", float(np.trapezoid(levels[0], times))


def _number(name: str, outcomes: Mapping[str, float]) -> float:
    """The outcome of one run; a verdict that did not come out is 0, a number that is not there is no number."""
    return outcomes.get(name, 0.0 if name.startswith("verdict ") else math.nan)


def _spread(name: str, values: Array) -> Spread:
    there = values[np.isfinite(values)]
    low, median, high = np.quantile(there, (ENDS[0], 0.5, ENDS[1])).tolist() if there.size else (math.nan,) * 3
    return Spread(
        outcome=name, mean=float(there.mean()) if there.size else math.nan, low=low, median=median, high=high,
        without=values.size - there.size,
    )  # fmt: skip


def _indices(name: str, inputs: tuple[str, ...], values: Array, seed: int) -> tuple[list[Index], str]:
    """The indices of one outcome, or why there are none."""
    if not np.isfinite(values).all():
        return [], f"{name}: no index, for {int((~np.isfinite(values)).sum())} runs have no such outcome"
    if np.ptp(values[:2]) <= 1e-12 * np.abs(values[:2]).max():
        return [], f"{name}: no index, for it does not vary"
    draws = np.random.default_rng(seed).integers(0, values.shape[1], (RESAMPLED, values.shape[1]))
    first, total = _sobol(values)
    resampled = np.array([_sobol(values[:, draw]) for draw in draws])
    ends = np.quantile(resampled, (0.025, 0.975), axis=0)  # (end, order, input)
    return [
        Index(
            outcome=name, input=input,
            first=float(first[k]), first_interval=(float(ends[0, 0, k]), float(ends[1, 0, k])),
            total=float(total[k]), total_interval=(float(ends[0, 1, k]), float(ends[1, 1, k])),
        )
        for k, input in enumerate(inputs)
    ], ""  # fmt: skip


def _sobol(values: Array) -> tuple[Array, Array]:
    """The indices of the first order and in total, an input each; 0 where resampled values do not vary."""
    twice = np.stack([values, values], axis=1)  # SciPy fails on one outcome of one input
    parts = {"f_A": twice[0], "f_B": twice[1], "f_AB": twice[2:]}
    with np.errstate(all="ignore"):
        indices = stats.sobol_indices(func=parts, n=values.shape[1])
    inputs = len(values) - 2
    return indices.first_order.reshape(2, inputs)[0], indices.total_order.reshape(2, inputs)[0]
