"""PostgreSQL's own programs, `pg_dump` and `pg_restore`, on the database of the settings; no password in sight."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from django.db import connection

from unwound.record import UnwoundError


def dump(target: Path, snapshot: str = "") -> None:
    """The database into a file, as it is at one moment (or in an exported snapshot); whole, or not there."""
    temporary = target.with_name(target.name + ".part")
    try:
        with temporary.open("wb") as stream:
            options = ["--format=custom", "--no-owner", "--no-acl", *([f"--snapshot={snapshot}"] if snapshot else [])]
            _run("pg_dump", [*options, _name()], stdout=stream)
            os.fsync(stream.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def load(source: Path) -> None:
    """A dump into the empty database of the settings, all or nothing."""
    options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-acl", f"--dbname={_name()}"]
    _run("pg_restore", [*options, str(source)])


def is_empty() -> bool:
    """Whether the database holds no table of ours or of others."""
    return not connection.introspection.table_names()


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _run(program: str, arguments: Sequence[str], stdout: object = None) -> None:
    place = _newest(program)
    if place is None:
        raise UnwoundError(f"{program} is not installed; on Debian: apt-get install postgresql-client")
    done = subprocess.run(
        [place, *arguments],
        env=_environment(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,  # type: ignore[call-overload]
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise UnwoundError(f"{program}: {lines[0][:200] if lines else 'it failed without a word'}")


def _newest(program: str) -> str | None:
    """The newest that is installed: an older one refuses a newer server."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: float(path.parts[-3]))
    return str(versions[-1]) if versions else shutil.which(program)


def _environment() -> dict[str, str]:
    """How to reach the database, as libpq reads it: an argument would be seen by every user of the machine."""
    settings = connection.settings_dict
    named = {"PGHOST": settings["HOST"] or settings.get("OPTIONS", {}).get("host"), "PGPORT": settings["PORT"]}
    named |= {"PGUSER": settings["USER"], "PGPASSWORD": settings["PASSWORD"]}
    named |= {
        f"PG{name.upper()}": value
        for name, value in settings.get("OPTIONS", {}).items()
        if name in ("sslmode", "sslrootcert", "sslcert", "sslkey")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {name: str(value) for name, value in named.items() if value}
