"""What was simulated as tables: `tidy` has one value a row, `wide` one time a row; `axes` names the arrays' axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from unwound import extras
from unwound.pharmacology import effects
from unwound.pharmacology.models import Array
from unwound.pharmacology.population import Summary
from unwound.pharmacology.simulation import Curve

if TYPE_CHECKING:
    import pyarrow as pa

CONCENTRATION, RELIEF = "concentration_ng_per_ml", "relief_fraction"
UNITS = {
    CONCENTRATION: "ng/mL",
    "cmax_ng_per_ml": "ng/mL",
    "tmax_h": "h",
    "auc_ng_h_per_ml": "ng*h/mL",
    "hours_above": "h",
    RELIEF: "1",
}
"""The unit of each quantity, as UCUM writes it, but for the letters of «ng*h/mL»."""


def axes(curve: Curve | Summary) -> dict[str, tuple[str, ...]]:
    """The names of the axes of every array."""
    if isinstance(curve, Summary):
        return curve.axes
    both = ("subject", "time")
    return {"times_h": ("time",), "weight_kg": ("subject",), "concentrations": both, "sites": both}


def relief_fraction(curve: Curve | Summary) -> Array | None:
    """Relief in people who respond, (subject or quantile, time); None where it was simulated without its site.

    Relief only rises with the concentration at its site, so the quantiles of one are those of the other.
    """
    sites = curve.concentrations if isinstance(curve, Summary) else curve.sites
    site = sites.get(effects.RELIEF)
    return None if site is None else effects.response(effects.RELIEF, effects.esketamine(site, curve.drug))


def wide(curve: Curve | Summary) -> dict[str, Array]:
    """One time of one subject (or of one quantile) a row, by columns: who, `time_h`, each output and site, relief.

    Who is `subject` (counted from 0) and `weight_kg`, or `quantile`. Concentrations are in ng/mL; relief has a column
    where the curve was simulated with its site.
    """
    rows = _who(curve)
    rows |= {f"{name}_ng_per_ml": values.reshape(-1) for name, values in _concentrations(curve).items()}
    relief = relief_fraction(curve)
    return rows if relief is None else rows | {RELIEF: relief.reshape(-1)}


def tidy(curve: Curve | Summary) -> pa.Table:
    """One value a row: of a curve quantity, output, subject, weight_kg, time_h, value; of a summary as `Summary.tidy`.

    The last column, `unit`, is that of the value; a subject is a whole number, counted from 0.
    Effect sites stand among the outputs; relief is a quantity of its own.
    """
    with extras.needed("a table"):
        import pyarrow as pa

    if isinstance(curve, Summary):
        return _with_units(pa.concat_tables([curve.tidy(), *_relief_of(curve)]))
    who, relief = _who(curve), relief_fraction(curve)
    blocks = [(CONCENTRATION, name, values) for name, values in _concentrations(curve).items()]
    blocks += [] if relief is None else [(RELIEF, effects.RELIEF, relief)]
    columns = {
        "quantity": _repeated([quantity for quantity, _, _ in blocks], who["time_h"].size),
        "output": _repeated([output for _, output, _ in blocks], who["time_h"].size),
        **{
            name: np.tile(column.astype(np.int64) if name == "subject" else column, len(blocks))
            for name, column in who.items()
        },
        "value": np.concatenate([values.reshape(-1) for _, _, values in blocks]),
    }
    return _with_units(pa.table(columns))


def _with_units(table: pa.Table) -> pa.Table:
    """The table with the unit of every value."""
    return table.append_column("unit", [_strings([UNITS[quantity] for quantity in table["quantity"].to_pylist()])])


def _strings(words: list[str]) -> pa.Array:
    with extras.needed("a table"):
        import pyarrow as pa

    return pa.array(words, pa.string())


def _relief_of(summary: Summary) -> list[pa.Table]:
    """The rows of relief in the form of `Summary.tidy`."""
    import pyarrow as pa

    relief = relief_fraction(summary)
    if relief is None:
        return []
    who = _who(summary)
    columns = {
        "quantity": _repeated([RELIEF], relief.size),
        "output": _repeated([effects.RELIEF], relief.size),
        "probability": who["quantile"],
        "time_h": who["time_h"],
        "level_ng_per_ml": pa.nulls(relief.size, pa.float64()),
        "value": relief.reshape(-1),
    }
    return [pa.table(columns)]


def _who(curve: Curve | Summary) -> dict[str, Array]:
    """Whose value a row is, and when: subject by subject (or quantile by quantile), time by time."""
    times = curve.times_h.shape[-1]
    if isinstance(curve, Summary):
        return {
            "quantile": np.repeat(curve.probabilities, times),
            "time_h": np.tile(curve.times_h, curve.probabilities.size),
        }
    subjects = curve.weight_kg.size
    return {
        "subject": np.repeat(np.arange(subjects, dtype=float), times),
        "weight_kg": np.repeat(curve.weight_kg, times),
        "time_h": np.tile(curve.times_h, subjects) if curve.times_h.ndim == 1 else curve.times_h.reshape(-1),
    }


def _concentrations(curve: Curve | Summary) -> Mapping[str, Array]:
    """Outputs, then sites; a summary holds them together."""
    if isinstance(curve, Summary):
        return curve.concentrations
    return {**curve.concentrations, **curve.sites}


def _repeated(names: list[str], times: int) -> pa.Array:
    """Each name that many times, one after the other."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(np.repeat(np.arange(len(names), dtype=np.int32), times), names).cast(
        pa.string()
    )
