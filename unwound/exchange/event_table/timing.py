"""When things happen in an event table: hours from numbers, clocks and dates, running on after a reset."""

from __future__ import annotations

import numpy as np

from unwound.exchange.event_table import moments
from unwound.exchange.event_table.cells import OF_THE_DAY, Careful, Numbers, is_calendar, may_be_of_the_day
from unwound.exchange.event_table.columns import known
from unwound.exchange.event_table.happenings import Happenings
from unwound.exchange.event_table.reading import RESET, RESET_AND_DOSE, Mask, each
from unwound.exchange.names import quoted

DAY_H = 24
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
                plain = not any(":" in value for value in words.values)
                self.refuse_times_of_day(
                    column, all_of_them=plain and may_be_of_the_day(hours) and hours.max() >= DAY_H
                )
            if self.has("date"):
                date = self.heading("date")
                hours = hours + 24 * moments.days(self.cells, date, self.cells.words(date))
            return moments.since_first(self.person, hours)
        self.refuse_times_of_day(column)
        hours = self.cells.numbers(heading)
        self.refuse(np.isnan(hours), column, "empty; fill it in")
        factor = self.factor("time_unit", "time", known().hours, "a time")
        return hours if np.isscalar(factor) and factor == 1.0 else np.round(hours * factor, 12)

    def refuse_times_of_day(self, column: str, *, all_of_them: bool = False) -> None:
        """UnwoundError for «0800», which as a number would be 800 hours; for «1300» too where all may be such times."""
        if not isinstance(self.cells, Careful):
            return
        words = self.words(column)
        of_the_day = [
            bool(OF_THE_DAY.fullmatch(word)) or (all_of_them and word.isdigit() and len(word) > 2)
            for word in words.values
        ]
        self.refuse(
            each(of_the_day)[words.codes], column,
            lambda i: f"{quoted(words.row(i))} may be a time of day; write it with a colon, or hours with a point",
        )  # fmt: skip

    def _is_another_occasion(self) -> Mask:
        """Which rows are of another occasion of their person than the row before; with one occasion none is."""
        occasion, person = self._occasions(), self.person[self.order]
        if occasion is None:
            return np.zeros(person.size, dtype=bool)
        another: Mask = (np.diff(occasion.codes, prepend=-1) != 0) & (np.diff(person, prepend=-1) == 0)
        return another

    def _still_running(self, time: Numbers, begins: Mask) -> Numbers:
        """Before which rows of another occasion how many hours more pass, until the doses of the one before are in."""
        order, more = self.order, np.zeros(time.size)
        with np.errstate(divide="ignore", invalid="ignore"):
            lasts = np.where(self.rate > 0, self.amount_mg / self.rate, self.duration_h)
        ends = np.where(self.is_dose, np.nan_to_num(lasts) + self.additional * self.interval_h, 0.0)[order] + time
        first = np.flatnonzero(begins)
        for at in np.flatnonzero(self.afresh).tolist():
            since = int(first[np.searchsorted(first, at) - 1])
            more[at] = max(0.0, float(ends[since:at].max()) - float(time[at - 1]))
        return more

    def _clock(self) -> Numbers:
        """Hours that never fall: after a reset a table's time may begin again."""
        time, person, event = self.written_h[self.order], self.person[self.order], self.event[self.order]
        step = np.diff(time, prepend=time[0])
        same = np.diff(person, prepend=-1) == 0
        fell = same & (step < 0)
        self.afresh = fell & ~np.isin(event, (RESET, RESET_AND_DOSE)) & self._is_another_occasion()
        reset = np.isin(event, (RESET, RESET_AND_DOSE)) | self.afresh
        if (fell & ~reset).any():
            at = int(np.argmax(fell & ~reset))
            raise self.cells.wrong(
                int(self.order[at]), self.heading("time"),
                f"{time[at]:g} h comes after {time[at - 1]:g} h; put the rows of an ID in the order of time",
            )  # fmt: skip
        jumps = np.cumsum(np.where(fell, AFRESH_H - step, 0.0) + self._still_running(time, fell | ~same))
        begins = np.flatnonzero(~same)
        offset = jumps - np.repeat(jumps[begins], np.diff(np.append(begins, time.size)))
        occasions, resets = int(self.afresh.sum()), int((fell & ~self.afresh).sum())
        if occasions:
            self.notes.append(
                f"time begins again with another occasion ({occasions:,} times): read as Monolix does, with nothing "
                "left of the occasion before; where something was left, let time run on"
            )
        if resets:
            self.notes.append(
                f"time begins again after a reset ({resets:,} times): hours run on, {AFRESH_H:g} h after the row before"
            )
        clock = np.empty_like(time)
        clock[self.order] = time + offset
        return clock
