"""How many trials of foreign records end in «whether it was taken for pain is not recorded», and what speaks for pain.

    .venv/bin/python benchmarks/purposes.py [FOLDER ...]        # else the records beside the checkout

One line for each record that can be read, then the sums: trials in the ledger, those left open, those left out of it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from unwound import therapies
from unwound.exchange.fhir import read_bundle
from unwound.record import UnwoundError

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "testdata"
AS_OF = date(2026, 11, 21)
OPEN = "whether it was taken for pain is not recorded"


def records(folders: list[Path]) -> Iterator[tuple[str, therapies.Ledger]]:
    """The ledger of each record in the folders that can be read."""
    for path in sorted(path for folder in folders for path in folder.rglob("*.json")):
        try:
            patient = read_bundle(path.read_bytes(), path.name, as_of=AS_OF).patient
        except UnwoundError:
            continue
        yield path.name, therapies.ledger(patient)


def main(arguments: list[str]) -> int:
    """Print the shares."""
    sums, classes = Counter[str](), Counter[str]()
    for name, ledger in records([Path(each) for each in arguments] or [SHARED]):
        ends_open = sum(any(why.startswith(OPEN) for why in entry.because) for entry in ledger.entries)
        out = len(getattr(ledger, "left_out", ()))
        if ledger.entries or out:
            print(f"{name}: {len(ledger.entries)} in the ledger, {ends_open} open, {out} left out")
        sums.update(entries=len(ledger.entries), open=ends_open, out=out)
        classes.update(str(getattr(entry, "purpose", "not judged")) for entry in ledger.entries)
    whole = sums["entries"]
    share = f"{100 * sums['open'] / whole:.0f} %" if whole else "none"
    print(f"{whole} trials in the ledger, {sums['open']} end in «{OPEN}» ({share}); {sums['out']} left out of it")
    print("purpose: " + ", ".join(f"{count} {name}" for name, count in classes.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
