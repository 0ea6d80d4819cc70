"""How many diagnosis codes of elsewhere are read: run `.venv/bin/python benchmarks/codes.py` (`--all` lists each).

`codes/drawn.csv` was drawn before the product's own codes were widened: for each fact, the words of its English or
German name were looked for in the titles of public lists (value sets of quality measures, phenotypes, code lists of
studies, the classifications); of what was found, in order of the code, three of ICD-10-CM, two of ICD-10,
two of its German edition, one of ICD-11 and four of SNOMED CT were taken at even distances. What each says was decided
by its title alone. A title that turned out to say nothing of the fact («leishmania» for «mania») became a control,
beside codes for families, screening, remission, newborns and «without». No title is kept here.
Lists drawn from are those that the product's SNOMED CT codes come from too; so this measures that what is published is
read, and not how much of a strange record is.

A code is read right where each fact that its title says is stated or asked for; wrong where another fact is stated that
it does not imply; missed otherwise. A control is right where what must never be stated is not stated.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from unwound.exchange.fhir import conditions

HERE = Path(__file__).parent / "codes"
SYSTEMS = {
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10-GM": "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    "ICD-11": "http://id.who.int/icd/release/11/mms",
    "SNOMED CT": "http://snomed.info/sct",
}


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one list."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def drawn() -> Iterator[tuple[str, str, str, str]]:
    """Each drawn code with how it fared: system, code, «right», «missed» or «wrong», and the facts that it gave."""
    for row in rows("drawn.csv"):
        stated, asked = said_by(row)
        named = set(row["says"].split())
        surplus = stated - named - set((row.get("implies") or "").split())
        fared = "wrong" if surplus else "right" if named <= stated | asked else "missed"
        yield row["system"], row["code"], fared, " ".join(sorted(stated | asked)) or "nothing"


def controls() -> Iterator[tuple[str, str, str, str]]:
    """Each control, likewise."""
    for row in rows("controls.csv"):
        stated, _ = said_by(row)
        wrong = stated if row["never"] == "*" else stated & set(row["never"].split())
        yield row["system"], row["code"], "wrong" if wrong else "right", " ".join(sorted(stated)) or "nothing"


def said_by(row: dict[str, str]) -> tuple[set[str], set[str]]:
    """The facts that a code states, and those it asks for."""
    concept = {"coding": [{"system": SYSTEMS[row["system"]], "code": row["code"]}]}
    says = conditions.meaning_of(concept)
    return set(says.states), set(says.asks)


def main() -> None:
    for title, fared in (("drawn", list(drawn())), ("controls", list(controls()))):
        print(f"{title}: {len(fared)} codes")
        for system in SYSTEMS:
            counts = Counter(how for of, _, how, _ in fared if of == system)
            total = counts.total()
            if total:
                line = ", ".join(f"{counts[how]} {how}" for how in ("right", "missed", "wrong"))
                print(f"  {system:10} {total:4}: {line} ({counts['right'] / total:.0%} right)")
        counts = Counter(how for _, _, how, _ in fared)
        print("  all            " + ", ".join(f"{counts[how]} {how}" for how in ("right", "missed", "wrong")))
        if "--all" in sys.argv:
            for system, code, how, gave in fared:
                if how != "right":
                    print(f"    {how:6} {system} {code}: {gave}")


if __name__ == "__main__":
    main()
