"""Who may move a session from where to where, and what must be true: the table, and the two gates."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import session
from unwound.session import Departure, Override, SessionError, Today, gates, leaving, starting, states

EVERYTHING = dict.fromkeys(states.NEEDS, True)
GATES: dict[str, tuple[Any, Any, Any]] = {
    "start": (Today, session.may_start, starting.START),
    "leave": (Departure, session.may_leave, leaving.LEAVE),
}
EXAMPLES = [(id, one) for id in ("start", "leave") for one in gates.gate(id).examples]  # type: ignore[arg-type]


def given_as(id: str, given_: dict[str, Any]) -> Any:
    whole = {name: tuple(value) if isinstance(value, list) else value for name, value in given_.items()}
    return GATES[id][0](**whole)


def good(id: str) -> dict[str, Any]:
    return dict(next(one.given for gate, one in EXAMPLES if gate == id and not one.expect))


@pytest.mark.parametrize("move", session.MOVES, ids=lambda one: f"{one.state}-{one.to}")
def test_each_move_is_for_its_roles_only_and_only_when_all_it_needs_is_true(move: session.Move) -> None:
    for role in (*states.ROLES, "administrator"):
        allowed = session.may_move(move.state, move.to, role, EVERYTHING)
        assert allowed.holds is (role in move.who)
        assert allowed.holds or "not allowed for" in allowed.because[0]
    for need in move.needs:
        refused = session.may_move(move.state, move.to, move.who[0], {**EVERYTHING, need: False})
        assert (refused.holds, refused.because) == (False, (f"not met: {states.NEEDS[need]}",))
        unknown = session.may_move(move.state, move.to, move.who[0], {id: True for id in EVERYTHING if id != need})
        assert (unknown.holds, unknown.ask) == (None, (need,))


def test_where_the_table_has_no_way_there_is_none() -> None:
    ways = {(move.state, move.to) for move in session.MOVES}
    for state in states.STATES:
        for to in states.STATES:
            if (state, to) not in ways:
                assert session.may_move(state, to, "physician", EVERYTHING).holds is False
    (why,) = session.may_move("scheduled", "infusing", "physician", EVERYTHING).because
    assert why == "a session cannot go from «scheduled» to «infusing»; it can go to «checked-in», «aborted»"
    assert "it can go to nothing" in session.may_move("discharged", "infusing", "physician", {}).because[0]


def test_every_state_is_reached_and_every_session_can_end() -> None:
    reached = {"scheduled"}
    while more := {move.to for move in session.MOVES if move.state in reached} - reached:
        reached |= more
    assert reached == set(states.STATES)
    assert {state for state in states.STATES if not session.moves(state)} == {"discharged", "aborted"}
    assert all(set(move.needs) <= set(states.NEEDS) for move in session.MOVES)
    assert {need for move in session.MOVES for need in move.needs} == set(states.NEEDS)


def test_no_infusion_starts_past_the_gate_and_a_coordinator_starts_none() -> None:
    into = [move for move in session.MOVES if move.to == "infusing"]
    assert {move.state for move in into} == {"ready", "paused"}
    assert all("coordinator" not in move.who for move in into)
    assert "may-start" in next(move for move in into if move.state == "ready").needs


def test_the_diagram_shows_every_move_of_the_table() -> None:
    drawn = session.diagram()
    assert drawn.startswith("stateDiagram-v2")
    for move in session.MOVES:
        assert f"{move.state.replace('-', '_')} --> {move.to.replace('-', '_')} : {move.says}" in drawn
    assert drawn.count("-->") == len(session.MOVES) + 3


@pytest.mark.parametrize(("id", "one"), EXAMPLES, ids=lambda one: getattr(one, "name", one))
def test_each_gate_holds_its_own_examples(id: str, one: gates.Example) -> None:
    passage = GATES[id][1](given_as(id, dict(one.given)))
    assert tuple(refusal.requirement for refusal in passage.refusals) == one.expect
    assert passage.opens is (not one.expect)
    assert set(passage.met) | set(one.expect) == set(gates.gate(id).requirements)  # type: ignore[arg-type]


@pytest.mark.parametrize("id", GATES)
def test_what_the_file_requires_is_what_the_code_looks_at(id: str) -> None:
    assert list(gates.gate(id).requirements) == list(GATES[id][2])  # type: ignore[arg-type]


@pytest.mark.parametrize("id", GATES)
def test_every_refusal_says_why_in_words_and_what_is_unknown_is_asked(id: str) -> None:
    known = gates.gate(id).requirements  # type: ignore[arg-type]
    passage = GATES[id][1](GATES[id][0](day=date(2026, 11, 21)))
    assert passage.judgement.holds is None
    assert set(passage.judgement.ask) == set(known)
    for refusal in passage.refusals:
        assert refusal.unknown
        assert refusal.why.endswith(known[refusal.requirement].ask)
        assert refusal.sources
    for _, one in EXAMPLES:
        for refusal in GATES[id][1](given_as(id, dict(one.given))).refusals if _ == id else ():
            assert refusal.unknown or refusal.why.endswith(".")


def test_a_refusal_names_what_was_found() -> None:
    whole = good("start")
    (refusal,) = session.may_start(given_as("start", {**whole, "hours_without_food": 5})).refusals
    assert refusal.why == "5 h without food; 6 h are required."
    (refusal,) = session.may_start(given_as("start", {**whole, "checked_by": "nurse a "})).refusals
    assert refusal.why == "nurse a  both prepared and checked it: two people are needed."
    (refusal,) = session.may_leave(
        given_as("leave", {**good("leave"), "last": {"systolic": 145, "pulse_rate": 75}})
    ).refusals
    assert refusal.why == "systolic blood pressure 145 mmHg, 120 at baseline."


def test_a_pulse_at_the_probe_and_a_heart_rate_are_never_compared_with_each_other() -> None:
    mixed = {**good("leave"), "last": {"systolic": 120, "heart_rate": 70}}
    (refusal,) = session.may_leave(given_as("leave", mixed)).refusals
    assert (refusal.requirement, refusal.unknown) == ("vitals", True)


@pytest.mark.parametrize(
    ("role", "reason", "opens"),
    [("physician", "an inpatient", True), ("nurse", "an inpatient", False), ("physician", " ", False)],
)
def test_an_override_needs_a_physician_and_a_reason(role: str, reason: str, opens: bool) -> None:
    alone = given_as("start", {**good("start"), "driver": ""})
    override = Override("driver", "Dr B", role, reason)
    passage = session.may_start(alone, [override])
    assert passage.opens is opens
    assert passage.overridden == ((override,) if opens else ())
    if not opens:
        assert passage.refusals[0].why.endswith("An override needs a physician and a reason.")


def test_some_things_nobody_may_override_and_an_unknown_one_is_refused() -> None:
    unknown = given_as("start", {**good("start"), "identifiers": ["name"]})
    passage = session.may_start(unknown, [Override("identity", "Dr B", "physician", "I know her")])
    assert (
        passage.refusals[0].why
        == "compared: name; a bed or a room does not identify a person. This cannot be overridden."
    )
    with pytest.raises(SessionError, match="«mood» is not required here"):
        session.may_start(unknown, [Override("mood", "Dr B", "physician", "so")])


@given(st.sampled_from(["start", "leave"]), st.data())
def test_knowing_less_never_opens_a_gate(id: str, data: st.DataObject) -> None:
    """One thing taken away refuses or asks more, except where it was only there to allow."""
    kind, may, _ = GATES[id]
    whole = good(id)
    gone = data.draw(st.sampled_from(sorted(set(whole) - {"day"})))
    passage = may(given_as(id, {name: value for name, value in whole.items() if name != gone}))
    assert not passage.opens
    assert passage.judgement.holds is None
    assert gone in {field.name for field in fields(kind)}
