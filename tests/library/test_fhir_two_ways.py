"""A dosage is computed from its coding and from its words; where the two differ it is unknown, and both are quoted."""

from typing import Any

import pytest
from bundle_builder import AS_OF, SNOMED, dosage, read, reasons, repeat, request, resource, statement, trial_of

from unwound.exchange.fhir.dosage import Phase, phases, product

CAPSULE = "gabapentin 300 MG Oral Capsule"
OXYCODONE = "12 HR oxycodone hydrochloride 40 MG Extended Release Oral Tablet"
FENTANYL = "72 HR fentanyl 0.025 MG/HR Transdermal System"
Json = dict[str, Any]


def of(medicine: str, *told: Json, medication: Json | None = None) -> Phase:
    """The only phase of a prescription."""
    (phase,) = phases(told, product(medicine, medication or {}))
    return phase


def amount(value: float, unit: str = "", code: str = "") -> Json:
    return {"value": value} | ({"unit": unit} if unit else {}) | ({"code": code} if code else {})


def dose(quantity: Json, timing: Json, **more: Any) -> Json:
    return {"timing": timing, "doseAndRate": [{"doseQuantity": quantity}], **more}


def ratio(numerator: Json, denominator: Json) -> Json:
    return {"numerator": numerator, "denominator": denominator}


WEEKDAYS = ["mon", "wed", "fri"]
TWO = amount(2, "capsule")


@pytest.mark.parametrize(
    ("medicine", "told", "coding", "other"),
    [
        (
            OXYCODONE,
            dose(amount(1, "tablet"), repeat(1, 12, "h"), text="every 12 hours as needed"),
            "the coding says 80 mg a day",
            "the words say «every 12 hours as needed»",
        ),
        (
            "cyclobenzaprine 10 MG Oral Tablet",
            dose(amount(1, "tablet"), repeat(3, 3, "d"), text="3 times a day"),
            "the coding says 10 mg a day",
            "the words say «3 times a day»",
        ),
        (
            "paracetamol",
            dose(amount(1000, "mg"), repeat(2, 6, "h"), text="1000 mg every 6 h, up to 4000 in 24 h"),
            "the coding says 8,000 mg a day",
            "up to 4000 in 24 h»",
        ),
        (
            "paracetamol",
            dose(amount(1000, "mg"), repeat(1, 4, "h"), text="up to 4000 mg in 24 hours"),
            "the coding says 6,000 mg a day",
            "«up to 4000 mg in 24 hours»",
        ),
        (
            CAPSULE,
            dose(TWO, repeat(3), maxDosePerPeriod=ratio(amount(900, "mg"), amount(1, "d", "d"))),
            "the coding says 1,800 mg a day",
            "at most 900 mg a day",
        ),
        (
            CAPSULE,
            dose(
                TWO, repeat(3), maxDosePerPeriod=[{"numerator": amount(3, "tab"), "denominator": amount(24, "h", "h")}]
            ),
            "the coding says 1,800 mg a day",
            "at most 900 mg a day",
        ),
        (CAPSULE, dose(TWO, repeat(3), additionalInstruction=[{"text": "as needed"}]), "1,800 mg", "«as needed»"),
        (CAPSULE, dose(TWO, repeat(3), patientInstruction="only on bad days"), "1,800 mg", "«only on bad days»"),
        (CAPSULE, dose(TWO, repeat(3), text="1-0-1"), "the coding says 1,800 mg a day", "«1-0-1»"),
        (CAPSULE, dose(TWO, repeat(3), text="2x daags 1 capsule zo nodig"), "1,800 mg", "zo nodig»"),
        (CAPSULE, dose(TWO, repeat(3), text="1 to 2 capsules tid"), "1,800 mg", "a range"),
        (CAPSULE, dose(TWO, repeat(3), text="300 mg tid"), "1,800 mg", "«300 mg tid»"),
        (
            CAPSULE,
            dose(TWO, repeat(3), text="2 capsules tid", patientInstruction="2 twice a day"),
            "",
            "«2 twice a day»",
        ),
        (CAPSULE, dose(TWO, repeat(3), text="take 2 capsules at 8, 14 and 22 h"), "1,800 mg", "could not be read"),
        (CAPSULE, dose(TWO, repeat(3), text="Mondays"), "1,800 mg", "not the same every day"),
        (CAPSULE, dose(TWO, {"code": {"coding": [{"code": "BID"}]}, **repeat(3)}), "3 and 2 times a day", ""),
        (CAPSULE, dose(TWO, {"code": {"text": "twice a day"}, **repeat(3)}), "3 and 2 times a day", ""),
        (CAPSULE, dose(TWO, repeat(3, when=["MORN", "NIGHT"])), "3 times, at 2 parts of the day", ""),
        (CAPSULE, dose(amount(1, "capsule", "mg"), repeat(3)), "1 mg and 1 capsule", ""),
        (
            CAPSULE,
            dose(TWO, repeat(3, boundsDuration=amount(30, "d", "d")), text="for 5 days"),
            "30 days",
            "«for 5 days»",
        ),
        (CAPSULE, dose(amount(600, "mg"), repeat(3), maxDosePerAdministration=amount(300, "mg")), "600", "at most 300"),
        (CAPSULE, dose(TWO, repeat(3, boundsDuration=amount(3, "Tag(e)", "wk"))), "3 wk and 3 Tag(e)", ""),
        (OXYCODONE, dose(amount(1, "patch"), repeat(1, 3)), "units of a patch", "the product is a tablet"),
    ],
)
def test_what_contradicts_itself_is_unknown_and_both_are_quoted(
    medicine: str, told: Json, coding: str, other: str
) -> None:
    phase = of(medicine, told)
    assert (phase.mg_per_day, phase.conflict) == (None, True)
    assert coding in phase.why_not
    assert other in phase.why_not
    imported = read(request(medicine, authoredOn="2026-01-01", dosageInstruction=[told]))
    assert phase.why_not in reasons(imported)
    assert imported.patient.trials[0].top_dose is None


@pytest.mark.parametrize(
    ("told", "mg_per_day"),
    [
        (dose(TWO, repeat(3), text="2 capsules three times a day"), 1800),
        (dose(TWO, repeat(3), text="2-2-2"), 1800),
        (dose(TWO, repeat(3), text="600 mg tid"), 1800),
        (dose(TWO, repeat(3), text="Take with food. Dr Testcase"), 1800),
        (dose(TWO, repeat(3), text="3x täglich"), 1800),
        (dose(TWO, repeat(3), text="gabapentin 300 mg"), 1800),
        (dose(TWO, {"code": {"coding": [{"code": "TID", "display": "three times a day"}]}, **repeat(3)}), 1800),
        (dose(TWO, repeat(3), text="2 tid, max 1800 mg in 24 hours"), 1800),
        (
            dose(
                TWO, repeat(3), maxDosePerPeriod={"numerator": amount(3600, "mg"), "denominator": amount(1, "d", "d")}
            ),
            1800,
        ),
        (dose(TWO, {}, text="three times a day"), 1800),
        ({"timing": repeat(3), "text": "2 capsules"}, 1800),
        (dose(amount(2, "unbekannt"), repeat(3), text="2 capsules tid"), 1800),
        (
            dose(amount(1, "capsule"), repeat(3, 1, "wk", dayOfWeek=["mon", "wed", "fri"]), text="Mon, Wed, Fri"),
            128.571429,
        ),
    ],
)
def test_what_agrees_or_fills_in_is_read(told: Json, mg_per_day: float) -> None:
    assert of(CAPSULE, told).mg_per_day == mg_per_day


def test_as_needed_is_kept_apart_from_other_conflicts() -> None:
    assert of(CAPSULE, dose(TWO, repeat(3), asNeededBoolean=True)).as_needed
    assert of(CAPSULE, {"text": "1 bei Bedarf"}).as_needed
    conflict = of(CAPSULE, dose(TWO, repeat(3), text="prn"))
    assert (conflict.as_needed, conflict.conflict) == (True, True)
    assert not of(CAPSULE, dose(TWO, repeat(3), text="1 bd")).as_needed


@pytest.mark.parametrize(
    "more",
    [
        {"asNeeded": True},
        {"asNeededFor": [{"text": "pain"}]},
        {"asNeededBoolean": "true"},
        {"timing": {**repeat(3), "code": {"coding": [{"code": "PRN"}]}}},
        {"timing": {"code": {"coding": [{"code": "Q6HPRN"}]}}},
        {"text": "al bisogno"},
        {"patientInstruction": "vid behov"},
    ],
)
def test_as_needed_is_never_passed_over_in_whatever_shape(more: Json) -> None:
    phase = of(CAPSULE, {**dose(TWO, repeat(3)), **more})
    assert phase.mg_per_day is None
    assert "as needed" in phase.why_not


@pytest.mark.parametrize("when", [["C", "HS"], ["AC", "HS"], ["PC", "MORN", "NIGHT"]])
def test_meals_beside_a_part_of_the_day_do_not_say_how_often(when: list[str]) -> None:
    assert of(CAPSULE, dose(TWO, {"repeat": {"when": when}})).why_not == (
        "at how many meals a day it was taken is not said"
    )
    assert of(CAPSULE, dose(TWO, {"repeat": {"when": ["CM", "CD", "CV"]}})).mg_per_day == 1800


@pytest.mark.parametrize(
    "words",
    [
        "Do not stop taking suddenly unless advised by your doctor. If affected do not drive.",
        "This medicine may affect mental alertness. Avoid eating grapefruit while you are treated.",
        "Nicht zerkauen. Alkohol meiden, wenn möglich.",
    ],
)
def test_a_warning_is_no_condition_of_the_dose(words: str) -> None:
    assert of(CAPSULE, dose(TWO, repeat(3), patientInstruction=words)).mg_per_day == 1800


@pytest.mark.parametrize(
    "words",
    [
        "Warning: take only when in pain",
        "Do not stop taking suddenly; reduce by one capsule every week",
        "Avoid driving. Stop if there is no effect.",
        "Do not take",
    ],
)
def test_a_warning_that_orders_something_is_read(words: str) -> None:
    assert of(CAPSULE, dose(TWO, repeat(3), patientInstruction=words)).mg_per_day is None


def test_a_duration_longer_than_the_time_between_two_doses_is_of_the_course() -> None:
    once = {"frequency": 1, "period": 1, "periodUnit": "d", "durationUnit": "d"}
    assert of(CAPSULE, dose(TWO, {"repeat": {**once, "duration": 30}})).days == 30
    assert of(CAPSULE, dose(TWO, {"repeat": {**once, "duration": 1}})).days is None
    assert of(CAPSULE, dose(TWO, {"repeat": {**once, "duration": 40, "durationUnit": "min"}})).days is None


def test_steps_with_days_of_their_own_follow_each_other() -> None:
    def step(count: int, start: str, end: str) -> Json:
        bounds = {"boundsPeriod": {"start": start, "end": end}}
        return dosage(count, "capsule", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", **bounds}})

    steps = [step(2, "2026-01-08", "2026-02-07"), step(1, "2026-01-01", "2026-01-07")]
    trial = trial_of(request(CAPSULE, "active", authoredOn="2026-01-01", dosageInstruction=steps))
    assert (trial.top_dose, trial.days) == (1200, 37)
    overlapping = [step(1, "2026-01-01", "2026-01-20"), step(2, "2026-01-08", "2026-02-07")]
    trial = trial_of(request(CAPSULE, "active", authoredOn="2026-01-01", dosageInstruction=overlapping))
    assert (trial.top_dose, trial.days) == (None, None), "neither the dose nor the days of one of them are of both"


@pytest.mark.parametrize("words", ["3 mg epidurally once daily", "via IT pump", "rectally at night", "péridurale"])
def test_a_way_that_only_the_directions_name_is_no_trial_of_a_tablet(words: str) -> None:
    order = request("morphine", "active", authoredOn="2026-01-01", dosageInstruction=[{"text": words}])
    assert read(order).patient.trials == ()


def test_an_infusion_that_was_given_has_its_rate_and_not_no_number() -> None:
    given = resource(
        "MedicationAdministration",
        status="completed",
        medicationCodeableConcept={"text": "ketamine"},
        effectiveDateTime="2026-01-01",
        dosage={"rateQuantity": {"value": 0.5, "unit": "mg/kg/h"}},
    )
    assert "given as a rate" in trial_of(given).note


@pytest.mark.parametrize("words", ["pausiert", "gestopt", "arrêté le 3", "discontinued by the patient", "on hold"])
def test_what_was_stopped_in_words_is_no_dose_by_its_coding(words: str) -> None:
    phase = of(CAPSULE, dose(TWO, repeat(3), patientInstruction=words))
    assert phase.mg_per_day is None
    assert words in phase.why_not


def test_directions_that_are_not_understood_beside_a_dose_are_named() -> None:
    told = dose(TWO, repeat(3), additionalInstruction=[{"text": "Finish the course"}])
    order = request(CAPSULE, subject={"reference": "Patient/p"}, dosageInstruction=[told])
    assert [str(part) for part in read(order).unread] == ["1 × directions not understood whole: «Finish the course»"]


def test_words_beside_every_part_of_a_day_are_of_the_whole() -> None:
    parts = [
        {"text": "1 morgens und 2 zur Nacht", **dosage(count, "Kapsel", {"repeat": {"when": [when]}})}
        for count, when in ((1, "MORN"), (2, "NIGHT"))
    ]
    assert of(CAPSULE, *parts).mg_per_day == 900
    parts[1] = {**parts[1], "doseAndRate": [{"doseQuantity": amount(1, "Kapsel")}]}
    assert "600 mg a day" in of(CAPSULE, *parts).why_not


def test_an_extension_that_changes_the_meaning_is_not_ignored() -> None:
    for told in (
        dose(TWO, repeat(3), modifierExtension=[{"url": "https://example.org/only-on-bad-days"}]),
        dose(TWO, repeat(3) | {"modifierExtension": [{"url": "https://example.org/weeks-off"}]}),
    ):
        assert "an extension that is not read" in of(CAPSULE, told).why_not


# ---- pieces


@pytest.mark.parametrize(
    ("medicine", "quantity", "mg"),
    [
        ("pregabalin 150 MG Oral Capsule", amount(75), None),
        ("pregabalin 150 MG Oral Capsule", amount(8), 1200),
        ("pregabalin 150 MG Oral Capsule", amount(9), None),
        ("pregabalin 150 MG Oral Capsule", amount(1.5), 225),
        ("pregabalin 150 MG Oral Capsule", amount(1.2), None),
        ("oxycodone 10 MG Oral Tablet", amount(5), None),
        ("oxycodone 10 MG Oral Tablet", amount(2.5), None),
        ("oxycodone 10 MG Oral Tablet", amount(1), 10),
        ("oxycodone 5 MG Oral Tablet", amount(2), 10),
        ("hydromorphone 2 MG Oral Tablet", amount(1), None),
        ("hydromorphone 2 MG Oral Tablet", amount(1, code="1"), 2),
        ("Gabapentin 300 mg Hartkapseln", amount(1, "Stück", "1"), 300),
        ("Gabapentin 300 mg Hartkapseln", amount(2, "Kapsel", "1"), 600),
        ("gabapentine 300 mg capsule", amount(1, "stuk", "245"), 300),
        ("gabapentine 300 mg capsule", amount(1, "stuk"), 300),
        ("gabapentine 300 mg, gélule", amount(2, "gélule(s)"), 600),
        ("gabapentina 300 mg", amount(1, "comprimidos"), 300),
        ("gabapentin 300 MG Oral Tablet", amount(1, "tablet(s)", "{tbl}"), 300),
        ("gabapentin 300 MG Oral Tablet", amount(1, "film", "{film}"), 300),
        ("gabapentin 300 MG Oral Tablet", amount(1, "tablet", "428673006"), 300),
        ("ガバペンチン錠300mg", amount(2, "錠", "TAB"), 600),
        ("gabapentin 300 MG Oral Tablet", amount(1, "puff"), None),
        ("Gabapentin 1.200 mg", amount(1, "tablet"), None),
        ("gabapentin 250 MG per 5 ML Oral Solution", amount(6, "mL"), 300),
        ("gabapentin 250 mg/5 ml", amount(6, "ml"), 300),
        ("gabapentin 5 g per 100 ml", amount(6, "ml"), 300),
        ("gabapentin oral solution", amount(6, "ml"), None),
    ],
)
def test_a_quantity_counts_pieces_where_it_can_count_nothing_else(medicine: str, quantity: Json, mg: float) -> None:
    phase = of(medicine, dose(quantity, repeat(1)))
    assert phase.mg_per_day == mg
    assert bool(phase.why_not) == (mg is None)


def test_the_strength_of_a_liquid_may_stand_in_its_medication() -> None:
    strength = {"numerator": amount(250, "mg"), "denominator": amount(5, "mL", "mL")}
    medication = resource("Medication", "m", ingredient=[{"strength": strength}])
    assert of("gabapentin", dose(amount(6, "mL"), repeat(3)), medication=medication).mg_per_day == 900
    strength["denominator"] = amount(1, "Stück", "1")
    assert of("gabapentin", dose(amount(2, "Stück"), repeat(3)), medication=medication).mg_per_day == 1500


# ---- rates, weekdays, counts, bounds


def rate(numerator: Json, denominator: Json, timing: Json | None = None) -> Json:
    return {
        "timing": timing or {},
        "doseAndRate": [{"rateRatio": {"numerator": numerator, "denominator": denominator}}],
    }


def test_a_rate_a_day_is_a_daily_dose_and_any_other_is_not() -> None:
    daily = rate(amount(900, "mg", "mg"), amount(1, "日", "d"), {"code": {"text": "1日3回毎食後"}})
    assert of("ガバペンチン錠300mg", daily).mg_per_day == 900
    assert of(CAPSULE, {"doseAndRate": [{"rateQuantity": amount(900, "mg/d")}]}).mg_per_day == 900
    pieces = rate(amount(3, "錠", "TAB"), amount(1, "日", "d"), {"code": {"text": "内服 １日３回 朝昼夕食後"}})
    assert of("ガバペンチン錠300mg", pieces).mg_per_day == 900
    both = {**daily, "doseAndRate": [{**daily["doseAndRate"][0], "doseQuantity": amount(300, "mg")}]}
    assert of(CAPSULE, both).mg_per_day == 900
    both["doseAndRate"][0]["doseQuantity"] = amount(600, "mg")
    assert "1,800 mg a day by dose and times, 900 mg a day by its rate" in of(CAPSULE, both).why_not
    infusion = of("ketamine", rate(amount(0.5, "mg/kg"), amount(40, "min", "min")))
    assert infusion.why_not == "the dose is given as a rate, which is not a daily dose"


@pytest.mark.parametrize(
    ("timing", "mg_per_day"),
    [
        (repeat(3, 1, "wk", dayOfWeek=["mon", "wed", "fri"]), 128.571429),
        (repeat(1, 1, "wk", dayOfWeek=["mon"]), 42.857143),
        (repeat(1, 1, "d", dayOfWeek=["mon", "wed", "fri"]), 128.571429),
        (repeat(2, 1, "d", dayOfWeek=["mon"]), 85.714286),
        ({"repeat": {"dayOfWeek": ["mon", "wed", "fri"]}}, 128.571429),
        ({"repeat": {"dayOfWeek": ["mon"], "when": ["MORN", "EVE"]}}, 85.714286),
        (repeat(1, 1, "wk", dayOfWeek=["mon", "wed", "fri"]), None),
        (repeat(2, 1, "wk", dayOfWeek=["mon", "wed", "fri"]), None),
        (repeat(1, 1, "wk", dayOfWeek=["mon", "wed"], when=["MORN"]), 85.714286),
    ],
)
def test_weekdays_are_counted_once(timing: Json, mg_per_day: float | None) -> None:
    assert of(CAPSULE, dose(amount(1, "capsule"), timing)).mg_per_day == mg_per_day


def test_weekdays_of_their_own_are_added() -> None:
    monday, thursday = ({"repeat": {"dayOfWeek": [day]}} for day in ("mon", "thu"))
    parts = dose(amount(2, "capsule"), monday), dose(amount(5, "capsule"), thursday)
    assert of(CAPSULE, *parts).mg_per_day == 300


def test_a_single_dose_is_no_daily_dose() -> None:
    for told in (
        dose(amount(1, "tablet"), {"repeat": {"count": 1}}),
        dose(amount(1, "tablet"), repeat(1, count=1)),
        dose(amount(1, "tablet"), repeat(1), text="400 mg stat"),
    ):
        phase = of("ibuprofen 400 MG Oral Tablet", told)
        assert (phase.mg_per_day, phase.days) == (None, 1)
        assert phase.why_not == "a single dose of 400 mg was ordered, not a daily dose"


def test_so_many_doses_or_days_in_words_end_it() -> None:
    assert of(CAPSULE, dose(TWO, repeat(3, count=21))).days == 7
    assert of(CAPSULE, dose(TWO, repeat(3), patientInstruction="for 5 days")).days == 5
    assert of(CAPSULE, dose(TWO, repeat(3), patientInstruction="for 5 days only")).days == 5
    assert of(CAPSULE, {"text": "1 capsule tid for 2 weeks"}).days == 14
    assert of(CAPSULE, {"text": "1 capsule daily x 7 days then 2 capsules daily"}).days is None
    trial = trial_of(
        request(status="active", authoredOn="2026-01-01", dosageInstruction=[dose(TWO, repeat(3, count=21))])
    )
    assert (trial.days, trial.ongoing) == (7, None)


@pytest.mark.parametrize(("weeks", "ongoing"), [(6, None), (60, True)])
def test_a_range_of_weeks_bounds_it(weeks: float, ongoing: bool | None) -> None:
    bounds = {"low": amount(4, "wk", "wk"), "high": amount(weeks, "wk", "wk")}
    told = dose(TWO, repeat(3, boundsRange=bounds))
    assert of(CAPSULE, told).at_most_days == weeks * 7
    since = {"effectivePeriod": {"start": "2026-01-01"}}
    trial = trial_of(statement("gabapentin 300 MG Oral Capsule", "active", dosage=[told], **since))
    assert (trial.ongoing, trial.days is None) == (ongoing, ongoing is None)
    assert ("it must have ended by 2026-02-12" in trial.note) == (ongoing is None)
    assert AS_OF.year == 2026


@pytest.mark.parametrize(
    ("weeks", "said"), [(6, "it must have ended by 2026-02-12"), (60, "ordered until 2027-02-25 at most")]
)
def test_an_order_for_some_weeks_says_no_more_than_until_when(weeks: float, said: str) -> None:
    bounds = {"low": amount(4, "wk", "wk"), "high": amount(weeks, "wk", "wk")}
    told = dose(TWO, repeat(3, boundsRange=bounds))
    trial = trial_of(request(status="active", authoredOn="2026-01-01", dosageInstruction=[told]))
    assert (trial.ongoing, trial.days) == (None, None)
    assert said in trial.note


# ---- patches


@pytest.mark.parametrize(
    ("medicine", "told", "mg_per_day"),
    [
        (FENTANYL, dose(amount(1, "patch"), repeat(1, 3)), 0.6),
        (FENTANYL, dose(amount(2, "patch"), repeat(1, 3)), 1.2),
        (FENTANYL, dose(amount(2, "patch"), repeat(1, 72, "h")), 1.2),
        (FENTANYL, dose(amount(2), repeat(1, 3)), 1.2),
        (FENTANYL, dose(amount(2, "patch"), repeat(1, 1)), None),
        (FENTANYL, dose(amount(1, "patch"), repeat(1, 12)), None),
        (FENTANYL, dose(amount(0.5, "patch"), repeat(1, 3)), None),
        (FENTANYL, dose(amount(25, "ug/h", "ug/h"), repeat(1, 3)), 0.6),
        (FENTANYL, dose(amount(50, "ug/h", "ug/h"), repeat(1, 3)), 1.2),
        (FENTANYL, dose(amount(40, "ug/h", "ug/h"), repeat(1, 3)), None),
        (FENTANYL, {"text": "apply 2 patches every 72 hours"}, 1.2),
        (FENTANYL, {"text": "apply 1 patch every day"}, None),
        (FENTANYL, dose(amount(1, "patch"), repeat(1, 3), text="apply 2 patches every 72 hours"), None),
        (FENTANYL, dose(amount(1, "tablet"), repeat(1, 3)), None),
        ("fentanyl 25micrograms/hour transdermal patches", dose(amount(1, "patch"), repeat(1, 72, "h")), 0.6),
        ("fentanyl patch 75 MCG/HR 3 Day", dose(amount(1, "patch"), repeat(1, 3)), 1.8),
        ("fentanyl transdermal patch", dose(amount(25, "ug/h"), repeat(1, 3)), 0.6),
        ("fentanyl transdermal patch", rate(amount(25, "ug"), amount(1, "h"), repeat(1, 3)), 0.6),
        ("buprenorphine 10micrograms/hour seven day transdermal patches", dose(amount(1, "patch"), repeat(1, 7)), 0.24),
        ("buprenorphine 10 µg/h Pflaster", dose(amount(1, "Pflaster"), repeat(1, 7)), 0.24),
        ("buprenorphine 35 µg/h Pflaster", dose(amount(1, "Pflaster"), repeat(1, 4)), 0.84),
        ("buprenorphine 35 µg/h Pflaster", dose(amount(1, "Pflaster"), repeat(1, 7)), None),
    ],
)
def test_patches_count_by_number_rate_and_change(medicine: str, told: Json, mg_per_day: float | None) -> None:
    phase = of(medicine, told)
    assert phase.mg_per_day == mg_per_day
    assert bool(phase.why_not) == (mg_per_day is None)


@pytest.mark.parametrize(("patches", "change", "rate"), [(1, 3, 25), (2, 3, 50), (1, 1, None)])
def test_the_list_of_medicines_has_the_rate_of_all_patches(patches: int, change: int, rate: float | None) -> None:
    told = dose(amount(patches, "patch"), repeat(1, change))
    (listed,) = read(request(FENTANYL, "active", authoredOn="2026-11-01", dosageInstruction=[told])).patient.medications
    assert listed.dose_ug_per_hour == (None if rate is None else pytest.approx(rate))


def test_a_patch_changed_sooner_than_it_is_made_for_is_said() -> None:
    phase = of(FENTANYL, dose(amount(1, "patch"), repeat(1, 1)))
    assert phase.conflict
    assert phase.why_not == "the patch is made to be worn for 72 hours, and is ordered to be changed every 24 hours"


def test_no_directions_are_given_is_said_only_where_it_is_true() -> None:
    assert of(CAPSULE, {}).why_not == "no directions are given"
    for told in (
        rate(amount(0.5, "mg/kg"), amount(40, "min")),
        dose(amount(0.5, "mg/kg"), repeat(1)),
        dose(amount(1, "capsule"), {}),
        {"timing": repeat(3)},
        {"text": "gibberish"},
        {"additionalInstruction": [{"coding": [{"system": SNOMED, "code": "1", "display": "as directed"}]}]},
    ):
        assert "no directions" not in of(CAPSULE, told).why_not
