"""The clinic's commands before a folder, port or setting that is not what they need: one line, and nothing touched."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from small_clinic import House

from unwound.record import UnwoundError
from unwound_clinic import demonstration
from unwound_clinic.commands import audit_log, clinic
from unwound_clinic.models import User
from unwound_clinic.monitors import simulator


def refused(command: click.Command, **given: object) -> str:
    """The line that a command ends with."""
    assert command.callback is not None
    with pytest.raises(UnwoundError) as told:
        command.callback(**given)
    return str(told.value)


@pytest.fixture
def in_this_clinic(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands meet the clinic of the test, and serve nobody."""
    for module in (clinic, audit_log):
        monkeypatch.setattr(module, "set_up", lambda data, **_: None)
    monkeypatch.setattr(clinic, "run", lambda *_, **__: None)
    for name in ("UNWOUND_DEMO", "UNWOUND_MFA", "UNWOUND_SETUP_KEY"):
        monkeypatch.setenv(name, "")


@pytest.mark.parametrize("command", [audit_log.export_audit_head, audit_log.replay_decisions])
def test_a_folder_without_a_clinic_is_named_and_none_is_begun_in_it(command: click.Command, tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path):
        assert refused(command, data=place).startswith(f"{place}: this folder holds no clinic")
    assert list(tmp_path.iterdir()) == []


def test_the_library_alone_says_what_brings_the_clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "django", None)
    assert 'pip install "unwound[clinic]"' in refused(audit_log.export_audit_head, data=tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_the_log_of_an_empty_or_lost_record_is_never_said_to_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNWOUND_DATABASE_URL", raising=False)
    (tmp_path / "audit.key").write_text("a key")
    assert "this folder holds no clinic" in refused(audit_log.verify_audit, data=tmp_path, heads_file=None)
    assert [one.name for one in tmp_path.iterdir()] == ["audit.key"]


@pytest.mark.parametrize(("name", "before"), [("clinic #1", "clinic "), ("a?b", "a"), ("c%20d", "c d/clinic.sqlite3")])
def test_a_record_that_an_older_one_kept_beside_the_folder_is_named_and_no_empty_one_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, before: str
) -> None:
    monkeypatch.delenv("UNWOUND_DATABASE_URL", raising=False)
    data, beside = tmp_path / name, tmp_path / before
    clinic.refuse_beside(data)
    beside.parent.mkdir(exist_ok=True)
    beside.write_bytes(b"the record")
    with pytest.raises(UnwoundError) as refusal:
        clinic.set_up(data, begin=True)
    assert str(refusal.value).startswith(f"{beside}: here an older Unwound kept the record of {data}.")
    assert not data.exists()
    data.mkdir()
    beside.rename(data / "clinic.sqlite3")
    clinic.refuse_beside(data)


def test_heads_that_are_no_text_are_named_by_their_line(house: House, in_this_clinic: None, tmp_path: Path) -> None:
    heads = tmp_path / "heads.jsonl"
    heads.write_bytes(b"\xff\xfe\x00")
    assert refused(audit_log.verify_audit, data=tmp_path, heads_file=heads).startswith(
        f"{heads}, line 1: not an audit head"
    )


def test_a_clinic_of_ones_own_is_never_opened_as_the_demonstration(
    house: House, in_this_clinic: None, tmp_path: Path
) -> None:
    before = User.objects.count()
    said = refused(clinic.demo, data=tmp_path, port=clinic.DEFAULT_PORT + 931, no_browser=True)
    assert said.startswith(f"{tmp_path}: this is a real clinic")
    assert User.objects.count() == before


def test_the_demonstration_is_never_served_as_a_clinic_of_ones_own(
    house: House, in_this_clinic: None, tmp_path: Path
) -> None:
    User.objects.update_or_create(pk=User.objects.all()[0].pk, defaults={"email": demonstration.ADMINISTRATOR})
    said = refused(clinic.serve, data=tmp_path, port=clinic.DEFAULT_PORT + 931, no_browser=True)
    assert said.startswith(f"{tmp_path}: this is the demonstration, whose passwords are public")


def test_a_port_that_is_taken_is_told_before_a_folder_is_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused(clinic.serve, data=tmp_path / "new", port=port, no_browser=True)
    assert said == f"port {port} is in use: choose another with --port"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UNWOUND_IDLE_LOCK_MINUTES", "soon"),
        ("UNWOUND_IDLE_LOCK_MINUTES", "0"),
        ("UNWOUND_DATABASE_URL", "my-secret-password@host"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_a_line_without_a_password(
    name: str, value: str, tmp_path: Path
) -> None:
    unwound = [str(Path(sys.executable).parent / "unwound"), "serve", "--no-browser", "--data", str(tmp_path)]
    told = {**os.environ, "DJANGO_SETTINGS_MODULE": "unwound_clinic.settings", name: value}
    done = subprocess.run([*unwound, "--port", "18931"], env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"unwound: {name}: ")
    assert len(done.stderr.splitlines()) == 1
    assert "my-secret-password" not in done.stderr


def test_a_recording_that_cannot_be_played_is_named(tmp_path: Path) -> None:
    file = tmp_path / "recording.csv"
    file.write_bytes(b"time,SpO2\n\xc3\x28")
    with pytest.raises(UnwoundError, match=r"recording\.csv: not text in UTF-8"):
        list(simulator.recorded(file, start=None))  # type: ignore[arg-type]
