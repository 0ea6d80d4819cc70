"""`unwound vpc`: a table of measured people beside what a model would measure of them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unwound.cli.printing import print_json, went_well
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.cli.courses import Course, Request, Table
    from unwound.pharmacology.vpc import Person, Vpc

# The numerical parts take a second to import, so they are imported when the command runs and not before.

SEED, COPIES, BINS = 1, 500, 8
OUT = click.Path(path_type=Path)


@click.command("vpc")
@click.option("--events", type=OUT, required=True, help="Event table (CSV) with what was measured in DV.")
@click.option("--model", "model_id", required=True, metavar="ID", help="The model to check; `unwound models`.")
@click.option("--weight-kg", metavar="KG", help="Body weight, where the table has none. Never assumed.")
@click.option("--cmt", metavar="MAP", help="Which way a number in its CMT or ADM goes: 1=oral,2=iv.")
@click.option("--iov", metavar="LIST", help="Variances between its occasions (OCC) that you state: CL=0.04.")
@click.option("--output", default="plasma", show_default=True, help="What was measured.")
@click.option("--copies", type=int, default=COPIES, show_default=True, help="Simulated copies of the table.")
@click.option("--bins", type=int, default=BINS, show_default=True, help="Bins of time, of about as many values each.")
@click.option("--plain", is_flag=True, help="Without prediction correction.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Seed of the copies.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--plot", "out", type=OUT, help="Draw it: .svg, .png or .html.")
def vpc(
    events: Path,
    model_id: str,
    weight_kg: str | None,
    cmt: str | None,
    iov: str | None,
    output: str,
    copies: int,
    bins: int,
    plain: bool,
    seed: int,
    wants_json: bool,
    out: Path | None,
) -> None:
    """Check a model by people: quantiles of what was measured over bands of what the model would measure of them.

    Everybody keeps their own doses, weight, occasions and times. What lay below a limit is left out and counted.
    """
    from unwound.cli import courses
    from unwound.cli.simulating import read_events, spare
    from unwound.pharmacology.vpc import check

    spare(events, None, out)
    request = courses.Request(
        weights=courses.weights(weight_kg, several=False), model_id=model_id, people=None, seed=seed, until_h=None,
        step_h=None, cluster=None, beyond=True, compartments=courses.compartments(cmt),
        between=courses.between_occasions(iov),
    )  # fmt: skip
    table = read_events(events, request)
    people, left_out = _people(table, request, output)
    if not people:
        raise UnwoundError(f"{events}: nobody has a value of {output} above its limit; name another --output, or --cmt")
    model = table.courses[0].model
    checked = replace(
        check(people, model, seed=seed, output=output, copies=copies, bins=bins, corrected=not plain), model=model_id
    )
    if left_out:
        click.echo(f"{left_out} values below a limit are left out", err=True)
    if out is not None:
        from unwound import plots

        plots.save(plots.vpc(checked), out)
        went_well(f"written: {out}")
    if wants_json:
        print_json(as_json(checked, len(people), left_out))
    else:
        click.echo("\n".join(_lines(checked, len(people))))


def _people(table: Table, request: Request, output: str) -> tuple[list[Person], int]:
    """Everybody with a value, and how many values lay below a limit."""
    import numpy as np

    from unwound.pharmacology.vpc import Person

    people, left_out = [], 0
    for course in table.courses:
        if not course.steady or course.subjects.eta is not None:
            raise UnwoundError(f"ID {course.id}: weight or deviations change, or are given: that cannot be checked")
        times, values, below = _measured(course, request, output)
        left_out += below
        if values:
            weight = float(course.subjects.weight_kg[0])
            people.append(
                Person(
                    doses=course.doses, weight_kg=weight, times_h=np.array(times), ng_per_ml=np.array(values),
                    occasions=course.occasions,
                )
            )  # fmt: skip
    return people, left_out


def _measured(course: Course, request: Request, output: str) -> tuple[list[float], list[float], int]:
    """Hours and values of one person in the order of time, and how many were below a limit."""
    from unwound.cli import observed

    pairs, below = [], 0
    for seen in course.observed:
        if not math.isfinite(seen.value) or observed.output_of(
            seen.output, request.compartments, course.model, course.id
        ) != output:  # fmt: skip
            continue
        if seen.below:
            below += 1
        else:
            pairs.append((observed.beside(seen, course), seen.value))
    pairs.sort(key=lambda pair: pair[0])
    return [time for time, _ in pairs], [value for _, value in pairs], below


def as_json(check: Vpc, people: int, left_out: int) -> dict[str, Any]:
    """Everything with stable keys; ng/mL and hours."""
    rounded = {
        name: [[float(f"{value:.6g}") for value in row] for row in getattr(check, name)]
        for name in ("observed", "low", "middle", "high")
    }
    return {
        "model": check.model, "output": check.output, "prediction_corrected": check.corrected, "copies": check.copies,
        "people": people, "values": int(check.counts.sum()), "left_out_below_a_limit": left_out,
        "quantiles": check.quantiles.tolist(), "bins_h": check.bins_h.tolist(), "counts": check.counts.tolist(),
        **{f"{name}_ng_per_ml": rows for name, rows in rounded.items()}, "borrowed": list(check.borrowed),
    }  # fmt: skip


def _lines(checked: Vpc, people: int) -> list[str]:
    kind = "prediction-corrected" if checked.corrected else "as measured"
    lines = [
        f"{checked.counts.sum()} values of {people} people by {checked.model}, {checked.output}, {kind}; "
        f"{checked.copies} simulated copies",
        f"{'quantile':>10}{'hours':>10}{'values':>8}{'measured':>12}{'model, 95 % band':>26}",
    ]
    for row, quantile in enumerate(checked.quantiles.tolist()):
        for bin, hour in enumerate(checked.bins_h.tolist()):
            low, high, seen = checked.low[row, bin], checked.high[row, bin], checked.observed[row, bin]
            mark = "" if low <= seen <= high else "  outside"
            band = f"{low:.4g} to {high:.4g}"
            lines.append(f"{quantile:>10g}{hour:>10.4g}{checked.counts[bin]:>8}{seen:>12.4g}{band:>26}{mark}")
    outside = int(((checked.observed < checked.low) | (checked.observed > checked.high)).sum())
    return [*lines, f"{outside} of {checked.observed.size} quantiles lie outside the band.", *checked.borrowed]
