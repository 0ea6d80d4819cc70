"""A backup back into a folder of its own: all of it and whole, or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unwound.record import UnwoundError
from unwound_clinic.core import machine
from unwound_clinic.operations import archive
from unwound_clinic.operations.archive import Manifest


@contextmanager
def unpacked(file: Path, identity: Path, beside: Path) -> Iterator[tuple[Path, Manifest]]:
    """The files of a backup in a folder beside another, and its manifest; the folder goes away unless it was moved."""
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=beside) as work:
        content = Path(work) / "content"
        content.mkdir(mode=0o700)
        yield content, archive.unseal(file, archive.identities(identity), content)


def free_place(data: Path) -> None:
    """UnwoundError where something is: nothing is ever restored over a clinic."""
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise UnwoundError(f"{data}: is not empty; restore into a new folder, then look at it, then use it")
    data.absolute().parent.mkdir(parents=True, exist_ok=True)


def put_in_place(content: Path, data: Path) -> None:
    """The folder under its name, in one step."""
    if data.exists():
        data.rmdir()
    content.replace(data)
    machine.to_disk(data.absolute().parent)


def load_postgres(content: Path, dump: str) -> None:
    """The dump into the database of the settings, which must be empty; then the dump is removed from the folder."""
    from unwound_clinic.operations import postgres

    if not postgres.is_empty():
        raise UnwoundError("the database that UNWOUND_DATABASE_URL names is not empty: name a new, empty one")
    postgres.load(content / dump)
    (content / dump).unlink()


def check(manifest: Manifest) -> list[str]:
    """Faults of what is in the database now, compared with the manifest as well."""
    from unwound_clinic.core import audit
    from unwound_clinic.core.audit import Head
    from unwound_clinic.operations import integrity

    faults = integrity.faults([Head(manifest.number, manifest.digest)])
    if not faults and audit.head() != Head(manifest.number, manifest.digest):
        faults = [f"the log has {audit.head().number} events, and {manifest.number} were backed up"]
    return faults
