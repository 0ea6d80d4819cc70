"""The commands that bring a clinic away and back: backup-key, backup, restore, verify, backup-drill."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import click

from unwound.record import UnwoundError
from unwound_clinic.commands.clinic import folder, set_up

IDENTITY = click.option(
    "--identity",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    help="The file of the secret key, kept away from the clinic.",
)


@click.command("backup-key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_key(file: Path) -> None:
    """Make a key for backups: the secret one goes into FILE, the public one is printed."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise UnwoundError(f"{file}: is there already; a key is never written over") from None
    except OSError as reason:
        raise UnwoundError(f"{file}: {(reason.strerror or 'cannot be written').lower()}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(f"# public key: {public}\n{identity}\n")
    click.echo(public)


@click.command()
@folder()
@click.option("--to", "into", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder.")
@click.option("--key", "keys", multiple=True, help="A public key (age1... or ssh-...); also in backup-keys.txt.")
@click.option("--keep", type=click.IntRange(min=1), help="Remove all but so many of the newest backups there.")
def backup(data: Path, into: Path, keys: tuple[str, ...], keep: int | None) -> None:
    """Back the clinic up into one encrypted file, while it runs."""
    set_up(data, look=True)
    from unwound_clinic.operations import backup as making

    began = time.monotonic()
    try:
        file, head = making.make(into, keys)
    except OSError as reason:
        raise UnwoundError(f"no backup was made: {(reason.strerror or str(reason)).lower()}") from None
    took, size = time.monotonic() - began, file.stat().st_size / 1e6
    click.echo(f"{file}: {head.number} events of the log, {size:.1f} MB, in {took:.1f} s")
    if keep and (removed := making.forget_older(into, keep)):
        click.echo(f"{removed} older removed, {keep} kept")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@IDENTITY
@folder("restored-data")
def restore(file: Path, identity: Path, data: Path) -> None:
    """Restore a backup into a new folder (and an empty database, where it is PostgreSQL's); whole, or nothing."""
    from unwound_clinic.operations import archive
    from unwound_clinic.operations import restore as restoring

    restoring.free_place(data)
    with restoring.unpacked(file, identity, data.absolute().parent) as (content, manifest):
        _of_this_database(manifest.database)
        _set_up_on(content)
        from unwound_clinic.follow_up import links
        from unwound_clinic.operations import folder as clinic_folder

        if manifest.database == "postgresql":
            restoring.load_postgres(content, archive.DUMP)
        clinic_folder.refuse_newer()
        faults = restoring.check(manifest)
        if faults:
            if manifest.database == "postgresql":
                clinic_folder.empty_database()
            raise UnwoundError(f"{file}: {faults[0]}; nothing was restored")
        dead = links.dead()
        _close()
        restoring.put_in_place(content, data)
    if dead:
        click.echo(
            f"The links of {dead} follow-ups no longer work. Call these patients, end the follow-up and ask for their "
            "agreement again.",
            err=True,
        )
    click.echo(
        f"{data}: restored as it was on {manifest.made_at[:19].replace('T', ' ')} UTC; {manifest.number} events, "
        "the chain is intact. Everybody logs in again."
    )


@click.command()
@folder()
@click.option(
    "--backup", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="A backup instead."
)
@click.option("--identity", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Its secret key.")
def verify(data: Path, file: Path | None, identity: Path | None) -> int:
    """Verify that all that is stored is whole, of a clinic or of a backup: exit code 1 when it is not."""
    if file is not None:
        if identity is None:
            raise UnwoundError("a backup is opened with its secret key: --identity")
        return _verify_backup(file, identity)
    set_up(data, look=True)
    from unwound_clinic.core import audit, heads
    from unwound_clinic.operations import integrity

    answer = integrity.verify(heads.kept())
    if answer.uncovered:
        click.echo(answer.uncovered)
    return _told(list(answer.faults), lambda: audit.head().number)


@click.command("backup-drill")
@folder()
@click.option(
    "--every", "hours", type=click.FloatRange(min=0.1), default=24.0, show_default=True, help="Hours between."
)
@click.option(
    "--database-url", default="", help="An empty database to restore into, where the clinic is on PostgreSQL."
)
def backup_drill(data: Path, hours: float, database_url: str) -> None:
    """Practise: back up with a key made for it, restore beside, verify, compare; prints RPO and RTO."""
    unwound = str(Path(sys.executable).parent / "unwound")
    with tempfile.TemporaryDirectory(prefix="unwound-drill-") as work:
        place = Path(work)
        key = _run(unwound, "backup-key", str(place / "key")).strip()
        began = time.monotonic()
        _run(unwound, "backup", "--data", str(data), "--to", str(place), "--key", key)
        made = time.monotonic()
        (file,) = place.glob("*.age")
        more = {"UNWOUND_DATABASE_URL": database_url} if database_url else {}
        restored = str(place / "restored")
        click.echo(
            _run(unwound, "restore", str(file), "--identity", str(place / "key"), "--data", restored, **more).strip()
        )
        back = time.monotonic()
        if not database_url:
            _compare(data / "clinic.sqlite3", place / "restored" / "clinic.sqlite3")
        click.echo(
            f"RPO: at most {hours:g} h and {made - began:.1f} s of entries are lost (a backup every {hours:g} h, which "
            f"takes {made - began:.1f} s)\nRTO: {back - made:.1f} s from the file and its key to a verified clinic "
            f"({file.stat().st_size / 1e6:.1f} MB); then `unwound serve` on it"
        )


def _verify_backup(file: Path, identity: Path) -> int:
    from unwound_clinic.operations import restore as restoring

    with (
        tempfile.TemporaryDirectory(prefix="unwound-verify-") as work,
        restoring.unpacked(file, identity, Path(work)) as (content, manifest),
    ):
        if manifest.database == "postgresql":
            click.echo(
                f"whole as a file: {manifest.number} events; restore it into an empty database to verify the chain"
            )
            return 0
        os.environ.pop("UNWOUND_DATABASE_URL", None)
        _set_up_on(content)
        code = _told(restoring.check(manifest), lambda: manifest.number)
        _close()
        return code


def _told(faults: list[str], number: object) -> int:
    for line in faults:
        click.echo(line)
    if not faults:
        click.echo(f"all that is stored is whole; the audit chain is intact: {number()} events")  # type: ignore[operator]
    return 1 if faults else 0


def _of_this_database(kind: str) -> None:
    has = "postgresql" if os.environ.get("UNWOUND_DATABASE_URL", "").startswith("postgres") else "sqlite"
    if has != kind:
        need = (
            "set UNWOUND_DATABASE_URL to a new, empty database"
            if kind == "postgresql"
            else "unset UNWOUND_DATABASE_URL"
        )
        raise UnwoundError(f"this is a backup of a clinic on {kind}: {need}; nothing was restored")


def _set_up_on(content: Path) -> None:
    """Django on the unpacked folder, which nobody else knows of."""
    set_up(content, look=True)


def _close() -> None:
    from django.db import connections

    connections.close_all()


def _run(*command: str, **more: str) -> str:
    environment = {**os.environ, **more, "PYTHONUTF8": "1"}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    if done.returncode:
        raise UnwoundError(f"the drill failed: {(done.stderr or done.stdout).strip()[:500]}")
    return done.stdout


def _compare(live: Path, restored: Path) -> None:
    """UnwoundError where a table that only grows holds less than was there; people may work meanwhile."""
    with (
        closing(sqlite3.connect(f"{live.absolute().as_uri()}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(restored)) as other,
    ):
        for table in ("patient", "entry", "decision", "plan", "sessionevent", "vitalreading", "auditevent"):
            counts = [
                base.execute(f"SELECT count(*) FROM unwound_clinic_{table}").fetchone()[0] for base in (other, original)
            ]
            click.echo(f"  {table}: {counts[0]} restored, {counts[1]} now")
            if counts[0] > counts[1]:
                raise UnwoundError(f"{table}: more restored than there is")
