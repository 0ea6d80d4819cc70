"""Refractory by our own rule, by the Delphi consensus and by a payer, each at its boundary."""

from __future__ import annotations

from tried import PAIN, THREE, delphi, failed, local, someone, steps, tried

from unwound import therapies
from unwound.patient import Trial
from unwound.therapies import refractory


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


def test_mild_pain_is_not_refractory_whatever_failed_and_neither_is_pain_that_something_relieves() -> None:
    mild = PAIN | {"pain_average_nrs": 4}
    assert local(someone(*THREE, **mild)) is False
    assert local(someone(*THREE, **mild | {"pain_average_nrs": 5})) is True
    helped = failed("lidocaine_plaster", relief_percent=50, stopped="other")
    assert local(someone(*THREE, helped, **mild)) is False
    assert local(someone(*THREE, helped, **mild | {"pain_average_nrs": 5})) is False
    not_borne = failed("lidocaine_plaster", relief_percent=50, stopped="side-effects")
    assert local(someone(*THREE, not_borne, **mild | {"pain_average_nrs": 5})) is True


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


SHORT = tuple(
    trial.model_copy(update={"days": days, "days_at_top": 50}) for trial, days in zip(THREE, (56, 70, 84), strict=True)
)


def test_drugs_tried_fully_but_for_less_than_the_stricter_rule_asks_are_named_with_their_days() -> None:
    counts = therapies.ledger(someone(*SHORT, **PAIN)).delphi_counts
    assert counts.short_days == (56, 70, 84)
    expected = (
        "3 drugs tried at full dose without relief for 56 to 84 days; the rule asks for 90 days each, and for 4 drugs"
    )
    assert str(counts) == expected
    one_long = therapies.ledger(someone(THREE[0], *SHORT[1:], **PAIN)).delphi_counts
    assert str(one_long).startswith(
        "1 drug failed, 4 required; 2 more tried at full dose without relief for 70 to 84 days"
    )


def test_days_are_short_of_the_stricter_rule_up_to_the_day_before_it() -> None:
    def short(days: int) -> tuple[float, ...]:
        trial = THREE[0].model_copy(update={"days": days, "days_at_top": 50})
        return therapies.ledger(someone(trial, **PAIN)).delphi_counts.short_days

    assert (short(89), short(90)) == ((89,), ())
    too_low = THREE[0].model_copy(update={"days": 80, "days_at_top": 50, "top_dose": 5})
    assert therapies.ledger(someone(too_low, **PAIN)).delphi_counts.short_days == ()


def test_where_the_pain_alone_decides_it_is_the_first_reason() -> None:
    recent = therapies.ledger(someone(*THREE, **PAIN | {"pain_duration_days": 89})).refractory_local
    assert recent.because[0] == "pain for 89 days"
    assert recent.because[-1] == "Local working rule: 3 classes failed, 3 required"
