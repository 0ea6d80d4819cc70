"""Every reading of a session on paper, compactly: a line a minute for each probe, in columns that are counted here.

A time is written only where it is not one second after the reading before: «10:04 :00 97 97 96 :30 off». What is set
is plain text in lines of a fixed width, so that a hundred pages are typeset in a second and counted beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import groupby

import numpy as np

from unwound import record, session
from unwound.catalogue import plain
from unwound.session import Channel, Readings
from unwound.session.readings import (
    ABOVE,
    BELOW,
    IMPLAUSIBLE,
    NO_SENSOR,
    QUESTIONABLE,
    SECOND,
    VALUE,
    Series,
    from_us,
    us,
)
from unwound.session.signs import ReadingState
from unwound_clinic.models import InfusionSession

WIDTH, LINES, COLUMNS = 76, 80, 3
"""Characters of a line, lines of a column, columns of a page: as the template sets them."""
ALWAYS = 12
"""Up to so many pages are printed without being asked for."""
_INDENT = 6
_MINUTE = 60 * SECOND
_NO_VALUE = {NO_SENSOR: "off"}
_MARKS = {IMPLAUSIBLE: "✕", QUESTIONABLE: "?", BELOW: "<", ABOVE: ">"}


def pages(row: InfusionSession, readings: Readings, voidings: Iterable[int], zone: tzinfo) -> list[list[str]]:
    """The pages, each of them its columns."""
    lines = [line for title, series in _parts(row, readings, voidings) for line in _of_series(title, series, zone)]
    columns = ["\n".join(lines[place : place + LINES]) for place in range(0, len(lines), LINES)]
    return [columns[place : place + COLUMNS] for place in range(0, len(columns), COLUMNS)]


def about(readings: Readings) -> int:
    """About how many pages that are, without setting a line."""
    lines = sum(_lines_of(series) for series in readings.series.values())
    return max(1, -(-lines // (LINES * COLUMNS)))


def _lines_of(series: Series) -> int:
    """A line a minute at least; what is written of each reading, by whether it repeats the one before."""
    steps = np.diff(series.at_us, prepend=0)
    labelled = int((steps != SECOND).sum())
    new = int(((steps != SECOND) | (np.diff(series.value, prepend=np.nan) != 0)).sum())
    minutes = int(np.unique(series.at_us // _MINUTE).size)
    return max(minutes, (5 * new + 4 * labelled + _INDENT * minutes) // (WIDTH - _INDENT) + minutes // 2) + 3


def _parts(row: InfusionSession, readings: Readings, voidings: Iterable[int]) -> Iterator[tuple[str, Series]]:
    """Each probe with its readings, those that were voided by themselves."""
    for channel, series in sorted(readings.series.items(), key=lambda item: (item[0].sign, item[0].source)):
        yield _title(channel), series
    fields = ("sign", "source", "at", "value", "status")
    struck = row.readings.filter(taken_back__in=list(voidings)).order_by("sign", "source", "at", "id")
    for (sign, source), rows in groupby(struck.values_list(*fields), key=lambda reading: reading[:2]):
        own = list(rows)
        channel = Channel(sign, source)
        yield (
            f"VOIDED {_title(channel)}",
            Series(
                channel,
                np.array([us(at) for _, _, at, _, _ in own], dtype=np.int64),
                np.array([np.nan if value is None else value for _, _, _, value, _ in own]),
                np.array([_state(value, status) for _, _, _, value, status in own], dtype=np.int8),
            ),
        )


def _state(value: float | None, status: str) -> int:
    """How a struck reading is written: as what it was sent as, whether believed or not."""
    return {ReadingState.BELOW: BELOW, ReadingState.ABOVE: ABOVE}.get(
        ReadingState(status), NO_SENSOR if value is None else VALUE
    )


def _title(channel: Channel) -> str:
    measured = session.sign(channel.sign)
    return f"{measured.title}{f', {measured.unit}' if measured.unit else ''}, {channel.probe or 'by hand'}"


def _of_series(title: str, series: Series, zone: tzinfo) -> Iterator[str]:
    yield ""
    yield f"== {title}: {len(series)} readings"[:WIDTH]
    day = ""
    minutes = series.at_us // _MINUTE
    begins = np.flatnonzero(np.append(True, minutes[1:] != minutes[:-1])).tolist()
    for first, end in zip(begins, [*begins[1:], len(series)], strict=True):
        local = from_us(int(minutes[first]) * _MINUTE).astimezone(zone)
        if (today := f"{local:%A} {record.long_day(local)} {local:%Z}") != day:
            day = today
            yield f"-- {day}"
        yield from _wrapped(local, _words(series, first, end))


def _words(series: Series, first: int, end: int) -> Iterator[str]:
    """What was read in one minute: equal readings a second apart as «97×15»."""
    before_us, last_word, number = -1, "", 0
    for at_us, value, state in zip(
        series.at_us[first:end].tolist(),
        series.value[first:end].tolist(),
        series.state[first:end].tolist(),
        strict=True,
    ):
        word = _NO_VALUE.get(state, "–") if value != value else f"{_MARKS.get(state, '')}{plain(value)}"
        follows = at_us - before_us == SECOND
        if follows and word == last_word:
            number += 1
        else:
            if last_word:
                yield _times(last_word, number)
            if not follows:
                yield f":{at_us // SECOND % 60:02d}"
            last_word, number = word, 1
        before_us = at_us
    yield _times(last_word, number)


def _times(word: str, number: int) -> str:
    return word if number == 1 else f"{word}×{number}"


def _wrapped(minute: datetime, words: Iterable[str]) -> Iterator[str]:
    line = f"{minute:%H:%M}"
    for word in words:
        if len(line) + 1 + len(word) > WIDTH:
            yield line
            line = " " * (_INDENT - 1)
        line += f" {word}"
    yield line
