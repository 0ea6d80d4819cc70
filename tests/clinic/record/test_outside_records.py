"""An outside record: shown before anything is kept, with what contradicts it, and confirmed by ticks."""

from __future__ import annotations

from datetime import date

import pytest
from hospital import (
    PHQ_9,
    SNOMED,
    allergy,
    bring_in,
    choose,
    coded,
    course,
    diagnosis,
    enter,
    held,
    looked_at,
    page_of,
    record,
    trials,
    weight,
)
from small_clinic import House

from unwound_clinic.core.page import today
from unwound_clinic.models import Alarm, Entry
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New, current

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
    assert "Differs from the record, which is kept" in page
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
