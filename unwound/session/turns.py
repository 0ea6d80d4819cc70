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

KINDS: frozenset[EventKind] = frozenset(kind for turns in TURNS.values() for kind in turns)


def out_of_turn(happened: Iterable[Event]) -> tuple[Event, Phase] | None:
    """The first event that cannot happen in its phase, and that phase; None when all fit.

    A stop before the start, a bolus after the stop: the doses that follow from them would be wrong.
    """
    events = tuple(happened)
    phase: Phase = Phase.BEFORE
    for event in in_order(events, max(event.at for event in events)) if events else ():
        if event.kind == EventKind.LEAVE:
            phase = Phase.OVER
        elif event.kind in KINDS:
            if event.kind not in TURNS[phase]:
                return event, phase
            phase = TURNS[phase][event.kind]
    return None
