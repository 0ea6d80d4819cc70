"""An export holds what a search finds, goes on after a restart, and ends when nobody wants it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from coordinated import known
from reading import Asker, let_in
from small_clinic import House, register

from unwound_clinic.interfaces.fhir import actions, exports
from unwound_clinic.models import AuditEvent, Export

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ASYNC = {"prefer": "respond-async"}


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path


def ordered(asker: Asker, address: str = "$export") -> str:
    answer = asker.asks(address, **ASYNC)
    assert answer.status_code == 202, answer.content
    return str(answer["Content-Location"])


def fetched(asker: Asker, place: str) -> dict[str, list[dict[str, Any]]]:
    """Asked for until it is there; by type."""
    for _ in range(20):
        answer = asker.asks(place)
        if answer.status_code == 200:
            break
        assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    found = {}
    for file in answer.json()["output"]:
        content = b"".join(asker.asks(file["url"]).streaming_content).decode()
        found[file["type"]] = [json.loads(line) for line in content.splitlines()]
        assert len(found[file["type"]]) == file["count"]
    return found


def test_an_export_holds_what_searches_find_and_each_patient_has_an_event(house: House) -> None:
    known(house)
    asker = let_in(house, "system/Patient.rs system/Observation.rs?category=vital-signs system/AllergyIntolerance.rs")
    found = fetched(asker, ordered(asker))
    assert sorted(found) == ["AllergyIntolerance", "Observation", "Patient"]
    assert found["Patient"] == asker.found("Patient")
    assert found["Observation"] == asker.found(f"Observation?patient={house.patient.pk}")
    assert AuditEvent.objects.filter(action="fhir.read", patient_id=house.patient.pk, detail__has_key="export").exists()
    assert list(fetched(asker, ordered(asker, "Patient/$export?_type=Patient"))) == ["Patient"]
    assert fetched(asker, ordered(asker, "$export?_since=2100-01-01T00:00:00Z")) == {}
    assert fetched(asker, ordered(asker, f"Group/{house.patient.stage}/$export"))["Patient"] == found["Patient"]
    assert fetched(asker, ordered(asker, "Group/treatment/$export")) == {}


def test_a_restart_loses_nothing_and_doubles_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        register(house.by("nurse"), house.site, "Testcase", f"Number {number}")
    asker = let_in(house, "system/Patient.rs")
    place = ordered(asker)
    monkeypatch.setattr(exports, "STEP_PATIENTS", 2)
    assert asker.asks(place).status_code == 202
    proceed = actions.exported

    def killed(**_: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(actions, "exported", killed)  # between the file and the row, as a power cut
    with pytest.raises(SystemExit):
        asker.asks(place)
    monkeypatch.setattr(actions, "exported", proceed)
    ids = [one["id"] for one in fetched(asker, place)["Patient"]]
    assert len(ids) == 5
    assert ids == [one["id"] for one in asker.found("Patient")]


def test_nobody_else_sees_it_it_is_cancelled_and_not_too_many_run(house: House) -> None:
    asker, other = let_in(house), let_in(house)
    place = ordered(asker)
    assert other.asks(place).status_code == 404
    assert other.asks(place, "DELETE").status_code == 404
    second = ordered(asker)
    refused = asker.asks("$export", **ASYNC)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert asker.asks(second, "DELETE").status_code == 202
    assert asker.asks(second).status_code == 404
    found = fetched(asker, place)
    assert found["Patient"]
    assert other.asks(f"{place}/Patient.ndjson").status_code == 404
    assert asker.asks(f"{place}/..%2FPatient.ndjson").status_code == 404
    for address, status in {
        "$export?_since=yesterday": 400, "$export?_type=Practitioner": 400, "$export?colour=red": 400,
        "$export?_outputFormat=csv": 400, "Group/nobody/$export": 404, "Practitioner/$export": 404,
    }.items():  # fmt: skip
        assert asker.asks(address, **ASYNC).status_code == status, address
    assert asker.asks("$export").status_code == 400
    actions.end(by=house.by("administrator"), site=house.site, system=asker.system)
    assert asker.asks(f"{place}/Patient.ndjson").status_code == 401
    assert Export.objects.count() == 2
