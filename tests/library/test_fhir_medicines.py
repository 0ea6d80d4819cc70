"""Medicines in FHIR R4: from when to when, what for and why it ended; the unknown stays unknown."""

from datetime import date
from typing import Any

import pytest
from bundle_builder import (
    ICD10,
    SNOMED,
    concept,
    condition,
    dosage,
    read,
    reasons,
    repeat,
    request,
    resource,
    statement,
    supply,
    trial_of,
    value,
)

from unwound import therapies
from unwound.exchange.fhir.others import therapy_of
from unwound.exchange.fhir.reasons import relief_percent
from unwound.exchange.fhir.tables import Example, tables

CAPSULE = "gabapentin 300 MG Oral Capsule"
A_CAPSULE = dosage(1, "capsule", repeat(3))
TWO_CAPSULES = dosage(2, "capsule", repeat(3))


@pytest.mark.parametrize("example", tables().examples, ids=lambda example: example.name)
def test_the_tables_read_as_their_examples_say(example: Example) -> None:
    given, expect = example.given, example.expect
    if given.directions:
        told = request(given.product, dosageInstruction=[{"text": given.directions}])
        assert trial_of(told).top_dose == expect.mg_per_day
    if given.note:
        assert trial_of(request(status="stopped", note=[{"text": given.note}])).stopped == expect.stopped
    if given.procedure:
        assert therapy_of(given.procedure) == expect.therapy


# ---- what


def test_a_product_of_two_treatments_keeps_its_name_so_that_both_are_judged() -> None:
    trial = trial_of(request("pregabalin 75 MG / nortriptyline 10 MG Oral Tablet"))
    assert trial.therapy == "pregabalin 75 MG / nortriptyline 10 MG Oral Tablet"


def test_an_impossible_dose_is_named_as_not_read_and_not_counted() -> None:
    told = request(dosageInstruction=[dosage(300, "capsule", repeat(3))])
    assert trial_of(told).top_dose is None
    assert any("not possible" in str(problem) for problem in read(told).problems)


# ---- time


def test_supply_and_repeats_end_a_completed_prescription() -> None:
    trial = trial_of(request(authoredOn="2026-01-01", dispenseRequest=supply(30, repeats=2)))
    assert (trial.start, trial.end, trial.days) == (date(2026, 1, 1), date(2026, 4, 1), 90)
    assert trial.ongoing is False


@pytest.mark.parametrize("until", ["2026-01-21", "2026-12-31"])
def test_how_long_a_paper_is_valid_is_not_how_long_it_was_taken(until: str) -> None:
    dispense = {**supply(30), "validityPeriod": {"start": "2026-01-01", "end": until}}
    assert trial_of(request(authoredOn="2026-01-01", dispenseRequest=dispense)).days == 30


@pytest.mark.parametrize(("until", "days"), [("2026-01-31", 30), ("2026-02-01", 60), ("2026-12-31", 90)])
def test_a_repeat_can_only_be_supplied_while_the_paper_is_valid(until: str, days: int) -> None:
    dispense = {**supply(30, repeats=2), "validityPeriod": {"start": "2026-01-01", "end": until}}
    assert trial_of(request(authoredOn="2026-01-01", dispenseRequest=dispense)).days == days


def test_a_stopped_prescription_ended_before_its_supply_so_its_days_are_not_known() -> None:
    trial = trial_of(request(status="stopped", authoredOn="2026-01-01", dispenseRequest=supply(90)))
    assert (trial.days, trial.end, trial.ongoing) == (None, None, False)
    valid = {"validityPeriod": {"start": "2026-01-01", "end": "2026-05-01"}}
    assert trial_of(request(status="stopped", authoredOn="2026-01-01", dispenseRequest=valid)).days is None


def test_a_stopped_last_refill_cannot_undo_the_months_before_it() -> None:
    months = [request(authoredOn=f"2026-0{month}-01", dispenseRequest=supply(30)) for month in (1, 2, 3)]
    last = request(status="stopped", authoredOn="2026-04-01", dispenseRequest=supply(30))
    trial = trial_of(*months, last)
    assert trial.days == (date(2026, 3, 31) - date(2026, 1, 1)).days
    assert "at least" in trial.note


def test_an_active_order_is_on_the_list_and_nothing_says_how_long_it_was_taken() -> None:
    told = [dosage(2, "capsule", repeat(3))]
    imported = read(request(status="active", authoredOn="2026-11-01", dosageInstruction=told))
    (trial,), (medication,) = imported.patient.trials, imported.patient.medications
    assert (trial.ongoing, trial.days, trial.days_at_top, trial.start, trial.end) == (None, None, None, None, None)
    assert (trial.ordered, trial.top_dose) == (date(2026, 11, 1), 1800)
    assert "ordered since 2026-11-01, and nothing says how long it was taken" in trial.note
    assert (medication.drug, medication.dose_mg_per_day) == ("gabapentin", 1800)
    assert medication.origin.startswith("MedicationRequest/")


@pytest.mark.parametrize(("days", "ongoing"), [(20, True), (19, None)])
def test_an_active_one_whose_supply_has_run_out_may_or_may_not_go_on(days: int, ongoing: bool | None) -> None:
    imported = read(request(status="active", authoredOn="2026-11-01", dispenseRequest=supply(days)))
    assert imported.patient.trials[0].ongoing is ongoing
    assert [one.drug for one in imported.patient.medications] == ["gabapentin"]


def test_a_statement_has_its_period() -> None:
    trial = trial_of(statement(effectivePeriod={"start": "2026-01-01", "end": "2026-03-02"}))
    assert (trial.start, trial.end, trial.days) == (date(2026, 1, 1), date(2026, 3, 2), 60)


def test_a_month_is_no_day_so_the_shorter_reading_counts() -> None:
    trial = trial_of(statement(effectivePeriod={"start": "2026-01", "end": "2026-03"}))
    assert (trial.start, trial.end, trial.days) == (date(2026, 1, 31), date(2026, 3, 1), 29)
    assert "known only to the month or year" in trial.note


@pytest.mark.parametrize(("second", "days"), [("2026-02-14", [74]), ("2026-02-15", [30, 30])])
def test_a_break_longer_than_a_late_refill_parts_a_trial_and_is_told(second: str, days: list[int]) -> None:
    assert tables().refill_gap_days.value == 14
    trials = read(
        request(authoredOn="2026-01-01", dispenseRequest=supply(30)),
        request(authoredOn=second, dispenseRequest=supply(30)),
    ).patient.trials
    assert [trial.days for trial in trials] == days
    told = [("a break of 15 days from 2026-01-31 to 2026-02-15" in trial.note) for trial in trials]
    assert told == [len(days) == 2] * len(days)
    assert {trial.ongoing for trial in trials} == {False}


def test_a_break_is_no_time_on_the_drug_and_what_is_taken_again_is_judged_by_itself() -> None:
    years_ago = statement(effectivePeriod={"start": "2019-01-01", "end": "2019-12-31"})
    again = statement(status="active", effectivePeriod={"start": "2026-10-22"})
    before, now = read(years_ago, again).patient.trials
    assert (before.days, before.start, before.end, before.ongoing) == (364, date(2019, 1, 1), date(2019, 12, 31), False)
    assert (now.days, now.start, now.end, now.ongoing) == (30, date(2026, 10, 22), None, True)


def test_times_that_are_not_known_are_not_filled_by_the_days_between_the_first_and_the_last() -> None:
    unknown = statement(status="completed", effectivePeriod={"start": "2019-01-01"})
    last = statement(status="completed", effectivePeriod={"start": "2026-01-01", "end": "2026-01-31"})
    patient = read(unknown, last).patient
    ((case, _),) = therapies.judged(patient)
    assert (patient.trials[0].days, case.days) == (None, None)


def test_several_prescriptions_make_one_trial_with_the_highest_dose_and_its_days() -> None:
    trial = trial_of(
        request(authoredOn="2026-03-02", dispenseRequest=supply(60), dosageInstruction=[TWO_CAPSULES]),
        request(authoredOn="2026-01-01", dispenseRequest=supply(60), dosageInstruction=[A_CAPSULE]),
    )
    assert (trial.top_dose, trial.days, trial.days_at_top) == (1800, 120, 60)
    assert trial.origin == "MedicationRequest/2, MedicationRequest/1"
    assert "doses from 900 to 1800 mg a day" in trial.note


def test_an_unknown_dose_within_a_trial_leaves_the_days_at_the_top_unknown() -> None:
    trial = trial_of(
        request(authoredOn="2026-01-01", dispenseRequest=supply(60), dosageInstruction=[TWO_CAPSULES]),
        request(authoredOn="2026-03-02", dispenseRequest=supply(60)),
    )
    assert (trial.top_dose, trial.days, trial.days_at_top) == (1800, 120, None)


def test_doses_of_two_products_at_once_are_not_added() -> None:
    small = request(CAPSULE, "active", authoredOn="2026-10-01", dosageInstruction=[A_CAPSULE])
    tablet = [dosage(1, "tablet", repeat(3))]
    large = request("gabapentin 600 MG Oral Tablet", "active", authoredOn="2026-11-01", dosageInstruction=tablet)
    imported = read(small, large)
    (trial,), (medication,) = imported.patient.trials, imported.patient.medications
    assert (trial.top_dose, medication.dose_mg_per_day) == (1800, None)
    assert "were not added" in trial.note


def test_doses_given_on_one_day_are_added() -> None:
    given_doses = [
        resource(
            "MedicationAdministration",
            status="completed",
            medicationCodeableConcept={"text": "ketamine"},
            effectiveDateTime=f"2026-01-0{day}T{hour}:00:00Z",
            dosage={"dose": {"value": 20, "unit": "mg"}},
        )
        for day, hour in ((1, "08"), (1, "12"), (2, "08"))
    ]
    trial = trial_of(*given_doses)
    assert (trial.therapy, trial.top_dose, trial.days) == ("ketamine", 40, 1)


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "draft", "not-taken", "intended", "not-done"])
def test_what_was_never_taken_is_not_used(status: str) -> None:
    imported = read(statement(status=status))
    assert imported.patient.trials == imported.patient.medications == ()
    assert imported.counts["MedicationStatement"].not_needed == 1


@pytest.mark.parametrize("odd", [{"intent": "proposal"}, {"intent": "plan"}, {"doNotPerform": True}])
def test_what_was_only_proposed_or_forbidden_is_not_used(odd: dict[str, Any]) -> None:
    assert read({**request(status="active"), **odd}).patient.medications == ()


@pytest.mark.parametrize("status", ["on-hold", "unknown", None])
def test_on_hold_or_unknown_is_neither_going_on_nor_over(status: str | None) -> None:
    told = request(authoredOn="2026-01-01")
    told["status"] = status
    assert trial_of(told).ongoing is None


def test_a_medicine_without_a_name_is_unreadable() -> None:
    nameless = request()
    del nameless["medicationCodeableConcept"]
    assert "no medicine is named" in reasons(read(nameless))


def test_a_medicine_that_is_no_treatment_of_pain_is_only_taken() -> None:
    imported = read(request("metformin 500 mg", "active"), request("amlodipine 5 mg", "completed"))
    assert imported.patient.trials == ()
    assert [one.drug for one in imported.patient.medications] == ["metformin"]


def test_a_combination_and_an_unknown_medicine_keep_their_written_names() -> None:
    names = ["Tramadol 37.5 MG / Acetaminophen 325 MG Oral Tablet", "Camila 28 Day Pack"]
    assert [one.drug for one in read(*(request(name, "active") for name in names)).patient.medications] == names


@pytest.mark.parametrize(
    ("medicine", "harmful"), [("Cisplatin 50 MG Injection", True), ("Etoposide 100 MG Injection", None)]
)
def test_chemotherapy_that_damages_nerves_is_a_fact(medicine: str, harmful: bool | None) -> None:
    assert value(read(request(medicine, "stopped", authoredOn="2020-01-01")), "neurotoxic_chemotherapy") is harmful
    assert value(read(request(medicine, "cancelled", authoredOn="2020-01-01")), "neurotoxic_chemotherapy") is None


# ---- what for, and why it ended


@pytest.mark.parametrize(
    ("reason", "purpose"),
    [
        ({"text": "Neuropathic pain"}, "pain"),
        (concept(SNOMED, "370143000", "Major depressive disorder"), "depression"),
        (concept(ICD10, "F33.2"), "depression"),
        ({"text": "Epilepsy"}, None),
        ({"text": "pain and depression"}, None),
        (None, None),
    ],
)
def test_what_it_was_for_is_told_or_unknown(reason: dict[str, Any] | None, purpose: str | None) -> None:
    trial = trial_of(request("duloxetine 60 mg", **({"reasonCode": [reason]} if reason else {})))
    assert trial.purpose == purpose
    assert ("prescribed for: Epilepsy" in trial.note) == (reason == {"text": "Epilepsy"})


def test_what_it_was_for_may_be_a_condition_in_the_bundle() -> None:
    depression = {**condition(SNOMED, "370143000"), "id": "d"}
    told = request("duloxetine 60 mg", reasonReference=[{"reference": "Condition/d"}])
    assert read(depression, told).patient.trials[0].purpose == "depression"


@pytest.mark.parametrize(
    ("fields", "stopped"),
    [
        ({"statusReason": {"text": "Ineffective"}}, "no-effect"),
        ({"statusReason": {"text": "Dizziness"}}, "side-effects"),
        ({"statusReason": {"coding": [{"code": "sintol", "display": "Intolerance"}]}}, "side-effects"),
        ({"statusReason": {"text": "moved to another city"}}, "other"),
        ({"statusReason": {"text": "No relief, dizziness"}}, None),
        ({"note": [{"text": "No benefit after 8 weeks."}]}, "no-effect"),
        ({"note": [{"text": "Discontinued because of sedation."}]}, "side-effects"),
        ({"note": [{"text": "Counselled about sedation."}]}, None),
        ({"note": [{"text": "No side effects."}]}, None),
        ({"note": [{"text": "Failed back surgery syndrome."}]}, None),
        ({}, None),
    ],
)
def test_why_it_was_stopped_is_read_from_its_reason_or_note(fields: dict[str, Any], stopped: str | None) -> None:
    assert trial_of(request(status="stopped", **fields)).stopped == stopped


def test_a_statement_gives_its_reasons_as_a_list() -> None:
    trial = trial_of(statement(status="stopped", statusReason=[{"text": "Not tolerated"}]))
    assert (trial.stopped, trial.side_effects) == ("side-effects", "Not tolerated")


def test_what_goes_on_was_not_stopped() -> None:
    trial = trial_of(
        request(status="stopped", authoredOn="2026-01-01", statusReason={"text": "Ineffective"}),
        request(status="active", authoredOn="2026-11-01"),
    )
    assert (trial.ongoing, trial.stopped) == (None, None)


@pytest.mark.parametrize(
    ("note", "percent"),
    [
        ("30% relief", 30),
        ("pain reduced by 30 %", 30),
        ("relief of about 30 percent", 30),
        ("20-30% relief", None),
        ("40% relief, gone after two days", None),
        ("40% relief for a few hours", None),
        ("30% relief at first, 10% relief later", None),
        ("300% relief", None),
        ("reduced dose to 30 mg", None),
    ],
)
def test_relief_in_percent_is_read_when_one_number_is_told(note: str, percent: float | None) -> None:
    assert relief_percent(note) == percent
