"""The listener as it runs: a process with a port. What it acknowledged is on the disk, once; what it refused is not."""

from __future__ import annotations

import asyncio
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from devices import Clinic, Line, Process, answered, code, environment, listener, make_clinic, oru
from hl7.client import MLLPClient
from killing import Load

from unwound import catalogue
from unwound.exchange import hl7v2
from unwound.exchange.hl7v2 import Framer, framed
from unwound_clinic.commands import monitors as commands
from unwound_clinic.monitors import listener as monitors_listener
from unwound_clinic.monitors import writer
from unwound_clinic.operations.renewal import SETTLE

SAMPLES = sorted((Path(__file__).resolve().parents[4] / "shared/testdata/hl7v2").glob("*.hl7"))
pytestmark = pytest.mark.own_clinic


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """One clinic, made once, for tests to copy."""
    return make_clinic(tmp_path_factory.mktemp("clinic"))


@pytest.fixture(scope="module")
def made(pristine: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """The clinic of all tests that leave it alone."""
    return copied(pristine, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def running(made: Clinic) -> Iterator[Process]:
    """One listener for all tests that leave it alone."""
    with listener(made.data) as started:
        yield started


@pytest.fixture
def own(pristine: Clinic, tmp_path: Path) -> Clinic:
    """A copy of the clinic for a test that breaks it."""
    return copied(pristine, tmp_path)


def copied(clinic: Clinic, folder: Path) -> Clinic:
    shutil.copytree(clinic.data, folder / "clinic")
    return Clinic(folder / "clinic", key=clinic.key, cookie=clinic.cookie)


def once(clinic: Clinic, control_id: str, readings: int = 1) -> None:
    assert (clinic.accepted()[control_id], clinic.charted()[control_id]) == (1, readings)


@pytest.mark.thorough
def test_a_foreign_client_sends_and_the_message_is_on_the_disk_when_it_is_answered(
    made: Clinic, running: Process
) -> None:
    with MLLPClient("127.0.0.1", running.port) as client:
        answer = client.send_message(oru("foreign"))
    assert code(answer.decode()) == "AA"
    once(made, "Cforeign")


@pytest.mark.skipif(not SAMPLES, reason="the shared samples are not here")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.stem)
def test_the_messages_of_vendors_are_taken_in_whole(made: Clinic, running: Process, sample: Path) -> None:
    raw = sample.read_bytes()
    line = Line(running.port)
    assert code(line.send(raw)) == "AA"
    line.close()
    held = {bytes(row[0]) for row in made.ask("SELECT raw FROM unwound_clinic_message")}
    assert any(one.split() == raw.strip(b"\x0b\x1c\r").split() for one in held)


def test_a_repeat_is_acknowledged_and_stored_once(made: Clinic, running: Process) -> None:
    line, raw = Line(running.port), oru("again")
    assert [code(line.send(raw)) for _ in range(3)] == ["AA"] * 3
    line.close()
    once(made, "Cagain")


def test_messages_in_one_packet_are_answered_in_order_with_garbage_between(made: Clinic, running: Process) -> None:
    line = Line(running.port)
    line.put(b"\r\nnoise" + framed(oru("p1")) + b"\0\0" + framed(oru("p2")) + framed(oru("p3")))
    assert [answered(line.answer()) for _ in range(3)] == ["Cp1", "Cp2", "Cp3"]
    line.close()


def test_a_message_byte_by_byte_is_one_message(made: Clinic, running: Process) -> None:
    line = Line(running.port)
    for byte in framed(oru("slow")):
        line.put(bytes([byte]))
    assert answered(line.answer()) == "Cslow"
    line.close()
    once(made, "Cslow")


def kept(clinic: Clinic, control_id: str) -> list[tuple[bytes, str, str]]:
    """What is kept back of a message: its bytes, the answer it was given, why."""
    rows = clinic.ask(
        "SELECT m.raw, m.answer, q.why FROM unwound_clinic_quarantined q JOIN unwound_clinic_message m "
        f"ON q.message_id = m.id WHERE m.control_id = '{control_id}' ORDER BY q.id"
    )
    return [(bytes(raw), answer, why) for raw, answer, why in rows]


@pytest.mark.parametrize("ends", ["by the next", "by a reset", "by the end of the line"])
def test_half_a_message_is_never_answered_nor_charted_and_what_came_of_it_is_kept_once(
    made: Clinic, running: Process, ends: str
) -> None:
    name, line = f"half{ends.split()[-1]}", Line(running.port)
    whole = oru(name)
    half = whole[: len(whole) // 2]
    for _ in range(2):  # the same bytes again are stored once
        line.put(b"\x0b" + half)
        if ends == "by the next":
            assert answered(line.send(oru("next"))) == "Cnext"
        else:
            line.close(rudely=ends == "by a reset")
            line = Line(running.port)
    deadline = time.monotonic() + 60
    while not kept(made, f"C{name}") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert kept(made, f"C{name}") == [(half, "", "torn")]
    assert made.accepted()[f"C{name}"] == made.charted()[f"C{name}"] == 0
    assert code(line.send(whole)) == "AA"
    line.close()
    once(made, f"C{name}")
    assert kept(made, f"C{name}") == [(half, "", "torn")]


def test_a_message_that_lacked_only_its_end_is_charted_when_it_comes_whole(made: Clinic, running: Process) -> None:
    line, whole = Line(running.port), oru("endless")
    line.put(b"\x0b" + whole)
    assert code(line.send(oru("other"))) == "AA"
    assert code(line.send(whole)) == "AA"
    line.close()
    once(made, "Cendless")
    assert kept(made, "Cendless") == [(whole, "", "torn")]


def test_of_a_long_message_that_was_torn_only_the_beginning_is_kept(made: Clinic, running: Process) -> None:
    line = Line(running.port)
    line.put(b"\x0b" + oru("vast") + b"OBX|" + b"x" * 100_000)
    assert code(line.send(oru("after"))) == "AA"
    line.close()
    ((raw, _, why),) = kept(made, "Cvast")
    assert (len(raw), why) == (writer.KEPT_OF_ONE, "torn")


def test_a_header_that_was_cut_itself_names_no_sender(made: Clinic, running: Process) -> None:
    line = Line(running.port)
    line.put(b"\x0bMSH|^~\\&|MO")
    assert code(line.send(oru("later"))) == "AA"
    line.close()
    found = made.ask("SELECT sender, control_id FROM unwound_clinic_message WHERE answer = '' AND control_id = ''")
    assert found == [("HL7", "")]


def test_what_is_too_long_is_refused_and_the_line_goes_on(made: Clinic, running: Process) -> None:
    line = Line(running.port)
    line.put(b"\x0b" + oru("long") + b"OBX|" + b"x" * (hl7v2.LIMIT_BYTES + 100))
    answer = line.answer()
    assert (code(answer), answered(answer)) == ("AR", "Clong")
    line.put(b"more of it\x1c\r")
    assert code(line.send(oru("short"))) == "AA"
    line.close()
    assert made.charted()["Clong"] == 0
    assert made.ask("SELECT answer FROM unwound_clinic_message WHERE control_id = 'Clong'") == [("AR",)]


@pytest.mark.parametrize(
    ("raw", "answer"),
    [(b"hello", "AR"), (b"MSH|^~\\&|M||||||MDM^T02|1|P|2.5\r", "AR"), (b"MSH|^~\\&|M||||||ORU^R01||P|2.5\r", "AE")],
    ids=["no HL7", "another type", "no control id"],
)
def test_what_cannot_be_used_is_refused_in_words_and_kept(
    made: Clinic, running: Process, raw: bytes, answer: str
) -> None:
    line, before = Line(running.port), made.count("quarantined", "why = 'refused'")
    assert code(line.send(raw)) == answer
    line.close()
    assert made.count("quarantined", "why = 'refused'") == before + 1


def test_the_line_cut_before_the_answer_then_sent_again_is_charted_once(made: Clinic, running: Process) -> None:
    raw = oru("cut")
    line = Line(running.port)
    line.put(framed(raw))
    line.close(rudely=True)
    again = Line(running.port)
    assert code(again.send(raw)) == "AA"
    again.close()
    once(made, "Ccut")


def test_a_locked_database_refuses_in_words_and_takes_the_message_later(own: Clinic) -> None:
    with listener(own.data) as process:
        line, raw = Line(process.port), oru("locked")
        assert code(line.send(oru("before"))) == "AA"
        lock = sqlite3.connect(own.data / "clinic.sqlite3", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        refused = line.send(raw)
        lock.execute("ROLLBACK")
        lock.close()
        assert (code(refused), "locked" in refused) == ("AE", True)
        assert own.count("message", "control_id = 'Clocked'") == 0
        assert code(line.send(raw)) == "AA"
        line.close()
    once(own, "Clocked")


@pytest.mark.thorough
def test_a_torn_message_that_cannot_be_kept_is_told_in_the_log_and_stops_nothing(own: Clinic) -> None:
    with listener(own.data) as process:
        line = Line(process.port)
        lock = sqlite3.connect(own.data / "clinic.sqlite3", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        line.put(b"\x0b" + oru("gone")[:90])
        assert code(line.send(oru("meanwhile"))) == "AE"
        lock.execute("ROLLBACK")
        lock.close()
        assert code(line.send(oru("meanwhile"))) == "AA"
        line.close()
        process.popen.terminate()
        said = process.log()
    assert "torn off after 90 bytes: not acknowledged" in said
    assert "is not kept: not stored: database is locked" in said
    once(own, "Cmeanwhile")


@pytest.mark.thorough
def test_a_full_disk_refuses_in_words_and_takes_the_message_when_there_is_room(own: Clinic) -> None:
    with listener(own.data) as process:
        line = Line(process.port)
        assert code(line.send(oru("before"))) == "AA"
        full = (own.data / "clinic.sqlite3-wal").stat().st_size
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        refused = [line.send(oru(f"full{number}")) for number in range(3)]
        assert {code(one) for one in refused} == {"AE"}
        assert "not stored" in refused[0]
        assert own.count("message", "control_id LIKE 'Cfull%'") == 0
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert code(line.send(oru("full0"))) == "AA"
        line.close()
    assert own.charted() == {"Cbefore": 1, "Cfull0": 1}


@pytest.mark.thorough
def test_told_to_stop_it_answers_what_it_has_and_ends(own: Clinic) -> None:
    with listener(own.data) as process:
        lines = [Line(process.port) for _ in range(5)]
        for number, line in enumerate(lines):
            line.put(framed(oru(f"stop{number}")))
        time.sleep(0.05)
        process.popen.terminate()
        told = []
        for line in lines:
            try:
                told.append(answered(line.answer()))
            except ConnectionError:
                continue
        assert process.popen.wait(60) == 0
    assert set(told) <= set(own.accepted())


@pytest.mark.parametrize("kills", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_kills_under_load_lose_and_double_nothing(own: Clinic, kills: int) -> None:
    load = Load(clinic=own, lines=2)
    load.kill_listener(times=kills)
    load.judge()


@pytest.mark.thorough
def test_a_site_must_be_said_where_there_are_several(made: Clinic) -> None:
    assert "First Site, Other Site" in made.run("listen", "--data", str(made.data), "--port", "0")


@pytest.mark.thorough
def test_a_port_that_is_taken_is_said(made: Clinic) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = made.run("listen", "--data", str(made.data), "--port", port, "--site", "First Site")
    assert "cannot listen" in said
    assert "Traceback" not in said


@pytest.mark.thorough
@pytest.mark.parametrize("recording", ["invented", "table"])
def test_a_simulated_monitor_is_charted_reading_by_reading(own: Clinic, tmp_path: Path, recording: str) -> None:
    table = tmp_path / "day.csv"
    table.write_text("time,SpO2 (%),HR (/min)\n2020-01-01T10:00:00Z,97,70\n2020-01-01T10:00:01Z,---,71\n", "utf-8")
    chosen = ["--file", str(table)] if recording == "table" else ["--messages", "30", "--speed", "1000"]
    with listener(own.data) as process:
        said = own.run("simulate-monitor", "--port", str(process.port), "--bed", "B1", *chosen)
    sent = 2 if recording == "table" else 30
    assert f"{sent} messages acknowledged, 0 rejected" in said
    assert own.count("message", "answer = 'AA' AND session_id IS NOT NULL") == sent
    assert own.count("quarantined") == 0
    assert own.count("vitalreading", "status = 'no-sensor'") == (1 if recording == "table" else 0)


class Promises:
    """A writer that answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.kept: list[bytes] = []

    def keep(self, begun: bytes, received_at: object) -> Future[bytes]:
        self.kept.append(begun)
        lost: Future[bytes] = Future()
        lost.set_exception(monitors_listener.Unknown("the database went away"))
        return lost

    def submit(self, raw: bytes, received_at: object, refusal: str = "") -> Future[bytes]:
        self.asked.append(raw)
        answer: Future[bytes] = Future()
        if b"unknown" in raw:
            answer.set_exception(monitors_listener.Unknown("the database went away"))
        else:
            answer.set_result(b"ok")
        return answer


def spoken(
    monkeypatch: pytest.MonkeyPatch, *pieces: bytes, pause: float = 0.0, rest: float = 0.3
) -> tuple[bytes, Promises]:
    """What comes back on a line, and what the writer was given, until the listener closes it."""
    monkeypatch.setattr(monitors_listener, "REST_WITHIN_S", rest)
    monkeypatch.setattr(monitors_listener, "MOST_GARBAGE", 1000)
    promises = Promises()

    async def talk() -> bytes:
        heard: Any = monitors_listener.Listener(promises)  # type: ignore[arg-type]
        server = await asyncio.start_server(heard._connected, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        got = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        server.close()
        return got

    # In a thread of its own: where browser tests ran before, this one has their event loop.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, talk()).result(), promises


def test_a_sender_that_never_ends_its_message_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said, promises = spoken(monkeypatch, framed(b"one"), b"\x0bhalf", b"more", pause=0.1, rest=3.0)
    assert (said, promises.asked, promises.kept) == (framed(b"ok"), [b"one"], [b"halfmore"])


def test_what_is_no_mllp_at_all_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said, promises = spoken(monkeypatch, b"GET / HTTP/1.1\r\n" * 100)
    assert (said, promises.asked, promises.kept) == (b"", [], [])


def test_who_sends_nothing_but_torn_messages_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said, promises = spoken(
        monkeypatch, *[b"\x0bx" * 60 + framed(b"one")] * 3, b"\x0bx" * 60, b"\x0by" * 60, pause=0.05
    )
    assert (said, promises.asked) == (framed(b"ok") * 3, [b"one"] * 3)
    assert (len(promises.kept), promises.kept[-1]) == (4 * 60, b"y")  # the rest of the last line is not kept


def test_what_is_not_known_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert spoken(monkeypatch, framed(b"one") + framed(b"unknown") + framed(b"three"))[0] == framed(b"ok")


def test_the_framer_finds_the_same_messages_however_they_are_cut() -> None:
    whole = (
        b"xx" + framed(b"one") + b"\x0btorn" + framed(b"two") + b"\r\n" + b"\x0b" + b"y" * 20 + b"\x1c\r" + framed(b"3")
    )
    kinds = [("message", b"one"), ("torn", b"torn"), ("message", b"two"), ("too-long", b"y" * 11), ("message", b"3")]
    for cut in range(len(whole)):
        framer = Framer(limit=10)
        found = [*framer.feed(whole[:cut]), *framer.feed(whole[cut:])]
        assert [(one.kind, one.content) for one in found] == kinds
        assert not framer.waiting
        assert framer.begun == b""
    framer = Framer(limit=10)
    single = [one for byte in whole for one in framer.feed(bytes([byte]))]
    assert [(one.kind, one.content) for one in single] == kinds


def test_it_listens_again_where_it_was_heard() -> None:
    """The last port of a command counts: a monitor would not find another one."""
    assert commands.again(["/bin/unwound", "listen", "--port", "0"], 2575)[1:] == [
        "-m", "unwound", "listen", "--port", "0", "--port", "2575",
    ]  # fmt: skip


@pytest.mark.slow
def test_other_knowledge_makes_it_begin_anew_on_its_port_and_nothing_is_lost(own: Clinic) -> None:
    with listener(own.data) as started:
        with MLLPClient("127.0.0.1", started.port) as client:
            assert code(client.send_message(oru("before")).decode()) == "AA"
        ceiling = (catalogue.DATA / "ceilings/esketamine.toml").read_text("utf-8")
        place = own.data / "knowledge/ceilings"
        place.mkdir(parents=True)
        tighter = ceiling.replace("limit = { value = 0.2, ", "limit = { value = 0.1, ").replace("most = 16", "most = 8")
        (place / "esketamine.toml").write_text(tighter, "utf-8")
        environ = environment(own.data) | {"DJANGO_SETTINGS_MODULE": "unwound_clinic.settings"}
        subprocess.run([sys.executable, "-c", SETTLE], env=environ, check=True, capture_output=True)
        assert started.popen.stdout is not None
        assert f":{started.port} (" in started.popen.stdout.readline(), "it says that it listens again"
        with MLLPClient("127.0.0.1", started.port) as client:
            assert code(client.send_message(oru("after")).decode()) == "AA"
        assert started.popen.poll() is None
    for control_id in ("Cbefore", "Cafter"):
        once(own, control_id)
