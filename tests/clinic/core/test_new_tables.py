"""The tables of a new clinic are those of one that grew by every migration."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from devices import environment
from django.core.management import call_command

BEGIN = (
    "import os, signal, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'unwound_clinic.settings'; django.setup();"
    "from unwound_clinic.operations import tables;"
)
MAKE = f"{BEGIN} tables.bring_up_to_date()"
KILLED = f"{BEGIN} tables.count_as_made = lambda: os.kill(os.getpid(), signal.SIGKILL); tables.bring_up_to_date()"


def test_no_change_of_a_model_is_without_its_migration(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", "unwound_clinic", check_changes=True, dry_run=True, verbosity=1)
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.thorough
@pytest.mark.own_clinic
def test_a_new_clinic_has_the_tables_and_rows_that_every_migration_in_turn_makes(tmp_path: Path) -> None:
    described = []
    for name, command in (("grown", ["manage.py", "migrate", "-v0"]), ("new", ["-c", MAKE])):
        folder = tmp_path / name
        folder.mkdir()
        subprocess.run([sys.executable, *command], env=environment(folder), check=True)
        (file,) = folder.glob("*.sqlite3")
        with closing(sqlite3.connect(file)) as database:
            described.append(
                (tables(database), rows(database, "django_migrations"), rows(database, "django_content_type"))
            )
    grown, new = described
    assert new == grown
    assert len(new[0]) > 50


@pytest.mark.thorough
@pytest.mark.own_clinic
def test_killed_before_the_last_of_them_it_has_none_and_makes_them_the_next_time(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment(tmp_path), check=False)
    assert killed.returncode == -signal.SIGKILL
    (file,) = tmp_path.glob("*.sqlite3")
    with closing(sqlite3.connect(file)) as database:
        assert not tables(database)
    subprocess.run([sys.executable, "-c", MAKE], env=environment(tmp_path), check=True)
    with closing(sqlite3.connect(file)) as database:
        assert len(tables(database)) > 50


def tables(database: sqlite3.Connection) -> dict[str, tuple[set[object], ...]]:
    """Of each table its columns (name, type, whether required, key), its indexes and its foreign keys."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    described: dict[str, tuple[set[object], ...]] = {}
    for name in names:
        columns = {row[1:4] + row[5:] for row in database.execute(f'PRAGMA table_info("{name}")')}
        indexes: set[object] = set()
        for _, index, unique, _, partial in database.execute(f'PRAGMA index_list("{name}")').fetchall():
            of = tuple(row[2] for row in database.execute(f'PRAGMA index_info("{index}")'))
            indexes.add((of, unique, partial))
        keys: set[object] = {row[2:5] for row in database.execute(f'PRAGMA foreign_key_list("{name}")')}
        described[name] = (columns, indexes, keys)
    return described


def rows(database: sqlite3.Connection, name: str) -> set[tuple[object, ...]]:
    """The first two words of each row: its number and its day are those of the moment."""
    return {row[1:3] for row in database.execute(f'SELECT * FROM "{name}"')}
