"""What a session is watched against, by the protocol it follows."""

from datetime import timedelta

import pytest
from session_builder import alerts, at, read, started, watched

from unwound import monitoring, protocols, session
from unwound.record import UnwoundError
from unwound.session import Event, SessionError
from unwound.session.signs import named

HOUR = 60
WARD = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "sedation", "dissociation", "pain")


def intervals(setting: str, sign: str, when: str = "infusion") -> list[tuple[float, float | None]]:
    """From which minute a sign is looked at every so many minutes; None is without a break; at whatever depth."""
    checks = monitoring.of_setting(protocols.settings()[setting]).checks
    return sorted(
        (
            (one.since_min, one.every_min)
            for one in checks
            if sign in one.signs and one.when == when and not one.while_beyond
        ),
        key=lambda told: (told[0], told[1] or 0),
    )


def rounds(*minutes: float) -> list[session.Reading]:
    """A nurse who reads everything at these minutes."""
    return [read(minute, id, VALUES.get(id, 80), "") for minute in minutes for id in WARD]


VALUES = {"spo2": 97, "systolic": 120, "respiratory_rate": 14, "sedation": 0, "dissociation": 1, "pain": 4}


@pytest.mark.parametrize("setting", protocols.settings())
def test_every_word_of_every_setting_names_something_that_is_read(setting: str) -> None:
    for watch in protocols.settings()[setting].watches:
        assert named(watch.what)


def test_a_word_that_names_nothing_is_refused() -> None:
    with pytest.raises(SessionError, match="«mood of the moon» names no vital sign of a session"):
        named(["mood of the moon"])


def test_a_protocol_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnwoundError):
        monitoring.limits("crps_ketamine_5_nights")


@pytest.mark.parametrize("id", protocols.protocols())
def test_in_every_protocol_oxygen_is_watched_without_a_break_and_pressure_and_pulse_at_intervals(id: str) -> None:
    during = [one for one in monitoring.limits(id).checks if one.when == "infusion"]
    assert any("spo2" in one.signs and one.every_min is None for one in during)
    for sign in ("systolic", "diastolic", "heart_rate"):
        assert any(sign in one.signs and one.every_min is not None and one.since_min == 0 for one in during)


def test_an_outpatient_infusion_is_looked_at_as_usual() -> None:
    assert intervals("outpatient", "systolic") == [(0, 15)]
    assert intervals("outpatient", "pain") == [(0, 15)]
    assert intervals("outpatient", "sedation", "recovery") == [(0, 15)]


def test_a_short_infusion_has_its_pressure_every_ten_minutes_and_what_it_does_not_name_as_usual() -> None:
    assert intervals("short_outpatient", "systolic") == [(0, 10)]
    assert intervals("short_outpatient", "respiratory_rate") == [(0, None), (0, 15)]
    assert intervals("short_outpatient", "spo2") == [(0, None)]
    assert intervals("short_outpatient", "spo2", "recovery") == [(0, None)]


def test_on_a_ward_the_rounds_become_rarer_by_the_hour() -> None:
    assert intervals("inpatient", "systolic") == [(0, 15), (60, 30), (180, 60), (720, 120)]
    assert intervals("inpatient", "pain") == [(0, 15), (60, 30), (180, 60), (1440, 120)]


@pytest.mark.parametrize(("minute", "late"), [(241, False), (246, True)])
def test_on_a_ward_an_hourly_round_is_late_after_its_hour_and_five_minutes(minute: float, late: bool) -> None:
    limits = monitoring.limits("crps_ketamine_5_days")
    done = [*range(0, 61, 15), 90, 120, 150, 180]
    seen = watched(rounds(*done), [started()], minute, limits)
    assert [one.check for one in seen.due if one.overdue] == (["setting_4", "setting_5"] if late else []), (
        "the usual quarter of an hour does not hold there"
    )


def test_after_a_rise_of_the_rate_the_first_hour_begins_anew() -> None:
    limits = monitoring.limits("crps_ketamine_5_days")
    done = [*range(0, 61, 15), 90, 120, 150, 180, 240]
    raised = Event(at=at(250), kind="rate", rate_mg_per_h=25)
    calm = watched(rounds(*done), [started()], 271, limits)
    after = watched(rounds(*done), [started(), raised], 271, limits)
    assert not any(one.overdue for one in calm.due)
    assert [one.check for one in after.due if one.overdue] == ["setting_2"]
    assert next(one.at for one in after.due) == at(255)
    lowered = Event(at=at(250), kind="rate", rate_mg_per_h=15)
    assert not any(one.overdue for one in watched(rounds(*done), [started(), lowered], 271, limits).due)


def test_two_rises_within_the_hour_are_one_hour_from_the_second() -> None:
    limits = monitoring.limits("crps_ketamine_5_days")
    events = [started(), *(Event(at=at(minute), kind="rate", rate_mg_per_h=minute) for minute in (200, 230))]
    often = [one for one in watched(rounds(0), events, 289, limits).due if one.check == "setting_2"]
    assert len(often) == 1
    assert not [one for one in watched(rounds(0), events, 291, limits).due if one.check == "setting_2"]


def test_a_pulse_from_the_oximeter_answers_for_the_heart_rate_but_not_for_a_silent_ecg() -> None:
    readings = [read(minute, "pulse_rate", 80) for minute in range(15)]
    limits = monitoring.limits("depression_ketamine_40_min")
    (pressure,) = [one for one in watched(readings, [started()], 14, limits).due if "systolic" in one.signs]
    assert "heart_rate" not in pressure.signs
    assert alerts(watched(readings, [started()], 14), "no-data", "ecg")


def test_the_limits_hold_for_as_long_after_as_the_setting_says() -> None:
    assert monitoring.limits("crps_ketamine_5_days").after_min == 4 * HOUR
    assert timedelta(minutes=monitoring.limits("ketamine_40_min").after_min) == timedelta(hours=1)
