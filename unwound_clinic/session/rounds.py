"""What the next round at the bedside asks: the judged signs of its checks, with their last values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from unwound.catalogue import plain
from unwound.session import display, sign
from unwound.session.limits import When
from unwound.session.rounds import BREATHING, COUNTED, SEDATION, How, Judged, judged
from unwound.session.signs import ReadingState
from unwound.session.states import SessionState
from unwound.terms import Advice
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import translate
from unwound_clinic.session.watching import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The judged signs of a round, and whether a device shows that the patient breathes."""

    judged: tuple[Judged, ...]
    breathes: bool

    @property
    def typed(self) -> tuple[Judged, ...]:
        """Those that are typed: all but the depth of sedation, which is tapped."""
        return tuple(judged_sign for judged_sign in self.judged if judged_sign.sign != SEDATION)

    @property
    def fields(self) -> tuple[str, ...]:
        """The signs that its form has fields for."""
        return (*(judged_sign.sign for judged_sign in self.typed), COUNTED)

    @property
    def asks(self) -> tuple[Judged, ...]:
        """Those whose number the next round needs, when it is charted with the sedation."""
        return tuple(judged_sign for judged_sign in self.typed if judged_sign.why_not(How.UNCHANGED))

    @property
    def may_sleep(self) -> bool:
        """Whether the patient may be left asleep and not woken once more."""
        return not any(judged_sign.why_not(How.ASLEEP) for judged_sign in self.judged)


def of(row: InfusionSession, live: Live, now: datetime) -> Round:
    """The round that is due in the state of the session, at a moment."""
    when = When.RECOVERY if row.state == SessionState.RECOVERING else When.INFUSION
    signs = dict.fromkeys(
        id
        for check in live.limits.checks
        if check.when == when and check.every_min is not None
        for id in check.signs
        if sign(id).charting.as_before or sign(id).charting.asleep
    )
    events, arrivals = translate.watched_events(live.rows), live.arrivals
    return Round(
        judged=tuple(judged(arrivals, events, id, now) for id in signs),
        breathes=_breathes(live),
    )


def _breathes(live: Live) -> bool:
    """Whether a current value shows breathing, and no alert on it advises stopping: a rate of 0 is a value too."""
    breathing = [current for current in live.watched.current if current.channel.sign in BREATHING]
    stops = {
        alert.episode.channel for alert in live.watched.alerts if alert.until is None and alert.does == Advice.STOP
    }
    believed = [current.believed for current in breathing if not current.stale and current.channel not in stops]
    return any(reading is not None and reading.value and reading.state != ReadingState.BELOW for reading in believed)


def ghosts(live: Live) -> Iterator[dict[str, str]]:
    """For each field of the room where a value is typed the last one, faintly in it: «was 3»; its tile says when."""
    for id in display.by_hand():
        believed = [current.believed for current in live.watched.current if current.channel.sign == id]
        last = max((reading for reading in believed if reading), key=lambda reading: reading.at, default=None)
        if last is not None and last.value is not None:
            says = f"was {last.bound}{plain(last.value)}"
            yield from ({"field": field, "says": says} for field in (f"now_{id}", f"round_round-{id}"))
