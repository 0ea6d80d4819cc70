"""What the screen of the infusion room shows of a session, in words and shapes: values, alerts, checks, events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from unwound import session
from unwound.session import Alert, display
from unwound.session.events import AlertKind, EventKind, Phase
from unwound.session.signs import listed
from unwound.session.together import Happening
from unwound.terms import Advice
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import cache, devices, gaps, order, predicted, rounds, translate, trends, watching, words
from unwound_clinic.session.tiles import Tile, shape_of, tiles
from unwound_clinic.session.watching import Live
from unwound_clinic.session.withdrawn import Withdrawn, withdrawn_from
from unwound_clinic.session.words import KIND_TITLES

ADVICE = {
    Advice.STOP: "consider stopping the infusion",
    Advice.PAUSE: "consider pausing the infusion",
    Advice.REVIEW: "assess the patient",
}
SHORTEST = timedelta(minutes=30)
"""Shortest time that a trend shows."""
ROUNDING = 1 + 1e-6
"""By how much the amount given may exceed the amount ordered through rounding alone."""
STEP_S = 15
"""Trends are drawn anew this often."""
TIMELINE_EVENTS = 12
"""The latest events that the room shows."""
MOST_OPEN = 40
"""Alerts shown at once, the gravest first; the number of further ones is shown."""
PARTS = (
    "state", "turns", "glance", "given", "gravest", "values", "round", "others", "checks", "course", "trends",
)  # fmt: skip
"""Parts of the screen, a template each: what changes often is separate from what staff type in or unfold."""
NOT_IN_TIMELINE = (
    EventKind.RAISED,
    EventKind.ACKNOWLEDGED,
    ClinicEvent.MOVED,
    EventKind.BASELINE,
    ClinicEvent.TODAY,
    ClinicEvent.IDENTITY,
    ClinicEvent.DRUG,
)
"""Kinds that are shown elsewhere on the screen, or before the infusion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One alert as it is shown."""

    alert: Alert
    kind: str
    shape: str
    does: str
    title: str
    level: str
    together: Happening | None = None
    """The event that it stands for, where it leads one."""
    sent: str = ""
    """Both times of an acknowledgement that waited for the network."""

    @property
    def shown(self) -> tuple[str, ...]:
        """What whoever acknowledges it has in view: the worst value and the id of each alert of the event."""
        alerts = self.together.alerts if self.together else (self.alert,)
        return tuple(f"{'-' if alert.worst is None else repr(alert.worst)} {alert.episode.id}" for alert in alerts)

    @property
    def over(self) -> bool:
        """Whether it has ended by itself; that a side effect was charted says nothing of its end."""
        return self.alert.until is not None and self.alert.kind != AlertKind.SIDE_EFFECT

    @property
    def others(self) -> int:
        """How many further alerts belong to the event."""
        return len(self.together.alerts) - 1 if self.together else 0

    @property
    def id(self) -> str:
        """The id for the form that acknowledges it."""
        return self.alert.episode.id


def lines(alerts: Sequence[Alert], rows: Iterable[SessionEvent] = ()) -> tuple[Line, ...]:
    """Alerts in words, in the order given; of `rows` what is to be said of their acknowledgements."""
    waited = {(row.at, row.by_name): words.sent_later(row) for row in rows if row.kind == EventKind.ACKNOWLEDGED}
    return tuple(
        Line(
            alert=alert,
            kind=KIND_TITLES[alert.kind],
            shape=shape_of(alert),
            does=ADVICE[alert.does],
            title="; ".join(alert.because),
            level="stop" if alert.does == Advice.STOP else "ask",
            sent=waited.get((alert.acknowledged.at, alert.acknowledged.by), "") if alert.acknowledged else "",
        )
        for alert in alerts
    )


def _open(live: Live) -> tuple[Line, ...]:
    """What calls, an event a line: the gravest first, ongoing ones before resolved ones."""
    events = live.watched.happenings
    return tuple(
        replace(line, together=event, title="; ".join(event.facts))
        for line, event in zip(lines([event.lead for event in events]), events, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the screen that is sent again only when it changed."""

    id: str
    html: str
    level: str = ""
    """The gravest that is open in it: stop, ask or nothing."""

    @property
    def digest(self) -> str:
        """The digest by which a browser names it."""
        return hashlib.sha256(f"{self.id} {self.html}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The parts of one session's screen, when they were drawn and until when they hold."""

    changed: int
    withdrawn: tuple[Withdrawn, ...]
    drawn_at: datetime
    until: datetime
    parts: tuple[Part, ...]
    bed: Part
    """What the board shows of the session."""

    @property
    def seen(self) -> str:
        """What a browser that shows these parts sends back."""
        return ".".join(part.digest for part in self.parts)


def screen(row: InfusionSession) -> Screen:
    """The screen as it is now: drawn once for all viewers until something changes."""
    now, withdrawn = timezone.now(), withdrawn_from(row)
    last = cache.kept(row, Screen)
    if last and (last.changed, last.withdrawn) == (row.changed, withdrawn) and last.drawn_at <= now < last.until:
        return last
    live = watching.live(row, now)
    drawn = Screen(
        changed=row.changed,
        withdrawn=withdrawn,
        drawn_at=now,
        until=live.holds_until,
        parts=parts(row, live),
        bed=bed(row, live),
    )
    cache.keep(row, drawn)
    return drawn


def parts(row: InfusionSession, live: Live) -> tuple[Part, ...]:
    """Values, alerts, course, trends: the same for every viewer."""
    watched, now = live.watched, live.watched.at
    open_alerts, running = _open(live), pump(row, live)
    shown = tiles(live, row.site.zone)
    context: dict[str, Any] = {
        "session": row,
        "site": row.site,
        "tiles": shown,
        "strip": _on_board(shown),
        "gaps": gaps.of(live),
        "round": rounds.of(row, live, now),
        "ghosts": list(rounds.ghosts(live)),
        "gravest": open_alerts[:1],
        "more_open": max(len(open_alerts) - 1, 0),
        "others": open_alerts[1:MOST_OPEN],
        "more": max(len(open_alerts) - MOST_OPEN, 0),
        "answered": lines([alert for alert in watched.alerts if not alert.open][:8], live.rows),
        "due": _due(live),
        "pump": running,
        "beside": devices.pump_beside(row, running.rate_mg_per_h, watched.phase == Phase.INFUSING, now),
        "not_understood": devices.not_understood(row, now),
        "timeline": timeline(live.rows),
        "trends": _trends(row, live, now),
        "predicted": predicted.levels(row, live.rows, now),
        "doses": _version(live.rows),
    }
    return tuple(Part(name, render_to_string(f"session/room/{name}.html", context)) for name in PARTS)


def _due(live: Live) -> list[dict[str, Any]]:
    """What is due, a line for each time and reason: the signs in words, those of several checks together."""
    now = live.watched.at
    signs_due: dict[tuple[datetime, bool, str], list[str]] = {}
    for check in live.watched.due:
        why = f"{check.because}: {check.says}" if check.because else ""
        signs_due.setdefault((check.at, check.overdue, why), []).extend(check.signs)
    return [
        {"names": listed(ids), "at": at, "late": late, "now": at <= now, "why": why}
        for (at, late, why), ids in signs_due.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pump:
    """The pump's rate and amount as charted, beside the order."""

    rate_mg_per_h: float | None
    ml_per_h: float | None
    given_mg: float
    started: datetime | None
    ends: datetime | None
    run: order.Run | None

    @property
    def beyond_order(self) -> bool:
        """Whether more was given than ordered, rounding aside: it ran too long, too fast, or with a bolus."""
        return self.run is not None and self.given_mg > self.run.mg * ROUNDING


def pump(row: InfusionSession, live: Live) -> Pump:
    """The current rate, the amount given, and when the order would end."""
    events, now = translate.watched_events(live.rows), live.watched.at
    doses = session.doses_given(events, now)
    start = next(
        (event.at for event in sorted(events, key=lambda event: event.at) if event.kind == EventKind.START), None
    )
    rate_changes = [
        event
        for event in sorted(events, key=lambda event: event.at)
        if event.kind in (EventKind.START, EventKind.RATE, EventKind.RESUME)
    ]
    rate = next((change.rate_mg_per_h for change in reversed(rate_changes) if change.rate_mg_per_h is not None), None)
    running = live.watched.phase == Phase.INFUSING
    run = order.run_of(row)
    return Pump(
        rate_mg_per_h=rate if running else (0.0 if start else None),
        ml_per_h=rate / row.plan.concentration_mg_per_ml if running and rate is not None else None,
        given_mg=sum(dose.amount_mg for dose in doses),
        started=start,
        ends=start + timedelta(hours=run.hours) if start and run else None,
        run=run,
    )


def timeline(rows: Sequence[SessionEvent]) -> list[dict[str, Any]]:
    """The latest events, newest first; alerts are shown elsewhere."""
    events = [row for row in translate.valid_events(rows) if row.kind not in NOT_IN_TIMELINE]
    return [{"row": row, "says": words.describe(row)} for row in reversed(events[-TIMELINE_EVENTS:])]


def _version(rows: Sequence[SessionEvent]) -> int:
    """The last event that changes the predicted course: another number, another picture."""
    return max((event.pk for event in rows if event.kind in predicted.DOSE_EVENTS), default=0)


def _trends(row: InfusionSession, live: Live, now: datetime) -> list[dict[str, str]]:
    """The charts of the trends from the start or the baseline on, the same for `STEP_S` seconds."""
    until = now - timedelta(seconds=now.timestamp() % STEP_S)
    events = translate.valid_events(live.rows)
    first = next((event.at for event in events if event.kind in (EventKind.START, EventKind.BASELINE)), until)
    since = min(first, until - SHORTEST)
    return list(_charts(row, live, since, until))


def _charts(row: InfusionSession, live: Live, since: datetime, until: datetime) -> Iterator[dict[str, str]]:
    starts = {current.channel.sign: current.baseline for current in live.watched.current}
    for id in display.trends():
        series = live.values(id, since)
        if series:
            limits = [limit for limit in live.limits.limits if limit.sign == id]
            svg = trends.chart(series, limits, start=starts.get(id), since=since, until=until, zone=row.site.zone)
            if svg:
                yield {"title": session.sign(id).title, "svg": svg}


def bed(row: InfusionSession, live: Live) -> Part:
    """What the board shows of a session."""
    open_alerts = _open(live)
    context = {
        "session": row,
        "site": row.site,
        "tiles": _on_board(tiles(live, row.site.zone)),
        "alert": open_alerts[0] if open_alerts else None,
        "says": _short(open_alerts[0].alert, live) if open_alerts else "",
        "more": len(open_alerts) - 1,
        "due": next(iter(_due(live)), None),
        "pump": pump(row, live),
    }
    return Part(
        str(row.pk), render_to_string("session/board_bed.html", context), open_alerts[0].level if open_alerts else ""
    )


def gravest(beds: Iterable[Mapping[str, Any]]) -> Part:
    """The line above all beds: those where an alert advises stopping, and those where one asks for an assessment."""
    levels = [(bed["session"], bed["part"].level) for bed in beds]
    by_level = {level: [row for row, bed_level in levels if bed_level == level] for level in ("stop", "ask")}
    return Part("grave", render_to_string("session/board_grave.html", {**by_level, "beds": levels}))


def _on_board(tiles_read: Sequence[Tile]) -> list[Tile]:
    """The board's tiles: a substitute for another sign (pulse rate for heart rate) only where it shows a problem."""
    shown_signs = display.on_board(tile.sign for tile in tiles_read)
    read_signs = {tile.sign for tile in tiles_read if not tile.old}
    return [
        tile
        for tile in tiles_read
        if tile.sign in shown_signs and (tile.level or display.stands_in_for(tile.sign) not in read_signs)
    ]


def _short(alert: Alert, live: Live) -> str:
    """An alert in as few words as a bed has room for."""
    id = alert.episode.channel.sign
    if id:
        edges = [edge for limit in live.limits.limits if limit.sign == id for edge in limit.edges]
        last = [probe.reading for probe in live.watched.current if probe.channel == alert.episode.channel]
        bound = next((reading.bound for reading in last if reading.value == alert.worst), "")
        value = f" {bound}{session.sign(id).shows(alert.worst, edges)}" if alert.worst is not None else ""
        return f"{session.sign(id).short}{value}"
    check = next((check for check in live.limits.checks if check.id == alert.episode.rule), None)
    return listed(check.signs) if check else "; ".join(alert.because)
