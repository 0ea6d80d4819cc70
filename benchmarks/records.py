"""How long a record of another system takes to read, and how much memory: run `.venv/bin/python benchmarks/records.py`.

The yardstick is `json.loads` of the same bytes, timed again around every measurement as processor time; `msgspec` and,
where it is installed, `orjson` are timed in the same run. Read are the bundles of `../shared/testdata/synthea`, where
they are here, and one that is made here: a life as Synthea writes it, most of it claims. Memory is the most that a
fresh process holds, above what it holds before the record is read.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from unwound.exchange import fhir

ROOT = Path(__file__).parents[1]
FOREIGN = ROOT.parent / "shared" / "testdata" / "synthea"
DAY = date(2026, 11, 21)
ROUNDS = 9
MEMORY = """
import re, sys
from datetime import date
from unwound.exchange import fhir
def held(): return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1)) * 1024
small = open(sys.argv[1], "rb").read()
fhir.read_bundle(small, "small", as_of=date(2026, 11, 21))
before = held()
data = open(sys.argv[2], "rb").read()
fhir.read_bundle(data, "large", as_of=date(2026, 11, 21))
print(held() - before)
"""


def once(work: Callable[[], object]) -> float:
    """The processor time of one call in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def beside(work: Callable[[], object], yardstick: Callable[[], object]) -> tuple[float, float]:
    """The least processor time of the work in seconds, and its median ratio to the yardstick timed just around it."""
    times, ratios = list[float](), list[float]()
    for _ in range(ROUNDS):
        before, took, after = once(yardstick), once(work), once(yardstick)
        times.append(took)
        ratios.append(took * 2 / (before + after))
    return min(times), median(ratios)


def concept(system: str, code: str, display: str) -> dict[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


SHARES = ("claim",) * 3 + ("vital",) * 2 + ("laboratory",) * 3 + ("visit", "order", "procedure", "diagnosis")
"""What one in twelve resources is, roughly as in Synthea's."""
MADE: dict[str, dict[str, Any]] = {
    "vital": {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("http://loinc.org", "29463-7", "Body Weight"),
        "valueQuantity": {"value": 72.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    },
    "laboratory": {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("http://loinc.org", "2345-7", "Glucose"),
        "valueQuantity": {"value": 88.1, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"},
    },
    "visit": {
        "resourceType": "Encounter",
        "status": "finished",
        "type": [concept("http://snomed.info/sct", "162673000", "General examination of patient")],
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    },
    "order": {
        "resourceType": "MedicationRequest",
        "status": "stopped",
        "intent": "order",
        "medicationCodeableConcept": concept(
            "http://www.nlm.nih.gov/research/umls/rxnorm", "310965", "Ibuprofen 200 MG Oral Tablet"
        ),
    },
    "procedure": {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept("http://snomed.info/sct", "73761001", "Colonoscopy"),
    },
    "diagnosis": {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"code": "resolved"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": concept("http://snomed.info/sct", "444814009", "Viral sinusitis (disorder)"),
    },
    "claim": {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional", "Professional"),
        "item": [
            {
                "sequence": number,
                "productOrService": concept("http://snomed.info/sct", "162673000", "General examination of patient"),
                "net": {"value": 129.16, "currency": "USD"},
                "adjudication": [
                    {"category": concept("https://bluebutton", f"line_{n}", "Line amount")} for n in range(5)
                ],
            }
            for number in range(3)
        ],
    },
}


def made(resources: int) -> bytes:
    """A bundle of so many resources of somebody who does not exist."""
    person = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1961-05-05"}
    entries: list[dict[str, Any]] = [{"fullUrl": "urn:uuid:p", "resource": person}]
    for number in range(resources):
        day = f"20{number % 20 + 5:02}-{number % 12 + 1:02}-{number % 28 + 1:02}"
        own = {
            "id": f"r{number}",
            "subject": {"reference": "urn:uuid:p"},
            "encounter": {"reference": f"urn:uuid:v{number}"},
        }
        resource = {**MADE[SHARES[number % len(SHARES)]], **own}
        key = {"Observation": "effectiveDateTime", "MedicationRequest": "authoredOn", "Condition": "onsetDateTime"}
        resource[key.get(resource["resourceType"], "created")] = day
        entries.append({"fullUrl": f"urn:uuid:r{number}", "resource": resource})
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=2).encode()


def records() -> Iterator[tuple[str, bytes]]:
    """The bundles to read, each with its name."""
    for file in sorted(FOREIGN.glob("*.json")):
        yield file.stem, file.read_bytes()
    yield "made here, 3,000 resources", made(3000)


def memory(data: bytes) -> float:
    """How many times its own size a record takes while it is read, in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.json"), Path(folder, "large.json")
        small.write_bytes(made(50))
        large.write_bytes(data)
        run = [sys.executable, "-c", MEMORY, str(small), str(large)]
        return int(subprocess.run(run, capture_output=True, text=True, check=True).stdout) / len(data)


def main() -> None:
    """Print the table."""
    parsers: dict[str, Callable[[bytes], object]] = {"msgspec": msgspec.json.decode}
    try:
        parsers["orjson"] = importlib.import_module("orjson").loads
    except ImportError:
        print("orjson is not installed here: left out")
    print(f"{'record':28}{'MB':>6}{'json':>9}{'read':>9}{'x json':>8}" + "".join(f"{name:>10}" for name in parsers))
    ratios = list[float]()
    for name, data in records():
        yardstick = partial(json.loads, data)
        fhir.read_bundle(data, name, as_of=DAY)
        took, ratio = beside(partial(fhir.read_bundle, data, name, as_of=DAY), yardstick)
        ratios.append(ratio)
        least = min(once(yardstick) for _ in range(ROUNDS))
        others = "".join(f"{beside(partial(parse, data), yardstick)[1]:>9.2f}x" for parse in parsers.values())
        print(f"{name:28}{len(data) / 1e6:6.1f}{least * 1000:7.1f} ms{took * 1000:6.1f} ms{ratio:8.2f}{others}")
    print(f"\nreading takes {median(ratios):.2f} x json.loads (median; wanted: at most 1.5)")
    large = made(40_000)
    print(f"memory for a record of {len(large) / 1e6:.0f} MB: {memory(large):.1f} x the file (wanted: at most 3)")


if __name__ == "__main__":
    main()
