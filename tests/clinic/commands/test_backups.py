"""A clinic that was backed up while it ran comes back equal, with its chain whole."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from devices import Clinic, make_clinic

pytestmark = pytest.mark.own_clinic


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return make_clinic(tmp_path_factory.mktemp("clinic"), 1)


@pytest.fixture(scope="module")
def key(clinic: Clinic, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The public key, and the file of the secret one."""
    file = tmp_path_factory.mktemp("key") / "identity"
    return clinic.run("backup-key", str(file)).strip(), file


@pytest.fixture(scope="module")
def sealed(clinic: Clinic, key: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One backup."""
    into = tmp_path_factory.mktemp("backups")
    said = clinic.run("backup", "--data", str(clinic.data), "--to", str(into), "--key", key[0])
    assert "events of the log" in said
    (file,) = into.iterdir()
    return file


def content(database: Path) -> Iterator[str]:
    with closing(sqlite3.connect(database)) as opened:
        yield from opened.iterdump()


def restored(clinic: Clinic, file: Path, identity: Path, data: Path) -> str:
    return clinic.run("restore", str(file), "--identity", str(identity), "--data", str(data))


def test_what_comes_back_is_equal_and_its_chain_is_whole(
    clinic: Clinic, key: tuple[str, Path], sealed: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    assert "the chain is intact" in restored(clinic, sealed, key[1], there)
    assert list(content(there / "clinic.sqlite3")) == list(content(clinic.data / "clinic.sqlite3"))
    assert (there / "audit.key").read_text() == (clinic.data / "audit.key").read_text()
    assert "all that is stored is whole" in clinic.run("verify", "--data", str(there))
    assert "is not empty" in restored(clinic, sealed, key[1], there)
    assert [path.name for path in tmp_path.iterdir()] == ["there"], "nothing is left over"
    assert (there.stat().st_mode & 0o77, (there / "clinic.sqlite3").stat().st_mode & 0o77) == (0, 0)


@pytest.mark.slow
def test_a_backup_is_verified_without_being_restored(clinic: Clinic, key: tuple[str, Path], sealed: Path) -> None:
    said = clinic.run("verify", "--backup", str(sealed), "--identity", str(key[1]))
    assert "all that is stored is whole" in said


@pytest.mark.slow
def test_damage_is_found_where_the_chain_alone_would_hold(
    clinic: Clinic, key: tuple[str, Path], sealed: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    restored(clinic, sealed, key[1], there)
    database = there / "clinic.sqlite3"
    page = 4096
    with database.open("r+b") as stream:
        stream.seek(os.path.getsize(database) // page // 2 * page)
        stream.write(os.urandom(page * 8))
    said = clinic.run("verify", "--data", str(there))
    assert "database:" in said
    assert "whole" not in said
    assert "damaged" in clinic.run("backup", "--data", str(there), "--to", str(tmp_path / "b"), "--key", key[0])


@pytest.mark.slow
def test_a_drill_prints_how_much_is_lost_and_how_long_it_takes(clinic: Clinic) -> None:
    said = clinic.run("backup-drill", "--data", str(clinic.data), "--every", "6")
    assert "RPO: at most 6 h" in said
    assert "RTO: " in said
