"""A backup as a file: what is torn, altered or for somebody else opens nothing, and nothing half-written is left."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pyrage
import pytest

from unwound.record import UnwoundError
from unwound_clinic.commands import backups
from unwound_clinic.operations import archive, restore

TOLD = {"made_at": "2026-06-01T12:00:00", "version": "1", "database": "sqlite", "migration": "0001", "number": 7,
        "digest": "ab"}  # fmt: skip
LONG = 200_000
"""More than one piece of the encryption, 64 KiB."""


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    backups.backup_key.callback(tmp_path / "identity")  # type: ignore[misc]
    return tmp_path / "identity"


@pytest.fixture
def sealed(tmp_path: Path, identity: Path) -> Path:
    content = tmp_path / "work" / "content"
    (content / "media").mkdir(parents=True)
    (content / "clinic.sqlite3").write_bytes(bytes(LONG))
    (content / "media" / "letter.pdf").write_bytes(b"a letter")
    public = archive.identities(identity)[0].to_public()
    archive.seal(content, TOLD, tmp_path / "b.age", archive.recipients([str(public)]))
    return tmp_path / "b.age"


def opened(file: Path, identity: Path, place: Path) -> tuple[dict[str, int], archive.Manifest]:
    with restore.unpacked(file, identity, place) as (content, manifest):
        files = {path.relative_to(content).as_posix(): path.stat().st_size for path in content.rglob("*.*")}
        return files, manifest


def test_what_was_sealed_is_unsealed(sealed: Path, identity: Path, tmp_path: Path) -> None:
    files, manifest = opened(sealed, identity, tmp_path)
    assert files == {"clinic.sqlite3": LONG, "media/letter.pdf": 8}
    assert (manifest.number, manifest.digest) == (7, "ab")
    assert b"letter" not in sealed.read_bytes()
    assert sealed.stat().st_mode & 0o77 == 0
    assert not list(tmp_path.glob(".restore-*"))


@pytest.mark.parametrize("cut", [0, 1, 100, 70_000, 131_000, -1000, -1])
def test_a_torn_one_opens_nothing(cut: int, sealed: Path, identity: Path, tmp_path: Path) -> None:
    sealed.write_bytes(sealed.read_bytes()[:cut])
    with pytest.raises(UnwoundError, match=r"torn.*nothing was restored"):
        opened(sealed, identity, tmp_path)
    assert not list(tmp_path.glob(".restore-*"))


@pytest.mark.parametrize("place", [5, 60, 150, 300, 66_000, 150_000, -1])
def test_an_altered_one_opens_nothing(place: int, sealed: Path, identity: Path, tmp_path: Path) -> None:
    raw = bytearray(sealed.read_bytes())
    raw[place] ^= 1
    sealed.write_bytes(raw)
    with pytest.raises(UnwoundError, match="nothing was restored"):
        opened(sealed, identity, tmp_path)


def test_another_key_opens_nothing(sealed: Path, tmp_path: Path) -> None:
    backups.backup_key.callback(tmp_path / "other")  # type: ignore[misc]
    with pytest.raises(UnwoundError, match="it is for another key"):
        opened(sealed, tmp_path / "other", tmp_path)


@pytest.mark.parametrize(
    ("names", "manifest"),
    [
        (("../outside",), {**TOLD, "format": 1, "files": {"../outside": "x"}}),
        (("/outside",), {**TOLD, "format": 1, "files": {"/outside": "x"}}),
        (("a",), {**TOLD, "format": 1, "files": {"a": "another digest"}}),
        ((), {**TOLD, "format": 1, "files": {"missing": "x"}}),
        (("a",), {**TOLD, "format": 2, "files": {}}),
        (("a",), {"format": 1}),
        (("a",), {}),
    ],
)
def test_what_somebody_else_encrypted_to_the_public_key_is_refused(
    names: tuple[str, ...], manifest: dict[str, Any], identity: Path, tmp_path: Path
) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in [("manifest.json", json.dumps(manifest).encode()), *((name, b"x") for name in names)]:
            told = tarfile.TarInfo(name)
            told.size = len(content)
            tar.addfile(told, io.BytesIO(content))
    public = archive.identities(identity)[0].to_public()
    file = tmp_path / "forged.age"
    file.write_bytes(pyrage.encrypt(stream.getvalue(), [public]))
    with pytest.raises(UnwoundError):
        opened(file, identity, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forged.age", "identity"]
    assert not (tmp_path.parent / "outside").exists()


def test_a_full_disk_leaves_no_half_backup(tmp_path: Path, identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: str, _: object) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyrage, "encrypt_file", full)
    (tmp_path / "work" / "content").mkdir(parents=True)
    with pytest.raises(OSError, match="No space"):
        archive.seal(tmp_path / "work" / "content", TOLD, tmp_path / "b.age", [])
    assert not list(tmp_path.glob("b.age*"))
