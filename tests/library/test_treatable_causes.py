"""A cause of a neuropathy that can still be treated stands before every medicine for the pain."""

from datetime import date

import pytest

from unwound import facts, pathway
from unwound.patient import Fact, Medication, Patient, Value
from unwound.therapies import causes

FEET = Patient(as_of=date(2026, 11, 21), birth_date=date(1980, 1, 1)).knowing(
    polyneuropathy_other_cause=True,
    pain_distribution=("distal-symmetric",),
    pain_began_in_plausible_time=True,
    pain_duration_days=400,
    pain_average_nrs=7,
    sensory_loss_in_area=True,
)


def test_every_cause_that_can_be_entered_has_what_treats_it() -> None:
    assert set(causes.rule().causes) == set(facts.vocabulary()[causes.rule().fact].options) - {"none"}


@pytest.mark.parametrize("cause", causes.rule().causes)
def test_its_treatment_is_the_first_step_and_what_is_advised(cause: str) -> None:
    review = pathway.review(FEET.knowing(treatable_causes=(cause,)))
    first = review.next_steps[0]
    assert (first.therapy, first.line, first.why) == ("cause_directed", "first", causes.rule().causes[cause].text)
    assert any("treating the cause" in because for gate in review.candidacy.gates for because in gate.judgement.because)


def test_two_causes_are_both_named_and_none_leaves_the_order_as_it_is() -> None:
    both = pathway.review(FEET.knowing(treatable_causes=("alcohol", "vitamin-b12"))).next_steps[0]
    assert all(causes.rule().causes[cause].text in both.why for cause in ("alcohol", "vitamin-b12"))
    assert pathway.review(FEET.knowing(treatable_causes=("none",))).next_steps[0].therapy != "cause_directed"


def test_where_nobody_has_asked_it_is_asked_in_the_conditions_that_have_such_causes() -> None:
    assert causes.rule().fact in {ask.fact for ask in pathway.review(FEET).asks}
    face = FEET.knowing(pain_distribution=("trigeminal",), trigeminal_history=True, polyneuropathy_other_cause=False)
    assert causes.rule().fact not in {ask.fact for ask in pathway.review(face).asks}


DAY = date(2026, 11, 1)


def on(day: date, patient: Patient = FEET, **values: Value) -> Patient:
    """The patient with facts of that day."""
    return patient.with_checked(facts=patient.facts | {id: Fact(value=value, on=day) for id, value in values.items()})


def taking(*names: str, patient: Patient = FEET) -> Patient:
    """The patient with these medicines."""
    return patient.with_checked(medications=tuple(Medication(drug=name) for name in names))


SHOWN = {
    "vitamin-b12": on(DAY, vitamin_b12_ng_per_l=140.0),
    "thyroid": on(DAY, tsh_miu_per_l=10.0),
    "thyroid of whom takes thyroid hormone": taking("Eltroxin"),
    "thyroid that is underactive": FEET.knowing(hypothyroidism=True),
    "glucose": on(DAY, diabetes=True, hba1c_percent=8.5),
    "alcohol": FEET.knowing(alcohol_substantial=True),
    "medicine": taking("nitrofurantoin", "amlodipine"),
    "chemotherapy": taking("paclitaxel"),
    "nitrous-oxide": taking("nitrous oxide"),
    "hiv": taking("amlodipine", patient=FEET.knowing(hiv=True, medication_list_complete=True)),
    "hepatitis-c": FEET.knowing(hepatitis_c_untreated=True),
}
HIDDEN = (
    on(DAY, vitamin_b12_ng_per_l=180.0),
    on(date(2025, 11, 1), vitamin_b12_ng_per_l=140.0),
    on(DAY, tsh_miu_per_l=9.9),
    on(DAY, taking("levothyroxine"), tsh_miu_per_l=9.9),
    on(DAY, hypothyroidism=True, tsh_miu_per_l=3.0),
    on(DAY, diabetes=True, hba1c_percent=8.4),
    taking("tenofovir", patient=FEET.knowing(hiv=True)),
    FEET.knowing(hiv=True),
)


@pytest.mark.parametrize("cause", SHOWN)
def test_what_the_record_shows_leads_with_its_day_and_is_asked_about(cause: str) -> None:
    review = pathway.review(SHOWN[cause])
    first = review.next_steps[0]
    assert (first.therapy, first.line) == ("cause_directed", "first")
    assert first.why.endswith(causes.rule().causes[cause.partition(" ")[0]].text)
    assert causes.rule().fact in {ask.fact for ask in review.asks}
    assert "treating the cause" not in str([gate.judgement.because for gate in review.candidacy.gates])


def test_a_result_is_quoted_with_its_day() -> None:
    why = pathway.review(SHOWN["vitamin-b12"]).next_steps[0].why
    assert why == "total vitamin B12 140 ng/L (1 Nov 2026): replace vitamin B12"


@pytest.mark.parametrize("patient", HIDDEN)
def test_a_good_an_old_or_an_unknown_value_shows_nothing_and_is_asked(patient: Patient) -> None:
    review = pathway.review(patient)
    assert review.next_steps[0].therapy != "cause_directed"
    assert causes.rule().fact in {ask.fact for ask in review.asks}


def test_an_answer_settles_what_was_known_before_it_and_not_what_came_after() -> None:
    low = SHOWN["vitamin-b12"]
    later = on(date(2026, 11, 2), low, treatable_causes=("none",))
    before = on(date(2026, 10, 31), low, treatable_causes=("none",))
    assert pathway.review(later).next_steps[0].therapy != "cause_directed"
    assert pathway.review(before).next_steps[0].therapy == "cause_directed"


def test_what_presses_on_a_root_or_nerve_is_shown_by_its_picture_where_nobody_operated() -> None:
    back = Patient(as_of=date(2026, 11, 21)).knowing(root_lesion_history=True, test_spine_imaging="abnormal")
    found = causes.treatable(back.knowing(spinal_surgery_history=False), ("lumbosacral_radiculopathy",))
    assert [remedy.cause for remedy in found] == ["compression"]
    assert causes.treatable(back.knowing(spinal_surgery_history=True), ("lumbosacral_radiculopathy",)) == ()
    assert causes.treatable(back.knowing(spinal_surgery_history=False), ("crps_1",)) == ()
