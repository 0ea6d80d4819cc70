"""`unwound plan` and `unwound compare-protocols`: an infusion for one patient, and several courses side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from unwound.cli.kinds import DAY
from unwound.cli.reviewing import read_file
from unwound.derive import derive
from unwound.patient import Fact, Patient
from unwound.record import UnwoundError
from unwound.terms import Drug

if TYPE_CHECKING:
    from unwound.protocols import Comparison


@click.command("plan")
@click.argument("protocol", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--weight-kg", type=float, help="Plan for a weight alone, of nobody in particular, instead of FILE.")
@click.option(
    "--concentration-mg-per-ml", "concentration", type=float,
    help="What is in the syringe or bag, as 2: needed for a plan, none is assumed.",
)  # fmt: skip
@click.option(
    "--drug", type=click.Choice([one.value for one in Drug]), help="What the vial holds; another one is refused."
)
@click.option("--start", type=DAY, help="The day of the first dose: days get their dates.")
@click.option("--despite", multiple=True, metavar="ID", help="A relative stop on which a clinician decided otherwise.")
@click.option("--as-of", type=DAY, help="The day a FHIR record is judged on; today without it.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--plot", "out", type=click.Path(path_type=Path), help="Draw the rate over time: .svg, .png or .html.")
def plan(
    protocol: str | None,
    file: Path | None,
    weight_kg: float | None,
    concentration: float | None,
    drug: Any,
    start: date | None,
    despite: tuple[str, ...],
    as_of: date | None,
    wants_json: bool,
    out: Path | None,
) -> int:
    """Plan PROTOCOL for the patient in FILE (a FHIR bundle or a case), or list the protocols.

    Exit code 2 when it is refused or cannot be told; the reasons are printed all the same.
    """
    from unwound import protocols
    from unwound.protocols.planner import PlanVerdict
    from unwound.report import plan_json, planning

    if protocol is None:
        planning.show_protocols(Console())
        return 0
    known = protocols.protocol(protocol)
    _may_draw(out)
    patient = _patient(file, weight_kg, as_of)
    if concentration is None:
        raise UnwoundError("--concentration-mg-per-ml is needed: what is in the syringe or bag, as 2; none is assumed")
    found = protocols.plan(
        protocol, patient, concentration_mg_per_ml=concentration, drug=drug,
        start=start, despite=_relative(despite),
    )  # fmt: skip
    if out is not None and found.rates:
        _draw_plan(found, known.title, out)
    if wants_json:
        _print(plan_json.plan_json(found))
    else:
        planning.show_plan(found, Console(), who=_who(patient, file))
    return 0 if found.verdict == PlanVerdict.PLANNED else 2


@click.command("compare-protocols")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--weight-kg", type=float, help="Compare for a weight alone, instead of FILE.")
@click.option(
    "--protocol", "chosen", multiple=True, metavar="ID", help="Only these; every course against pain without."
)
@click.option("--start", type=DAY, help="The day of the first dose: liver tests get their dates.")
@click.option("--despite", multiple=True, metavar="ID", help="A relative stop on which a clinician decided otherwise.")
@click.option("--as-of", type=DAY, help="The day a FHIR record is judged on; today without it.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--plot", "out", type=click.Path(path_type=Path), help="Draw relief against hours: .svg, .png or .html.")
def compare_protocols(
    file: Path | None,
    weight_kg: float | None,
    chosen: tuple[str, ...],
    start: date | None,
    despite: tuple[str, ...],
    as_of: date | None,
    wants_json: bool,
    out: Path | None,
) -> int:
    """Set relief over twelve weeks against burden for the patient in FILE, protocol by protocol.

    Exit code 2 when every protocol is refused for this patient.
    """
    from unwound import protocols
    from unwound.report import plan_json, planning

    _may_draw(out)
    patient = _patient(file, weight_kg, as_of)
    found = protocols.compare(
        patient if file else float(weight_kg or 0), protocols=chosen or None,
        start=start, despite=_relative(despite),
    )  # fmt: skip
    if out is not None and found.compared:
        _draw_comparison(found, out)
    if wants_json:
        _print(plan_json.comparison_json(found))
    else:
        planning.show_comparison(found, Console(), who=_who(patient, file))
    return 0 if found.compared else 2


def _patient(file: Path | None, weight_kg: float | None, as_of: date | None) -> Patient:
    """The patient in the file, or nobody known but by weight. UsageError for both or neither, and no weight at all."""
    if (file is None) == (weight_kg is None):
        raise click.UsageError("either FILE (a case or bundle) or --weight-kg is needed, not both")
    day = as_of or date.today()
    if file is not None:
        return read_file(file, day).patient
    if weight_kg is None or not 0 < weight_kg < float("inf"):
        raise UnwoundError(f"--weight-kg: {weight_kg:g} is no weight; a positive number of kilograms is needed")
    return Patient(as_of=day, facts={"weight_kg": Fact(value=weight_kg)})


def _who(patient: Patient, file: Path | None) -> str:
    from unwound.report import words

    return words.who(derive(patient)) if file else f"{patient.value('weight_kg'):g} kg, nobody in particular"


def _relative(despite: Sequence[str]) -> tuple[str, ...]:
    """The ids, when each is a caution that may be decided otherwise."""
    from unwound import cautions

    known, stop = cautions.cautions(), cautions.CautionLevel.STOP
    for id in despite:
        if id not in known or not (known[id].relative and known[id].level == stop):
            may = ", ".join(name for name, one in known.items() if one.relative and one.level == stop)
            raise UnwoundError(f"--despite {id}: not a stop that a clinician may decide otherwise on; those are {may}")
    return tuple(despite)


def _may_draw(out: Path | None) -> None:
    """A wrong ending is told before anything is reckoned."""
    if out is not None:
        from unwound.plots import saving

        saving.checked(out)


def _draw_plan(found: Any, title: str, out: Path) -> None:
    from unwound import plots

    plots.save(plots.plan_rate(found, title), out)
    click.echo(f"written: {out}", err=True)


def _draw_comparison(found: Comparison, out: Path) -> None:
    from unwound import plots

    plots.save(plots.comparison(found), out)
    click.echo(f"written: {out}", err=True)


def _print(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
