"""Every protocol, setting and ceiling: its own examples, and what it names exists."""

import pytest
from patients_to_plan import weighing

from unwound import conditions, drugs, facts, protocols
from unwound.patient import Patient
from unwound.protocols import knowledge
from unwound.protocols.knowledge import Ceilings, Expected, LimitExample, Protocol

EXAMPLES = [
    pytest.param(id, example, id=f"{id}: {example.name}")
    for id, one in protocols.protocols().items()
    for example in one.examples
]
LIMITS = [
    pytest.param(drug, example, id=f"{drug} {example.limit} at {example.weight_kg:g} kg")
    for drug in knowledge.DRUGS
    for example in protocols.ceilings(drug).examples
]


@pytest.mark.parametrize(("id", "example"), EXAMPLES)
def test_every_example_of_every_protocol_comes_out(id: str, example: Expected) -> None:
    plan = protocols.plan(id, weighing(example.weight_kg), concentration_mg_per_ml=1)
    found = {
        "rate_mg_per_h": max(one.mg_per_h for one in plan.rates),
        "total_mg": plan.total_mg,
        "first_day_mg": plan.days[0].mg,
        "hours": plan.hours,
    }
    for name, value in found.items():
        expected = getattr(example, name)
        assert expected is None or value == pytest.approx(expected, rel=1e-6), name
    assert tuple(one.id for one in plan.reasons if one.id in ("cap", "ceiling")) == example.says


@pytest.mark.parametrize(("drug", "example"), LIMITS)
def test_every_example_of_every_ceiling_comes_out(drug: knowledge.Drug, example: LimitExample) -> None:
    limit = protocols.ceilings(drug).limits[example.limit]
    assert knowledge.for_weight(limit.limit, example.weight_kg) == pytest.approx(example.most)


@pytest.mark.parametrize("id", protocols.protocols())
def test_what_a_protocol_names_exists(id: str) -> None:
    one = protocols.protocols()[id]
    assert one.setting in protocols.settings()
    assert set(one.indications) <= set(conditions.conditions())
    assert all(drugs.classes(given.drug) for given in one.co_medication)


def test_the_protocols_of_the_field_are_there_each_for_one_drug() -> None:
    of = {id: one.drug for id, one in protocols.protocols().items()}
    assert [id for id, drug in of.items() if drug == "esketamine"] == [
        "crps_esketamine_4_days",
        "crps_esketamine_6_days",
    ]
    assert {
        "chronic_pain_ketamine_40_min_5_days",
        "chronic_pain_ketamine_5_days",
        "crps_ketamine_10_days",
        "crps_ketamine_5_days",
        "sci_ketamine_7_days",
        "ketamine_single_80_mg",
        "ketamine_40_min",
        "depression_ketamine_40_min",
        "crps_booster_taper",
        "crps_booster_quarterly",
    } == {id for id, drug in of.items() if drug == "racemic"}


@pytest.mark.parametrize("drug", knowledge.DRUGS)
def test_every_drug_has_its_own_ceilings_and_at_least_one_of_them_binds(drug: knowledge.Drug) -> None:
    known: Ceilings = protocols.ceilings(drug)
    assert any(one.binds and one.of == "rate" for one in known.limits.values())
    assert (known.weight_kg.low, known.weight_kg.high) == (30, 200)


def test_stop_rules_read_only_facts_that_exist() -> None:
    for setting in protocols.settings().values():
        assert setting.stop_rules
        for rule in setting.stop_rules:
            assert rule.when is None or set(rule.when.facts()) <= set(facts.vocabulary())


def test_only_the_depression_protocol_aims_at_mood_and_boosters_are_marked() -> None:
    known: dict[str, Protocol] = dict(protocols.protocols())
    assert [id for id, one in known.items() if one.aim == "depression"] == ["depression_ketamine_40_min"]
    assert {id for id, one in known.items() if one.part == "booster"} == {
        "crps_booster_taper",
        "crps_booster_quarterly",
    }


def test_a_weight_alone_is_enough_for_the_arithmetic_and_asks_for_the_rest() -> None:
    plan = protocols.plan("sci_ketamine_7_days", weighing(70), concentration_mg_per_ml=1)
    assert plan.verdict == "planned"
    assert "ketamine_hypersensitivity" in plan.ask
    assert isinstance(weighing(70), Patient)
