"""How long a population takes: run `.venv/bin/python benchmarks/screening.py [PEOPLE]`.

The yardstick is reading the same files and parsing every line by orjson (extra «bench»), which nobody can do without;
both are timed as processor time of one process, the yardstick before and after, since a busy machine changes its pace.
What is done once whatever their number (starting, reading the knowledge) is timed apart, on one person: a million
people pay it once, and of a few thousand it would hide the rest.

The people are those of `tests/screening/people.py`: one in a hundred, ten or two has a diagnosis that points to
neuropathic pain; all others have what a practice records of anybody (two diagnoses without bearing, at most one
medicine, four in ten of each measurement), and are not reviewed. Two workers are timed by the clock, as they would be
waited for, on an idle machine only. Memory is the most that a fresh process holds; half the people show whether it
grows with them.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests" / "screening"))

from people import as_export, people  # noqa: E402

DAY = date(2026, 11, 21)
WANTED = {0.01: 1.5, 0.1: 4.0, 0.5: 12.0}
ONE = """
import re, sys, time
from datetime import date
from pathlib import Path
from unwound import screening
def run(place):
    began = time.perf_counter(), time.process_time()
    screening.screen([Path(place)], Path(sys.argv[3]), as_of=date(2026, 11, 21), workers=int(sys.argv[4]))
    return time.perf_counter() - began[0], time.process_time() - began[1]
if __name__ == "__main__":
    first = run(sys.argv[1])[1]
    wall, cpu = run(sys.argv[2])
    held = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1)) / 1024
    print(wall, cpu, held, first)
"""


def parsed(folder: Path) -> float:
    """Seconds of processor time to read every file and parse every line."""
    loads = importlib.import_module("orjson").loads
    began = time.process_time()
    for file in folder.iterdir():
        with file.open("rb") as stream:
            for line in stream:
                loads(line)
    return time.process_time() - began


def screened(folder: Path, out: Path, workers: int) -> tuple[float, float, float, float]:
    """Seconds by the clock, seconds of processor time of the first process, its most memory (MB), and the seconds of
    processor time that one person took before."""
    program = out.with_name("one.py")
    program.write_text(ONE)
    somebody = as_export(out.with_name("somebody"), people(1))
    run = [sys.executable, str(program), str(somebody), str(folder), str(out), str(workers)]
    wall, cpu, held, first = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    return float(wall), float(cpu), float(held), float(first)


def main() -> None:
    """Print the table."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place), Path(place, "result.parquet")
        for share, wanted in WANTED.items():
            export = as_export(folder / f"{share}", people(number, painful=share))
            size = sum(file.stat().st_size for file in export.iterdir())
            before = min(parsed(export) for _ in range(3))
            wall, cpu, held, first = screened(export, out, 1)
            yardstick = (before + min(parsed(export) for _ in range(3))) / 2
            print(
                f"{share:4.0%} of {number:,} people, {size / 1e6:.1f} MB: {cpu:.1f} s, {number / cpu:,.0f} a second; "
                f"orjson alone {yardstick:.2f} s: {cpu / yardstick:.0f} x (wanted: {wanted:g} x); {held:.0f} MB held"
            )
        print(f"before that, once: {first:.1f} s")
        together, *_ = screened(export, out, 2)
        print(f"two workers: {wall / together:.2f} x as fast by the clock (wanted: 1.6)")
        half = as_export(folder / "half", people(number // 2, painful=share))
        print(f"memory with half as many people: {screened(half, out, 1)[2]:.0f} MB")


if __name__ == "__main__":
    main()
