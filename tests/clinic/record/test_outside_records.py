"""An outside record: shown before anything is kept, brought in once, amended by a newer export, undone in one act."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import escape
from hospital import (
    LOINC,
    SAME,
    SNOMED,
    allergy,
    bring_in,
    choose,
    coded,
    course,
    diagnosis,
    looked_at,
    page_of,
    record,
    weight,
)
from known_patients import CANDIDATE, EXAMPLES, known
from small_clinic import House

from unwound_clinic.core.page import today
from unwound_clinic.models import Alarm, AuditEvent, Entry, Imported, Incoming, Patient
from unwound_clinic.record import comparing, importing, translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.actions import pains as pain_actions
from unwound_clinic.record.actions.pains import Described
from unwound_clinic.record.entries import New, current
from unwound_clinic.record.forms.consultation import COMPLETE

PHQ_9 = {
    "resourceType": "Observation", "id": "item9", "status": "final", "subject": {"reference": "Patient/1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "44260-8"}]}, "valueInteger": 3,
    "effectiveDateTime": f"{date.today() - timedelta(days=3)}",
}  # fmt: skip


def held(patient: Patient) -> dict[str, Any]:
    return {entry.key: entry.value for entry in current(patient, "fact")}


def trials(house: House) -> list[dict[str, Any]]:
    return [entry.value for entry in current(house.patient, "trial")]


def enter(house: House, *new: New, reason: str = "") -> None:
    entries.enter(by=house.by("physician"), patient=house.patient, entries=new, reason=reason)


# ---- what is shown


def test_nothing_is_kept_before_somebody_has_looked(house: House) -> None:
    assert choose(house, record(weight(), allergy())).status_code == 302
    assert Entry.objects.count() == 0
    page = looked_at(house)
    assert "Nothing is kept yet" in page
    assert "71 kg (2 Jan 2026)" in page
    assert "Observation/w in record.json" in page
    assert "penicillin" in page


def test_every_kind_is_shown_with_its_value_and_place(house: House) -> None:
    choose(house, record(diagnosis("G50.0", "Trigeminal neuralgia"), course(), course("duloxetine", 20, ""), weight()))
    page = looked_at(house)
    for words in (
        "Diagnoses", "Condition/c-G50.0", "Treatments tried", "up to 900 mg/day", "1 Jan 2025 to 30 Jun 2025",
        "Medicines taken now", "duloxetine 60 mg a day", "Measurements and findings",
    ):  # fmt: skip
        assert words in page, words


def test_what_is_not_used_is_counted_and_folded(house: House) -> None:
    odd = [
        {"resourceType": "Condition", "id": str(n), "code": coded(SNOMED, "999999901", "a diagnosis no list knows")}
        for n in range(12)
    ]
    choose(house, record(weight(), *odd))
    page = looked_at(house)
    assert "Not used: 12 parts" in page
    assert "12 × diagnoses not recognised" in page


def test_a_contradiction_with_what_is_on_record_is_shown_before(house: House) -> None:
    enter(house, New(kind="fact", key="takes_anticoagulant", value=False, on=today(house.site)))
    choose(house, record(course("warfarin", 1, "")))
    page = looked_at(house)
    assert "With what is on record: no anticoagulant and one among the medicines" in page
    assert "among the medicines: warfarin" in page


def test_a_contradiction_within_the_file_is_shown_before(house: House) -> None:
    case = """
    title = "Says no, and takes it"
    story = "Synthetic."
    as_of = 2026-11-20
    [facts]
    takes_anticoagulant = false
    [[medications]]
    drug = "warfarin"
    """
    choose(house, case.encode(), name="case.toml")
    house.client("nurse").post(page_of(house, "preview/"), {"answer": "same"})
    assert "In the file: no anticoagulant and one among the medicines" in looked_at(house)


def test_what_is_urgent_is_said_before_it_raises_its_alarm(house: House) -> None:
    choose(house, record(PHQ_9))
    assert "Urgent: importing it raises" in looked_at(house)
    assert Alarm.objects.count() == 0
    bring_in(house, record(PHQ_9))
    assert Alarm.objects.filter(seen_at=None).count() == 1


def test_what_differs_is_shown_with_who_recorded_it_and_stands(house: House) -> None:
    enter(house, New(kind="fact", key="weight_kg", value=80.0, on=date(2026, 1, 1)))
    choose(house, record(weight()))
    page = looked_at(house)
    assert "Differs from what is on record, which stands" in page
    assert "80 kg (1 Jan 2026) (Test Physician" in page
    bring_in(house, record(weight()))
    assert held(house.patient)["weight_kg"] == 80.0


def test_a_medicine_on_record_with_another_dose_is_not_listed_twice(house: House) -> None:
    enter(house, New(kind="medication", key="1", value={"drug": "gabapentin", "dose_mg_per_day": 600.0}))
    page = bring_in(house, record(course(end="")))
    assert [entry.value["dose_mg_per_day"] for entry in current(house.patient, "medication")] == [600.0]
    assert "gabapentin 600 mg a day" in page.content.decode()


def test_a_name_in_the_file_is_shown_as_text(house: House) -> None:
    choose(house, record(allergy("<script>alert(1)</script>")), name="<img src=x>.json")
    page = looked_at(house)
    assert "<img src=x>" not in page
    assert "<script>alert" not in page


# ---- what is confirmed


def test_what_is_not_ticked_stays_unknown(house: House) -> None:
    bring_in(house, record(course()))
    (trial,) = trials(house)
    assert trial["purpose"] is None
    assert "adherent" not in trial


@pytest.mark.parametrize(
    ("ticked", "purpose", "adherent"),
    [
        ({"for_pain": ["gabapentin"]}, "pain", None),
        ({"as_prescribed": ["gabapentin"]}, None, True),
        ({"for_pain": ["gabapentin"], "as_prescribed": ["gabapentin"]}, "pain", True),
        ({"for_pain": ["duloxetine"]}, None, None),
    ],
)
def test_one_tick_a_drug_confirms_all_its_courses(
    house: House, ticked: dict[str, list[str]], purpose: str | None, adherent: bool | None
) -> None:
    again = {**course(), "id": "later", "effectivePeriod": {"start": "2025-10-01", "end": "2025-12-31"}}
    bring_in(house, record(course(), again), **ticked)
    known = [translate.trial(entry) for entry in current(house.patient, "trial")]
    assert [(trial.purpose, trial.adherent) for trial in known] == [(purpose, adherent)] * 2


def test_a_purpose_that_the_file_states_is_not_asked(house: House) -> None:
    why = [{"text": "Depression"}]
    choose(house, record(course("duloxetine", 20, reasonCode=why)))
    (asked,) = house.client("nurse").get(page_of(house, "preview/")).context["preview"].to_confirm or [None]
    assert asked is None or not asked.asks_purpose


def test_a_simple_painkiller_is_not_asked_about_before_it_matters(house: House) -> None:
    choose(house, record(course("aspirin", 100), course("gabapentin", 600)))
    asked = house.client("nurse").get(page_of(house, "preview/")).context["preview"].to_confirm
    assert [one.title for one in asked] == ["Gabapentin"]


# ---- whose it is


@pytest.mark.parametrize(
    ("person", "kind", "words"),
    [
        ({"birthDate": "1951-01-01"}, "birth date", "1 January 1951 in the file, 5 May 1980 here"),
        ({"birthDate": "1980-05-06"}, "birth date", "6 May 1980"),
        ({"birthDate": "1951"}, "birth date", "between 1 January 1951"),
        ({"gender": "male"}, "sex", "male in the file"),
        ({"name": [{"family": "Somebody", "given": ["Else"]}]}, "name", "Else Somebody"),
        ({"name": [{"family": "Testcase", "given": ["Two"]}]}, "name", "Two Testcase"),
    ],
)
def test_the_record_of_somebody_else_stops_and_leaves_only_its_event(
    house: House, person: dict[str, Any], kind: str, words: str
) -> None:
    answer = choose(house, record(weight(), allergy("latex"), person={**SAME, **person}))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert escape(words) in page
    assert "does not fit this patient" in page
    assert "71 kg" not in page
    assert "latex" not in page
    assert (Entry.objects.count(), Incoming.objects.count(), Imported.objects.count()) == (0, 0, 0)
    event = AuditEvent.objects.filter(action="import.refuse").get()
    assert (event.patient_id, event.detail["differs"]) == (house.patient.pk, kind)
    assert house.client("nurse").get(page_of(house, "preview/")).status_code == 302


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"name": [{"family": "Testcaze", "given": ["One"]}]}, "written differently"),
        ({"name": [{"family": "Testcase", "given": ["O."]}]}, "written differently"),
        ({"name": []}, "the file has no name"),
        ({"birthDate": None}, "the file has no birth date"),
        ({"birthDate": "1980"}, "says only that the patient was born between"),
        ({"gender": "unknown"}, "sex at birth is not recorded in the file"),
    ],
)
def test_a_small_difference_or_a_missing_value_is_asked_before_anything_is_shown(
    house: House, person: dict[str, Any], words: str
) -> None:
    merged = {name: value for name, value in {**SAME, **person}.items() if value is not None}
    assert choose(house, record(weight(), person=merged)).status_code == 302
    page = looked_at(house)
    assert escape(words) in page
    assert "71 kg" not in page
    nurse = house.client("nurse")
    refused = nurse.post(page_of(house, "preview/"), {"answer": "import", "shown": "x"})
    assert refused.status_code == 409
    assert Entry.objects.count() == 0
    nurse.post(page_of(house, "preview/"), {"answer": "same"})
    assert "71 kg" in looked_at(house)
    assert AuditEvent.objects.filter(action="import.same-person").count() == 1


def test_somebody_who_is_not_the_same_is_forgotten(house: House) -> None:
    choose(house, record(weight(), person={}))
    house.client("nurse").post(page_of(house, "preview/"), {"answer": "aside"})
    assert (Incoming.objects.count(), Entry.objects.count()) == (0, 0)


def test_a_birth_date_corrected_meanwhile_stops_what_waits(house: House) -> None:
    choose(house, record(weight()))
    Patient.objects.filter(pk=house.patient.pk).update(birth_date=date(1981, 5, 5))
    page = looked_at(house)
    assert "does not fit this patient any more" in page
    assert "71 kg" not in page


# ---- once, newer, undone


def test_the_same_content_under_another_name_adds_nothing_and_says_so(house: House) -> None:
    bring_in(house, record(weight()))
    answer = choose(house, record(weight()), name="again.json")
    page = house.client("nurse").get(answer["Location"]).content.decode()
    assert "Imported from record.json" in page
    assert (Entry.objects.count(), Imported.objects.count(), Incoming.objects.count()) == (1, 1, 0)


def test_compressed_it_is_the_same_content(house: House) -> None:
    bring_in(house, record(weight()))
    assert "preview" not in choose(house, gzip.compress(record(weight())), name="record.json.gz")["Location"]


def test_sent_twice_it_is_brought_in_once(house: House) -> None:
    choose(house, record(weight()))
    nurse = house.client("nurse")
    shown = nurse.get(page_of(house, "preview/")).context["preview"].shown
    form = {"answer": "import", "shown": shown}
    assert nurse.post(page_of(house, "preview/"), form).status_code == 302
    assert nurse.post(page_of(house, "preview/"), form).status_code == 409
    assert (Entry.objects.count(), Imported.objects.count()) == (1, 1)


def test_what_changed_on_record_meanwhile_is_shown_again(house: House) -> None:
    choose(house, record(weight()))
    nurse = house.client("nurse")
    shown = nurse.get(page_of(house, "preview/")).context["preview"].shown
    enter(house, New(kind="fact", key="weight_kg", value=80.0))
    assert nurse.post(page_of(house, "preview/"), {"answer": "import", "shown": shown}).status_code == 409
    assert held(house.patient)["weight_kg"] == 80.0


def test_a_newer_export_replaces_what_changed_and_nothing_else(house: House) -> None:
    bring_in(house, record(weight(71), allergy(), course(end="")), for_pain=["gabapentin"])
    enter(house, New(kind="fact", key="height_cm", value=170.0))
    march = record(weight(75, "2026-03-01"), allergy(), course(dose=400, end="2026-02-01"))
    page = bring_in(house, march, name="march.json")
    assert held(house.patient)["weight_kg"] == 75.0
    (trial,) = (translate.trial(entry) for entry in current(house.patient, "trial"))
    assert (trial.top_dose, trial.purpose, trial.ongoing) == (1200.0, "pain", False)
    assert held(house.patient)["height_cm"] == 170.0
    assert len(current(house.patient, "allergy")) == 1
    assert "1 were on record already" in page.content.decode()


def test_an_older_export_replaces_nothing(house: House) -> None:
    bring_in(house, record(weight(75, "2026-03-01"), course(dose=400)), name="march.json")
    bring_in(house, record(weight(71, "2026-01-02"), course(dose=300)), name="january.json")
    assert held(house.patient)["weight_kg"] == 75.0
    assert [trial["top_dose"] for trial in trials(house)] == [1200.0]


def test_a_newer_export_leaves_what_a_person_amended(house: House) -> None:
    bring_in(house, record(weight(71), course()))
    (row,) = current(house.patient, "trial")
    enter(
        house, New(kind="trial", key=row.key, value={**row.value, "top_dose": 600.0}, origin=row.origin), reason="asked"
    )
    enter(house, New(kind="fact", key="weight_kg", value=80.0), reason="weighed")
    bring_in(house, record(weight(75, "2026-03-01"), course(dose=400)), name="march.json")
    assert held(house.patient)["weight_kg"] == 80.0
    assert [trial["top_dose"] for trial in trials(house)] == [600.0]


def test_another_source_replaces_nothing(house: House) -> None:
    bring_in(house, record(weight(71)))
    bring_in(house, record(weight(75, "2026-03-01"), server="https://other.example/fhir"), name="other.json")
    assert held(house.patient)["weight_kg"] == 71.0


def test_what_was_taken_off_here_does_not_come_back_with_a_newer_export(house: House) -> None:
    bring_in(house, record(weight(), allergy()))
    enter(house, New(kind="allergy", key="penicillin", value=None), reason="no allergy: asked")
    bring_in(house, record(weight(75, "2026-03-01"), allergy()), name="march.json")
    assert current(house.patient, "allergy") == []


@pytest.mark.parametrize("ticked", [True, False])
def test_a_medicine_that_is_not_in_the_newer_export_is_asked(house: House, ticked: bool) -> None:
    bring_in(house, record(weight(), course(end="")))
    (row,) = current(house.patient, "medication")
    gone = {"gone": [row.key]} if ticked else {}
    bring_in(house, record(weight(75, "2026-03-01")), name="march.json", **gone)
    assert bool(current(house.patient, "medication")) is not ticked


def undo(house: House, reason: str = "the wrong file") -> Any:
    number = Imported.objects.latest("pk").pk
    return house.client("nurse").post(page_of(house, f"{number}/"), {"reason": reason}, follow=True)


def test_an_import_is_undone_in_one_act(house: House) -> None:
    everything = record(weight(), allergy(), course(), course("duloxetine", 20, ""), PHQ_9)
    bring_in(house, everything, for_pain=["gabapentin"])
    assert current(house.patient)
    undo(house)
    assert current(house.patient) == []
    assert Alarm.objects.filter(seen_at=None).count() == 1, "alarms stay until somebody has seen them"
    assert AuditEvent.objects.filter(action="import.undo", patient_id=house.patient.pk).count() == 1
    assert Entry.objects.exclude(value=None).exists(), "it stays in the history"
    bring_in(house, everything)
    assert held(house.patient)["weight_kg"] == 71.0


def test_what_a_newer_export_replaced_is_current_again(house: House) -> None:
    bring_in(house, record(weight(71), course()))
    before = {(e.kind, e.key): (e.value, e.on, e.origin) for e in current(house.patient)}
    bring_in(house, record(weight(75, "2026-03-01"), course(dose=400), allergy()), name="march.json")
    undo(house)
    assert {(e.kind, e.key): (e.value, e.on, e.origin) for e in current(house.patient)} == before
    bring_in(house, record(weight(76, "2026-04-01")), name="april.json")
    assert held(house.patient)["weight_kg"] == 76.0, "what came back is still that source's"


def test_undone_in_any_order_nothing_of_them_stays(house: House) -> None:
    bring_in(house, record(weight(71)))
    bring_in(house, record(weight(75, "2026-03-01")), name="march.json")
    first, second = Imported.objects.order_by("pk")
    nurse = house.client("nurse")
    nurse.post(page_of(house, f"{first.pk}/"), {"reason": "wrong"})
    assert held(house.patient)["weight_kg"] == 75.0
    nurse.post(page_of(house, f"{second.pk}/"), {"reason": "wrong"})
    assert held(house.patient) == {}


def test_what_a_person_entered_since_stays_and_what_was_only_confirmed_goes(house: House) -> None:
    bring_in(house, record(weight(), course()))
    (row,) = current(house.patient, "trial")
    enter(
        house,
        New(kind="trial", key=row.key, value={**row.value, "adherent": True}, origin=row.origin),
        reason="confirmed",
    )
    enter(house, New(kind="fact", key="weight_kg", value=80.0), reason="weighed")
    page = undo(house).content.decode()
    assert held(house.patient) == {"weight_kg": 80.0}
    assert trials(house) == []
    assert "Entered since, and left as it is" in page
    assert "80 kg" in page


def test_what_was_given_to_one_of_several_pains_since_goes_as_well(house: House) -> None:
    score = {**weight(id="nrs"), "code": coded(LOINC, "72514-3")}
    bring_in(house, record({**score, "valueQuantity": {"value": 7, "unit": "{score}", "code": "{score}"}}))
    assert held(house.patient) == {"pain_average_nrs": 7.0}
    by = house.by("nurse")
    pain_actions.add(by=by, patient=house.patient, pain=Described(name="left leg"), first="right leg")
    assert [entry.pain != "" for entry in current(house.patient, "fact")] == [True]
    undo(house)
    assert [entry.kind for entry in current(house.patient)] == ["pain", "pain"]


def test_undoing_needs_its_reason_and_happens_once(house: House) -> None:
    bring_in(house, record(weight()))
    undo(house, " ")
    assert held(house.patient) == {"weight_kg": 71.0}
    undo(house)
    assert undo(house).status_code == 409


def test_an_import_of_one_patient_is_not_seen_or_undone_at_another(house: House) -> None:
    bring_in(house, record(weight()))
    number = Imported.objects.get().pk
    other = f"/patients/{house.others_patient.pk}/consultation/import/{number}/"
    assert house.client("stranger").get(other).status_code == 404
    assert house.client("stranger").post(other, {"reason": "x"}).status_code in (404, 409)
    assert held(house.patient) == {"weight_kg": 71.0}


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


# ---- incomplete


MORE = {"type": "searchset", "link": [{"relation": "next", "url": "https://hospital.example/next"}]}


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
