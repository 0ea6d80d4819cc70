"""What was charted is amended and entered in error with its reason; nothing in the future, no stop before the start."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import (
    given,
    infusing,
)
from small_clinic import House

from unwound_clinic.core.action import Conflict
from unwound_clinic.session import translate as session_translate
from unwound_clinic.session.actions import (
    amendments,
    charting,
    course,
)


def test_an_amendment_keeps_what_was_and_why(house: House) -> None:
    row = infusing(house)
    first = charting.rate(**given(house, row), rate_mg_per_h=5.0)
    with pytest.raises(Conflict, match="reason"):
        amendments.amend(**given(house, row), event=first, content={"rate_mg_per_h": 6.0}, at=first.at, reason="")
    second = amendments.amend(
        **given(house, row), event=first, content={"rate_mg_per_h": 6.0}, at=first.at, reason="misread"
    )
    told = [one.rate_mg_per_h for one in session_translate.watched_events(row.events.all()) if one.kind == "rate"]
    assert told == [6.0]
    assert (second.amends, second.reason, row.events.filter(kind="rate").count()) == (first, "misread", 2)
    with pytest.raises(Conflict, match="newer version"):
        amendments.amend(**given(house, row), event=first, content={}, at=first.at, reason="again")


def test_what_was_entered_in_error_counts_for_nothing_and_stays(house: House) -> None:
    row = infusing(house)
    event = charting.bolus(**given(house, row), amount_mg=20.0, reason="ordered by phone")
    amendments.retract(**given(house, row), event=event, reason="another patient's")
    assert not [one for one in session_translate.watched_events(row.events.all()) if one.kind == "bolus"]
    assert row.events.filter(pk=event.pk).exists()


def test_the_start_is_not_taken_back_and_what_the_clinic_did_not_amended(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="cannot be retracted"):
        amendments.retract(**given(house, row), event=row.events.get(kind="start"), reason="oh")
    with pytest.raises(Conflict, match="cannot be changed"):
        amendments.amend(
            **given(house, row), event=row.events.get(kind="identity"), content={}, at=timezone.now(), reason="oh"
        )


def test_nothing_happens_in_the_future(house: House) -> None:
    row = infusing(house)
    event = charting.note(**given(house, row), text="calm")
    with pytest.raises(Conflict, match="future"):
        amendments.amend(
            **given(house, row), event=event, content={}, at=timezone.now() + timedelta(minutes=2), reason="clock"
        )


def test_a_stop_is_never_before_the_start(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="«before»"):
        course.stop(**given(house, row), at=timezone.now() - timedelta(minutes=30))
