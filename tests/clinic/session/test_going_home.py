"""Going home: what must be there and who may override it; the controlled drug adds up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import (
    given,
    infusing,
    recovering,
)
from small_clinic import House

from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import gates, watching
from unwound_clinic.session.actions import (
    alerts,
    controlled_drug,
    discharge,
    readings,
)
from unwound_clinic.session.words import describe


def finish(house: House, row: InfusionSession, **left_out: None) -> None:
    """All that is asked before leaving, but what is left out."""
    readings.enter_by_hand(**given(house, row), values={"systolic": 122, "diastolic": 76, "heart_rate": 72, "spo2": 97})
    tomorrow = timezone.now().astimezone(house.site.zone).date() + timedelta(days=1)
    known = {
        "aldrete": 10.0,
        "padss": 10.0,
        "escort_present": True,
        "when_to_call_given": True,
        "told_not_to_drive": True,
        "next_call": tomorrow.isoformat(),
    }
    known = {name: value for name, value in known.items() if name not in left_out}
    discharge.before_leaving(**given(house, row), answers=known)
    told = {"requirement": "watched", "gate": "leave", "reason": "a test does not wait for an hour"}
    discharge.override(**given(house, row, "physician"), **told)
    if "balance" not in left_out:
        controlled_drug.account(
            **given(house, row), what="wasted", lot="K-77", drug="racemic ketamine", mg="200",
            witness=access.Confirmed(house.users["second"]),
        )  # fmt: skip
    for alert in watching.live(row).watched.open:
        alerts.acknowledge(**given(house, row), episode=alert.episode, reason="seen")


def test_the_patient_goes_home_and_is_called_the_next_day(house: House) -> None:
    row = recovering(house)
    finish(house, row)
    sessions_left = discharge.discharge(**given(house, row))
    house.patient.refresh_from_db()
    tomorrow = timezone.now().astimezone(house.site.zone).date() + timedelta(days=1)
    assert (sessions_left.state, sessions_left.ended_at is not None) == ("discharged", True)
    assert (house.patient.due_on, house.patient.due_what) == (tomorrow, "call after the infusion")
    assert row.plan.state == "checked", "nine infusions of the course are still to be given"
    assert audit.verify() is None


@pytest.mark.parametrize(
    ("left_out", "title"),
    [
        ("aldrete", "Aldrete"),
        ("padss", "PADSS"),
        ("escort_present", "escort"),
        ("when_to_call_given", "when to call"),
        ("told_not_to_drive", "not to drive"),
        ("next_call", "follow-up call"),
        ("balance", "reconciled"),
    ],
)
def test_nobody_goes_home_while_something_is_missing(house: House, left_out: str, title: str) -> None:
    row = recovering(house)
    finish(house, row, **{left_out: None})
    with pytest.raises(Conflict, match=title):
        discharge.discharge(**given(house, row))
    row.refresh_from_db()
    assert row.state == "recovering"


def test_an_override_before_leaving_needs_a_physician_and_a_reason(house: House) -> None:
    row = recovering(house)
    finish(house, row, escort_present=None)
    told = {"gate": "leave", "requirement": "escort"}
    with pytest.raises(access.Refused):
        discharge.override(**given(house, row), **told, reason="the ward takes the patient over")
    with pytest.raises(access.Refused):
        discharge.override(**given(house, row, "anaesthesia-provider"), **told, reason="the ward takes over")
    with pytest.raises(Conflict, match="reason for the override"):
        discharge.override(**given(house, row, "physician"), **told, reason="ok")
    discharge.override(**given(house, row, "physician"), **told, reason="the ward takes the patient over")
    assert "overridden: «The escort is here»; the ward" in describe(row.events.latest("pk")), "in words, not «escort»"
    assert discharge.discharge(**given(house, row)).state == "discharged"


def test_the_drug_has_to_add_up_to_the_last_fraction(house: House) -> None:
    row = infusing(house)
    drug = {"lot": "K-77", "drug": "racemic ketamine"}
    controlled_drug.account(**given(house, row), what="given", mg="47.6", **drug)
    seen_by = access.Confirmed(house.users["second"])
    controlled_drug.account(**given(house, row), what="wasted", mg="152.3", witness=seen_by, **drug)
    closes = gates.balance(row, watching.live(row)).closes
    assert closes.holds is False
    assert "0.1 mg not accounted for" in closes.because[0]
    controlled_drug.account(**given(house, row), what="returned", mg="0.1", witness=seen_by, **drug)
    row.events.filter(kind="start").update(at=timezone.now() - timedelta(hours=4))
    assert gates.balance(row, watching.live(row)).closes.holds is True


@pytest.mark.parametrize("witness", [None, "nurse", "stranger"])
def test_waste_needs_a_second_person_of_the_team(house: House, witness: str | None) -> None:
    row = infusing(house)
    seen_by = access.Confirmed(house.users[witness]) if witness else None
    with pytest.raises(Conflict, match=r"two people|no role"):
        controlled_drug.account(
            **given(house, row), what="wasted", lot="K-77", drug="racemic ketamine", mg="10", witness=seen_by
        )


def test_nothing_is_given_of_a_lot_that_was_not_drawn_up(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="drawn up"):
        controlled_drug.account(**given(house, row), what="given", lot="K-78", drug="racemic ketamine", mg="10")
