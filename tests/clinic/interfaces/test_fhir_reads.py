"""Other systems read us by FHIR R4: what is stated runs, and each resource is valid."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from in_session import infusing
from reading import Asker, Json, let_in
from small_clinic import House
from validity import check

from unwound.exchange.fhir import searching
from unwound.exchange.fhir.searching import Parameter, values
from unwound_clinic.interfaces.fhir import stored
from unwound_clinic.models import Entry, InfusionSession, Letter, SessionEvent
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New

pytestmark = pytest.mark.django_db
US_CORE = ("Patient", "Condition", "AllergyIntolerance", "MedicationRequest", "Observation", "QuestionnaireResponse",
           "DocumentReference", "Procedure", "Provenance")  # fmt: skip


@pytest.fixture
def asker(house: House) -> Asker:
    """A system that may see everything of a site where one patient has something of each type."""
    something_of_each(house)
    return let_in(house)


def something_of_each(house: House) -> None:
    """One patient has something of each type that is given out."""
    infusing(house)
    now = timezone.now()
    by = house.by("nurse")
    entries.enter(
        by=by,
        patient=house.patient,
        entries=(
            New(kind="fact", key="depression_diagnosed", value=True, on=date(2026, 1, 5)),
            New(kind="trial", key="stimulator", value={"therapy": "spinal_cord_stimulation", "start": "2025-03-01"}),
        ),
    )
    adverse = {"what": "sick", "began": "2026-01-01", "severity": "mild", "serious": "no", "cause": "possible",
               "action": "nothing", "became": "recovered"}  # fmt: skip
    Entry.objects.create(
        patient=house.patient, kind="adverse", key="any", on=now.date(), at=now, by_name="any", value=adverse
    )
    Letter.objects.create(
        patient=house.patient, kind="summary", addressee="a team", content={}, pdf=b"%PDF-", written_at=now,
        written_by=house.users["physician"],
    )  # fmt: skip


def whose(type: str, number: int) -> str:
    """The beginning of a search of what is about a patient."""
    if type in ("Patient", "Questionnaire"):
        return type
    return f"{type}?{'subject' if type == 'AdverseEvent' else 'patient'}={number}"


def asked(parameter: Parameter, resource: Json) -> str:
    """What finds this resource by the parameter; empty where it has no such value."""
    for value in (one for path in parameter.paths for one in values.at(resource, path)):
        if parameter.kind == "token":
            system, code = next(values.codes(value), ("", ""))
            return f"{system}|{code}" if system else code or f":text {value['text']}"
        if parameter.kind == "reference":
            return str(value["reference"]) if "reference" in value else ""
        if parameter.kind == "string":
            return next(iter(values.words(value)))
        return value if isinstance(value, str) else f"ge{value['start']}"
    return ""


def also(address: str, *pairs: tuple[str, str]) -> str:
    return address + ("&" if "?" in address else "?") + urlencode(pairs) if pairs else address


def test_an_infusion_begins_when_it_was_started_and_has_no_period_before(house: House) -> None:
    row = infusing(house)
    hour = timedelta(hours=1)
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=row.scheduled_at - 3 * hour)
    begun = row.events.get(kind="start").at.astimezone(UTC).isoformat(timespec="seconds")

    def periods() -> list[Json | None]:
        made = stored.of(house.patient, ["Procedure", "MedicationAdministration"])
        own = [one for one in made if "infusion" in one["meta"]["profile"][0] or one.get("dosage")]
        return [one.get("effectivePeriod", one.get("performedPeriod")) for one in own]

    assert periods() == [{"start": begun}] * 2
    for event in row.events.filter(kind="start"):
        SessionEvent.objects.filter(pk=event.pk).delete()
    assert periods() == [None]


@pytest.mark.thorough
def test_every_search_that_is_stated_finds_and_everything_found_is_valid(house: House, asker: Asker) -> None:
    number, stated = house.patient.pk, asker.asks("metadata").json()
    check(stated)
    never_tried = []
    for of_type in stated["rest"][0]["resource"]:
        type = of_type["type"]
        if of_type["interaction"] == [{"code": "create"}]:
            continue  # sent here, and never read
        address = whose(type, number)
        there = {one["id"]: one for one in asker.found(address)}
        assert there, f"the test has no {type}"
        for one in there.values():
            check(one)
        last = next(reversed(there.values()))
        assert type == "MedicationAdministration" or last == asker.asks(f"{type}/{last['id']}").json()
        for search in of_type["searchParam"]:
            parameter = searching.parameter(type, search["name"])
            assert parameter is not None
            assert (parameter.kind, parameter.name) == (search["type"], search["name"])
            value = next((one for each in there.values() if (one := asked(parameter, each))), "")
            if not value or search["name"] in ("patient", "subject"):
                never_tried += [] if value or search["name"] == "patient" else [f"{type}.{search['name']}"]
                continue
            if search["name"] == "_lastUpdated":
                value = f"ge{value[:10]}"
            name = search["name"] + (":text" if value.startswith(":text ") else "")
            value = value.removeprefix(":text ")
            found = asker.found(also(address, (name, value)))
            assert found, (type, search["name"], value)
            other = {"date": "1802-01-01", "reference": "Patient/0"}.get(parameter.kind, "nothing-has-this")
            assert not asker.found(also(address, (name, other))), (type, search["name"])
        for both in searching.shall(type):
            pairs = []
            for name in both.split("+"):
                parameter = searching.parameter(type, name)
                value = next((one for each in there.values() if (one := asked(parameter, each))), "")
                pairs += [(name, value)] if name != "patient" else []
            base = address if "patient" in both or type == "Patient" else type
            assert asker.found(also(base, *pairs)), (type, both)
        beside = asker.asks(also(address, ("_revinclude", "Provenance:target"))).json()
        check(beside)
        if "searchRevInclude" in of_type and type not in ("Patient", "Provenance", "AllergyIntolerance"):
            assert any(one["search"]["mode"] == "include" for one in beside["entry"]), type
    assert set(never_tried) == {
        "DocumentReference.period", "Observation.focus", "Condition.onset-date", "AdverseEvent._profile",
        "Questionnaire._lastUpdated",
    }  # fmt: skip
    assert {one["type"] for one in stated["rest"][0]["resource"]} >= set(US_CORE)
