"""When things happen in an event table: hours from numbers, clocks and dates, running on after a reset."""

from __future__ import annotations

import numpy as np

from unwound.exchange.event_table import moments
from unwound.exchange.event_table.cells import Careful, Numbers, is_calendar
from unwound.exchange.event_table.columns import known
from unwound.exchange.event_table.happenings import Happenings
from unwound.exchange.event_table.reading import RESET, RESET_AND_DOSE

AFRESH_H = 1.0
"""Where the time of a table begins again after a reset, its hours run on so long after the last row before it."""


class Timing(Happenings):
    """Hours as written, and as they run on."""

    def _times(self) -> Numbers:
        """Hours. A branch for each way of writing them: a number, a time of day, a date and either, both in one."""
        if self.has("moment"):
            heading = self.heading("moment")
            return moments.since_first(self.person, moments.moments(self.cells, heading, self.cells.words(heading)))
        column = "clock" if self.has("clock") and (self.has("date") or not self.has("time")) else "time"
        heading = self.heading(column)
        if (
            self.has("date")
            or column == "clock"
            or (isinstance(self.cells, Careful) and is_calendar(self.words("time")))
        ):
            words = self.cells.words(heading)
            if any("-" in value.lstrip("-") or "/" in value for value in words.values):
                hours = moments.moments(self.cells, heading, words)
            else:
                hours = moments.hours_of_day(self.cells, heading, words)
            if self.has("date"):
                date = self.heading("date")
                hours = hours + 24 * moments.days(self.cells, date, self.cells.words(date))
            return moments.since_first(self.person, hours)
        hours = self.cells.numbers(heading)
        self.refuse(np.isnan(hours), column, "empty; fill it in")
        factor = self.factor("time_unit", "time", known().hours, "a time")
        return hours if np.isscalar(factor) and factor == 1.0 else np.round(hours * factor, 12)

    def _clock(self) -> Numbers:
        """Hours that never fall: after a reset a table's time may begin again."""
        time, person, event = self.written_h[self.order], self.person[self.order], self.event[self.order]
        step = np.diff(time, prepend=time[0])
        same = np.diff(person, prepend=-1) == 0
        fell = same & (step < 0)
        reset = np.isin(event, (RESET, RESET_AND_DOSE))
        if (fell & ~reset).any():
            at = int(np.argmax(fell & ~reset))
            raise self.cells.wrong(
                int(self.order[at]), self.heading("time"),
                f"{time[at]:g} h comes after {time[at - 1]:g} h; put the rows of an ID in the order of time",
            )  # fmt: skip
        jumps = np.cumsum(np.where(fell, AFRESH_H - step, 0.0))
        begins = np.flatnonzero(~same)
        offset = jumps - np.repeat(jumps[begins], np.diff(np.append(begins, time.size)))
        if fell.any():
            self.notes.append(
                f"time begins again after a reset ({int(fell.sum()):,} times): hours run on, {AFRESH_H:g} h after "
                "the row before"
            )
        clock = np.empty_like(time)
        clock[self.order] = time + offset
        return clock
