"""How seldom a word is said beside a hospital's record, how surely where it matters, and how soon.

Silence: 1,000 made people without neuropathic pain (`tests/library/ordinary_people.py`, shares are assumptions), two
calls each, and every record of Synthea beside the checkout. Sensitivity: boundary pairs of `tests/library/hooks.py`,
each within the record of ten of those people. Time: `unwound serve` as it is, 20 callers without a pause.
Run: python benchmarks/cds.py [--people 1000] [--callers 20] [--seconds 10]
"""

from __future__ import annotations

import argparse
import copy
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests/library"))
from bundle_builder import AS_OF  # noqa: E402
from hooks import answer, pairs, says  # noqa: E402
from ordinary_people import calls  # noqa: E402

from unwound import cds  # noqa: E402
from unwound.cds import Hook  # noqa: E402
from unwound.exchange import fhir  # noqa: E402

PORT = 8173
WITHIN = 10
SYNTHEA = ROOT.parent / "shared" / "testdata" / "synthea"


def silence(people: int) -> None:
    spoken, number = Counter[str](), 0
    for made in calls(people):
        number += 1
        spoken.update(card.id for card in answer(made))
    for record in sorted(SYNTHEA.glob("*.json")):
        patient = fhir.read_bundle(record.read_bytes(), record.name, as_of=AS_OF).patient
        number += 1
        spoken.update(card.id for card in cds.cards(Hook.PATIENT_VIEW, patient))
    share = 100 * sum(spoken.values()) / number
    print(
        f"silence: {sum(spoken.values())} of {number} calls with a card, {share:.2f} % (wanted: at most 1 %)",
        dict(spoken),
    )


def sensitivity() -> None:
    found = tried = wrong = 0
    people = list(islice(calls(WITHIN, seed=7), 0, None, 2))
    missed = Counter[str]()
    for pair in pairs():
        for person in people:
            tried += 1
            spoke = says(_within(pair.speaks, person), pair.id, pair.course)
            found += spoke
            missed.update([pair.id] * (not spoke))
        wrong += says(pair.silent, pair.id, pair.course)
    print(
        f"sensitivity: {found} of {tried} boundary calls within another record, {100 * found / tried:.1f} % "
        f"(wanted: at least 95 %); alone {wrong} of {len(pairs())} other sides speak. Not found: {dict(missed)}"
    )


def _within(made: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    """The call with what else this person has: illnesses and results that do not answer the pair's own question."""
    whole = copy.deepcopy(made)
    entries = whole["prefetch"]["conditions"]["entry"]
    codes = {_code(entry["resource"]) for entry in entries}
    medicines = {"MedicationRequest"}
    for entry in person["prefetch"]["conditions"]["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] not in medicines and _code(resource) not in codes | {
            "98979-8",
            "72514-3",
            "8636-3",
        }:
            entries.append({"resource": {**resource, "id": f"b{len(entries)}"}})
    return whole


def _code(resource: dict[str, Any]) -> str:
    codings = resource.get("code", {}).get("coding", [{}])
    return str(codings[0].get("code", ""))


def set_up() -> None:
    """In a process of its own: a clinic with one system whose calls come unsigned."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from unwound_clinic.administration import actions as administration
    from unwound_clinic.core import access
    from unwound_clinic.interfaces import actions
    from unwound_clinic.models import Site

    admin = administration.found_clinic(
        by=administration.FIRST, site_name="Bench", timezone_name="UTC", email="a@b.test", name="A", password="x" * 20
    )
    actions.add_system(by=access.staff(admin), site=Site.objects.get(), name="Bench", unsigned=True)


def times(callers: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "clinic"
        environment = {
            **os.environ,
            "UNWOUND_DATA": str(data),
            "UNWOUND_MFA": "off",
            "DJANGO_SETTINGS_MODULE": "unwound_clinic.settings",
            "UNWOUND_CDS_MS": os.environ.get("UNWOUND_CDS_MS", "500"),
        }
        subprocess.run([sys.executable, __file__, "--set-up"], env=environment, check=True, cwd=ROOT)
        command = [str(Path(sys.executable).parent / "unwound"), "serve", "--data", str(data), "--port", str(PORT)]
        server = subprocess.Popen([*command, "--no-browser"], env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            while "ready" not in (line := server.stdout.readline()):
                if not line:
                    raise RuntimeError("the server ended before it was ready")
            _ask(callers, seconds)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _ask(callers: int, seconds: float) -> None:
    bodies = [(made["hook"], json.dumps(made).encode()) for made in calls(100)]
    speak = next(pair.speaks for pair in pairs() if pair.id == "dose-above-ceiling")
    bodies.append((speak["hook"], json.dumps(speak).encode()))
    for _ in range(8):  # each process reads its knowledge once
        _one(http.client.HTTPConnection("127.0.0.1", PORT, timeout=60), *bodies[-1])
    took: list[float] = []
    cards = Counter[str]()
    until = time.monotonic() + seconds

    def caller(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        place = number * 7
        while time.monotonic() < until:
            begun = time.monotonic()
            status, body = _one(connection, *bodies[place % len(bodies)])
            took.append(time.monotonic() - begun)
            cards[f"{status}{' with a card' if b'uuid' in body else ''}"] += 1
            place += 1

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.sort()
    median, last = (1000 * took[int(len(took) * part)] for part in (0.5, 0.99))
    print(
        f"time: {callers} callers, {len(took)} calls in {seconds:g} s: p50 {median:.0f} ms, p99 {last:.0f} ms "
        f"(wanted: p99 below 100 ms); {dict(cards)}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )


def _one(connection: http.client.HTTPConnection, hook: str, body: bytes) -> tuple[int, bytes]:
    connection.request("POST", f"/cds-services/unwound-{hook}", body, {"Content-Type": "application/json"})
    answered = connection.getresponse()
    return answered.status, answered.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--set-up", action="store_true")
    chosen = parser.parse_args()
    if chosen.set_up:
        set_up()
        return
    silence(chosen.people)
    sensitivity()
    times(chosen.callers, chosen.seconds)


if __name__ == "__main__":
    main()
