"""Small clinics live on Windows and macOS: nothing that only Linux has, as far as that can be shown without them."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/clinic"))
import devices  # noqa: E402  (the folder of the clinic's helpers comes first)

AS_ON_WINDOWS = Path(__file__).parent / "windows"
WINGS = ("unwound", "unwound_clinic")
UNIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios"}
UNIX_OF_OS = {
    "O_DIRECTORY",
    "O_NOFOLLOW",
    "chown",
    "fchmod",
    "fchown",
    "fork",
    "geteuid",
    "getpgid",
    "getuid",
    "killpg",
}
UNIX_OF_OS |= {"mkfifo", "nice", "pread", "pwrite", "setsid", "statvfs", "uname", "wait3", "add_signal_handler"}
ASKED_FIRST = {
    ("unwound_clinic/commands/clinic.py", "resource"),  # where there is none, nothing is set
    ("unwound_clinic/core/machine.py", "O_DIRECTORY"),  # where there is none, nothing is done
    ("unwound/plots/months.py", "%-d %b %Y"),  # a form of the charts' own, which is the same everywhere
    ("unwound/plots/scores.py", "%-d %b %Y"),
}
RESERVED = set('<>:"|?*\\')
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


def only_unix(source: str) -> Iterator[str]:
    """What a file asks for that Windows has not."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name in UNIX_MODULES)
            case ast.ImportFrom(module=str(module)) if module in UNIX_MODULES:
                yield module
            case ast.Attribute(attr=attribute) if attribute in UNIX_OF_OS:
                yield attribute
            case ast.keyword(arg="text" | "universal_newlines", value=ast.Constant(value=True)):
                yield "text without an encoding"  # of another process: Windows reads it in a code page
            case ast.Constant(value=str(text)) if "%-" in text and text.strip().startswith("%"):
                yield text


@pytest.mark.parametrize("source", ["import fcntl", "import os\nos.pwrite(1, b'', 0)", "f'{day:%-d %B}'"])
def test_what_only_unix_has_is_seen(source: str) -> None:
    assert len(list(only_unix(source))) == 1


def test_nothing_of_ours_needs_what_only_unix_has() -> None:
    needed = {
        (file.relative_to(ROOT).as_posix(), what)
        for wing in WINGS
        for file in (ROOT / wing).rglob("*.py")
        for what in only_unix(file.read_text(encoding="utf-8"))
    }
    assert needed == ASKED_FIRST


def test_every_file_has_a_name_that_every_system_takes() -> None:
    """No reserved sign or name, and no two that differ only in their capitals."""
    files = [
        path.relative_to(ROOT) for wing in WINGS for path in (ROOT / wing).rglob("*") if "__pycache__" not in str(path)
    ]
    folded = [path.as_posix().casefold() for path in files]
    assert [str(path) for path in files if RESERVED & set(path.as_posix())] == []
    assert [str(path) for path in files if path.stem.casefold() in DEVICES or path.name.endswith((".", " "))] == []
    assert len(set(folded)) == len(folded)
    assert max(map(len, folded)) <= 120, "Windows takes 260 signs, its own folders among them"


def test_the_database_lies_in_the_data_folder_whatever_it_is_called(tmp_path: Path) -> None:
    odd = tmp_path / "clinic #1 100%20 a+b (ä) & co; new"
    code = "from django.conf import settings; print(settings.DATABASES['default']['NAME'])"
    environment = devices.environment(odd) | {"DJANGO_SETTINGS_MODULE": "unwound_clinic.settings", "PYTHONUTF8": "1"}
    odd.mkdir()
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment, check=True
    )
    assert Path(run.stdout.strip()) == odd / "clinic.sqlite3"


@pytest.mark.thorough
def test_a_clinic_serves_listens_and_is_brought_back_without_what_windows_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command is a process without the modules, calls and open folders of Unix, in a folder with odd signs."""
    monkeypatch.setenv("PYTHONPATH", str(AS_ON_WINDOWS))
    monkeypatch.setenv("PYTHONWARNDEFAULTENCODING", "1")
    made = devices.make_clinic(tmp_path / "clinic #1 100% (new)", 1)
    assert python(made, "import os, unwound; print(hasattr(os, 'pwrite'))") == "False"
    serve, address = devices.web(made)
    stop = serve()
    try:
        second = made.run("serve", "--no-browser", "--port", str(devices.free_port()), "--data", str(made.data))
        assert "another server works on this folder (process " in second
        with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:
            assert answer.status == 200
        with devices.listener(made.data) as listening:
            assert devices.code(devices.Line(listening.port).send(devices.oru(1))) == "AA"
            listening.popen.send_signal(signal.SIGINT)
            assert listening.popen.wait(60) == 0
        assert made.accepted()["C1"] == 1
        drill = made.run("backup-drill", "--data", str(made.data))
    finally:
        stop()
    assert "auditevent" in drill
    assert "Traceback" not in drill
    assert "all that is stored is whole" in made.run("verify", "--data", str(made.data))


def python(made: devices.Clinic, code: str) -> str:
    """What a line of Python prints in a process like those."""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=devices.environment(made.data), check=True
    )
    return run.stdout.strip()
