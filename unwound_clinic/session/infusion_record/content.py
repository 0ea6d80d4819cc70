"""The record of a session: what print, PDF and table show, computed from every reading and every event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min

from unwound import session
from unwound.catalogue import plain
from unwound.session import Beyond, Cell, Channel, display
from unwound.session.events import EventKind
from unwound.session.signs import ReadingState
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import screen, translate, watching, words
from unwound_clinic.session.watching import Live

INTERVALS = (1, 5, 15, 30)
"""Minutes a line of the grid may stand for."""
USUAL = 5
WORDS = {ReadingState.NO_SENSOR: "no sensor", ReadingState.MISSING: "–", ReadingState.IMPLAUSIBLE: "✕"}
STRUCK_OUT = "⊗"
"""In a cell: readings of this interval do not count."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the grid: its time, the text of each cell, and what happened in it."""

    at: datetime
    cells: tuple[str, ...]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """Readings of one sign and probe that one event took back: how many, when, from what to what."""

    event: SessionEvent
    number: int
    first: datetime
    last: datetime
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All of a session for paper."""

    since: datetime
    until: datetime
    every_min: int
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    beyond: tuple[dict[str, str], ...]
    struck: tuple[Struck, ...]
    events: tuple[dict[str, Any], ...]
    alerts: tuple[screen.Line, ...]


def of(row: InfusionSession, live: Live, every_min: int = USUAL) -> Record:
    """The record up to now; from the first thing charted by a person or the start of the first reading."""
    told = translate.counting(live.rows)
    since, until = span(live)
    gone = _gone(row, live)
    there = {one.sign for one in live.readings.series} | {sign for _, sign in gone}
    columns = tuple(display.columns(there))
    return Record(
        since=since,
        until=until,
        every_min=every_min,
        heads=tuple(_head(one) for one in columns),
        lines=tuple(_lines(live, columns, told, every_min, since, until, gone)),
        beyond=tuple(_beyond(live, since, until)),
        struck=tuple(_struck(row, live)),
        events=tuple(every_event(live.rows)),
        alerts=screen.lines(sorted(live.watched.alerts, key=lambda one: one.since)),
    )


def span(live: Live) -> tuple[datetime, datetime]:
    """From the first reading or start value to the leaving, else now; readings claimed after it are not cut off."""
    told = translate.counting(live.rows)
    ends = [one.reading(place).at for one in live.readings.series.values() for place in (0, len(one) - 1)]
    firsts = [*ends, *[one.at for one in told if one.kind in (EventKind.START, EventKind.BASELINE)][:1]]
    end = next((one.at for one in told if one.kind == EventKind.LEAVE), live.watched.at)
    first = min(firsts, default=end)
    return first.replace(second=0, microsecond=0), max([end, *ends])


def _gone(row: InfusionSession, live: Live) -> list[tuple[datetime, str]]:
    """When readings were made that do not count, and of what sign."""
    standing = watching.taking_back(live.rows)
    return list(row.readings.filter(taken_back__in=standing).values_list("at", "sign")) if standing else []


def _struck(row: InfusionSession, live: Live) -> Iterator[Struck]:
    standing = watching.taking_back(live.rows)
    events = {one.pk: one for one in live.rows if one.pk in standing}
    rows = row.readings.filter(taken_back__in=standing).values("taken_back", "sign", "source")
    each = rows.annotate(number=Count("id"), first=Min("at"), last=Max("at"), lowest=Min("value"), highest=Max("value"))
    for one in each.order_by("first", "sign", "source"):
        known, probe = session.sign(one["sign"]), Channel(one["sign"], one["source"]).probe or "by hand"
        ends = [plain(end) for end in dict.fromkeys((one["lowest"], one["highest"])) if end is not None]
        says = f"{known.title}, {probe}: {' to '.join(ends) or 'no value'} {known.unit if ends else ''}".strip()
        yield Struck(
            event=events[one["taken_back"]], number=one["number"], first=one["first"], last=one["last"], says=says
        )


def _head(column: tuple[str, ...]) -> str:
    known = session.sign(column[0])
    title = known.charting.pair.title if known.charting.pair else known.short
    return f"{title} {known.unit}".strip()


def _lines(
    live: Live,
    columns: tuple[tuple[str, ...], ...],
    told: list[SessionEvent],
    every_min: int,
    since: datetime,
    until: datetime,
    gone: Iterable[tuple[datetime, str]],
) -> Iterator[Line]:
    shown = [row for row in told if row.kind not in screen.QUIET]
    step = timedelta(minutes=every_min)
    marked = {(since + (at - since) // step * step, sign) for at, sign in gone}
    for one in session.grid(live.readings, every_min, since, until):
        happened = [
            f"{row.kind.replace('-', ' ')}: {words.describe(row)}".removesuffix(": ")
            for row in shown
            if one.at <= row.at < one.at + step
        ]
        signs = [any((one.at, sign) in marked for sign in column) for column in columns]
        cells = tuple(_text(one.cells, column, struck) for column, struck in zip(columns, signs, strict=True))
        if happened or any(cell != WORDS[ReadingState.MISSING] for cell in cells):
            yield Line(one.at, cells, tuple(happened))


def _text(cells: Mapping[Channel, Cell], column: tuple[str, ...], struck: bool) -> str:
    """What every probe and hand said of the signs of a column: «152/94», «97 (96–98)», «98 h» by hand."""
    sources: dict[str, list[str]] = {}
    for id in column:
        for channel, cell in cells.items():
            if channel.sign == id:
                sources.setdefault(channel.source, []).append(_cell(cell))
    words = {source: "/".join(each) for source, each in sources.items()}
    said = [f"{text} h" if not source else text for source, text in sorted(words.items()) if set(text) - set("–/")]
    return "; ".join([*said, STRUCK_OUT] if struck else said) or WORDS[ReadingState.MISSING]


def _cell(cell: Cell) -> str:
    """«98 (82–99)»: the first of the interval, and the lowest and highest where they differ; artefacts beside it."""
    artefact = f" ✕{plain(cell.artefact.value)}" if cell.artefact and cell.artefact.value is not None else ""
    if cell.reading is None or cell.reading.value is None:
        return (WORDS.get(cell.why, cell.why) if not artefact else "") + artefact.strip()
    low, high = (one.value if one else None for one in (cell.lowest, cell.highest))
    spread = f" ({plain(low)}–{plain(high)})" if low is not None and high is not None and low != high else ""
    return f"{plain(cell.reading.value)}{spread}{artefact}"


def _beyond(live: Live, since: datetime, until: datetime) -> Iterator[dict[str, str]]:
    for limit in live.limits.limits:
        for one in session.beyond(live.readings, limit, since, until):
            doubled = one.channel.by_hand and one.known_s < 1 and len(live.readings.of_sign(limit.sign)) > 1
            if one.extreme is not None and one.extreme.value is not None and not doubled:
                yield _beyond_row(one, "lowest" if limit.below is not None else "highest")


def _beyond_row(one: Beyond, word: str) -> dict[str, str]:
    gaps = sum(gap.seconds for gap in one.gaps)
    known = session.sign(one.channel.sign)
    assert one.extreme is not None
    return {
        "sign": f"{known.title}, {one.channel.probe or 'by hand'}",
        "extreme": f"{word} {plain(one.extreme.value or 0.0)} {known.unit}".strip(),
        "at": one.extreme.at.isoformat(),
        "boundary": one.boundary,
        "beyond": minutes(one.beyond_s),
        "known": minutes(one.known_s),
        "gaps": minutes(gaps),
    }


def minutes(seconds: float) -> str:
    """«3 min 20 s»."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"


def every_event(rows: Iterable[SessionEvent]) -> Iterator[dict[str, Any]]:
    """Every event as it was written, amended and entered in error too, with what became of it."""
    told = list(rows)
    later = {row.amends_id: row for row in told if row.amends_id}
    for row in told:
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
