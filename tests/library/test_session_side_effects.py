"""A side effect calls from its grade on, once, until somebody answers, and advises what its gravest rule does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from session_builder import acknowledged, alerts, at, raised, started, watched

from unwound import monitoring, protocols, session
from unwound.session import Event, EventKind, Watched


def effect(grade: int | None, minute: float = 10, of: str = "nausea") -> Event:
    return Event(at=at(minute), kind=EventKind.SIDE_EFFECT, of=of, grade=grade)


def seen(*events: Event, minute: float = 11) -> Watched:
    return watched([], [started(), *events], minute)


@pytest.mark.parametrize("rule", session.usual().side_effects, ids=lambda rule: rule.id)
def test_a_side_effect_calls_from_the_grade_of_each_rule_and_not_one_below(rule: session.limits.Severe) -> None:
    (alert,) = alerts(seen(effect(rule.least)), "side-effect")
    assert (alert.does, alert.says, alert.open) == (rule.does, rule.says, True)
    assert alert.because == (f"nausea, grade {rule.least}",)
    assert [one.does for one in alerts(seen(effect(rule.least - 1)), "side-effect")] != [rule.does]


def test_mild_moderate_and_ungraded_ones_call_nobody_and_a_life_threatening_one_advises_stopping() -> None:
    for grade in (None, 1, 2):
        assert not alerts(seen(effect(grade)), "side-effect")
    advised = [[one.does for one in alerts(seen(effect(grade)), "side-effect")] for grade in (3, 4, 5)]
    assert advised == [["pause"], ["stop"], ["stop"]]


def test_an_answer_ends_it_for_good_and_the_next_one_calls_anew() -> None:
    (alert,) = alerts(seen(effect(3)), "side-effect")
    answered = [effect(3), raised(alert, 10.5), acknowledged(alert, 11)]
    assert not [one for one in alerts(seen(*answered, minute=90), "side-effect") if one.open]
    later = seen(*answered, effect(3, 30), minute=31)
    assert [one.since for one in alerts(later, "side-effect") if one.open] == [at(30)]


def test_two_effects_at_one_time_are_two_alerts() -> None:
    both = alerts(seen(effect(3), effect(3, of="headache")), "side-effect")
    assert len({one.episode.id for one in both}) == 2
    answered = seen(effect(3), effect(3, of="headache"), acknowledged(both[0], 11), minute=12)
    assert [one.because for one in alerts(answered, "side-effect") if one.open] == [both[1].because]


def test_one_charted_twice_at_one_time_is_one_alert_of_the_higher_grade() -> None:
    (alert,) = alerts(seen(effect(3), effect(4)), "side-effect")
    assert alert.because == ("nausea, grade 4",)


@pytest.mark.parametrize(("minute", "escalated"), [(11.9, False), (12, True)])
def test_a_life_threatening_one_that_nobody_answers_is_escalated(minute: float, escalated: bool) -> None:
    (alert,) = alerts(seen(effect(4), minute=minute), "side-effect")
    assert bool(alert.escalation) == escalated


def test_one_charted_in_error_calls_nobody_and_stays_where_it_was_shown() -> None:
    (alert,) = alerts(seen(effect(4)), "side-effect")
    wrong = [effect(4), replace(effect(4), withdrawn="other patient")]
    assert not alerts(seen(*wrong), "side-effect")
    (shown,) = alerts(seen(*wrong, raised(alert, 10.5)), "side-effect")
    assert shown.says == session.answering.NOT_SHOWN_NOW


@pytest.mark.parametrize("protocol", protocols.protocols())
def test_it_is_so_in_every_setting(protocol: str) -> None:
    found = watched([], [started(), effect(3)], 11, monitoring.limits(protocol))
    assert [one.does for one in alerts(found, "side-effect")] == ["pause"]
