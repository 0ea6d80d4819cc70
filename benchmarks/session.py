"""Forty beds at one message a second beside twenty open screens. Run: python benchmarks/session.py [--minutes 10]

Each message has four readings. A second process plays the monitors; this one holds the screens and asks for news every
2 seconds, as the page does. A message is visible when a screen's answer shows the value it (or a later one) brought.
Then the record is counted: no reading lost, none doubled. On SQLite, and on PostgreSQL where it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve()
for folder in ("clinic", "house"):
    sys.path.append(str(HERE.parents[1] / "tests" / folder))

from devices import Clinic, code, listener, make_clinic, web  # noqa: E402
from postgres import binaries, postgres  # noqa: E402

from unwound.exchange import hl7v2  # noqa: E402
from unwound.session import Reading, sign  # noqa: E402

BEDS, SCREENS, EVERY_S, POLL_S = 40, 20, 1.0, 2.0
VALUES = {"spo2": 97.0, "pulse_rate": 72.0, "respiratory_rate": 14.0}
LOWEST, SPAN = 60, 60
"""The heart rate counts the messages, so that a screen shows which it has come to."""


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--minutes", type=float, default=0.5)
    told.add_argument("--play", nargs=2, metavar=("PORT", "SECONDS"), help=argparse.SUPPRESS)
    chosen = told.parse_args()
    if chosen.play:
        print(json.dumps(asyncio.run(play(int(chosen.play[0]), float(chosen.play[1])))))
        return
    run(chosen.minutes * 60)


def run(seconds: float) -> None:
    print(f"{BEDS} beds, one message of {len(VALUES) + 1} readings a second each, {SCREENS} screens, {seconds:.0f} s")
    headings = f"{'messages':>9}{'lost':>6}{'doubled':>9}{'to ack p50':>14}{'p99':>11}{'to visible p50':>17}{'p99':>8}"
    print(f"{'':12}{headings}")
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", make_clinic(Path(folder), BEDS, real=True), seconds)
    programs = binaries()
    if programs is not None:
        with postgres(programs) as address, tempfile.TemporaryDirectory() as folder:
            measure("PostgreSQL", make_clinic(Path(folder), BEDS, address, real=True), seconds)


def measure(name: str, clinic: Clinic, seconds: float) -> None:
    sessions = dict(clinic.ask("SELECT bed, id FROM unwound_clinic_infusionsession WHERE bed <> ''"))
    serve, address = web(clinic)
    with ExitStack() as stack:
        process = stack.enter_context(listener(clinic.data, clinic.address))
        stack.callback(serve())
        screens = [Screen(clinic, address, f"B{number}", sessions[f"B{number}"]) for number in range(1, SCREENS + 1)]
        for one in screens:
            one.start()
        command = [sys.executable, str(HERE), "--play", str(process.port), str(seconds)]
        played = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        time.sleep(POLL_S * 2)
        for one in screens:
            one.ends = True
        for one in screens:
            one.join()
    report(name, clinic, json.loads(played.stdout), screens)


def report(name: str, clinic: Clinic, sent: dict[str, list[list[float]]], screens: list[Screen]) -> None:
    charted = clinic.charted()
    each = len(VALUES) + 1
    ids = [f"{bed}-{number}" for bed, times in sent.items() for number in range(len(times))]
    lost = sum(charted[id] < each for id in ids)
    doubled = sum(charted[id] > each for id in ids)
    acks = sorted(acked - at for times in sent.values() for at, acked in times)
    visible = sorted(delay for one in screens for delay in one.delays([at for at, _ in sent[one.bed]]))
    milli, never = [1000 * share(acks, part) for part in (0.5, 0.99)], sum(one.unseen for one in screens)
    print(
        f"{name:12}{len(ids):9}{lost:6}{doubled:9}{milli[0]:11.1f} ms{milli[1]:8.1f} ms"
        f"{share(visible, 0.5):15.2f} s{share(visible, 0.99):6.2f} s"
        + (f"  ({never} not seen before the end)" if never else ""),
        flush=True,
    )


def share(values: list[float], part: float) -> float:
    return values[min(int(len(values) * part), len(values) - 1)] if values else float("nan")


async def play(port: int, seconds: float) -> dict[str, list[list[float]]]:
    """All monitors for so long; of each message when it was sent and when acknowledged."""
    start = time.time() + 1
    beds = [f"B{number}" for number in range(1, BEDS + 1)]
    times = await asyncio.gather(
        *(monitor(bed, port, start + place * EVERY_S / BEDS, int(seconds / EVERY_S)) for place, bed in enumerate(beds))
    )
    return dict(zip(beds, times, strict=True))


async def monitor(bed: str, port: int, start: float, messages: int) -> list[list[float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    framer, times = hl7v2.Framer(), []
    for number in range(messages):
        await asyncio.sleep(max(0.0, start + number * EVERY_S - time.time()))
        raw = message(bed, number)
        at = time.time()
        writer.write(hl7v2.framed(raw))
        answers: list[hl7v2.Frame] = []
        while not answers:
            answers = list(framer.feed(await reader.read(65536)))
        assert code(answers[0].content.decode()) == "AA", answers
        times.append([at, time.time()])
    writer.close()
    return times


def message(bed: str, number: int) -> bytes:
    at = datetime.now(UTC) - timedelta(milliseconds=1)
    values = VALUES | {"heart_rate": float(LOWEST + number % SPAN)}
    readings = [Reading(at=at, kind=kind, value=value, source="1") for kind, value in values.items()]
    return hl7v2.write(readings, control_id=f"{bed}-{number}", at=at, bed=bed, application=f"MON-{bed}")


class Screen(threading.Thread):
    """One open page that asks for news."""

    shown = re.compile(
        r"tile-title\">" + re.escape(sign("heart_rate").short) + r"\b.*?tile-value\">\s*(\d+)", re.DOTALL
    )
    seen = re.compile(r"\?seen=([^\"&]*)")

    def __init__(self, clinic: Clinic, address: str, bed: str, session: int) -> None:
        super().__init__(daemon=True)
        self.bed, self.ends, self.unseen = bed, False, 0
        self.came: list[tuple[float, int]] = []
        """When a value was first shown, and the value."""
        self._path = f"/sessions/{session}/now/"
        self._cookie, self._host = clinic.cookie, address.removeprefix("http://")

    def run(self) -> None:
        line, seen = http.client.HTTPConnection(self._host, timeout=30), ""
        headers = {"Cookie": f"sessionid={self._cookie}", "X-Unwound-Poll": "1", "HX-Request": "true"}
        while not self.ends:
            line.request("GET", f"{self._path}?seen={seen}", headers=headers)
            answer = line.getresponse()
            text = answer.read().decode()
            assert answer.status in (200, 304), (answer.status, text[:300])
            if answer.status == 200:
                found, value = self.seen.search(text), self.shown.search(text)
                seen = found[1] if found else seen
                if value:
                    self.came.append((time.time(), int(value[1])))
            time.sleep(POLL_S)
        line.close()

    def delays(self, sent: list[float]) -> list[float]:
        """Of each message how long until the screen showed it or a later one."""
        found, place = [], 0
        for at, value in self.came:
            known = [n for n in range(place, len(sent)) if sent[n] <= at and LOWEST + n % SPAN == value]
            for number in range(place, known[-1] + 1 if known else place):
                found.append(at - sent[number])
                place = number + 1
        self.unseen = len(sent) - place
        return found


if __name__ == "__main__":
    main()
