"""A monitored session: readings as they came, what they mean against the plan, and who may move it on.

`watch(limits, readings, events, now)` says how it is going. The bedside monitor stays the primary alarm.
"""

from unwound.session.alerts import Alert
from unwound.session.charting import Beyond, Cell, Gap, Row, beyond, grid
from unwound.session.events import AlertKind, Episode, Event, EventKind, Phase
from unwound.session.fluids import Fluid, fluid_given
from unwound.session.gates import GateName, Override, Passage, Refusal
from unwound.session.giving import Balance, Lot, agrees, balance, doses_given
from unwound.session.leaving import Departure, may_leave
from unwound.session.limits import Check, Limit, Limits, Trend, limit_of, usual
from unwound.session.readings import Channel, Reading, Readings, column, gather, gather_columns
from unwound.session.resuming import not_back
from unwound.session.signs import ReadingState, SessionError, VitalSign, out_of_order, sign
from unwound.session.starting import Today, may_start
from unwound.session.states import MOVES, Move, Role, SessionState, diagram, may_move, moves
from unwound.session.together import Happening
from unwound.session.watching import MONITOR_FIRST, Current, Watched, watch

__all__ = [
    "MONITOR_FIRST",
    "MOVES",
    "Alert",
    "AlertKind",
    "Balance",
    "Beyond",
    "Cell",
    "Channel",
    "Check",
    "Current",
    "Departure",
    "Episode",
    "Event",
    "EventKind",
    "Fluid",
    "Gap",
    "GateName",
    "Happening",
    "Limit",
    "Limits",
    "Lot",
    "Move",
    "Override",
    "Passage",
    "Phase",
    "Reading",
    "ReadingState",
    "Readings",
    "Refusal",
    "Role",
    "Row",
    "SessionError",
    "SessionState",
    "Today",
    "Trend",
    "VitalSign",
    "Watched",
    "agrees",
    "balance",
    "beyond",
    "column",
    "diagram",
    "doses_given",
    "fluid_given",
    "gather",
    "gather_columns",
    "grid",
    "limit_of",
    "may_leave",
    "may_move",
    "may_start",
    "moves",
    "not_back",
    "out_of_order",
    "sign",
    "usual",
    "watch",
]
