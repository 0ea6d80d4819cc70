"""Many subjects: who they are (`draw`) and how their curves spread (`population`), in memory that does not grow with n.

The same seed gives the same subjects whatever the chunk, the order or the machine: every block of 8192 subjects has its
own counter-based stream. Few subjects are kept and their quantiles are numpy's own. For more, every quantile is found
by counting: a first pass counts each value by the leading bits of its binary form, a second one counts again inside
the bins that hold the wanted ranks. No curve is stored, and a quantile is off by at most `RELATIVE_ERROR` of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unwound import extras, notebook
from unwound.pharmacology import models, simulation
from unwound.pharmacology.alike import Tabled
from unwound.pharmacology.dosing import Schedule
from unwound.pharmacology.models import Array, Model, Variability
from unwound.pharmacology.solver import counting
from unwound.pharmacology.solver.exposure import exposure
from unwound.pharmacology.solver.runner import Progress, Runner
from unwound.pharmacology.subjects import Occasions, Subjects
from unwound.record import UnwoundError
from unwound.terms import Drug

with extras.needed("a population"):
    from scipy.special import ndtr, ndtri

BLOCK = 8192
"""Subjects that share one stream of random numbers; part of the meaning of a seed, never to be changed."""
OF_OCCASIONS = 1 << 62
"""Streams of occasions begin here: no block of subjects has such a number."""
AT_ONCE = 1_500_000
"""Values simulated at once, unless a number of subjects is asked for."""
KEPT_BYTES = 64 * 2**20
"""Up to this size the curves are kept and the quantiles are exact."""
COLUMNS = 1000
"""Values a subject that are counted at once (64 kB each); a population with more is gone through again."""
RELATIVE_ERROR = counting.RELATIVE_ERROR

Span = tuple[int, int]
Weights = float | Array | tuple[float, float, float, float]
Schedules = Schedule | Callable[[float], Schedule]
"""One schedule for all, or a function from weight (kg) to schedule, for doses by the kilogram."""


def draw(model: Model | str, n: int, seed: int, *, weight_kg: Weights, first: int = 0) -> Subjects:
    """Subjects `first` to `first + n` of the population of this seed, with correlated deviations of the model's own.

    `weight_kg`: one number, one a subject (n,), or (mean, sd, low, high) of a normal distribution cut off at both ends.
    UnwoundError for a bad number of subjects, seed or weight.
    """
    loaded = models.model(model) if isinstance(model, str) else model
    if n < 1 or first < 0:
        raise UnwoundError(f"a population needs at least one subject, from the first on, not {n} from {first} on")
    if not 0 <= seed < 2**63:
        raise UnwoundError(f"a seed is a whole number of 0 or more and below 2^63, not {seed}")
    root = square_root(loaded)
    rows = [_block(seed, block, len(root)) for block in range(first // BLOCK, (first + n - 1) // BLOCK + 1)]
    start = first % BLOCK
    uniform = np.concatenate([row for row, _ in rows])[start : start + n]
    eta = np.concatenate([normal @ root for _, normal in rows])[start : start + n]
    return Subjects(_weights(weight_kg, uniform), eta if len(root) else None)


def _block(seed: int, block: int, varying: int) -> tuple[Array, Array]:
    """A whole block's uniform numbers (for weights) and normal ones (for deviations)."""
    stream = np.random.Generator(np.random.Philox(key=np.array([seed, block], dtype=np.uint64)))
    return stream.random(BLOCK), stream.standard_normal((BLOCK, varying))


def draw_occasions(model: Model, n: int, seed: int, occasions: int, *, first: int = 0) -> Array:
    """Deviations of every occasion of subjects `first` to `first + n`: (n, occasions, varying between occasions)."""
    root = root_of(model.between_occasions)
    deviations = np.zeros((n, occasions, len(root)))
    for occasion in range(occasions if root.size else 0):
        blocks = range(first // BLOCK, (first + n - 1) // BLOCK + 1)
        rows = [_block(seed, OF_OCCASIONS + (occasion << 32) + block, len(root))[1] @ root for block in blocks]
        deviations[:, occasion] = np.concatenate(rows)[first % BLOCK :][:n]
    return deviations


def square_root(model: Model) -> Array:
    """The symmetric root of the covariance between subjects: unique, and there for singular ones too."""
    return root_of(model.variability)


def root_of(variability: Variability) -> Array:
    """The symmetric root of a covariance; (0, 0) where nothing varies."""
    if not variability.parameters:
        return np.zeros((0, 0))
    values, vectors = np.linalg.eigh(np.array(variability.covariance, dtype=float))
    root: Array = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


def _weights(weight_kg: Weights, uniform: Array) -> Array:
    """The weight of every subject (kg). Three ways to give weights, and each can be wrong in its own way."""
    if not isinstance(weight_kg, tuple):
        fixed = np.asarray(weight_kg, dtype=float)
        if fixed.ndim and fixed.shape != uniform.shape:
            raise UnwoundError(f"weight_kg: {fixed.size} weights for {uniform.size} subjects")
        return np.broadcast_to(fixed, uniform.shape).copy()
    if len(weight_kg) != 4:
        raise UnwoundError("weight_kg: a distribution is (mean, sd, low, high)")
    mean, sd, low, high = (float(number) for number in weight_kg)
    if not (sd > 0 and 0 < low < high < np.inf and np.isfinite(mean)):
        raise UnwoundError(f"weight_kg: (mean, sd, low, high) with sd above 0 and 0 < low < high, not {weight_kg}")
    lowest, highest = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    if not highest > lowest:
        raise UnwoundError(f"weight_kg: a mean of {mean:g} and sd of {sd:g} leave nobody between {low:g} and {high:g}")
    drawn: Array = np.clip(mean + sd * ndtri(lowest + uniform * (highest - lowest)), low, high)
    return drawn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summary(Tabled):
    """How a population's curves spread; `axes` names the axes of every array.

    Peaks, their times, areas (linear trapezoid) and hours above a level are read off `times_h`: give the ends of
    infusions as times. A quantile of anything that only rises with a concentration (relief with its site, say) is that
    thing at the concentration's quantile. `relative_error` is 0 where the curves were kept.
    """

    model: str
    drug: Drug
    n: int
    seed: int
    probabilities: Array
    times_h: Array
    levels_ng_per_ml: Array
    concentrations: Mapping[str, Array]
    """Output or site -> (quantile, time), ng/mL."""
    cmax_ng_per_ml: Mapping[str, Array]
    tmax_h: Mapping[str, Array]
    auc_ng_h_per_ml: Mapping[str, Array]
    hours_above: Mapping[str, Array]
    """Output or site -> (quantile, level)."""
    relative_error: float
    each: Mapping[str, Array] = field(default_factory=dict)
    """With `each=True`: «plasma cmax_ng_per_ml» and the like -> (subject,)."""

    def __repr__(self) -> str:
        """One line: what was simulated, of how many, over which hours."""
        return (
            f"<Population of {self.n:,}, {self.drug} by {self.model}: {', '.join(self.concentrations)}; "
            f"seed {self.seed}, times: {self.times_h.size}, from {self.times_h.min():g} to {self.times_h.max():g} h>"
        )

    def _repr_html_(self) -> str:
        """The line and a small picture of the quantiles in plasma."""
        plasma = self.concentrations["plasma"]
        drawn = {f"{p:.4g} quantile": row.tolist() for p, row in zip(self.probabilities, plasma, strict=True)}
        return notebook.shown(repr(self)[1:-1], (), picture=notebook.curves(self.times_h.tolist(), drawn, "ng/mL"))

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The names of the axes of every array."""
        return {
            "concentrations": ("quantile", "time"),
            "cmax_ng_per_ml": ("quantile",),
            "tmax_h": ("quantile",),
            "auc_ng_h_per_ml": ("quantile",),
            "hours_above": ("quantile", "level"),
            "each": ("subject",),
        }

    def tidy(self) -> Any:
        """A pyarrow table, one value a row: quantity, output, probability, time_h, level_ng_per_ml, value."""
        with extras.needed("a table"):
            import pyarrow as pa

        columns: dict[str, list[Any]] = {name: [] for name in TIDY}
        for row in self._rows():
            for name, value in zip(TIDY, row, strict=True):
                columns[name].append(value)
        kinds = [pa.string(), pa.string(), pa.float64(), pa.float64(), pa.float64(), pa.float64()]
        return pa.table(columns, schema=pa.schema(list(zip(TIDY, kinds, strict=True))))

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows of `tidy`. Curves, scalars and hours above a level have different axes, so each has its loop."""
        for output, values in self.concentrations.items():
            for p, row in zip(self.probabilities, values, strict=True):
                for time, value in zip(self.times_h, row, strict=True):
                    yield "concentration_ng_per_ml", output, p, time, None, value
        for name in SCALARS:
            for output, values in getattr(self, name).items():
                for p, value in zip(self.probabilities, values, strict=True):
                    yield name, output, p, None, None, value
        for output, values in self.hours_above.items():
            for p, row in zip(self.probabilities, values, strict=True):
                for level, value in zip(self.levels_ng_per_ml, row, strict=True):
                    yield "hours_above", output, p, None, level, value


TIDY = ("quantity", "output", "probability", "time_h", "level_ng_per_ml", "value")
SCALARS = ("cmax_ng_per_ml", "tmax_h", "auc_ng_h_per_ml")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """Everything needed to simulate any part of a population."""

    doses: Schedules
    model: Model
    seed: int
    times_h: Array
    weight_kg: Weights
    sites: Mapping[str, float]
    levels: Array
    occasions: Occasions | None = None

    def part(self, first: int, size: int) -> _Job:
        """The same for subjects `first` to `first + size` only: a task carries no other weights."""
        if isinstance(self.weight_kg, np.ndarray) and self.weight_kg.ndim:
            weights: Weights = self.weight_kg[first : first + size]
            return replace(self, weight_kg=weights)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Outputs, then sites."""
        return (*self.model.outputs, *self.sites)

    @property
    def columns(self) -> int:
        """Values a subject gives: every curve, then every scalar."""
        return len(self.names) * (self.times_h.size + len(SCALARS) + self.levels.size)


def population(
    doses: Schedules,
    model: Model | str,
    *,
    n: int,
    seed: int,
    times_h: Sequence[float] | Array,
    weight_kg: Weights,
    sites: Mapping[str, float] | None = None,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    above_ng_per_ml: Sequence[float] = (),
    each: bool = False,
    cluster: str | None = None,
    chunk: int | None = None,
    progress: Progress | None = None,
    occasions: Occasions | None = None,
) -> Summary:
    """The spread of everything `simulate` gives over `n` subjects of the model, in bounded memory.

    `each` keeps peak, time of peak, area and hours above every level of each subject. `cluster` is the address of a
    dask scheduler: the same subjects there, the same numbers back; a lost worker costs its tasks, done again elsewhere.
    `progress` is called with (subjects done, subjects to do); a large one is gone through twice for every thousand of
    its outputs, sites and times. On every one of the `occasions` of a schedule (one where none are given) each subject
    deviates anew, as far as the model says how much. UnwoundError as in `draw` and `simulate`, for quantiles outside
    0 to 1, and for several occasions of a model that does not say it. The branches choose between keeping every curve
    and counting.
    """
    loaded = models.model(model) if isinstance(model, str) else model
    wanted = _probabilities(quantiles)
    if chunk is not None and chunk < 1:
        raise UnwoundError(f"chunk: at least one subject at once, not {chunk}")
    times = np.asarray(times_h, dtype=float)
    levels = np.atleast_1d(np.asarray(above_ng_per_ml, dtype=float))
    weights = weight_kg if isinstance(weight_kg, tuple) else np.asarray(weight_kg, dtype=float)
    job = _Job(
        doses=doses,
        model=loaded,
        seed=seed,
        times_h=times,
        weight_kg=weights,
        sites=dict(sites or {}),
        levels=levels,
        occasions=occasions,
    )
    _check(job, n)
    kept = n * job.columns * 8 <= KEPT_BYTES
    size = chunk or max(1, AT_ONCE // job.columns)
    with Runner(job, n, size, cluster, progress) as runner:
        quantile_rows, scalars = _exact(job, runner, n, wanted) if kept else _counted(job, runner, n, wanted, each)
    id = model if isinstance(model, str) else loaded.title
    return _summary(
        job,
        id,
        n=n,
        wanted=wanted,
        quantiles=quantile_rows,
        kept=scalars if each else None,
        error=0.0 if kept else RELATIVE_ERROR,
    )


def _probabilities(quantiles: Sequence[float]) -> Array:
    wanted = np.asarray(quantiles, dtype=float)
    if wanted.ndim != 1 or not wanted.size or not ((wanted >= 0) & (wanted <= 1)).all():
        raise UnwoundError(f"quantiles: numbers from 0 to 1 are needed, not {list(quantiles)}")
    return wanted


def _check(job: _Job, n: int) -> None:
    """Bad input is reported before anything runs, here and not on a cluster."""
    if isinstance(job.weight_kg, np.ndarray) and job.weight_kg.ndim and job.weight_kg.shape != (n,):
        raise UnwoundError(f"weight_kg: {job.weight_kg.size} weights for {n} subjects")
    if not (np.isfinite(job.levels).all() and (job.levels >= 0).all()):
        raise UnwoundError(f"above_ng_per_ml: levels of 0 or more are needed, not {job.levels.tolist()}")
    if n < 1:
        raise UnwoundError(f"a population needs at least one subject, not {n}")
    if job.occasions is not None and callable(job.doses):
        raise UnwoundError("occasions belong to one schedule for all, not to doses by the weight")
    if job.occasions is not None and len(job.occasions.names) > 1:
        models.refuse_unknown_occasions(job.model)
    _blocks(job.part(0, 1), 0, 1)


def _blocks(job: _Job, first: int, size: int) -> list[Array]:
    """The columns of these subjects: (subjects, times) a curve, then (subjects, scalars of every curve)."""
    subjects = draw(job.model, size, job.seed, weight_kg=job.weight_kg, first=first)
    doses = [job.doses(weight) for weight in subjects.weight_kg.tolist()] if callable(job.doses) else job.doses
    curve = _curve(job, doses, subjects, first)
    curves = [np.ascontiguousarray(values) for values in (*curve.concentrations.values(), *curve.sites.values())]
    scalars = [exposure(values, job.times_h, job.levels, counting.SMALLEST) for values in curves]
    return [*curves, np.concatenate(scalars, axis=1)]


def _curve(job: _Job, doses: Schedule | Sequence[Schedule], subjects: Subjects, first: int) -> simulation.Curve:
    """The subjects on their occasions; on one occasion they are as they are all the time."""
    occasions, size = job.occasions or Occasions(of_periods=("",)), len(subjects)
    of_occasion = draw_occasions(job.model, size, job.seed, len(occasions.names), first=first)
    if len(occasions.names) == 1:
        people = replace(subjects, of_occasion=of_occasion[:, 0]) if of_occasion.size else subjects
        return simulation.simulate(doses, people, job.model, job.times_h, sites=job.sites)
    eta = np.zeros((size, 0)) if subjects.eta is None else subjects.eta
    changing = occasions.changing(subjects.weight_kg, eta, of_occasion)
    return simulation.simulate(
        doses, changing, job.model, job.times_h, sites=job.sites, of_doses=occasions.of_doses or None
    )


def _kept(job: _Job, first: int, size: int, chunk: int) -> Array:
    """All columns of these subjects."""
    parts = [np.concatenate(_blocks(*part), axis=1) for part in _chunks(job, first, size, chunk)]
    return np.concatenate(parts)


def _histogram(
    job: _Job, first: int, size: int, chunk: int, span: Span, into: counting.Counts | None = None
) -> tuple[counting.Sparse | None, Array]:
    """First pass over these subjects: how many values lie in every bin of these columns; and their scalars.

    Counts go `into` an array where there is one at hand; otherwise they are returned.
    """
    counts = counting.nothing(span[1] - span[0]) if into is None else into
    scalars = []
    for part in _chunks(job, first, size, chunk):
        blocks = _blocks(*part)
        counting.count(_cut(blocks, span), counts)
        scalars.append(blocks[-1])
    return counting.sparse(counts) if into is None else None, np.concatenate(scalars)


def _refined(
    job: _Job,
    first: int,
    size: int,
    chunk: int,
    span: Span,
    bins: NDArray[np.int32],
    into: counting.Counts | None = None,
) -> counting.Sparse | None:
    """Second pass over these subjects: the same inside the chosen bins."""
    counts = counting.nothing_within(bins) if into is None else into
    for part in _chunks(job, first, size, chunk):
        counting.count_within(_cut(_blocks(*part), span), bins, counts)
    return counting.sparse(counts) if into is None else None


def _cut(blocks: list[Array], span: Span) -> list[Array]:
    """These columns of all blocks."""
    edges = np.cumsum([0, *(block.shape[1] for block in blocks)])
    cut = [
        block[:, max(span[0] - edge, 0) : max(span[1] - edge, 0)]
        for block, edge in zip(blocks, edges[:-1], strict=True)
    ]
    return [np.ascontiguousarray(block) for block in cut if block.shape[1]]


def _chunks(job: _Job, first: int, size: int, chunk: int) -> Iterator[tuple[_Job, int, int]]:
    for start in range(0, size, chunk):
        count = min(chunk, size - start)
        yield job.part(start, count), first + start, count


def _exact(job: _Job, runner: Runner, n: int, wanted: Array) -> tuple[Array, Array]:
    """Quantiles (quantile, column) and scalars (subject, scalar) with everything kept."""
    every = np.empty((n, job.columns))
    for first, rows in runner.over(_kept, before=0, total=n):
        every[first : first + len(rows)] = rows
    return np.quantile(every, wanted, axis=0), every[:, len(job.names) * job.times_h.size :]


def _counted(job: _Job, runner: Runner, n: int, wanted: Array, each: bool) -> tuple[Array, Array]:
    """The same by counting twice, some columns at a time; scalars only when asked for."""
    kept = np.empty((n if each else 0, job.columns - len(job.names) * job.times_h.size))
    starts = range(0, job.columns, COLUMNS)
    columns = [
        _of_columns(
            job,
            runner,
            wanted,
            span=(start, min(start + COLUMNS, job.columns)),
            kept=kept,
            progress=(2 * n * row, 2 * n * len(starts)),
        )
        for row, start in enumerate(starts)
    ]
    return np.concatenate(columns, axis=1), kept


def _of_columns(job: _Job, runner: Runner, wanted: Array, span: Span, kept: Array, progress: tuple[int, int]) -> Array:
    """Quantiles (quantile, column) of these columns."""
    before, total = progress
    counts = counting.nothing(span[1] - span[0])
    for first, (sparse, scalars) in runner.over(_histogram, span, *runner.at_hand(counts), before=before, total=total):
        if sparse is not None:
            counting.add(counts, sparse)
        if len(kept):
            kept[first : first + len(scalars)] = scalars
    search = counting.choose(counts, wanted, runner.n)
    del counts
    within = counting.nothing_within(search.bins)
    more = (span, search.bins, *runner.at_hand(within))
    for _, sparse in runner.over(_refined, *more, before=before + runner.n, total=total):
        if sparse is not None:
            counting.add(within, sparse)
    return counting.quantiles(search, within)


def _summary(job: _Job, id: str, n: int, wanted: Array, quantiles: Array, kept: Array | None, error: float) -> Summary:
    times, width = job.times_h.size, len(SCALARS) + job.levels.size
    curves = {name: quantiles[:, row * times : (row + 1) * times] for row, name in enumerate(job.names)}
    rest = quantiles[:, len(job.names) * times :]
    by_name = {name: rest[:, row * width : (row + 1) * width] for row, name in enumerate(job.names)}
    titles = [*SCALARS, *(f"hours_above {level:g}" for level in job.levels)]
    each = {} if kept is None else {
        f"{name} {title}": kept[:, row * width + column].copy()
        for row, name in enumerate(job.names)
        for column, title in enumerate(titles)
    }  # fmt: skip
    scalar = [{name: values[:, column] for name, values in by_name.items()} for column in range(len(SCALARS))]
    return Summary(
        model=id,
        drug=job.model.drug,
        n=n,
        seed=job.seed,
        probabilities=wanted,
        times_h=job.times_h,
        levels_ng_per_ml=job.levels,
        concentrations=curves,
        cmax_ng_per_ml=scalar[0],
        tmax_h=scalar[1],
        auc_ng_h_per_ml=scalar[2],
        hours_above={name: values[:, len(SCALARS) :] for name, values in by_name.items()},
        relative_error=error,
        each=each,
    )
