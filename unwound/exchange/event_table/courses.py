"""The course of one person from their rows: doses, what was observed, and weight and deviations over time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from unwound.exchange.event_table.happenings import MOST_DOSES
from unwound.exchange.event_table.reading import OBSERVATION, OTHER, RESET, RESET_AND_DOSE
from unwound.exchange.event_table.records import Records
from unwound.pharmacology.dosing import SAME_H, Dose, repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One row of an observation: hours as the table has them and as they run on, how many of the doses came before it.

    `value` is in ng/mL, NaN where nothing was measured; `below` says that it is the laboratory's limit.
    """

    written_h: float
    time_h: float
    after: int
    period: int
    output: str
    value: float
    below: bool


class Observations(Sequence[Observed]):
    """The observations of one person: arrays, and each row as a record when it is asked for."""

    def __init__(self, records: Records, rows: NDArray[np.intp], after: NDArray[np.intp], period: NDArray[np.intp]):
        self._records, self._rows, self.after, self.period = records, rows, after, period
        self.time_h = records.time_h[rows]

    def __len__(self) -> int:
        return int(self._rows.size)

    @overload
    def __getitem__(self, place: int) -> Observed: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Observed]: ...

    def __getitem__(self, place: int | slice) -> Observed | Sequence[Observed]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        records, row = self._records, int(self._rows[place])
        return Observed(
            written_h=float(records.written_h[row]), time_h=float(records.time_h[row]), after=int(self.after[place]),
            period=int(self.period[place]), output=records.output.row(row), value=float(records.value[row]),
            below=bool(records.below[row]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One ID: its doses by time, the times at which something was or is to be observed, and the time of its first row.

    Of a table with weights, deviations or occasions, `weights_kg`, `etas` and `occasions` have a value (a mapping, a
    name) a period; each period but the last ends at its `ends_h`, and `of_doses` has the period of every dose.
    """

    doses: tuple[Dose, ...]
    observed_h: tuple[float, ...]
    first_h: float
    observed: Sequence[Observed] = ()
    weights_kg: tuple[float, ...] = ()
    age_years: float | None = None
    """At the first row of a table with ages, where one is known."""
    etas: tuple[Mapping[str, float], ...] = ()
    occasions: tuple[str, ...] = ()
    ends_h: tuple[float, ...] = ()
    of_doses: tuple[int, ...] = ()


class Courses(Mapping[str, Course]):
    """ID -> course, in the order of the table; each is made when it is asked for."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._place = {id: place for place, id in enumerate(records.ids)}
        self._starts = np.searchsorted(records.person, np.arange(len(records.ids) + 1))

    def __getitem__(self, id: str) -> Course:
        place = self._place[id]
        return course(self._records, int(self._starts[place]), int(self._starts[place + 1]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)


@dataclass(frozen=True, slots=True)
class _Given:
    """A dose with its place in the record: a further dose of ADDL comes before the rows of its time, as in NONMEM."""

    dose: Dose
    row: int
    period: int


def course(records: Records, start: int, stop: int) -> Course:
    """The course of the rows from `start` to `stop`."""
    doses: list[_Given] = []
    periods, period_of_row, ends = _periods(records, start, stop)
    event = records.event[start:stop]
    happens = np.flatnonzero(((event != OBSERVATION) & (event != OTHER)) | records.afresh[start:stop])
    for row in happens.tolist():
        doses = _after_row(records, doses, start, row, int(period_of_row[row]))
    doses.sort(key=lambda each: (round(each.dose.time_h, 9), each.row))
    rows = np.flatnonzero(event == OBSERVATION)
    seen = Observations(records, start + rows, _after(doses, rows, records.time_h[start + rows]), period_of_row[rows])
    weights = () if records.weight_kg is None else tuple(float(records.weight_kg[start + row]) for row in periods)
    return Course(
        doses=tuple(each.dose for each in doses),
        observed_h=tuple(dict.fromkeys(seen.time_h.tolist())),
        first_h=float(records.time_h[start]),
        observed=seen,
        weights_kg=weights,
        age_years=None
        if records.age_years is None or np.isnan(records.age_years[start])
        else float(records.age_years[start]),
        etas=tuple({key: float(values[start + row]) for key, values in records.etas.items()} for row in periods),
        occasions=() if records.occasion is None else tuple(records.occasion.row(start + row) for row in periods),
        ends_h=ends,
        of_doses=tuple(
            each.period if each.row >= 0 else bisect_left(ends, each.dose.time_h - SAME_H) for each in doses
        ),
    )


def _after_row(records: Records, doses: list[_Given], start: int, row: int, period: int) -> list[_Given]:
    """What has been given when a dose or a reset was read. A reset, and SS 1, ends what was running or to come."""
    index = start + row
    time, event = float(records.time_h[index]), int(records.event[index])
    afresh = bool(records.afresh[index])
    if afresh or event in (RESET, RESET_AND_DOSE) or records.steady[index] == 1:
        # A dose of the same moment is gone at once; it is kept only where a row between saw it.
        seen = (records.time_h[start:index] >= time - SAME_H) & (records.event[start:index] == OBSERVATION)
        latest = time + SAME_H if seen.any() else time - SAME_H
        doses = [replace(each, dose=until(each.dose, time)) for each in doses if each.dose.time_h < latest]
    if event == RESET or (afresh and event in (OBSERVATION, OTHER)):
        return [*doses, _Given(Dose(time_h=time, reset=True), row, period)]
    first, *further = _doses(records, index)
    doses.append(_Given(first, row, period))
    doses += [_Given(dose, -1, -1) for dose in further]
    if len(doses) > MOST_DOSES:
        raise records.cells.wrong(
            int(records.row[index]), "ADDL", f"more than {MOST_DOSES:,} doses; shorten the course"
        )
    return doses


def _after(doses: Sequence[_Given], rows: NDArray[np.intp], time_h: NDArray[np.float64]) -> NDArray[np.intp]:
    """After how many of the doses each observation stands: by the order of rows, and by time after further doses."""
    before = [
        int(np.searchsorted(rows, each.row) if each.row >= 0 else np.searchsorted(time_h, each.dose.time_h - SAME_H))
        for each in doses
    ]
    return np.cumsum(np.bincount(np.array(before, dtype=np.intp), minlength=rows.size + 1))[: rows.size]


def _periods(records: Records, start: int, stop: int) -> tuple[list[int], NDArray[np.intp], tuple[float, ...]]:
    """The first row of each stretch of one weight, deviation and occasion, every row's stretch, and where each ends.

    As in NONMEM a row's values hold from the row before it on, up to itself.
    """
    columns = [values[start:stop] for values in records.etas.values()]
    if records.weight_kg is not None:
        columns.append(records.weight_kg[start:stop])
    if records.occasion is not None:
        columns.append(records.occasion.codes[start:stop].astype(float))
    new = np.zeros(stop - start, dtype=bool)
    new[0] = True
    for values in columns:
        new[1:] |= values[1:] != values[:-1]
    first = np.flatnonzero(new)
    ends = tuple(records.time_h[start + first[1:] - 1].tolist())
    return first.tolist(), np.cumsum(new) - 1, ends


def _doses(records: Records, index: int) -> tuple[Dose, ...]:
    """The dose of a row and its repeats. The branches are the combinations of AMT, RATE and SS that mean something."""
    time, amount, rate = (float(values[index]) for values in (records.time_h, records.amount_mg, records.rate))
    duration, interval = float(records.duration_h[index]), float(records.interval_h[index])
    steady, route = records.steady[index], records.route.row(index)
    reset = bool(records.event[index] == RESET_AND_DOSE or steady == 1 or records.afresh[index])
    if steady and not amount:
        return (Dose(time_h=time, always_mg_per_h=rate, route=route, reset=reset),)
    by_rate = rate > 0
    dose = Dose(
        time_h=time, amount_mg=amount, duration_h=amount / rate if by_rate else duration, route=route, by_rate=by_rate
    )
    first = replace(dose, reset=reset, steady_h=interval if steady else 0.0)
    return (first, *repeat(dose, interval, 1 + int(records.additional[index]))[1:])


def until(dose: Dose, time_h: float) -> Dose:
    """The part of a dose that has gone in by then; one that finds a steady state stays what it was, and is stopped."""
    if dose.time_h >= time_h - SAME_H:
        return replace(dose, stopped_h=dose.time_h)
    if dose.end_h <= time_h:
        return dose
    if dose.steady_h:
        return replace(dose, stopped_h=time_h)
    lasts = time_h - dose.time_h
    return replace(dose, amount_mg=dose.amount_mg * lasts / dose.duration_h, duration_h=lasts)
