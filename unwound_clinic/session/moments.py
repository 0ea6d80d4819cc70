"""When something happened that is charted now, or was tapped while there was no network, or is copied from paper.

Unless it says otherwise an event happened when it was tapped. Within some minutes it may be charted later; what stood
on paper first may be older, and says so. A browser that waited for the network tells for how long: a difference of
its own clock, so that a wrong one does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from unwound.session.limits import monitoring
from unwound.terms import Word
from unwound_clinic.core.action import Conflict

CHOICES = (("now", "now"), ("1", "1 min ago"), ("5", "5 min ago"), ("at", "at …"))
"""What is offered for the time of an event: value and words."""
LATER = timedelta(minutes=1)
"""From here on an event is marked as charted later."""
LONGEST_WAIT = timedelta(hours=12)
"""For how long a browser may have waited: as long as somebody stays logged in."""
HALF_A_DAY = timedelta(hours=12)
"""A time by the clock means one no longer ago: «12:30» at noon is a slip, and not of yesterday."""
A_MOMENT_S = 1.0
"""A sending that took so long did not wait."""


class How(Word):
    """Why something was charted later than it happened; empty where somebody only came to it later."""

    LATER = ""
    PAPER = "paper"
    WAITED = "waited"


@dataclass(frozen=True, slots=True)
class Moment:
    """When it happened, None for now, and how it comes that it is charted later."""

    at: datetime | None = None
    how: How = How.LATER

    def content(self, now: datetime) -> dict[str, str]:
        """What the event keeps of it: when it was charted, and how; nothing for what was charted at once."""
        if self.at is None or now - self.at < LATER:
            return {}
        return {"charted_at": now.isoformat(), "charted_how": str(self.how)}


def marked(charted_at: datetime, how: str, zone: tzinfo) -> str:
    """The mark of what was charted later: «charted later, 14:32, from paper»."""
    why = {How.PAPER: ", from paper", How.WAITED: ", it waited for the network"}.get(How(how), "")
    return f"charted later, {charted_at.astimezone(zone):%H:%M}{why}"


NOW = Moment()


def read(fields: Mapping[str, str], waited: str, zone: tzinfo, now: datetime, tapped: datetime | None = None) -> Moment:
    """The moment that a form names. Conflict for a time that is none, in the future, or too long ago.

    `waited` is for how many seconds the form waited in its browser, empty where it did not; `tapped` is when it was
    first sent, where the clinic knows.
    """
    waiting_s = _waited_s(waited)
    tapped_at = tapped or (now - timedelta(seconds=waiting_s) if waiting_s else now)
    paper = fields.get("paper") == "yes"
    chosen = fields.get("when") or "now"
    if chosen == "at" or fields.get("at_time"):
        at = _by_the_clock(fields.get("at_time", ""), zone, tapped_at)
    elif chosen in ("1", "5"):
        at = tapped_at - timedelta(minutes=int(chosen))
    elif chosen == "now":
        at = tapped_at
    else:
        raise Conflict("this is not a time: choose when it happened")
    if not paper:
        _check_not_long_ago(at, tapped_at)
    if at == now:
        return Moment(how=How.PAPER if paper else How.LATER)
    return Moment(at, How.PAPER if paper else How.WAITED if waiting_s else How.LATER)


def _waited_s(waited: str) -> float:
    """For how long a form waited. Conflict where that cannot be told: the clock of its machine was set meanwhile."""
    if not waited:
        return 0.0
    try:
        seconds = float(waited)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_WAIT / timedelta(seconds=1):
        raise Conflict("it cannot be told when this was tapped: chart it with its time")
    return seconds if seconds >= A_MOMENT_S else 0.0


def _by_the_clock(typed: str, zone: tzinfo, before: datetime) -> datetime:
    """The latest such time by the clock of the site within half a day; of an hour that comes twice the later one."""
    try:
        clock = datetime.strptime(typed.strip().replace(".", ":"), "%H:%M").time()
    except ValueError:
        raise Conflict(f"«{typed.strip()[:20]}» is not a clock time: type it as 14:05") from None
    today = before.astimezone(zone).date()
    local = (
        datetime.combine(day, clock, tzinfo=zone).replace(fold=fold)
        for day in (today, today - timedelta(days=1))
        for fold in (0, 1)
    )
    moments = [moment.astimezone(UTC) for moment in local]
    near = [at for at in moments if before - HALF_A_DAY < at <= before]
    if not near:
        raise Conflict(f"{clock:%H:%M} is in the future: enter when it happened")
    if max(near).astimezone(zone).time() != clock:
        raise Conflict(f"{clock:%H:%M} did not exist: the clocks went forward")
    return max(near)


def _check_not_long_ago(at: datetime, tapped: datetime) -> None:
    back = monitoring().rounds.back
    if tapped - at > timedelta(minutes=back.value) + timedelta(seconds=59):
        raise Conflict(
            f"this is more than {back.value:g} minutes ago: chart it as «from paper», or as a note that says when"
        )
