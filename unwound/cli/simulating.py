"""`unwound simulate`: doses in, concentrations and relief over time out, for one person or a population."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import Progress

from unwound import extras
from unwound.cli.printing import print_json, quiet, went_well
from unwound.files import write
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.cli.courses import Request, Table
    from unwound.cli.results import Result
    from unwound.plots import Chart

# The numerical parts take a second to import, so they are imported when the command runs and not before.

SEED = 1
LIMIT_BYTES = 100_000_000
WEEK_H = 168.0
DRAWN = 5
"""Lines in one picture that can still be told apart."""
OUT = click.Path(path_type=Path)


@click.command()
@click.option("--protocol", "protocol_id", metavar="ID", help="Doses of a protocol; `unwound plan` lists them.")
@click.option("--events", type=OUT, help="Doses of a NONMEM-style event table (CSV); - is the standard input.")
@click.option("--cmt", metavar="MAP", help="Which way a number in its CMT or ADM goes: 1=oral,2=iv.")
@click.option("--iov", metavar="LIST", help="Variances between its occasions (OCC) that you state: CL=0.04,V1=0.02.")
@click.option("--observed", is_flag=True, help="Its observed rows alone: DV beside PRED, IPRED and IWRES.")
@click.option("--weight-kg", metavar="KG", help="Body weight; with --population also MEAN,SD,LOW,HIGH. Never assumed.")
@click.option("--age-years", type=float, metavar="YEARS", help="Age, for a model whose paper has an effect of it.")
@click.option(
    "--model",
    "model_id",
    metavar="ID",
    help="Pharmacokinetic model; `unwound models` lists them. Without it the protocol's drug decides: otto_2021 for "
    "esketamine, clements_1981 for racemic ketamine, both from venous blood, as the relief curve is. Arterial: "
    "simons_2022 and kamp_2020.",
)
@click.option("--population", "people", type=int, metavar="N", help="Simulate N people and give quantiles.")
@click.option("--seed", type=int, help=f"Seed of the population; {SEED} without it.")
@click.option("--until-h", type=float, help="Last hour; 14 weeks after the last dose without it.")
@click.option("--step-h", type=float, help="Hours between times; fine around the doses, then wider, without it.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "wants_csv", is_flag=True, help="Print a table, one time a line.")
@click.option("--parquet", type=OUT, help="Write that table as Parquet.")
@click.option("--plot", type=OUT, help="Write a picture: .svg, .png or .html.")
@click.option("--cluster", metavar="ADDRESS", help="Run a population on this dask scheduler.")
@click.option("--beyond-ceilings", "beyond", is_flag=True, help="Simulate doses beyond any anaesthetic, too.")
def simulate(
    protocol_id: str | None,
    events: Path | None,
    cmt: str | None,
    iov: str | None,
    observed: bool,
    weight_kg: str | None,
    age_years: float | None,
    model_id: str | None,
    people: int | None,
    seed: int | None,
    until_h: float | None,
    step_h: float | None,
    wants_json: bool,
    wants_csv: bool,
    parquet: Path | None,
    plot: Path | None,
    cluster: str | None,
    beyond: bool,
) -> None:
    """Simulate an infusion: concentrations while it runs, relief over the weeks after it.

    Doses come from --protocol or from --events (TIME in hours, AMT in mg, RATE in mg/h or DUR in h). Relief is a share
    of the most the curve allows, in people who respond; it is empirical, and every output says where controlled data
    end (data_end_days). No patient is screened and nothing is planned here: see `unwound plan`.
    """
    # Options that contradict each other are refused before anything is computed.
    if (protocol_id is None) == (events is None):
        raise click.UsageError("name the doses: either --protocol ID or --events FILE")
    if wants_json and wants_csv:
        raise click.UsageError("--json and --csv exclude each other: choose one")
    if people is None and (seed is not None or cluster is not None):
        raise click.UsageError("--seed and --cluster belong to --population N")
    if events is None and (cmt is not None or iov is not None or observed):
        raise click.UsageError("--cmt, --iov and --observed belong to --events FILE")
    if observed and (people is not None or parquet is not None or plot is not None):
        raise click.UsageError("--observed goes with --csv or --json, without --population, --parquet and --plot")
    spare(events, parquet, plot)
    from unwound.cli import courses

    request = courses.Request(
        weights=courses.weights(weight_kg, several=people is not None),
        model_id=model_id,
        people=courses.number_of_people(people),
        seed=SEED if seed is None else seed,
        until_h=courses.above_zero("--until-h", until_h),
        step_h=courses.above_zero("--step-h", step_h),
        cluster=cluster,
        beyond=beyond,
        compartments=courses.compartments(cmt),
        between=courses.between_occasions(iov),
        age_years=courses.age(age_years),
    )
    if cluster is not None:
        with suppress(ImportError):
            import distributed  # noqa: F401  # it sets its loggers when it is imported

        # Dask reports a lost connection in a traceback of its own, beside the line that says it.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    table = None if protocol_id else read_events(events, request)
    if table is not None and observed:
        _hand_out_observed(table, wants_json=wants_json, wants_csv=wants_csv)
        return
    requested = courses.of_protocol(protocol_id or "", request) if table is None else table.courses
    if age_years is not None and not any(course.model.of_age for course in requested):
        click.echo(f"--age-years is used by no part of {requested[0].model_id}", err=True)
    with _progress(people, len(requested)) as progress:
        results = [courses.run(course, request, progress(course.title)) for course in requested]
    if people is not None and seed is None:
        went_well(f"seed {SEED} (choose another with --seed)")
    _hand_out(results, wants_json=wants_json, wants_csv=wants_csv, parquet=parquet, plot=plot)


def spare(events: Path | None, parquet: Path | None, plot: Path | None) -> None:
    """UsageError when a result would take the place of the table or of another one; a wrong ending is refused early."""
    if plot is not None:
        from unwound.plots import saving

        saving.checked(plot)
    places = [path.resolve() for path in (events, parquet, plot) if path is not None]
    if len(set(places)) < len(places):
        raise click.UsageError("--events, --parquet and --plot are three files: give each its own name")


def read_events(events: Path | None, request: Request) -> Table:
    """The table of --events. UnwoundError for what cannot be read; what was not read of it is said."""
    from unwound.cli import courses
    from unwound.exchange.event_table.columns import describes_a_person

    assert events is not None
    try:
        if str(events) == "-":
            data = sys.stdin.buffer.read(LIMIT_BYTES + 1)
        else:
            with events.open("rb") as stream:
                data = stream.read(LIMIT_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UnwoundError(f"{events}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
    except UnicodeDecodeError:
        raise UnwoundError(f"{events}: an event table is text in UTF-8, and this is not") from None
    if len(data) > LIMIT_BYTES:
        raise UnwoundError(f"{events}: more than {LIMIT_BYTES // 1_000_000} MB; split it, whole IDs in each part")
    table = courses.of_events(text, str(events), request)
    persons = [heading for heading in table.left_aside if describes_a_person(heading)]
    others = [heading for heading in table.left_aside if heading not in persons]
    for how, which in (("read, but not used by this model", persons), ("not read", others)):
        if which:
            click.echo(f"{how}: {', '.join(which)}", err=True)
    for note in table.notes:
        click.echo(note, err=True)
    return table


def _hand_out_observed(table: Table, *, wants_json: bool, wants_csv: bool) -> None:
    """The observed rows of every person, as JSON, CSV or in columns; what must be said of them goes beside."""
    import csv
    import io

    from unwound.cli import observed

    every: list[observed.Row] = []
    for course in table.courses:
        rows, notes = observed.rows(table, course)
        every += rows
        for note in notes:
            click.echo(note, err=True)
    if wants_json:
        print_json({"observed": observed.as_json(every)})
    elif wants_csv:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(observed.as_table(every))
        click.echo(out.getvalue(), nl=False)
    else:
        for cells in observed.as_table(every):
            click.echo("  ".join(f"{cell!s:>10}" for cell in cells))


@contextmanager
def _progress(people: int | None, courses: int) -> Iterator[Callable[[str], Callable[[int, int], None] | None]]:
    """A bar on the error stream while populations run: for a title, what is called with people done and to do."""
    if people is None:
        yield lambda _: None
        return
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet() or not console.is_terminal) as bar:

        def begin(title: str) -> Callable[[int, int], None]:
            task = bar.add_task(title if courses > 1 else "Simulating people", total=None)
            return lambda done, total: bar.update(task, completed=done, total=total)

        yield begin


def _hand_out(
    results: list[Result], *, wants_json: bool, wants_csv: bool, parquet: Path | None, plot: Path | None
) -> None:
    """Everything is ready before anything is written or printed."""
    picture = None if plot is None else _picture(results)
    if parquet is not None:
        write(parquet, _parquet(results))
        went_well(f"written: {parquet}")
    if picture is not None and plot is not None:
        from unwound import plots

        plots.save(picture, plot)
        went_well(f"written: {plot}")
    if wants_json:
        objects = [result.as_json() for result in results]
        print_json(objects if len(results) > 1 else objects[0])
    elif wants_csv:
        click.echo(_csv(results), nl=False)
    else:
        click.echo("\n\n".join("\n".join(result.lines()) for result in results))


def _columns(results: list[Result]) -> dict[str, list[Any]]:
    """The tables of all courses, one under the other."""
    tables = [result.table() for result in results]
    return {name: [value for table in tables for value in table[name]] for name in tables[0]}


def _csv(results: list[Result]) -> str:
    import csv
    import io

    columns, out = _columns(results), io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if value is None else value for value in row] for row in zip(*columns.values(), strict=True))
    return out.getvalue()


def _parquet(results: list[Result]) -> bytes:
    with extras.needed("--parquet"):
        import pyarrow as pa
        from pyarrow import parquet

    columns = _columns(results)
    schema = pa.schema([(name, pa.string() if name == "id" else pa.float64()) for name in columns])
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns, schema=schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def _picture(results: list[Result]) -> Chart:
    """One course with both its clocks, the blood alone where no week was simulated; several by their weeks."""
    from unwound import plots

    brief = [result for result in results if result.curve.times_h[-1] < result.stop_h + WEEK_H]
    if len(results) == 1:
        result = results[0]
        if brief:
            return plots.concentration(result.curve, result.doses)
        return plots.course(result.curve, result.doses, result.relief(), until_h=result.stop_h + 24)
    if len(results) > DRAWN:
        raise UnwoundError(f"--plot: {len(results)} schedules are too many for one picture; draw at most {DRAWN}")
    if brief:
        raise UnwoundError("--plot: several schedules are drawn by their weeks; leave --until-h out, or make it later")
    return plots.relief_over_weeks([result.relief() for result in results])
