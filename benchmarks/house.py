"""How calm the house is: files, functions, templates, rooms, words; run `.venv/bin/python benchmarks/house.py`.

Measured over the library, the clinic and both. `--beside PATH` puts another checkout beside this one, for example the
state before a change. Migrations are left out. Lines of files are all their lines, those of functions from `def` to the
end, with the docstring; lines of templates those that are not blank.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from house.code import DIALECT, LONG_LINES, MANY_BRANCHES, MANY_POSITIONAL, Code, measure, sources
from house.rooms import drawn
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
PARTS = {"library": ("unwound",), "clinic": ("unwound_clinic",), "both": ("unwound", "unwound_clinic")}
MANY_PARAMETERS = 7
WIDE_CHARACTERS = 120
Figures = dict[str, str]


def spread(values: Sequence[int]) -> str:
    """Median / 95th percentile / greatest."""
    if len(values) < 2:
        return "–"
    return f"{median(values):.0f} / {quantiles(values, n=20, method='inclusive')[-1]:.0f} / {max(values)}"


def share(part: int, whole: int) -> str:
    """In per cent."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def of_code(code: Code) -> Figures:
    """What a reader of the source meets."""
    functions = len(code.function_lines)
    return {
        "files": str(len(code.file_lines)),
        "lines": str(code.lines),
        "lines of a file": spread(code.file_lines),
        "functions": str(functions),
        "lines of a function": spread(code.function_lines),
        f"functions over {LONG_LINES} lines": str(sum(lines > LONG_LINES for lines in code.function_lines)),
        "functions typed": share(code.typed, functions),
        "public ones with docstring": share(code.public_explained, code.public),
        "parameters": spread(code.parameters),
        f"functions of {MANY_PARAMETERS}+ parameters": str(
            sum(number >= MANY_PARAMETERS for number in code.parameters)
        ),
        f"calls of {MANY_POSITIONAL}+ by place": str(code.calls_by_place),
        "branches of a function": spread(code.branches),
        f"functions of {MANY_BRANCHES}+ branches": str(sum(number >= MANY_BRANCHES for number in code.branches)),
        "… that explain nothing": str(code.branching_unexplained),
        **{f"`{word}`: bound / all": f"{code.bound[word]} / {code.words[word]}" for word in DIALECT},
    }


def of_templates(checkout: Path, packages: Sequence[str]) -> Figures:
    """What a reader of the pages' HTML meets."""
    files = [path for package in packages for path in (checkout / package).rglob("*.html")]
    lines = [len(line) for path in files for line in path.read_text("utf-8").splitlines() if line.strip()]
    wide = sum(length > WIDE_CHARACTERS for length in lines)
    return {
        "templates": str(len(files)),
        "lines of templates": str(len(lines)),
        "characters of such a line": spread(lines),
        f"… over {WIDE_CHARACTERS}": share(wide, len(lines)),
    }


def of_rooms(checkout: Path, packages: Sequence[str]) -> Figures:
    """How far one must walk."""
    house = drawn(checkout, packages)
    return {
        "rooms": str(house.rooms),
        "floors": str(house.floors),
        "arrows": str(house.arrows),
        "circles": str(house.circles),
    }


def figures(checkout: Path) -> dict[str, Figures]:
    """Part of the house -> what was measured."""
    tests = measure(sources(checkout / "tests"))
    shown = {}
    for part, packages in PARTS.items():
        code = measure(path for package in packages for path in sources(checkout / package))
        shown[part] = of_code(code) | of_templates(checkout, packages) | of_rooms(checkout, packages)
        shown[part]["lines of tests to a line"] = f"{tests.lines / code.lines:.2f}" if part == "both" else "–"
    return shown


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--beside", type=Path, help="another checkout to compare with")
    beside = parser.parse_args().beside
    checkouts = {"here": ROOT} if beside is None else {"there": beside.resolve(), "here": ROOT}
    measured = {name: figures(checkout) for name, checkout in checkouts.items()}
    table = Table("", *(f"{part}, {name}" for part in PARTS for name in checkouts), box=None)
    for row in measured["here"]["both"]:
        table.add_row(row, *(measured[name][part][row] for part in PARTS for name in checkouts))
    Console(width=84 + 52 * (beside is not None)).print(table)


if __name__ == "__main__":
    main()
