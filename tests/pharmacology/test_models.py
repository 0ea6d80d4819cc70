"""Published models: what others observed, what others computed, and what every linear model obeys."""

import tomllib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from unwound.catalogue import DATA
from unwound.pharmacology import models, validation
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.ensemble import predict
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.observations import Observed
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError
from unwound.terms import Drug

MODELS = dict(models.models())
ROWS = [(cell.model, cell.row) for cell in validation.matrix()]
NAMES = [f"{id} {row.name}" for id, row in ROWS]


def one_of(kg: float = 70.0) -> Subjects:
    return Subjects(np.array([kg]))


def typical(model: Model, kg: float = 70.0, eta: Array | None = None) -> dict[str, float]:
    """Every parameter of one subject."""
    return {name: float(one[0]) for name, one in models.parameters(model, np.array([kg]), eta).items()}


def plasma(id: str, doses: Sequence[Dose], at_h: Sequence[float], kg: float = 70.0) -> Array:
    return simulate(doses, one_of(kg), id, at_h).plasma[0]


# --- a slow, obvious second implementation: rates from the file's own words, expm from scipy, doses one by one ---


def slow_matrix(id: str, kg: float) -> tuple[Array, dict[str, float]]:
    """The rate matrix and the parameters, read from the file itself rather than from the records."""
    file = tomllib.loads((DATA / "models" / f"{id}.toml").read_text("utf-8"))
    relative = kg / file["reference_kg"]["value"]
    p = {name: one["value"] * relative ** one.get("weight_exponent", 0) for name, one in file["parameters"].items()}
    for name, one in file.get("derived", {}).items():
        p[name] = (
            1 - p[one["one_minus"]] if "one_minus" in one else float(np.prod([p[part] for part in one["product"]]))
        )
    places = list(file["compartments"])
    rates = np.zeros((len(places), len(places)))
    for flow in file["flows"]:
        pairs = [(flow["source"], flow.get("to", ""))]
        if flow.get("both_ways"):
            pairs.append((flow["to"], flow["source"]))
        for source, to in pairs:
            rate = (
                p[flow["rate"]] if "rate" in flow else p[flow["clearance"]] / p[file["compartments"][source]["volume"]]
            )
            if "fraction" in flow:
                rate *= 1 - p[flow["fraction"]] if flow.get("complement") else p[flow["fraction"]]
            rates[places.index(source), places.index(source)] -= rate
            if to:
                rates[places.index(to), places.index(source)] += rate
    return rates, p


def slow(id: str, doses: Sequence[Dose], kg: float, output: str, at_h: Sequence[float]) -> Array:
    """Concentrations of one output by superposition: every dose alone, at every time anew."""
    model = MODELS[id]
    rates, p = slow_matrix(id, kg)
    kept = model.outputs[output]
    factor = 1000 / p[model.compartments[kept.compartment].volume] * (p[kept.scale] if kept.scale else 1)
    told = np.zeros(len(at_h))
    for dose in doses:
        for route in filter(None, (dose.route, model.routes[dose.route].also)):
            for k, hour in enumerate(at_h):
                told[k] += factor * _amount(id, rates, p, dose, route, hour)[model.places.index(kept.compartment)]
    return told


def _amount(id: str, rates: Array, p: dict[str, float], dose: Dose, name: str, hour: float) -> Array:
    route, n = MODELS[id].routes[name], len(rates)
    amount = dose.amount_mg * (p[route.bioavailability] if route.bioavailability else 1)
    lasts = dose.duration_h or (p[route.duration] if route.duration else 0)
    since = hour - dose.time_h - (p[route.lag] if route.lag else 0)
    into = np.eye(n)[MODELS[id].places.index(route.compartment)]
    if since < 0:
        return np.zeros(n)
    if not lasts:
        return np.asarray(expm(rates * since) @ into * amount)
    whole = np.zeros((n + 1, n + 1))
    whole[:n, :n], whole[:n, n] = rates, into * amount / lasts
    at_end = expm(whole * min(since, lasts))[:n, n]
    return np.asarray(expm(rates * max(0.0, since - lasts)) @ at_end)


@pytest.mark.parametrize(("id", "row"), ROWS, ids=NAMES)
def test_every_row_by_the_slow_way(id: str, row: Observed) -> None:
    times = row.times_h if row.observed_ng_per_ml and row.times_h else (0.01, 0.4, 1.3, 7.0)
    doses = validation.doses_of(row)
    found = simulate(doses, one_of(row.weight_kg), MODELS[id], times).concentrations[row.output][0]
    assert found == pytest.approx(slow(id, doses, row.weight_kg, row.output, times), rel=1e-9)


@pytest.mark.parametrize("id", MODELS)
def test_every_output_and_route_by_the_slow_way(id: str) -> None:
    times = [0.0, 0.1, 1.0, 2.5, 9.0, 30.0]
    for route in MODELS[id].routes:
        doses = [Dose(time_h=0, amount_mg=10, route=route), Dose(time_h=0.5, amount_mg=30, duration_h=2.0, route=route)]
        curve = simulate(doses, one_of(55.0), id, times)
        for output, found in curve.concentrations.items():
            assert found[0] == pytest.approx(slow(id, doses, 55.0, output, times), rel=1e-9, abs=1e-12)


# --- computed elsewhere (a matrix exponential of its own, rounded as printed) ---

B3 = {
    "kamp_2020": ("89 26 9.7 5.8 1.9", "217", "253", "1000", "1535", "264"),
    "domino_1982": ("89 15 7.1 3.4 .6", "230", "240", "725", "1275", "192"),
    "clements_1981": ("58 31 12.6 7.9 2.5", "120", "177", "1047", "1439", "277"),
    "hijazi_2003": ("78 23 1.6 1.2 .6", "172", "225", "556", "985", "147"),
    "herd_2007": ("87 32 11 4.0 .3", "206", "253", "933", "1726", "247"),
    "otto_2021": ("51 27 10.3 5.1 1.5", "108", "158", "882", "1279", "233"),
    "simons_2022": ("103 24 7.4 4.6 1.6", "259", "289", "946", "1507", "250"),
}


def as_printed(printed: str, found: float) -> bool:
    """Within what rounding to the printed digits allows (and a hair, for a five at the end)."""
    decimals = len(printed.partition(".")[2])
    return abs(found - float(printed)) <= 0.5 * 10**-decimals * 1.1


@pytest.mark.parametrize("id", B3)
def test_the_table_of_what_each_set_predicts_comes_out_as_printed(id: str) -> None:
    long_h = 1000.0
    short, arterial, venous, icu, idvall, steady = B3[id]
    found = {
        short: plasma(id, [Dose(time_h=0, amount_mg=10, duration_h=0.5)], [0.5, 1, 3, 5, 10], 68.0),
        arterial: plasma(id, [Dose(time_h=0, amount_mg=20, duration_h=1 / 3)], [1 / 3], 73.0),
        venous: plasma(id, [Dose(time_h=0, amount_mg=35, duration_h=2 / 3)], [2 / 3]),
        icu: plasma(id, [Dose(time_h=0, amount_mg=84 * 72, duration_h=72)], [72]),
        idvall: plasma(
            id, [Dose(time_h=0, amount_mg=140), Dose(time_h=0, amount_mg=0.041 * 60 * 70 * 3, duration_h=3)], [3]
        ),
        steady: plasma(id, [Dose(time_h=0, amount_mg=22.2 * long_h, duration_h=long_h)], [long_h]),
    }
    for printed, values in found.items():
        for number, value in zip(printed.split(), values, strict=True):
            assert as_printed(number, value), f"{number} printed, {value:.4f} found"


def test_domino_as_two_other_programs_compute_it() -> None:
    """70 kg, 20 mg/h, 4 h: opentiva gives 0.14839179 mg/L; stanpumpR, with three digits, 0.1484188."""
    found = plasma("domino_1982", [Dose(time_h=0, amount_mg=80, duration_h=4)], [4])[0]
    assert found == pytest.approx(148.39179, abs=5e-5)


# --- what follows from the parameters ---


def test_hijazi_clearance_volume_and_half_life_are_those_of_its_abstract() -> None:
    p = typical(MODELS["hijazi_2003"])
    clearance = p["V1"] * p["k10"] / 70 / 60 * 1000
    slowest = -np.linalg.eigvals(slow_matrix("hijazi_2003", 70)[0]).real.max()
    assert clearance == pytest.approx(36.0, abs=0.05)
    assert clearance * 60 / 1000 / slowest == pytest.approx(15.4, abs=0.05)
    assert np.log(2) / slowest == pytest.approx(4.95, abs=0.005)


@pytest.mark.parametrize(
    ("id", "volumes", "clearances"),
    [("domino_1982", [4.41, 10.6, 178], [116, 157, 156]), ("clements_1981", [122.7, 166.5], [80.2, 137]),
     ("hijazi_2003", [75.6, 222], [151, 39.9])],
)  # fmt: skip
def test_constants_per_minute_give_the_volumes_and_clearances_reported(
    id: str, volumes: list[float], clearances: list[float]
) -> None:
    p = typical(MODELS[id])
    found = [p["V1"], *(p["V1"] * p[f"k1{n}"] / p[f"k{n}1"] for n in (2, 3) if f"k1{n}" in p)]
    speeds = [p["V1"] * p[name] for name in ("k10", "k12", "k13") if name in p]
    assert found == pytest.approx(volumes, rel=0.005)
    assert speeds == pytest.approx(clearances, rel=0.005)


def test_esketamine_by_nose_and_mouth_passes_gut_and_liver_first() -> None:
    """Extraction 0.722, plasma clearance 109 L/h, 17.8 % by mouth, 62 % of a first spray, 0.714 to norketamine."""
    p = typical(MODELS["perez_ruixo_2021"])
    out = (p["kel"] + p["kmet"]) * p["Vh"]
    assert out / (p["Qh"] + out) == pytest.approx(0.722, abs=5e-4)
    assert p["kmet"] / (p["kel"] + p["kmet"]) == pytest.approx(0.714, abs=5e-4)
    areas = {route: _area("perez_ruixo_2021", route) for route in ("iv", "oral", "nasal")}
    assert 1000 / areas["iv"] == pytest.approx(109, abs=0.5)
    assert areas["oral"] / areas["iv"] == pytest.approx(0.178, abs=5e-4)
    assert areas["nasal"] / areas["iv"] == pytest.approx(0.62, abs=5e-3)


def _area(id: str, route: str, output: str = "plasma") -> float:
    """Area to infinity of 1 mg in ng h/mL, exactly: the negative inverse of the rate matrix."""
    model = MODELS[id]
    rates, p = slow_matrix(id, 70)
    given_mg = np.zeros(len(rates))
    for name in filter(None, (route, model.routes[route].also)):
        one = model.routes[name]
        given_mg[model.places.index(one.compartment)] += p[one.bioavailability] if one.bioavailability else 1
    kept = model.outputs[output]
    factor = 1000 / p[model.compartments[kept.compartment].volume] * (p[kept.scale] if kept.scale else 1)
    return float(factor * -np.linalg.solve(rates, given_mg)[model.places.index(kept.compartment)])


def test_what_becomes_norketamine_is_counted_in_moles_by_simons_and_in_mass_by_otto() -> None:
    simons, otto = typical(MODELS["simons_2022"]), typical(MODELS["otto_2021"])
    assert _area("simons_2022", "iv", "norketamine") == pytest.approx(1000 * 0.8 * 223.70 / 237.73 / simons["CLnk"])
    assert _area("simons_2022", "iv", "hydroxynorketamine") == pytest.approx(
        1000 * 0.8 * 0.7 * 239.70 / 237.73 / simons["CLhnk"]
    )
    assert _area("otto_2021", "iv", "norketamine") == pytest.approx(1000 / otto["CLnk"])
    assert (MODELS["simons_2022"].carries, MODELS["otto_2021"].carries) == ("moles", "mass")


def test_transit_chains_take_the_printed_mean_time() -> None:
    """Two compartments of rate n / MTT: the mean time through both is the MTT."""
    p = typical(MODELS["simons_2022"])
    assert [120 / p[k] for k in ("k_nk", "k_hnk", "k_gut")] == pytest.approx([20.1, 1.12, 10.7])
    delay = [_mean_time("simons_2022", ka) for ka in ("norketamine_forming_1", "gut_1")]
    assert delay[1] - delay[0] == pytest.approx(10.7 / 60)


def _mean_time(id: str, start: str) -> float:
    """Mean hours that a milligram stays in the body from `start` on, by the slow matrix."""
    rates, _ = slow_matrix(id, 70)
    time = -np.linalg.solve(rates, np.eye(len(rates))[MODELS[id].places.index(start)])
    if start == "gut_1":  # only the fixed share goes on to the metabolite
        gut = [MODELS[id].places.index(name) for name in ("gut_1", "gut_2")]
        return float(time[gut].sum() + (time.sum() - time[gut].sum()) / 0.8)
    return float(time.sum())


# --- what every model obeys ---


@pytest.mark.parametrize("id", MODELS)
def test_nothing_is_made_and_nothing_lasts_for_ever(id: str) -> None:
    """Columns of the rate matrix sum to minus what leaves the body; off the diagonal nothing is negative."""
    model = MODELS[id]
    for kg in (5.0, 70.0, 140.0):
        found = models.parameters(model, np.array([kg]))
        rates = models.matrices(model, found)[0]
        leaving = np.zeros(len(rates))
        for flow in model.flows:
            if not flow.to:
                volume = found[model.compartments[flow.source].volume][0] if flow.clearance else 1.0
                speed = (found[flow.rate] if flow.rate else found[flow.clearance])[0] / volume
                share = found[flow.fraction][0] if flow.fraction else 1.0
                leaving[model.places.index(flow.source)] += speed * (1 - share if flow.complement else share)
        assert rates.sum(axis=0) == pytest.approx(-leaving, abs=1e-9 * abs(rates).max())
        assert (rates - np.diag(np.diag(rates)) >= 0).all()
        assert np.linalg.eigvals(rates).real.max() < 0


@pytest.mark.parametrize("id", MODELS)
@settings(max_examples=15)
@given(kg=st.floats(3, 200), amount=st.floats(0.1, 500), duration=st.floats(0.01, 100), hour=st.floats(0.05, 200))
def test_no_more_is_in_the_body_than_was_given(id: str, kg: float, amount: float, duration: float, hour: float) -> None:
    model = MODELS[id]
    curve = simulate([Dose(time_h=0, amount_mg=amount, duration_h=duration)], one_of(kg), model, [hour])
    volume = models.parameters(model, np.array([kg]))[model.compartments[model.outputs["plasma"].compartment].volume][0]
    assert 0 <= curve.plasma[0, 0] * volume / 1000 <= amount * (1 + 1e-9)


@pytest.mark.parametrize("id", MODELS)
def test_weight_scales_each_parameter_by_its_exponent(id: str) -> None:
    """Twice the reference weight: volumes double or stay, clearances grow less than weight or with it."""
    model = MODELS[id]
    reference = model.reference_kg.value
    usual, heavy = typical(model, reference), typical(model, 2 * reference)
    for name, one in model.parameters.items():
        assert usual[name] == one.value
        assert heavy[name] == pytest.approx(one.value * 2**one.weight_exponent)
        assert one.weight_exponent in {"L": (0, 1), "L/h": (0, 0.75, 1)}.get(one.unit, (0,)), name


@pytest.mark.parametrize("id", ["domino_1982", "clements_1981", "hijazi_2003", "kamp_2020"])
def test_where_all_scales_with_weight_a_dose_per_kg_gives_everybody_the_same(id: str) -> None:
    small, large = (
        plasma(id, [Dose(time_h=0, amount_mg=0.5 * kg, duration_h=2 / 3)], [0.3, 2, 12], kg) for kg in (45.0, 130.0)
    )
    assert small == pytest.approx(large)


@pytest.mark.parametrize("id", MODELS)
def test_spread_between_people_is_on_parameters_that_are_there(id: str) -> None:
    varying = MODELS[id].variability
    if not varying.parameters:
        return
    eta = np.full((1, len(varying.parameters)), 0.3)
    usual, other = typical(MODELS[id]), typical(MODELS[id], eta=eta)
    for name in varying.parameters:
        factor = other[name] / usual[name]
        if name in varying.logit:
            assert 0 < usual[name] < other[name] < 1
        else:
            assert factor == pytest.approx(np.exp(0.3))
    assert varying.source
    assert varying.where


def test_printed_coefficients_of_variation_become_variances_of_the_logarithm() -> None:
    herd = np.diag(MODELS["herd_2007"].variability.covariance)
    assert np.sqrt(np.exp(herd) - 1) == pytest.approx([0.64, 0.517, 0.381, 0.19], abs=1e-5)
    flint = np.diag(MODELS["flint_2017"].variability.covariance)
    assert np.sqrt(np.exp(flint) - 1) == pytest.approx([0.402], abs=1e-5)


def test_what_is_swallowed_follows_what_the_nose_takes_up() -> None:
    """Derived shares are reckoned after subjects have varied: nose and swallowed part stay one whole."""
    model = MODELS["perez_ruixo_2021"]
    eta = np.zeros((1, len(model.variability.parameters)))
    eta[0, model.variability.parameters.index("FRn")] = 0.708
    p = typical(model, eta=eta)
    assert p["FRn"] > 0.54
    assert p["F_swallowed_first"] == pytest.approx((1 - p["FRn"]) * 0.64)
    assert p["F_swallowed_later"] == pytest.approx((1 - p["FRn"] * 0.62) * 0.64)


def test_models_for_a_few_say_so() -> None:
    said = {id: one.caution for id, one in MODELS.items()}
    assert "Compatibility only" in said["domino_1982"]
    assert "Intensive care only" in said["hijazi_2003"]
    assert said["herd_2007"].startswith("Children")
    assert said["flint_2017"].startswith("Children in intensive care")
    assert "arterial" in said["simons_2022"]
    assert not {"hornik_2018", "elkomy_2015", "sherwin_2015"} & set(MODELS)


@pytest.mark.parametrize("id", MODELS)
def test_a_model_that_was_only_transcribed_does_not_call_itself_read(id: str) -> None:
    """Only numbers of an abstract are primary; the rest was read in other people's code."""
    for name, one in MODELS[id].parameters.items():
        assert one.checked != "primary" or one.where == "abstract", name


# --- age, where a paper has an effect of it ---


@pytest.mark.parametrize(("age_years", "flow"), [(None, 151.0), (40, 151.0), (60, 151.0), (61, 148.81), (80, 107.2)])
def test_the_liver_flow_of_perez_ruixo_falls_by_2_19_a_year_above_60(age_years: float | None, flow: float) -> None:
    assert typical(models.at_age(MODELS["perez_ruixo_2021"], age_years))["Qh"] == pytest.approx(flow)


def test_at_80_an_infusion_settles_a_third_higher_as_reckoned_by_hand() -> None:
    """Clearance of a well-stirred liver: Q x 3.88 x 101 / (Q + 3.88 x 101); at 60 it is 109.0 and at 80 it is 84.2."""
    young, old = (
        predict([Dose(time_h=0, amount_mg=14 * 300, duration_h=300)], Drug.ESKETAMINE, 70, age) for age in (60, 80)
    )
    peaks = [{one.model: one.peak_ng_per_ml for one in band.models} for band in (young, old)]
    assert [each["perez_ruixo_2021"] for each in peaks] == pytest.approx([128.4, 166.3], rel=2e-3)
    assert {id for id in peaks[0] if peaks[0][id] != peaks[1][id]} == {"perez_ruixo_2021"}


def test_no_model_without_an_effect_of_age_changes_with_it() -> None:
    for id, model in MODELS.items():
        assert (models.at_age(model, 90) is model) == (id != "perez_ruixo_2021")
    with pytest.raises(UnwoundError, match="nothing would be left of Qh"):
        models.at_age(MODELS["perez_ruixo_2021"], 129)
