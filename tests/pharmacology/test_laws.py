"""What every linear model obeys, through the door: nine models, any schedule and weight; and two slow references."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from unwound.catalogue import DATA
from unwound.pharmacology import effects, models
from unwound.pharmacology.dosing import Dose, Schedule, infusion, repeat
from unwound.pharmacology.models import Array, Compartment, Flow, Model, Output, Parameter
from unwound.pharmacology.simulation import Curve, simulate
from unwound.pharmacology.subjects import Subjects

MODELS = models.models()
SITES = effects.sites_of("chronic_relief", bounds=True)
TIMES = np.array([0.0, 0.2, 0.5, 1.1, 2.0, 4.3, 9.0, 23.0, 31.7, 60.0, 200.0])
every_model = pytest.mark.parametrize("id", MODELS)
few = settings(max_examples=8)

weights = st.floats(35, 160)
amounts = st.floats(0.5, 300)
hours = st.integers(0, 48_000).map(lambda thousandths: thousandths / 1000)  # moments nearer than 1e-9 h are one
lengths = st.integers(50, 30_000).map(lambda thousandths: thousandths / 1000)
boluses = st.builds(Dose, time_h=hours, amount_mg=amounts)
by_duration = st.builds(Dose, time_h=hours, amount_mg=amounts, duration_h=lengths)
by_rate = st.builds(infusion, hours, st.floats(0.5, 60), lengths)
schedules = st.lists(st.one_of(boluses, by_duration, by_rate), min_size=1, max_size=4)


def outputs(doses: Schedule, id: str, kg: float | Sequence[float], at_h: Array = TIMES) -> Array:
    """Every output and site, (curves, subjects, times)."""
    curve = simulate(doses, Subjects(np.atleast_1d(kg)), id, at_h, sites=SITES)
    return stacked(curve)


def stacked(curve: Curve) -> Array:
    return np.stack([*curve.concentrations.values(), *curve.sites.values()])


def same(found: Array, wanted: Array, rel: float = 1e-9) -> None:
    """Equal to within a share of each curve's peak: what is left of a peak long gone is not asked for more."""
    peaks = np.maximum(np.abs(wanted).max(axis=-1, keepdims=True), 1e-300)
    assert (np.abs(found - wanted) <= rel * peaks).all(), np.abs((found - wanted) / peaks).max()


@every_model
@few
@given(kg=weights, one=schedules, other=schedules)
def test_two_schedules_together_give_the_sum_of_each_alone(
    id: str, kg: float, one: list[Dose], other: list[Dose]
) -> None:
    same(outputs([*one, *other], id, kg), outputs(one, id, kg) + outputs(other, id, kg))


@every_model
@few
@given(kg=weights, doses=schedules, factor=st.floats(0.01, 100))
def test_more_of_a_dose_gives_that_much_more_of_everything(
    id: str, kg: float, doses: list[Dose], factor: float
) -> None:
    more = [replace(dose, amount_mg=dose.amount_mg * factor) for dose in doses]
    same(outputs(more, id, kg), factor * outputs(doses, id, kg))


@every_model
@few
@given(kg=weights, dose=st.one_of(by_duration, by_rate), share=st.floats(0.01, 0.99))
def test_an_infusion_cut_at_any_moment_is_still_the_same_infusion(id: str, kg: float, dose: Dose, share: float) -> None:
    first = replace(dose, amount_mg=dose.amount_mg * share, duration_h=dose.duration_h * share)
    rest = replace(first, time_h=first.end_h, amount_mg=dose.amount_mg - first.amount_mg,
                   duration_h=dose.duration_h - first.duration_h)  # fmt: skip
    same(outputs([first, rest], id, kg), outputs([dose], id, kg))


@every_model
@few
@given(kg=weights, dose=st.one_of(boluses, by_duration), share=st.floats(0.01, 0.99))
def test_a_dose_given_as_two_at_the_same_time_is_the_same_dose(id: str, kg: float, dose: Dose, share: float) -> None:
    two = [replace(dose, amount_mg=dose.amount_mg * part) for part in (share, 1 - share)]
    same(outputs(two, id, kg), outputs([dose], id, kg))


@every_model
@few
@given(kg=weights, doses=schedules, later=st.floats(0.25, 500))
def test_everything_later_gives_the_same_later(id: str, kg: float, doses: list[Dose], later: float) -> None:
    shifted = [replace(dose, time_h=dose.time_h + later) for dose in doses]
    same(outputs(shifted, id, kg, TIMES + later), outputs(doses, id, kg))


@every_model
@few
@given(kg=weights, doses=schedules, seed=st.randoms(use_true_random=False))
def test_the_order_in_which_doses_are_listed_means_nothing(id: str, kg: float, doses: list[Dose], seed: object) -> None:
    shuffled = sorted(doses, key=lambda _: seed.random())  # type: ignore[attr-defined]
    same(outputs(shuffled, id, kg), outputs(doses, id, kg), rel=1e-12)


@every_model
@few
@given(doses=schedules, order=st.permutations(range(5)), kgs=st.lists(weights, min_size=5, max_size=5))
def test_patients_in_another_order_have_the_same_curves_in_that_order(
    id: str, doses: list[Dose], order: list[int], kgs: list[float]
) -> None:
    eta = np.linspace(-1, 1, 5)[:, None] * np.sqrt(np.diag(np.array(MODELS[id].variability.covariance)).reshape(1, -1))
    eta = eta if eta.size else None
    people = Subjects(np.array(kgs), eta)
    others = Subjects(np.array(kgs)[order], None if eta is None else eta[order])
    found = stacked(simulate(doses, people, id, TIMES, sites=SITES))
    again = stacked(simulate(doses, others, id, TIMES, sites=SITES))
    assert np.array_equal(found[:, order], again)
    alone = Subjects(np.array(kgs)[2:3], None if eta is None else eta[2:3])
    assert np.array_equal(found[:, 2:3], stacked(simulate(doses, alone, id, TIMES, sites=SITES)))


@every_model
@few
@given(kg=weights, doses=schedules, left_out=st.sets(st.integers(0, TIMES.size - 1), max_size=TIMES.size - 1))
def test_where_one_looks_changes_nothing_of_what_is_there(
    id: str, kg: float, doses: list[Dose], left_out: set[int]
) -> None:
    kept = np.array(sorted(set(range(TIMES.size)) - left_out))
    found, whole = outputs(doses, id, kg, TIMES[kept]), outputs(doses, id, kg)
    assert np.abs(found - whole[..., kept]).max() <= 1e-9 * whole.max()


@every_model
@few
@given(kg=weights, doses=schedules)
def test_no_concentration_is_ever_negative_and_none_is_there_before_the_first_dose(
    id: str, kg: float, doses: list[Dose]
) -> None:
    first = min(dose.time_h for dose in doses)
    times = np.unique(np.concatenate([[first - 5, first - 1e-6], first + TIMES]))
    found = outputs(doses, id, kg, times)
    assert (found >= 0).all()
    assert (found[..., times < first] == 0).all()
    assert (found[0, :, -1] > 0).all()


@every_model
@few
@given(kg=weights, doses=schedules, at_h=hours)
def test_after_a_reset_the_past_is_as_if_it_had_never_been(id: str, kg: float, doses: list[Dose], at_h: float) -> None:
    past = [dose for dose in doses if dose.end_h < at_h - 1e-6]
    again = [replace(dose, time_h=dose.time_h + at_h + 0.5) for dose in doses]
    times = at_h + TIMES
    found = outputs([*past, Dose(time_h=at_h, reset=True), *again], id, kg, times)
    same(found, outputs(again, id, kg, times))


# --- mass: nothing is lost, nothing is made ---


def with_what_left(model: Model) -> Model:
    """The same model, with one more place for all that leaves the body, and the amount in every place as an output."""
    litre = Parameter(value=1, unit="L", source="unwound_local", checked="unchecked")
    places = {name: one if one.volume else Compartment(volume="one_litre") for name, one in model.compartments.items()}
    places["gone"] = Compartment(volume="one_litre")
    flows = tuple(flow if flow.to else Flow(**{**flow.model_dump(), "to": "gone"}) for flow in model.flows)
    return model.model_copy(
        update={
            "parameters": {**model.parameters, "one_litre": litre},
            "compartments": places,
            "flows": flows,
            "outputs": {name: Output(compartment=name) for name in places} | {"plasma": model.outputs["plasma"]},
        }
    )


@every_model
@few
@given(kg=weights, doses=schedules)
def test_what_went_in_is_in_the_body_or_has_left_it_at_every_moment(id: str, kg: float, doses: list[Dose]) -> None:
    model = with_what_left(MODELS[id])
    curve = simulate(doses, Subjects(np.array([kg])), model, TIMES)
    found = models.parameters(model, np.array([kg]))
    held = sum(curve.concentrations[name][0] * found[one.volume][0] for name, one in model.compartments.items()) / 1000
    given_mg = sum(dose.amount_mg * went_in(dose, TIMES) for dose in doses)
    assert np.allclose(held, given_mg, rtol=1e-9, atol=1e-9)


def went_in(dose: Dose, at_h: Array) -> Array:
    """The share of a dose that has gone in by then."""
    if not dose.duration_h:
        return (at_h >= dose.time_h - 1e-9).astype(float)
    return np.clip((at_h - dose.time_h) / dose.duration_h, 0, 1)


def area(doses: Schedule, id: str, kg: float) -> Array:
    """The whole area under each output by Gauss quadrature between breaks, (outputs,) in ng h/mL."""
    edges = {edge for dose in doses for edge in (dose.time_h, dose.end_h)}
    steps = (0.005, 0.02, 0.1, 0.4, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    breaks = sorted({0.0, *edges, *(edge + step for edge in edges for step in steps)})
    nodes, weight = np.polynomial.legendre.leggauss(16)
    pairs = [(a, b) for a, b in pairwise(breaks) if b - a > 1e-6]
    times = np.concatenate([(a + b) / 2 + (b - a) / 2 * nodes for a, b in pairs])
    weigh = np.concatenate([(b - a) / 2 * weight for a, b in pairs])
    curve = simulate(doses, Subjects(np.array([kg])), id, times)
    return np.stack([one[0] for one in curve.concentrations.values()]) @ weigh


@every_model
@few
@given(kg=weights, doses=schedules)
def test_the_area_of_any_schedule_is_what_a_steady_infusion_holds_for_each_mg_an_hour(
    id: str, kg: float, doses: list[Dose]
) -> None:
    """Dost's law: area per dose is level per rate, whatever the compartments."""
    level = simulate(
        repeat(Dose(time_h=0, amount_mg=24, duration_h=24), 24, 60), Subjects(np.array([kg])), id, [24.0 * 60]
    ).concentrations
    per_mg_an_hour = np.array([one[0, 0] for one in level.values()])
    assert area(doses, id, kg) == pytest.approx(per_mg_an_hour * sum(dose.amount_mg for dose in doses), rel=1e-5)


FROM_PLASMA_ONLY = ("kamp_2020", "clements_1981", "herd_2007", "flint_2017", "hijazi_2003", "domino_1982", "otto_2021")


@pytest.mark.parametrize("id", FROM_PLASMA_ONLY)
@few
@given(kg=weights, doses=schedules)
def test_area_times_clearance_is_the_dose(id: str, kg: float, doses: list[Dose]) -> None:
    model = MODELS[id]
    central = model.outputs["plasma"].compartment
    found = {name: value[0] for name, value in models.parameters(model, np.array([kg])).items()}
    leaving = [flow for flow in model.flows if flow.source == central and not flow.both_ways and not returns(flow, id)]
    clearance = sum(
        (found[flow.clearance] if flow.clearance else found[flow.rate] * found[model.compartments[central].volume])
        * ((1 - found[flow.fraction] if flow.complement else found[flow.fraction]) if flow.fraction else 1)
        for flow in leaving
    )
    dose = sum(one.amount_mg for one in doses)
    assert area(doses, id, kg)[0] * clearance / 1000 == pytest.approx(dose, rel=1e-5)


def returns(flow: Flow, id: str) -> bool:
    """Whether what goes this way can come back to plasma (a peripheral compartment written as two flows)."""
    ways: dict[str, set[str]] = {}
    for one in MODELS[id].flows:
        ways.setdefault(one.source, set()).add(one.to)
    seen: set[str] = set()
    ahead = {flow.to} - {""}
    while ahead:
        here = ahead.pop()
        seen.add(here)
        ahead |= ways.get(here, set()) - seen - {""}
    return flow.source in seen


# --- two slow references, written from the file's own words ---


def rates_of(id: str, kg: float) -> list[tuple[str, str, float]]:
    """Every flow of the file as (from, to, per hour); «» is out of the body."""
    file = tomllib.loads((DATA / "models" / f"{id}.toml").read_text("utf-8"))
    relative = kg / file["reference_kg"]["value"]
    p = {name: one["value"] * relative ** one.get("weight_exponent", 0) for name, one in file["parameters"].items()}
    for name, one in file.get("derived", {}).items():
        p[name] = (
            1 - p[one["one_minus"]] if "one_minus" in one else float(np.prod([p[part] for part in one["product"]]))
        )
    found = []
    for flow in file["flows"]:
        source, to = flow["source"], flow.get("to", "")
        for start, end in [(source, to), (to, source)][: 2 if flow.get("both_ways") else 1]:
            rate = (
                p[flow["rate"]] if "rate" in flow else p[flow["clearance"]] / p[file["compartments"][start]["volume"]]
            )
            if "fraction" in flow:
                rate *= 1 - p[flow["fraction"]] if flow.get("complement") else p[flow["fraction"]]
            found.append((start, end, rate))
    return found


def pieces(doses: Sequence[Dose], until_h: float) -> list[tuple[float, float, float, float, bool]]:
    """(start, end, mg/h running, mg at once at the start, whether the body is emptied first) between all edges."""
    edges = sorted({0.0, until_h, *(edge for dose in doses for edge in (dose.time_h, dose.end_h) if edge < until_h)})
    return [
        (
            a,
            b,
            sum(d.amount_mg / d.duration_h for d in doses if d.duration_h and d.time_h <= a and b <= d.end_h + 1e-12),
            sum(d.amount_mg for d in doses if not d.duration_h and d.time_h == a),
            any(d.reset and d.time_h == a for d in doses),
        )
        for a, b in pairwise(edges)
    ]


MIXED = (
    [
        Dose(time_h=0.5, amount_mg=10),
        infusion(1, 20, 2),
        infusion(3, 35, 0.5),
        Dose(time_h=6, amount_mg=40, duration_h=3),
        Dose(time_h=6.5, amount_mg=15),
        Dose(time_h=8, amount_mg=5, reset=True),
    ],
    [
        infusion(0, 8, 24),
        infusion(24, 14, 12),
        Dose(time_h=30, amount_mg=0, reset=True),
        Dose(time_h=30.25, amount_mg=35, duration_h=40 / 60),
    ],
)


def amounts_by_dop853(id: str, kg: float, doses: Sequence[Dose], until_h: float) -> Mapping[str, float]:
    """Amounts by adding up flows in small steps, begun anew at every change."""
    model, flows = MODELS[id], rates_of(id, kg)
    place = {name: row for row, name in enumerate(model.compartments)}
    into = place[model.routes["iv"].compartment]
    state = np.zeros(len(place))
    for start, end, rate, bolus, emptied in pieces(doses, until_h):

        def slope(_: float, held: Array, rate: float = rate) -> Array:
            change = np.zeros(len(held))
            change[into] += rate
            for source, to, speed in flows:
                change[place[source]] -= speed * held[place[source]]
                if to:
                    change[place[to]] += speed * held[place[source]]
            return change

        state = state * (not emptied)
        state[into] += bolus
        state = solve_ivp(slope, (start, end), state, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    return dict(zip(place, state, strict=True))


def amounts_by_expm(id: str, kg: float, doses: Sequence[Dose], until_h: float) -> Mapping[str, float]:
    """Amounts by scipy's matrix exponential, piece by piece, the infusion being one more place that stays full."""
    model = MODELS[id]
    place = {name: row for row, name in enumerate(model.compartments)}
    into, n = place[model.routes["iv"].compartment], len(place)
    whole = np.zeros((n + 1, n + 1))
    for source, to, speed in rates_of(id, kg):
        whole[place[source], place[source]] -= speed
        if to:
            whole[place[to], place[source]] += speed
    state = np.zeros(n + 1)
    for start, end, rate, bolus, emptied in pieces(doses, until_h):
        state = state * (not emptied)
        state[into] += bolus
        state[n], whole[into, n] = 1.0, rate
        state = expm(whole * (end - start)) @ state
    return dict(zip(place, state[:n], strict=True))


@pytest.mark.parametrize("doses", MIXED, ids=["hours", "days"])
@every_model
def test_the_door_agrees_with_dop853_and_expm(id: str, doses: list[Dose]) -> None:
    kg, model = 83.0, MODELS[id]
    found = {name: value[0] for name, value in models.parameters(model, np.array([kg])).items()}
    for until_h in (2.5, 7.0, 31.0):
        curve = simulate(doses, Subjects(np.array([kg])), id, [until_h])
        small_steps, exact = (by(id, kg, doses, until_h) for by in (amounts_by_dop853, amounts_by_expm))
        for name, output in model.outputs.items():
            factor = 1000 / found[model.compartments[output.compartment].volume]
            factor *= found[output.scale] if output.scale else 1
            assert curve.concentrations[name][0, 0] == pytest.approx(exact[output.compartment] * factor, rel=1e-10)
            assert curve.concentrations[name][0, 0] == pytest.approx(small_steps[output.compartment] * factor, rel=1e-7)
