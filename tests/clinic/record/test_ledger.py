"""The ledger: what was tried, drawn and judged; amended with a reason, never lost."""

from __future__ import annotations

import html
from typing import Any

import pytest
from known_patients import CANDIDATE, FIRST_LINE_FIRST, known
from small_clinic import House

from unwound_clinic.core.page import today
from unwound_clinic.models import Entry
from unwound_clinic.record import review as record_review
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current
from unwound_clinic.record.forms.trial import TrialForm

GABAPENTIN = {
    "therapy": "Gabapentin", "purpose": "pain", "top_dose": "3600", "days": "120", "days_at_top": "60",
    "relief_percent": "10", "stopped": "no-effect", "adherent": "yes",
}  # fmt: skip


def send(house: House, page: str, fields: dict[str, str], role: str = "nurse") -> Any:
    return house.client(role).post(f"/patients/{house.patient.pk}/ledger/{page}", fields)


def see(house: House, page: str = "", role: str = "nurse") -> str:
    return house.client(role).get(f"/patients/{house.patient.pk}/ledger/{page}").content.decode()


def trials(house: House) -> list[Entry]:
    return current(house.patient, "trial")


def form_of(entry: Entry, house: House, **changed: str) -> dict[str, str]:
    """What a browser sends of a trial that is opened to be amended."""
    form = TrialForm(entry, today(house.site))
    return {**{field.name: str(value) for field in form if (value := field.value()) not in (None, "")}, **changed}


def test_a_trial_is_added_judged_and_drawn(house: House) -> None:
    send(house, "trial/", GABAPENTIN)
    page = see(house)
    assert "failed, if taken for this pain" in page, "it has no dates"
    assert "reached 3600 mg/day (1800 needed)" in page
    assert "† second hand" in page
    assert "/library/evidence/label_gabapentin_us/" in page
    chart = house.client("nurse").get(f"/patients/{house.patient.pk}/ledger/chart.svg")
    assert chart["Content-Type"] == "image/svg+xml"
    assert "Gabapentin" in chart.content.decode()


def test_a_dose_that_nobody_can_have_taken_is_refused_in_words(house: House) -> None:
    page = send(house, "trial/", {**GABAPENTIN, "top_dose": "900000"}).content.decode()
    assert "900,000 mg/day of gabapentin is not possible" in page
    assert not trials(house)


def test_what_is_left_open_is_asked_not_assumed(house: House) -> None:
    send(house, "trial/", {"therapy": "gabapentin"})
    (entry,) = trials(house)
    assert entry.value == {"therapy": "gabapentin", "purpose": None}
    page = see(house)
    assert "not yet determined" in page
    assert "To ask:" in page


def test_a_treatment_nobody_knows_is_kept_as_written(house: House) -> None:
    send(house, "trial/", {"therapy": "magic <tea>", "purpose": "pain"})
    page = see(house)
    assert "magic &lt;tea&gt;" in page
    assert "not understood: «magic <tea>»" in html.unescape(page)


def test_an_amendment_needs_its_reason_and_keeps_the_earlier_value(house: House) -> None:
    send(house, "trial/", GABAPENTIN)
    (entry,) = trials(house)
    page = f"trial/{entry.key}/"
    assert "This has to be filled in" in send(house, page, form_of(entry, house, top_dose="900")).content.decode()
    assert trials(house)[0].value["top_dose"] == 3600
    send(house, page, form_of(entry, house, top_dose="900", reason="the patient found the box"))
    assert trials(house)[0].value["top_dose"] == 900
    assert trials(house)[0].key == entry.key
    amended = see(house, page)
    assert "top dose: 3600" in amended
    assert "the patient found the box" in amended
    assert "amended 1 time" in see(house)


def test_an_unchanged_trial_is_no_amendment(house: House) -> None:
    send(house, "trial/", GABAPENTIN)
    (entry,) = trials(house)
    send(house, f"trial/{entry.key}/", form_of(entry, house, reason="looked again"))
    assert Entry.objects.filter(kind="trial").count() == 1


def test_what_was_entered_in_error_counts_no_more_and_stays_to_be_seen(house: House) -> None:
    send(house, "trial/", GABAPENTIN)
    (entry,) = trials(house)
    send(house, f"trial/{entry.key}/in-error/", {"reason": ""})
    assert len(trials(house)) == 1
    send(house, f"trial/{entry.key}/in-error/", {"reason": "another patient's"})
    assert trials(house) == []
    page = see(house)
    assert "Entered in error (1)" in page
    assert "another patient&#x27;s" in page
    assert "failed an adequate trial" not in page


def test_two_people_do_not_amend_the_same_trial_unseen(house: House) -> None:
    send(house, "trial/", GABAPENTIN)
    (entry,) = trials(house)
    stale = form_of(entry, house, top_dose="600", reason="mine")
    send(house, f"trial/{entry.key}/", form_of(entry, house, top_dose="900", reason="theirs"))
    assert "Someone else amended this trial meanwhile" in send(house, f"trial/{entry.key}/", stale).content.decode()
    assert trials(house)[0].value["top_dose"] == 900


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"days": "10", "days_at_top": "20"}, "do not fit"),
        ({"start": "2026-03-01", "end": "2026-02-01"}, "before its start"),
        ({"start": "2099-01-01"}, "in the future"),
        ({"relief_percent": "140"}, "Outside the plausible range (-100 to 100)"),
        ({"therapy": ""}, "required"),
    ],
)
def test_a_trial_that_contradicts_itself_is_not_entered(house: House, fields: dict[str, str], message: str) -> None:
    assert message in send(house, "trial/", {**GABAPENTIN, **fields}).content.decode()
    assert trials(house) == []


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_does_not_care_for_the_patient_enters_no_trial(house: House, role: str) -> None:
    send(house, "trial/", GABAPENTIN)
    (entry,) = trials(house)
    assert send(house, "trial/", GABAPENTIN, role).status_code == 403
    assert send(house, f"trial/{entry.key}/", form_of(entry, house, reason="x", days="200"), role).status_code == 403
    assert send(house, f"trial/{entry.key}/in-error/", {"reason": "x"}, role).status_code == 403
    assert Entry.objects.filter(kind="trial").count() == 1


def test_a_trial_of_another_patient_is_not_there(house: House) -> None:
    send(house, "trial/", GABAPENTIN)
    (entry,) = trials(house)
    other = house.client("stranger").get(f"/patients/{house.others_patient.pk}/ledger/trial/{entry.key}/")
    assert other.status_code == 404


def test_each_line_belongs_to_its_own_entry_even_where_two_are_alike(house: House) -> None:
    for _ in range(2):
        send(house, "trial/", GABAPENTIN)
    page = see(house)
    assert all(f"/ledger/trial/{entry.key}/" in page for entry in trials(house))


def test_both_rules_stand_side_by_side_and_the_payers_beside_them(house: House) -> None:
    known(house, CANDIDATE)
    page = see(house)
    review = record_review.review_of(house.patient, today(house.site)).review
    assert "Refractory by the local rule: yes" in page
    assert f"Refractory by Delphi 2012: {'yes' if review.ledger.refractory_delphi.holds else 'no'}" in page
    assert ("step rule" in page) is (review.step_therapy is not None)


def test_a_medicine_taken_now_is_a_trial_that_the_list_tells(house: House) -> None:
    house.client("nurse").post(
        f"/patients/{house.patient.pk}/consultation/medicines/", {"form": "medicine", "drug": "pregabalin"}
    )
    assert "from the <a" in see(house)


def test_a_trial_for_depression_is_kept_apart(house: House) -> None:
    send(house, "trial/", {**GABAPENTIN, "therapy": "sertraline", "purpose": "depression", "top_dose": "100"})
    page = see(house)
    assert "For depression" in page
    assert "No treatment for pain is recorded" in page


def test_without_trials_there_is_no_chart(house: House) -> None:
    assert "chart.svg" not in see(house)
    assert house.client("nurse").get(f"/patients/{house.patient.pk}/ledger/chart.svg").status_code == 409


def test_every_example_has_its_ledger(house: House) -> None:
    known(house, FIRST_LINE_FIRST)
    assert see(house).count("Amend<span") == len(trials(house))


# --- confirmed one by one


def undated(house: House, therapy: str, **fields: str) -> Entry:
    send(house, "trial/", {"therapy": therapy, "purpose": "pain", "effect": "none", "stopped": "no-effect", **fields})
    return trials(house)[-1]


@pytest.fixture
def two_waiting(house: House) -> tuple[Entry, Entry]:
    """Two trials that would count if somebody said how they were taken."""
    adequate = {"days": "90", "days_at_top": "80"}
    return (
        undated(house, "gabapentin", top_dose="1800", **adequate),
        undated(house, "duloxetine", top_dose="60", **adequate),
    )


def test_each_trial_that_waits_is_a_line_to_tick(house: House, two_waiting: tuple[Entry, Entry]) -> None:
    page = see(house)
    assert page.count('name="confirmed"') == 2
    assert "1800 mg/day" in page.split('id="confirm"')[1]
    assert "was taken for this pain and as prescribed" in page


def test_what_is_ticked_counts_and_what_is_not_stays_open(house: House, two_waiting: tuple[Entry, Entry]) -> None:
    gabapentin, duloxetine = two_waiting
    assert send(house, "", {"confirmed": str(gabapentin.pk)}).status_code == 302
    confirmed, untouched = sorted(trials(house), key=lambda entry: entry.value["therapy"], reverse=True)
    assert (confirmed.value["adherent"], confirmed.value["in_this_pain"]) == (True, True)
    assert (confirmed.by, confirmed.reason) == (
        house.users["nurse"],
        "confirmed: taken for this pain, and as prescribed",
    )
    assert confirmed.key == gabapentin.key
    assert untouched.pk == duloxetine.pk
    page = see(house)
    assert page.count('name="confirmed"') == 1
    assert "failed an adequate trial" in page


def test_nothing_ticked_confirms_nothing(house: House, two_waiting: tuple[Entry, Entry]) -> None:
    answer = send(house, "", {})
    assert answer.status_code == 409
    assert "those left open stay unconfirmed" in answer.content.decode()
    assert {entry.pk for entry in trials(house)} == {entry.pk for entry in two_waiting}


def test_a_trial_that_was_amended_since_it_was_shown_is_not_confirmed(
    house: House, two_waiting: tuple[Entry, Entry]
) -> None:
    gabapentin, _ = two_waiting
    send(house, f"trial/{gabapentin.key}/", form_of(gabapentin, house, top_dose="900", reason="a slip of the pen"))
    answer = send(house, "", {"confirmed": str(gabapentin.pk)})
    assert answer.status_code == 409
    assert "read it again" in answer.content.decode()


def test_who_may_not_record_confirms_nothing(house: House, two_waiting: tuple[Entry, Entry]) -> None:
    assert "Confirm what is ticked" not in see(house, role="coordinator")
    assert send(house, "", {"confirmed": str(two_waiting[0].pk)}, role="coordinator").status_code == 403
    assert {entry.pk for entry in trials(house)} == {entry.pk for entry in two_waiting}


def test_one_answer_for_all_of_them_still_means_what_it_meant(house: House, two_waiting: tuple[Entry, Entry]) -> None:
    entries.enter(
        by=house.by("nurse"), patient=house.patient, entries=(New(kind="fact", key="trials_confirmed", value=True),)
    )
    page = see(house)
    assert 'name="confirmed"' not in page
    assert page.count("failed an adequate trial") >= 2
