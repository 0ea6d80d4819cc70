"""`unwound models`: the pharmacokinetic models, and how close each comes to what others observed."""

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

LANGUAGES = ("rxode2", "mrgsolve", "nonmem", "sbml", "stan")


@click.command("models")
@click.argument("id", required=False)
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--as", "language", type=click.Choice(LANGUAGES), help="Print the model ID for that program.")
def models(id: str | None, wants_json: bool, language: str | None) -> None:
    """List the pharmacokinetic models, or show the model ID in full, or write it for another program.

    A model's checks are published observations: concentrations after a known dose, and how close its typical subject
    comes to them. Observations the model itself was fitted to are marked, and prove little.
    """
    from unwound.pharmacology import languages
    from unwound.pharmacology import models as catalogue

    if language is not None:
        if id is None or wants_json:
            raise click.UsageError("name the model: unwound models ID --as LANGUAGE (without --json)")
        click.echo(languages.written(id, language), nl=False)
        return
    listed = catalogue.models() if id is None else {id: catalogue.model(id)}
    if wants_json:
        objects = [_as_json(name, model) for name, model in listed.items()]
        click.echo(json.dumps(objects if id is None else objects[0], ensure_ascii=False, indent=2))
    elif id is None:
        _list(listed)
    else:
        _show(id, listed[id])


def _list(listed: Mapping[str, Model]) -> None:
    console = Console()
    for id, model in listed.items():
        checks = [_check(model, row)[1] for row in model.validation]
        fitted = sum(row.circular for row in model.validation)
        summary = f"{sum(checks)} of {len(checks)} checks hold" if checks else "no checks"
        summary += f" ({fitted} on data it was fitted to)" if fitted else ""
        blood = "" if model.sampling == "not stated" else f", {model.sampling} blood"
        console.print(Text(id, style="bold") + Text(f"  {model.drug}{blood}; {summary}"))
        console.print(Padding(Text(f"Made from: {model.valid.population.text}"), (0, 0, 0, 2)))
        if model.caution:
            console.print(Padding(Text(f"Caution: {model.caution}", style="yellow"), (0, 0, 0, 2)))
    console.print(Text("One in full: unwound models ID", style="dim"))


def _show(id: str, model: Model) -> None:
    """A page of one model; optional parts are left out where the file has none."""
    from unwound import evidence

    console = Console()
    console.print(Text(f"{model.title} ({id}; {model.status}, due {model.due})", style="bold"))
    console.print(Text(f"{model.drug}, {model.sampling} blood; carried as {model.carries}"))
    console.print(Text(model.summary.text))
    if model.caution:
        console.print(Text(f"Caution: {model.caution}", style="yellow"))
    console.print(Text(f"Made from: {model.valid.population.text}{_range(model)}"))
    console.print(Text(f"Gives {', '.join(model.outputs)}; takes doses by {', '.join(model.routes)}"))
    console.print(_parameters(model))
    console.print(Text(f"People differ: {_spread(model)}"))
    console.print(Text(f"Residual error: {_residual(model) or 'not known'}"))
    if model.validation:
        console.print(_checks(model))
    for source in evidence.cite(model):
        console.print(Text(f"{source}: {evidence.reference(source)}", style="dim"))


def _parameters(model: Model) -> Table:
    table = Table("Parameter", "Value", "With weight", "Varies", "Source", "Checked", show_edge=False, expand=True)
    for name, value in model.parameters.items():
        grows = f"x (kg/{model.reference_kg.value:g})^{value.weight_exponent:g}" if value.weight_exponent else "fixed"
        table.add_row(name, str(value), grows, _varies(model, name), value.source, value.checked)
    return table


def _checks(model: Model) -> Table:
    table = Table("Check", "Predicted / observed", "Claimed", "Holds", "Source", show_edge=False, expand=True)
    for row in model.validation:
        ratios, holds = _check(model, row)
        title = f"{row.name}{' (fitted to these)' if row.circular else ''}"
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) > 1 else f"{ratios[0]:.2f}"
        claimed = f"{row.within[0]:g} to {row.within[1]:g}"
        table.add_row(title, spread, claimed, "yes" if holds else "NO", row.source)
    return table


def _as_json(id: str, model: Model) -> dict[str, Any]:
    """The model with stable keys; a range or an exponent that the file does not state is left out or null."""
    from unwound import evidence

    return {
        "id": id,
        "title": model.title,
        "drug": model.drug,
        "sampling": model.sampling,
        "summary": model.summary.text,
        "caution": model.caution,
        "made_from": model.valid.population.text,
        "valid": {
            name: {"low": value.low, "high": value.high, "unit": value.unit}
            for name, value in (("weight_kg", model.valid.weight_kg), ("age_years", model.valid.age_years))
            if value is not None
        },
        "carries": model.carries,
        "reference_kg": model.reference_kg.value,
        "outputs": list(model.outputs),
        "routes": list(model.routes),
        "parameters": {
            name: {"value": value.value, "unit": value.unit, "weight_exponent": value.weight_exponent}
            for name, value in model.parameters.items()
        },
        "variability": {
            "parameters": list(model.variability.parameters),
            "covariance": [list(row) for row in model.variability.covariance],
            "logit": list(model.variability.logit),
        },
        "residual": {
            output: {
                "proportional": error.proportional.value if error.proportional else None,
                "additive_ng_per_ml": error.additive.value if error.additive else None,
            }
            for output, error in model.residual.items()
        },
        "checks": [
            {"name": row.name, "ratios": ratios, "within": list(row.within), "holds": holds, "fitted_to": row.circular}
            for row in model.validation
            for ratios, holds in [_check(model, row)]
        ],
        "sources": list(evidence.cite(model)),
    }


def _check(model: Model, row: Validation) -> tuple[list[float], bool]:
    """Predicted over observed, and whether all lie in what is claimed."""
    from unwound.pharmacology import validation

    ratios = [round(float(ratio), 4) for ratio in validation.ratios(model, row)]
    return ratios, all(row.within[0] <= ratio <= row.within[1] for ratio in ratios)


def _varies(model: Model, name: str) -> str:
    """How much the parameter differs between people, as a coefficient of variation."""
    if name not in model.variability.parameters:
        return ""
    place = model.variability.parameters.index(name)
    spread = model.variability.covariance[place][place] ** 0.5
    return f"sd {spread:.2f} of the logit" if name in model.variability.logit else f"sd {spread:.2f} of the log"


def _spread(model: Model) -> str:
    """Which parameters vary together, with their correlation."""
    variability = model.variability
    if not variability.parameters:
        return "not known; everyone of one weight is the typical subject"
    pairs = [
        (
            first,
            second,
            variability.covariance[row][column],
            variability.covariance[row][row] * variability.covariance[column][column],
        )
        for row, first in enumerate(variability.parameters)
        for column, second in enumerate(variability.parameters[:row])
        if variability.covariance[row][column]
    ]
    lines = [
        f"{first} with {second} (correlation {value / product**0.5:.2f})" for first, second, value, product in pairs
    ]
    pairs_text = "; ".join(lines) or "each parameter by itself"
    return f"{pairs_text}. {variability.note} ({variability.source}, {variability.checked})"


def _residual(model: Model) -> str:
    """What is left unexplained of each output."""
    return "; ".join(
        f"{output} {value.value:g}{f' {value.unit}' if value.unit != '1' else ''} {kind} ({value.checked})"
        for output, error in model.residual.items()
        for kind, value in (("proportional", error.proportional), ("additive", error.additive))
        if value is not None
    )


def _range(model: Model) -> str:
    parts = [
        f"{value.low:g} to {value.high:g} {value.unit}"
        for value in (model.valid.weight_kg, model.valid.age_years)
        if value is not None and value.low is not None and value.high is not None
    ]
    return f" ({', '.join(parts)})" if parts else ""
