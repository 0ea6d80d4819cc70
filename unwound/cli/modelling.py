"""`unwound models`: the pharmacokinetic models there are, and how near each comes to what others observed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from unwound.pharmacology.models import Model, Validation


@click.command("models")
@click.argument("id", required=False)
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def models(id: str | None, wants_json: bool) -> None:
    """List the pharmacokinetic models, or show the model ID in full.

    A model's checks are observations nobody here wrote: concentrations after a known dose, and how near its typical
    subject comes. Observations the model itself was fitted to are marked, and prove little.
    """
    from unwound.pharmacology import models as known

    listed = known.models() if id is None else {id: known.model(id)}
    if wants_json:
        objects = [_as_json(name, one) for name, one in listed.items()]
        click.echo(json.dumps(objects if id is None else objects[0], ensure_ascii=False, indent=2))
    elif id is None:
        _list(listed)
    else:
        _show(id, listed[id])


def _list(listed: Mapping[str, Model]) -> None:
    console = Console()
    for id, one in listed.items():
        checks = [_check(one, row)[1] for row in one.validation]
        fitted = sum(row.circular for row in one.validation)
        said = f"{sum(checks)} of {len(checks)} checks hold" if checks else "no checks"
        said += f" ({fitted} of data it was fitted to)" if fitted else ""
        blood = "" if one.sampling == "not stated" else f", {one.sampling} blood"
        console.print(Text(id, style="bold") + Text(f"  {one.drug}{blood}; {said}"))
        console.print(Padding(Text(f"Made from: {one.valid.population.text}"), (0, 0, 0, 2)))
        if one.caution:
            console.print(Padding(Text(f"Careful: {one.caution}", style="yellow"), (0, 0, 0, 2)))
    console.print(Text("One in full: unwound models ID", style="dim"))


def _show(id: str, one: Model) -> None:
    """A page of one model; what a file need not say is left out where it says nothing."""
    from unwound import evidence

    console = Console()
    console.print(Text(f"{one.title} ({id}; {one.status}, due {one.due})", style="bold"))
    console.print(Text(f"{one.drug}, {one.sampling} blood; carried as {one.carries}"))
    console.print(Text(one.summary.text))
    if one.caution:
        console.print(Text(f"Careful: {one.caution}", style="yellow"))
    console.print(Text(f"Made from: {one.valid.population.text}{_range(one)}"))
    console.print(Text(f"Gives {', '.join(one.outputs)}; takes doses by {', '.join(one.routes)}"))
    console.print(_parameters(one))
    console.print(Text(f"People differ: {_spread(one)}"))
    console.print(Text(f"Residual error: {_residual(one) or 'not known'}"))
    if one.validation:
        console.print(_checks(one))
    for source in evidence.cite(one):
        console.print(Text(f"{source}: {evidence.reference(source)}", style="dim"))


def _parameters(one: Model) -> Table:
    table = Table("Parameter", "Value", "With weight", "Varies", "Source", "Checked", show_edge=False, expand=True)
    for name, value in one.parameters.items():
        grows = f"x (kg/{one.reference_kg.value:g})^{value.weight_exponent:g}" if value.weight_exponent else "fixed"
        table.add_row(name, str(value), grows, _varies(one, name), value.source, value.checked)
    return table


def _checks(one: Model) -> Table:
    table = Table("Check", "Predicted / observed", "Claimed", "Holds", "Source", show_edge=False, expand=True)
    for row in one.validation:
        ratios, holds = _check(one, row)
        title = f"{row.name}{' (fitted to these)' if row.circular else ''}"
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) > 1 else f"{ratios[0]:.2f}"
        claimed = f"{row.within[0]:g} to {row.within[1]:g}"
        table.add_row(title, spread, claimed, "yes" if holds else "NO", row.source)
    return table


def _as_json(id: str, one: Model) -> dict[str, Any]:
    from unwound import evidence

    return {
        "id": id,
        "title": one.title,
        "drug": one.drug,
        "sampling": one.sampling,
        "summary": one.summary.text,
        "caution": one.caution,
        "made_from": one.valid.population.text,
        "valid": {
            name: {"low": value.low, "high": value.high, "unit": value.unit}
            for name, value in (("weight_kg", one.valid.weight_kg), ("age_years", one.valid.age_years))
            if value is not None
        },
        "carries": one.carries,
        "reference_kg": one.reference_kg.value,
        "outputs": list(one.outputs),
        "routes": list(one.routes),
        "parameters": {
            name: {"value": value.value, "unit": value.unit, "weight_exponent": value.weight_exponent}
            for name, value in one.parameters.items()
        },
        "variability": {
            "parameters": list(one.variability.parameters),
            "covariance": [list(row) for row in one.variability.covariance],
            "logit": list(one.variability.logit),
        },
        "residual": {
            output: {
                "proportional": error.proportional.value if error.proportional else None,
                "additive_ng_per_ml": error.additive.value if error.additive else None,
            }
            for output, error in one.residual.items()
        },
        "checks": [
            {"name": row.name, "ratios": ratios, "within": list(row.within), "holds": holds, "fitted_to": row.circular}
            for row in one.validation
            for ratios, holds in [_check(one, row)]
        ],
        "sources": list(evidence.cite(one)),
    }


def _check(one: Model, row: Validation) -> tuple[list[float], bool]:
    """Predicted over observed, and whether all lie in what is claimed."""
    from unwound.pharmacology import validation

    ratios = [round(float(ratio), 4) for ratio in validation.ratios(one, row)]
    return ratios, all(row.within[0] <= ratio <= row.within[1] for ratio in ratios)


def _varies(one: Model, name: str) -> str:
    """How much the parameter differs between people, as a coefficient of variation."""
    if name not in one.variability.parameters:
        return ""
    place = one.variability.parameters.index(name)
    spread = one.variability.covariance[place][place] ** 0.5
    return f"sd {spread:.2f} of the logit" if name in one.variability.logit else f"sd {spread:.2f} of the log"


def _spread(one: Model) -> str:
    """Which parameters vary together, with their correlation."""
    known = one.variability
    if not known.parameters:
        return "not known; everybody of one weight is the typical subject"
    pairs = [
        (first, second, known.covariance[row][column], known.covariance[row][row] * known.covariance[column][column])
        for row, first in enumerate(known.parameters)
        for column, second in enumerate(known.parameters[:row])
        if known.covariance[row][column]
    ]
    told = [f"{one} with {other} (correlation {value / product**0.5:.2f})" for one, other, value, product in pairs]
    return f"{'; '.join(told) or 'each parameter by itself'}. {known.note} ({known.source}, {known.checked})"


def _residual(one: Model) -> str:
    """What is left unexplained of each output."""
    return "; ".join(
        f"{output} {value.value:g}{f' {value.unit}' if value.unit != '1' else ''} {kind} ({value.checked})"
        for output, error in one.residual.items()
        for kind, value in (("proportional", error.proportional), ("additive", error.additive))
        if value is not None
    )


def _range(one: Model) -> str:
    parts = [
        f"{value.low:g} to {value.high:g} {value.unit}"
        for value in (one.valid.weight_kg, one.valid.age_years)
        if value is not None and value.low is not None and value.high is not None
    ]
    return f" ({', '.join(parts)})" if parts else ""
