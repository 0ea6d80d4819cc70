"""How many names of medicines are read, of names drawn from national lists: run `.venv/bin/python benchmarks/names.py`.

A name is read when it gives exactly the substances that the list says it contains, each of them known. `--missed` lists
the others; `--misspelt` leaves a letter out of each name that is read and says how often the medicine is offered, and
for what a medicine is offered that is none. The draws lie in `benchmarks/names/`, each with its seed, rule and sources.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from unwound import drugs, unread

DRAWS = Path(__file__).parent / "names"
ALL = "all"
FORMS = {"lidocaine_plaster": "lidocaine", "capsaicin_8": "capsaicin_cream"}


NO_MEDICINES = (
    *("magic tea", "crystal healing", "herbal tea", "bed rest", "hot bath", "hot water bottle", "copper bracelet"),
    *("prayer", "music", "cupping", "reiki", "magnets", "honey", "cold shower", "massage chair", "massage oil"),
    *("tiger balm", "essential oils", "aloe vera", "diet change", "meditation app", "ice packs", "warm compress"),
    *("epsom salts", "green lipped mussel", "bach flowers", "moxibustion", "healing hands", "wearing two socks"),
    *("blue light lamp", "vegan diet", "gluten free bread", "new mattress", "holy water", "sea air", "leech therapy"),
)
"""What patients write among the treatments they tried and no list of medicines holds."""


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
    """The substances in a text; a form of its own (the plaster, a depot) counts as its substance."""
    return frozenset(FORMS.get(id, id.removesuffix("_depot")) for id in drugs.ingredients(text=text))


def row(group: str, some: Iterable[Drawn]) -> tuple[str, ...]:
    """Name of the group, how many, and the share that fares in each way."""
    how = [fares(drawn) for drawn in some]
    shares = (f"{100 * how.count(way) / len(how):.1f} %" for way in ("read", "in part", "not read", "another"))
    return (group, str(len(how)), *shares)


def misspelt(name: str) -> str:
    """The name without the middle letter of its longest word."""
    longest = max(name.split(), key=len)
    middle = len(longest) // 2
    return name.replace(longest, longest[:middle] + longest[middle + 1 :], 1)


def is_offered(drawn: Drawn) -> bool:
    """Whether what a misspelt name contains is among what is offered for it."""
    offered = (substances(one.partition(" (")[0]) for one in unread.suggestions(misspelt(drawn.name)))
    return substances(drawn.name) in set(offered)


def print_misspelt(console: Console, names: list[Drawn]) -> None:
    """How often the right one is offered, of names that are read as written and not without the letter."""
    slips = [one for one in names if fares(one) == "read" and not substances(misspelt(one.name))]
    right = sum(map(is_offered, slips))
    console.print(
        f"misspelt and not read: {len(slips)}; the right one is offered for {right} ({right / len(slips):.0%})"
    )


def main() -> None:
    """Print one table for each draw: by country, by kind, and all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missed", action="store_true", help="list every name that is not read")
    parser.add_argument("--misspelt", action="store_true", help="how often «did you mean» is right")
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
        if options.misspelt:
            print_misspelt(console, names)
        for drawn in names:
            if options.missed and (how := fares(drawn)) != "read":
                read = ", ".join(drugs.ingredients(text=drawn.name)) or "nothing"
                console.print(f"{how}: {drawn.country} {drawn.name} ({drawn.ingredients}): {read}", markup=False)
    if options.misspelt:
        wrong = [written for written in NO_MEDICINES if unread.suggestions(written)]
        console.print(
            f"of {len(NO_MEDICINES)} things that are no medicine, one is offered for: {', '.join(wrong) or 'none'}"
        )


if __name__ == "__main__":
    main()
