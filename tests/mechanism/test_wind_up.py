"""What the cell must do: the seven tests it was accepted by, the published order of counts, and what it must refuse."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import mechanism
from unwound.mechanism import WindUp, abreast, cells, experiments, kernel, knowledge, plain, sensitivity, stimuli
from unwound.mechanism.experiments import Conditions
from unwound.mechanism.stimuli import Input, merged
from unwound.record import UnwoundError


@cache
def train(**asked: Any) -> WindUp:
    return mechanism.windup(**asked)


def left(**asked: Any) -> float:
    """The share of wind-up that is left."""
    return train(**asked).windup / train().windup


def input_left(**asked: Any) -> float:
    return train(**asked).input / train().input


# 1: frequency


def test_at_a_tenth_of_a_hertz_there_is_no_wind_up() -> None:
    spikes = train(frequency_hz=0.1, stimuli=6).spikes_per_stimulus
    assert abs(spikes[-1] - spikes[0]) <= 1.5


def test_at_one_hertz_the_last_response_is_at_least_twice_the_first() -> None:
    assert train().ratio >= 2
    assert min(train().counts[:, -3:].mean(axis=1) / train().counts[:, 0]) >= 2, "in every cell of the ensemble"


def test_wind_up_grows_with_frequency_up_to_one_hertz() -> None:
    ratios = [train(frequency_hz=hz, stimuli=8, seeds=8).ratio for hz in (0.1, 0.2, 0.3, 0.5, 1.0)]
    assert ratios == sorted(ratios)


AGUIAR = {
    0.1: [4] * 16,
    0.5: [4, 5, 5, 6, 6, *[7] * 11],
    1.0: [4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 17, 18, 19, 19],
    2.0: [4, 6, 7, 11, 13, 15, 17, 21, 26, 28, 32, 35, 36, 38, 39, 39],
}
"""Spikes after each stimulus in the published model (aguiar_2010), as its code gives them."""


@pytest.mark.parametrize("later", range(2, 16))
def test_the_frequencies_stand_in_the_published_order(later: int) -> None:
    published = [AGUIAR[hz][later] for hz in AGUIAR]
    ours = [train(frequency_hz=hz, seeds=8).spikes_per_stimulus[later] for hz in AGUIAR]
    assert published == sorted(published)
    assert ours == sorted(ours)
    assert len(set(ours)) == 4


@pytest.mark.parametrize("hz", [0.5, 1.0, 2.0])
def test_responses_rise_along_the_train_as_the_published_ones_do(hz: float) -> None:
    ours = train(frequency_hz=hz).spikes_per_stimulus
    assert all(after >= before - 0.5 for before, after in pairwise(ours)), "never falls by more than jitter"
    assert ours[0] == pytest.approx(AGUIAR[hz][0], abs=0.5), "the first response is theirs"


# 2: without NMDA


def test_without_nmda_wind_up_is_gone_and_input_stays() -> None:
    assert left(nmda=0.0) <= 0.15
    assert input_left(nmda=0.0) >= 0.60


def test_without_the_neurokinin_response_the_memory_is_short() -> None:
    assert 0.2 < left(nk1=0.0) < 0.6


# 3: block


def test_without_magnesium_occupancy_is_one_molecule_at_one_site() -> None:
    bare = {**cells.central(), "magnesium": 0.0}
    assert cells.block_in_balance(bare, 10.0, -66.0) == pytest.approx(10 / (10 + 0.33), rel=0.05)


def test_magnesium_weakens_ketamine_as_it_was_measured() -> None:
    assert 4.5 <= cells.half_block_um(cells.central(), -66.0) <= 6.5


def test_more_ketamine_never_leaves_more_wind_up_and_spares_input_more_than_wind_up() -> None:
    curve = sensitivity.dose_curve([0.1, 0.9, 3, 10], seeds=12)
    assert list(curve.windup[:, 1]) == sorted(curve.windup[:, 1], reverse=True)
    assert all(first >= wound[1] - 0.02 for first, wound in zip(curve.first, curve.windup, strict=True))
    assert curve.half_um == pytest.approx(3, abs=0.7)


def test_where_people_have_relief_the_model_blocks_little_and_the_page_says_so() -> None:
    curve = sensitivity.dose_curve([0.15, 0.61], seeds=12)
    assert curve.human_free_um == (0.15, 0.61)
    assert curve.windup[-1, 1] > 0.75


def test_an_open_channel_is_blocked_by_use_from_either_side() -> None:
    """A hundred stimuli from no block and from balance end in the same block, near the balance at -50 mV."""
    cell = {0: cells.central()}
    ends = [
        experiments.of_cells(Conditions(frequency_hz=1.0, stimuli=100, ketamine_um=3.0, fresh=fresh), cell).block_at_end
        for fresh in (True, False)
    ]
    assert ends[0] == pytest.approx(ends[1], abs=1e-4)
    assert ends[0] == pytest.approx(cells.block_in_balance(cells.central(), 3.0, -50.0), abs=0.03)


# 4: trapping


def test_two_minutes_without_agonist_leave_86_percent_of_the_block() -> None:
    nothing: Input = merged(np.empty(0))
    _, block, _ = experiments.solve([cells.central()], [nothing], ketamine_um=0, blocks=[0.8], until_ms=120_000.0)
    assert block / 0.8 == pytest.approx(0.86, abs=0.01)


# 5: the step, and the two ways of solving


def test_a_quarter_of_the_step_gives_the_same_spikes_within_a_hundredth() -> None:
    asked, few = Conditions(frequency_hz=1.0, stimuli=16), {seed: cells.member(seed) for seed in range(6)}
    usual, fine = (experiments.of_cells(asked, few, step_ms=step).counts.sum() for step in (0.1, 0.025))
    assert usual == pytest.approx(fine, rel=0.01)


@pytest.mark.parametrize("ketamine_um", [0.0, 3.0])
def test_what_is_slow_may_be_advanced_once_a_millisecond(monkeypatch: pytest.MonkeyPatch, ketamine_um: float) -> None:
    asked, few = (
        Conditions(frequency_hz=1.0, stimuli=8, ketamine_um=ketamine_um),
        {n: cells.member(n) for n in range(8)},
    )
    usual = experiments.of_cells(asked, few)
    monkeypatch.setattr(abreast, "slow_steps", lambda _step_ms: 1)
    every = experiments.of_cells(asked, few)
    assert usual.counts.sum() == pytest.approx(every.counts.sum(), rel=0.01)
    assert np.abs(usual.counts - every.counts).max() <= 1
    assert usual.block_at_end == pytest.approx(every.block_at_end, abs=0.001)


@pytest.mark.parametrize("cells_at_once", [1, 8, 9, kernel.LANES, kernel.LANES + 1])
def test_however_many_stand_side_by_side_a_cell_fires_at_the_same_moments(cells_at_once: int) -> None:
    """Batches end and are filled up at these numbers; bit for bit."""
    nothing: dict[str, Any] = {"ketamine_um": 3.0, "until_ms": 700.0}
    train = stimuli.c_fibres(cells.central(), 0, frequency_hz=2.0, release=[1.0] * 2, scales=stimuli.Scales())
    last = cells.member(3)
    alone = experiments.solve([last], [train], blocks=[0.2], **nothing)
    many = [*[cells.member(seed) for seed in range(4, cells_at_once + 3)], last]
    beside = experiments.solve(many, [train] * cells_at_once, blocks=[0.2] * cells_at_once, **nothing)
    assert beside[0][-1].tolist() == alone[0][0].tolist() != []
    assert (beside[1][-1], beside[2][-1]) == (alone[1][0], alone[2][0])


@given(st.floats(0, 5_000), st.sampled_from([0.1, 0.025, 1.0, 0.3]))
def test_what_arrives_opens_at_the_first_step_at_or_after_it(moment: float, step_ms: float) -> None:
    (step,) = plain.first_steps(np.array([moment]), step_ms)
    assert step * step_ms >= moment
    assert step == 0 or (step - 1) * step_ms < moment


def test_a_cell_that_fires_without_end_loses_no_spike() -> None:
    """More spikes than there was room for at the start: none is left out, none counted twice."""
    driven = Input(
        times_ms=np.arange(0, 20_000, 1.0), ampa=np.full(20_000, 5.0), nmda=np.zeros(20_000), nk1=np.zeros(20_000),
        gaba=np.zeros(20_000),
    )  # fmt: skip
    (spikes,), _, _ = experiments.solve([cells.central()], [driven], ketamine_um=0, blocks=[0], until_ms=20_000.0)
    assert spikes.size > 2_000
    assert np.diff(spikes).min() >= cells.central()["refractory"]


@pytest.mark.parametrize(
    "conditions", [{}, {"ketamine_um": 3.0, "injury": True, "opioid_release": 0.8, "girk_ns": 0.3}]
)
def test_the_compiled_cell_and_the_plain_one_give_the_same_spikes(conditions: dict[str, Any]) -> None:
    asked = {"frequency_hz": 2.0, "stimuli": 2, "seeds": 3, **conditions}
    compiled, plain = mechanism.windup(**asked), mechanism.windup(**asked, plain=True)
    assert compiled.counts.tolist() == plain.counts.tolist()
    assert compiled.late.tolist() == plain.late.tolist()
    assert compiled.block_at_end == pytest.approx(plain.block_at_end, rel=1e-9)
    assert compiled.nmda_charge_pc == pytest.approx(plain.nmda_charge_pc, rel=1e-9)


# 7: opioids, honestly


@pytest.mark.parametrize("release", [0.8, 0.65, 0.5])
def test_ordinary_opioid_action_does_not_spare_wind_up_in_this_model(release: float) -> None:
    """One laboratory saw morphine lower input and spare wind-up (chapman_1992); the cell does not, and says so."""
    assert left(opioid_release=release) < 0.8
    assert left(opioid_release=release) <= input_left(opioid_release=release)


def test_what_an_opioid_opens_in_the_cell_makes_it_no_better() -> None:
    assert left(opioid_release=0.65, girk_ns=0.5) < left(opioid_release=0.65)


def test_the_hypothesis_of_relief_is_off_unless_asked_for_and_then_spares_wind_up() -> None:
    assert train(opioid_release=0.65).conditions.opioid_relief is False
    assert left(opioid_release=0.65, opioid_relief=True) > 0.8
    assert input_left(opioid_release=0.65, opioid_relief=True) < 0.7


def test_the_hypothesis_without_an_opioid_changes_nothing() -> None:
    assert train(opioid_relief=True).counts.tolist() == train().counts.tolist()


# injury


def test_nerve_injury_raises_the_first_response_and_post_discharge_and_not_the_ratio() -> None:
    hurt = train(injury=True)
    assert hurt.input > 1.5 * train().input
    assert hurt.post_discharge > 1.2 * train().post_discharge
    assert hurt.ratio < train().ratio, "as radwani_2016 saw: injury is not more wind-up"


def test_a_gabapentinoid_takes_back_part_of_what_injury_brought() -> None:
    assert train(injury=True, gabapentinoid=True).input < train(injury=True).input


# the read-outs


def test_the_read_outs_add_up() -> None:
    result = train()
    assert result.input + result.windup == pytest.approx(result.counts.sum(axis=1).mean())
    assert result.input == pytest.approx(16 * result.spikes_per_stimulus[0])
    assert 0 < result.post_discharge < result.counts.sum(axis=1).mean()
    rows = zip(result.low, result.spikes_per_stimulus, result.high, strict=True)
    assert all(low <= mean <= high for low, mean, high in rows)


@pytest.mark.parametrize(("hz", "until"), [(1.0, 800), (1.25, 800), (2.0, 590)])
def test_post_discharge_is_counted_no_further_than_the_next_response(hz: float, until: float) -> None:
    """A shorter window counts less: what is counted is said beside the number."""
    assert train(frequency_hz=hz).late_window_ms == (300, pytest.approx(until))


def test_a_cell_of_the_ensemble_is_the_same_whoever_stands_beside_it() -> None:
    assert train(seeds=3).counts.tolist() == train(seeds=20).counts[:3].tolist()


def test_the_ensemble_varies_every_fitted_number_within_its_spread() -> None:
    ratios = [cells.member(seed)[name] / cells.central()[name] for seed in range(40) for name in cells.fitted()]
    assert 0.9 <= min(ratios) < 0.92
    assert 1.08 < max(ratios) <= 1.1
    assert len(cells.fitted()) == 11


def test_concentrations_of_an_infusion_are_answered_one_by_one() -> None:
    results = mechanism.over_concentrations(np.array([0.0, 3.0]), seeds=3, stimuli=4)
    assert [result.conditions.ketamine_um for result in results] == [0, 3]
    assert results[1].windup < results[0].windup


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"frequency_hz": 0.049}, "frequency hz 0.049: stimuli in a second, from 0.05 to 2 Hz"),
        ({"frequency_hz": 2.01}, "from 0.05 to 2 Hz"),
        ({"frequency_hz": float("nan")}, "from 0.05 to 2 Hz"),
        ({"stimuli": 1}, "from 2 to 100"),
        ({"stimuli": 2.5}, "a whole number is needed"),
        ({"ketamine_um": -0.1}, "from 0 to 100 umol/L"),
        ({"ketamine_um": float("inf")}, "from 0 to 100 umol/L"),
        ({"nmda": 1.01}, "from 0 to 1"),
        ({"nmda": True}, "a number is needed"),
        ({"nk1": -1}, "from 0 to 1"),
        ({"gaba": 2}, "from 0 to 1"),
        ({"opioid_release": "half"}, "a number is needed"),
        ({"seeds": 0}, "from 1 to 1000"),
    ],
)
def test_what_lies_outside_its_range_is_refused_with_the_range(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(UnwoundError) as refused:
        mechanism.windup(**asked)
    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["injury", "gabapentinoid", "opioid_relief", "fresh", "plain"])
@pytest.mark.parametrize("asked", ["no", "yes", 0, 1, None])
def test_a_switch_takes_true_or_false_and_no_word_for_it(name: str, asked: Any) -> None:
    with pytest.raises(UnwoundError, match="true or false is needed"):
        mechanism.windup(**{name: asked}, seeds=1, stimuli=2)


def test_a_switch_out_of_a_table_is_taken() -> None:
    assert mechanism.windup(injury=np.True_, seeds=1, stimuli=2).conditions.injury is True  # type: ignore[arg-type]
    with pytest.raises(UnwoundError, match="true or false is needed"):
        mechanism.touch(injury="no", seeds=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("amounts", [None, 3.0, "abc", ["a"], [True], [-1.0], [float("nan")]])
def test_concentrations_that_are_none_are_refused_in_words(amounts: Any) -> None:
    for door in (mechanism.over_concentrations, sensitivity.dose_curve):
        with pytest.raises(UnwoundError, match=r"number|from 0 to 100"):
            door(amounts)


@pytest.mark.parametrize("amounts", [[], [3, 1], [1, 1]])
def test_a_curve_wants_concentrations_in_rising_order(amounts: list[float]) -> None:
    with pytest.raises(UnwoundError, match="rising order"):
        sensitivity.dose_curve(amounts, seeds=1)


@pytest.mark.parametrize("ablated", [None, "parvalbumin", 3])
def test_what_is_lost_of_the_gate_is_a_list(ablated: Any) -> None:
    with pytest.raises(UnwoundError, match="a list of kinds is needed"):
        mechanism.touch(ablated=ablated)


@given(st.floats(0, 100), st.floats(-80, 0))
@settings(max_examples=60)
def test_block_lies_between_nothing_and_all_and_rises_with_the_amount(amount: float, voltage: float) -> None:
    cell = cells.central()
    block = cells.block_in_balance(cell, amount, voltage)
    assert 0 <= block < 1
    assert cells.block_in_balance(cell, amount + 1, voltage) > block


def test_every_number_a_row_needs_is_in_the_file_and_none_is_left_over() -> None:
    assert {*cells.FIELDS, *cells.WEIGHTS} == set(knowledge.mechanism(knowledge.CELL).quantities)


def measured(what: str) -> float:
    """A target of the fit, measured on the ensemble: a branch for each sort."""
    spikes = train().spikes_per_stimulus
    if what.startswith("first response, spikes"):
        return spikes[0]
    if what.startswith("share of the growth"):
        return (spikes[5] - spikes[0]) / (spikes[-1] - spikes[0])
    if what.startswith("last response over the first"):
        hz = float(what.split()[-2])
        return train(frequency_hz=hz, stimuli=16 if hz >= 0.5 else 8).ratio
    if what == "first response left without NMDA":
        return input_left(nmda=0.0)
    asked = {"half of NMDA at 1 Hz": {"nmda": 0.5}, "NMDA": {"nmda": 0.0}, "the neurokinin response": {"nk1": 0.0}}
    return left(**asked[what.removeprefix("wind-up left without ").removeprefix("wind-up left by ")])


@pytest.mark.parametrize("target", knowledge.mechanism(knowledge.CELL).targets, ids=lambda target: target.what)
def test_what_the_file_says_the_fit_obtained_is_what_comes_out(target: knowledge.Target) -> None:
    assert measured(target.what) == pytest.approx(target.obtained, rel=0.05, abs=0.03)
