"""A round at the bedside: which signs it may leave without a number, and when it has to ask again.

What is measured, and how deep the sedation is, is never taken over from before. What only a person judges may be left
as «observed, unchanged», or as «asleep, not woken» while the patient breathes, a few times in a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from unwound.session.events import Event, EventKind, in_order
from unwound.session.limits import monitoring
from unwound.session.readings import VALUE, Reading, Readings, in_utc, us
from unwound.session.signs import sign
from unwound.terms import Word

SEDATION, COUNTED = "sedation", "respiratory_rate"
"""The depth that is tapped, and the breaths that are counted by a person."""
BREATHING = (COUNTED, "etco2")
"""What shows that a patient who is not woken breathes."""


class How(Word):
    """In which way a sign was left without a number."""

    UNCHANGED = "observed, unchanged"
    ASLEEP = "asleep, not woken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is known of a judged sign: its last value, and how often in a row it was left without one since."""

    sign: str
    last: Reading | None
    in_row: int

    @property
    def asks(self) -> bool:
        """Whether the next round needs a number, because too many in a row had none."""
        return self.in_row >= monitoring().rounds.in_row.value

    def why_not(self, how: How) -> str:
        """Why it cannot be left without a number in this way; empty where it can. Of four reasons the first."""
        charting, word = sign(self.sign).charting, sign(self.sign).word
        if not (charting.as_before if how == How.UNCHANGED else charting.asleep):
            return f"{word} must be charted as found now; it cannot be left out"
        if how == How.UNCHANGED and self.last is None:
            return f"{word} has no value before this one"
        if self.asks:
            rounds = "the last round" if self.in_row == 1 else f"the last {self.in_row} rounds"
            return f"{word} was not measured in {rounds}: {_asks(how)}"
        return ""


def judged(readings: Readings, happened: Iterable[Event], id: str, now: datetime) -> Judged:
    """What is known of a sign up to now, from any probe and by hand."""
    values = [
        series.reading(int(places[-1]))
        for series in readings.of_sign(id)
        if (places := ((series.state == VALUE) & (series.at_us <= us(in_utc(now)))).nonzero()[0]).size
    ]
    last = max(values, key=lambda reading: reading.at, default=None)
    observed = [event for event in in_order(happened, now) if event.kind == EventKind.OBSERVED and event.of == id]
    return Judged(sign=id, last=last, in_row=sum(last is None or event.at > last.at for event in observed))


def _asks(how: How) -> str:
    return "rouse the patient and chart what you find" if how == How.ASLEEP else "ask and chart it now"
