"""What was really tried, and what comes next: every verdict from both sides of its boundary."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import catalogue, drugs, evidence, facts, therapies
from unwound.catalogue import CitedText
from unwound.ladder import Avoid, Ladder
from unwound.patient import Medication, Patient, Trial
from unwound.therapies import doses, knowledge, refractory

DAY = date(2026, 11, 21)
EXAMPLES = [
    pytest.param(id, example, id=f"{id}: {example.name}")
    for id, therapy in therapies.therapies().items()
    for example in therapy.examples
]


def someone(
    *trials: Trial, jurisdiction: Any = None, medications: tuple[Medication, ...] = (), **known: Any
) -> Patient:
    patient = Patient(as_of=DAY, trials=trials, jurisdiction=jurisdiction, medications=medications).knowing(**known)
    facts.check(patient)
    return patient


def tried(therapy: str, **fields: Any) -> Trial:
    return Trial(therapy=therapy, **fields)


def failed(therapy: str, **fields: Any) -> Trial:
    adequate = therapies.therapies()[therapy].adequate
    assert adequate is not None
    dose = adequate.dose.value if adequate.dose else None
    told: dict[str, Any] = {"top_dose": dose, "days": 200, "days_at_top": 100, "relief_percent": 10, "adherent": True}
    return Trial(therapy=therapy, **(told | {"stopped": "no-effect"} | fields))


def verdict(patient: Patient) -> str:
    (entry,) = therapies.ledger(patient).entries
    return entry.verdict


def steps(patient: Patient, *conditions: str, ladder: Ladder | None = None) -> dict[str, therapies.Step]:
    found = therapies.next_steps(patient, therapies.ledger(patient), conditions=conditions, ladder=ladder)
    assert len({step.therapy for step in found}) == len(found), "a therapy is offered twice"
    return {step.therapy: step for step in found}


# --- the knowledge files


@pytest.mark.parametrize(("id", "example"), EXAMPLES)
def test_every_therapy_keeps_its_examples(id: str, example: knowledge.Example) -> None:
    case, expect = example.given, example.expect
    trial = (Trial(therapy=id, **case.trial),) if case.trial is not None else ()  # type: ignore[arg-type]
    patient = someone(*trial, jurisdiction=case.jurisdiction, **case.facts)
    asked: set[str] = set()
    if expect.verdict:
        (entry,) = therapies.ledger(patient).entries
        assert entry.verdict == expect.verdict, entry
        asked |= set(entry.ask)
    if expect.line:
        step = steps(patient, *case.conditions).get(id)
        assert (step.line if step else "not-offered") == expect.line
        if step:
            assert expect.schedule in step.schedule
            asked |= set(step.ask)
    assert set(expect.ask) <= asked


def test_every_criterion_asks_for_facts_that_exist() -> None:
    for id in therapies.therapies():
        for reason in knowledge.against(id):
            assert set(reason.when.facts()) <= set(facts.vocabulary()), (id, reason.text)


def test_every_drug_and_every_line_of_the_ladder_exists() -> None:
    for id, therapy in therapies.therapies().items():
        assert set(therapy.drugs) <= set(drugs.drugs()), id
        if therapy.group in ("drug", "opioid", "topical") and not therapy.drugs:
            assert id in drugs.drugs(), id
    general = knowledge.general()
    for id in (*general.ladder.first, *general.ladder.second, *general.ladder.third, *general.ladder.last):
        assert id in therapies.therapies(), id
    assert set(general.multimodal) <= set(therapies.therapies())


def test_every_condition_named_by_a_therapy_exists() -> None:
    conditions = {path.stem for path in (catalogue.DATA / "conditions").glob("*.toml")}
    for id, therapy in therapies.therapies().items():
        named = {one for reason in therapy.not_for for one in reason.conditions} | set(therapy.only_for)
        assert named <= conditions, id


def test_the_classes_that_count_as_refractory_stand_on_the_first_line() -> None:
    first = {therapies.therapies()[id].drug_class for id in knowledge.general().ladder.first}
    assert set(refractory.rules()["local"].of) == first
    assert set(refractory.rules()["delphi"].of) <= set(therapies.therapies())


def test_both_editions_are_kept_apart_as_printed() -> None:
    gabapentin = knowledge.effects("gabapentin")
    assert list(gabapentin) == ["soliman_2025", "finnerup_2015"]
    assert gabapentin["finnerup_2015"].nnt is not None
    assert gabapentin["finnerup_2015"].nnt.high == 9.21
    cream = knowledge.effects("capsaicin_cream")["soliman_2025"].nnt
    assert cream is not None
    assert cream.high is not None
    assert math.isinf(cream.high)
    said = steps(someone())["gabapentin"].nnt
    assert said.index("8.9 (7.4 to 11.1)") < said.index("7.2 (5.9 to 9.21)")
    assert "8.05" not in said


def test_a_combination_is_not_sold_as_superior() -> None:
    step = steps(someone(failed("duloxetine")))["combination"]
    assert "not superior" in step.why
    assert "tesfaye_2013" in step.sources


# --- boundaries, one unit apart, in every file


def _boundaries() -> Iterator[Any]:
    for id, therapy in therapies.therapies().items():
        adequate = therapy.adequate
        if adequate is None:
            continue
        if adequate.dose:
            yield pytest.param(id, "top_dose", adequate.dose.value, id=f"{id} dose")
        if adequate.days:
            yield pytest.param(id, "days", adequate.days.value, id=f"{id} days")
        if adequate.days_at_target:
            yield pytest.param(id, "days_at_top", adequate.days_at_target.value, id=f"{id} days at the dose")


@pytest.mark.parametrize(("id", "field", "limit"), list(_boundaries()))
def test_one_unit_less_is_inadequate_and_says_by_how_much(id: str, field: str, limit: float) -> None:
    enough = failed(id, **{field: limit} | ({"days_at_top": min(limit, 100)} if field == "days" else {}))
    short_of = failed(id, **{field: limit - 1} | ({"days_at_top": min(limit - 1, 100)} if field == "days" else {}))
    with_good_kidneys = {"crcl_ml_per_min": 120}
    assert verdict(someone(enough, **with_good_kidneys)) == "failed-adequate"
    (entry,) = therapies.ledger(someone(short_of, **with_good_kidneys)).entries
    assert entry.verdict == "inadequate"
    assert any(f"of the {limit:g}" in reason and reason.endswith(" %") for reason in entry.because), entry.because


def _bands() -> Iterator[Any]:
    for id, therapy in therapies.therapies().items():
        for limit in therapy.renal:
            name = f"{id} {limit.jurisdiction} {limit.below.value:g}"
            yield pytest.param(id, limit, id=name)


@pytest.mark.parametrize(("id", "limit"), list(_bands()))
def test_each_renal_limit_holds_below_its_clearance_and_not_at_it(id: str, limit: knowledge.RenalLimit) -> None:
    def ceiling(clearance: float) -> float:
        patient = someone(jurisdiction=limit.jurisdiction or "US", crcl_ml_per_min=clearance)
        return doses.ceiling(patient, doses.kidneys(patient), id).value

    assert ceiling(limit.below.value - 1) == limit.maximum.value
    assert ceiling(limit.below.value) > limit.maximum.value


@pytest.mark.parametrize(("id", "limit"), list(_bands()))
def test_the_ceiling_counts_as_adequate_and_one_less_does_not(id: str, limit: knowledge.RenalLimit) -> None:
    therapy = therapies.therapies()[id]
    if limit.maximum.value == 0:
        step = steps(someone(crcl_ml_per_min=limit.below.value - 1), *therapy.only_for[:1]).get(id)
        assert step is None or step.line == "unsuitable"
        return
    assert therapy.adequate is not None
    assert therapy.adequate.dose is not None
    needed = min(limit.maximum.value, therapy.adequate.dose.value)
    kidneys = {"crcl_ml_per_min": limit.below.value - 1, "jurisdiction": limit.jurisdiction or "US"}
    assert verdict(someone(failed(id, top_dose=needed), **kidneys)) == "failed-adequate"
    assert verdict(someone(failed(id, top_dose=needed - 1), **kidneys)) == "inadequate"


def _age_limits() -> Iterator[Any]:
    for id, therapy in therapies.therapies().items():
        for limit in therapy.age:
            yield pytest.param(id, limit, id=f"{id} {limit.above.value:g}")


@pytest.mark.parametrize(("id", "limit"), list(_age_limits()))
def test_each_age_limit_holds_above_its_age_and_not_at_it(id: str, limit: knowledge.AgeLimit) -> None:
    at_most = f"at most {limit.maximum.value:g} mg/day"
    kidneys = {"crcl_ml_per_min": 100}
    assert at_most in steps(someone(age_years=limit.above.value + 1, **kidneys))[id].schedule
    assert at_most not in steps(someone(age_years=limit.above.value, **kidneys))[id].schedule


def test_uk_and_us_limits_of_gabapentin_differ_and_the_lower_holds_where_the_jurisdiction_is_unknown() -> None:
    def ceiling(jurisdiction: str | None) -> float:
        patient = someone(jurisdiction=jurisdiction, crcl_ml_per_min=40)
        return doses.ceiling(patient, doses.kidneys(patient), "gabapentin").value

    assert (ceiling("US"), ceiling("UK"), ceiling(None)) == (1400, 900, 900)


def test_relief_of_thirty_percent_is_a_response_and_twenty_nine_is_not() -> None:
    assert verdict(someone(failed("duloxetine", relief_percent=30, stopped="other"))) == "responded"
    assert verdict(someone(failed("duloxetine", relief_percent=29, stopped="other"))) == "failed-adequate"


# --- verdicts


def test_what_is_unknown_is_asked_by_name() -> None:
    (entry,) = therapies.ledger(someone(tried("gabapentin", stopped="other"))).entries
    assert entry.verdict == "cannot-tell"
    assert set(entry.ask) == {
        "trial.gabapentin.top_dose",
        "trial.gabapentin.days",
        "trial.gabapentin.days_at_top",
        "trial.gabapentin.relief_percent",
    }


def test_the_shortfall_is_told_as_a_clinician_would_say_it() -> None:
    (entry,) = therapies.ledger(someone(failed("gabapentin", top_dose=900), crcl_ml_per_min=100)).entries
    assert "reached 900 mg/day of the 1800 mg/day that an adequate trial needs; 50 %" in entry.because


def test_creatinine_is_asked_only_where_a_ceiling_could_make_the_dose_adequate() -> None:
    (could,) = therapies.ledger(someone(failed("pregabalin", top_dose=75))).entries
    (could_not,) = therapies.ledger(someone(failed("pregabalin", top_dose=74))).entries
    (no_limits,) = therapies.ledger(someone(failed("amitriptyline", top_dose=10))).entries
    assert (could.verdict, could.ask) == ("cannot-tell", ("creatinine_mg_per_dl",))
    assert (could_not.verdict, no_limits.verdict) == ("inadequate", "inadequate")
    assert "creatinine_mg_per_dl" not in (*could_not.ask, *no_limits.ask)


def test_with_creatinine_known_the_weight_is_asked() -> None:
    (entry,) = therapies.ledger(someone(failed("pregabalin", top_dose=75), creatinine_mg_per_dl=2.0)).entries
    assert entry.ask == ("weight_kg",)


def test_an_egfr_that_stands_in_says_so() -> None:
    (entry,) = therapies.ledger(someone(failed("pregabalin", top_dose=150), egfr_ml_per_min=25)).entries
    assert entry.verdict == "failed-adequate"
    assert any("eGFR 25, standing in" in reason for reason in entry.because)


def test_the_highest_tolerated_dose_counts_when_it_was_held_long_enough() -> None:
    limited = {"top_dose": 900, "dose_limited_by_side_effects": True}
    assert verdict(someone(failed("gabapentin", **limited))) == "failed-adequate"
    assert verdict(someone(failed("gabapentin", days_at_top=13, **limited))) == "intolerant"


def test_relief_that_could_not_be_borne_is_intolerance() -> None:
    assert verdict(someone(failed("nortriptyline", relief_percent=60, stopped="side-effects"))) == "intolerant"


def test_statements_that_contradict_each_other_are_asked_about() -> None:
    (entry,) = therapies.ledger(someone(failed("duloxetine", relief_percent=60))).entries
    assert entry.verdict == "cannot-tell"
    assert entry.ask == ("trial.duloxetine.stopped",)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"effect": "good"}, "responded"),
        ({"effect": "none"}, "failed-adequate"),
        ({"effect": "some"}, "cannot-tell"),
        ({"effect": "some", "relief_percent": 12}, "failed-adequate"),
    ],
)
def test_an_effect_in_words_is_read_where_no_percent_is_known(fields: dict[str, Any], expected: str) -> None:
    told = {"relief_percent": None, "stopped": "other"} | fields
    assert verdict(someone(failed("duloxetine", **told))) == expected


def test_days_follow_from_dates() -> None:
    ended = tried("duloxetine", top_dose=60, start=DAY - timedelta(28), end=DAY, days_at_top=20, relief_percent=0)
    assert verdict(someone(ended)) == "failed-adequate"
    goes_on = tried(
        "duloxetine", top_dose=60, start=DAY - timedelta(20), ongoing=True, days_at_top=14, relief_percent=0
    )
    assert verdict(someone(goes_on)) == "ongoing"


def test_a_trial_for_depression_is_no_trial_for_pain() -> None:
    assert therapies.ledger(someone(failed("amitriptyline", purpose="depression"))).entries == ()
    (entry,) = therapies.ledger(someone(failed("amitriptyline", purpose=None))).entries
    assert entry.verdict == "cannot-tell"
    assert "trial.amitriptyline.purpose" in entry.ask


def test_a_pain_medicine_on_the_list_without_a_trial_is_asked_about() -> None:
    patient = someone(medications=(Medication(drug="duloxetine 30 MG Oral Capsule"), Medication(drug="metformin")))
    (entry,) = therapies.ledger(patient).entries
    assert (entry.therapy, entry.verdict) == ("duloxetine", "cannot-tell")
    assert "still being taken" in entry.because


def test_a_trial_of_a_medicine_on_the_list_goes_on() -> None:
    low = tried("gabapentin", top_dose=100, days=10)
    assert verdict(someone(low)) == "inadequate"
    assert verdict(someone(low, medications=(Medication(drug="Neurontin 100 mg"),))) == "ongoing"


def test_of_several_trials_of_a_drug_the_best_counts_and_it_says_so() -> None:
    patient = someone(failed("duloxetine", top_dose=30), failed("duloxetine"))
    (entry,) = therapies.ledger(patient).entries
    assert entry.verdict == "failed-adequate"
    assert entry.because[0] == "the best of 2 trials counts; the others: inadequate"


def test_relief_that_was_later_lost_counts_as_it_was_last() -> None:
    helped = failed("duloxetine", relief_percent=60, stopped="other", start=date(2019, 1, 1), end=date(2019, 9, 1))
    lost = failed("duloxetine", start=date(2024, 1, 1), end=date(2024, 9, 1))
    assert verdict(someone(helped, lost)) == "failed-adequate"
    assert verdict(someone(helped, failed("duloxetine"))) == "responded"


def test_a_therapy_outside_the_catalogue_keeps_its_name() -> None:
    (entry,) = therapies.ledger(someone(tried("acupuncture", relief_percent=0, days=90))).entries
    assert (entry.therapy, entry.title, entry.drug_class) == ("acupuncture", "acupuncture", "other")
    assert entry.verdict == "cannot-tell"


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("Gabapentin 300 MG Oral Capsule", "gabapentin"),
        ("Lyrica", "pregabalin"),
        ("desipramine", "nortriptyline"),
        ("12 HR Oxycodone Hydrochloride 60 MG Extended Release Oral Tablet", "strong_opioids"),
        ("lidocaine 5 % patch", "lidocaine_plaster"),
        ("Spinal cord stimulation", "spinal_cord_stimulation"),
        ("physiotherapy", "physical_therapy"),
        ("ibuprofen", None),
        ("crystal healing", None),
    ],
)
def test_a_written_name_finds_its_therapy(written: str, id: str | None) -> None:
    assert therapies.therapy_of(written) == id


# --- a slow, obvious second implementation


def _obvious(trial: Trial, dose: float, days: float, at_dose: float) -> str:
    """The verdict on a trial with every field known but those that may be None, as a table of ifs."""
    relief = trial.relief_percent
    if relief is not None and relief >= 30 and trial.stopped == "no-effect":
        relief_known, helped = False, False
    elif relief is not None:
        relief_known, helped = True, relief >= 30
    elif trial.stopped == "no-effect":
        relief_known, helped = True, False
    else:
        relief_known, helped = False, False
    if relief_known and helped:
        return "intolerant" if trial.stopped == "side-effects" else "responded"
    checks: list[bool | None] = []
    if (trial.top_dose is not None and trial.top_dose >= dose) or trial.dose_limited_by_side_effects:
        checks.append(True)
    elif trial.top_dose is None:
        checks.append(None)
    else:
        checks.append(False)
    longest = max(trial.days or 0, trial.days_at_top or 0)
    checks.append(True if longest >= days else None if trial.days is None else False)
    if trial.days_at_top is not None:
        checks.append(trial.days_at_top >= at_dose)
    elif trial.days is not None and trial.days < at_dose:
        checks.append(False)
    else:
        checks.append(None)
    if trial.adherent is False:
        checks.append(False)
    adequate = False if False in checks else None if None in checks else True
    if adequate and relief_known:
        return "failed-adequate"
    if trial.stopped == "side-effects":
        return "intolerant"
    small = trial.top_dose is None or trial.top_dose < dose
    if trial.dose_limited_by_side_effects and small and not trial.ongoing:
        return "intolerant" if relief_known else "cannot-tell"
    if adequate is False:
        return "ongoing" if trial.ongoing else "inadequate"
    return "cannot-tell"


@st.composite
def trials_of(draw: st.DrawFn, therapy: str = "gabapentin") -> Trial:
    maybe = st.none()
    days = draw(maybe | st.integers(0, 100))
    at_top = draw(maybe | st.integers(0, 100 if days is None else days))
    return Trial(
        therapy=therapy,
        top_dose=draw(maybe | st.sampled_from([0, 100, 900, 1799, 1800, 3600])),
        days=days,
        days_at_top=at_top,
        relief_percent=draw(maybe | st.sampled_from([-20, 0, 29, 30, 60])),
        stopped=draw(st.sampled_from([None, "no-effect", "side-effects", "other"])),
        dose_limited_by_side_effects=draw(st.sampled_from([None, True, False])),
        adherent=draw(st.sampled_from([None, True, False])),
        ongoing=draw(st.sampled_from([None, True, False])),
    )


@settings(max_examples=400, deadline=None)
@given(trials_of())
def test_the_verdict_agrees_with_a_table_of_ifs(trial: Trial) -> None:
    assert verdict(someone(trial, crcl_ml_per_min=120)) == _obvious(trial, 1800, 35, 14)


# --- laws


@settings(max_examples=200, deadline=None)
@given(trials_of(), st.integers(0, 50), st.integers(0, 2000))
def test_more_days_or_a_higher_dose_never_make_an_adequate_failure_inadequate(trial: Trial, days: int, mg: int) -> None:
    if verdict(someone(trial, crcl_ml_per_min=120)) != "failed-adequate":
        return
    more = {
        "top_dose": None if trial.top_dose is None else trial.top_dose + mg,
        "days": None if trial.days is None else trial.days + days,
        "days_at_top": None if trial.days_at_top is None else trial.days_at_top + (days if trial.days else 0),
    }
    assert verdict(someone(trial.model_copy(update=more), crcl_ml_per_min=120)) == "failed-adequate"


@pytest.mark.parametrize("field", ["top_dose", "days_at_top", "relief_percent"])
def test_a_missing_field_never_yields_an_adequate_failure(field: str) -> None:
    whole = failed("gabapentin", stopped="other")
    assert verdict(someone(whole)) == "failed-adequate"
    assert verdict(someone(whole.model_copy(update={field: None}))) == "cannot-tell"


def test_unknown_days_are_settled_only_by_days_at_the_dose_that_suffice_alone() -> None:
    whole = failed("gabapentin").model_copy(update={"days": None})
    assert verdict(someone(whole.model_copy(update={"days_at_top": 35}))) == "failed-adequate"
    assert verdict(someone(whole.model_copy(update={"days_at_top": 34}))) == "cannot-tell"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(list(therapies.therapies())).flatmap(trials_of), max_size=5), st.randoms())
def test_the_order_of_the_trials_does_not_matter(trials: list[Trial], shuffler: Any) -> None:
    shuffled = list(trials)
    shuffler.shuffle(shuffled)
    one, other = someone(*trials), someone(*shuffled)
    assert therapies.ledger(one) == therapies.ledger(other)
    assert steps(one) == steps(other)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(list(therapies.therapies())).flatmap(trials_of), max_size=4), st.booleans())
def test_an_unrelated_fact_changes_nothing(trials: list[Trial], value: bool) -> None:
    patient = someone(*trials, pain_average_nrs=7)
    more = patient.knowing(escort_available=value, bladder_symptoms=value)
    assert therapies.ledger(patient) == therapies.ledger(more)
    assert steps(patient) == steps(more)


# --- refractory

THREE = (failed("nortriptyline"), failed("duloxetine"), failed("gabapentin"))
PAIN = {"pain_duration_days": 400, "pain_average_nrs": 8, "pain_interferes_much": True}


def local(patient: Patient) -> bool | None:
    return therapies.ledger(patient).refractory_local.holds


def delphi(patient: Patient) -> bool | None:
    return therapies.ledger(patient).refractory_delphi.holds


def test_three_first_line_classes_make_it_refractory_locally_but_not_by_the_delphi() -> None:
    assert local(someone(*THREE, **PAIN)) is True
    assert delphi(someone(*THREE, **PAIN)) is False


def test_two_medicines_of_a_class_are_one_class() -> None:
    patient = someone(failed("nortriptyline"), failed("amitriptyline"), failed("duloxetine"), **PAIN)
    assert local(patient) is False
    because = therapies.ledger(patient).refractory_local.because
    assert "gabapentinoid: no trial is recorded" in because


def test_gabapentin_at_900_mg_is_not_enough() -> None:
    patient = someone(*THREE[:2], failed("gabapentin", top_dose=900), crcl_ml_per_min=100, **PAIN)
    assert local(patient) is False
    assert "raise to 1800 mg/day" in steps(patient)["gabapentin"].why
    assert "pregabalin" not in steps(patient)


def test_a_trial_that_may_have_been_intolerance_leaves_it_open() -> None:
    patient = someone(*THREE[:2], failed("gabapentin", top_dose=100, stopped=None), **PAIN)
    judgement = therapies.ledger(patient).refractory_local
    assert judgement.holds is None
    assert "trial.gabapentin.stopped" in judgement.ask


def test_an_intolerable_class_counts_and_so_does_one_that_is_ruled_out() -> None:
    intolerant = tried("gabapentin", top_dose=300, days=5, stopped="side-effects")
    assert local(someone(*THREE[:2], intolerant, **PAIN)) is True
    ruled_out = someone(*THREE[1:], conduction_defect=True, **PAIN)
    assert local(ruled_out) is True
    assert local(someone(*THREE[1:], conduction_defect=False, **PAIN)) is False
    assert local(someone(*THREE[1:], **PAIN)) is False


def test_the_duration_of_the_pain_decides_at_its_boundary() -> None:
    assert local(someone(*THREE, **PAIN | {"pain_duration_days": 90})) is True
    assert local(someone(*THREE, **PAIN | {"pain_duration_days": 89})) is False
    unknown = therapies.ledger(someone(*THREE, pain_average_nrs=8)).refractory_local
    assert (unknown.holds, unknown.ask) == (None, ("pain_duration_days",))


def test_mild_pain_without_any_response_still_counts_but_mild_pain_with_one_does_not() -> None:
    mild = PAIN | {"pain_average_nrs": 4}
    assert local(someone(*THREE, **mild)) is True
    helped = failed("lidocaine_plaster", relief_percent=50, stopped="other")
    assert local(someone(*THREE, helped, **mild)) is False
    assert local(someone(*THREE, helped, **mild | {"pain_average_nrs": 5})) is True


FOUR = (*THREE, failed("pregabalin"))


def test_the_delphi_needs_four_drugs_each_for_three_months_and_a_year_of_pain() -> None:
    assert delphi(someone(*FOUR, **PAIN)) is True
    short = failed("pregabalin", days=89, days_at_top=80)
    assert delphi(someone(*THREE, short, **PAIN)) is False
    assert delphi(someone(*THREE, failed("pregabalin", days=90, days_at_top=80), **PAIN)) is True
    assert delphi(someone(*FOUR, **PAIN | {"pain_duration_days": 364})) is False
    assert delphi(someone(*FOUR, **PAIN | {"pain_average_nrs": 4})) is False
    assert delphi(someone(*FOUR, **PAIN | {"pain_interferes_much": False})) is False


def test_the_delphi_says_that_its_abstract_and_table_differ() -> None:
    assert "no consensus" in refractory.rules()["delphi"].rule.text
    assert "smith_2012" in therapies.ledger(someone()).sources


def test_the_payer_rule_wants_two_classes_for_thirty_days_and_only_in_the_us() -> None:
    def step(*trials: Trial, jurisdiction: str | None = "US") -> bool | None:
        patient = someone(*trials, jurisdiction=jurisdiction)
        judgement = therapies.step_therapy(patient)
        assert judgement is not None
        return judgement.holds

    short = failed("duloxetine", days=29, days_at_top=29)
    assert step(failed("duloxetine", days=30, days_at_top=30), failed("gabapentin")) is True
    assert step(short, failed("gabapentin")) is False
    assert step(failed("amitriptyline"), failed("nortriptyline")) is False
    assert step(failed("duloxetine"), failed("gabapentin"), jurisdiction=None) is True
    british = someone(*THREE, jurisdiction="UK")
    assert therapies.step_therapy(british) is None


# --- next steps


def test_a_new_patient_is_offered_all_first_line_classes_and_opioids_last() -> None:
    found = list(steps(someone(pain_localised=True, skin_intact_in_area=True)).values())
    lines = [step.line for step in found]
    assert {"tca", "snri", "gabapentinoid"} == {
        therapies.therapies()[step.therapy].drug_class for step in found if step.line == "first"
    }
    order = ["first", "second", "third", "multimodal", "last", "unsuitable"]
    assert lines == sorted(lines, key=order.index)
    assert {step.therapy for step in found if step.line == "last"} == {"tramadol", "strong_opioids"}
    assert all("last" in step.why for step in found if step.line == "last")


def test_a_failed_class_is_not_offered_again() -> None:
    found = steps(someone(failed("nortriptyline")))
    assert "nortriptyline" not in found
    assert "amitriptyline" not in found
    assert found["duloxetine"].line == "first"


def test_the_multimodal_plan_is_part_of_every_plan() -> None:
    for ladder in (None, _trigeminal()):
        found = steps(someone(*THREE), ladder=ladder)
        multimodal = {step.therapy for step in found.values() if step.line == "multimodal"}
        assert multimodal == {"physical_therapy", "psychological_therapy", "sleep", "mood", "medication_review"}


def _trigeminal() -> Ladder:
    reason = catalogue.CitedText(
        text="trigeminal neuralgia goes its own way", source="bendtsen_2019", checked="primary"
    )
    return Ladder(
        first=("carbamazepine", "oxcarbazepine"),
        second=("lamotrigine", "baclofen"),
        third=("microvascular_decompression",),
        avoid=(Avoid(therapy="strong_opioids", reason=reason),),
        reason=reason,
    )


def test_a_condition_with_its_own_ladder_overrides_the_general_one() -> None:
    found = steps(someone(), "trigeminal_neuralgia", ladder=_trigeminal())
    assert [id for id, step in found.items() if step.line == "first"] == ["carbamazepine", "oxcarbazepine"]
    assert "duloxetine" not in found
    assert found["strong_opioids"].line == "unsuitable"
    assert found["strong_opioids"].why == "trigeminal neuralgia goes its own way"
    assert found["microvascular_decompression"].line == "third"


def test_carbamazepine_not_borne_leaves_oxcarbazepine() -> None:
    intolerant = tried("carbamazepine", top_dose=400, days=10, stopped="side-effects")
    found = steps(someone(intolerant), ladder=_trigeminal())
    assert "carbamazepine" not in found
    assert found["oxcarbazepine"].line == "first"


def test_hla_b1502_takes_carbamazepine_out_and_an_untested_ancestry_warns() -> None:
    assert steps(someone(hla_b1502="positive"), ladder=_trigeminal())["carbamazepine"].line == "unsuitable"
    untested = steps(someone(hla_b1502="not-done"), ladder=_trigeminal())["carbamazepine"]
    assert (untested.line, untested.against[0].level) == ("first", "caution")
    assert "hla_b1502" in steps(someone(), ladder=_trigeminal())["carbamazepine"].ask


def test_a_caution_never_hides_what_speaks_absolutely_against() -> None:
    step = steps(someone(conduction_defect=True), "hiv_neuropathy")["amitriptyline"]
    assert step.line == "unsuitable"
    assert [one.level for one in step.against] == ["absolute", "caution"]
    assert step.why == step.against[0].text


def test_a_caution_is_shown_beside_the_offer_with_its_source() -> None:
    step = steps(someone(takes_serotonergic=True))["tramadol"]
    (caution,) = step.against
    assert caution.level == "caution"
    assert caution.source in step.sources
    assert caution.because == ("takes a serotonergic medicine",)


def test_what_is_unknown_and_could_speak_against_is_asked() -> None:
    assert {"conduction_defect", "glaucoma_narrow_angle"} <= set(steps(someone())["amitriptyline"].ask)
    assert "creatinine_mg_per_dl" in steps(someone())["duloxetine"].ask
    assert "crcl_ml_per_min" not in {fact for step in steps(someone()).values() for fact in step.ask}


def test_every_step_cites_and_every_citation_is_in_the_files() -> None:
    known = set(evidence.cite([*therapies.therapies().values(), *knowledge.therapy_classes().values()]))
    known |= set(evidence.cite([knowledge.general(), *refractory.rules().values()]))
    for step in steps(someone(*THREE, **PAIN)).values():
        assert step.sources
        assert set(step.sources) <= known


def test_rehabilitation_leads_where_the_conditions_own_ladder_says_so() -> None:
    reason = catalogue.CitedText(text="rehabilitation first", source="harden_2022", checked="secondary")
    crps = Ladder(first=("physical_therapy", "nortriptyline"), reason=reason)
    found = steps(someone(), "crps_1", ladder=crps)
    assert found["physical_therapy"].line == "first"
    assert found["graded_motor_imagery"].line == "multimodal"
    assert "graded_motor_imagery" not in steps(someone(), "trigeminal_neuralgia", ladder=_trigeminal())
    done = steps(someone(failed("physical_therapy")), "crps_1", ladder=crps)["physical_therapy"]
    assert (done.line, "tried before" in done.why) == ("multimodal", True)


def test_a_medicine_that_helped_is_offered_again_and_its_class_has_not_failed() -> None:
    helped = failed("pregabalin", relief_percent=50, stopped="other")
    patient = someone(*THREE, helped, **PAIN)
    assert local(patient) is False
    assert steps(patient)["pregabalin"].why.startswith("it helped (relief 50 %")


def test_a_recorded_allergy_takes_a_medicine_out_and_leaves_the_others_of_its_class() -> None:
    written = ("Tegretol", "penicillin", "morphine sulfate", "Nortriptyline")
    allergic = someone().model_copy(update={"allergies": written})
    carbamazepine = steps(allergic, ladder=_trigeminal())["carbamazepine"]
    assert carbamazepine.line == "unsuitable"
    assert "an allergy is on record: Tegretol" in carbamazepine.why
    general = steps(allergic)
    assert general["nortriptyline"].line == "unsuitable"
    assert general["amitriptyline"].line == "first"
    assert general["strong_opioids"].line == "last", "another opioid may be chosen"
    assert any("morphine" in one.text for one in general["strong_opioids"].against)
    assert not general["duloxetine"].against


def test_a_medicine_taken_for_depression_is_not_offered_as_if_it_were_new() -> None:
    now = tried("Cymbalta", purpose="depression", top_dose=60, days=200, ongoing=True)
    before = now.model_copy(update={"ongoing": False})
    said = "it is taken already, for depression"
    assert any(said in one.text for one in steps(someone(now))["duloxetine"].against)
    assert not any(said in one.text for one in steps(someone(before))["duloxetine"].against)
    assert not any(said in one.text for one in steps(someone(now))["nortriptyline"].against)


def test_allergies_to_every_medicine_of_a_class_close_it() -> None:
    tried_two = (failed("duloxetine"), failed("gabapentin"))
    one = someone(*tried_two, **PAIN).model_copy(update={"allergies": ("nortriptyline",)})
    both = one.model_copy(update={"allergies": ("nortriptyline", "amitriptyline")})
    assert local(one) is False
    assert local(both) is True


def test_a_cause_already_treated_no_longer_holds_the_first_line() -> None:
    own = Ladder(
        first=("cause_directed",), reason=CitedText(text="a test", source="unwound_local", checked="unchecked")
    )

    def line(*trials: Trial) -> str:
        return steps(someone(*trials), ladder=own)["cause_directed"].line

    assert line() == "first"
    assert line(tried("Microdiscectomy")) == "first", "whether it helped is still to be asked"
    assert line(tried("microdiscectomy", ongoing=True)) == "first"
    assert line(tried("microdiscectomy", relief_percent=60)) == "first", "it helped"
    assert line(tried("microdiscectomy", relief_percent=29)) == "second"
    assert line(tried("cause_directed", effect="none")) == "second"


def test_what_helped_stands_at_the_head_of_its_line() -> None:
    helped = tried("gabapentin", top_dose=1800, days=200, days_at_top=150, relief_percent=70, ongoing=True)
    assert next(iter(steps(someone(helped)))) == "gabapentin"
    assert next(iter(steps(someone()))) == knowledge.general().ladder.first[0] != "gabapentin"


def test_combination_waits_for_a_first_line_medicine() -> None:
    assert "combination" not in steps(someone())
    assert "combination" in steps(someone(failed("duloxetine")))
    assert "combination" not in steps(someone(tried("duloxetine", top_dose=30, days=3, stopped="side-effects")))


def test_the_schedule_is_built_from_the_data() -> None:
    schedule = steps(someone(crcl_ml_per_min=100))["gabapentin"].schedule
    assert schedule.startswith("start 300 mg/day (100 to 300); raise by 300 mg/day every 3 days (1 to 7) as borne")
    assert "to 1800 mg/day; at most 3600 mg/day; judge after 35 days, of which 14 days at the target" in schedule
    weak = steps(someone(crcl_ml_per_min=25))["pregabalin"].schedule
    assert weak.startswith("start 25 mg/day for weak kidneys")
    assert "may lower these doses" in steps(someone())["gabapentin"].schedule
