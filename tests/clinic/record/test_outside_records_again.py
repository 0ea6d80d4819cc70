"""An outside record once more: the same adds nothing, a newer one amends, an import is undone in one act."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hospital import (
    LOINC,
    PHQ_9,
    allergy,
    bring_in,
    choose,
    coded,
    course,
    enter,
    held,
    page_of,
    record,
    trials,
    weight,
)
from small_clinic import House

from unwound_clinic.models import Alarm, AuditEvent, Entry, Imported, Incoming
from unwound_clinic.record import translate
from unwound_clinic.record.actions import pains as pain_actions
from unwound_clinic.record.actions.pains import Described
from unwound_clinic.record.entries import New, current


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
