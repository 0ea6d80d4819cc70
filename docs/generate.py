"""Write docs/reference/ from the library; with --check, say which committed page is stale and fail.

.venv/bin/python docs/generate.py [--check]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import asvs_pages
import checking_pictures
import contradiction_pages
import feature_pages
import knowledge_pages
import learning_pictures
import list_pages
import mechanism_pages
import model_pages
import program_pages
import protocol_pages
import safety_pages
import session_pages
import trust_figures

REFERENCE = Path(__file__).parent / "reference"
COMMAND = ".venv/bin/python docs/generate.py"
PARTS = (
    asvs_pages,
    contradiction_pages,
    feature_pages,
    knowledge_pages,
    list_pages,
    mechanism_pages,
    model_pages,
    program_pages,
    protocol_pages,
    safety_pages,
    session_pages,
)


def pages() -> Iterator[tuple[str, str]]:
    """File name and text of every generated page."""
    for part in PARTS:
        yield from ((name, build()) for name, build in part.PAGES.items())


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them with --check; 0 when nothing is stale."""
    os.environ.pop("UNWOUND_KNOWLEDGE", None)  # the reference is about ours alone
    written = dict(pages())
    if "--check" in arguments:
        return check(written)
    REFERENCE.mkdir(exist_ok=True)
    for old in REFERENCE.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    drawn = f"{learning_pictures.write()} pictures of the public pages, {checking_pictures.write()} of the manual"
    print(f"{len(written)} pages written to docs/reference/, {drawn}, {trust_figures.write()} figures of trust.md")
    return 0


def check(written: dict[str, str]) -> int:
    """Name every page that differs from what the library says now."""
    there = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    stale = sorted(name for name in {*written, *there} if written.get(name) != there.get(name))
    for name in stale:
        print(f"docs/reference/{name} is stale: run {COMMAND} and commit it")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
