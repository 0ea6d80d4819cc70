"""HL7 software of other hands (npm): `node-hl7-client` sends, `@medplum/core` parses what Unwound emits.

Installed with `npm ci` in tests/foreign; skipped where it is not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from devices import listener, make_clinic, oru

from unwound.exchange import hl7v2

FOREIGN = Path(__file__).resolve().parents[2] / "foreign"
SAMPLES = sorted((Path(__file__).resolve().parents[4] / "shared/testdata/hl7v2").glob("*.hl7"))

pytestmark = [
    pytest.mark.own_clinic,
    pytest.mark.skipif(
        shutil.which("node") is None or not (FOREIGN / "node_modules").exists(),
        reason="needs node, and `npm ci` in tests/foreign",
    ),
]


def node(script: str, *arguments: str, given: bytes = b"") -> Any:
    done = subprocess.run(
        ["node", script, *arguments], input=given, capture_output=True, cwd=FOREIGN, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_node_hl7_client_sends_and_understands_each_answer(tmp_path: Path) -> None:
    clinic = make_clinic(tmp_path)
    files = [tmp_path / f"{number}.hl7" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(oru(number))
    with listener(clinic.data) as process:
        answers = node("send.mjs", str(process.port), *map(str, files), str(files[0]), *map(str, SAMPLES))
    assert answers[:4] == [["AA", "C0"], ["AA", "C1"], ["AA", "C2"], ["AA", "C0"]]
    assert {code for code, _ in answers} == {"AA"}
    assert [clinic.charted()[f"C{number}"] for number in range(3)] == [1, 1, 1]
    assert clinic.count("message") == 3 + len(SAMPLES)


@pytest.mark.parametrize("version", ["2.3.1", "2.6", "2.8"])
def test_medplum_reads_what_we_send(version: str) -> None:
    sent = oru(7, ("spo2", 97.0), ("pulse_rate", None), bed="ICU & 1").replace(b"|2.6|", f"|{version}|".encode())
    read = node("parse.mjs", given=sent)
    assert (read["control_id"], read["version"]) == ("C7", version)
    assert read["values"] == [["MDC_PULS_OXIM_SAT_O2", "97"], ["MDC_PULS_OXIM_PULS_RATE", ""]]


@pytest.mark.parametrize(("raw", "code"), [(oru(8), "AA"), (b"MSH|^~\\&|M||||||MDM^T02|C8|P|2.5\r", "AR")])
def test_medplum_reads_what_we_answer(raw: bytes, code: str) -> None:
    now = datetime.now(UTC)
    read = node("parse.mjs", given=hl7v2.acknowledge(hl7v2.read(raw, received_at=now), at=now))
    assert (read["answer"], read["answered"], read["type"][:3]) == (code, "C8", "ACK")
