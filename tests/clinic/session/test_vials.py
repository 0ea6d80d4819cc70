"""Vials: scanned or typed, never the wrong one, and never more from one than it held."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from in_session import given, infusing
from small_clinic import PASSWORD, House

from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.session import drug_balance, times, words
from unwound_clinic.session.actions import controlled_drug
from unwound_clinic.session.vials import Vial

pytestmark = pytest.mark.django_db
GTIN, GS = "09506000134352", "\x1d"
DRUG = "racemic ketamine"


def code(expires: date, serial: str = "S1") -> str:
    return f"]d201{GTIN}17{expires:%y%m%d}10LOT-9{GS}21{serial}"


def drawn(house: House, row: InfusionSession, **told: Any) -> SessionEvent:
    known = {"drug": DRUG, "lot": "", "what": "drawn", "witness": access.Confirmed(house.users["second"]), **told}
    return controlled_drug.account(**given(house, row), **known)


def ahead(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


def test_a_scan_fills_lot_and_expiry_and_the_strength_makes_mg_of_ml(house: House) -> None:
    row = infusing(house)
    vial = Vial(scanned=code(ahead(400)), mg_per_ml=Decimal(50), holds_ml=Decimal(10))
    event = drawn(house, row, ml="2.5", vial=vial)
    assert (event.content["lot"], event.content["mg"], event.content["serial"]) == ("LOT-9", "125", "S1")
    assert {lot.lot: lot.drawn_mg for lot in drug_balance.lots(times.events_of(row))}["LOT-9"] == Decimal(125)
    assert "50 mg/mL" in words.describe(event)
    later = drawn(house, row, ml="1", vial=Vial(scanned=code(ahead(400), "S2")))
    assert later.content["mg"] == "50", "the product is known by now"


@pytest.mark.parametrize(
    ("told", "vial", "why"),
    [
        ({"mg": "10"}, {"scanned": "EXPIRED"}, "expired"),
        ({"mg": "10"}, {"scanned": "]d20109506000134353"}, "check digit"),
        ({"mg": "10", "lot": "OTHER"}, {"scanned": "GOOD"}, "the barcode says LOT-9"),
        ({"mg": "10", "ml": "1"}, {"scanned": "GOOD", "mg_per_ml": Decimal(50)}, "are 50 mg, not 10 mg"),
        ({"mg": "501"}, {"scanned": "GOOD"}, "held 500 mg, and 450 mg are left"),
        ({"mg": "10"}, {"scanned": "GOOD", "mg_per_ml": Decimal(10)}, "has 50 mg/mL, not 10"),
        ({"mg": "10", "drug": "midazolam"}, {"scanned": "GOOD"}, "this product is racemic ketamine"),
        ({"mg": "10", "drug": "esketamine"}, {}, "the order is racemic ketamine"),
        ({"ml": "2"}, {"scanned": ""}, "lot, drug and action|amount is needed"),
        ({}, {"scanned": "GOOD"}, "the amount is needed"),
        ({"mg": "5", "lot": "X"}, {"expires_on": date(2020, 1, 1)}, "expired on 1 Jan 2020"),
    ],
)
def test_what_does_not_fit_the_vial_is_refused(
    told: dict[str, str], vial: dict[str, Any], why: str, house: House
) -> None:
    row = infusing(house)
    drawn(house, row, mg="50", vial=Vial(scanned=code(ahead(9)), mg_per_ml=Decimal(50), holds_ml=Decimal(10)))
    codes = {"GOOD": code(ahead(9)), "EXPIRED": code(ahead(-2))}
    known = {**vial, "scanned": codes.get(vial.get("scanned", ""), vial.get("scanned", ""))}
    lot = {"lot": "Y"} if not known["scanned"] and "lot" not in told else {}
    with pytest.raises(Conflict, match=why):
        drawn(house, row, vial=Vial(**known), **lot, **told)


def test_a_vial_may_be_used_up_to_its_last_day(house: House) -> None:
    row = infusing(house)
    today = timezone.now().astimezone(row.site.zone).date()
    assert drawn(house, row, mg="1", vial=Vial(scanned=code(today))).content["expires_on"] == today.isoformat()


def test_nothing_is_returned_alone(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="two people"):
        controlled_drug.account(**given(house, row), what="returned", lot="K-77", drug=DRUG, mg="10")


@pytest.mark.parametrize("alone", ["", "  ", "x", "..."])
def test_nothing_is_drawn_up_alone_without_a_reason(house: House, alone: str) -> None:
    row = infusing(house)
    before = row.events.count()
    with pytest.raises(Conflict, match="without a witness, enter the reason"):
        drawn(house, row, lot="LOT-9", mg="10", witness=None, alone=alone)
    assert row.events.count() == before
    event = drawn(house, row, lot="LOT-9", mg="10", witness=None, alone="night shift, nobody free")
    assert event.content["unwitnessed"] == "night shift, nobody free"


def test_a_running_syringe_is_handed_over_as_both_read_it(house: House) -> None:
    row = infusing(house)
    taker = access.Confirmed(house.users["second"])
    with pytest.raises(Conflict, match="give the reason"):
        controlled_drug.hand_over(**given(house, row), taker=taker, left_ml="60")
    event = controlled_drug.hand_over(**given(house, row), taker=taker, left_ml="100")
    assert (event.content["from"], event.content["left_mg"]) == (house.users["nurse"].name, "200")
    assert "relieved by" in words.describe(event)
    with pytest.raises(Conflict, match="two people"):
        controlled_drug.hand_over(**given(house, row), taker=access.Confirmed(house.users["nurse"]), left_ml="100")


def test_a_discrepancy_gets_its_reason_and_stays_one(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    with pytest.raises(Conflict, match="who was informed"):
        controlled_drug.explain(**given(house, row), reason="dropped a vial", informed="")
    event = controlled_drug.explain(**given(house, row), reason="dropped a vial", informed="Pharmacist Testcase")
    assert words.describe(event) == "informed: Pharmacist Testcase; dropped a vial"
    page = client.get(f"/sessions/{row.pk}/drug/").content.decode()
    assert "Hand over the running syringe" in page
    assert "Scan of the vial" in page


def test_the_page_draws_up_from_a_scan(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    posted = {"do": "drawn", "drug": DRUG, "lot": "", "mg": "20", "vial-scanned": code(ahead(30))}
    page, before = f"/sessions/{row.pk}/drug/", row.events.filter(kind="drug").count()
    assert "without a witness, enter the reason" in client.post(page, posted).content.decode()
    other = house.users["physician"]
    wrong = posted | {"watched-person": other.pk, "watched-password": "wrong"}
    assert "Incorrect password for Test Physician" in client.post(page, wrong).content.decode()
    assert row.events.filter(kind="drug").count() == before
    assert client.post(page, wrong | {"watched-password": PASSWORD}).status_code == 302
    event = row.events.filter(kind="drug").latest("id")
    assert (event.content["lot"], event.content["gtin"]) == ("LOT-9", GTIN)
    assert "witnessed by Test Physician" in words.describe(event)
    assert client.post(page, posted | {"watched-alone": "night shift, nobody free"}).status_code == 302
    assert "no witness: night shift, nobody free" in words.describe(row.events.filter(kind="drug").latest("id"))


def test_what_is_in_the_syringe_is_no_discrepancy_while_the_infusion_runs(house: House) -> None:
    row, nurse = infusing(house), house.client("nurse")
    drawn(house, row, lot="K-77", mg="100")
    page = f"/sessions/{row.pk}/drug/"
    assert "Not reconciled yet" in (seen := nurse.get(page).content.decode())
    assert "Discrepancy" not in seen
    lots = drug_balance.lots(times.events_of(row))
    all_drawn = sum(lot.drawn_mg or 0 for lot in lots)
    controlled_drug.account(**given(house, row), what="given", lot="K-77", drug=DRUG, mg=str(all_drawn + 5))
    assert "Discrepancy" in nurse.get(page).content.decode(), "more given than drawn up is one at any time"
