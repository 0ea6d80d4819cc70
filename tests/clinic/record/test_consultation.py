"""The consultation: what is missing first, one group at a time, nothing lost, nothing overwritten unseen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils.html import escape
from known_patients import CANDIDATE, FIRST_LINE_FIRST, known
from small_clinic import House

from unwound import facts
from unwound_clinic.core.page import today
from unwound_clinic.models import Alarm, AuditEvent, Entry, Patient
from unwound_clinic.record import review
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current, history
from unwound_clinic.record.forms.consultation import COMPLETE, TITLES, GroupForm, asked_in, group_of
from unwound_clinic.record.pages.consultation import missing


def held(patient: Patient) -> dict[str, Any]:
    return {entry.key: entry.value for entry in current(patient, "fact")}


def form_of(house: House, group: str, fields: dict[str, str] | None = None) -> dict[str, str]:
    """What a browser sends of a group that is left as it is, with these answers changed."""
    form = GroupForm(asked_in(group), current(house.patient), today(house.site))
    sent = {}
    for field in form:
        value = field.value()
        if value not in (None, "", False):
            sent[field.name] = value.isoformat() if isinstance(value, date) else value
    return {**sent, **(fields or {})}


def save(house: House, group: str, fields: dict[str, str], role: str = "physician") -> Any:
    page = f"/patients/{house.patient.pk}/consultation/{group}/"
    return house.client(role).post(page, form_of(house, group, fields))


def test_every_fact_that_is_asked_stands_in_one_group_of_the_consultation() -> None:
    asked = [id for group in TITLES for id in asked_in(group)]
    wanted = {id for id, question in facts.vocabulary().items() if not question.derived} - {COMPLETE}
    assert len(asked) == len(set(asked))
    assert set(asked) == wanted
    assert all(group_of(id) in TITLES for id in wanted)


def test_a_group_is_saved_without_touching_another(house: House) -> None:
    known(house, CANDIDATE)
    before = held(house.patient)
    answer = save(house, "mood", {"madrs_total": "7"})
    assert answer["Location"] == f"/patients/{house.patient.pk}/consultation/"
    assert held(house.patient) == {**before, "madrs_total": 7.0}
    assert all(entry.current for entry in Entry.objects.filter(patient=house.patient))


def test_what_stays_the_same_keeps_who_said_so_and_its_day(house: House) -> None:
    entries.enter(
        by=house.by("nurse"),
        patient=house.patient,
        entries=(New(kind="fact", key="weight_kg", value=70.0, on=date(2026, 1, 1)),),
    )
    save(house, "measurements", {"egfr_ml_per_min": "90"})
    kept = Entry.objects.get(patient=house.patient, key="weight_kg", current=True)
    assert (kept.by_name, kept.on) == ("Test Nurse", date(2026, 1, 1))


def test_everything_asked_again_holds_for_the_new_day(house: House) -> None:
    entries.enter(
        by=house.by("nurse"),
        patient=house.patient,
        entries=(New(kind="fact", key="weight_kg", value=70.0, on=date(2026, 1, 1)),),
    )
    save(house, "measurements", {"again": "on", "reason": "asked again"})
    kept = Entry.objects.get(patient=house.patient, key="weight_kg", current=True)
    assert (kept.value, kept.on, kept.by_name) == (70.0, today(house.site), "Test Physician")


def test_a_changed_value_needs_its_reason(house: House) -> None:
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(New(kind="fact", key="pregnant", value=False),))
    group = group_of("pregnant")
    page = save(house, group, {"pregnant": "yes"}).content.decode()
    assert "1 earlier value would change: give the reason" in page
    assert held(house.patient) == {"pregnant": False}
    save(house, group, {"pregnant": "yes", "reason": "tested today"})
    rows = history(house.patient, "fact", "pregnant")
    assert [(row.value, row.reason) for row in rows] == [(True, "tested today"), (False, "")]


def test_a_red_flag_entered_here_is_told_at_once_and_stands_on_the_first_page(house: House) -> None:
    save(house, group_of("ascending_weakness_rapid"), {"ascending_weakness_rapid": "yes"})
    alarm, client = Alarm.objects.get(), house.client("nurse")
    assert AuditEvent.objects.filter(action="alarm.raise", who="Test Physician").count() == 1
    assert escape(alarm.text) in client.get("/").content.decode()
    page = f"/patients/{house.patient.pk}/consultation/{group_of('saddle_numbness_new')}/"
    fields = form_of(house, group_of("saddle_numbness_new"), {"saddle_numbness_new": "yes", "back_or_leg_pain": "yes"})
    page_shown = client.post(page, fields, follow=True).content.decode()
    assert escape(Alarm.objects.get(finding="cauda_equina").text) in page_shown


def test_not_known_takes_a_value_back(house: House) -> None:
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(New(kind="fact", key="pregnant", value=False),))
    save(house, group_of("pregnant"), {"pregnant": "", "reason": "was a mistake"})
    assert held(house.patient) == {}


def test_nobody_overwrites_what_was_entered_meanwhile(house: House) -> None:
    sent = form_of(house, "measurements", {"weight_kg": "70"})
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(New(kind="fact", key="weight_kg", value=82.0),))
    page = f"/patients/{house.patient.pk}/consultation/measurements/"
    client = house.client("physician")
    answer = client.post(page, sent).content.decode()
    assert "Someone else changed these answers meanwhile" in answer
    assert held(house.patient) == {"weight_kg": 82.0}
    assert 'value="70"' in answer


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weight_kg": "-4"}, "outside the possible range"),
        ({"weight_kg": "heavy"}, "is not a number"),
        ({"on": "2099-01-01", "weight_kg": "70"}, "in the future"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_saved(house: House, fields: dict[str, str], message: str) -> None:
    assert message in save(house, "measurements", fields).content.decode()
    assert held(house.patient) == {}


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_does_not_care_for_the_patient_saves_nothing(house: House, role: str) -> None:
    assert save(house, "measurements", {"weight_kg": "70"}, role).status_code == 403
    for page, fields in (
        ("medicines/", {"form": "medicine", "drug": "gabapentin"}),
        ("story/", {"text": "a story"}),
        ("import/", {}),
    ):
        answer = house.client(role).post(f"/patients/{house.patient.pk}/consultation/{page}", fields)
        assert answer.status_code == 403, page
    assert Entry.objects.count() == 0


def test_what_could_decide_is_asked_before_what_could_not(house: House) -> None:
    known(house, FIRST_LINE_FIRST)
    reviewed = review.review_of(house.patient, today(house.site))
    rows = missing(house.patient, reviewed)
    assert [row.question for row in rows] == [inquiry.question for inquiry in reviewed.review.to_ask]
    assert any(row.verdicts for row in rows)


def test_every_question_leads_to_a_page_that_opens(house: House) -> None:
    known(house, FIRST_LINE_FIRST)
    client = house.client("physician")
    rows = missing(house.patient, review.review_of(house.patient, today(house.site)))
    pages = {page: client.get(page) for page in {row.address.partition("#")[0] for row in rows}}
    assert len(pages) > 3
    assert {answer.status_code for answer in pages.values()} == {200}
    for row in rows:
        page, _, anchor = row.address.partition("#")
        if anchor:
            assert f'id="{anchor}"' in pages[page].content.decode() or anchor.startswith("id_"), row


def post(house: House, page: str, fields: dict[str, str], role: str = "nurse") -> Any:
    return house.client(role).post(f"/patients/{house.patient.pk}/consultation/{page}", fields)


def test_medicines_are_listed_taken_off_and_said_to_be_complete(house: House) -> None:
    post(house, "medicines/", {"form": "medicine", "drug": "Duloxetine", "dose_mg_per_day": "60"})
    post(house, "medicines/", {"form": "complete", "complete": "yes"})
    (medicine,) = current(house.patient, "medication")
    assert medicine.value == {"drug": "Duloxetine", "dose_mg_per_day": 60.0}
    assert held(house.patient) == {COMPLETE: True}
    off = {"form": "off", "kind": "medication", "key": medicine.key}
    assert post(house, "medicines/", off).status_code == 409
    post(house, "medicines/", {**off, "reason": "stopped"})
    assert current(house.patient, "medication") == []
    assert [row.reason for row in history(house.patient, "medication", medicine.key)] == ["stopped", ""]


def test_a_medicine_nobody_knows_is_kept_and_said_to_be_unchecked(house: House) -> None:
    post(house, "medicines/", {"form": "medicine", "drug": "magic tea"})
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/consultation/medicines/").content.decode()
    assert "not recognised: its interactions are not checked" in page


def test_an_allergy_is_one_line_however_it_is_written(house: House) -> None:
    for written in ("Penicillin", " penicillin "):
        post(house, "medicines/", {"form": "allergy", "substance": written})
    assert len(current(house.patient, "allergy")) == 1


def test_only_medicines_and_allergies_are_taken_off_there(house: House) -> None:
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(New(kind="fact", key="pregnant", value=False),))
    answer = post(house, "medicines/", {"form": "off", "kind": "fact", "key": "pregnant", "reason": "trying"})
    assert answer.status_code == 409
    assert held(house.patient) == {"pregnant": False}
