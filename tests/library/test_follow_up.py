"""The months after a course: the days, what is due when, and that nothing is due once it is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import follow_up, instruments
from unwound.follow_up import Asked, Channel, Day, Event, Standing, Step, What

VIENNA = ZoneInfo("Europe/Vienna")
LAST = date(2026, 3, 2)
"""The day of the last infusion, a Monday; summer time begins in Vienna on 29 March."""


def at(day: int, hour: int, minute: int = 0, zone: ZoneInfo = VIENNA) -> datetime:
    """An hour of the site's clock, so many days after the last infusion."""
    return datetime(2026, 3, 2, hour, minute, tzinfo=zone) + timedelta(days=day)


def asked(day: int, *events: Event, channel: Channel = Channel.EMAIL, reachable: bool = True) -> Asked:
    days = [row.number for row in follow_up.schedule(LAST)]
    later = [number for number in days if number > day]
    return Asked(
        day=Day(day, LAST + timedelta(days=day), follow_up.phase_of(day).id),
        channel=channel,
        standing=follow_up.standing(events),
        zone=VIENNA,
        next_on=LAST + timedelta(days=later[0]) if later else None,
        reachable=reachable,
    )


def test_days_1_3_7_then_weekly_to_12_weeks_then_every_four_weeks() -> None:
    days = [day.number for day in follow_up.schedule(LAST)]
    assert days == [1, 3, *range(7, 85, 7), *range(112, 365, 28)]
    assert {day.on.weekday() for day in follow_up.schedule(LAST)[2:]} == {LAST.weekday()}


def test_who_agrees_late_is_not_asked_about_the_days_before() -> None:
    assert follow_up.schedule(LAST, since=date(2026, 3, 9))[0].number == 7
    assert follow_up.schedule(LAST, since=date(2026, 3, 10))[0].number == 14


def test_mood_has_its_own_rhythm_and_the_first_days_ask_about_24_hours() -> None:
    asks = {day: {question.id for question in follow_up.questions(day)} for day in (1, 7, 14, 21)}
    assert "pain-day" in asks[1]
    assert "peg" not in asks[1]
    assert "peg" in asks[7]
    assert "pain-day" not in asks[7]
    assert [day for day, ids in asks.items() if "mood-form" in ids] == [14]
    assert all({"change", "bladder", "medicines", "ketamine", "mood"} <= ids for ids in asks.values())


def test_only_items_that_may_be_shown_are_asked() -> None:
    named = [question.instrument for question in follow_up.rule().questions if question.instrument]
    assert {instruments.instrument(id).licence.verdict for id in named} == {"green"}


ASKED_1 = Event(What.ASKED, at(1, 9))


@pytest.mark.parametrize(
    ("case", "now", "due"),
    [
        (asked(1), at(1, 8, 59), None),
        (asked(1), at(1, 9), Step.ASK),
        (asked(1), at(1, 19, 59), Step.ASK),
        (asked(1), at(1, 20), None),
        (asked(1, ASKED_1), at(1, 14, 59), None),
        (asked(1, ASKED_1), at(1, 15), Step.REMIND),
        (asked(1, ASKED_1, Event(What.REMINDED, at(1, 15))), at(1, 19), Step.REMIND),
        (asked(1, ASKED_1, Event(What.REMINDED, at(1, 15, 1))), at(1, 19), None),
        (asked(1, ASKED_1, Event(What.REMINDED, at(1, 15)), Event(What.REMINDED, at(1, 19))), at(2, 7, 59), None),
        (asked(1, ASKED_1, Event(What.REMINDED, at(1, 15)), Event(What.REMINDED, at(1, 19))), at(2, 8), Step.CALL),
        (asked(1, ASKED_1, Event(What.REMINDED, at(1, 15)), Event(What.REMINDED, at(1, 19))), at(3, 0), Step.LAPSE),
        (asked(14, Event(What.ASKED, at(14, 9))), at(15, 9), Step.REMIND),
        (asked(28, Event(What.ASKED, at(28, 9))), at(28, 15), None),
        (asked(1, ASKED_1, Event(What.BOUNCED, at(1, 9, 5))), at(1, 19), None),
        (asked(1, ASKED_1, Event(What.BOUNCED, at(1, 9, 5))), at(2, 8), Step.CALL),
        (asked(1, reachable=False), at(1, 12), None),
        (asked(1, reachable=False), at(2, 8), Step.CALL),
        (asked(1, channel=Channel.TELEPHONE), at(1, 7, 59), None),
        (asked(1, channel=Channel.TELEPHONE), at(1, 8), Step.CALL),
        (asked(1, Event(What.NOT_REACHED, at(1, 10)), channel=Channel.TELEPHONE), at(1, 15), None),
        (asked(1, Event(What.NOT_REACHED, at(1, 10)), channel=Channel.TELEPHONE), at(2, 8), Step.CALL),
        (asked(1, channel=Channel.NONE), at(1, 12), None),
        (asked(364, Event(What.ASKED, at(364, 9))), at(392, 1), Step.LAPSE),
    ],
)
def test_what_is_due(case: Asked, now: datetime, due: Step | None) -> None:
    assert follow_up.next_step(case, now) == due
    assert follow_up.next_step(case, now.astimezone(UTC)) == due


def test_the_hour_is_that_of_the_site_before_and_after_summer_time() -> None:
    assert follow_up.next_step(asked(21), datetime(2026, 3, 23, 8, 0, tzinfo=UTC)) == Step.ASK
    assert follow_up.next_step(asked(28), datetime(2026, 3, 30, 7, 0, tzinfo=UTC)) == Step.ASK
    assert follow_up.next_step(asked(28), datetime(2026, 3, 30, 6, 59, tzinfo=UTC)) is None


def test_a_timer_that_was_away_sends_one_message_and_not_three() -> None:
    late = asked(14, Event(What.ASKED, at(16, 18)))
    assert follow_up.next_step(late, at(16, 19)) is None
    assert follow_up.next_step(late, at(17, 9)) == Step.REMIND


@pytest.mark.parametrize("end", [What.DONE, What.DECLINED, What.WITHDRAWN, What.DIED])
def test_an_answer_that_comes_after_the_end(end: What) -> None:
    here = follow_up.standing([Event(end, at(1, 10)), Event(What.DONE, at(1, 11))])
    assert here.over == (end if end in follow_up.ENDS_ALL else What.DONE)


def test_death_stays_death() -> None:
    assert follow_up.standing([Event(What.DIED, at(1, 9)), Event(What.WITHDRAWN, at(1, 10))]).over == What.DIED


FIRST = at(1, 0)
MOMENTS = st.integers(0, 60 * 24 * 8).map(lambda minutes: FIRST + timedelta(minutes=minutes))
BY_PEOPLE = st.sampled_from([*What]).filter(lambda what: what not in (What.ASKED, What.REMINDED))


@given(
    runs=st.lists(MOMENTS, max_size=40),
    events=st.lists(st.builds(Event, BY_PEOPLE, MOMENTS), max_size=5),
    channel=st.sampled_from([*Channel]),
    day=st.sampled_from([1, 7]),
)
def test_no_message_and_no_call_after_the_end_and_never_more_than_three(
    runs: list[datetime], events: list[Event], channel: Channel, day: int
) -> None:
    """A timer that runs whenever it likes, beside whatever people do: what went out is judged anew, by hand."""
    timeline: list[tuple[datetime, Event | None]] = [(event.at, event) for event in events]
    timeline += [(now, None) for now in runs]
    happened: list[Event] = []
    sent: list[datetime] = []
    over: datetime | None = None
    for now, event in sorted(timeline, key=lambda row: (row[0], row[1] is None)):
        if event is not None:
            happened.append(event)
            over = over or (now if event.what in follow_up.FINAL else None)
            continue
        step = follow_up.next_step(asked(day, *happened, channel=channel), now)
        if over is not None or channel == Channel.NONE:
            assert step is None
        if step in (Step.ASK, Step.REMIND):
            assert channel in (Channel.EMAIL, Channel.SMS)
            assert not any(before.what == What.BOUNCED for before in happened)
            assert 9 <= now.astimezone(VIENNA).hour < 20
            sent.append(now)
            happened.append(Event(What.ASKED if step == Step.ASK else What.REMINDED, now))
    assert len(sent) <= 3
    assert all(later - earlier >= timedelta(hours=4) for earlier, later in pairwise(sent))


@given(st.lists(st.builds(Event, st.sampled_from([*What]), MOMENTS), max_size=7), st.randoms())
def test_the_order_in_which_events_are_read_changes_nothing(events: list[Event], random: object) -> None:
    mixed = list(events)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert follow_up.standing(mixed) == follow_up.standing(events)


def test_nothing_happened_is_an_open_asking() -> None:
    assert follow_up.standing([]) == Standing()


@pytest.mark.parametrize("case", follow_up.rule().examples, ids=lambda case: case.name)
def test_what_is_urgent(case: follow_up.Example) -> None:
    assert bool(follow_up.why_urgent(case.answers)) == case.urgent
    finding = follow_up.urgent_finding(case.answers, LAST)
    assert (finding is not None) == case.urgent
    assert finding is None or (finding.kind == "suicide-risk" and "(2 Mar 2026)" in finding.because[0])


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("I CAN'T GO ON", True),
        ("i cant sleep", False),
        ("better off dead", True),
        ("My dog is dead, I am sad", False),
        ("hopelessly in love with my new garden", False),
        ("hopeless.", True),
        ("9/10 and\nhopeless", True),
        ("suicide", True),
        ("no hope left", True),
        ("the ketamine made me want to   die", True),
        ("I’d rather kill myself", True),
        ("I hope it lasts", False),
    ],
)
def test_words_as_patients_write_them(text: str, urgent: bool) -> None:
    for name in ("else", "medicines-more", "ketamine-more"):
        assert bool(follow_up.why_urgent({name: text})) == urgent


def test_what_somebody_reads() -> None:
    calm = {"bladder": "no", "medicines": "no", "ketamine": "no", "side-effects": ("none",), "mood": "low"}
    assert follow_up.to_look_at(calm) == ()
    assert follow_up.to_look_at({**calm, "ketamine": "yes", "else": "a word"}) == ("ketamine", "else")
    assert follow_up.to_look_at({**calm, "mood": "hopeless", "side-effects": ("dizzy", "confused")}) == (
        "mood",
        "side-effects",
    )


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("STOP", True),
        (" stop. ", True),
        ("Stop all", True),
        ("Unsubscribe", True),
        ("stop the pain", False),
        ("", False),
    ],
)
def test_a_word_that_ends_it(text: str, stops: bool) -> None:
    assert follow_up.is_stop(text) == stops
