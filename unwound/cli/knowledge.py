"""`unwound cite`, `assumptions`, `due` and `schema`: what the knowledge rests on, and how well it was checked."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from unwound import catalogue, cautions, conditions, evidence, instruments, provenance, therapies
from unwound.catalogue import Checked, Cited, Head
from unwound.cli.kinds import DAY
from unwound.cli.printing import print_json
from unwound.exchange.case_file import case_schema
from unwound.record import UnwoundError


@click.command()
@click.argument("id")
def cite(id: str) -> None:
    """Say what ID rests on: a source, or a condition, therapy, caution, instrument or protocol."""
    console = Console()
    is_known = False
    for kind, entries in _kinds().items():
        if id in entries:
            is_known = True
            _show_what_it_rests_on(console, kind, entries[id])
    if id in evidence.studies():
        is_known = True
        _show_study(console, id)
    if not is_known:
        ids = [*evidence.studies(), *(name for entries in _kinds().values() for name in entries)]
        near = difflib.get_close_matches(id, ids, n=3)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise UnwoundError(f"there is no source, condition, therapy, caution, instrument or protocol «{id}»{hint}")


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option(
    "--deciding", is_flag=True, help="Count only the numbers that stop, decide or dose, by how they were read."
)
def assumptions(wants_json: bool, deciding: bool) -> None:
    """List every number and statement that was not read at its source, or is of another use there."""
    if deciding:
        _print_deciding(wants_json)
        return
    listed = provenance.assumptions()
    if wants_json:
        fields = ("file", "field", "says", "source", "checked")
        rows = [{name: getattr(assumption, name) for name in fields} for assumption in listed]
        print_json({"assumptions": rows}, indent=2)
        return
    file = ""
    for assumption in listed:
        if assumption.file != file:
            file = assumption.file
            click.echo(f"\n{file}")
        click.echo(f"  {assumption.checked:9}  {assumption.field}: {assumption.says} ({assumption.source})")
    counts = Counter("ours" if assumption.is_ours else assumption.checked for assumption in listed)
    out = provenance.unmarked()
    click.echo(
        f"\n{counts[Checked.UNCHECKED]} still to be read at any source, {counts[Checked.SECONDARY]} read in a source "
        f"that reports them, {counts[Checked.OTHER_USE]} read, but of another use; {counts['ours']} our own local "
        f"rules, for which there is nothing to read.\nWithout a mark of their own, and not listed: {out.codes} codes, "
        f"{out.classes} class memberships of drugs, {out.shelf_lives} shelf lives of facts."
    )


def _print_deciding(wants_json: bool) -> None:
    # The same counts are printed as JSON or as columns, and a group without a statement has no percentage.
    groups = provenance.deciding()
    whole = provenance.Read(
        "all",
        {mark: sum(group.marks[mark] for group in groups) for mark in Checked},
        sum(group.ours for group in groups),
    )
    if wants_json:
        rows = [
            {"decides": group.decides, **group.marks, "ours": group.ours, "total": group.total}
            for group in (*groups, whole)
        ]
        print_json({"deciding": rows}, indent=2)
        return
    heads = (*Checked, "ours", "total")
    click.echo(f"{'decides':36}" + "".join(f"{head:>14}" for head in heads))
    for group in (*groups, whole):
        counts = (*group.marks.values(), group.ours)
        cells = (f"{count} ({100 * count / group.total:.0f} %)" if group.total else "0" for count in counts)
        click.echo(f"{group.decides:36}" + "".join(f"{cell:>14}" for cell in cells) + f"{group.total:>14}")


@click.command("check-knowledge")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def check_knowledge(folder: Path | None) -> int:
    """Check a FOLDER of your own knowledge as ours is checked; without it ours alone, or what --knowledge names.

    Sources and facts exist, dates follow each other, and every file's own examples come out, beside ours and
    in their place; what each file changes is listed, and a clinic uses what is looser only with the signature of a
    physician. Exit code 1 where anything is wrong.
    """
    if folder is not None:
        catalogue.use_knowledge(folder)
    from unwound import checking

    faults, own = checking.folder(), catalogue.own()
    for fault in faults:
        click.echo(str(fault))
    for place in own.contents:
        ours = (catalogue.DATA / place).exists()
        click.echo(f"{place.as_posix()}: {'in place of ours' if ours else 'added'}")
        _print_changes(place.parent.name, place.stem, own.contents[place])
        if place.parent.name == "rules" and place.stem in checking.examples.ELSEWHERE:
            click.echo(f"{place.as_posix()}: its examples are not worked through here")
    click.echo(catalogue.knowledge_line())
    click.echo(f"{len(faults)} faults." if len(faults) != 1 else "1 fault.")
    return 1 if faults else 0


def _print_changes(kind: str, id: str, content: bytes) -> None:
    """What a file of the user's own changes, the looser first; one that cannot be read is named by its fault."""
    from unwound.checking import overlays

    try:
        overlay = overlays.compare(kind, id, content)
    except UnwoundError:
        return
    for effect in (overlays.Effect.LOOSER, overlays.Effect.TIGHTER):
        for change in overlay.changes:
            if change.effect == effect:
                before = f"{change.ours or 'nothing'} -> " if not overlay.added else ""
                click.echo(f"  {effect}: {change.field}: {before}{change.own or 'nothing'}")


@click.command()
@click.option("--on", type=DAY, help="The day of reference; today without it.")
def due(on: date | None) -> None:
    """List the knowledge files that are past their date of review."""
    day = on or date.today()
    late = provenance.due(day)
    for overdue in late:
        click.echo(f"{overdue.due}  {overdue.file}: {overdue.title}")
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


def _show_what_it_rests_on(console: Console, kind: str, entry: Head) -> None:
    console.print(Text(f"{entry.title} ({kind}, {entry.status}, due {entry.due})", style="bold"))
    table = Table("Statement", "Source", "Where", "Checked", show_edge=False, expand=True)
    for citation in evidence.citations(entry):
        text = str(citation) if isinstance(citation, Cited) else citation.text
        table.add_row(text, citation.source, citation.where, citation.checked)
    console.print(table)
    for id in evidence.cite(entry):
        console.print(Text(f"{id}: {evidence.reference(id)}", style="dim"))


def _show_study(console: Console, id: str) -> None:
    """What is not stated of a study (size, population, effects) is left out, not shown as empty."""
    study = evidence.study(id)
    console.print(Text(evidence.reference(id), style="bold"))
    size = f", n = {study.size}" if study.size else ""
    population = f": {study.population}" if study.population else ""
    console.print(Text(f"{study.design.replace('-', ' ')}{population}{size}; this entry is {study.checked}"))
    console.print(Text(study.summary))
    if study.effects:
        table = Table("What", "Outcome", "Effect", "Where", "Checked", show_edge=False, expand=True)
        for effect in study.effects:
            size = f"{effect}{f', p {effect.p}' if effect.p else ''}"
            table.add_row(effect.what, effect.outcome, size, effect.where, effect.checked)
        console.print(table)
    users = [
        f"{kind} {name}" for kind, entries in _kinds().items() for name in entries if id in evidence.cite(entries[name])
    ]
    console.print(Text(f"cited by: {', '.join(users) or 'nothing yet'}", style="dim"))
