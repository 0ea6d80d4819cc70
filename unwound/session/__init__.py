"""A monitored session: readings as they came, what they mean against the plan, and who may move it on.

`watch(limits, readings, events, now)` says how it is going. The bedside monitor stays the primary alarm.
"""

from unwound.session.alerts import Alert
from unwound.session.events import Episode, Event
from unwound.session.limits import Check, Limit, Limits, Trend, usual
from unwound.session.readings import Channel, Reading, Readings, column, gather, gather_columns
from unwound.session.signs import SessionError, VitalSign, sign
from unwound.session.watching import MONITOR_FIRST, Current, Watched, watch

__all__ = [
    "MONITOR_FIRST",
    "Alert",
    "Channel",
    "Check",
    "Current",
    "Episode",
    "Event",
    "Limit",
    "Limits",
    "Reading",
    "Readings",
    "SessionError",
    "Trend",
    "VitalSign",
    "Watched",
    "column",
    "gather",
    "gather_columns",
    "sign",
    "usual",
    "watch",
]
