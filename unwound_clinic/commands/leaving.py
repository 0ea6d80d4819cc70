"""The commands by which a clinic leaves or arrives: export-clinic, import-clinic, registry."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from unwound.record import UnwoundError
from unwound_clinic.commands.clinic import folder, set_up


@click.command("export-clinic")
@folder()
@click.option("--to", "target", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A new file.")
@click.option("--key", "keys", multiple=True, help="Encrypt to this public key (age1... or ssh-...).")
def export_clinic(data: Path, target: Path, keys: tuple[str, ...]) -> int:
    """Write everything of the clinic into one archive of open formats (NDJSON and FHIR), while it runs."""
    set_up(data)
    from django.db import Error

    from unwound_clinic.core import access
    from unwound_clinic.leaving import whole

    began = time.monotonic()
    try:
        left = whole.leave(target, keys, access.Program("export at the terminal"))
    except OSError as reason:
        raise UnwoundError(f"nothing was exported: {(reason.strerror or str(reason)).lower()}") from None
    except Error as reason:
        raise UnwoundError(
            f"nothing was exported, the database cannot be read: {' '.join(str(reason).split())[:200]}"
        ) from None
    size = target.stat().st_size / 1e6
    click.echo(
        f"{target}: {left.rows} rows of {left.tables} tables, {left.number} events of the log, {left.resources} FHIR "
        f"resources of {left.patients} patients, {size:.1f} MB, in {time.monotonic() - began:.1f} s"
    )
    if not keys:
        click.echo(
            "It is not encrypted and holds everything, with the key of the log: keep it as the record itself", err=True
        )
    for line in left.not_written:
        click.echo(f"not in the FHIR part, all of it in the tables: {line}", err=True)
    for line in left.faults:
        click.echo(f"not whole already, and exported as it is: {line}", err=True)
    return 1 if left.not_written or left.faults else 0


@click.command("import-clinic")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--identity",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The file of the secret key, where the archive is encrypted.",
)
@folder("imported-data")
def import_clinic(file: Path, identity: Path | None, data: Path) -> None:
    """Bring an archive of `export-clinic` into a new folder and an empty database of either kind; whole, or nothing."""
    from unwound_clinic.operations import archive
    from unwound_clinic.operations import restore as restoring

    if archive.is_encrypted(file) and identity is None:
        raise UnwoundError(f"{file}: it is encrypted; name the file of its secret key with --identity")
    restoring.free_place(data)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=data.absolute().parent) as work:
        content, clinic = Path(work) / "content", Path(work) / "clinic"
        content.mkdir(mode=0o700)
        keys = archive.identities(identity) if identity is not None and archive.is_encrypted(file) else None
        manifest = archive.unpack(file, keys, content)
        _arrive(file, manifest, content, clinic)
        restoring.put_in_place(clinic, data)
    rows = sum(table["rows"] for table in manifest["tables"].values())
    faults = manifest.get("faults", ())
    for line in faults:
        click.echo(f"not whole already when it was exported: {line}", err=True)
    click.echo(
        f"{data}: imported as it was on {manifest['made_at'][:19].replace('T', ' ')} UTC; {rows} rows, every one "
        f"equal; {manifest['number']} events{'' if faults else ', the chain is intact'}. Everybody logs in again."
    )


def _arrive(file: Path, manifest: dict[str, object], content: Path, clinic: Path) -> None:
    """The rows into the database, the files into the folder; after a fault the database is empty again."""
    from unwound_clinic.leaving import layout

    layout.check(file, manifest)
    files = content / layout.FILES
    if not (files / "audit.key").exists():
        raise UnwoundError(f"{file}: the key of its log is not in it; nothing was imported")
    files.replace(clinic)
    (clinic / "clinic.sqlite3").touch(0o600)
    set_up(clinic, look=True)
    from django.db import connection, connections

    from unwound_clinic.core import access
    from unwound_clinic.leaving import actions, arriving
    from unwound_clinic.operations import folder as clinic_folder
    from unwound_clinic.operations import postgres

    on_postgres = connection.vendor == "postgresql"
    if on_postgres:
        (clinic / "clinic.sqlite3").unlink()
        if not postgres.is_empty():
            raise UnwoundError("the database that UNWOUND_DATABASE_URL names is not empty: name a new, empty one")
    try:
        arriving.load(content, manifest)
        actions.imported(
            by=access.Program("import at the terminal"), file=file.name, number=int(str(manifest["number"]))
        )
    except (UnwoundError, OSError) as reason:
        if on_postgres:
            clinic_folder.empty_database()
        raise UnwoundError(f"{file}: {reason}; nothing was imported") from None
    connections.close_all()


@click.command("registry")
@folder()
@click.option("--to", "target", type=click.Path(path_type=Path, file_okay=False), required=True, help="A new folder.")
def registry(data: Path, target: Path) -> None:
    """Write all courses without names (Parquet, CSV), and the table of the largest published series from them."""
    set_up(data)
    from unwound_clinic.core import access
    from unwound_clinic.leaving import published

    try:
        made = published.publish(target, access.Program("registry at the terminal"))
    except OSError as reason:
        raise UnwoundError(f"nothing was written: {(reason.strerror or str(reason)).lower()}") from None
    click.echo(
        f"{target}: {len(made.rows)} courses of {made.people - made.left_out} people, {made.left_out} left out; "
        f"at least {made.k} look alike. " + ", ".join(f"{name}: {how}" for name, how in made.grain.items())
    )
