"""What a course costs: sums to the cent, signed by a name and kept; codes only as the clinic typed them."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from in_session import checked_plan
from small_clinic import PASSWORD, House, register

from unwound.session import SessionState
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Bill, InfusionSession
from unwound_clinic.treatment.actions import bills as actions

ESTIMATE = {"number": "10", "each": "1,250.50", "currency": "usd", "further": "First visit; 150\nLiver tests; 80.25",
            "good_until": "2099-01-01", "note": "travel", "password": PASSWORD}  # fmt: skip
SUPERBILL = {"code": "TEST1", "what": "=Infusion", "diagnoses": "D1, D2", "each": "600", "currency": "USD", "paid": "0",
             "provider": "Dr Testcase", "identifier": "NPI 0", "password": PASSWORD}  # fmt: skip


def sent(house: House, page: str, form: dict[str, str], role: str = "coordinator") -> Any:
    plan = house.patient.plans.get()
    return house.client(role).post(f"/patients/{house.patient.pk}/plan/{plan.pk}/{page}/", form)


def ended(house: House, state: str, days: int) -> None:
    plan = house.patient.plans.first() or checked_plan(house)
    for day in range(1, days + 1):
        at = plan.ordered_at.replace(hour=12)
        InfusionSession.objects.create(
            patient=house.patient, site=house.site, plan=plan, day=day, state=state, scheduled_at=at
        )


@pytest.mark.django_db
def test_an_estimate_adds_up_is_signed_and_kept_beside_a_newer_one(house: House) -> None:
    checked_plan(house)
    assert sent(house, "estimate", ESTIMATE).status_code == 302
    bill = Bill.objects.get()
    assert bill.content["total"] == "12735.25"  # 10 x 1250.50 + 150 + 80.25, by hand
    assert bill.content["signed_by"] == house.users["coordinator"].name
    assert AuditEvent.objects.filter(action="bill.estimate", patient_id=house.patient.pk).count() == 1
    sent(house, "estimate", {**ESTIMATE, "each": "900"})
    assert [one.content["total"] for one in Bill.objects.order_by("pk")] == ["12735.25", "9230.25"]
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/bills/").content.decode()
    assert "12735.25 USD" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "says"),
    [({"further": "First visit 150"}, "a semicolon"), ({"each": "600.001"}, "may mean"), ({"each": ""}, "required"),
     ({"good_until": "2020-01-01"}, "a later day"),
     ({"password": "wrong"}, "not your password"), ({"further": "x; 1.234.5"}, "1.234.5")],
)  # fmt: skip
def test_what_cannot_be_read_is_asked_and_nothing_is_kept(house: House, changes: dict[str, str], says: str) -> None:
    checked_plan(house)
    assert says in sent(house, "estimate", {**ESTIMATE, **changes}).content.decode()
    assert not Bill.objects.exists()


@pytest.mark.django_db
def test_a_superbill_has_a_line_for_each_session_that_was_given_and_none_of_our_codes(house: House) -> None:
    ended(house, SessionState.ABORTED, 1)
    assert "nothing to bill" in sent(house, "superbill", SUPERBILL).content.decode()
    ended(house, SessionState.DISCHARGED, 2)
    assert sent(house, "superbill", SUPERBILL).status_code == 302
    bill = Bill.objects.get()
    address = f"/patients/{house.patient.pk}/bills/{bill.pk}/"
    client = house.client("nurse")
    data = json.loads(client.get(f"{address}json/").content)
    assert (data["total"], data["diagnoses"], len(data["lines"])) == ("1200.00", ["D1", "D2"], 2)
    assert {line["code"] for line in data["lines"]} == {"TEST1"}
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}csv/").content.decode())))
    assert rows[0]["what"] == "'=Infusion", "a table program takes it for text"
    assert client.get(f"{address}pdf/").content[:5] == b"%PDF-"
    assert client.get(f"{address}exe/").status_code == 404
    assert house.client("stranger").get(address).status_code == 403


@pytest.mark.django_db
def test_nurses_and_orders_of_another_patient_are_refused(house: House) -> None:
    plan = checked_plan(house)
    assert sent(house, "estimate", ESTIMATE, "nurse").status_code == 403
    other = register(house.by("nurse"), house.site, "Testcase", "Two")
    with pytest.raises(Conflict, match="another patient"):
        actions.estimate(
            by=house.by("coordinator"), patient=other, plan=plan, each=Decimal(1), number=1, further=(),
            currency="USD", good_until=date(2099, 1, 1), note="",
        )  # fmt: skip
    assert not Bill.objects.exists()
