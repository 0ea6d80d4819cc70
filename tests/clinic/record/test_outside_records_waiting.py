"""What waits to be brought in, the doors it comes by, what is incomplete, and a case."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hospital import (
    MORE,
    SAME,
    allergy,
    bring_in,
    choose,
    course,
    held,
    looked_at,
    page_of,
    record,
    weight,
)
from known_patients import CANDIDATE, EXAMPLES, known
from small_clinic import House

from unwound_clinic.core.page import today
from unwound_clinic.models import Entry, Incoming
from unwound_clinic.record import comparing, importing
from unwound_clinic.record.entries import current
from unwound_clinic.record.forms.consultation import COMPLETE

# ---- what waits


def test_what_waits_is_seen_by_nobody_else_and_not_for_long(house: House) -> None:
    choose(house, record(weight()))
    assert house.client("physician").get(page_of(house, "preview/")).status_code == 302
    choose(house, record(weight(72)), role="physician")
    assert Incoming.objects.count() == 2
    Incoming.objects.update(at=timezone.now() - timedelta(minutes=31))
    assert house.client("nurse").get(page_of(house, "preview/")).status_code == 302
    assert house.client("nurse").post(page_of(house, "preview/"), {"answer": "import", "shown": ""}).status_code == 409
    choose(house, record(weight(73)))
    assert Incoming.objects.count() == 1, "what nobody looked at in time is forgotten"


def test_the_newer_choice_takes_the_place_of_what_waits(house: House) -> None:
    for kilograms in (71, 72):
        choose(house, record(weight(kilograms)))
    assert Incoming.objects.count() == 1
    assert "72 kg" in looked_at(house)


@pytest.mark.parametrize("role", ["coordinator", "administrator", "stranger"])
def test_who_may_not_record_facts_imports_nothing(house: House, role: str) -> None:
    assert choose(house, record(weight()), role=role).status_code == 403
    assert Incoming.objects.count() == 0


# ---- doors


def lines(*resources: Any) -> bytes:
    return "\n".join(json.dumps(one) for one in resources).encode()


def test_the_several_files_of_an_export_are_one_record(house: House) -> None:
    person, measured = lines({"resourceType": "Patient", "id": "1", **SAME}), lines(weight())
    bring_in(house, person, gzip.compress(measured), gzip.compress(lines(allergy())), name="export.ndjson.gz")
    assert held(house.patient) == {"weight_kg": 71.0}
    assert len(current(house.patient, "allergy")) == 1


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.json", "empty"),
        (b"\x00\xff", "x.json", "x.json"),
        (b"[1]", "x.json", "a FHIR Bundle is needed"),
        (b"title = 3", "case.toml", "case.toml"),
        (b'<Bundle xmlns="http://hl7.org/fhir"/>', "x.xml", "XML"),
        (b"\x1f\x8b broken", "x.json.gz", "damaged"),
        (record()[:-40], "cut.json", "not readable as JSON"),
    ],
)
def test_what_is_no_record_is_refused_beside_the_field(house: House, data: bytes, name: str, words: str) -> None:
    answer = choose(house, data, name=name)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert f"Chosen: {name}" in page
    assert (Entry.objects.count(), Incoming.objects.count()) == (0, 0)


def test_no_file_is_asked_for(house: House) -> None:
    answer = house.client("nurse").post(page_of(house), {})
    assert "required" in answer.content.decode()


def test_work_is_bounded_as_sent_and_unpacked(house: House, settings: Any) -> None:
    settings.IMPORT_MEGABYTES = 1
    padded = record(weight(), note="x" * 1_000_000)
    assert "at most 1 MB" in choose(house, padded).content.decode()
    packed = gzip.compress(padded)
    assert len(packed) < 10_000
    assert "more than 1 MB" in choose(house, packed, name="small.json.gz").content.decode()
    half = record(weight(), note="x" * 600_000)
    assert "at most 1 MB" in choose(house, half, half).content.decode()
    assert Incoming.objects.count() == 0


def test_more_values_than_anybody_looks_at_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LIMIT_VALUES", 3)
    several = [allergy(name) for name in ("latex", "penicillin", "nuts", "bees")]
    assert "4 values are more than one patient" in choose(house, record(*several)).content.decode()


def test_an_incomplete_record_says_so_before_and_after(house: House) -> None:
    choose(house, record(weight(), **MORE))
    assert "Part of the record is missing" in looked_at(house)
    page = bring_in(house, record(weight(), **MORE)).content.decode()
    assert "Part of the record is missing" in page
    assert held(house.patient)["record_incomplete"] is True


def test_the_rest_that_came_takes_the_warning_away(house: House) -> None:
    bring_in(house, record(weight(), **MORE))
    bring_in(house, record(weight(75, "2026-03-01")), name="whole.json")
    assert "record_incomplete" not in held(house.patient)


def test_the_rest_of_one_record_says_nothing_of_another(house: House) -> None:
    bring_in(house, record(weight(), **MORE))
    bring_in(house, record(weight(), server="https://other.example/fhir", **MORE), name="other.json")
    bring_in(house, record(weight(75, "2026-03-01")), name="whole.json")
    assert held(house.patient)["record_incomplete"] is True


# ---- a case


def test_a_case_brings_its_trials_forms_and_story(house: House) -> None:
    known(house, CANDIDATE)
    case = importing.read((EXAMPLES / CANDIDATE).read_bytes(), CANDIDATE, today(house.site))
    assert len(current(house.patient, "trial")) == len(case.known.trials) > 0
    assert len(current(house.patient, "answers")) == len(case.known.answers)
    assert current(house.patient, "story")[0].value["text"] == case.story
    again = comparing.compare(case, current(house.patient))
    assert again.entries == []


def test_what_waits_is_the_record_that_was_read(house: House) -> None:
    whole = record(weight(), allergy(), course(), course("duloxetine", 20, ""), **MORE)
    for read in (
        importing.read(whole, "a.json", today(house.site)),
        importing.read((EXAMPLES / CANDIDATE).read_bytes(), CANDIDATE, today(house.site)),
    ):
        again = importing.from_stored(json.loads(json.dumps(importing.stored(read))))
        assert again == read


def test_the_digest_is_of_the_content_alone() -> None:
    one, other = b"a", zlib.compress(b"b")
    assert importing._digest([one, other]) == importing._digest([other, one]) != importing._digest([one + other])


def test_the_complete_list_of_medicines_is_nothing_an_import_says(house: House) -> None:
    bring_in(house, record(course(end="")))
    assert COMPLETE not in held(house.patient)
