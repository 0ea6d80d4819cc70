"""Every file of a therapy: its examples, what it names, and both sides of every limit in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from tried import failed, someone, steps, verdict

from unwound import catalogue, drugs, facts, therapies
from unwound.therapies import doses, knowledge, refractory

# --- the knowledge files


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
    assert any(f" % of the {limit:g}" in reason for reason in entry.because), entry.because


def _bands() -> Iterator[Any]:
    for id, therapy in therapies.therapies().items():
        for limit in therapy.renal:
            name = f"{id} {limit.jurisdiction} {limit.below.value:g}"
            yield pytest.param(id, limit, id=name)


@pytest.mark.parametrize(("id", "limit"), list(_bands()))
def test_each_renal_limit_holds_below_its_clearance_and_not_at_it(id: str, limit: knowledge.RenalLimit) -> None:
    def ceiling(clearance: float) -> float:
        patient = someone(jurisdiction=limit.jurisdiction or "US", crcl_ml_per_min=clearance)
        return doses.ceiling(patient, doses.kidneys(patient), id, limit.conditions).value

    if limit.maximum is None:
        assert math.isinf(ceiling(limit.below.value - 1)), "only the start and the pace change"
        return
    share = (limit.below.value - 1) / limit.below.value if limit.proportional else 1
    assert ceiling(limit.below.value - 1) == math.floor(limit.maximum.value * share * 10) / 10
    assert ceiling(limit.below.value) > limit.maximum.value


@pytest.mark.parametrize(("id", "limit"), list(_bands()))
def test_the_ceiling_counts_as_adequate_and_one_less_does_not(id: str, limit: knowledge.RenalLimit) -> None:
    therapy = therapies.therapies()[id]
    if limit.maximum is None or limit.proportional:
        return  # nothing to reach, or a ceiling for every clearance: the file has examples
    if limit.maximum.value == 0:
        step = steps(someone(crcl_ml_per_min=limit.below.value - 1), *therapy.only_for[:1]).get(id)
        assert step is None or step.line == "unsuitable"
        return
    assert therapy.adequate is not None
    assert therapy.adequate.dose is not None
    needed = min(limit.maximum.value, therapy.adequate.dose.value)
    kidneys = {"crcl_ml_per_min": limit.below.value - 1, "jurisdiction": limit.jurisdiction or "US"}
    (enough,) = therapies.ledger(someone(failed(id, top_dose=needed), **kidneys), limit.conditions).entries
    (too_little,) = therapies.ledger(someone(failed(id, top_dose=needed - 1), **kidneys), limit.conditions).entries
    assert (enough.verdict, too_little.verdict) == ("failed-adequate", "inadequate")


def _age_limits() -> Iterator[Any]:
    for id, therapy in therapies.therapies().items():
        for limit in therapy.age:
            yield pytest.param(id, limit, id=f"{id} {limit.above.value:g}")


@pytest.mark.parametrize(("id", "limit"), list(_age_limits()))
def test_each_age_limit_holds_above_its_age_and_not_at_it(id: str, limit: knowledge.AgeLimit) -> None:
    at_most = f"at most {limit.maximum.value:g} mg/day"
    kidneys = {"crcl_ml_per_min": 100, "liver_impairment": "none", "liver_disease_chronic": False}
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
