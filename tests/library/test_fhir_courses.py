"""How long a medicine of a foreign record was taken: orders, dispenses, statements, and what ends them."""

from datetime import date, timedelta
from typing import Any

import pytest
from bundle_builder import (
    AS_OF,
    dosage,
    observation,
    person,
    read,
    reasons,
    repeat,
    request,
    resource,
    statement,
    supply,
    trial_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import facts, therapies
from unwound.exchange.fhir.shapes import moment
from unwound.patient import Fact
from unwound.therapies import adequacy

CAPSULE = "gabapentin 300 MG Oral Capsule"
THREE = dosage(1, "capsule", repeat(3))
PAIN: dict[str, Any] = {"reasonCode": [{"text": "Neuropathic pain"}]}


def dispense(on: str, medicine: str = CAPSULE, status: str = "completed", **fields: Any) -> dict[str, Any]:
    handed_over = {"whenHandedOver": on} if on else {}
    return resource(
        "MedicationDispense", status=status, medicationCodeableConcept={"text": medicine}, **handed_over, **fields
    )


def days(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "days", "code": "d"}


def quantity(value: float, unit: str = "capsule") -> dict[str, Any]:
    return {"quantity": {"value": value, "unit": unit}}


# ---- a stated end beats an order left active


def test_a_stated_end_beats_an_order_that_was_left_active() -> None:
    stopped = statement(
        status="stopped",
        effectivePeriod={"start": "2023-07-11", "end": "2023-08-30"},
        statusReason=[{"text": "not effective"}],
        **PAIN,
    )
    order = request(status="active", authoredOn="2023-07-11", dosageInstruction=[THREE])
    imported = read(stopped, order)
    (trial,) = imported.patient.trials
    assert (trial.start, trial.end, trial.days, trial.ongoing) == (date(2023, 7, 11), date(2023, 8, 30), 50, False)
    assert (trial.stopped, trial.purpose, trial.top_dose) == ("no-effect", "pain", 900)
    assert "still listed as active (MedicationRequest/2): the stated end counts" in reasons(imported)
    assert imported.patient.medications == ()


def test_an_order_after_the_stated_end_is_a_new_start() -> None:
    stopped = statement(status="stopped", effectivePeriod={"start": "2023-07-11", "end": "2023-08-30"})
    again = request(status="active", authoredOn="2026-11-01", dispenseRequest=supply(30))
    before, now = read(stopped, again).patient.trials
    assert (before.end, before.ongoing) == (date(2023, 8, 30), False)
    assert (now.start, now.ongoing, now.days) == (date(2026, 11, 1), True, 20)


def test_a_supply_that_reaches_past_the_stated_end_ends_with_it() -> None:
    stopped = statement(status="completed", effectivePeriod={"start": "2026-01-01", "end": "2026-01-20"})
    order = request(status="active", authoredOn="2026-01-01", dispenseRequest=supply(90))
    trial = trial_of(stopped, order)
    assert (trial.days, trial.end, trial.ongoing) == (19, date(2026, 1, 20), False)


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 60), max_size=4),
    st.lists(st.sampled_from([None, 10, 30, 400]), min_size=4, max_size=4),
    st.integers(1, 200),
)
def test_what_was_stated_as_stopped_stays_stopped_whatever_orders_were_left(
    ages: list[int], supplies: list[int | None], length: int
) -> None:
    end = date(2025, 6, 30)
    stopped = statement(
        status="stopped",
        effectivePeriod={"start": str(end - timedelta(length)), "end": str(end)},
        statusReason=[{"text": "not effective"}],
    )
    orders = [
        request(
            status="active",
            authoredOn=str(end - timedelta(min(age, length))),
            dispenseRequest=supply(held) if held else {},
        )
        for age, held in zip(ages, supplies, strict=False)
    ]
    trial = trial_of(stopped, *orders)
    assert (trial.ongoing, trial.stopped, trial.end, trial.days) == (False, "no-effect", end, length)


# ---- how long


def test_an_order_without_end_or_supply_says_only_since_when() -> None:
    patient = read(request(status="active", authoredOn="2016-01-01", dosageInstruction=[THREE], **PAIN)).patient
    (trial,) = patient.trials
    assert (trial.ordered, trial.start, trial.days, trial.ongoing) == (date(2016, 1, 1), None, None, None)
    (entry,) = therapies.ledger(patient).entries
    assert entry.because[0] == "ordered since 1 Jan 2016, and nothing says how long it was taken"
    assert entry.days == ""
    assert not any("days" in why for why in entry.because)


@pytest.mark.parametrize(
    ("dispensed", "expected"),
    [
        (quantity(90), 30),
        ({"quantity": {"value": 90}}, 30),
        ({"quantity": {"value": 90, "unit": "1", "code": "1"}}, 30),
        (quantity(90) | {"numberOfRepeatsAllowed": 1}, 60),
        ({"quantity": {"value": 27, "unit": "g"}}, 30),
        (quantity(90) | {"expectedSupplyDuration": days(28)}, 28),
        (quantity(90) | {"expectedSupplyDuration": days(90)}, None),
        ({"quantity": {"value": 100, "unit": "mL"}}, None),
        ({"quantity": {"value": 1, "unit": "Packung", "code": "{Package}"}}, None),
        ({"quantity": {"value": 1}}, None),
        ({"quantity": {"value": 9}}, None),
        ({"quantity": {"value": 12}}, 4),
        ({"quantity": {"value": 42, "unit": "Kapseln"}}, 14),
        ({"quantity": {"value": 30, "unit": "TAB", "code": "TAB"}}, 10),
        ({"expectedSupplyDuration": {"value": 4, "unit": "weeks", "code": "wk"}}, 28),
        ({}, None),
    ],
)
def test_a_supply_lasts_as_long_as_its_quantity_at_the_dose(dispensed: dict[str, Any], expected: int | None) -> None:
    year = {"validityPeriod": {"start": "2025-01-01", "end": "2025-12-31"}}
    trial = trial_of(
        request(
            status="completed",
            authoredOn="2025-01-01",
            dosageInstruction=[THREE],
            dispenseRequest=dispensed | year,
        )
    )
    assert trial.days == expected


def test_pieces_are_counted_where_the_strength_is_not_known() -> None:
    told = request("Gabapentin", dosageInstruction=[THREE], dispenseRequest=quantity(42), authoredOn="2026-01-01")
    trial = trial_of(told)
    assert (trial.days, trial.top_dose) == (14, None)


def test_as_needed_says_nothing_of_how_long_a_quantity_lasts() -> None:
    needed = {**THREE, "asNeededBoolean": True}
    told = request(dosageInstruction=[needed], dispenseRequest=quantity(90), authoredOn="2026-01-01")
    assert trial_of(told).days is None


@pytest.mark.parametrize(
    ("timing", "length"),
    [
        (repeat(3, count=21), 7),
        (repeat(1, count=1), 1),
        (repeat(3, boundsDuration=days(5)), 5),
        (repeat(3, boundsPeriod={"start": "2026-01-01", "end": "2026-01-11"}), 10),
    ],
)
def test_so_many_doses_and_no_more(timing: dict[str, Any], length: int) -> None:
    told = request(status="active", authoredOn="2026-01-01", dosageInstruction=[dosage(1, "capsule", timing)])
    trial = trial_of(told)
    assert (trial.days, trial.end, trial.ongoing) == (length, None, None)


@pytest.mark.parametrize(
    ("medicine", "more", "length"),
    [
        ("Gabapentin", {}, 7),  # without a strength the dose is not known, but so many times last as long
        ("Gabapentin", {"asNeededBoolean": True}, None),
        (CAPSULE, {"text": "1 capsule twice a day"}, None),
    ],
)
def test_so_many_doses_last_as_long_as_how_often_is_known(
    medicine: str, more: dict[str, Any], length: int | None
) -> None:
    told = dosage(1, "capsule", repeat(3, count=21)) | more
    trial = trial_of(request(medicine, status="active", authoredOn="2026-01-01", dosageInstruction=[told]))
    assert (trial.days, trial.top_dose) == (length, None)


def test_a_dose_that_contradicts_itself_says_nothing_of_how_long_a_quantity_lasts() -> None:
    told = {**THREE, "text": "1 capsule twice a day"}
    assert (
        trial_of(request(dosageInstruction=[THREE], dispenseRequest=quantity(90), authoredOn="2026-01-01")).days == 30
    )
    conflict = read(request(dosageInstruction=[told], dispenseRequest=quantity(90), authoredOn="2026-01-01"))
    assert conflict.patient.trials[0].days is None
    assert "the coding says 900 mg a day" in reasons(conflict)


def test_a_gel_that_was_stopped_stops_no_tablet() -> None:
    tablet = request("diclofenac 50 MG Oral Tablet", "active", authoredOn="2026-01-01", dispenseRequest=supply(400))
    gel = statement("diclofenac 1% gel", "stopped", effectivePeriod={"start": "2025-12-01", "end": "2026-02-01"})
    alone, both = read(tablet), read(tablet, gel)
    assert both.patient.trials == alone.patient.trials
    assert both.patient.medications == alone.patient.medications


def test_what_is_given_knows_its_way_by_the_product_it_points_to() -> None:
    cream = resource("Medication", "cream", code={"text": "Ketamine"}, form={"text": "cream"})
    given_once = resource(
        "MedicationAdministration",
        status="completed",
        medicationReference={"reference": "Medication/cream"},
        effectiveDateTime="2026-01-01",
        dosage={"dose": {"value": 50, "unit": "mg"}},
    )
    assert read(given_once, cream).patient.trials == ()


def test_for_four_to_six_weeks_is_no_longer_than_six() -> None:
    bounds = {"low": {"value": 4, "code": "wk"}, "high": {"value": 6, "code": "wk"}}
    order = request(
        status="completed",
        authoredOn="2026-03-01",
        dosageInstruction=[dosage(1, "capsule", repeat(3, boundsRange=bounds))],
    )
    assert trial_of(order).days is None
    assert "it must have ended by 2026-04-12" in trial_of(order).note
    longer = statement(status="completed", effectivePeriod={"start": "2025-12-01", "end": "2026-02-28"})
    both = trial_of(longer, order)  # it cannot have added more than is known already
    assert (both.days, both.ongoing) == (89, False)


@settings(max_examples=30)
@given(
    st.sampled_from(["active", "completed", "stopped", "unknown", "on-hold"]),
    st.integers(1, 4000),
    st.sampled_from([{}, supply(400), supply(400, repeats=2), quantity(1200)]),
    st.sampled_from(["dispenseRequest", "dosageInstruction"]),
)
def test_forgetting_the_supply_or_the_dose_never_makes_a_trial_adequate(
    status: str, ago: int, dispensed: dict[str, Any], forgotten: str
) -> None:
    def counts(**fields: Any) -> tuple[bool | None, float | None]:
        order = request(status=status, authoredOn=str(AS_OF - timedelta(ago)), **PAIN, **fields)
        patient = read(order).patient
        sure = patient.with_checked(facts={**patient.facts, "trials_confirmed": Fact(value=True, on=AS_OF)})
        ((case, _),) = therapies.judged(sure)
        needed = case.therapy.adequate if case.therapy else None
        return adequacy.adequate(case, needed.days if needed else None).holds, case.days

    whole = {"dosageInstruction": [dosage(2, "capsule", repeat(3))], "dispenseRequest": dispensed}
    less = {name: value for name, value in whole.items() if name != forgotten}
    assert not (counts(**less)[0] is True and counts(**whole)[0] is not True)
    if "dispenseRequest" not in less or not dispensed:
        assert counts(**less)[1] is None


# ---- dispenses


def test_a_dispense_alone_is_a_course() -> None:
    trial = trial_of(dispense("2026-01-01", daysSupply=days(30), dosageInstruction=[THREE]))
    assert (trial.start, trial.days, trial.end, trial.top_dose) == (date(2026, 1, 1), 30, date(2026, 1, 31), 900)
    assert trial.ongoing is False


def test_what_was_dispensed_lately_is_taken_now() -> None:
    imported = read(dispense("2026-11-10", daysSupply={"value": 30}, dosageInstruction=[THREE]))
    assert imported.patient.trials[0].ongoing is True
    assert [(taken.drug, taken.dose_mg_per_day) for taken in imported.patient.medications] == [("gabapentin", 900)]


@pytest.mark.parametrize("status", ["preparation", "cancelled", "declined", "entered-in-error"])
def test_what_was_not_handed_out_is_no_course(status: str) -> None:
    imported = read(dispense("2026-01-01", status=status, daysSupply=days(30)))
    assert imported.patient.trials == ()
    assert imported.counts["MedicationDispense"].not_needed == 1


def test_an_order_its_dispenses_and_a_statement_are_one_course_and_not_three() -> None:
    order = {**request(status="active", authoredOn="2026-01-01", dosageInstruction=[THREE], **PAIN), "id": "order"}
    own: dict[str, Any] = {"authorizingPrescription": [{"reference": "MedicationRequest/order"}]}
    handed = [dispense(f"2026-0{month}-01", **quantity(90), **own) for month in (1, 2, 3)]
    said = statement(status="completed", effectivePeriod={"start": "2026-01-02", "end": "2026-03-20"})
    imported = read(order, *handed, said)
    (trial,) = imported.patient.trials
    assert (trial.start, trial.end, trial.days) == (date(2026, 1, 1), date(2026, 3, 20), 78)
    assert (trial.top_dose, trial.purpose, trial.ongoing) == (900, "pain", False)
    assert "still listed as active (MedicationRequest/order)" in reasons(imported)


def test_dispenses_tell_how_long_an_open_order_was_taken() -> None:
    order = {**request(status="active", authoredOn="2026-09-01", dosageInstruction=[THREE]), "id": "order"}
    own: dict[str, Any] = {"authorizingPrescription": [{"reference": "MedicationRequest/order"}]}
    trial = trial_of(
        order, dispense("2026-09-01", **quantity(90), **own), dispense("2026-10-02", **quantity(90), **own)
    )
    assert (trial.start, trial.days, trial.top_dose, trial.days_at_top) == (date(2026, 9, 1), 61, 900, 61)
    assert trial.ongoing is None  # still listed as active after the last supply ran out
    assert "its supply or period ended on 2026-11-01" in trial.note


def test_a_break_between_two_dispenses_of_one_order_is_named() -> None:
    order = {**request(status="completed", authoredOn="2025-01-01", dosageInstruction=[THREE]), "id": "order"}
    first, second = (dispense(day, **quantity(90), dosageInstruction=[THREE]) for day in ("2025-01-01", "2025-04-01"))
    trials = read(order, first, second).patient.trials
    assert [trial.days for trial in trials] == [30, 30]
    assert all("a break of 60 days" in trial.note for trial in trials)


# ---- statements


def test_a_statement_holds_until_the_day_it_was_made() -> None:
    taken = statement(status="active", effectivePeriod={"start": "2020-01-01"}, dateAsserted="2020-04-10")
    trial = trial_of(taken)
    assert (trial.days, trial.ongoing, trial.end) == (100, None, None)
    assert "stated as taken on 2020-04-10; nothing says for how long after that" in trial.note


def test_on_hold_is_no_dose_that_is_taken() -> None:
    trial = trial_of(request(status="on-hold", authoredOn="2026-01-01", dosageInstruction=[THREE]))
    assert (trial.top_dose, trial.days, trial.ongoing) == (None, None, None)
    assert "it is on hold" in trial.note


@pytest.mark.parametrize(
    ("status", "ongoing"),
    [
        ("Stopped", False),
        ("discontinued", False),
        ({"text": "Stopped"}, False),
        ({"coding": [{"code": "stopped"}]}, False),
        ("abgesetzt", False),
        ("on hold", None),
        ("something else", False),
    ],
)
def test_a_status_may_be_a_text(status: object, ongoing: bool | None) -> None:
    told = request(authoredOn="2026-01-01")
    told["status"] = status
    assert trial_of(told).ongoing is ongoing


# ---- death


@pytest.mark.parametrize("died", ["2015-03-01", "2015-03-01T10:00:00Z", "2015"])
def test_nothing_goes_on_past_death(died: str) -> None:
    gone = person(deceasedDateTime=died)
    order = request(status="active", authoredOn="2010-01-01")
    imported = read(gone, order, statement("pregabalin 75 mg", "active", effectivePeriod={"start": "2015-01-30"}))
    by_drug = {trial.therapy: trial for trial in imported.patient.trials}
    assert (by_drug["gabapentin"].days, by_drug["gabapentin"].ongoing) == (None, False)
    assert by_drug["pregabalin"].end == (date(2015, 12, 31) if died == "2015" else date(2015, 3, 1))
    assert imported.patient.medications == ()


def test_of_a_death_without_its_day_nothing_is_known_to_go_on() -> None:
    imported = read(person(deceasedBoolean=True), request(status="active", authoredOn="2010-01-01"))
    assert [(trial.ongoing, trial.days) for trial in imported.patient.trials] == [(False, None)]
    assert imported.patient.medications == ()


@settings(max_examples=40)
@given(
    st.integers(0, 3000),
    st.sampled_from(["request", "statement", "dispense"]),
    st.integers(0, 4000),
    st.sampled_from([5, 60, 5000]),
)
def test_no_day_of_a_trial_lies_after_death(ago: int, kind: str, began: int, lasts: int) -> None:
    died, start = AS_OF - timedelta(ago), AS_OF - timedelta(began)
    made = {
        "request": request(status="active", authoredOn=str(start), dispenseRequest=supply(lasts)),
        "statement": statement(status="active", effectivePeriod={"start": str(start)}),
        "dispense": dispense(str(start), daysSupply=days(lasts)),
    }[kind]
    for trial in read(person(deceasedDateTime=str(died)), made).patient.trials:
        assert trial.ongoing is False
        assert trial.end is None or trial.end <= max(died, start)
        assert trial.days is None or start + timedelta(trial.days) <= max(died, start)


# ---- dates that cannot be read


@pytest.mark.parametrize("written", ["01/03/2016", "1.3.2016", "March 2016", "2016-13-01"])
def test_a_date_that_can_mean_two_days_is_quoted_and_its_value_undated(written: str) -> None:
    imported = read(observation("2160-0", 1.1, "mg/dL", on=written))
    assert f"the date «{written}» cannot be read" in reasons(imported)
    assert imported.patient.facts["creatinine_mg_per_dl"].on is None
    assert facts.known(imported.patient, "creatinine_mg_per_dl") is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2016-03-01 10:00", date(2016, 3, 1)),
        ("2016-03-01 10:00:30+01:00", date(2016, 3, 1)),
        ("20160301", date(2016, 3, 1)),
        ("20160301T1000", date(2016, 3, 1)),
        (" 2016-03-01 ", date(2016, 3, 1)),
        ("20161301", None),
        ("01032016", None),
        ("2016-3-1", None),
    ],
)
def test_a_date_that_can_mean_one_day_only_is_read(written: str, day: date | None) -> None:
    read_day = moment(written)
    assert (read_day.first if read_day else None) == day


def test_a_day_of_issue_does_not_stand_for_a_day_that_cannot_be_read() -> None:
    told = observation("2160-0", 1.1, "mg/dL", on="01/03/2016", issued="2026-11-20T10:00:00Z")
    assert read(told).patient.facts["creatinine_mg_per_dl"].on is None
    dated = observation("2160-0", 1.1, "mg/dL", issued="2026-11-20T10:00:00Z")
    del dated["effectiveDateTime"]
    assert read(dated).patient.facts["creatinine_mg_per_dl"].on == date(2026, 11, 20)


def test_a_timing_gives_its_last_day_or_is_named() -> None:
    timed = {**observation("2160-0", 1.1, "mg/dL"), "effectiveTiming": {"event": ["2026-01-01", "2026-02-01"]}}
    del timed["effectiveDateTime"]
    assert read(timed).patient.facts["creatinine_mg_per_dl"].on == date(2026, 2, 1)
    repeated = {**timed, "effectiveTiming": {"repeat": {"frequency": 1}}}
    assert "given as a timing without dates" in reasons(read(repeated))


def test_an_order_with_a_date_that_cannot_be_read_is_undated() -> None:
    imported = read(request(status="active", authoredOn="01/03/2016"))
    assert "«01/03/2016» cannot be read" in reasons(imported)
    assert (imported.patient.trials[0].ordered, imported.patient.trials[0].days) == (None, None)
