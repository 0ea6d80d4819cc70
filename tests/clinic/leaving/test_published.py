"""The registry of a clinic: from its sessions and forms to files, logged, and nothing where nobody can hide."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from devices import bedside
from django.utils import timezone
from small_clinic import House, register

from unwound import registry
from unwound.record import UnwoundError
from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic.core import access
from unwound_clinic.leaving import courses, published
from unwound_clinic.models import AuditEvent, Entry, SessionEvent

pytestmark = pytest.mark.one_database
BY = access.Program("registry at the terminal")


def treated(house: House, number: int) -> None:
    """So many people with one infusion each, and an answer before it."""
    for place in range(number):
        patient = register(house.by("nurse"), house.site, f"Testcase-{place}", "Registry")
        session = bedside(patient, house.users["physician"], f"B{place}")
        session.state, session.ended_at = SessionState.DISCHARGED, timezone.now()
        session.save()
        SessionEvent.objects.create(
            session=session, kind=EventKind.START, at=session.scheduled_at, recorded_at=session.scheduled_at,
            by_name="Test Nurse", content={"rate_mg_per_h": 10},
        )  # fmt: skip
        Entry.objects.create(
            patient=patient, kind="answers", key=f"promis_fatigue {place}", on=date.today() - timedelta(days=9),
            value={"instrument": "promis_fatigue", "total": 61.5}, at=timezone.now(), by_name="Test Nurse",
        )  # fmt: skip


def read(place: Path) -> list[dict[str, str]]:
    with place.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_is_written_whole_described_and_logged(house: House, tmp_path: Path) -> None:
    treated(house, 6)
    found = published.publish(tmp_path / "registry", BY)
    folder = tmp_path / "registry"
    rows, names = read(folder / "courses.csv"), [column.name for column in registry.dictionary()]
    assert len(rows) == len(found.rows) == 6
    assert list(rows[0]) == names == [row["name"] for row in read(folder / "dictionary.csv")]
    assert {row["promis_fatigue_before"] for row in rows} == {"61.5"}
    parquet = pq.read_table(folder / "courses.parquet")
    assert parquet.column_names == names
    assert [str(row["start"]) for row in parquet.to_pylist()] == [row["start"] for row in rows]
    assert json.loads((folder / "measured.json").read_text())["k"] == 6
    figures = {(row["part"], row["what"]): row for row in read(folder / "tankha_2025.csv")}
    assert figures["PROMIS fatigue", "before"]["known"] == "6"
    assert all(row["total"] for row in figures.values())
    assert "two copies of different times" in (folder / "README.txt").read_text(), "a new row of the second would tell"
    event = AuditEvent.objects.get(action="registry.export")
    assert (event.detail["courses"], event.detail["people"]) == ("6", "6")
    everything = b"".join(place.read_bytes() for place in folder.iterdir())
    assert b"Testcase" not in everything
    assert b"1980" not in everything
    with pytest.raises(UnwoundError, match="is there already"):
        published.publish(folder, BY)


def test_where_too_few_look_alike_nothing_is_written(house: House, tmp_path: Path) -> None:
    treated(house, 4)
    assert len(list(courses.treated())) == 4
    with pytest.raises(UnwoundError, match="Too few look alike"):
        published.publish(tmp_path / "registry", BY)
    assert not list(tmp_path.iterdir())
    assert not AuditEvent.objects.filter(action="registry.export").exists()


def test_an_infusion_that_was_never_begun_is_no_course(house: House) -> None:
    treated(house, 1)
    SessionEvent.objects.filter(kind=EventKind.START).update(in_error=True)
    assert not list(courses.treated())
