"""The states of a session as one table: from where to where, by whom, and what must be true; the manual draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unwound.record import Judgement, unique
from unwound.terms import Word


class SessionState(Word):
    """Where a session is, from the day's list to its end."""

    SCHEDULED = "scheduled"
    CHECKED_IN = "checked-in"
    READY = "ready"
    INFUSING = "infusing"
    PAUSED = "paused"
    RECOVERING = "recovering"
    DISCHARGED = "discharged"
    ABORTED = "aborted"


class Role(Word):
    """Who moves a session on."""

    PHYSICIAN = "physician"
    ANAESTHESIA_PROVIDER = "anaesthesia-provider"
    NURSE = "nurse"
    COORDINATOR = "coordinator"


STATES: tuple[SessionState, ...] = tuple(SessionState)
ROLES: tuple[Role, ...] = tuple(Role)
PRESCRIBERS: tuple[Role, ...] = (Role.PHYSICIAN, Role.ANAESTHESIA_PROVIDER)
CLINICAL: tuple[Role, ...] = (*PRESCRIBERS, Role.NURSE)

NEEDS: Mapping[str, str] = {
    "identity": "identity confirmed by two identifiers",
    "may-start": "every requirement before the start is met (`may_start`)",
    "stops-seen": "every alert that advises stopping is acknowledged",
    "back-within": "every sign that advised stopping is within its limits now, or a prescriber says why it goes on",
    "still-agreed": "the order and the consent are still valid",
    "end-charted": "the end of the infusion is charted",
    "may-leave": "every requirement before leaving is met (`may_leave`), or overridden by a physician with a reason",
    "reason": "a reason is recorded",
    "handed-over": "who took over the patient's care is recorded",
}
"""What a move may need, in words; the caller of `may_move` states which of these are true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One transition from a state to another."""

    state: SessionState
    to: SessionState
    says: str
    who: tuple[Role, ...]
    needs: tuple[str, ...] = ()


MOVES: tuple[Move, ...] = (
    Move(
        state=SessionState.SCHEDULED,
        to=SessionState.CHECKED_IN,
        says="the patient has arrived",
        who=ROLES,
        needs=("identity",),
    ),
    Move(
        state=SessionState.CHECKED_IN,
        to=SessionState.READY,
        says="all checks are complete",
        who=CLINICAL,
        needs=("may-start",),
    ),
    Move(state=SessionState.READY, to=SessionState.CHECKED_IN, says="a check must be repeated", who=CLINICAL),
    Move(
        state=SessionState.READY,
        to=SessionState.INFUSING,
        says="the infusion starts",
        who=CLINICAL,
        needs=("may-start", "stops-seen"),
    ),
    Move(state=SessionState.INFUSING, to=SessionState.PAUSED, says="the infusion is paused", who=CLINICAL),
    Move(
        state=SessionState.PAUSED,
        to=SessionState.INFUSING,
        says="the infusion is resumed",
        who=CLINICAL,
        needs=("stops-seen", "back-within", "still-agreed"),
    ),
    Move(
        state=SessionState.INFUSING,
        to=SessionState.RECOVERING,
        says="the infusion ends",
        who=CLINICAL,
        needs=("end-charted",),
    ),
    Move(
        state=SessionState.PAUSED,
        to=SessionState.RECOVERING,
        says="the infusion ends",
        who=CLINICAL,
        needs=("end-charted",),
    ),
    Move(
        state=SessionState.RECOVERING,
        to=SessionState.DISCHARGED,
        says="the patient goes home",
        who=CLINICAL,
        needs=("may-leave",),
    ),
    Move(state=SessionState.SCHEDULED, to=SessionState.ABORTED, says="cancelled", who=ROLES, needs=("reason",)),
    Move(state=SessionState.CHECKED_IN, to=SessionState.ABORTED, says="cancelled", who=CLINICAL, needs=("reason",)),
    Move(state=SessionState.READY, to=SessionState.ABORTED, says="cancelled", who=CLINICAL, needs=("reason",)),
    Move(
        state=SessionState.INFUSING,
        to=SessionState.ABORTED,
        says="care continues elsewhere",
        who=PRESCRIBERS,
        needs=("end-charted", "reason", "handed-over"),
    ),
    Move(
        state=SessionState.PAUSED,
        to=SessionState.ABORTED,
        says="care continues elsewhere",
        who=PRESCRIBERS,
        needs=("end-charted", "reason", "handed-over"),
    ),
    Move(
        state=SessionState.RECOVERING,
        to=SessionState.ABORTED,
        says="care continues elsewhere",
        who=PRESCRIBERS,
        needs=("reason", "handed-over"),
    ),
)
_TABLE: Mapping[tuple[str, str], Move] = {(move.state, move.to): move for move in MOVES}


def moves(state: SessionState) -> tuple[Move, ...]:
    """The ways out of a state; discharged and aborted have none."""
    return tuple(move for move in MOVES if move.state == state)


def may_move(state: str, to: str, role: str, met: Mapping[str, bool | None]) -> Judgement:
    """Whether someone of this role may move a session on, with the reasons why not.

    What is not in `met` is unknown: the judgement is then unknown too and asks for it. Only a judgement that holds
    moves anything.
    """
    # No such transition, the wrong role, a need not met and a need not known are four refusals that read differently.
    move = _TABLE.get((state, to))
    if move is None:
        there = ", ".join(f"«{way.to}»" for way in MOVES if way.state == state) or "nothing"
        return Judgement(False, (f"a session cannot go from «{state}» to «{to}»; it can go to {there}",))
    if role not in move.who:
        return Judgement(False, (f"not allowed for the role {in_words(role)}: this needs {_either(move.who)}",))
    false = tuple(need for need in move.needs if met.get(need) is False)
    unknown = tuple(need for need in move.needs if met.get(need) is None)
    if false:
        return Judgement(False, tuple(f"not met: {NEEDS[need]}" for need in (*false, *unknown)))
    because = tuple(f"not known: {NEEDS[need]}" for need in unknown) or tuple(NEEDS[need] for need in move.needs)
    return Judgement(None if unknown else True, because, unknown)


def in_words(word: str) -> str:
    """A state or role as it reads."""
    return word.replace("-", " ")


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    names = [f'    state "{in_words(state)}" as {_name(state)}' for state in STATES if _name(state) != state]
    ways = [f"    {_name(move.state)} --> {_name(move.to)} : {move.says}" for move in MOVES]
    ends = [f"    {_name(state)} --> [*]" for state in STATES if not moves(state)]
    return "\n".join(["stateDiagram-v2", *names, f"    [*] --> {_name(STATES[0])}", *ways, *ends])


def _name(state: SessionState) -> str:
    return state.replace("-", "_")


def _either(roles: tuple[Role, ...]) -> str:
    return " or ".join(unique(in_words(role) for role in roles))
