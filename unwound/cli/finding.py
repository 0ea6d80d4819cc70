"""`unwound find`: what somebody types, in their own words, and the files that answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from unwound.cli.printing import print_json
from unwound.telephones import Lines, countries

if TYPE_CHECKING:
    from unwound.finder import Found


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--country", metavar="CODE", help="Whose emergency numbers are said, for example US or DE.")
def find(text: tuple[str, ...], wants_json: bool, country: str | None) -> None:
    """Find what answers TEXT, as people type it: conditions, treatments, courses, questionnaires, cautions.

    What needs help at once stands first, with what to do. It is no diagnosis, and finding none is no all-clear.
    """
    from unwound import finder

    answer = finder.find(" ".join(text), lines=_lines(country))
    if wants_json:
        print_json(_as_json(answer), indent=2)
    else:
        _print(answer)


def _as_json(answer: Found) -> dict[str, object]:
    return {
        "red_flags": [{"id": flag.id, "title": flag.title, "say": list(flag.say)} for flag in answer.red_flags],
        "results": [
            {"kind": result.kind, "id": result.id, "title": result.title, "score": result.score}
            for result in answer.results
        ],
        "read_as": {typed: list(words) for typed, words in answer.read_as.items()},
    }


def _print(answer: Found) -> None:
    """A branch for each part of the answer, the red flags first."""
    from unwound import finder

    for flag in answer.red_flags:
        click.echo(click.style(flag.title, bold=True))
        for sentence in flag.say:
            click.echo(f"  {sentence}")
    if answer.red_flags:
        click.echo()
    for typed, words in answer.read_as.items():
        click.echo(f"«{typed}» was read as {' or '.join(words)}")
    for result in answer.results:
        click.echo(f"{result.score:5.2f}  {finder.called(result.kind):20}  {result.id}: {result.title}")
    if not answer.results:
        click.echo("Nothing here fits.")


def _lines(country: str | None) -> Lines | None:
    """The numbers of a country; UsageError, naming those there are, for one whose numbers are not known here."""
    if country is None:
        return None
    numbers = countries().get(country.upper())
    if numbers is None:
        raise click.UsageError(f"no numbers are known for «{country}»; there are: {', '.join(countries())}")
    return Lines(emergency=numbers.emergency.text, crisis=numbers.crisis.text)
