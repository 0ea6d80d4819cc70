"""How long a review takes: run `.venv/bin/python benchmarks/review.py`.

All of it is asked through the public door, and timed as processor time, so that what else the machine does counts
little. The yardstick is the parsing of a bundle of 500 resources by the standard library's `json`: work nobody can do
without. It is timed again beside every measurement, and each ratio compares two times taken together; on a busy machine
both vary by half or more, the ratio much less. Of several patients the median is printed.

- Seen before: the same patient was reviewed in this process, and what was worked out is found again.
- Never seen: other patients were reviewed before, this one for the first time.
- Every change: `Review.would_change`, with every fact that matters changed and everything decided again: asked for the
  first time, and again, as a page that is opened again asks.
- Small patients: 1,000 of a few facts, medicines and trials each, all different and none seen before, by turns reviewed
  whole and decided alone (`pathway.decide`), as a population is screened; the ratios are of ten of them.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

from unwound import facts, pathway
from unwound.exchange import case_file, fhir
from unwound.patient import Medication, Patient, Trial, Value
from unwound.report.as_json import as_json

ROOT = Path(__file__).parents[1]
DAY = date(2026, 11, 21)
LOADING = """
import time
start = time.process_time()
from unwound import pathway, evidence
from unwound.patient import Patient
from datetime import date
imported = time.process_time()
evidence.studies()
pathway.review(Patient(as_of=date(2026, 11, 21)))
print(imported - start, time.process_time() - imported)
"""


def once(work: Callable[[], object]) -> float:
    """The processor time of one call in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def beside(work: Callable[[], object], parsing: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The least processor time of the work in seconds, and its median ratio to the yardstick timed just around it."""
    times, ratios = list[float](), list[float]()
    for _ in range(rounds):
        before, took, after = once(parsing), once(work), once(parsing)
        times.append(took)
        ratios.append(took * 2 / (before + after))
    return min(times), median(ratios)


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
    printed = [
        subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(5)
    ]
    return min(float(times[0]) for times in printed), min(float(times[1]) for times in printed)


def line(what: str, value: float, unit: str = "ms", note: str = "") -> None:
    """One line of the table."""
    print(f"{what:42}{value:9.2f} {unit}  {note}")


def main() -> None:
    """Print the table."""
    imported, loaded = cold()
    line("import", imported * 1000)
    line("all knowledge loaded and a first review", loaded * 1000, note="wanted: at most 500")
    text = bundle(500)
    parsing = partial(json.loads, text)
    files = sorted((ROOT / "tests/cases").glob("*.toml"))
    patients = [case_file.read_case(path.read_bytes(), path.name).patient for path in files]
    line("500 resources, json.loads alone", beside(parsing, parsing, 9)[0] * 1000)
    new = [beside(partial(pathway.review, patient), parsing, 1) for patient in patients]
    for patient in patients:
        pathway.review(patient)  # what the later ones made grow begins again: only now all were seen before
    seen = [beside(partial(pathway.review, patient), parsing, 5) for patient in patients]
    flips = [beside(partial(_with_flips, patient), parsing, 1) for patient in patients[::5]]
    again = [beside(partial(_with_flips, patient), parsing, 5) for patient in patients[::5]]
    for what, measured, wanted in (
        (f"a review, seen before ({len(patients)} patients)", seen, "at most 0.3"),
        ("a review, never seen before", new, ""),
        (f"its first review with every change ({len(flips)})", flips, "at most 15"),
        (f"seen before, with every change ({len(again)})", again, "at most 15"),
    ):
        ratios = [ratio for _, ratio in measured]
        goal = f"; wanted: {wanted}" if wanted else ""
        note = f"{median(ratios):.2f} x json.loads (most {max(ratios):.2f}){goal}"
        line(what, median(took for took, _ in measured) * 1000, note=note)
    reviews, decisions, least = _by_turns(parsing)
    whole = f"{median(decisions):.2f} x json.loads; a whole review {median(reviews):.2f} x"
    line("a small patient never seen, decided alone", least * 1000, note=whole)
    for what, work in (
        ("500 resources, read", lambda: fhir.read_bundle(text, "bundle", as_of=DAY)),
        ("500 resources, read and reviewed", lambda: _reviewed(text)),
        ("500 resources, to JSON with every change", lambda: as_json(_reviewed(text))),
    ):
        took, ratio = beside(work, parsing, 7)
        line(what, took * 1000, note=f"{ratio:.0f} x json.loads; wanted: at most 100 ms")


def _by_turns(parsing: Callable[[], object]) -> tuple[list[float], list[float], float]:
    """The ratios of a first review and of a decision alone, and the least time of a decision in seconds."""
    people, reviews, decisions, least = small_patients(1000), list[float](), list[float](), float("inf")
    for start in range(0, len(people), 20):
        some = people[start : start + 10], people[start + 10 : start + 20]
        parsed = once(lambda: [parsing() for _ in range(5)]) / 5
        decided = once(lambda some=some: [pathway.decide(patient) for patient in some[0]]) / 10
        reviewed = once(lambda some=some: [pathway.review(patient) for patient in some[1]]) / 10
        reviews.append(reviewed / parsed)
        decisions.append(decided / parsed)
        least = min(least, decided)
    return reviews, decisions, least


def small_patients(count: int) -> list[Patient]:
    """So many different people of whom a little is known."""
    draw, people = random.Random(1), list[Patient]()
    vocabulary = {id: question for id, question in facts.vocabulary().items() if not question.derived}
    for _ in range(count):
        known = {id: _drawn(vocabulary[id], draw) for id in draw.sample(sorted(vocabulary), draw.randint(4, 12))}
        tried = draw.sample(TREATMENTS, draw.randint(0, 2))
        person = Patient(
            as_of=DAY,
            birth_date=date(draw.randint(1930, 2000), draw.randint(1, 12), draw.randint(1, 28)),
            sex=draw.choice(("male", "female")),
            medications=[Medication(drug=name) for name in draw.sample(TAKEN, draw.randint(0, 3))],
            trials=[Trial(therapy=name, top_dose=draw.choice(DOSES), days=60, relief_percent=10) for name in tried],
        )
        people.append(person.knowing(**known))
    return people


def _drawn(question: facts.Question, draw: random.Random) -> Value:
    if question.type == "yes-no":
        return draw.random() < 0.3
    if question.type == "number":
        return round(draw.uniform(question.min or 0, question.max or 100), 1)
    word = draw.choice(list(question.options))
    return word if question.type == "choice" else (word,)


TREATMENTS, DOSES = ("gabapentin", "pregabalin", "duloxetine", "amitriptyline"), (60.0, 300.0, 900.0, 1800.0)
TAKEN = ("ramipril", "metformin", "aspirin", "tramadol", "sertraline", "gabapentin")


def _with_flips(patient: Patient) -> object:
    return pathway.review(patient).would_change


def _reviewed(text: str) -> pathway.Review:
    return pathway.review(fhir.read_bundle(text, "bundle", as_of=DAY).patient)


if __name__ == "__main__":
    main()
