"""The tiles of a session: one value each, large, with any problem of it in a word, a shape and a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from unwound import session
from unwound.catalogue import plain
from unwound.session import Alert, Current, Reading, display
from unwound.session.events import AlertKind
from unwound.session.readings import ONE_MEASUREMENT
from unwound.session.signs import BOUNDS, ReadingState
from unwound.terms import Advice
from unwound_clinic.session.watching import Live
from unwound_clinic.session.words import KIND_TITLES

SHAPES = {
    AlertKind.LIMIT: "▲",
    AlertKind.TREND: "◆",
    AlertKind.OVERDUE: "◷",
    AlertKind.NO_DATA: "○",
    AlertKind.SENSOR_OFF: "⊘",
    AlertKind.IMPLAUSIBLE: "✕",
    AlertKind.SIDE_EFFECT: "●",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One value, large, with any problem of it in words."""

    sign: str
    title: str
    value: str
    unit: str
    at: datetime | None
    probe: str
    """The probe, where several measure the same sign."""
    word: str
    shape: str
    level: str
    """stop, ask or empty: the colour of the frame; the word says the same."""
    change: str
    also: tuple[str, ...] = ()
    old: bool = False
    """No current value: the one shown is an earlier one."""


def tiles(live: Live, zone: tzinfo) -> tuple[Tile, ...]:
    """A tile for every probe, pressures as one; a value entered by hand is shown in the tile of its probe."""
    by_sign: dict[str, list[Current]] = {}
    for current in live.watched.current:
        by_sign.setdefault(current.channel.sign, []).append(current)
    tiles_found: list[Tile] = []
    for id in display.tiles(by_sign):
        probes = [current for current in by_sign.get(id, ()) if not current.channel.by_hand]
        hands = [current for current in by_sign.get(id, ()) if current.channel.by_hand]
        for current in probes or hands:
            tiles_found.append(_tile(live, zone, current, hands if probes else [], by_sign))
    return tuple(tiles_found)


def _tile(
    live: Live, zone: tzinfo, current: Current, hands: Sequence[Current], by_sign: Mapping[str, list[Current]]
) -> Tile:
    """The tile of one probe, with its problem or else that of the other pressure, or of the value by hand (`hands`).

    Where a sign has a pair, as systolic with diastolic, both values of the same source stand in the one tile.
    """
    sign = session.sign(current.channel.sign)
    word, shape, level = _state(live, zone, current)
    value, title, change = _shown(live, current), sign.short, _change(current)
    if pair := sign.charting.pair:
        lower = _partner(current, by_sign.get(current.channel.sign, ()), by_sign.get(pair.sign, ()))
        value, title = f"{value}/{_shown(live, lower) if lower else '–'}", pair.title
        other = _state(live, zone, lower) if lower else ("", "", "")
        if LEVELS.index(other[2]) > LEVELS.index(level):
            word, shape, level = other
    for hand in () if word else hands:
        if not hand.stale and not word:
            problem, shape, level = _state(live, zone, hand)
            word = f"by hand: {problem}" if problem else ""
    by_hand = tuple(f"by hand {_number(live, hand.believed)}" for hand in hands if hand.believed and not hand.stale)
    is_shown = current.reading.state in NOT_BELIEVED
    at = current.reading.at if is_shown else None
    several = sum(not hand.channel.by_hand for hand in by_sign[current.channel.sign]) > 1
    return Tile(
        sign=current.channel.sign,
        title=title,
        value=value,
        unit=sign.unit,
        at=at or (current.believed.at if current.believed else None),
        probe=current.channel.probe if several else "",
        word=word,
        shape=shape,
        level=level,
        change=change,
        also=(*_before(live, zone, current), *by_hand),
        old=not is_shown and (current.stale or current.reading.state not in (ReadingState.VALUE, *BOUNDS)),
    )


def _partner(upper: Current, uppers: Sequence[Current], lowers: Sequence[Current]) -> Current | None:
    """The other pressure of a measurement: of the same probe, else the only one of its device within a minute."""
    same = [lower for lower in lowers if lower.channel.source == upper.channel.source]
    place = upper.channel.place
    near = [
        lower
        for lower in lowers
        if lower.channel.place == place and abs(lower.reading.at - upper.reading.at) <= ONE_MEASUREMENT
    ]
    alone = sum(other.channel.place == place for other in uppers) == 1
    return same[0] if same else near[0] if len(near) == 1 and alone and place else None


LEVELS = ("", "ask", "stop")
"""Of a tile, the gravest last."""


NOT_BELIEVED = (ReadingState.IMPLAUSIBLE, ReadingState.QUESTIONABLE)
"""Values that are shown, and neither judged nor believed."""


def _shown(live: Live, current: Current) -> str:
    """The newest value, believed or not: an old one never stands in the place of a new one."""
    if current.reading.state in NOT_BELIEVED:
        return _number(live, current.reading)
    return "–" if current.reading.state == ReadingState.NO_SENSOR else _number(live, current.believed)


def _before(live: Live, zone: tzinfo, current: Current) -> tuple[str, ...]:
    """The last believed value, small, where another stands in its place."""
    if current.believed is None or current.reading.state not in (*NOT_BELIEVED, ReadingState.NO_SENSOR):
        return ()
    return (f"before: {_number(live, current.believed)}, {current.believed.at.astimezone(zone):%H:%M:%S}",)


def _number(live: Live, reading: Reading | None) -> str:
    """To one step of the sign, and never rounded over one of its limits."""
    if reading is None or reading.value is None:
        return "–"
    return reading.shows(edge for limit in live.limits.limits if limit.sign == reading.kind for edge in limit.edges)


def _change(current: Current) -> str:
    if current.change is None or current.baseline is None or not current.change:
        return f"baseline {plain(current.baseline)}" if current.baseline is not None else ""
    if current.reading.state in NOT_BELIEVED:
        return f"baseline {plain(current.baseline)}"
    return f"{current.change:+.3g} from baseline {plain(current.baseline)}".replace("-", "\u2212")


def _state(live: Live, zone: tzinfo, current: Current) -> tuple[str, str, str]:
    """The problem of a probe in words, its shape, and the level of the gravest that goes on, acknowledged or not."""
    going_on = [
        alert for alert in live.watched.alerts if alert.until is None and alert.episode.channel == current.channel
    ]
    word, shape, level = _word(zone, current, going_on)
    levels = [level, *("stop" if alert.does == Advice.STOP else "ask" for alert in going_on)]
    return word, shape, max(levels, key=LEVELS.index) if word else level


def _word(zone: tzinfo, current: Current, going_on: Sequence[Alert]) -> tuple[str, str, str]:
    """What is wrong with the newest reading, else the gravest that goes on."""
    if current.reading.state == ReadingState.NO_SENSOR:
        return "sensor off", SHAPES[AlertKind.SENSOR_OFF], "ask"
    if current.reading.state == ReadingState.QUESTIONABLE:
        return "doubted by the device", SHAPES[AlertKind.IMPLAUSIBLE], "ask"
    if current.reading.state == ReadingState.IMPLAUSIBLE:
        grave = any(alert.kind == AlertKind.IMPLAUSIBLE and alert.does == Advice.STOP for alert in going_on)
        return "critical or artefact" if grave else "implausible", SHAPES[AlertKind.IMPLAUSIBLE], "ask"
    if current.stale and current.believed is not None:
        return f"old, {current.believed.at.astimezone(zone):%H:%M}", SHAPES[AlertKind.NO_DATA], "ask"
    if current.stale:
        return "none yet", SHAPES[AlertKind.NO_DATA], "ask"
    gravest_first = sorted(going_on, key=lambda alert: (alert.kind != AlertKind.LIMIT, tuple(Advice).index(alert.does)))
    for alert in gravest_first:
        if alert.kind == AlertKind.LIMIT:
            return alert.boundary, shape_of(alert), "stop" if alert.does == Advice.STOP else "ask"
        if alert.kind == AlertKind.TREND:
            return KIND_TITLES[AlertKind.TREND], SHAPES[AlertKind.TREND], "ask"
    return "", "", ""


def shape_of(alert: Alert) -> str:
    """The shape of an alert; one below its limit points down."""
    return "▼" if alert.kind == AlertKind.LIMIT and "below" in alert.boundary else SHAPES[alert.kind]
