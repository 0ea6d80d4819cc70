"""A clock that was wrong for a while: nothing in the future, nothing refused, the order of events stays true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import given as where
from hypothesis import strategies as st
from in_session import given, infusing, prepared
from small_clinic import House

from unwound_clinic.core import clock
from unwound_clinic.models import AuditEvent
from unwound_clinic.session import gates, screen, times, watching
from unwound_clinic.session.actions import amendments, charting, course
from unwound_clinic.session.times import MARKED, corrected, fitting

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def minutes(*numbers: float) -> list[datetime]:
    return [NOON + timedelta(minutes=number) for number in numbers]


def charted(*numbers: float, now: float) -> list[Any]:
    rows = [SimpleNamespace(at=at, recorded_at=at, charted_as=None) for at in minutes(*numbers)]
    return corrected(rows, minutes(now)[0])  # type: ignore[arg-type]


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the clinic's clock wrong by so much."""
    true = timezone.now

    def by(**length: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: true() + timedelta(**length))

    return by


def test_what_a_clock_ahead_recorded_happened_before_what_was_recorded_next() -> None:
    _, ahead, after = charted(0, 120, 2, now=3)
    assert after.at - ahead.at == times.INSTANT
    assert (ahead.charted_as, after.charted_as) == (minutes(120)[0], None)


def test_what_a_clock_behind_recorded_happened_after_what_was_recorded_before() -> None:
    _, first, behind, after = charted(-1, 0, -120, 2, now=3)
    assert first.at < behind.at < after.at
    assert (first.charted_as, behind.charted_as) == (None, minutes(-120)[0])


def test_several_recorded_ahead_keep_their_order_and_none_lies_in_the_future() -> None:
    rows = charted(0, 120, 121, 122, now=3)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert rows[-1].at < minutes(3)[0]


@pytest.mark.parametrize(("seconds", "marked"), [(2.9, False), (3.1, True)])
def test_two_machines_may_differ_by_three_seconds(seconds: float, marked: bool) -> None:
    first, _ = charted(seconds / 60, 0, now=3)
    assert bool(first.charted_as) is marked
    assert timedelta(seconds=3) == MARKED


def test_a_true_time_that_was_typed_beside_a_wrong_clock_stays() -> None:
    rows = [SimpleNamespace(at=NOON, recorded_at=at, charted_as=None) for at in minutes(1, 120, 3)]
    assert [row.at for row in corrected(rows, minutes(4)[0])] == [NOON] * 3  # type: ignore[arg-type]


@where(st.lists(st.integers(0, 9), max_size=8))
def test_what_fits_is_a_longest_row_in_which_time_goes_forward(numbers: list[int]) -> None:
    def forward(chosen: tuple[int, ...]) -> bool:
        told = [numbers[place] for place in chosen]
        return told == sorted(told) and all(number <= 5 for number in told)

    chain = tuple(sorted(fitting(minutes(*numbers), minutes(5)[0])))
    assert forward(chain)
    places = range(len(numbers))
    assert len(chain) == max(
        length for length in range(len(numbers) + 1) if any(map(forward, combinations(places, length)))
    )


def test_a_session_goes_on_after_the_clock_was_ahead_for_a_minute(house: House, wrong: Any) -> None:
    row = infusing(house)
    wrong(hours=2)
    charting.rate(**given(house, row), rate_mg_per_h=8.0)
    ahead = screen.screen(row)
    wrong(hours=0)
    row.refresh_from_db()
    assert screen.screen(row).drawn_at < ahead.drawn_at, "a screen drawn in the future is dropped"
    course.pause(**given(house, row))
    course.resume(**given(house, row))
    assert course.stop(**given(house, row)).state == "recovering"
    now = timezone.now()
    later = row.events.exclude(kind="rate").filter(at__gt=now)
    assert not later.exists(), "nothing else is stored in the future"
    events = watching.live(row, now).rows
    order = [event.kind for event in events if event.kind in ("start", "rate", "pause", "resume", "stop")]
    assert order == ["start", "rate", "pause", "resume", "stop"]
    assert all(event.at <= now for event in events)
    page = house.client("nurse").get(f"/sessions/{row.pk}/record/").content.decode()
    assert "TIME UNCERTAIN" in page


def test_what_was_stored_ahead_can_be_struck_and_its_time_put_right(house: House, wrong: Any) -> None:
    row = infusing(house)
    wrong(hours=2)
    struck, amended = (charting.rate(**given(house, row), rate_mg_per_h=rate) for rate in (8.0, 9.0))
    wrong(hours=0)
    amendments.retract(**given(house, row), event=struck, reason="the clock was wrong")
    true = timezone.now()
    amendments.amend(**given(house, row), event=amended, content={}, at=true, reason="the clock was wrong")
    assert not row.events.filter(recorded_at__lte=timezone.now(), at__gt=timezone.now()).exists()
    (rate,) = (event for event in times.events_of(row) if event.amends_id == amended.pk)
    assert rate.at == true


def test_every_screen_says_that_the_clock_was_set(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row = infusing(house)
    nurse = house.client("nurse")
    polled = {"X-Unwound-Poll": "1"}
    assert nurse.get(f"/sessions/{row.pk}/now/", headers=polled)["X-Unwound-Clock"] == ""
    watch = clock.Watch()
    watch._wall -= 7200
    monkeypatch.setattr(clock, "WATCH", watch)
    assert "set forward by 2 h 0 min" in nurse.get("/").content.decode()
    assert "set forward" in nurse.get("/board/now/", headers=polled)["X-Unwound-Clock"]
    watch._jump = None
    watch._wall += 60
    assert "set back by 60 s" in nurse.get(f"/patients/{house.patient.pk}/").content.decode()


def test_a_clock_behind_the_last_entry_is_noticed_by_a_process_that_saw_no_jump(house: House) -> None:
    last = AuditEvent.objects.latest("number").at
    assert clock.notice(last - timedelta(seconds=3)) == ""
    assert "is wrong, or was" in clock.notice(last - timedelta(seconds=4))


def test_small_steps_are_no_jump() -> None:
    watch = clock.Watch()
    watch._wall -= 2
    assert watch.jump() is None


def test_what_is_known_before_the_start_counts_for_today_though_the_clock_was_a_day_ahead(house: House) -> None:
    row = prepared(house)
    before = gates.start(row)
    ahead = timedelta(days=1)
    row.events.filter(kind="today").update(at=F("at") + ahead, recorded_at=F("recorded_at") + ahead)
    assert gates.start(row).refusals == before.refusals == ()
