"""Old drafts and sendings are deleted once an hour, not with every write."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone
from small_clinic import House

from unwound_clinic.core import drafts, now_and_then, sent_again
from unwound_clinic.models import Draft, Sent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [5_000.0]
    monkeypatch.setattr(now_and_then, "_last", {})
    monkeypatch.setattr(now_and_then.time, "monotonic", lambda: now[0])
    return now


def test_the_first_time_and_each_hour_it_is_due(clock: list[float]) -> None:
    due = []
    for wait in (0, 3599.5, 0.5, 3600, 0):
        clock[0] += wait
        due.append(now_and_then.is_due("a"))
    assert due == [True, False, True, True, False]
    assert now_and_then.is_due("b"), "each thing for itself"


def test_old_drafts_and_sendings_go_within_the_hour(house: House, clock: list[float]) -> None:
    user, client = house.users["nurse"], house.client("nurse")

    def write(key: str) -> None:
        drafts.save(user, f"/page/#{key}", QueryDict("draft-changed=text&text=half"))
        client.post(
            f"/patients/{house.patient.pk}/consultation/medicines/",
            {"form": "allergy", "substance": key, "once": key},
        )

    write("first")
    Draft.objects.update(until=timezone.now() - timedelta(seconds=1))
    Sent.objects.update(at=timezone.now() - sent_again.KEPT - timedelta(seconds=1))
    write("second")
    assert (Draft.objects.count(), Sent.objects.count()) == (2, 2)
    assert set(drafts.of_page(user, "/page/")) == {"second"}, "an old one is shown to nobody"
    clock[0] += now_and_then.EVERY_S
    write("third")
    assert set(drafts.of_page(user, "/page/")) == {"second", "third"}
    assert (Draft.objects.count(), Sent.objects.count()) == (2, 2)
