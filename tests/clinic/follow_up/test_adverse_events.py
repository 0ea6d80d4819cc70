"""Adverse events in the clinic: recorded, amended, taken back, exported, and sealed as every entry is."""

from __future__ import annotations

import json

import pytest
from small_clinic import House

from unwound_clinic.core import sealed, seals
from unwound_clinic.models import AuditEvent, Entry

pytestmark = pytest.mark.django_db
FORM = {
    "do": "record", "what": "ALT five times the limit", "began": "2026-03-04", "severity": "severe",
    "serious": "hospital", "cause": "probable", "action": "stopped", "became": "recovering",
}  # fmt: skip


def test_recorded_amended_exported_and_taken_back(house: House) -> None:
    client, address = house.client("nurse"), f"/patients/{house.patient.pk}/adverse/"
    assert client.post(address, FORM).status_code == 302
    row = Entry.objects.get(kind="adverse", current=True)
    assert "hospitalisation" in client.get(address).content.decode()
    better = {**FORM, "amends": row.pk, "became": "recovered", "ended": "2026-05-01", "words": "normal in May"}
    assert client.post(address, better).status_code == 302
    newer = Entry.objects.get(kind="adverse", current=True)
    assert (newer.key, newer.reason) == (row.key, "normal in May")
    resource = json.loads(client.get(f"{address}{newer.pk}.json").content)
    assert resource["outcome"]["coding"][0]["code"] == "resolved"
    assert client.post(address, better).status_code == 409, "the account that was shown stands no more"
    client.post(address, {"do": "take-back", "key": row.key, "words": "another patient"})
    assert "None." in client.get(address).content.decode()
    assert Entry.objects.filter(kind="adverse").count() == 3
    events = AuditEvent.objects.filter(detail__has_key=seals.NAME).order_by("number")
    assert sealed.compare(events).faults == []
    Entry.objects.filter(pk=row.pk).update(value={**row.value, "severity": "mild"})  # type: ignore[dict-item]
    assert len(sealed.compare(events).faults) == 1


def test_what_contradicts_itself_is_said_beside_the_form(house: House) -> None:
    client, address = house.client("nurse"), f"/patients/{house.patient.pk}/adverse/"
    assert (
        "before it began"
        in client.post(address, {**FORM, "ended": "2026-03-01", "became": "recovered"}).content.decode()
    )
    assert client.post(address, {**FORM, "began": "2126-01-01"}).status_code == 409
    assert house.client("coordinator").post(address, FORM).status_code == 403
    assert not Entry.objects.filter(kind="adverse").exists()
