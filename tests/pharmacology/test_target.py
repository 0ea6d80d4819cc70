"""From a corridor to rates: what is held, what wins where both cannot be, and how it wears off."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.pharmacology import effects, languages, models
from unwound.pharmacology.dosing import Dose, infusion
from unwound.pharmacology.ensemble import Body
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.pharmacology.target import PURPOSE, Aim, Corridor, TargetPlan, plan, wears_off
from unwound.plots import drawn, target, targets
from unwound.record import UnwoundError
from unwound.terms import ModelLanguage

BY = "Dr Testcase"
levels, weights, model_ids = st.floats(20, 400), st.floats(30, 180), st.sampled_from(list(models.models()))


def aiming(ng_per_ml: float, *mosts: Aim, model: str = "otto_2021", kg: float = 70.0, **more: object) -> TargetPlan:
    corridor = Corridor(by=BY, at_least=Aim(ng_per_ml=ng_per_ml), at_most=mosts)
    options = {"hours": 4.0, "step_h": 0.5, **more}
    return plan(corridor, model=model, weight_kg=kg, **options)  # type: ignore[arg-type]


def levels_of(made: TargetPlan, model: str, first_h: float = 1.0) -> np.ndarray:  # type: ignore[type-arg]
    times = np.linspace(first_h, made.end_h, 400)
    return simulate(made.doses, Subjects(np.array([made.weight_kg])), model, times).plasma[0]


def test_an_age_goes_to_every_model_whose_paper_has_an_effect_of_it() -> None:
    unknown, young, old = (aiming(100, model="perez_ruixo_2021", age_years=age) for age in (None, 60, 85))
    assert [step.mg_per_h for step in unknown.steps] == [step.mg_per_h for step in young.steps]
    assert sum(step.mg_per_h for step in old.steps) < 0.9 * sum(step.mg_per_h for step in young.steps)
    assert 99 < old.own.plasma[0] < old.own.plasma[1] < 103
    assert [line for line in unknown.says if "No age was given: perez_ruixo_2021 changes Qh" in line]
    assert (
        "perez_ruixo_2021 was made from people of 18 to 60 years, not 85; its effect of age on Qh is applied."
        in old.says
    )
    assert not [line for line in young.says if "perez_ruixo_2021 was made from" in line]
    assert "85 years" in drawn(target(old))


def test_an_effect_of_age_is_not_said_to_be_applied_below_the_age_at_which_it_begins() -> None:
    """That of Qh begins at 60 years; the model is of people from 18 on."""
    perez = {"perez_ruixo_2021": models.model("perez_ruixo_2021")}
    (child,) = models.of_age(perez, 17)
    assert (
        child == "perez_ruixo_2021 was made from people of 18 to 60 years, not 17; nothing of it changes at that age."
    )
    assert models.at_age(perez["perez_ruixo_2021"], 17) == perez["perez_ruixo_2021"]
    assert [models.of_age(perez, age) for age in (18, 60)] == [(), ()]


@pytest.mark.parametrize("language", list(ModelLanguage))
@pytest.mark.parametrize(("age", "flow"), [(None, "151"), (60.0, "151"), (61.0, "148.81"), (85.0, "96.25")])
def test_a_model_is_written_for_an_age_or_says_whom_it_is_not_of(
    language: ModelLanguage, age: float | None, flow: str
) -> None:
    """151 L/h of the liver, and 2.19 less for each year above 60."""
    text = " ".join(re.sub(r"\n[#;/ -]+", " ", languages.written("perez_ruixo_2021", language, age)).split())
    assert flow in text
    assert ("No age was given" in text) == (age is None)
    assert ("not 85" in text) == (age == 85)


def test_150_for_four_hours_by_otto_and_what_simons_makes_of_it() -> None:
    made = aiming(150)
    rates = [step.mg_per_h for step in made.steps]
    assert rates == pytest.approx([60, 28.8, 21.7, 19.3, 17.9, 17.2, 16.9, 16.6], rel=0.04)
    own, simons = levels_of(made, "otto_2021"), levels_of(made, "simons_2022")
    assert 149 < own.min() < own.max() < 153.5
    assert 163 < simons.min() < simons.max() < 216
    assert {one.model for one in made.others} == {"simons_2022", "perez_ruixo_2021", "flint_2017"}
    assert made.says[0] == PURPOSE
    assert BY in made.says[1]


@settings(max_examples=10)
@given(model_ids, levels, weights)
def test_every_rate_is_one_of_the_pump_and_never_below_nothing(id: str, wanted: float, kg: float) -> None:
    made = aiming(wanted, model=id, kg=kg, finest_mg_per_h=0.2)
    for step in made.steps:
        assert step.mg_per_h >= 0
        assert step.mg_per_h / 0.2 == pytest.approx(round(step.mg_per_h / 0.2), abs=1e-6)
    for one, following in pairwise(made.steps):
        assert following.start_h == pytest.approx(one.start_h + one.hours)


@settings(max_examples=8)
@given(levels, weights)
def test_twice_the_corridor_is_twice_the_rates(wanted: float, kg: float) -> None:
    one, two = (aiming(level, kg=kg, finest_mg_per_h=1e-6) for level in (wanted, 2 * wanted))
    doubled = [2 * step.mg_per_h for step in one.steps]
    assert [step.mg_per_h for step in two.steps] == pytest.approx(doubled, rel=1e-3, abs=1e-3)


@settings(max_examples=10)
@given(st.sampled_from(["otto_2021", "simons_2022", "kamp_2020", "clements_1981"]), levels, st.floats(1.0, 1.5))
def test_what_may_be_at_most_is_never_passed_by_the_model_that_plans(id: str, wanted: float, room: float) -> None:
    most = Aim(ng_per_ml=room * wanted)
    made = plan(
        Corridor(by=BY, at_least=Aim(ng_per_ml=wanted, site="acute_analgesia"), at_most=(most,)),
        model=id, weight_kg=70, hours=3, step_h=0.5,
    )  # fmt: skip
    assert levels_of(made, id, 0.05).max() <= most.ng_per_ml * 1.001
    assert made.own.at_most[0] <= most.ng_per_ml * 1.001


def test_where_both_cannot_be_the_least_is_given_up_and_said() -> None:
    made = aiming(150, Aim(ng_per_ml=150))
    assert made.own.plasma[1] <= 150.001
    assert any("NOT HELD" in text and "because of what may be reached at most" in text for text in made.says)


def test_a_slow_pump_is_the_limit() -> None:
    made = aiming(150, most_mg_per_h=20.0)
    assert max(step.mg_per_h for step in made.steps) == 20
    assert any("NOT HELD" in text for text in made.says)


def test_half_way_it_goes_on_from_what_really_ran() -> None:
    ran = (infusion(0, 60, 0.5), infusion(0.5, 28.8, 0.5))
    made = aiming(100, given=ran, from_h=1.0, hours=3.0)
    assert made.steps[0].mg_per_h < 5, "150 must first fall"
    assert made.doses[:2] == ran
    later = levels_of(made, "otto_2021", 1.6)
    assert 97 < later.min() < later.max() < 106


def test_what_ran_too_high_is_said_and_what_follows_is_still_planned() -> None:
    made = aiming(
        100, Aim(ng_per_ml=120), given=(infusion(0, 60, 0.5), infusion(0.5, 28.8, 0.5)), from_h=1.0, hours=3.0
    )
    assert any("NOT KEPT: what ran before is too much" in text for text in made.says)
    assert made.steps[-1].mg_per_h > 0


def test_a_dose_that_has_not_ran_yet_is_no_history() -> None:
    with pytest.raises(UnwoundError, match="give doses as they really ran"):
        aiming(100, given=(infusion(0, 60, 2),), from_h=1.0)


@settings(max_examples=10)
@given(model_ids, st.floats(5, 100), weights)
def test_wearing_off_is_where_a_curve_of_the_solver_falls_below(id: str, level: float, kg: float) -> None:
    doses = (infusion(0, 30, 4),)
    hours = wears_off(Body.of(models.model(id), kg), doses, 4.0, level)
    assert hours is not None
    at = simulate(doses, Subjects(np.array([kg])), id, [4.0, 4.0 + hours + 1e-3, 4.0 + hours + 12]).plasma[0]
    assert at[1] <= level * (1 + 1e-6)
    assert at[2] < level
    if hours > 0:
        just_before = simulate(doses, Subjects(np.array([kg])), id, [4.0 + hours * 0.999]).plasma[0, 0]
        assert just_before >= level * (1 - 1e-6)


@pytest.mark.parametrize("site", ["acute_analgesia", "drug_high", "chronic_relief"])
@pytest.mark.parametrize("id", models.models())
def test_an_effect_site_without_kernels_is_the_solvers(id: str, site: str) -> None:
    doses, times = (infusion(0, 30, 4), Dose(time_h=6, amount_mg=10)), [0.5, 3.9, 6.0, 6.4, 30.0]
    sites = effects.sites_of(site)
    slow = simulate(doses, Subjects(np.array([70.0])), id, times, sites=sites).sites[site][0]
    found = Body.of(models.model(id), 70).behind(sites[site]).at(doses, np.array(times))
    assert found == pytest.approx(slow, rel=1e-6, abs=1e-6 * slow.max())


def test_a_site_as_fast_as_a_mode_is_told_apart() -> None:
    body = Body.of(models.model("kamp_2020"), 70)
    near, beside = (
        body.behind(-body.rates[0] * share).at((infusion(0, 20, 4),), np.array([2.0])) for share in (1, 1.001)
    )
    assert near == pytest.approx(beside, rel=1e-3)


def test_nobodys_corridor_is_not_planned_for_and_no_level_is_assumed() -> None:
    with pytest.raises(UnwoundError, match="say whose"):
        Corridor(by="  ", at_least=Aim(ng_per_ml=150))
    with pytest.raises(UnwoundError, match="not a concentration"):
        Aim(ng_per_ml=0)
    with pytest.raises(UnwoundError, match="is below at least"):
        Corridor(by=BY, at_least=Aim(ng_per_ml=150), at_most=(Aim(ng_per_ml=149),))
    with pytest.raises(UnwoundError, match="no effect site"):
        Aim(ng_per_ml=150, site="nmda_occupancy")


@pytest.mark.parametrize(("hours", "step_h"), [(4, 0.3), (0, 0.5), (4, 0), (1, 2)])
def test_steps_fill_the_hours(hours: float, step_h: float) -> None:
    with pytest.raises(UnwoundError, match="do not fill"):
        aiming(150, hours=hours, step_h=step_h)


def test_what_the_highest_model_gets_to_asks() -> None:
    high = aiming(700, model="clements_1981")
    assert any(text.startswith("ASK: that is in the range of waking") for text in high.says)
    assert not any(text.startswith("ASK") for text in aiming(100, model="clements_1981").says)


def test_the_picture_says_what_it_shows() -> None:
    text = str(target(aiming(150, Aim(ng_per_ml=200))).to_dict())
    for words in ("at least 150", "at most 200", "simons_2022, arterial", "it drives no pump", "Plasma 113 to"):
        assert words in text, words
    assert drawn is not None


@settings(max_examples=25)
@given(st.lists(st.floats(0.05, 0.95), min_size=1, max_size=4, unique=True))
def test_a_name_stands_beside_its_own_line_with_no_other_between(shares: list[float]) -> None:
    """Names stood one above the other, so that each but the lowest lay on the line of the next model."""
    lines = [np.full(targets.POINTS, share) for share in shares]
    taken: list[targets._Place] = []
    for place, own in enumerate(lines):
        others = [line for other, line in enumerate(lines) if other != place]
        taken.append(targets._free(own, others, taken))
        nearest = min((abs(float(other[0] - own[0])) for other in others), default=1.0)
        assert taken[-1].at == pytest.approx(shares[place])
        if nearest > targets.APART:
            side = 1 if taken[-1].above else -1
            assert not [share for share in shares if 0 < side * (share - shares[place]) < targets.APART]
    apart = [(a, b) for n, a in enumerate(taken) for b in taken[:n]]
    assert not [pair for pair in apart if pair[0].touches(pair[1])]
