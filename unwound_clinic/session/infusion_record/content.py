"""The record of a session: what print, PDF and table show, computed from every reading and every event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min

from unwound import session
from unwound.catalogue import plain
from unwound.session import Beyond, Cell, Channel, Limits, Reading, display
from unwound.session.events import EventKind
from unwound.session.signs import DEVICE_ALARM, ReadingState
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import screen, translate, watching, words
from unwound_clinic.session.watching import Live

INTERVALS = (1, 5, 15, 30, 60)
"""Choices for the minutes between two lines of the grid."""
USUAL = ((timedelta(hours=12), 5), (timedelta(hours=36), 15))
USUAL_OF_DAYS = 30
"""What is chosen up to so long a session, and of a longer one: extremes stand in each cell, so none is lost."""
WORDS = {ReadingState.NO_SENSOR: "no sensor", ReadingState.MISSING: "–", ReadingState.IMPLAUSIBLE: "✕",
         ReadingState.QUESTIONABLE: "?"}  # fmt: skip
VOIDED = "⊗"
"""In a cell: readings of this interval were voided."""

UNMARKED = (*screen.NOT_IN_TIMELINE, ClinicEvent.OVERRIDE, ClinicEvent.LEAVING, ClinicEvent.READING_IN_ERROR)
"""Kinds of events that have no number in the picture: they stand in the head or in tables of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the grid: its time, the text of each cell, and its events."""

    at: datetime
    cells: tuple[str, ...]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """Readings of one sign and probe voided by one event: number, times and range of values."""

    event: SessionEvent
    number: int
    first: datetime
    last: datetime
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that the record of a session shows."""

    since: datetime
    until: datetime
    every_min: int
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    beyond: tuple[dict[str, str], ...]
    struck: tuple[Voided, ...]
    events: tuple[dict[str, Any], ...]
    alerts: tuple[screen.Line, ...]
    marks: tuple[tuple[int, SessionEvent], ...]
    """What is numbered in the picture."""


def record(row: InfusionSession, live: Live, asked_min: int | None = None) -> Record:
    """The record up to now, from the first reading or baseline value. ValueError without every reading (`whole`).

    A line every so many minutes, or as many as suit its length.
    """
    if live.past is not None:
        raise ValueError("a record is made from every reading")
    events = translate.valid_events(live.rows)
    since, until = span(live)
    every_min = asked_min or usual(until - since)
    voided = _voided_times(row, live)
    signs = {channel.sign for channel in live.readings.series} | {sign for _, sign in voided}
    columns = tuple(display.columns(signs))
    return Record(
        since=since,
        until=until,
        every_min=every_min,
        heads=tuple(_head(column) for column in columns),
        lines=tuple(_lines(live, columns, events, every_min=every_min, since=since, until=until, voided=voided)),
        beyond=tuple(_beyond(live, since, until)),
        struck=tuple(_voided(row, live)),
        events=tuple(every_event(live.rows)),
        alerts=screen.lines(sorted(live.watched.alerts, key=lambda alert: alert.since), live.rows),
        marks=tuple(enumerate((row for row in events if row.kind not in UNMARKED), 1)),
    )


def usual(long: timedelta) -> int:
    """Minutes between two lines of a session so long."""
    return next((minutes for most, minutes in USUAL if long <= most), USUAL_OF_DAYS)


def span(live: Live) -> tuple[datetime, datetime]:
    """From the first reading or baseline value to discharge, else now; readings assigned after it are not cut off."""
    events = translate.valid_events(live.rows)
    ends = [series.reading(place).at for series in live.readings.series.values() for place in (0, len(series) - 1)]
    firsts = [*ends, *[event.at for event in events if event.kind in (EventKind.START, EventKind.BASELINE)][:1]]
    end = next((event.at for event in events if event.kind == EventKind.LEAVE), live.watched.at)
    first = min(firsts, default=end)
    return first.replace(second=0, microsecond=0), max([end, *ends])


def _voided_times(row: InfusionSession, live: Live) -> list[tuple[datetime, str]]:
    """Times and signs of the voided readings."""
    voidings = watching.voidings(live.rows)
    return list(row.readings.filter(taken_back__in=voidings).values_list("at", "sign")) if voidings else []


def _voided(row: InfusionSession, live: Live) -> Iterator[Voided]:
    voidings = watching.voidings(live.rows)
    events = {event.pk: event for event in live.rows if event.pk in voidings}
    rows = row.readings.filter(taken_back__in=voidings).values("taken_back", "sign", "source")
    rows = rows.annotate(number=Count("id"), first=Min("at"), last=Max("at"), lowest=Min("value"), highest=Max("value"))
    for group in rows.order_by("first", "sign", "source"):
        sign, probe = session.sign(group["sign"]), Channel(group["sign"], group["source"]).probe or "by hand"
        ends = [plain(end) for end in dict.fromkeys((group["lowest"], group["highest"])) if end is not None]
        says = f"{sign.title}, {probe}: {' to '.join(ends) or 'no value'} {sign.unit if ends else ''}".strip()
        yield Voided(
            event=events[group["taken_back"]],
            number=group["number"],
            first=group["first"],
            last=group["last"],
            says=says,
        )


def _head(column: tuple[str, ...]) -> str:
    sign = session.sign(column[0])
    title = sign.charting.pair.title if sign.charting.pair else sign.short
    return f"{title} {sign.unit}".strip()


def _lines(
    live: Live,
    columns: tuple[tuple[str, ...], ...],
    events: list[SessionEvent],
    every_min: int,
    since: datetime,
    until: datetime,
    voided: Iterable[tuple[datetime, str]],
) -> Iterator[Line]:
    """The table of the record, a line for each interval that has a value or an event; `voided` marks its cells."""
    shown_events = [row for row in events if row.kind not in screen.NOT_IN_TIMELINE]
    step = timedelta(minutes=every_min)
    marked = {(since + (at - since) // step * step, sign) for at, sign in voided}
    for interval in session.grid(live.readings, every_min, since, until):
        event_lines = [
            f"{words.event_title(row.kind)}: {words.describe(row)}".removesuffix(": ")
            for row in shown_events
            if interval.at <= row.at < interval.at + step
        ]
        marks = [any((interval.at, sign) in marked for sign in column) for column in columns]
        cells = tuple(
            _text(interval.cells, column, live.limits, struck=struck)
            for column, struck in zip(columns, marks, strict=True)
        )
        if event_lines or any(cell != WORDS[ReadingState.MISSING] for cell in cells):
            yield Line(interval.at, cells, tuple(event_lines))


def _text(cells: Mapping[Channel, Cell], column: tuple[str, ...], limits: Limits, *, struck: bool) -> str:
    """The values of the signs of a column, of every probe and by hand: «152/94», «97 (96–98)», «98 h» by hand."""
    own = [channel for id in column for channel in cells if channel.sign == id]
    places = Counter((channel.sign, channel.place) for channel in own)
    sources: dict[str, list[str]] = {}
    for channel in own:
        # Both pressures of a monitor that gives each its own id; two cuffs of one device stay two.
        together = len(column) > 1 and all(places[id, channel.place] == 1 for id in column)
        sources.setdefault(channel.place if together else channel.source, []).append(_cell(cells[channel], limits))
    words = {source: "/".join(cell_texts) for source, cell_texts in sources.items()}
    if column == (DEVICE_ALARM,):
        words = {
            source: f"{source.partition(': ')[2]}, {text}"
            for source, text in words.items()
            if text != WORDS[ReadingState.MISSING]
        }
    texts = [f"{text} h" if not source else text for source, text in sorted(words.items()) if set(text) - set("–/")]
    return "; ".join([*texts, VOIDED] if struck else texts) or WORDS[ReadingState.MISSING]


def _cell(cell: Cell, limits: Limits) -> str:
    """«98 (82–99) ⊘»: the middle reading of the interval, and the lowest and highest where they differ.

    Artefacts (✕), what the device itself doubts («?61») and a sensor that was off for a part of it (⊘) stand beside it.
    """
    artefact = f" ✕{plain(cell.artefact.value)}" if cell.artefact and cell.artefact.value is not None else ""
    if cell.doubted and cell.doubted.value is not None:
        artefact += f" ?{shows(cell.doubted, limits)}"
    if cell.middle is None or cell.middle.value is None:
        return (WORDS.get(cell.why, cell.why) if not artefact else "") + artefact.strip()
    low, high = cell.lowest, cell.highest
    ends = [shows(end, limits) for end in (low, high) if end]
    spread = f" ({ends[0]}–{ends[1]})" if len(set(ends)) == 2 else ""
    return f"{shows(cell.middle, limits)}{spread}{artefact}{' ⊘' if cell.off else ''}"


def shows(reading: Reading, limits: Limits) -> str:
    """To one step of the sign, never rounded over a limit of the session."""
    return reading.shows(edge for limit in limits.limits if limit.sign == reading.kind for edge in limit.edges)


def _beyond(live: Live, since: datetime, until: datetime) -> Iterator[dict[str, str]]:
    """Each time beyond a limit; a single value by hand is left out where the sign has another source."""
    for limit in live.limits.limits:
        for excursion in session.beyond(live.readings, limit, since, until):
            doubled = excursion.channel.by_hand and excursion.known_s < 1 and len(live.readings.of_sign(limit.sign)) > 1
            if excursion.extreme is not None and excursion.extreme.value is not None and not doubled:
                word = "lowest" if limit.below is not None else "highest"
                yield _beyond_row(excursion, f"{word} {shows(excursion.extreme, live.limits)}")


def _beyond_row(excursion: Beyond, extreme: str) -> dict[str, str]:
    gaps = sum(gap.seconds for gap in excursion.gaps)
    sign = session.sign(excursion.channel.sign)
    assert excursion.extreme is not None
    return {
        "sign": f"{sign.title}, {excursion.channel.probe or 'by hand'}",
        "extreme": f"{extreme} {sign.unit}".strip(),
        "at": excursion.extreme.at.isoformat(),
        "boundary": excursion.boundary,
        "beyond": minutes(excursion.beyond_s),
        "known": minutes(excursion.known_s),
        "gaps": minutes(gaps),
    }


def minutes(seconds: float) -> str:
    """«3 min 20 s»."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"


def every_event(rows: Iterable[SessionEvent]) -> Iterator[dict[str, Any]]:
    """Every event as it was written, also amended and retracted ones, with what became of it."""
    events = list(rows)
    later = {row.amends_id: row for row in events if row.amends_id}
    for row in events:
        if row.in_error or row.kind == ClinicEvent.MOVED:
            continue
        after = later.get(row.pk)
        yield {
            "row": row,
            "says": words.describe(row),
            "struck": after is not None,
            "after": after,
            "error": after is not None and after.in_error,
        }
