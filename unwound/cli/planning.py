"""`unwound plan` and `unwound compare-protocols`: an infusion for one patient, and several courses side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from unwound.cli.kinds import DAY
from unwound.cli.printing import print_json, went_well
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
@click.option("--weight-kg", type=float, help="Plan for a weight alone, without a patient, instead of FILE.")
@click.option(
    "--concentration-mg-per-ml", "concentration", type=float,
    help="Concentration in the syringe or bag, for example 2: needed for a plan, never assumed.",
)  # fmt: skip
@click.option(
    "--drug", type=click.Choice([drug.value for drug in Drug]), help="What the vial holds; any other drug is refused."
)
@click.option("--start", type=DAY, help="The day of the first dose; gives each day its date.")
@click.option(
    "--despite", multiple=True, metavar="ID", help="A relative contraindication that a clinician has overridden."
)
@click.option(
    "--weight-basis", type=click.Choice(["actual", "ideal", "adjusted", "lean"]),
    help="The weight to dose by, where a clinician chose another than the actual one.",
)  # fmt: skip
@click.option("--chosen-by", default="", metavar="NAME", help="Who chose that weight.")
@click.option("--as-of", type=DAY, help="The day on which a FHIR record is judged; today without it.")
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
    weight_basis: str | None,
    chosen_by: str,
    as_of: date | None,
    wants_json: bool,
    out: Path | None,
) -> int:
    """Plan PROTOCOL for the patient in FILE (a FHIR bundle or a case; - is the standard input), or list the protocols.

    Exit code 2 when it is refused or information is missing; the reasons are printed all the same.
    """
    from unwound import protocols
    from unwound.protocols.planner import PlanVerdict
    from unwound.report import plan_json, planning

    if protocol is None:
        planning.show_protocols(Console())
        return 0
    title = protocols.protocol(protocol).title
    _check_ending(out)
    patient = _patient(file, weight_kg, as_of)
    if concentration is None:
        raise UnwoundError(
            "--concentration-mg-per-ml is needed: the concentration in the syringe or bag, for example 2"
        )
    made = protocols.plan(
        protocol, patient, concentration_mg_per_ml=concentration, drug=drug,
        start=start, despite=_relative(despite),
        basis=protocols.Basis(protocols.WeightKind(weight_basis), chosen_by) if weight_basis else None,
    )  # fmt: skip
    if out is not None and made.rates:
        _draw_plan(made, title, out)
    if wants_json:
        print_json(plan_json.plan_json(made), indent=2)
    else:
        planning.show_plan(made, Console(), who=_who(patient, file))
    return 0 if made.verdict == PlanVerdict.PLANNED else 2


@click.command("compare-protocols")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--weight-kg", type=float, help="Compare for a weight alone, instead of FILE.")
@click.option(
    "--protocol", "chosen", multiple=True, metavar="ID", help="Only these protocols; without it, every course for pain."
)
@click.option("--start", type=DAY, help="The day of the first dose; gives liver tests their dates.")
@click.option(
    "--despite", multiple=True, metavar="ID", help="A relative contraindication that a clinician has overridden."
)
@click.option("--as-of", type=DAY, help="The day on which a FHIR record is judged; today without it.")
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
    """Compare relief over twelve weeks with burden for the patient in FILE (- is the standard input), by protocol.

    Exit code 2 when every protocol is refused for this patient.
    """
    from unwound import protocols
    from unwound.report import plan_json, planning

    _check_ending(out)
    patient = _patient(file, weight_kg, as_of)
    comparison = protocols.compare(
        patient if file else float(weight_kg or 0), protocols=chosen or None,
        start=start, despite=_relative(despite),
    )  # fmt: skip
    if out is not None and comparison.compared:
        _draw_comparison(comparison, out)
    if wants_json:
        print_json(plan_json.comparison_json(comparison), indent=2)
    else:
        planning.show_comparison(comparison, Console(), who=_who(patient, file))
    return 0 if comparison.compared else 2


def _patient(file: Path | None, weight_kg: float | None, as_of: date | None) -> Patient:
    """The patient in the file, or one of whom only the weight is known. UsageError for both, neither or no weight."""
    if (file is None) == (weight_kg is None):
        raise click.UsageError("either FILE (a case or bundle) or --weight-kg is needed, not both")
    day = as_of or date.today()
    if file is not None:
        return read_file(file, day).patient
    if weight_kg is None or not 0 < weight_kg < float("inf"):
        raise UnwoundError(f"--weight-kg: {weight_kg:g} is not a weight; a positive number of kilograms is needed")
    return Patient(as_of=day, facts={"weight_kg": Fact(value=weight_kg, on=day)})


def _who(patient: Patient, file: Path | None) -> str:
    from unwound.report import words

    return words.who(derive(patient)) if file else f"{patient.value('weight_kg'):g} kg, no particular patient"


def _relative(despite: Sequence[str]) -> tuple[str, ...]:
    """The ids, when each is a relative contraindication."""
    from unwound import cautions

    stop = cautions.CautionLevel.STOP
    relative = [id for id, caution in cautions.cautions().items() if caution.relative and caution.level == stop]
    for id in despite:
        if id not in relative:
            raise UnwoundError(
                f"--despite {id}: not a stop that a clinician may override; those are {', '.join(relative)}"
            )
    return tuple(despite)


def _check_ending(out: Path | None) -> None:
    """A wrong ending is refused before anything is calculated."""
    if out is not None:
        from unwound.plots import saving

        saving.checked(out)


def _draw_plan(plan: Any, title: str, out: Path) -> None:
    from unwound import plots

    plots.save(plots.plan_rate(plan, title), out)
    went_well(f"written: {out}")


def _draw_comparison(comparison: Comparison, out: Path) -> None:
    from unwound import plots

    plots.save(plots.comparison(comparison), out)
    went_well(f"written: {out}")
