"""A round at the bedside: found now, observed and unchanged, asleep and not woken; and what is charted later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from in_session import given, infusing, monitored, recovering
from small_clinic import House

from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.session import moments, screen, watching, words
from unwound_clinic.session.actions import amendments, charting, rounds
from unwound_clinic.session.moments import How

pytestmark = pytest.mark.django_db
NUMBERS = {"sedation": 0.0, "pain": 3.0, "dissociation": 1.0, "respiratory_rate": 14.0}
Later = Callable[[float], datetime]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The clock stands so many minutes after now."""
    begun = timezone.now()

    def minutes(number: float) -> datetime:
        at = begun + timedelta(minutes=number)
        monkeypatch.setattr(timezone, "now", lambda: at)
        return at

    return minutes


def chart(house: House, row: InfusionSession, **more: Any) -> SessionEvent:
    return rounds.chart_round(**given(house, row), **more)


def due(row: InfusionSession) -> set[str]:
    """The signs that are due or overdue now."""
    live = watching.live(row)
    return {sign for check in live.watched.due if check.at <= live.watched.at for sign in check.signs}


def test_the_room_says_that_the_pressure_is_due_sooner_and_by_which_depth(house: House, later: Later) -> None:
    row = infusing(house)
    later(15)
    chart(house, row, values={**NUMBERS, "sedation": -2.0})
    shown = {part.id: part.html for part in screen.parts(row, watching.live(row))}
    assert "RASS -2: Blood pressure every 5 minutes" in shown["checks"]
    later(16)
    chart(house, row, values={**NUMBERS, "sedation": -1.0})
    shown = {part.id: part.html for part in screen.parts(row, watching.live(row))}
    assert "every 5 minutes" not in shown["checks"]


def test_what_is_left_empty_is_observed_unchanged_by_whom_and_when_and_no_value_is_copied(
    house: House, later: Later
) -> None:
    row = infusing(house)
    later(15)
    chart(house, row, values=NUMBERS)
    later(30)
    assert due(row) >= {"pain", "dissociation", "sedation"}
    event = chart(house, row, values={"sedation": 0.0, "respiratory_rate": 13.0})
    assert event.by_name == "Test Nurse"
    assert words.describe(event) == "RASS 0, RR 13; dissociation, pain: observed, unchanged"
    assert not due(row) & {"pain", "dissociation", "sedation", "respiratory_rate"}
    assert row.readings.filter(sign="pain").count() == 1


def test_after_two_in_a_row_it_asks(house: House, later: Later) -> None:
    row = infusing(house)
    for number, values in enumerate((NUMBERS, *[{"sedation": 0.0, "respiratory_rate": 14.0}] * 2), start=1):
        later(15 * number)
        chart(house, row, values=values)
    later(60)
    with pytest.raises(Conflict, match="pain was not measured in the last 2 rounds: ask and chart it now"):
        chart(house, row, values={"sedation": 0.0})
    chart(house, row, values={**NUMBERS, "pain": 4.0})
    later(75)
    chart(house, row, values={"sedation": 0.0})


def test_neither_sedation_nor_breathing_is_taken_over(house: House, later: Later) -> None:
    row = infusing(house)
    later(15)
    chart(house, row, values=NUMBERS)
    later(30)
    with pytest.raises(Conflict, match="sedation must be charted as found now; it cannot be left out"):
        chart(house, row, values={"pain": 3.0})
    chart(house, row, values={"sedation": 0.0})
    assert "respiratory_rate" in due(row), "breathing that nobody counted stays due"


def test_the_first_round_has_nothing_to_be_as_before(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="dissociation has no value before this one; pain has no value"):
        chart(house, row, values={"sedation": 0.0})


def test_asleep_is_charted_only_where_breathing_is_seen_or_counted(house: House, later: Later) -> None:
    row = infusing(house)
    later(15)
    with pytest.raises(Conflict, match="count the breaths"):
        chart(house, row, values={}, asleep=True)
    event = chart(house, row, values={"respiratory_rate": 12.0}, asleep=True)
    assert words.describe(event) == "RR 12; sedation, dissociation, pain: asleep, not woken"
    later(30)
    monitored(house, row, 12.0, 12.0, sign="respiratory_rate")
    chart(house, row, values={}, asleep=True)
    later(45)
    monitored(house, row, 12.0, 12.0, sign="respiratory_rate")
    with pytest.raises(Conflict, match="rouse the patient and chart what you find"):
        chart(house, row, values={}, asleep=True)


def test_a_breath_rate_of_nothing_is_no_breathing(house: House, later: Later) -> None:
    row = infusing(house)
    later(15)
    monitored(house, row, 12.0, 0.0, 0.0, 0.0, sign="respiratory_rate")
    with pytest.raises(Conflict, match="count the breaths"):
        chart(house, row, values={}, asleep=True)


def test_whose_sedation_was_judged_was_woken(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="not both"):
        chart(house, row, values={**NUMBERS}, asleep=True)


def test_in_recovery_a_round_needs_no_number_but_sedation(house: House) -> None:
    row = recovering(house)
    chart(house, row, values={"sedation": 0.0, "respiratory_rate": 14.0})


def test_a_round_entered_in_error_makes_its_checks_due_again(house: House, later: Later) -> None:
    row = infusing(house)
    later(15)
    chart(house, row, values=NUMBERS)
    later(30)
    event = chart(house, row, values={"sedation": 0.0})
    with pytest.raises(Conflict, match="a round cannot be amended"):
        amendments.amend(**given(house, row), event=event, content={}, at=event.at, reason="slip")
    amendments.retract(**given(house, row), event=event, reason="another patient")
    assert due(row) >= {"pain", "dissociation"}


def test_over_the_page_one_tap_charts_a_calm_round(house: House, later: Later) -> None:
    row, client = infusing(house), house.client("nurse")
    form = {"do": "round", "sedation": "0", "round-pain": "3", "round-dissociation": "1"}
    assert client.post(f"/sessions/{row.pk}/do/", form).status_code == 302
    later(15)
    assert client.post(f"/sessions/{row.pk}/do/", {"do": "round", "sedation": "-1"}).status_code == 302
    refused = client.post(f"/sessions/{row.pk}/do/", {"do": "round", "sedation": "7"})
    assert refused.status_code == 409
    assert "7 is not on the scale of sedation" in refused.content.decode()
    assert "Due now:" not in client.get(f"/sessions/{row.pk}/").content.decode()


VIENNA = ZoneInfo("Europe/Vienna")
NOON = datetime(2026, 7, 1, 12, 0, 20, tzinfo=VIENNA)


@pytest.mark.parametrize(
    ("fields", "waited", "minutes_ago"),
    [
        ({}, "", 0),
        ({"when": "now"}, "", 0),
        ({"when": "1"}, "", 1),
        ({"when": "5"}, "", 5),
        ({"when": "at", "at_time": "11:58"}, "", 2 + 20 / 60),
        ({"at_time": "11:58"}, "", 2 + 20 / 60),
        ({"when": "at", "at_time": "11.30"}, "", 30 + 20 / 60),
        ({"when": "at", "at_time": "00:30", "paper": "yes"}, "", 11.5 * 60 + 20 / 60),
        ({"when": "now"}, "0.9", 0),
        ({"when": "now"}, "3.0", 0.05),
        ({"when": "now"}, "540", 9),
        ({"when": "5"}, "540", 14),
        ({"when": "at", "at_time": "11:30"}, "1200", 30 + 20 / 60),
    ],
)
def test_when_it_happened(fields: dict[str, str], waited: str, minutes_ago: float) -> None:
    moment = moments.read(fields, waited, VIENNA, NOON)
    assert (NOON - (moment.at or NOON)) / timedelta(minutes=1) == pytest.approx(minutes_ago)


@pytest.mark.parametrize(
    ("fields", "waited", "why"),
    [
        ({"when": "at", "at_time": "11:29"}, "", "more than 30 minutes ago"),
        ({"when": "at", "at_time": "12:01"}, "", "in the future"),
        ({"when": "at", "at_time": "12:01", "paper": "yes"}, "", "in the future"),
        ({"when": "at", "at_time": "half past"}, "", "not a clock time"),
        ({"when": "at"}, "", "not a clock time"),
        ({"when": "soon"}, "", "not a time"),
        ({}, "-4", "cannot be told when"),
        ({}, "nan", "cannot be told when"),
        ({}, "50000", "cannot be told when"),
        ({}, "a while", "cannot be told when"),
    ],
)
def test_a_time_that_cannot_be_is_refused(fields: dict[str, str], waited: str, why: str) -> None:
    with pytest.raises(Conflict, match=why):
        moments.read(fields, waited, VIENNA, NOON)


def test_of_an_hour_that_comes_twice_the_later_is_meant_and_of_none_that_never_was() -> None:
    back = datetime(2026, 10, 25, 1, 40, tzinfo=UTC)  # 02:40 for the second time
    assert moments.read({"at_time": "02:35"}, "", VIENNA, back).at == back - timedelta(minutes=5)
    with pytest.raises(Conflict, match="did not exist"):
        moments.read({"at_time": "02:35", "paper": "yes"}, "", VIENNA, datetime(2026, 3, 29, 2, 0, tzinfo=UTC))


def test_what_is_charted_later_says_so_in_room_and_record(house: House, later: Later) -> None:
    row = infusing(house)
    now = later(20)
    event = charting.side_effect(
        **given(house, row), effect="nausea", grade=1, at=now - timedelta(minutes=5), how=How.PAPER
    )
    at = f"{now.astimezone(house.site.zone):%H:%M}"
    assert words.describe(event) == f"nausea; grade 1; charted later, {at}, from paper"
    at_once = charting.side_effect(**given(house, row), effect="vomiting", grade=1)
    assert words.describe(at_once) == "vomiting; grade 1"
    for address in (f"/sessions/{row.pk}/", f"/sessions/{row.pk}/record/"):
        assert f"charted later, {at}, from paper" in house.client("nurse").get(address).content.decode(), address


def test_readings_by_hand_from_paper_are_marked_in_the_record(house: House, later: Later) -> None:
    row = infusing(house)
    now = later(20)
    typed = f"{(now - timedelta(minutes=6)).astimezone(house.site.zone):%H:%M}"
    form = {"do": "read", "pain": "4", "when": "at", "at_time": typed, "paper": "yes"}
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", form).status_code == 302
    shown = house.client("nurse").get(f"/sessions/{row.pk}/record/").content.decode()
    assert "from paper" in shown
    assert "charted later" in shown


def test_a_rate_of_before_the_end_is_charted_after_it_and_none_of_after_it(house: House, later: Later) -> None:
    row = infusing(house)
    later(10)
    row = recovering_now(house, row)
    now = later(20)
    charting.rate(**given(house, row), rate_mg_per_h=5.0, at=now - timedelta(minutes=15))
    with pytest.raises(Conflict, match="not possible"):
        charting.rate(**given(house, row), rate_mg_per_h=6.0, at=now - timedelta(minutes=5))


def recovering_now(house: House, row: InfusionSession) -> InfusionSession:
    from unwound_clinic.session.actions import course

    return course.stop(**given(house, row))
