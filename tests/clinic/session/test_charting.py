"""What is charted of an infusion: by whom, rates above the order, pause and resume, breaking off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from in_session import (
    given,
    infusing,
)
from small_clinic import House

from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, InfusionSession, SessionEvent
from unwound_clinic.session import order
from unwound_clinic.session.actions import (
    charting,
    controlled_drug,
    course,
)

ON_A_SESSION: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("rate", charting.rate, {"rate_mg_per_h": 5.0}),
    ("bolus", charting.bolus, {"amount_mg": 5.0, "reason": "ordered by phone"}),
    ("rescue", charting.rescue_drug, {"drug": "ondansetron"}),
    ("effect", charting.side_effect, {"effect": "nausea", "grade": 1}),
    ("note", charting.note, {"text": "calm"}),
    ("pause", course.pause, {}),
    ("stop", course.stop, {}),
    (
        "drug",
        controlled_drug.account,
        {"what": "drawn", "lot": "1", "drug": "racemic ketamine", "mg": "50", "alone": "nobody free"},
    ),
]


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
@pytest.mark.parametrize(("name", "act", "told"), ON_A_SESSION, ids=[one[0] for one in ON_A_SESSION])
def test_who_does_not_care_for_the_patient_charts_nothing(
    house: House, role: str, name: str, act: Callable[..., Any], told: dict[str, Any]
) -> None:
    row = infusing(house)
    before = (SessionEvent.objects.count(), audit.head())
    with pytest.raises(access.Refused):
        act(**given(house, row, role), **told)
    assert (SessionEvent.objects.count(), audit.head()) == before


@pytest.mark.parametrize(("name", "act", "told"), ON_A_SESSION, ids=[one[0] for one in ON_A_SESSION])
def test_each_thing_charted_counts_up_for_the_screens_and_leaves_an_event(
    house: House, name: str, act: Callable[..., Any], told: dict[str, Any]
) -> None:
    row = infusing(house)
    row.refresh_from_db()
    act(**given(house, row), **told)
    after = InfusionSession.objects.get(pk=row.pk)
    assert after.changed > row.changed
    assert AuditEvent.objects.order_by("-number")[0].action.startswith("session.")


def test_what_belongs_to_another_patient_is_not_touched(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="another patient"):
        charting.note(by=house.by("stranger"), patient=house.others_patient, session=row, text="wrong")


def test_above_the_order_a_rate_needs_its_reason(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="who ordered it"):
        charting.rate(**given(house, row), rate_mg_per_h=40.0)
    with pytest.raises(charting.Doubtful, match="If it is correct, confirm"):
        charting.rate(**given(house, row), rate_mg_per_h=40.0, reason="Dr Test by phone")
    with pytest.raises(charting.Doubtful, match="second person"):
        charting.rate(**given(house, row), rate_mg_per_h=40.0, reason="Dr Test by phone", sure=True)
    second = access.Confirmed(house.users["physician"])
    charting.rate(**given(house, row), rate_mg_per_h=40.0, reason="Dr Test by phone", sure=True, second=second)
    assert row.events.get(kind="rate").content["second_person"] == "Test Physician"


@pytest.mark.parametrize("reason", ["x", "xx", "...", "xxxxxx", "ok", "  ", "12345"])
def test_what_says_nothing_is_no_reason_for_a_rate_above_the_order(house: House, reason: str) -> None:
    row = infusing(house)
    with pytest.raises(charting.Doubtful, match="who ordered it"):
        charting.rate(**given(house, row), rate_mg_per_h=13.0, reason=reason, sure=True)
    assert not row.events.filter(kind="rate").exists()


@pytest.mark.parametrize(("times", "asked"), [(1.01, False), (1.49, False), (1.5, True), (2, True)])
def test_from_one_and_a_half_times_the_order_a_second_person_confirms(house: House, times: float, asked: bool) -> None:
    row = infusing(house)
    run = order.run_of(row)
    assert run is not None
    rate: dict[str, Any] = {"rate_mg_per_h": run.highest * times, "reason": "Dr Test by phone", "sure": True}
    if asked:
        with pytest.raises(Conflict, match="second person"):
            charting.rate(**given(house, row), **rate)
        with pytest.raises(Conflict, match="two people"):
            charting.rate(**given(house, row), **rate, second=access.Confirmed(house.users["nurse"]))
        rate["second"] = access.Confirmed(house.users["physician"])
    charting.rate(**given(house, row), **rate)
    charting.rate(**given(house, row), rate_mg_per_h=run.highest / 2)  # lowering needs nobody
    assert row.events.filter(kind="rate").count() == 2


def test_a_paused_infusion_goes_on_and_ends_along_the_table_only(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="infusing"):
        course.resume(**given(house, row))
    course.pause(**given(house, row))
    course.resume(**given(house, row))
    course.stop(**given(house, row))
    with pytest.raises(Conflict, match="recovering"):
        course.pause(**given(house, row))
    told = row.events.exclude(kind__in=("moved", "today", "baseline", "drug", "identity"))
    kinds = list(told.order_by("id").values_list("kind"))
    assert [kind for (kind,) in kinds] == ["start", "pause", "resume", "stop"]


def test_breaking_off_a_running_infusion_needs_a_prescriber_a_reason_and_who_takes_over(house: House) -> None:
    row = infusing(house)
    told = {"reason": "chest pain", "handed_over": "the emergency team"}
    with pytest.raises(Conflict, match="not allowed for the role nurse"):
        course.abort(**given(house, row), **told)
    with pytest.raises(Conflict, match="who took over the patient's care"):
        course.abort(**given(house, row, "physician"), reason="chest pain")
    row.refresh_from_db()
    assert row.state == "infusing"
    course.abort(**given(house, row, "physician"), **told)
    row.refresh_from_db()
    assert (row.state, row.ended_at is not None) == ("aborted", True)
