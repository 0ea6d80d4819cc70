"""What the parsers are begun with: the files we ship, what our writers write, and the texts that their tests read."""

from __future__ import annotations

import ast
import gzip
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from unwound import catalogue, examples
from unwound.exchange import hl7v2
from unwound.exchange.case_file import Case, read_case
from unwound.exchange.fhir import vitals, writing
from unwound.session.readings import Reading

TESTS = Path(__file__).parents[1]
STRANGERS = TESTS.parents[1] / "shared" / "testdata"
"""Records that nobody of us wrote; begun with too where they lie beside the clone."""
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIGNALS = b"\0\0\0"
"""Between a header and its signal file."""
LARGEST = 60_000
"""A seed is small: what a reader does with much is measured elsewhere."""


def texts_of(*tests: str, holding: str = "") -> list[bytes]:
    """Every text that stands in these files of tests, and those that read as a whole where its parts are given."""
    found = list[bytes]()
    for pattern in tests:
        for file in sorted(TESTS.glob(pattern)):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and holding in node.value:
                    found.append(node.value.encode("utf-8", "surrogatepass"))
    return list(dict.fromkeys(found))


def strangers(pattern: str) -> list[bytes]:
    """Files of others, as far as they are there and small."""
    files = sorted(STRANGERS.glob(pattern)) if STRANGERS.is_dir() else []
    return [file.read_bytes() for file in files if file.stat().st_size <= LARGEST]


def case_files() -> list[bytes]:
    """Whole patients as TOML."""
    return [file.read_bytes() for file in sorted((TESTS / "cases").glob("*.toml"))]


@cache
def cases() -> tuple[Case, ...]:
    """The same, read; every fourth, which have all there is."""
    return tuple(read_case(text, "a case") for text in case_files()[::4])


def records() -> list[bytes]:
    """FHIR: the example that we ship, what we write of our cases, in all the wrappings that are read."""
    shipped = (Path(examples.__file__).parent / "nerve_injury_after_thoracotomy.json").read_bytes()
    written = [list(writing.resources(case.patient, id="7", at=NOW, family="Person")) for case in cases()]
    frame = {"resourceType": "Bundle", "type": "collection"}
    bundles = [json.dumps({**frame, "entry": [{"resource": one} for one in each]}) for each in written]
    lines = ["\n".join(map(json.dumps, each)) for each in written[:3]]
    whole = [shipped, *(text.encode() for text in (*bundles, *lines))]
    return [*whole, gzip.compress(whole[-1]), *strangers("ahrq/*.json"), *strangers("cds4cpm/*.json")]


def readings() -> list[Reading]:
    """A minute of a bed."""
    signs = (("spo2", 97, "%"), ("heart_rate", 71, "/min"), ("systolic", 128, "mmHg"), ("diastolic", 74, "mmHg"))
    return [Reading(at=NOW - timedelta(seconds=9), kind=kind, value=value, unit=unit) for kind, value, unit in signs]


def messages() -> list[bytes]:
    """HL7 v2: those of the tests, of other vendors, and one of ours."""
    ours = hl7v2.write(readings(), at=NOW, control_id="1", bed="B1")
    said = [text.replace(b"\n", b"\r") for text in texts_of("library/test_hl7v2*.py", holding="MSH|")]
    return [ours, *said, *strangers("hl7v2/*.hl7")]


def observations() -> list[bytes]:
    """FHIR Observations of a monitor, each and in a Bundle."""
    made = vitals.observations(readings(), patient="Patient/7", device="Device/2")
    bundle = {"resourceType": "Bundle", "type": "collection", "timestamp": NOW.isoformat(),
              "entry": [{"resource": one} for one in made]}  # fmt: skip
    return [json.dumps(one).encode() for one in (*made, bundle)]


def posted() -> list[bytes]:
    """Readings as JSON."""
    item = {"kind": "spo2", "value": 97, "unit": "%", "at": "2026-11-21T11:59:00Z", "probe": "left"}
    return [
        json.dumps([item, {**item, "value": None}]).encode(),
        json.dumps({"device": "Oximeter", "sent_at": NOW.isoformat(), "readings": [item]}).encode(),
    ]


def tables_of_monitors() -> list[bytes]:
    """CSV: one value a row, one sign a column, with what exports put before and between."""
    return [
        b"time,kind,value,unit,probe\n2026-11-21T11:58:00Z,spo2,97,%,left\n2026-11-21T11:59:00Z,heart_rate,71,/min,\n",
        "Gerät;Bett 3\n\nDatum;Zeit;SpO2 (%);HR (/min)\n21.11.2026;11:58;97,5;71\n21.11.2026;11:59;---;\n".encode(),
        b"time\tSpO2 (%)\tNIBP Sys (mmHg)\n1795262280\t97\t128\n1795262340\t\t\n",
        *texts_of("library/test_readings_tables.py", holding="\n"),
    ]


def waves() -> list[bytes]:
    """A WFDB header and its signal file, one after the other."""
    one, two = b"\x61\x00\x62\x00\x63\x00", b"\x61\x00\x40\x61\x00\x40"  # 97, 98, 99; then 97 and 64, twice
    files = [
        (b"r 1 0.5 3\nr.dat 16 1/% 16 0 0 294 0 SpO2\n", one),
        (b"r 2 1 2\nr.dat 212 1(0)/bpm 12 0 0 194 0 HR\nr.dat 212 1/mmHg 12 0 0 128 0 ABP Mean\n", two),
    ]
    return [header + SIGNALS + data for header, data in files]


def event_tables() -> list[bytes]:
    """NONMEM's, as we ship one and as the tests write them."""
    shipped = (Path(examples.__file__).parent / "two_people.csv").read_bytes()
    return [shipped, *texts_of("pharmacology/test_event_*.py", "pharmacology/test_public_shapes.py", holding="\n")]


def courses() -> list[bytes]:
    """A course and its diary as TOML."""
    return [text for text in texts_of("outcomes/*.py", "cli/*.py", holding="\n") if b"as_of" in text] or [
        b'as_of = 2026-03-20\nstart = 2026-03-01\ndrug = "ketamine"\n'
    ]


def knowledge_files() -> list[bytes]:
    """One short file of each kind, its kind in the first line."""
    smallest = dict[str, tuple[int, bytes]]()
    for file in catalogue.files():
        kind, data = file.parent.name, file.read_bytes()
        if kind not in smallest or len(data) < smallest[kind][0]:
            smallest[kind] = len(data), f"{kind}/{file.stem}\n".encode() + data
    return [text for size, text in smallest.values() if size <= LARGEST]


def spoken_doses() -> list[bytes]:
    """Directions and doses in words."""
    files = ("library/test_directions_in_languages.py", "library/test_fhir_dosage*.py", "library/test_drugs.py")
    return [text for text in texts_of(*files) if 3 < len(text) < 200]


def numbers() -> list[bytes]:
    """Numbers, quantities, days and times as people and devices write them."""
    files = (
        "library/test_numerals.py",
        "library/test_one_number.py",
        "library/test_other_units.py",
        "library/test_clock.py",
    )
    return [text for text in texts_of(*files) if len(text) < 80]


def barcodes() -> list[bytes]:
    """GS1, whole."""
    gtin = "09506000134352"
    return [
        f"]d201{gtin}1727123110A7-22/x\x1d21SN10".encode(),
        f"(01){gtin}(17)271231(10)A7-22/x(21)SN10".encode(),
        f"01{gtin}10A7-22/x<GS>17271231".encode(),
        gtin.encode(),
    ]


def searches() -> list[bytes]:
    """What is asked of the FHIR server: the type, then name and value on lines of their own."""
    return [
        b"Observation\npatient=7\ndate=ge2026-01-31\ncode=http://loinc.org|8867-4\n_count=20",
        b"Condition\nclinical-status:not=active,recurrence\n_lastUpdated=lt2026-11-21T12:00:00Z\npatient:missing=false",
        b"Patient\nname:contains=Ad\\,a\nbirthdate=1980-05\ngender=female",
    ]


def calls() -> list[bytes]:
    """Requests of CDS Hooks and what is told back."""
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-05-05"}
    order = {"resourceType": "MedicationRequest", "id": "o", "status": "draft", "intent": "order",
             "subject": {"reference": "Patient/p"},
             "medicationCodeableConcept": {"text": "gabapentin 300 MG Oral Capsule"},
             "dosageInstruction": [{"text": "1 capsule three times a day"}]}  # fmt: skip
    drafts = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    call = {"hook": "order-sign", "hookInstance": "made-1", "prefetch": {"patient": patient},
            "context": {"userId": "Practitioner/1", "patientId": "p", "draftOrders": drafts}}  # fmt: skip
    told = {"feedback": [{"card": "a1b2", "outcome": "overridden", "outcomeTimestamp": NOW.isoformat(),
                          "overrideReason": {"reason": {"code": "x"}, "userComment": "no"}}]}  # fmt: skip
    return [json.dumps(one).encode() for one in (call, told)] + strangers("cds-hooks/*request*.json")


def searched_words() -> list[bytes]:
    """What people look for in the public library, emergencies among it."""
    asked = texts_of("library/test_finder.py", "library/test_telephones.py")
    return [
        b"burning feet at night",
        b"I cannot feel my saddle",
        b"chute du pied",
        *(one for one in asked if len(one) < 120),
    ]
