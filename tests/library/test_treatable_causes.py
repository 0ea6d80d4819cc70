"""A cause of a neuropathy that can still be treated stands before every medicine for the pain."""

from datetime import date

import pytest

from unwound import facts, pathway
from unwound.patient import Patient
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
