"""The log never accuses while people work, and never holds for a record that it does not account for."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from hypothesis import given as given_any
from hypothesis import strategies as st
from in_session import given, infusing
from small_clinic import House, build

from unwound.exchange.readings_json import read_json
from unwound_clinic.core import access, audit, heads, sealed, seals, seen
from unwound_clinic.models import (
    AuditEvent,
    AuditHead,
    Consent,
    Entry,
    InfusionSession,
    Patient,
    SessionEvent,
    VitalReading,
)
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.monitors import arrivals
from unwound_clinic.operations import integrity
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New
from unwound_clinic.session.actions import charting, readings


def test_an_emptied_log_never_holds(house: House) -> None:
    AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()
    fault = audit.verify()
    assert fault is not None
    assert fault.what == "is missing: the log is empty, and an empty log proves nothing"


def put_back(number: int) -> None:
    """The log as it was after so many events, as an older copy of its two tables holds it: sealed and whole."""
    AuditEvent.objects.filter(number__gt=number).delete()
    last, head = AuditEvent.objects.get(number=number), AuditHead.objects.get()
    head.number, head.digest, head.seal = number, last.digest, audit._seal(number, last.digest)
    head.save()


def test_an_older_log_beside_a_newer_record_never_holds(house: House) -> None:
    before = audit.head().number
    infusing(house)
    assert audit.verify() is None
    put_back(before)
    fault = audit.verify()
    assert fault is not None
    assert "later than any event" in fault.what


def test_a_patient_of_whom_no_event_tells_is_found(house: House) -> None:
    first = AuditEvent.objects.filter(patient_id__isnull=False).earliest("number").number
    put_back(first - 1)
    fault = audit.verify()
    assert fault is not None
    assert f"patient {Patient.objects.earliest('pk').pk} is in the record without any event" in fault.what


def test_a_message_and_a_consent_that_were_changed_are_found(house: House) -> None:
    row = infusing(house)
    consent = Consent.objects.filter(patient=row.patient).latest("pk")
    Consent.objects.update(text_hash=hashlib.sha256(consent.text.encode()).hexdigest())  # a made-up one until here
    assert integrity.faults() == []
    Consent.objects.filter(pk=consent.pk).update(text=f"{consent.text} And more.")
    assert integrity.faults() == [f"the text of consent {consent.pk} is not the one that was signed"]


@pytest.mark.django_db(transaction=True)
def test_it_is_verified_while_people_work(house_of_its_own: House) -> None:
    """Two writers, and a verifier that would accuse if events and head were of two moments."""
    ends, failed = threading.Event(), []

    def write() -> None:
        by, patient = house_of_its_own.by("nurse"), house_of_its_own.patient
        try:
            while not ends.is_set():
                seen.viewed(by=by, patient=patient, page="record")
        except Exception as reason:  # shown by the test
            failed.append(reason)
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        checked = [audit.check() for _ in range(12)]
        until = time.monotonic() + 60
        while checked[-1].head.number == checked[0].head.number and time.monotonic() < until:
            checked.append(audit.check())
    finally:
        ends.set()
        for writer in writers:
            writer.join()
    assert not failed
    assert [one.fault for one in checked if one.fault] == []
    assert checked[-1].head.number > checked[0].head.number, "people worked meanwhile"


@pytest.fixture
def house_of_its_own(transactional_db: None) -> House:
    return build()


def test_heads_leave_for_a_folder_each_once_and_are_asked_for_when_verifying(
    house: House, settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    settings.AUDIT_HEADS, settings.DATA = str(away), tmp_path  # type: ignore[attr-defined]
    assert not heads.send_new()
    assert "do not leave this machine" in heads.trouble(), "a share that is not there is no folder of ours"
    assert not away.exists()
    away.mkdir()
    assert heads.send_new()
    assert (heads.trouble(), heads.send_new()) == ("", False)
    seen.viewed(by=house.by("nurse"), patient=house.patient, page="record")
    assert heads.send_new()
    assert [head.number for head in heads.kept()] == [audit.head().number - 1, audit.head().number]
    put_back(audit.head().number - 1)
    assert audit.verify() is None
    fault = audit.verify(heads.kept())
    assert fault is not None
    assert "it was exported earlier" in fault.what
    assert "broken" in house.client("auditor").get("/audit/verify/").content.decode()


@pytest.mark.parametrize(("command", "arrives"), [("|cat >> {}", True), ("|exit 3", False)])
def test_heads_leave_by_a_command(command: str, arrives: bool, house: House, settings: object, tmp_path: Path) -> None:
    settings.AUDIT_HEADS = command.format(tmp_path / "mail")  # type: ignore[attr-defined]
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    assert heads.send_new() is arrives
    assert (tmp_path / "mail").exists() is arrives
    assert bool(heads.trouble()) is not arrives


def test_a_row_written_before_its_event_is_no_fault(house: House) -> None:
    seen.viewed(by=house.by("nurse"), patient=house.patient, page="record")
    assert AuditEvent.objects.latest("number").at - timezone.now() < timedelta(seconds=1)
    assert audit.verify() is None


def first(kind: type[Model]) -> Model:
    return kind._default_manager.earliest("pk")


CHANGED = [
    (SessionEvent, {"content": {"rate_mg_per_h": 5.0}}),
    (SessionEvent, {"at": timezone.now()}),
    (Entry, {"value": "another"}),
    (VitalReading, {"value": 50.0}),
    (VitalReading, {"message": None, "sign": "pulse_rate"}),
]


@pytest.mark.parametrize(("kind", "change"), CHANGED)
def test_a_row_that_is_changed_beside_the_log_is_found(kind: type[Model], change: dict[str, Any], house: House) -> None:
    worked(house)
    assert found() == []
    kind._default_manager.filter(pk=first(kind).pk).update(**change)
    (fault,) = found()
    assert fault.startswith(kind._meta.model_name or "-")
    assert "not what event" in fault


def worked(house: House) -> InfusionSession:
    """A session in which people and a monitor have written, with numbers that databases write in their own ways."""
    row = infusing(house)
    readings.enter_by_hand(**given(house, row), values={"systolic": 131, "diastolic": 82.0})
    charting.rate(**given(house, row), rate_mg_per_h=0.1 + 0.2)
    charting.note(**given(house, row), text="Zürich «2,5» 😀")
    new = New(kind="fact", key="pregnant", value=False)
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(new,))
    now = timezone.now()
    raw = json.dumps([{"kind": "spo2", "value": 97, "at": now.isoformat()}]).encode()
    posted = arrivals.from_batch(raw, read_json(raw, received_at=now), now, sender="Gateway")
    monitors_actions.receive(by=access.Device("Gateway", house.site.pk), site=house.site, arrived=[posted])
    return row


def found() -> list[str]:
    return sealed.compare(AuditEvent.objects.filter(detail__has_key=seals.NAME).order_by("number")).faults


def test_a_row_that_is_gone_is_found_and_what_may_change_is_none(house: House) -> None:
    row = worked(house)
    Entry.objects.update(current=False)
    VitalReading.objects.filter(session=None).update(session=row)
    assert found() == []
    VitalReading.objects.filter(by__isnull=False).latest("pk").delete()
    (fault,) = found()
    assert "no longer there" in fault
    assert audit.verify() is None, "the chain itself is whole"
    assert fault in integrity.faults()


def test_rows_from_before_there_were_seals_are_counted_and_one_since_that_no_event_names_is_a_fault(
    house: House,
) -> None:
    old = Entry.objects.create(patient=house.patient, kind="story", key="old", value={}, at=timezone.now(), by_name="x")
    worked(house)
    answer = integrity.verify()
    consents = Consent.objects.count()  # made beside every action by the test's own hand
    assert (answer.before["entry"], answer.before["consent"]) == (1, consents)
    assert "not covered, from before the log sealed rows: 1 of entry" in answer.uncovered
    assert all("the text of consent" in fault for fault in answer.faults), "a made-up one"
    slipped = Entry.objects.create(patient=old.patient, kind="story", key="n", value={}, at=old.at, by_name="x")
    assert f"entry {slipped.pk}: written by no event" in integrity.faults()


def slowly(events: list[AuditEvent]) -> list[str]:
    """Slow and obvious: each seal for itself, each row fetched by its number."""
    faults = []
    for event in events:
        for kind, numbers, digest in event.detail[seals.NAME]:
            rows = []
            for part in numbers.split():
                first, _, last = part.partition("-")
                rows += [
                    row
                    for number in range(int(first), int(last or first) + 1)
                    for row in seals.MODELS[kind]._default_manager.filter(pk=number)
                ]
            if seals.digest(rows) != digest:
                faults.append(f"{kind} {numbers}: not what event {event.number} wrote, or no longer there")
    return faults


@pytest.mark.parametrize("together", [1, 3, 2000])
def test_rows_read_for_many_events_at_once_are_judged_as_one_by_one(
    house: House, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(sealed, "MOST_ROWS", together)
    monkeypatch.setattr(sealed, "MOST_RANGES", 2)
    worked(house)
    changed = [SessionEvent.objects.order_by("pk")[at].pk for at in (2, 5)]
    SessionEvent.objects.filter(pk__in=changed).update(by_name="Somebody Else")
    Entry.objects.earliest("pk").delete()
    events = list(AuditEvent.objects.filter(detail__has_key=seals.NAME).order_by("number"))
    faults = slowly(events)
    assert len(faults) >= 3
    assert sealed.compare(events).faults == faults


def test_a_range_that_somebody_made_endless_ends(house: House) -> None:
    worked(house)
    event = AuditEvent.objects.filter(detail__has_key=seals.NAME).latest("number")
    event.detail[seals.NAME] = [["entry", "1-999999999999", "0" * 32]]
    assert "not what event" in sealed.compare([event]).faults[0]


@given_any(st.lists(st.integers(1, 30), unique=True).map(sorted))
def test_numbers_are_written_short_and_lose_none(numbers: list[int]) -> None:
    read = []
    for part in seals._ranges(numbers).split():
        begin, _, end = part.partition("-")
        read += range(int(begin), int(end or begin) + 1)
    assert read == numbers
