"""How long a review takes: run `.venv/bin/python benchmarks/review.py`.

Times are the best of several rounds on the machine at hand; the ratios, taken in the same run, are what to compare.
The yardstick is the parsing of the same bundle by the standard library's `json`: work nobody can do without.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

from unwound import pathway
from unwound.exchange import case_file, fhir
from unwound.patient import Patient
from unwound.report.as_json import as_json

ROOT = Path(__file__).parents[1]
DAY = date(2026, 11, 21)
LOADING = """
import time
start = time.perf_counter()
from unwound import pathway, evidence
from unwound.patient import Patient
from datetime import date
imported = time.perf_counter()
evidence.studies()
pathway.review(Patient(as_of=date(2026, 11, 21)))
print(imported - start, time.perf_counter() - imported)
"""


def seconds(work: Callable[[], object], rounds: int = 7, times: int = 20) -> float:
    """The best round's time for one call."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - start) / times)
    return best


def once(work: Callable[[], object]) -> float:
    """The time of the first call, when nothing of it is remembered."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bundle(resources: int) -> str:
    """The bundled example, its observations repeated on other days until it has that many resources."""
    example = json.loads((ROOT / "unwound/examples/nerve_injury_after_thoracotomy.json").read_text("utf-8"))
    entries = example["entry"]
    repeated = [entry for entry in entries if entry["resource"]["resourceType"] == "Observation"]
    for n in range(resources - len(entries)):
        copy = json.loads(json.dumps(repeated[n % len(repeated)]))
        copy["resource"]["id"] = f"repeated-{n}"
        copy.pop("fullUrl", None)
        copy["resource"]["effectiveDateTime"] = f"20{10 + n % 15}-0{1 + n % 9}-1{n % 10}"
        entries.append(copy)
    return json.dumps(example)


def cold() -> tuple[float, float]:
    """Import and loading of all knowledge in a fresh process, the best of five."""
    told = [
        subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(5)
    ]
    return min(float(one[0]) for one in told), min(float(one[1]) for one in told)


def line(what: str, value: float, unit: str = "ms", note: str = "") -> None:
    """One line of the table."""
    print(f"{what:42}{value:9.2f} {unit}  {note}")


def main() -> None:
    """Print the table."""
    imported, loaded = cold()
    line("import", imported * 1000)
    line("all knowledge loaded and a first review", loaded * 1000, note="wanted: at most 500")
    text = bundle(500)
    files = sorted((ROOT / "tests/cases").glob("*.toml"))
    patients = [case_file.read_case(path.read_bytes(), path.name).patient for path in files]
    new = [once(partial(pathway.review, patient)) for patient in patients]
    parsing = seconds(lambda: json.loads(text), times=5)
    each = [seconds(partial(pathway.review, patient), rounds=5, times=10) for patient in patients]
    changes = [seconds(partial(_with_flips, patient), rounds=2, times=1) for patient in patients]
    line("500 resources, json.loads alone", parsing * 1000)
    for what, times, wanted in (
        (f"a review, median of {len(patients)} patients", median(each), "at most 0.3"),
        ("a review, the slowest of them", max(each), ""),
        ("a review of a patient never seen, median", median(new), ""),
        ("a review with every change, median", median(changes), "at most 15"),
    ):
        goal = f"; wanted: {wanted}" if wanted else ""
        line(what, times * 1000, note=f"{times / parsing:.2f} x json.loads{goal}")
    for what, work in (
        ("500 resources, read", lambda: fhir.read_bundle(text, "bundle", as_of=DAY)),
        ("500 resources, read and reviewed", lambda: _reviewed(text)),
        ("500 resources, to JSON with every flip", lambda: as_json(_reviewed(text))),
    ):
        took = seconds(work, rounds=5, times=2)
        line(what, took * 1000, note=f"{took / parsing:.0f} x json.loads; wanted: at most 100 ms")


def _with_flips(patient: Patient) -> object:
    return pathway.review(patient).would_change


def _reviewed(text: str) -> pathway.Review:
    return pathway.review(fhir.read_bundle(text, "bundle", as_of=DAY).patient)


if __name__ == "__main__":
    main()
