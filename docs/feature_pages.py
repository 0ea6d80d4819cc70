"""The page of what clinics look for: each row with what shows it, from `docs/features.toml`."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from prose import page, table

HERE = Path(__file__).parent
WORDS = {"yes": "yes", "part": "in part", "no": "no", "out": "out of scope"}


def rows() -> list[dict[str, Any]]:
    """Every row, in order."""
    return list(tomllib.loads((HERE / "features.toml").read_text(encoding="utf-8"))["rows"])


def features_page() -> str:
    """Every row, what is seen where, and the tests that show it."""
    known = rows()
    count = Counter(row["state"] for row in known)
    lead = (
        f"What clinics and their reviewers look for in such a program, in {len(known)} rows: {count['yes']} yes, "
        f"{count['part']} in part, {count['no']} no, {count['out']} out of scope. Each «yes» names the tests that "
        "show it and, where it is seen in the clinic, a page; what is there in part or not at all says why."
    )
    return page("Features", lead, [table(("", "What", "Here", "Seen at", "Shown by"), map(_row, known))])


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    where = f"`{row['where']}`" if row.get("where") else ""
    shown = ", ".join(_test(test) for test in row.get("tests", ()))
    why = row.get("why", "")
    return str(row["number"]), row["name"], WORDS[row["state"]], where, " ".join(filter(None, (why, shown)))


def _test(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{(name or Path(file).stem).removeprefix('test_').replace('_', ' ')}](../../{file})"


PAGES = {"features.md": features_page}
