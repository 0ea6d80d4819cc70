"""`unwound target`: from a corridor that a named person gives to rates that a pump can be set to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from unwound.cli.printing import print_json, went_well
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.pharmacology.dosing import Dose
    from unwound.pharmacology.target import TargetPlan

# The numerical parts take a second to import, so they are imported when the command runs and not before.

SITES = ("plasma", "acute_analgesia", "drug_high", "chronic_relief")
"""Where a concentration can be asked for."""


@click.command("target")
@click.option("--model", "model_id", required=True, metavar="ID", help="The model to plan with; `unwound models`.")
@click.option("--weight-kg", type=float, required=True, help="Body weight. Never assumed.")
@click.option("--age-years", type=float, metavar="YEARS", help="Age, for models whose paper has an effect of it.")
@click.option("--at-least", type=float, required=True, metavar="NG_PER_ML", help="What relief needs.")
@click.option("--at-least-site", type=click.Choice(SITES), default="plasma", show_default=True, help="Where.")
@click.option("--high-at-most", type=float, metavar="NG_PER_ML", help="At the site of feeling high (drug_high).")
@click.option("--plasma-at-most", type=float, metavar="NG_PER_ML", help="In plasma.")
@click.option("--by", required=True, metavar="NAME", help="Whose corridor it is: nobody's is planned for.")
@click.option("--hours", type=float, required=True, help="How long from --from-h.")
@click.option("--step-min", type=float, required=True, metavar="MINUTES", help="How often the rate may change.")
@click.option(
    "--concentration-mg-per-ml", "mg_per_ml", type=float, required=True,
    help="What is in the syringe: a pump takes tenths of a mL/h of it. Never assumed.",
)  # fmt: skip
@click.option("--given", multiple=True, metavar="START,MG_PER_H,HOURS", help="What really ran before; several times.")
@click.option("--from-h", type=float, default=0.0, show_default=True, help="The hour from which it is planned.")
@click.option("--below", multiple=True, type=float, metavar="NG_PER_ML", help="When plasma falls below this.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--plot", "out", type=click.Path(path_type=Path), help="Draw it: .svg, .png or .html.")
def target(
    model_id: str,
    weight_kg: float,
    age_years: float | None,
    at_least: float,
    at_least_site: str,
    high_at_most: float | None,
    plasma_at_most: float | None,
    by: str,
    hours: float,
    step_min: float,
    mg_per_ml: float,
    given: tuple[str, ...],
    from_h: float,
    below: tuple[float, ...],
    wants_json: bool,
    out: Path | None,
) -> None:
    """Plan rates that keep concentrations within a corridor, and run them by every other model of the drug.

    Planning only: it drives no pump. The corridor is a named person's; there is no default, because no source gives
    one. What may be reached at most wins over what is wanted at least.
    """
    from unwound.cli import courses
    from unwound.pharmacology import target as planning
    from unwound.protocols import pump

    if out is not None:
        from unwound.plots import saving

        saving.checked(out)
    if not 0 < mg_per_ml < float("inf") or not 0 < weight_kg < float("inf"):
        raise UnwoundError("--concentration-mg-per-ml and --weight-kg are numbers above zero")
    courses.weights(f"{weight_kg:g}", several=False)  # what no person weighs is a slip
    known, mosts = pump.pump(), []
    if high_at_most is not None:
        mosts.append(planning.Aim(ng_per_ml=high_at_most, site="drug_high"))
    if plasma_at_most is not None:
        mosts.append(planning.Aim(ng_per_ml=plasma_at_most))
    made = planning.plan(
        planning.Corridor(by=by, at_least=planning.Aim(ng_per_ml=at_least, site=at_least_site), at_most=tuple(mosts)),
        model=model_id, weight_kg=weight_kg, hours=hours, step_h=step_min / 60, given=_ran(given), from_h=from_h,
        age_years=courses.age(age_years),
        finest_mg_per_h=known.step.value * mg_per_ml, most_mg_per_h=(known.rate.high or float("inf")) * mg_per_ml,
        below=below,
    )  # fmt: skip
    if out is not None:
        from unwound import plots

        plots.save(plots.target(made), out)
        went_well(f"written: {out}")
    if wants_json:
        print_json(as_json(made, mg_per_ml), indent=2)
    else:
        show(made, mg_per_ml, Console())


def _ran(written: Sequence[str]) -> tuple[Dose, ...]:
    """The doses of --given. UnwoundError for what is not three numbers, or not an infusion."""
    from unwound.pharmacology.dosing import infusion

    doses = []
    for text in written:
        try:
            start, rate, hours = (float(part) for part in text.split(","))
        except ValueError:
            raise UnwoundError(f"--given {text}: three numbers are needed, START,MG_PER_H,HOURS") from None
        if rate < 0 or hours <= 0:
            raise UnwoundError(f"--given {text}: a rate is not below zero, and hours are above it")
        doses.append(infusion(start, rate, hours))
    return tuple(doses)


def show(plan: TargetPlan, mg_per_ml: float, console: Console) -> None:
    """The steps first, then every model, then what must be said."""
    steps = Table("From hour", "to", "mg/h", "mL/h", show_edge=False, pad_edge=False)
    for step in plan.steps:
        cells = (step.start_h, step.start_h + step.hours, step.mg_per_h, step.mg_per_h / mg_per_ml)
        steps.add_row(*(f"{cell:.4g}" for cell in cells))
    console.print(steps)
    levels = list(plan.own.below_h)
    heads = ("Model", "Blood", "Corridor's site", "Plasma", *(f"h to {level:g}" for level in levels))
    table = Table(*heads, show_edge=False, pad_edge=False)
    for predicted in (plan.own, *plan.others):
        wears = [
            "> 2 weeks" if predicted.below_h[level] is None else f"{predicted.below_h[level]:.1f}" for level in levels
        ]
        kind = f"{predicted.model} (children)" if predicted.children else predicted.model
        ranges = (
            f"{predicted.aimed[0]:.0f} to {predicted.aimed[1]:.0f}",
            f"{predicted.plasma[0]:.0f} to {predicted.plasma[1]:.0f}",
        )
        table.add_row(kind, predicted.sampling, *ranges, *wears)
    console.print()
    console.print(table)
    console.print()
    for line in plan.says:
        console.print(f"• {line}", markup=False, highlight=False)


def as_json(plan: TargetPlan, mg_per_ml: float) -> dict[str, object]:
    """Everything with stable keys; concentrations in ng/mL, hours from 0."""
    return {
        "model": plan.model,
        "drug": plan.drug,
        "weight_kg": plan.weight_kg,
        "age_years": plan.age_years,
        "concentration_mg_per_ml": mg_per_ml,
        "corridor": asdict(plan.corridor),
        "steps": [{**asdict(step), "ml_per_h": step.mg_per_h / mg_per_ml} for step in plan.steps],
        "held_from_h": plan.held_from_h,
        "own": asdict(plan.own),
        "others": [asdict(predicted) for predicted in plan.others],
        "says": list(plan.says),
    }
