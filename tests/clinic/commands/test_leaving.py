"""A clinic leaves as an archive and arrives whole in an empty folder, or not at all; both databases: `tests/slow`."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from leaving_clinic import made, manifest, run, tables

pytestmark = pytest.mark.own_clinic


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("leaving") / "clinic"
    made(data)
    return data


@pytest.fixture(scope="module")
def archive(clinic: Path) -> Path:
    file = clinic.parent / "clinic.tar"
    said = run("export-clinic", "--data", str(clinic), "--to", str(file), data=clinic)
    assert "FHIR resources of 7 patients" in said
    assert "It is not encrypted" in said
    return file


@pytest.mark.thorough
def test_it_arrives_with_every_row_equal_its_files_and_its_chain(clinic: Path, archive: Path, tmp_path: Path) -> None:
    there, again = tmp_path / "there", tmp_path / "again.tar"
    said = run("import-clinic", str(archive), "--data", str(there), data=there)
    assert "every one equal" in said, said
    assert "the chain is intact" in said
    assert "all that is stored is whole" in run("verify", "--data", str(there), data=there)
    run("export-clinic", "--data", str(there), "--to", str(again), data=there)
    first, second = tables(archive), tables(again)
    assert [name for name in first if first[name] != second[name]] == [
        "unwound_clinic_auditevent",
        "unwound_clinic_audithead",
    ]
    log = first["unwound_clinic_auditevent"]
    assert log[-1]["action"] == "clinic.export", "it is logged before it leaves"
    added = [event["action"] for event in second["unwound_clinic_auditevent"][len(log) :]]
    assert added == ["clinic.import", "clinic.export"]
    assert (there / "media" / "scan.pdf").read_bytes() == (clinic / "media" / "scan.pdf").read_bytes()
    assert (there / "audit.key").read_text() == (clinic / "audit.key").read_text()
    assert (there.stat().st_mode & 0o77, (there / "clinic.sqlite3").stat().st_mode & 0o77) == (0, 0)
    assert "is not empty" in run("import-clinic", str(archive), "--data", str(there), data=there)


def test_no_running_session_leaves(archive: Path) -> None:
    told = manifest(archive)
    assert told["left_out"].keys() == {"django_session", "usersessions_usersession"}
    assert not told["left_out"].keys() & told["tables"].keys()


@pytest.mark.slow
def test_encrypted_it_opens_with_its_key_only(clinic: Path, tmp_path: Path) -> None:
    key = run("backup-key", str(tmp_path / "identity"), data=clinic).strip()
    file, there = tmp_path / "clinic.age", tmp_path / "there"
    run("export-clinic", "--data", str(clinic), "--to", str(file), "--key", key, data=clinic)
    assert b"Testcase" not in file.read_bytes()
    assert "--identity" in run("import-clinic", str(file), "--data", str(there), data=there)
    other = tmp_path / "other"
    run("backup-key", str(other), data=clinic)
    said = run("import-clinic", str(file), "--identity", str(other), "--data", str(there), data=there)
    assert "nothing was restored" in said
    assert not there.exists()
    said = run("import-clinic", str(file), "--identity", str(tmp_path / "identity"), "--data", str(there), data=there)
    assert "every one equal" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "old", "new", "says"),
    [
        ("tables/unwound_clinic_patient.ndjson", b"Testcase", b"Tastcese", "is not what was backed up"),
        ("manifest.json", b'"kind": "clinic"', b'"kind": "klinik"', "no archive of"),
    ],
)
def test_an_altered_archive_imports_nothing(
    archive: Path, tmp_path: Path, where: str, old: bytes, new: bytes, says: str
) -> None:
    assert len(old) == len(new)
    file, there = tmp_path / "altered.tar", tmp_path / "there"
    content = archive.read_bytes()
    with tarfile.open(archive) as stream:
        start = stream.getmember(where).offset_data
    at = content.index(old, start)
    file.write_bytes(content[:at] + new + content[at + len(old) :])
    assert says in run("import-clinic", str(file), "--data", str(there), data=there)
    assert [path.name for path in tmp_path.iterdir()] == ["altered.tar"], "nothing is left over"


def rewritten(archive: Path, file: Path, table: str, change: Any) -> None:
    """An archive whose manifest fits a table that was changed: what only reading it again finds."""
    with tarfile.open(archive) as old, tarfile.open(file, "w") as new:
        contents = {member.name: (old.extractfile(member) or io.BytesIO()).read() for member in old if member.isfile()}
        name = f"tables/{table}.ndjson"
        contents[name] = change(contents[name])
        told = json.loads(contents["manifest.json"])
        told["files"][name] = hashlib.sha256(contents[name]).hexdigest()
        contents["manifest.json"] = json.dumps(told).encode()
        for member, content in contents.items():
            info = tarfile.TarInfo(member)
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))


def _named_otherwise(text: bytes) -> bytes:
    return text.replace(b'"given_name":"', b'"given_name":"X', 1)


def _one_less(text: bytes) -> bytes:
    return b"".join(text.splitlines(keepends=True)[:-1])


def _other_column(text: bytes) -> bytes:
    return text.replace(b'"given_name"', b'"giben_name"', 1)


def _no_json(text: bytes) -> bytes:
    return b"{not json\n" + text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(_named_otherwise, "is not what was exported", id="value"),
        pytest.param(_one_less, "rows are there", id="row", marks=pytest.mark.slow),
        pytest.param(_other_column, "its columns are others", id="column", marks=pytest.mark.slow),
        pytest.param(_no_json, "a line is no row of it", id="no-json", marks=pytest.mark.slow),
    ],
)
def test_rows_that_are_others_than_the_manifest_says_import_nothing(
    archive: Path, tmp_path: Path, change: Any, says: str
) -> None:
    file, there = tmp_path / "changed.tar", tmp_path / "there"
    rewritten(archive, file, "unwound_clinic_patient", change)
    said = run("import-clinic", str(file), "--data", str(there), data=there)
    assert says in said
    assert "Traceback" not in said
    assert not there.exists()


def test_an_archive_is_never_written_over(clinic: Path, archive: Path) -> None:
    before = archive.read_bytes()
    assert "is there already" in run("export-clinic", "--data", str(clinic), "--to", str(archive), data=clinic)
    assert archive.read_bytes() == before
