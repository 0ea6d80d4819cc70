"""How many names of medicines are read, of names drawn from national lists: run `.venv/bin/python benchmarks/names.py`.

A name is read when it gives exactly the substances that the list says it contains, each of them known. `--missed` lists
the others. The draws lie in `benchmarks/names/`, each with its seed, rule and sources.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from unwound import drugs

DRAWS = Path(__file__).parent / "names"
ALL = "all"
FORMS = {"lidocaine_plaster": "lidocaine", "capsaicin_8": "capsaicin_cream"}


class Drawn(NamedTuple):
    """A product of a national list: where, as written there, what it contains as written there, and of what kind."""

    country: str
    name: str
    ingredients: str
    kind: str


def fares(drawn: Drawn) -> str:
    """`read`, `in part` (a substance is missing), `not read`, or `another` (a substance that it does not contain)."""
    parts = [substances(part) for part in drawn.ingredients.split("; ")]
    contained, read = frozenset[str]().union(*parts), substances(drawn.name)
    if not read:
        return "not read"
    if not read <= contained:
        return "another" if all(parts) else "in part"
    return "read" if all(parts) and read == contained else "in part"


def substances(text: str) -> frozenset[str]:
    """The substances in a text; a form that is used by itself (the plaster) counts as its substance."""
    return frozenset(FORMS.get(id, id) for id in drugs.ingredients(text=text))


def row(group: str, some: Iterable[Drawn]) -> tuple[str, ...]:
    """Name of the group, how many, and the share that fares in each way."""
    how = [fares(drawn) for drawn in some]
    shares = (f"{100 * how.count(way) / len(how):.1f} %" for way in ("read", "in part", "not read", "another"))
    return (group, str(len(how)), *shares)


def main() -> None:
    """Print one table for each draw: by country, by kind, and all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missed", action="store_true", help="list every name that is not read")
    options = parser.parse_args()
    console = Console()
    for path in sorted(DRAWS.glob("*.toml")):
        draw = tomllib.loads(path.read_text("utf-8"))
        names = [Drawn(*entry) for entry in draw["names"]]
        table = Table("", "names", "read", "in part", "not read", "another drug", title=draw["title"])
        for country in sorted({drawn.country for drawn in names}):
            table.add_row(*row(country, (drawn for drawn in names if drawn.country == country)))
        for kind in ("relevant", "ordinary"):
            table.add_row(*row(kind, (drawn for drawn in names if drawn.kind == kind)))
        table.add_row(*row(ALL, names))
        console.print(table)
        for drawn in names:
            if options.missed and (how := fares(drawn)) != "read":
                read = ", ".join(drugs.ingredients(text=drawn.name)) or "nothing"
                console.print(f"{how}: {drawn.country} {drawn.name} ({drawn.ingredients}): {read}", markup=False)


if __name__ == "__main__":
    main()
