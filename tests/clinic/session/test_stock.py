"""The cupboard is counted by two people, and what is missing is never only written over."""

from __future__ import annotations

from typing import Any

import pytest
from small_clinic import PASSWORD, House

from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import StockCount
from unwound_clinic.session.actions import stock

pytestmark = pytest.mark.django_db


def counted(house: House, number: int, **told: Any) -> StockCount:
    known = {"drug": "racemic ketamine", "strength": "500 mg/10 mL", "witness": "second", **told}
    seen_by = access.Confirmed(house.users[known.pop("witness")])
    return stock.count(by=house.by("nurse"), site=house.site, witness=seen_by, counted=number, **known)


def test_a_count_follows_from_the_one_before_what_came_and_what_was_taken(house: House) -> None:
    assert counted(house, 12).expected is None
    assert counted(house, 15, received=5, removed=2).expected == 15
    assert counted(house, 3, strength="200 mg/20 mL").expected is None, "another strength is counted by itself"
    assert counted(house, 15, drug=" Racemic Ketamine").expected == 15


def test_what_is_missing_needs_a_reason_and_somebody_who_was_informed(house: House) -> None:
    counted(house, 12)
    for told in ({}, {"reason": "broken"}, {"reason": "one broke", "informed": ""}):
        with pytest.raises(Conflict, match="12 were expected, 11 were counted"):
            counted(house, 11, **told)
    row = counted(house, 11, reason="one broke on the floor", informed="Pharmacist Testcase")
    assert (row.expected, row.counted) == (12, 11)
    assert counted(house, 11).expected == 11


@pytest.mark.parametrize("witness", ["nurse", "coordinator", "stranger"])
def test_nobody_counts_alone_or_with_somebody_from_elsewhere(witness: str, house: House) -> None:
    with pytest.raises(Conflict, match="two people"):
        counted(house, 12, witness=witness)


def test_the_page_records_a_count_and_shows_it(house: House) -> None:
    client = house.client("nurse")
    posted = {
        "site": house.site.pk, "drug": "racemic ketamine", "strength": "500 mg/10 mL", "received": "0",
        "removed": "0", "counted": "12", "person": house.users["second"].pk, "password": PASSWORD,
    }  # fmt: skip
    assert client.post("/stock/", posted).status_code == 302
    assert "500 mg/10 mL" in client.get("/stock/").content.decode()
