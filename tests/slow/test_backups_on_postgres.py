"""A clinic on PostgreSQL is backed up while others write, and comes back into an empty database, whole or not."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest
from devices import Clinic, make_clinic
from postgres import binaries, postgres

pytestmark = pytest.mark.slow
TABLES = ("patient", "entry", "sessionevent", "membership", "auditevent")


def test_it_comes_back_from_one_moment(tmp_path: Path) -> None:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres(programs) as address:
        clinic = make_clinic(tmp_path / "clinic", 1, address)
        for name in ("second", "third"):
            with psycopg.connect(address, autocommit=True) as opened:
                opened.execute(f"CREATE DATABASE {name}")
        second, third = (
            Clinic(tmp_path / name, address.replace("/postgres?", f"/{name}?")) for name in ("second", "third")
        )
        key, into = clinic.run("backup-key", str(tmp_path / "key")).strip(), tmp_path / "backups"
        ends = threading.Event()
        writer = threading.Thread(target=_write, args=(clinic, ends))
        writer.start()
        said = clinic.run("backup", "--data", str(clinic.data), "--to", str(into), "--key", key)
        ends.set()
        writer.join()
        assert "events of the log" in said
        (file,) = into.iterdir()
        options = ("--identity", str(tmp_path / "key"))
        assert "the chain is intact" in second.run("restore", str(file), *options, "--data", str(second.data))
        for table in TABLES:
            assert second.count(table) == clinic.count(table)
        assert "all that is stored is whole" in second.run("verify", "--data", str(second.data))
        assert "is not empty" in second.run("restore", str(file), *options, "--data", str(third.data))
        file.write_bytes(file.read_bytes()[:-1])
        assert "nothing was restored" in third.run("restore", str(file), *options, "--data", str(third.data))
        assert third.ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == [(0,)]
        assert not third.data.exists()


def _write(clinic: Clinic, ends: threading.Event) -> None:
    with psycopg.connect(clinic.address, autocommit=True) as opened:
        number = 0
        while not ends.is_set():
            number += 1
            opened.execute(
                "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, '', now())",
                [f"k{number}"],
            )
