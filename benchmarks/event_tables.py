"""Reading an event table beside pyarrow.csv reading the same file: processor time, and the memory it takes.

A million rows by default: people with ten doses, ADDL and ninety observations each. pyarrow parses every column into
numbers and words, and nothing more; the reader checks and understands them too. The goal is 8 times pyarrow's time.
Processor time of all threads, the least of several runs. Run: python benchmarks/event_tables.py [ROWS]
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from pyarrow import csv

from unwound.exchange import event_table

GOAL = 8.0
EACH = 100


def a_table(rows: int) -> str:
    """Rows of people who have ten infusions and are observed ninety times."""
    random = np.random.default_rng(1)
    lines = ["ID,TIME,AMT,RATE,EVID,CMT,II,ADDL,SS,DV,WT"]
    for person in range(rows // EACH):
        weight = round(float(random.uniform(45, 110)), 1)
        for row in range(EACH):
            at = row * 2.5
            if row % 10 == 0:
                lines.append(f"{person},{at},40,20,1,1,12,1,0,.,{weight}")
            else:
                lines.append(f"{person},{at},0,0,0,1,0,0,0,{random.uniform(1, 200):.2f},{weight}")
    return "\n".join(lines) + "\n"


def spent(work: Callable[[], object], repeats: int = 5) -> float:
    """The least processor time of several runs, in seconds."""
    work()
    best = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        best.append(time.process_time() - start)
    return min(best)


def peak_mb() -> float:
    """The most that this process has held, and not, as getrusage has it, the one that started it."""
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1000


def memory(text: str) -> float:
    """Megabytes above the imports and the text itself that reading takes, in a process of its own."""
    code = (
        "import sys, event_tables as it\nt = sys.stdin.read()\nb = it.peak_mb()\n"
        "e = it.event_table.read(t, 't')\nprint(it.peak_mb() - b)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=sys.path[0])
    return float(done.stdout)


def made(text: str) -> int:
    """How many doses and observations there are, when every person's course is made."""
    courses = event_table.read(text, "table").courses.values()
    return sum(len(course.doses) + len(course.observed_h) for course in courses)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    text = a_table(rows)
    data = text.encode()
    theirs = spent(lambda: csv.read_csv(BytesIO(data)))
    ours = spent(lambda: event_table.read(text, "table"))
    ratio = ours / theirs
    print(
        f"{rows:,} rows, {len(data) / 1e6:.0f} MB: pyarrow.csv {theirs:.3f} s, event_table.read {ours:.3f} s of "
        "processor"
    )
    print(f"{ratio:.1f} times (goal {GOAL:g}: {'reached' if ratio <= GOAL else 'not reached'}); "
          f"{ours / rows * 1e6:.2f} µs a row; {memory(text):.0f} MB while reading")  # fmt: skip
    print(f"with every person's course made: {spent(lambda: made(text), 1) / theirs:.0f} times")


if __name__ == "__main__":
    main()
