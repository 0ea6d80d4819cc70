"""`unwound cite`, `assumptions`, `due` and `schema`: what the knowledge rests on, and how well it was checked."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from datetime import date

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from unwound import cautions, conditions, evidence, instruments, provenance, therapies
from unwound.catalogue import Checked, Cited, Head
from unwound.cli.kinds import DAY
from unwound.exchange.case_file import case_schema
from unwound.record import UnwoundError


@click.command()
@click.argument("id")
def cite(id: str) -> None:
    """Say what ID rests on: a source, or a condition, therapy, caution, instrument or protocol."""
    console = Console()
    found = False
    for kind, known in _kinds().items():
        if id in known:
            found = True
            _show_what_it_rests_on(console, kind, known[id])
    if id in evidence.studies():
        found = True
        _show_study(console, id)
    if not found:
        ids = [*evidence.studies(), *(one for known in _kinds().values() for one in known)]
        near = difflib.get_close_matches(id, ids, n=3)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise UnwoundError(f"there is no source, condition, therapy, caution, instrument or protocol «{id}»{hint}")


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def assumptions(wants_json: bool) -> None:
    """List every number and statement that was not read at its source."""
    listed = provenance.assumptions()
    if wants_json:
        fields = ("file", "field", "says", "source", "checked")
        click.echo(
            json.dumps([{name: getattr(one, name) for name in fields} for one in listed], ensure_ascii=False, indent=2)
        )
        return
    file = ""
    for one in listed:
        if one.file != file:
            file = one.file
            click.echo(f"\n{file}")
        click.echo(f"  {one.checked:9}  {one.field}: {one.says} ({one.source})")
    unchecked = sum(one.checked == Checked.UNCHECKED for one in listed)
    click.echo(f"\n{unchecked} unchecked, {len(listed) - unchecked} read in a source that reports them.")


@click.command()
@click.option("--on", type=DAY, help="The day to judge on; today without it.")
def due(on: date | None) -> None:
    """List the knowledge files that are past their date of review."""
    day = on or date.today()
    late = provenance.due(day)
    for one in late:
        click.echo(f"{one.due}  {one.file}: {one.title}")
    click.echo(f"{len(late)} files are past their date of review on {day}." if late else f"Nothing is due on {day}.")


@click.command()
@click.argument("what", type=click.Choice(["case"]))
def schema(what: str) -> None:
    """Print the JSON schema of a file format: `case` is the readable TOML case."""
    click.echo(json.dumps(case_schema(), ensure_ascii=False, indent=2))


def _kinds() -> dict[str, Mapping[str, Head]]:
    # Here, because the engine that protocols rest on takes a second to load, and the other commands do without it.
    from unwound import protocols

    return {
        "protocol": protocols.protocols(),
        "condition": conditions.conditions(),
        "therapy": therapies.therapies(),
        "caution": cautions.cautions(),
        "instrument": instruments.instruments(),
    }


def _show_what_it_rests_on(console: Console, kind: str, known: Head) -> None:
    console.print(Text(f"{known.title} ({kind}, {known.status}, due {known.due})", style="bold"))
    table = Table("Says", "Source", "Where", "Checked", show_edge=False, expand=True)
    for one in evidence.citations(known):
        table.add_row(str(one) if isinstance(one, Cited) else one.text, one.source, one.where, one.checked)
    console.print(table)
    for id in evidence.cite(known):
        console.print(Text(f"{id}: {evidence.reference(id)}", style="dim"))


def _show_study(console: Console, id: str) -> None:
    study = evidence.study(id)
    console.print(Text(evidence.reference(id), style="bold"))
    size = f", n = {study.size}" if study.size else ""
    population = f": {study.population}" if study.population else ""
    console.print(Text(f"{study.design.replace('-', ' ')}{population}{size}; this entry is {study.checked}"))
    console.print(Text(study.summary))
    if study.effects:
        table = Table("What", "Outcome", "Effect", "Where", "Checked", show_edge=False, expand=True)
        for one in study.effects:
            table.add_row(one.what, one.outcome, f"{one}{f', p {one.p}' if one.p else ''}", one.where, one.checked)
        console.print(table)
    users = [f"{kind} {name}" for kind, known in _kinds().items() for name in known if id in evidence.cite(known[name])]
    console.print(Text(f"cited by: {', '.join(users) or 'nothing yet'}", style="dim"))
