"""What was simulated as tables: every number of the arrays is there once, under the right name."""

import numpy as np
import pytest

from unwound.pharmacology import effects, simulate, tables
from unwound.pharmacology.dosing import infusion
from unwound.pharmacology.population import Summary, population
from unwound.pharmacology.simulation import Curve
from unwound.pharmacology.subjects import Subjects

DOSES = [infusion(0, 20, 4)]
TIMES = [1.0, 4.0, 30.0]
SITES = effects.sites_of(effects.RELIEF)


@pytest.fixture(scope="module")
def curve() -> Curve:
    return simulate(DOSES, Subjects(np.array([50.0, 90.0])), "simons_2022", TIMES, sites=SITES)


@pytest.fixture(scope="module")
def summary() -> Summary:
    return population(DOSES, "otto_2021", n=40, seed=3, times_h=TIMES, weight_kg=70, sites=SITES, above_ng_per_ml=[50])


def test_a_row_a_value_of_a_curve_and_each_where_its_names_say(curve: Curve) -> None:
    table = tables.tidy(curve)
    assert table.column_names == ["quantity", "output", "subject", "weight_kg", "time_h", "value", "unit"]
    assert table.num_rows == (3 + 1 + 1) * 2 * 3
    for row in table.to_pylist():
        subject, time = int(row["subject"]), TIMES.index(row["time_h"])
        assert row["weight_kg"] == curve.weight_kg[subject]
        if row["quantity"] == tables.RELIEF:
            assert row["value"] == effects.relief(curve)[subject, time]
        else:
            assert row["value"] == (curve.concentrations | dict(curve.sites))[row["output"]][subject, time]


def test_a_row_a_time_of_a_curve_has_a_column_an_output(curve: Curve) -> None:
    rows = tables.wide(curve)
    assert list(rows) == [
        "subject", "weight_kg", "time_h", "plasma_ng_per_ml", "norketamine_ng_per_ml", "hydroxynorketamine_ng_per_ml",
        "chronic_relief_ng_per_ml", "relief_fraction",
    ]  # fmt: skip
    assert rows["weight_kg"].tolist() == [50, 50, 50, 90, 90, 90]
    assert rows["time_h"].tolist() == [*TIMES, *TIMES]
    assert rows["hydroxynorketamine_ng_per_ml"][4] == curve.concentrations["hydroxynorketamine"][1, 1]


def test_a_summary_has_relief_beside_what_its_own_table_tells(summary: Summary) -> None:
    table = tables.tidy(summary)
    own = summary.tidy()
    assert table.drop_columns("unit").slice(0, own.num_rows).equals(own)
    added = table.slice(own.num_rows).to_pylist()
    assert {row["quantity"] for row in added} == {tables.RELIEF}
    assert len(added) == 3 * 3
    middle = effects.response(effects.RELIEF, summary.concentrations[effects.RELIEF][1])
    assert [row["value"] for row in added if row["probability"] == 0.5] == middle.tolist()
    assert list(tables.wide(summary))[:2] == ["quantile", "time_h"]


def test_without_the_site_there_is_no_relief_in_any_table() -> None:
    curve = simulate(DOSES, Subjects(np.array([70.0])), "kamp_2020", TIMES)
    assert tables.relief_fraction(curve) is None
    assert tables.RELIEF not in tables.wide(curve)
    assert tables.RELIEF not in tables.tidy(curve)["quantity"].to_pylist()


def test_relief_of_racemic_ketamine_is_that_of_its_esketamine() -> None:
    curve = simulate(DOSES, Subjects(np.array([70.0])), "kamp_2020", TIMES, sites=SITES)
    assert tables.wide(curve)[tables.RELIEF].tolist() == effects.relief(curve)[0].tolist()


def test_every_array_has_as_many_axes_as_are_named(curve: Curve, summary: Summary) -> None:
    for found in (curve, summary):
        for name, named in tables.axes(found).items():
            arrays = getattr(found, name)
            for array in arrays.values() if hasattr(arrays, "values") else [arrays]:
                assert array.ndim == len(named), name
