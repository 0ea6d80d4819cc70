"""`unwound screen`: a population in, a table with one row a patient out."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from unwound.cli.kinds import DAY
from unwound.cli.printing import quiet, went_well
from unwound.files import write

DOING = {"reading": "Reading", "reviewing": "Reviewing"}


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SOURCE...")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The table to write (Parquet).")
@click.option("--report", "page", type=click.Path(path_type=Path), help="Write a page that counts the table.")
@click.option("--as-of", type=DAY, help="The day on which the records are judged; today without it.")
@click.option(
    "--workers", type=click.IntRange(1), help="Processes at work; as many as there are processors without it."
)
@click.option("--cluster", default="", metavar="ADDRESS", help="The Dask scheduler whose workers do it instead.")
@click.option("--omop", "are_omop", is_flag=True, help="Each source is an OMOP CDM: tables in a folder, or a database.")
@click.option("--every", is_flag=True, help="Review also those of an export or a CDM whose record names no such pain.")
def screen(
    sources: tuple[Path, ...],
    out: Path,
    page: Path | None,
    as_of: date | None,
    workers: int | None,
    cluster: str,
    are_omop: bool,
    every: bool,
) -> int:
    """Review a whole population: one row a patient, from bundles, folders and exports (NDJSON, Parquet).

    Of an export or a CDM those are reviewed whose record names anything that could make a pain neuropathic, or
    something urgent; the others' rows say «not-reviewed» (--every reviews all, which takes far longer).

    A run that was broken off goes on where it was when the same is asked again.
    """
    from unwound import screening
    from unwound.report import population

    day = as_of or date.today()
    with _shown() as progress:
        bars = {}

        def report(what: str, done: int, of: int, patients: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(DOING[what], total=of, rate="")
            task = progress.tasks[progress.task_ids.index(bars[what])]
            rate = (
                f"{patients:,} patients, {patients / task.elapsed:,.0f} a second" if patients and task.elapsed else ""
            )
            progress.update(bars[what], completed=done, total=of, rate=rate)

        done = screening.screen(
            sources,
            out,
            as_of=day,
            workers=workers or os.cpu_count() or 1,
            cluster=cluster,
            are_omop=are_omop,
            every=every,
            progress=report,
        )
    again = f"; {done.found_again} parts were done before" if done.found_again else ""
    went_well(f"written: {out}, {done.patients:,} rows{again}")
    for line in done.cannot:
        click.echo(f"not judged: {line}", err=True)
    if page is not None:
        of = ", ".join(map(str, sources[:3])) + (f" and {len(sources) - 3} more" if len(sources) > 3 else "")
        write(page, population.page(population.read(out), as_of=str(day), source=of).encode())
        went_well(f"written: {page}")
    return 0


def _shown() -> Progress:
    """The bar, on the error stream and where somebody watches it."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} parts  {task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet() or not console.is_terminal,
    )
