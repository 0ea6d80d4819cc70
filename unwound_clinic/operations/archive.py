"""A backup as a file: a tar with a manifest of what is in it, encrypted to public keys (age).

Whoever makes it needs no secret; whoever reads it needs the identity, which is kept away from the clinic. age notices
every altered or missing byte; the manifest names each file with its digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyrage

from unwound.record import UnwoundError
from unwound_clinic.core import machine

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE, DUMP = "clinic.sqlite3", "database.pgdump"
PIECE = 1_000_000
AGE = b"age-encryption.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds: when it was, of which database, the last change of its tables, and the head of its log."""

    made_at: str
    version: str
    database: str
    migration: str
    number: int
    digest: str
    files: Mapping[str, str]
    """Name -> SHA-256."""


def recipients(keys: Sequence[str]) -> list[Any]:
    """Public keys to encrypt to. UnwoundError for none, and for what is no public key."""
    read = []
    for key in keys:
        try:
            kind = pyrage.ssh if key.startswith("ssh-") else pyrage.x25519
            read.append(kind.Recipient.from_str(key))
        except (pyrage.RecipientError, ValueError):
            raise UnwoundError(f"«{key[:20]}…» is not a public key: it begins with age1 or ssh-") from None
    if not read:
        raise UnwoundError(
            "no public key to encrypt to: make one with `unwound backup-key`; name it with --key or in backup-keys.txt"
        )
    return read


def identities(file: Path) -> list[Any]:
    """The secret keys of a file, as `unwound backup-key` or age-keygen writes it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UnwoundError(f"{file}: cannot be read as a file of secret keys") from None
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        if text.startswith("-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        read = [pyrage.x25519.Identity.from_str(line) for line in lines]
    except (pyrage.IdentityError, ValueError):
        read = []
    if not read:
        raise UnwoundError(f"{file}: holds no secret key of age (a line that begins with AGE-SECRET-KEY-)")
    return read


def seal(folder: Path, manifest: Mapping[str, Any], target: Path, keys: Sequence[Any] | None) -> None:
    """All files of the folder into one file, encrypted unless `keys` is None; whole under its name, or not there."""
    named = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    full_manifest = {**manifest, "format": FORMAT, "files": {name: sha256(path) for name, path in named.items()}}
    tar, part = folder.parent / "backup.tar", target.with_name(target.name + ".part")
    try:
        (folder.parent / MANIFEST).write_text(json.dumps(full_manifest, indent=1), encoding="utf-8")
        with tarfile.open(tar, "w") as stream:
            stream.add(folder.parent / MANIFEST, MANIFEST)
            for name, path in named.items():
                stream.add(path, name)
        if keys is None:
            shutil.copyfile(tar, part)
        else:
            pyrage.encrypt_file(str(tar), str(part), keys)
        with part.open("r+b") as stream:
            os.fsync(stream.fileno())
        part.replace(target)
        machine.to_disk(target.parent)
    finally:
        part.unlink(missing_ok=True)


def unseal(file: Path, keys: Sequence[Any], folder: Path) -> Manifest:
    """The files of a backup into an empty folder. UnwoundError for one that is torn, altered, or for another key."""
    try:
        return Manifest(**unpack(file, keys, folder))
    except TypeError:
        raise UnwoundError(f"{file}: this is no backup of a clinic; nothing was restored") from None


def is_encrypted(file: Path) -> bool:
    """Whether a file is one of age."""
    with file.open("rb") as stream:
        return stream.read(len(AGE)) == AGE


def unpack(file: Path, keys: Sequence[Any] | None, folder: Path) -> dict[str, Any]:
    """The files of an archive into an empty folder, each compared with its digest, and what the manifest says.

    `keys` is None for one that is not encrypted. UnwoundError for one that is torn, altered, or for another key.
    """
    tar = folder.parent / "restore.tar"
    try:
        if keys is None:
            shutil.copyfile(file, tar)
        else:
            pyrage.decrypt_file(str(file), str(tar), keys)
    except pyrage.DecryptError as reason:
        why = "it is for another key" if "key" in str(reason).lower() else "it is torn, altered, or no backup"
        raise UnwoundError(f"{file}: {why}; nothing was restored") from None
    except OSError as reason:
        why = (reason.strerror or "it is torn or altered").lower()  # a part that does not decrypt has no number
        raise UnwoundError(f"{file}: {why}; nothing was restored") from None
    try:
        with tarfile.open(tar) as stream:
            manifest = _manifest(file, stream)
            for name, digest in manifest["files"].items():
                _extract(file, stream, name, folder)
                if sha256(folder / name) != digest:
                    raise UnwoundError(f"{file}: {name} is not what was backed up; nothing was restored")
    except (tarfile.TarError, KeyError, EOFError):
        raise UnwoundError(f"{file}: it is not whole; nothing was restored") from None
    finally:
        tar.unlink(missing_ok=True)
    return manifest


def sha256(path: Path) -> str:
    """Digest of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _manifest(file: Path, stream: tarfile.TarFile) -> dict[str, Any]:
    read = stream.extractfile(MANIFEST)
    try:
        table = json.loads(read.read()) if read else {}
        if table.pop("format") != FORMAT:
            raise UnwoundError(f"{file}: a newer Unwound made this backup; use that one to restore it")
        if not all(isinstance(digest, str) for digest in table["files"].values()):
            raise TypeError("a digest is a text")
        return dict(table)
    except (AttributeError, ValueError, TypeError, KeyError):
        raise UnwoundError(f"{file}: this is no backup of a clinic; nothing was restored") from None


def _extract(file: Path, stream: tarfile.TarFile, name: str, folder: Path) -> None:
    """One file, written by us: a name never leads out of the folder."""
    path, content = PurePosixPath(name), stream.extractfile(name)
    if path.is_absolute() or ".." in path.parts or content is None:
        raise UnwoundError(f"{file}: «{name}» is no file of a clinic; nothing was restored")
    target = folder / path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with target.open("xb") as out:
        while piece := content.read(PIECE):
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
