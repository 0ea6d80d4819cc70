"""The page on OWASP ASVS 5.0: each requirement by its number, and what shows it, from `docs/asvs.toml`."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prose import page, table

HERE = Path(__file__).parent
CHAPTERS = {
    1: "Encoding and sanitisation", 2: "Validation and business logic", 3: "Web front end", 4: "API and web service",
    5: "Files", 6: "Authentication", 7: "Sessions", 8: "Authorisation", 9: "Self-contained tokens", 10: "OAuth",
    11: "Cryptography", 12: "Secure communication", 13: "Configuration", 14: "Data protection",
    15: "Secure coding and architecture", 16: "Logging and errors", 17: "WebRTC",
}  # fmt: skip
WORDS = {"test": "held by a test", "setting": "held by a setting", "excused": "by design", "open": "**open**"}


def known() -> dict[str, Any]:
    """The file: `rows`, and `absent` groups of what is not there."""
    return tomllib.loads((HERE / "asvs.toml").read_text(encoding="utf-8"))


def asvs_page() -> str:
    """Every requirement of levels 1 and 2, by chapter."""
    file = known()
    count = Counter(row["state"] for row in file["rows"])
    absent = sum(len(group["ids"]) for group in file["absent"])
    lead = (
        f"OWASP's Application Security Verification Standard 5.0 has {sum(count.values()) + absent} requirements on "
        f"levels 1 and 2, named here by number: {count['test']} are held by tests, {count['setting']} by a setting, "
        f"{count['excused']} by design with the reason given, {absent} are about what is not there, and "
        f"{count['open']} are open. Read by one of us, not by an auditor."
    )
    parts = [
        f"## {number}. {title}\n\n" + table(("", "Level", "Here", "Shown by"), rows)
        for number, title in CHAPTERS.items()
        if (rows := list(_of(number, file)))
    ]
    return page("OWASP ASVS 5.0", lead, parts, marked=False)


def _of(chapter: int, file: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for row in file["rows"]:
        if row["id"].split(".")[0] == str(chapter):
            shown = ", ".join(_test(test) for test in row.get("tests", ()))
            setting = f"`{row['setting']}`" if row.get("setting") else ""
            words = " ".join(filter(None, (row.get("why", ""), setting, shown)))
            yield row["id"], str(row["level"]), WORDS[row["state"]], words
    for group in file["absent"]:
        ids = [name for name in group["ids"] if name.split(".")[0] == str(chapter)]
        if ids:
            yield ", ".join(ids), "", "not there", f"{group['why']} {_test(group['test'])}"


def _test(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../../{file})"


PAGES = {"asvs.md": asvs_page}
