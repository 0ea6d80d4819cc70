"""How well the numbers that decide were read, before and now: run `.venv/bin/python benchmarks/reading.py [REVISION]`.

Of every number that stops, decides or doses (`unwound assumptions --deciding` lists the sorts) the mark is counted in
the knowledge files of an earlier revision, as git has them, and in those of today. Our own local rules stand apart:
there is nothing to read. The revision left out is the last of 21 November 2026, on which the share was first measured.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unwound import provenance
from unwound.catalogue import Checked
from unwound.provenance import Read

ROOT = Path(__file__).parents[1]
BEFORE = "78d09ffd"
DATA = "unwound/data"
MOVED = {
    "candidacy/requirements": ("rules", "candidacy"),
    "formulas/cockcroft_gault": ("rules", "cockcroft_gault"),
    "monitoring/usual": ("rules", "monitoring"),
    "mood/treatment_resistance": ("rules", "treatment_resistance"),
    "payer_rules/ohio": ("rules", "ohio_step_therapy"),
}
"""Where a file lies today, of those that lay elsewhere: its numbers count as the same sort."""


def files(revision: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The kind, the id and the table of every knowledge file of a revision."""
    packed = subprocess.run(["git", "archive", revision, DATA], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            path, content = Path(member.name), archive.extractfile(member)
            if path.suffix == ".toml" and content is not None:
                folder, id = MOVED.get(f"{path.parent.name}/{path.stem}", (path.parent.name, path.stem))
                yield folder, id, tomllib.loads(content.read().decode("utf-8"))


def row(decides: str, groups: tuple[Read, ...]) -> str:
    """How many numbers, and the share of each mark among those that are not our own."""
    counts = {mark: sum(group.marks.get(mark, 0) for group in groups) for mark in Checked}
    ours, read = sum(group.ours for group in groups), sum(counts.values())
    shares = "".join(f"{f'{n} ({100 * n / read:.0f} %)' if read else '0':>14}" for n in counts.values())
    return f"{decides:40}{read + ours:7}{ours:7}{shares}"


def main() -> None:
    """Print both counts, sort by sort, and what they come to."""
    revision = sys.argv[1] if len(sys.argv) > 1 else BEFORE
    before, now = provenance.deciding_of(files(revision)), provenance.deciding()
    heads = "".join(f"{mark:>14}" for mark in Checked)
    for title, groups in ((f"before ({revision})", before), ("now", now)):
        print(f"{title:40}{'all':>7}{'ours':>7}{heads}")
        for group in groups:
            print(row(group.decides, (group,)))
        print(row("all", groups), end="\n\n")


if __name__ == "__main__":
    main()
