"""Times of devices: with offset, without, twice, skipped, wrong, of the future; never «now» and never backwards."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange.clock import Clock, When, clock_ahead_s, dtm, iso, moment, watched

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def told(written: str, *, received_at: datetime = NOW, after: datetime | None = None, zoned: bool = True) -> When:
    return moment(dtm(written), Clock(received_at=received_at, zone=NEW_YORK if zoned else None, after=after))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("20261121110000+0000", utc(2026, 11, 21, 11)),
        ("20261121110000-0500", utc(2026, 11, 21, 16)),
        ("20261121110000+0530", utc(2026, 11, 21, 5, 30)),
        ("202611211100+0000", utc(2026, 11, 21, 11)),
        ("20261121060000", utc(2026, 11, 21, 11)),
        ("2026-11-21T11:00:00Z", utc(2026, 11, 21, 11)),
        ("20261121T060000", utc(2026, 11, 21, 11)),
        ("20260621060000", utc(2026, 6, 21, 10)),
        ("20261121110000.25+0000", utc(2026, 11, 21, 11, 0, 0, 250000)),
    ],
)
def test_a_time_is_read_in_utc(written: str, at: datetime) -> None:
    assert told(written, received_at=utc(2026, 12, 1)) == When(at)


@pytest.mark.parametrize(
    "written",
    ["", "now", "20261121", "2026112111", "20261321110000", "20260230110000", "20261121250000", "20261121116000",
     "20261121110000+2500", "20261121110000+0099", "20261121110000+05", "2026-11-21 11:00:00", "２０261121110000"],
)  # fmt: skip
def test_what_is_no_exact_time_is_wrong_and_has_no_moment(written: str) -> None:
    found = told(written)
    assert found.at is None
    assert found.wrong


def test_without_offset_and_zone_the_time_is_unknown() -> None:
    found = told("20261121060000", zoned=False)
    assert (found.at, "no offset" in found.wrong) == (None, True)


def test_the_future_begins_one_second_after_what_a_clock_may_run_ahead() -> None:
    clock = Clock(received_at=NOW, allowed_ahead_s=120)
    assert moment(NOW + timedelta(seconds=120), clock) == When(NOW + timedelta(seconds=120))
    assert "in the future" in moment(NOW + timedelta(seconds=121), clock).wrong


def test_a_live_hour_that_occurs_twice_is_read_by_when_it_was_received() -> None:
    for received_at in (utc(2026, 11, 1, 5, 30, 2), utc(2026, 11, 1, 6, 30, 2)):
        found = told("20261101013000", received_at=received_at)
        assert found.at == received_at - timedelta(seconds=2)
        assert "occurs twice" in found.rule


def test_a_late_hour_that_occurs_twice_is_read_in_the_order_of_the_device() -> None:
    before = told("20261101013000", after=utc(2026, 11, 1, 5, 29))
    again = told("20261101013000", after=utc(2026, 11, 1, 5, 59))
    assert (before.at, again.at) == (utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 6, 30))
    assert told("20261101013000").at == utc(2026, 11, 1, 5, 30)


def test_an_hour_that_is_skipped_goes_on_from_the_hour_before() -> None:
    clock = {"received_at": utc(2026, 3, 8, 9)}
    last, first = told("20260308015959", **clock), told("20260308020000", **clock)
    assert last.at is not None
    assert first.at == last.at + timedelta(seconds=1)
    assert "skipped" in first.rule


@pytest.mark.parametrize("change", [utc(2026, 3, 8, 7), utc(2026, 11, 1, 6)])
@given(steps=st.lists(st.integers(1, 900), min_size=2, max_size=20), begin=st.integers(-5400, 5400))
def test_a_live_stream_over_a_change_of_the_clocks_never_goes_back(
    change: datetime, steps: list[int], begin: int
) -> None:
    """The device shows local time without offset and is put on at the change; each reading comes 3 s later."""
    at, seen = change + timedelta(seconds=begin), []
    for step in steps:
        at += timedelta(seconds=step)
        written = f"{at.astimezone(NEW_YORK):%Y%m%d%H%M%S}"
        found = told(written, received_at=at + timedelta(seconds=3), after=seen[-1] if seen else None)
        assert found.at == at
        seen.append(at)


@given(st.text(max_size=30))
def test_no_text_raises_or_becomes_the_time_of_reception(text: str) -> None:
    for found in (moment(dtm(text), Clock(received_at=NOW)), moment(iso(text), Clock(received_at=NOW))):
        assert found.at != NOW
        assert found.wrong or found.at


def test_a_clock_is_ahead_by_a_positive_number_and_behind_by_a_negative_one() -> None:
    assert clock_ahead_s(NOW, NOW + timedelta(seconds=7)) == 7
    assert clock_ahead_s(NOW, NOW - timedelta(seconds=7)) == -7


def test_reception_without_offset_is_a_slip_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="offset"):
        Clock(received_at=datetime(2026, 11, 21))


def ahead(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("corrected_s", "sent_s", "newest_s", "uses_s", "shown_s", "doubt"),
    [
        (0, 420, 0, 0, 420, ""),
        (420, 425, -300, 420, 425, ""),  # the time of sending counts, however old the values are
        (420, 5, 0, 0, 5, ""),  # put right
        (420, 4000, 0, 0, 4000, "its clock has moved"),
        (-420, -425, -425, -420, -425, ""),
        (0, None, 420, 0, 420, ""),  # values of the future prove it
        (0, None, -420, 0, None, ""),  # values of the past do not: they may have waited
        (420, None, 415, 420, 415, ""),
        (420, None, 3, 0, None, "may have been put right"),
        (420, None, -3000, 0, None, "its clock has moved"),
        (420, None, None, 0, None, "no time of its own"),
    ],
)
def test_a_correction_holds_only_while_the_message_shows_that_the_clock_stands_so(
    corrected_s: float, sent_s: float | None, newest_s: float | None, uses_s: float, shown_s: float | None, doubt: str
) -> None:
    clock, shown = watched(Clock(received_at=NOW, zone=UTC), corrected_s, ahead(sent_s), ahead(newest_s))
    assert (clock.corrected_s, shown) == (uses_s, shown_s)
    assert doubt in clock.doubt
    assert bool(clock.doubt) == bool(doubt)
