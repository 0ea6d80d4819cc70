"""The tables of a clinic that grew by every migration are those that its models describe."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection


def test_no_change_of_a_model_is_without_its_migration(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", "unwound_clinic", check_changes=True, dry_run=True, verbosity=1)
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.thorough
@pytest.mark.own_clinic
@pytest.mark.skipif(connection.vendor != "sqlite", reason="compares what SQLite says of its tables")
def test_the_migrations_make_the_tables_of_the_models(db: None, tmp_path: Path) -> None:
    environment = {**os.environ, "UNWOUND_DATA": str(tmp_path)}
    environment.pop("UNWOUND_DATABASE_URL", None)
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True)
    (file,) = tmp_path.glob("*.sqlite3")
    with closing(sqlite3.connect(file)) as grown:
        assert tables(grown) == tables(connection.connection)


def tables(database: sqlite3.Connection) -> dict[str, tuple[set[object], set[object], set[object]]]:
    """Of each table its columns (name, type, whether required, key), its indexes by columns, its foreign keys."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    described = {}
    for name in names:
        columns = {row[1:4] + row[5:] for row in database.execute(f'PRAGMA table_info("{name}")')}
        indexes = set()
        for _, index, unique, _, partial in database.execute(f'PRAGMA index_list("{name}")').fetchall():
            of = tuple(row[2] for row in database.execute(f'PRAGMA index_info("{index}")'))
            indexes.add((of, unique, partial))
        keys = {row[2:5] for row in database.execute(f'PRAGMA foreign_key_list("{name}")')}
        described[name] = (columns, indexes, keys)
    return described
