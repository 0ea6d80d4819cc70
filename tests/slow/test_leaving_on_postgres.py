"""A clinic leaves as an archive and arrives on the other database, every row equal and its chain whole, and back."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from leaving_clinic import made, run, tables
from postgres import binaries, postgres

pytestmark = pytest.mark.slow
EVENTS = ("unwound_clinic_auditevent", "unwound_clinic_audithead")
"""What an export and an import add to: they are logged."""
OF_THEIR_OWN = (*EVENTS, "django_migrations")


@pytest.mark.parametrize("patients", [6, 1000])
def test_to_the_other_database_and_back_every_row_is_equal(tmp_path: Path, patients: int) -> None:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    clinic, there, back = (tmp_path / name for name in ("clinic", "there", "back"))
    files = [tmp_path / f"{number}.tar" for number in range(3)]
    made(clinic, what=str(patients))
    with postgres(programs) as address:
        run("export-clinic", "--data", str(clinic), "--to", str(files[0]), data=clinic)
        said = run("import-clinic", str(files[0]), "--data", str(there), data=there, address=address)
        assert "every one equal" in said, said
        assert "the chain is intact" in said
        assert "all that is stored is whole" in run("verify", "--data", str(there), data=there, address=address)
        run("export-clinic", "--data", str(there), "--to", str(files[1]), data=there, address=address)
        assert "is not empty" in run(
            "import-clinic", str(files[0]), "--data", str(tmp_path / "no"), data=tmp_path / "no", address=address
        )
        made(there, address, "more")  # a new row gets a number of its own
        assert "all that is stored is whole" in run("verify", "--data", str(there), data=there, address=address)
        assert "every one equal" in run("import-clinic", str(files[1]), "--data", str(back), data=back)
        run("export-clinic", "--data", str(back), "--to", str(files[2]), data=back)
        first, second, third = map(tables, files)
    for name in ("entry", "letter", "vitalreading", "message", "consent", "plan"):
        assert first[f"unwound_clinic_{name}"], name
    for name, rows in first.items():
        if name not in OF_THEIR_OWN:
            assert second[name] == rows, name
            assert third[name] == rows, name
    log = first[EVENTS[0]]
    assert second[EVENTS[0]][: len(log)] == third[EVENTS[0]][: len(log)] == log
    added = [event["action"] for event in third[EVENTS[0]][len(log) :]]
    assert added == ["clinic.import", "clinic.export", "clinic.import", "clinic.export"]
    assert "all that is stored is whole" in run("verify", "--data", str(back), data=back)


def test_what_postgres_cannot_keep_is_named_and_nothing_stays(tmp_path: Path) -> None:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    clinic, there, file = tmp_path / "clinic", tmp_path / "there", tmp_path / "clinic.tar"
    made(clinic, what="1")
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(clinic / "clinic.sqlite3")) as opened:
        opened.execute('UPDATE unwound_clinic_draft SET fields = \'{"a": "zero \\u0000 byte"}\'')
        opened.commit()
    run("export-clinic", "--data", str(clinic), "--to", str(file), data=clinic)
    with postgres(programs) as address:
        said = run("import-clinic", str(file), "--data", str(there), data=there, address=address)
        assert "unwound_clinic_draft 1: a text holds a zero byte" in said, said
        assert not there.exists()
        with psycopg.connect(address) as opened_there:
            query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
            assert opened_there.execute(query).fetchall() == [(0,)]
