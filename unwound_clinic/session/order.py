"""What a session gives and where: the infusions of its order, its protocol and setting, what it is watched against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from unwound import monitoring, protocols, session
from unwound.protocols.knowledge import DRUGS, Protocol, Setting
from unwound.record import UnwoundError
from unwound.session import Limits
from unwound.session.states import SessionState
from unwound_clinic.models import InfusionSession, Plan

AT_BEDSIDE = (
    SessionState.CHECKED_IN,
    SessionState.READY,
    SessionState.INFUSING,
    SessionState.PAUSED,
    SessionState.RECOVERING,
)
"""States in which readings of a bed or patient are a session's."""
EARLIEST = timedelta(days=1)
"""How long before a session something of it may have been read or have happened."""


SAME_H = 1e-6


def limits(protocol: str) -> Limits:
    """What a session of this protocol is watched against; the usual where the library knows it no more."""
    try:
        return monitoring.limits(protocol)
    except UnwoundError:
        return session.usual()


@dataclass(frozen=True, slots=True)
class Rate:
    """What the plan sets from one hour of the session to another."""

    start_h: float
    end_h: float
    mg_per_h: float
    ml_per_h: float


@dataclass(frozen=True, slots=True)
class Run:
    """One infusion without a break of a plan: what one session gives; `day` is the day of the course it begins on."""

    day: int
    start_h: float
    rates: tuple[Rate, ...]

    @property
    def hours(self) -> float:
        """How long it runs."""
        return self.rates[-1].end_h

    @property
    def highest(self) -> float:
        """The highest rate, mg/h."""
        return max(rate.mg_per_h for rate in self.rates)

    @property
    def mg(self) -> float:
        """All of it."""
        return sum(rate.mg_per_h * (rate.end_h - rate.start_h) for rate in self.rates)


def runs(plan: Plan) -> tuple[Run, ...]:
    """The infusions of an order, from what was signed."""
    stretches: list[list[Mapping[str, float]]] = []
    for rate in plan.shown.get("rates", ()):
        if stretches and rate["start_h"] <= stretches[-1][-1]["end_h"] + SAME_H:
            stretches[-1].append(rate)
        else:
            stretches.append([rate])
    return tuple(_run(rates) for rates in stretches)


def _run(stretch: list[Mapping[str, float]]) -> Run:
    begin = stretch[0]["start_h"]
    rates = (
        Rate(rate["start_h"] - begin, rate["end_h"] - begin, rate["mg_per_h"], rate["ml_per_h"]) for rate in stretch
    )
    return Run(int(begin // 24) + 1, begin, tuple(rates))


def run_of(row: InfusionSession) -> Run | None:
    """What this session gives."""
    return next((run for run in runs(row.plan) if run.day == row.day), None)


def protocol_of(row: InfusionSession) -> Protocol | None:
    """The protocol of this order; None where the library knows it no more."""
    try:
        return protocols.protocol(row.plan.protocol)
    except UnwoundError:
        return None


def setting_of(row: InfusionSession) -> Setting | None:
    """Where the protocol of this order is given; None where the library knows the protocol no more."""
    protocol = protocol_of(row)
    return protocols.settings()[protocol.setting] if protocol else None


def drug(row: InfusionSession) -> str:
    """What the order gives, by name; empty where the library knows its protocol no more."""
    protocol = protocol_of(row)
    return DRUGS[protocol.drug] if protocol else ""
