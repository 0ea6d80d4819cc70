"""Whether what is told of an infusion can have happened in the order of its times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unwound.session.events import Event, Happening, Phase, in_order

TURNS: Mapping[Phase, Mapping[Happening, Phase]] = {
    "before": {"start": "infusing"},
    "infusing": {"pause": "paused", "stop": "recovery", "rate": "infusing", "bolus": "infusing"},
    "paused": {"resume": "infusing", "stop": "recovery", "rate": "paused", "bolus": "paused"},
    "recovery": {},
    "over": {},
}
"""What can happen to the pump in each phase, and the phase after it."""

KINDS: frozenset[Happening] = frozenset(kind for each in TURNS.values() for kind in each)


def out_of_turn(happened: Iterable[Event]) -> tuple[Event, Phase] | None:
    """The first event that cannot be where it stands, and the phase it stands in; None when all fit.

    A stop before the start, a bolus after the stop: the doses that follow from them would be wrong.
    """
    told = tuple(happened)
    phase: Phase = "before"
    for one in in_order(told, max(each.at for each in told)) if told else ():
        if one.kind == "leave":
            phase = "over"
        elif one.kind in KINDS:
            if one.kind not in TURNS[phase]:
                return one, phase
            phase = TURNS[phase][one.kind]
    return None
