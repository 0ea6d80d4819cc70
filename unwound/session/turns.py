"""Whether the events of an infusion can have happened in the order of their times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unwound.session.events import Event, EventKind, Phase, in_order

TURNS: Mapping[Phase, Mapping[EventKind, Phase]] = {
    Phase.BEFORE: {EventKind.START: Phase.INFUSING},
    Phase.INFUSING: {
        EventKind.PAUSE: Phase.PAUSED,
        EventKind.STOP: Phase.RECOVERY,
        EventKind.RATE: Phase.INFUSING,
        EventKind.BOLUS: Phase.INFUSING,
    },
    Phase.PAUSED: {
        EventKind.RESUME: Phase.INFUSING,
        EventKind.STOP: Phase.RECOVERY,
        EventKind.RATE: Phase.PAUSED,
        EventKind.BOLUS: Phase.PAUSED,
    },
    Phase.RECOVERY: {},
    Phase.OVER: {},
}
"""What can happen to the pump in each phase, and the phase after it."""

KINDS: frozenset[EventKind] = frozenset(kind for each in TURNS.values() for kind in each)


def out_of_turn(happened: Iterable[Event]) -> tuple[Event, Phase] | None:
    """The first event that cannot happen in its phase, and that phase; None when all fit.

    A stop before the start, a bolus after the stop: the doses that follow from them would be wrong.
    """
    told = tuple(happened)
    phase: Phase = Phase.BEFORE
    for one in in_order(told, max(each.at for each in told)) if told else ():
        if one.kind == EventKind.LEAVE:
            phase = Phase.OVER
        elif one.kind in KINDS:
            if one.kind not in TURNS[phase]:
                return one, phase
            phase = TURNS[phase][one.kind]
    return None
