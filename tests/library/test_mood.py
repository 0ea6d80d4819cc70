"""Mood beside pain: severity, depression now, and failures of antidepressants that are really failures."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import catalogue, derive, drugs, evidence, facts, instruments, mood
from unwound.mood import PatientExample, TrialExample
from unwound.patient import Answers, Patient, Trial

DAY = date(2026, 11, 21)
GROUPS = catalogue.load("antidepressants", mood.Group)
RULE = catalogue.load_rule("treatment_resistance", mood.Resistance)
DRUGS = [(id, drug.adequate_dose.value) for group in GROUPS.values() for id, drug in group.drugs.items()]
NEEDED_DAYS = RULE.adequate_days.value
VERDICTS = {"responded", "failed-adequate", "intolerant", "inadequate", "ongoing", "cannot-tell"}


def patient(*trials: Trial, **known: bool | float) -> Patient:
    return Patient(as_of=DAY, trials=trials).knowing(**known)


def failed(therapy: str, **known: object) -> Trial:
    fields = {"purpose": "depression", "top_dose": 300, "days_at_top": 60, "relief_percent": 0, "end": date(2026, 9, 1)}
    return Trial.model_validate({"therapy": therapy, "adherent": True, **fields, **known})


def verdict(trial: Trial) -> str:
    entry = mood.judge(trial)
    assert entry is not None
    return entry.verdict


@pytest.mark.parametrize(
    "example", [one for group in GROUPS.values() for one in group.examples], ids=lambda example: example.name
)
def test_every_example_of_a_trial_has_its_verdict(example: TrialExample) -> None:
    assert verdict(example.trial) == example.expect


@pytest.mark.parametrize("example", RULE.examples, ids=lambda example: example.name)
def test_every_example_of_a_patient_is_judged_as_it_says(example: PatientExample) -> None:
    one = Patient(as_of=DAY, trials=example.trials).knowing(**example.facts)
    facts.check(one)
    found = mood.assess(one)
    expected = None if example.expect == "unknown" else example.expect
    assert (found.treatment_resistant.holds, found.severity) == (expected, example.severity)


@pytest.mark.parametrize(("id", "dose"), DRUGS)
def test_each_antidepressant_is_a_drug_of_the_catalogue_and_its_dose_is_a_boundary(id: str, dose: float) -> None:
    assert "antidepressant" in drugs.classes(id)
    assert verdict(failed(id, top_dose=dose)) == "failed-adequate"
    assert verdict(failed(id, top_dose=dose - 1)) == "inadequate"
    assert verdict(failed(id, top_dose=dose, days_at_top=NEEDED_DAYS)) == "failed-adequate"
    assert verdict(failed(id, top_dose=dose, days_at_top=NEEDED_DAYS - 1)) == "inadequate"
    assert verdict(failed(id, top_dose=dose, relief_percent=49)) == "failed-adequate"
    assert verdict(failed(id, top_dose=dose, relief_percent=50)) == "responded"


def test_an_inadequate_trial_says_by_how_much() -> None:
    entry = mood.judge(failed("venlafaxine", top_dose=75, days_at_top=20))
    assert entry is not None
    assert entry.because == (
        "reached 75 mg/day; depression needs at least 150",
        "taken for 20 days; at least 28 are needed",
    )


def test_a_trial_that_cannot_be_told_says_what_to_ask() -> None:
    entry = mood.judge(Trial(therapy="sertraline", purpose="depression"))
    assert entry is not None
    assert entry.verdict == "cannot-tell"
    assert [mood.question(id) for id in entry.ask] == [
        "What was the highest daily dose of Sertraline?",
        "For how many days was Sertraline taken at 50 mg/day or more?",
        "Was Sertraline taken as prescribed?",
        "By what percent did the depressive symptoms improve on Sertraline?",
    ]


def test_an_unknown_adherence_is_asked_and_never_makes_a_failure() -> None:
    entry = mood.judge(failed("sertraline", adherent=None))
    assert entry is not None
    assert (entry.verdict, entry.ask) == ("cannot-tell", ("mood.sertraline.adherent",))


def test_days_at_a_dose_beyond_the_adequate_one_do_not_make_the_whole_trial_short() -> None:
    assert verdict(failed("sertraline", top_dose=200, days=90, days_at_top=10)) == "cannot-tell"
    assert verdict(failed("sertraline", top_dose=200, days=20, days_at_top=10)) == "inadequate"
    assert verdict(failed("sertraline", top_dose=50, days=90, days_at_top=10)) == "inadequate"


def test_the_same_dose_counts_for_mood_only_where_its_effect_on_mood_is_known() -> None:
    for_pain = failed("duloxetine", purpose="pain", top_dose=60)
    assert verdict(for_pain) == "cannot-tell"
    assert verdict(failed("duloxetine", top_dose=60)) == "failed-adequate"
    assert verdict(failed("duloxetine", purpose=None, top_dose=60)) == "cannot-tell"


@pytest.mark.parametrize("dose", [25, 50, 75])
@given(
    ongoing=st.none() | st.booleans(), days=st.none() | st.integers(0, 900), relief=st.none() | st.integers(-100, 100)
)
def test_a_tricyclic_at_a_dose_for_pain_is_never_a_failed_antidepressant(
    dose: int, ongoing: bool | None, days: int | None, relief: int | None
) -> None:
    trial = failed(
        "amitriptyline", purpose="pain", top_dose=dose, days_at_top=days, relief_percent=relief, ongoing=ongoing
    )
    assert verdict(trial) == "inadequate"


@pytest.mark.parametrize(
    ("adherent", "expected"), [(True, "failed-adequate"), (False, "inadequate"), (None, "cannot-tell")]
)
def test_a_trial_fails_only_if_it_is_known_to_have_been_taken(adherent: bool | None, expected: str) -> None:
    assert verdict(failed("sertraline", adherent=adherent)) == expected


def test_two_scores_that_disagree_leave_the_question_open() -> None:
    known = mood.assess(patient(depression_diagnosed=True, phq9_total=5.0, madrs_total=30.0)).depression
    assert (known.holds, known.ask) == (None, ("phq9_total",))
    assert "the two scores disagree on whether there is depression now" in known.because


def test_a_count_without_a_list_is_said_to_be_the_clinicians() -> None:
    resistant = mood.assess(patient(depression_diagnosed=True, phq9_total=20.0, antidepressants_failed=3.0))
    assert resistant.treatment_resistant.because == (
        "antidepressants that failed at adequate dose and time in this episode: 3 drugs, as the clinician counts",
        "listed here with dose, time and effect: none; 2 are required",
    )
    assert resistant.failures == 3
    assert mood.assess(patient(depression_diagnosed=True, phq9_total=20.0)).failures is None


def test_other_therapies_are_no_antidepressants() -> None:
    for therapy in ("gabapentin", "physical_therapy", "something else"):
        assert mood.judge(failed(therapy)) is None


def test_trials_for_pain_are_left_out_where_there_is_no_depression() -> None:
    pain, low = failed("duloxetine", purpose="pain"), failed("sertraline")
    assert [entry.therapy for entry in mood.assess(patient(pain, low, phq9_total=3.0)).entries] == ["sertraline"]
    assert len(mood.assess(patient(pain, low)).entries) == 2


@pytest.mark.parametrize(("total", "holds"), [(10.0, True), (9.0, False)])
def test_depression_now_is_a_diagnosis_and_a_score_at_the_cut_off(total: float, holds: bool) -> None:
    assert mood.assess(patient(depression_diagnosed=True, phq9_total=total)).depression.holds is holds
    undiagnosed = mood.assess(patient(phq9_total=total)).depression
    assert (undiagnosed.holds, undiagnosed.ask) == ((None, ("depression_diagnosed",)) if holds else (False, ()))


@pytest.mark.parametrize(("total", "severity", "holds"), [(20.0, "moderate", True), (19.0, "mild", False)])
def test_the_madrs_speaks_only_where_there_is_no_phq_9(total: float, severity: str, holds: bool) -> None:
    alone = mood.assess(patient(depression_diagnosed=True, madrs_total=total))
    assert (alone.severity, alone.depression.holds, alone.phq9) == (severity, holds, None)
    both = mood.assess(patient(depression_diagnosed=True, madrs_total=total, phq9_total=27.0))
    assert (both.severity, both.phq9) == ("severe", 27)


def test_an_unfinished_form_gives_no_severity_but_its_reason_and_its_last_item() -> None:
    form = Answers(instrument="phq_9", items=(3,) * 7 + (None, 2), on=date(2026, 11, 20))
    found = mood.assess(derive.derive(Patient(as_of=DAY, answers=(form,))))
    assert (found.severity, found.phq9) == ("", None)
    assert "item 8" in found.because[0]
    assert found.because[-1] == "PHQ-9 item 9 (thoughts of death or self-harm) 2 of 3 (20 Nov 2026)"
    assert "phq9_total" in found.ask


@pytest.mark.parametrize(("days", "holds"), [(81.0, True), (80.0, None)])
def test_a_failure_counts_from_the_day_the_episode_began(days: float, holds: bool | None) -> None:
    one = patient(
        failed("sertraline"),
        failed("venlafaxine"),
        depression_diagnosed=True,
        phq9_total=20.0,
        depression_episode_days=days,
    )
    assert mood.assess(one).treatment_resistant.holds is holds


def test_undated_failures_ask_for_the_length_of_the_episode() -> None:
    one = patient(failed("sertraline"), failed("venlafaxine"), depression_diagnosed=True, phq9_total=20.0)
    found = mood.assess(one).treatment_resistant
    assert (found.holds, found.ask) == (None, ("depression_episode_days", "antidepressants_failed"))


@pytest.mark.parametrize(("count", "holds"), [(2.0, True), (1.0, False)])
def test_the_clinicians_count_settles_it(count: float, holds: bool) -> None:
    one = patient(depression_diagnosed=True, phq9_total=20.0, antidepressants_failed=count)
    assert mood.assess(one).treatment_resistant.holds is holds


def test_the_ledger_does_not_depend_on_the_order_in_which_trials_were_written_down() -> None:
    known = {"depression_diagnosed": True, "phq9_total": 18.0, "depression_episode_days": 900.0}
    tried = (failed("sertraline"), failed("venlafaxine"), failed("amitriptyline", purpose="pain"))
    assert mood.assess(patient(*tried, **known)) == mood.assess(patient(*tried[::-1], **known))


def test_without_depression_nobody_is_asked_about_antidepressants() -> None:
    found = mood.assess(patient())
    assert found.ask == ("depression_diagnosed", "phq9_total")


trials = st.builds(
    Trial,
    therapy=st.sampled_from(["sertraline", "Zoloft", "amitriptyline", "duloxetine", "gabapentin"]),
    purpose=st.sampled_from(["pain", "depression", None]),
    top_dose=st.none() | st.floats(0, 500),
    days_at_top=st.none() | st.floats(0, 90),
    end=st.none() | st.dates(date(2020, 1, 1), DAY),
    ongoing=st.none() | st.booleans(),
    relief_percent=st.none() | st.floats(-100, 100),
    effect=st.sampled_from([None, "none", "some", "good"]),
    stopped=st.sampled_from([None, "no-effect", "side-effects", "other"]),
    adherent=st.none() | st.booleans(),
)
known = st.fixed_dictionaries(
    {},
    optional={
        "phq9_total": st.floats(0, 27) | st.integers(0, 27).map(float),
        "madrs_total": st.integers(0, 60).map(float),
        "depression_diagnosed": st.booleans(),
        "depression_episode_days": st.floats(0, 3000),
        "antidepressants_failed": st.integers(0, 5).map(float),
    },
)


@given(st.lists(trials, max_size=5), known)
def test_only_what_is_unsettled_asks_and_it_asks_for_facts_that_are_unknown(
    some: list[Trial], facts_known: dict[str, bool | float]
) -> None:
    one = patient(*some, **facts_known)
    found = mood.assess(one)
    for judgement in (found.depression, found.treatment_resistant):
        assert (judgement.holds is None) == bool(judgement.ask)
    assert all(id in facts.vocabulary() for id in found.ask)
    assert all(one.value(id) is None or id == "phq9_total" for id in found.ask)
    for entry in found.entries:
        assert entry.verdict in VERDICTS
        assert bool(entry.ask) == (entry.verdict == "cannot-tell")
        assert entry.because or entry.ask
        assert all(mood.question(id) for id in entry.ask)


@given(st.lists(trials, max_size=5), known, trials)
def test_one_more_trial_never_takes_resistance_back(
    some: list[Trial], facts_known: dict[str, bool | float], more: Trial
) -> None:
    before = mood.assess(patient(*some, **facts_known)).treatment_resistant.holds
    if before is True:
        assert mood.assess(patient(*some, more, **facts_known)).treatment_resistant.holds is True


@given(known)
def test_an_unrelated_fact_changes_nothing(facts_known: dict[str, bool | float]) -> None:
    one = patient(failed("sertraline"), **facts_known)
    assert mood.assess(one) == mood.assess(one.knowing(diabetes=True, weight_kg=70.0))


def test_the_sources_of_the_rule_and_of_the_form_are_named() -> None:
    assert mood.assess(patient(phq9_total=12.0)).sources == ("kroenke_2001", "rybak_2021")
    assert "therapeutic_choices_depression_2023" in evidence.cite(GROUPS["ssri"])
    assert "chandler_2010" in evidence.cite(GROUPS["tca"])


def test_the_severities_are_the_bands_of_the_form() -> None:
    bands = [(band.id, band.at_least.value) for band in instruments.instrument("phq_9").bands]
    for id, limit in bands:
        assert mood.assess(patient(phq9_total=limit)).severity == id


@pytest.mark.parametrize(("end", "expected"), [(date(2026, 3, 28), "inadequate"), (date(2026, 3, 29), "cannot-tell")])
def test_first_and_last_day_bound_the_time_where_no_days_are_given(end: date, expected: str) -> None:
    assert verdict(failed("sertraline", days_at_top=None, start=date(2026, 3, 1), end=end)) == expected
