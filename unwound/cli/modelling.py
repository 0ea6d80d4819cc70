"""`unwound models`: the pharmacokinetic models, and how close each comes to what others observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from unwound.cli.printing import print_json
from unwound.terms import ModelLanguage

if TYPE_CHECKING:
    from unwound.pharmacology.models import Model, Variability
    from unwound.pharmacology.validation import Compared


@click.command("models")
@click.argument("id", required=False)
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--checks", is_flag=True, help="Every model beside every published observation, as one table.")
@click.option(
    "--as",
    "language",
    type=click.Choice([language.value for language in ModelLanguage]),
    help="Print the model ID for that program.",
)
@click.option("--age-years", type=float, metavar="YEARS", help="With --as: whom it is written for, where age matters.")
def models(id: str | None, wants_json: bool, checks: bool, language: str | None, age_years: float | None) -> None:
    """List the pharmacokinetic models, or show the model ID in full, or write it for another program.

    Every model is held against every published observation it can answer: concentrations after a known dose, close at
    0.8 to 1.25 of what was measured, twofold at 0.5 to 2. Observations of other drug, blood or people, and those a
    model was fitted to, are shown and do not count.
    """
    from unwound.cli import courses
    from unwound.pharmacology import languages
    from unwound.pharmacology import models as catalogue

    if age_years is not None and language is None:
        raise click.UsageError("--age-years goes with --as: unwound models ID --as LANGUAGE --age-years YEARS")
    if language is not None:
        if id is None or wants_json:
            raise click.UsageError("name the model: unwound models ID --as LANGUAGE (without --json)")
        age = courses.age(age_years)
        click.echo(languages.written(id, language, age), nl=False)
        return
    if checks:
        _matrix(catalogue.models() if id is None else {id: catalogue.model(id)})
        return
    listed = catalogue.models() if id is None else {id: catalogue.model(id)}
    if wants_json:
        objects = [_as_json(name, model) for name, model in listed.items()]
        print_json(objects if id is None else objects[0], indent=2)
    elif id is None:
        _list(listed)
    else:
        _show(id, listed[id])


def _list(listed: Mapping[str, Model]) -> None:
    from unwound.pharmacology import validation

    console = Console()
    for id, model in listed.items():
        summary = validation.summary(validation.compared(id, model))
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
    console.print(Text(f"One person differs between occasions: {_between_occasions(model)}"))
    console.print(Text(f"Residual error: {_residual(model) or 'not known'}"))
    for borrowed in model.borrowed:
        console.print(Text(borrowed, style="yellow"))
    console.print(_checks(id, model))
    for source in evidence.cite(model):
        console.print(Text(f"{source}: {evidence.reference(source)}", style="dim"))


def _parameters(model: Model) -> Table:
    table = Table("Parameter", "Value", "With weight", "Varies", "Source", "Checked", show_edge=False, expand=True)
    for name, value in model.parameters.items():
        grows = f"x (kg/{model.reference_kg.value:g})^{value.weight_exponent:g}" if value.weight_exponent else "fixed"
        table.add_row(name, str(value), grows, _varies(model, name), value.source, value.checked)
    return table


def _checks(id: str, model: Model) -> Table:
    from unwound.pharmacology import validation

    table = Table("Observation", "Predicted / observed", "Is", "Counts", "Study", show_edge=False, expand=True)
    for cell in validation.compared(id, model):
        low, high = cell.ratios.min(), cell.ratios.max()
        spread = f"{low:.2f} to {high:.2f}" if len(cell.ratios) > 1 else f"{low:.2f}"
        counts = "yes" if cell.standing is validation.Standing.INDEPENDENT else f"no: {cell.standing}"
        table.add_row(cell.row.name, spread, Text(cell.nearness, style=_colour(cell)), counts, cell.study)
    return table


def _matrix(listed: Mapping[str, Model]) -> None:
    """Rows are observations, columns are models; what does not count stands in brackets."""
    from unwound.pharmacology import validation

    cells = {
        (cell.study, cell.row.name, id): cell for id, model in listed.items() for cell in validation.compared(id, model)
    }
    table = Table("Observation", *listed, show_edge=False)
    for study, name in dict.fromkeys((study, name) for study, name, _ in cells):
        row = [cells.get((study, name, id)) for id in listed]
        table.add_row(f"{name} ({study})", *(_cell(cell) for cell in row))
    Console().print(table)
    Console().print(
        "The prediction farthest from what was measured, as predicted / observed. Close: 0.8 to 1.25; red: outside 0.5 "
        "to 2. In brackets: other drug, blood or people, or data the model was fitted to; these do not count.",
        style="dim",
    )


def _cell(cell: Compared | None) -> Text:
    from unwound.pharmacology.validation import Standing

    if cell is None:
        return Text("")
    number = f"{cell.farthest:.2f}"
    counts = cell.standing is Standing.INDEPENDENT
    return Text(number, style=_colour(cell)) if counts else Text(f"({number})", style="dim")


def _colour(cell: Compared) -> str:
    from unwound.pharmacology.validation import Nearness

    return {Nearness.CLOSE: "green", Nearness.TWOFOLD: "yellow", Nearness.OUTSIDE: "bold red"}[cell.nearness]


def _as_json(id: str, model: Model) -> dict[str, Any]:
    """The model with stable keys; a range or an exponent that the file does not state is left out or null."""
    from unwound import evidence
    from unwound.pharmacology import validation

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
        "variability": _spread_as_json(model.variability),
        "between_occasions": _spread_as_json(model.between_occasions),
        "borrowed": list(model.borrowed),
        "residual": {
            output: {
                "proportional": error.proportional.value if error.proportional else None,
                "additive_ng_per_ml": error.additive.value if error.additive else None,
            }
            for output, error in model.residual.items()
        },
        "checks": [
            {
                "name": cell.row.name,
                "study": cell.study,
                "ratios": [round(float(ratio), 4) for ratio in cell.ratios],
                "standing": cell.standing,
                "nearness": cell.nearness,
            }
            for cell in validation.compared(id, model)
        ],
        "sources": list(evidence.cite(model)),
    }


def _spread_as_json(variability: Variability) -> dict[str, Any]:
    return {
        "parameters": list(variability.parameters),
        "covariance": [list(row) for row in variability.covariance],
        "logit": list(variability.logit),
    }


def _between_occasions(model: Model) -> str:
    """How much one person differs from one occasion to the next."""
    how = model.between_occasions
    if not how.parameters:
        return "not known"
    each = ", ".join(f"{name} {how.covariance[row][row] ** 0.5:.2f}" for row, name in enumerate(how.parameters))
    return f"sd of the log: {each}. {how.note} ({how.source}, {how.checked})"


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
