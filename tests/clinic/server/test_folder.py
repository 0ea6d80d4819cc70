"""The folder of a clinic: one server, no older program, nobody else's eyes; and time limits of its database."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from unwound.record import UnwoundError
from unwound_clinic.operations import folder


@pytest.mark.django_db
def test_what_a_newer_unwound_wrote_is_refused_in_words() -> None:
    folder.refuse_newer()
    MigrationRecorder(connection).record_applied(folder.OURS, "9999_from_the_future")
    with pytest.raises(
        UnwoundError, match=r"written by a newer Unwound \(9999_from_the_future\); this one knows only up to"
    ):
        folder.bring_up_to_date(Path("unused"))


def test_a_second_server_is_refused_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_held", [])
    folder.lock(tmp_path)
    with pytest.raises(UnwoundError, match=r"another server works on this folder \(process \d+\)"):
        folder.lock(tmp_path)


def test_what_lay_open_is_for_the_owner_alone(tmp_path: Path) -> None:
    for name in ("clinic.sqlite3", "clinic.sqlite3-wal", "audit.key"):
        (tmp_path / name).touch(0o644)
        (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    folder.make_private(tmp_path)
    assert {place.stat().st_mode & 0o77 for place in (tmp_path, *tmp_path.iterdir())} == {0}
    (tmp_path / "new").touch()
    assert (tmp_path / "new").stat().st_mode & 0o77 == 0


@pytest.mark.django_db
def test_nobody_waits_long_for_a_database_that_others_hold() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone() == (settings.BUSY_S * 1000,)
            return
        told = {}
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SHOW {name}")
            (told[name],) = cursor.fetchone()
    expected = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "1min"}
    assert told == expected
    assert connection.settings_dict["CONN_HEALTH_CHECKS"] is True


@pytest.mark.django_db(transaction=True)
@pytest.mark.own_clinic
def test_a_copy_is_whole_and_nothing_half_is_left(tmp_path: Path) -> None:
    import sqlite3

    if connection.vendor != "sqlite":
        pytest.skip("of SQLite")
    folder.copy_sqlite(tmp_path / "copy.sqlite3")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.sqlite3"]
    opened = sqlite3.connect(tmp_path / "copy.sqlite3")
    assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert opened.execute("SELECT count(*) FROM django_migrations").fetchone()[0] > 0
    opened.close()
