"""A PostgreSQL of our own for the length of a test run: made in a folder that goes away, reached by a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORGETFUL = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
"""No test cuts the power: what is committed outlives every process that a test ends, without waiting for a disk."""


def binaries() -> Path | None:
    """Where the newest installed PostgreSQL keeps its programs; None without one."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """The address of an empty database, «postgresql://...»; it ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="unwound-pg-"))
    as_user = _other_user(folder)
    data = folder / "data"
    settings = f"-k {folder} -c listen_addresses='' -c max_connections=60 {FORGETFUL}"
    _run([programs / "initdb", "-D", data, "-U", "unwound", "-A", "trust", "-E", "UTF8", "--no-sync"], as_user)
    _run([programs / "pg_ctl", "-D", data, "-o", settings, "-l", folder / "log", "-w", "start"], as_user)
    try:
        yield f"postgresql://unwound@/postgres?host={folder}"
    finally:
        _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], as_user)
        shutil.rmtree(folder, ignore_errors=True)


def _other_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: it then runs as the user its package made."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str | Path], as_user: list[str]) -> None:
    subprocess.run([*as_user, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")
