"""A session as it is watched: what alerts, when, for how long, and what never silences it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_builder import (
    PROBE,
    START,
    acknowledged,
    alerts,
    at,
    baseline,
    minutes,
    none,
    raised,
    read,
    started,
    watched,
)

from unwound import facts, protocols, session
from unwound.catalogue import Cited, load_rule
from unwound.facts import Criterion
from unwound.session import Channel, Event, Limits, Reading, SessionError
from unwound.session.limits import Monitoring
from unwound.session.signs import VitalSign, signs

SIGNS = [(id, one) for id, sign in signs().items() for one in sign.examples]
USUAL = [*load_rule("monitoring", Monitoring).examples]
RULES = [*session.usual().limits, *session.usual().trends]


def firing(kind: str, value: float, *events: Event) -> set[str]:
    """The rules that alert on a value of a probe that has held for half a minute."""
    return {one.episode.rule for one in watched([read(1, kind, value)], events, 1.5).alerts}


@pytest.mark.parametrize(("id", "one"), SIGNS, ids=lambda one: getattr(one, "name", one))
def test_each_sign_believes_what_its_file_says_it_does(id: str, one: session.signs.Example) -> None:
    sign: VitalSign = signs()[id]
    assert sign.state_of(one.value) == one.expect
    assert Reading(at=START, kind=id, value=one.value).state == one.expect


@pytest.mark.parametrize("one", USUAL, ids=lambda one: one.name)
def test_the_usual_limits_hold_their_own_examples(one: session.limits.Example) -> None:
    start = [] if one.baseline is None else [baseline(one.sign, one.baseline)]
    assert firing(one.sign, one.value, *start) == set(one.expect)


@pytest.mark.parametrize("rule", session.usual().limits, ids=lambda rule: rule.id)
def test_every_limit_alerts_one_step_beyond_it_and_not_at_it(rule: session.Limit) -> None:
    step = session.sign(rule.sign).step
    edge, beyond = (rule.below, -step) if rule.below is not None else (rule.above, step)
    assert edge is not None
    assert rule.id not in firing(rule.sign, edge)
    assert rule.id in firing(rule.sign, edge + beyond)


@pytest.mark.parametrize("rule", session.usual().trends, ids=lambda rule: rule.id)
def test_every_trend_alerts_one_step_beyond_its_band_and_not_within(rule: session.Trend) -> None:
    base = min(100, session.sign(rule.sign).highest.value - 4)
    start = baseline(rule.sign, base)
    if rule.fall is not None:
        assert rule.id not in firing(rule.sign, base - rule.fall + 1, start)
        assert rule.id in firing(rule.sign, base - rule.fall, start)
        return
    within = base + (rule.beyond_percent or (rule.rise or 0) - 1)
    assert rule.id not in firing(rule.sign, within, start)
    assert rule.id in firing(rule.sign, within + 1, start)
    low = firing(rule.sign, base - (rule.beyond_percent or 0) - 1, start)
    assert (rule.id in low) == (rule.beyond_percent is not None)


def test_without_a_start_value_there_is_no_trend_and_one_holds_only_from_its_time() -> None:
    assert firing("systolic", 170) == set()
    readings = [read(1, "systolic", 150, ""), read(9, "systolic", 150, "")]
    seen = watched(readings, [baseline("systolic", 120, 5)], 10)
    assert minutes(alerts(seen, "trend", "systolic")) == [9]


def test_a_new_start_value_holds_from_its_own_minute() -> None:
    events = [baseline("systolic", 120), baseline("systolic", 150, 5)]
    assert watched([read(5, "systolic", 150, "")], events, 5).alerts == ()
    assert minutes(alerts(watched([read(4.9, "systolic", 150, "")], events, 5), "trend")) == [4.9]


def test_an_alert_says_why_against_what_and_on_whose_word() -> None:
    (one,) = watched([read(3, "spo2", 88)], minute=3.5).alerts
    assert one.kind == "limit"
    assert one.does == "stop"
    assert one.because == ("oxygen saturation 88 % (monitor)",)
    assert one.boundary == "below 90 %"
    assert (one.sources, one.checked) == (("unwound_local",), "unchecked")
    assert one.since == at(3)
    assert one.episode.id == "limit/spo2_low/spo2/monitor/2026-11-21T10:03:00+00:00"


def test_an_entry_limit_that_was_read_is_unchecked_where_it_serves_as_an_alert() -> None:
    (one,) = watched([read(3, "pulse_rate", 49)], minute=3.5).alerts
    assert (one.sources, one.checked) == (("beik_2016", "unwound_local"), "unchecked")


def test_an_episode_is_one_alert_with_its_worst_value_and_its_end() -> None:
    values = [95, 89, 84, 88, 93, 95]
    (one,) = watched([read(n, "spo2", value) for n, value in enumerate(values)], minute=5).alerts
    assert (one.since, one.until, one.worst) == (at(1), at(4), 84)
    assert one.acknowledged is None


def test_to_and_fro_within_a_minute_is_one_episode_and_later_it_is_another() -> None:
    first = [read(0, "spo2", 89), read(0.5, "spo2", 95)]
    assert len(watched([*first, read(1, "spo2", 89)], minute=1).alerts) == 1
    assert len(watched([*first, read(1.1, "spo2", 89)], minute=2).alerts) == 2


def test_an_artefact_neither_ends_an_episode_nor_counts_in_it() -> None:
    seen = watched([read(0, "spo2", 88), read(5, "spo2", 36), read(9, "spo2", 87)], minute=9)
    (limit,) = alerts(seen, "limit")
    assert (limit.since, limit.until, limit.worst) == (at(0), None, 87)
    (artefact,) = alerts(seen, "implausible")
    assert (artefact.since, artefact.until, artefact.worst) == (at(5), at(9), 36)


def test_an_artefact_is_over_when_the_sensor_is_taken_off() -> None:
    seen = watched([read(1, "spo2", 36), none(2, "spo2", "no-sensor")], minute=3)
    assert [(one.kind, one.until) for one in seen.alerts] == [("implausible", at(2)), ("sensor-off", None)]


def test_no_sensor_is_a_state_and_an_alert_of_its_own() -> None:
    readings = [read(0, "spo2", 97), none(1, "spo2", "no-sensor"), none(2, "spo2", "no-sensor"), read(3, "spo2", 97)]
    found = [one for one in watched(readings, [started()], 3).alerts if one.episode.channel == PROBE]
    assert [(one.kind, one.since, one.until) for one in found] == [("sensor-off", at(1), at(3))]
    (current,) = watched([none(1, "spo2", "no-sensor")], minute=1).current
    assert (current.reading.state, current.believed, current.stale) == ("no-sensor", None, True)


def test_two_probes_stay_two() -> None:
    seen = watched([read(1, "spo2", 97, "finger"), read(1, "spo2", 85, "ear")], minute=1.5)
    assert [one.channel.source for one in seen.current] == ["ear", "finger"]
    (one,) = seen.alerts
    assert one.episode.channel == Channel("spo2", "ear")


def test_of_two_values_of_one_probe_at_one_time_neither_is_dropped() -> None:
    seen = watched([read(1, "spo2", 97), read(1, "spo2", 85)], minute=1.5)
    assert len(session.gather([read(1, "spo2", 97), read(1, "spo2", 85), read(1, "spo2", 97)])) == 2
    assert [one.worst for one in seen.alerts] == [85]


def test_an_alert_stays_until_someone_says_who_and_why() -> None:
    readings = [read(1, "spo2", 88), read(2, "spo2", 97), read(3, "spo2", 97)]
    (one,) = watched(readings, minute=3).open
    seen = watched(readings, [acknowledged(one, 4, "probe had slipped")], 5)
    assert seen.open == ()
    (now,) = seen.alerts
    assert now.acknowledged is not None
    assert (now.acknowledged.by, now.acknowledged.reason) == ("nurse A", "probe had slipped")
    with pytest.raises(SessionError, match="«acknowledged»: reason is needed"):
        Event(at=at(4), kind="acknowledged", by="nurse A", episode=one.episode)


def test_acknowledged_it_is_not_raised_again_while_it_lasts_but_the_next_one_is() -> None:
    falling = [read(n, "spo2", 88) for n in range(10)]
    (one,) = watched(falling[:2], minute=1).alerts
    events = [raised(one, 1), acknowledged(one, 2)]
    assert watched(falling, events, 3.9).open == ()
    again = watched([*falling[:3], read(2.5, "spo2", 96), read(15, "spo2", 79)], events, 15)
    assert minutes(again.open) == [15]


def test_acknowledging_one_limit_says_nothing_of_another_that_is_passed() -> None:
    deeper = [read(0, "sedation", -2, ""), read(5, "sedation", -3, "")]
    (one,) = watched(deeper[:1], minute=0).alerts
    seen = watched(deeper, [acknowledged(one, 1), acknowledged(one, 5)], 5)
    assert [alert.episode.rule for alert in seen.open] == ["sedation_deep"]


def test_a_reading_that_came_late_keeps_the_acknowledged_episode_what_it_was() -> None:
    (one,) = watched([read(5, "spo2", 88)], minute=5.5).alerts
    events = [raised(one, 5.5), acknowledged(one, 6)]
    (now,) = watched([read(4, "spo2", 87), read(5, "spo2", 88)], events, 7).alerts
    assert now.since == at(4)
    assert now.episode == one.episode
    assert now.acknowledged is not None


def test_two_episodes_that_a_late_reading_makes_one_are_seen_only_when_both_were() -> None:
    first, second = read(0, "spo2", 88), read(10, "spo2", 88)
    parted = [first, read(0.3, "spo2", 95), second]
    one, two = sorted(watched(parted, minute=10.5).alerts, key=lambda alert: alert.since)
    events = [raised(one, 0), acknowledged(one, 1), raised(two, 10.5)]
    late = [read(minute, "spo2", 88) for minute in range(1, 10)]
    assert [alert.episode for alert in watched([*parted, *late], events, 11).open] == [one.episode]
    assert watched([*parted, *late], [*events, acknowledged(one, 12)], 12).open == ()


def test_what_was_shown_stays_until_seen_though_the_reading_was_an_error() -> None:
    wrong = read(1, "spo2", 79, "")
    (one,) = watched([wrong], minute=1).alerts
    taken_back = [wrong, replace(wrong, withdrawn="typed 79 for 97"), read(1, "spo2", 97, "")]
    assert watched(taken_back, minute=2).alerts == ()
    (kept,) = watched(taken_back, [raised(one, 1)], 2).open
    assert kept.episode == one.episode
    assert kept.says == "This alert was shown; later information no longer supports it."
    assert watched(taken_back, [raised(one, 1), acknowledged(one, 3)], 3).open == ()


def test_an_error_stays_in_the_record_and_counts_for_nothing() -> None:
    wrong = replace(read(1, "spo2", 79, ""), withdrawn="typed 79 for 97")
    together = session.gather([wrong, read(2, "spo2", 97, "")])
    assert together.withdrawn == {wrong}
    assert [one.value for one in together] == [97]


def test_a_silent_probe_alerts_after_its_gap_and_not_at_it() -> None:
    gap = session.sign("spo2").gap.value / 60
    heart = [read(n, "heart_rate", 70) for n in range(20)]
    readings = [*heart, *(read(n, "spo2", 97) for n in range(6))]
    assert alerts(watched(readings, [started()], 5 + gap), "no-data") == []
    (one,) = alerts(watched(readings, [started()], 5 + gap + 0.01), "no-data")
    assert (one.episode.channel, one.since, one.until) == (PROBE, at(5 + gap), None)


def test_a_probe_that_says_missing_is_as_silent_as_one_that_says_nothing() -> None:
    readings = [read(0, "spo2", 97), *(none(n, "spo2") for n in range(1, 5))]
    assert minutes(alerts(watched(readings, [started()], 4), "no-data", "oximetry")) == [1.5]


def test_one_probe_that_works_does_not_hide_another_that_fell_silent() -> None:
    readings = [*(read(n, "spo2", 97, "finger") for n in range(10)), read(0, "spo2", 97, "ear")]
    silent = alerts(watched(readings, [started()], 9), "no-data", "oximetry")
    assert [one.episode.channel.source for one in silent] == ["ear"]


def test_nothing_from_any_probe_since_the_start_is_no_data_until_one_speaks() -> None:
    (one,) = alerts(watched([], [started()], 10), "no-data", "oximetry")
    assert (one.episode.channel, one.since, one.until) == (Channel("spo2"), at(1.5), None)
    (over,) = alerts(watched([read(4, "spo2", 97)], [started()], 5), "no-data", "oximetry")
    assert (over.since, over.until) == (at(1.5), at(4))


def test_what_a_hand_charts_once_is_not_expected_without_a_break() -> None:
    silent = alerts(watched([read(5, "spo2", 97, "")], [started()], 30), "no-data", "oximetry")
    assert minutes(silent) == [1.5]


def test_what_is_watched_only_afterwards_is_not_late_before() -> None:
    checks = (
        session.Check(id="probe", signs=("spo2",), when="recovery"),
        session.Check(id="look", signs=("sedation",), when="recovery", every_min=15, since_min=30),
    )
    events = [started(), Event(at=at(60), kind="stop")]
    found = watched([], events, 120, Limits(checks=checks, grace_min=5)).alerts
    assert {one.episode.rule: one.since for one in found} == {"probe": at(60), "look": at(95)}


def test_each_check_is_late_by_its_own_measure() -> None:
    """What is due every 5 minutes in the sedated is not ten minutes old before anybody says so."""
    checks = (
        session.Check(id="often", signs=("systolic",), every_min=5, own_grace_min=2),
        session.Check(id="seldom", signs=("pain",), every_min=60, own_grace_min=15),
        session.Check(id="as any", signs=("sedation",), every_min=15),
    )
    limits = Limits(checks=checks, grace_min=5)
    found = watched([], [started()], 120, limits).alerts
    assert {one.episode.rule: one.since for one in found} == {"often": at(7), "seldom": at(75), "as any": at(20)}
    (often,) = (one for one in watched([], [started()], 7, limits).due if one.check == "often")
    assert (often.late_after, often.overdue) == (at(7), False)
    (often,) = (one for one in watched([], [started()], 7.01, limits).due if one.check == "often")
    assert often.overdue


def test_the_first_leaving_is_when_the_session_was_over() -> None:
    limits = Limits(checks=(session.Check(id="probe", signs=("spo2",)),))
    events = [started(), Event(at=at(1), kind="leave"), Event(at=at(9), kind="leave")]
    assert watched([], events, 20, limits).alerts == ()


def test_before_the_start_nothing_is_late_and_after_leaving_nothing_is() -> None:
    assert watched([read(0, "spo2", 97)], minute=90).alerts == ()
    events = [started(), Event(at=at(1), kind="stop"), Event(at=at(1.2), kind="leave")]
    assert alerts(watched([], events, 600), "overdue") == []
    assert watched([], events, 600).due == ()


def test_the_end_of_the_infusion_does_not_begin_a_silence_anew() -> None:
    readings = [read(0, "spo2", 97), read(10, "spo2", 97)]
    silent = alerts(watched(readings, [started(), Event(at=at(5), kind="stop")], 10), "no-data", "oximetry")
    assert [(one.since, one.until) for one in silent] == [(at(1.5), at(10))]


def test_a_check_is_due_then_overdue_one_minute_apart() -> None:
    pressure = [read(10, "systolic", 120, ""), read(10, "diastolic", 70, "")]
    due = {one.check: one for one in watched(pressure, [started()], 12).due}
    assert (due["pressure"].at, due["pressure"].overdue) == (at(25), False)
    assert due["observation"].at == at(15)
    assert alerts(watched(pressure, [started()], 30), "overdue", "pressure") == []
    assert {one.check: one.overdue for one in watched(pressure, [started()], 30).due}["pressure"] is False
    (one,) = alerts(watched(pressure, [started()], 31), "overdue", "pressure")
    assert (one.since, one.until) == (at(30), None)
    assert one.boundary == "every 15 min, at most 5 min late"
    assert {one.check: one.overdue for one in watched(pressure, [started()], 31).due}["pressure"] is True


def test_a_check_of_several_signs_is_done_when_all_are_and_says_which_is_missing() -> None:
    (one,) = alerts(watched([read(14, "systolic", 120, "")], [started()], 21), "overdue", "pressure")
    assert one.because == ("not recorded: diastolic blood pressure",)


def test_signs_in_a_line_are_words_and_both_pressures_are_one() -> None:
    ward = ("respiratory_rate", "pain", "sedation", "dissociation", "systolic", "diastolic", "heart_rate", "spo2")
    said = "breathing, pain, sedation, dissociation, blood pressure, heart rate, oxygen saturation"
    assert session.signs.listed(ward) == said
    assert session.signs.listed(("nausea", "systolic")) == "nausea, systolic blood pressure"


def test_a_probe_that_is_a_number_is_called_one() -> None:
    assert [session.Channel("spo2", source).probe for source in ("1", "ear", "")] == ["probe 1", "ear", ""]


def test_an_artefact_is_no_check_done() -> None:
    readings = [read(14, "systolic", 290, ""), read(14, "diastolic", 70, "")]
    assert len(alerts(watched(readings, [started()], 21), "overdue", "pressure")) == 1


def test_a_late_check_ends_the_episode_and_it_waits_for_its_acknowledgement() -> None:
    readings = [read(22, "systolic", 120, ""), read(23, "diastolic", 70, "")]
    (one,) = alerts(watched(readings, [started()], 24), "overdue", "pressure")
    assert (one.since, one.until, one.acknowledged) == (at(20), at(23), None)


def test_checks_go_on_while_paused_and_others_begin_after_the_end() -> None:
    events = [started(), Event(at=at(10), kind="pause")]
    assert {one.check for one in watched([], events, 12).due} == {"pressure", "observation"}
    after = watched([], [*events, Event(at=at(30), kind="stop")], 31)
    assert after.phase == "recovery"
    assert {one.check for one in after.due} == {"pressure_after", "observation_after"}


def test_a_part_of_the_infusion_may_have_its_own_interval() -> None:
    own = (
        session.Check(id="often", signs=("pain",), every_min=5, until_min=20),
        session.Check(id="rare", signs=("pain",), every_min=30, since_min=20),
    )
    limits = Limits(checks=own)
    pain = [read(19, "pain", 3, "")]
    assert [(one.check, one.at) for one in watched(pain, [started()], 19, limits).due] == [("often", at(24))]
    assert [(one.check, one.at) for one in watched(pain, [started()], 25, limits).due] == [("rare", at(49))]


def test_a_plan_puts_its_own_limit_in_the_place_of_the_usual_one() -> None:
    own = session.Limit(id="spo2_low", sign="spo2", does="review", below=94, says="as ordered")
    limits = session.usual().instead(limits=[own])
    (one,) = watched([read(1, "spo2", 93)], minute=1.5, limits=limits).alerts
    assert (one.says, one.boundary, one.does) == ("as ordered", "below 94 %", "review")
    assert len(limits.limits) == len(session.usual().limits)


def test_the_change_from_the_start_is_shown_beside_the_value() -> None:
    (one,) = watched([read(1, "systolic", 138)], [baseline("systolic", 120)], 1).current
    assert (one.change, one.change_percent) == (18, 15)


def test_what_comes_after_now_does_not_count_yet() -> None:
    readings = [read(1, "spo2", 97), read(2, "spo2", 85)]
    assert watched(readings, minute=1.9).alerts == ()
    assert len(watched(readings, minute=2.3).alerts) == 1


def test_a_change_of_the_clocks_makes_no_interval() -> None:
    """New York turns back at 06:00 UTC on 1 November 2026: 01:30 comes twice."""
    zone = ZoneInfo("America/New_York")
    before = Reading(at=datetime(2026, 11, 1, 1, 59, tzinfo=zone), kind="spo2", value=97, source="monitor")
    after = Reading(at=datetime(2026, 11, 1, 1, 0, fold=1, tzinfo=zone), kind="spo2", value=97, source="monitor")
    assert after.at - before.at == timedelta(minutes=1)
    assert before.at.tzinfo is UTC
    start = Event(at=datetime(2026, 11, 1, 1, 59, tzinfo=zone), kind="start", rate_mg_per_h=20)
    now = datetime(2026, 11, 1, 1, 0, 30, fold=1, tzinfo=zone)
    assert alerts(session.watch(session.usual(), [after, before], [start], now), "no-data", "oximetry") == []


def test_two_screens_that_show_it_at_different_times_do_not_take_the_answer_back() -> None:
    (one,) = watched([read(1, "spo2", 88)], minute=1.5).alerts
    events = [raised(one, 1.5), acknowledged(one, 2), raised(one, 3)]
    assert watched([read(1, "spo2", 88)], events, 3.9).open == ()


def test_a_criterion_of_a_plan_becomes_a_limit_and_one_that_is_none_does_not() -> None:
    number = Cited(value=180, unit="mmHg", source="wan_2015", checked="unchecked")
    limit = session.limit_of("own", Criterion(fact="systolic_mmhg", above=number), "stop", "as ordered")
    assert limit == session.Limit(
        id="own",
        sign="systolic",
        does="stop",
        below=None,
        above=180,
        says="as ordered",
        sources=("wan_2015",),
        checked="unchecked",
    )
    assert session.limit_of("own", Criterion(yes="pregnant"), "stop", "") is None
    assert session.limit_of("own", Criterion(fact="weight_kg", above=number), "stop", "") is None


@pytest.mark.parametrize("id", [id for id, one in signs().items() if one.fact])
def test_a_sign_and_its_fact_are_in_one_unit(id: str) -> None:
    question = facts.vocabulary()[signs()[id].fact]
    assert question.unit == signs()[id].unit


def test_settings_and_the_usual_limits_never_say_two_numbers_for_one_thing() -> None:
    """A number that stands in two files must be one number: `data/settings` is where plans have theirs."""
    usual = {(one.sign, one.below is None): one for one in session.usual().limits if one.does == "stop"}
    compared = 0
    for setting in protocols.settings().values():
        for place, rule in enumerate(setting.stop_rules):
            limit = rule.when and session.limit_of(str(place), rule.when, rule.does, rule.text.text)
            if limit and (same := usual.get((limit.sign, limit.below is None))):
                assert (limit.below, limit.above) == (same.below, same.above), setting.title
                compared += 1
    assert compared >= 3
    assert session.usual().after_min == protocols.settings()["outpatient"].after.value


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"at": datetime(2026, 11, 21, 10, 0)}, "without its zone"),
        ({"unit": "mmHg"}, "measured in %, not in «mmHg»"),
        ({"value": None}, "with the value None is not possible"),
        ({"status": "missing"}, "a «missing» reading with the value 97"),
        ({"value": float("nan")}, "nan is not a number"),
        ({"kind": "sp02"}, "did you mean «spo2»"),
    ],
)
def test_what_is_no_reading_is_refused_with_its_reason(given_: dict[str, object], says: str) -> None:
    whole: dict[str, object] = {"at": START, "kind": "spo2", "value": 97, **given_}
    with pytest.raises(SessionError, match=says):
        Reading(**whole)  # type: ignore[arg-type]


KINDS = ("spo2", "systolic", "pulse_rate")
NORMAL = {"spo2": 97.0, "systolic": 120.0, "pulse_rate": 70.0}
STARTS = [baseline("systolic", 120), baseline("pulse_rate", 70), started()]
anywhere = st.integers(0, 40).map(lambda half: half / 2)
reading = st.builds(
    read, anywhere, st.sampled_from(KINDS), st.integers(30, 200).map(float), st.sampled_from(["a", "b"])
)
nothing = st.builds(none, anywhere, st.sampled_from(KINDS), st.sampled_from(["missing", "no-sensor"]), st.just("a"))
session_readings = st.lists(st.one_of(reading, reading, nothing), max_size=25)


def seen(readings: list[Reading], events: list[Event] = STARTS) -> session.Watched:
    return watched(readings, events, 20)


@pytest.mark.thorough
@given(session_readings, st.randoms(use_true_random=False))
def test_order_of_arrival_and_duplicates_leave_no_trace(readings: list[Reading], random: object) -> None:
    again = [*readings, *readings[:5]]
    random.shuffle(again)  # type: ignore[attr-defined]
    events = list(STARTS)
    random.shuffle(events)  # type: ignore[attr-defined]
    assert seen(again, events) == seen(readings)


@pytest.mark.thorough
@given(session_readings, st.integers(0, 25))
def test_readings_added_as_they_come_are_the_readings_gathered_at_once(readings: list[Reading], cut: int) -> None:
    kept = session.gather(readings[:cut]).plus(readings[cut:])
    assert session.watch(session.usual(), kept, STARTS, at(20)) == seen(readings)


@pytest.mark.thorough
@given(session_readings, anywhere, st.sampled_from(KINDS), st.sampled_from(["a", "b", "c"]))
def test_an_extra_normal_reading_never_silences_an_alert_on_values(
    readings: list[Reading], minute: float, kind: str, source: str
) -> None:
    before = {one.episode for one in seen(readings).open if one.kind not in ("no-data", "overdue")}
    after = {one.episode for one in seen([*readings, read(minute, kind, NORMAL[kind], source)]).open}
    assert before <= after


@pytest.mark.thorough
@given(session_readings, st.sampled_from(KINDS), st.sampled_from(["a", "b"]))
def test_a_reading_that_comes_after_an_alert_never_silences_it(readings: list[Reading], kind: str, source: str) -> None:
    before = {one.episode for one in seen(readings).open}
    late = Reading(at=at(20), kind=kind, value=NORMAL[kind], source=source)
    assert before <= {one.episode for one in seen([*readings, late]).open}


@given(session_readings, session_readings)
def test_whatever_was_shown_stays_until_it_is_acknowledged(readings: list[Reading], more: list[Reading]) -> None:
    shown = seen(readings).open
    events = [*STARTS, *(raised(one, 20) for one in shown)]
    later = seen([*readings, *more], events).open
    for one in shown:
        assert any(
            other.episode == one.episode
            or (other.episode.rule, other.episode.channel) == (one.episode.rule, one.episode.channel)
            for other in later
        )


@pytest.mark.thorough
@given(session_readings)
def test_acknowledging_everything_shown_leaves_nothing_open_and_nothing_twice(readings: list[Reading]) -> None:
    first = seen(readings)
    assert len({one.episode for one in first.alerts}) == len(first.alerts)
    events = [*STARTS, *(raised(one, 20) for one in first.alerts), *(acknowledged(one, 20) for one in first.alerts)]
    assert seen(readings, events).open == ()
    assert len(seen(readings, events).alerts) == len(first.alerts)


@given(st.lists(st.tuples(anywhere, st.integers(85, 95).map(float)), max_size=25))
def test_the_episodes_are_those_of_a_plain_walk_through_the_readings(told: list[tuple[float, float]]) -> None:
    found = alerts(seen([read(minute, "spo2", value) for minute, value in told]), "limit")
    assert minutes(found) == walk(sorted(set(told)))


def walk(told: list[tuple[float, float]]) -> list[float]:
    """The same rule said slowly: a new episode where a value is low after one that was not, over a minute later."""
    begun: list[float] = []
    last_low, over = -1e9, True
    for minute, value in told:
        if value >= 90:
            over = True
            continue
        if over and minute - last_low > 1:
            begun.append(minute)
        last_low, over = minute, False
    return begun
