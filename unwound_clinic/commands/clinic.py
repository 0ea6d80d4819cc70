"""The clinic's part of the `unwound` command: serve, demo, verify-audit, export-audit-head, replay-decisions."""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from unwound.record import UnwoundError

DEFAULT_PORT = 8000
READY_WITHIN_S = 60.0
Command = Callable[..., Any]


def folder(usual: str = "clinic-data") -> Callable[[Command], Command]:
    """--data: where a clinic keeps everything."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(usual),
        show_default=True,
        help="The folder that keeps everything of this clinic.",
    )


def _served(command: Command) -> Command:
    """How a clinic is reached."""
    for option in (
        click.option("--no-browser", is_flag=True, help="Do not open a browser."),
        click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True),
    ):
        command = option(command)
    return command


@click.command()
@_served
@folder()
def serve(port: int, data: Path, no_browser: bool) -> None:
    """Run the clinic on this machine; the first time, it walks you through the first account."""
    _port_is_free(port)
    set_up(data, begin=True)
    from unwound_clinic import demonstration
    from unwound_clinic.models import User

    if demonstration.is_one():
        raise UnwoundError(
            f"{data}: this is the demonstration, whose passwords everybody knows; open it with `unwound demo`, or "
            "name another folder with --data"
        )
    path = "/"
    if not User.objects.exists():
        key = secrets.token_urlsafe(16)
        os.environ["UNWOUND_SETUP_KEY"] = key
        path = f"/setup/?key={key}"
    run(port, path, no_browser=no_browser)


@click.command()
@_served
@folder("demo-data")
def demo(port: int, data: Path, no_browser: bool) -> None:
    """Open a synthetic clinic: every person in it is invented."""
    os.environ["UNWOUND_DEMO"] = "on"
    os.environ.setdefault("UNWOUND_MFA", "off")
    _port_is_free(port)
    set_up(data, begin=True)
    from unwound_clinic import demonstration
    from unwound_clinic.models import User

    if not User.objects.exists():
        click.echo("Making the invented clinic (once; about half a minute) ...", err=True)
    elif not demonstration.is_one():
        raise UnwoundError(
            f"{data}: this is a clinic of its own; name another folder for the demonstration with --data"
        )
    logins = demonstration.fill()
    for login in logins:
        click.echo(f"  {login}")
    run(port, "/", no_browser=no_browser)


@click.command("verify-audit")
@folder()
@click.option(
    "--heads",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Heads that were exported earlier, a line each.",
)
def verify_audit(data: Path, heads: Path | None) -> int:
    """Check the chain of events: exit code 1 with the first bad event when it does not hold."""
    set_up(data)
    from unwound_clinic.core import audit

    fault = audit.verify(_heads(heads) if heads else ())
    if fault:
        click.echo(f"the audit chain does not hold: event {fault.number} {fault.what}")
        return 1
    click.echo(f"the audit chain holds: {audit.head().number} events")
    return 0


@click.command("export-audit-head")
@folder()
def export_audit_head(data: Path) -> None:
    """Print the head of the chain as a line, to be kept or signed elsewhere."""
    set_up(data)
    from unwound_clinic.core import audit

    head = audit.head()
    click.echo(json.dumps({"number": head.number, "digest": head.digest}))


@click.command("replay-decisions")
@folder()
def replay_decisions(data: Path) -> int:
    """Compute every signed decision again under today's knowledge: exit code 1 when one comes out otherwise."""
    set_up(data)
    from unwound_clinic.core import access
    from unwound_clinic.models import Decision
    from unwound_clinic.record import review
    from unwound_clinic.treatment.actions import decisions

    by, otherwise, count = access.Program("replay at the terminal"), 0, 0
    for decision in Decision.objects.select_related("patient").order_by("pk").iterator(chunk_size=100):
        again = review.recompute(decision)
        found = (f"cannot be computed again: {again.unreadable}",) if again.unreadable else again.differences
        decisions.replayed(by=by, decision=decision, differences=len(found))
        count, otherwise = count + 1, otherwise + bool(found)
        same = "the same knowledge" if again.same_knowledge else "other knowledge"
        said = "no difference" if not found else f"{len(found)} difference{'s' if len(found) > 1 else ''}"
        click.echo(f"decision {decision.pk} of patient {decision.patient_id}, {decision.decided}: {said} ({same})")
        for one in found:
            click.echo(f"  {one}")
    click.echo(f"{count} decision{'' if count == 1 else 's'} computed again, {otherwise} with a difference")
    return 1 if otherwise else 0


def _heads(file: Path) -> list[Any]:
    from unwound_clinic.core.audit import Head

    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if line.strip():
            try:
                one = json.loads(line)
                found.append(Head(int(one["number"]), str(one["digest"])))
            except (ValueError, KeyError, TypeError):
                raise UnwoundError(
                    f"{file}, line {number}: not a head; `unwound export-audit-head` prints such lines"
                ) from None
    return found


def set_up(data: Path, *, begin: bool = False) -> None:
    """Django on this folder, with its tables brought up to date.

    Only who may `begin` makes a folder that is none yet: an empty one would have a log that holds, of nothing.
    """
    try:
        import django
    except ModuleNotFoundError:
        raise UnwoundError('this is the library alone; the clinic comes with: pip install "unwound[clinic]"') from None
    if not begin and not _kept_in(data):
        raise UnwoundError(f"{data}: no clinic is kept here; name the folder of `unwound serve` with --data")
    os.environ["UNWOUND_DATA"] = str(data.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unwound_clinic.settings")
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwoundError(f"{data}: cannot be used: {(error.strerror or 'unknown reason').lower()}") from None
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import Error

    try:
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
    except ImproperlyConfigured as error:
        raise UnwoundError(str(error)) from None
    except OSError as error:
        raise UnwoundError(f"{data}: cannot be used: {(error.strerror or 'unknown reason').lower()}") from None
    except Error as error:
        raise UnwoundError(f"the database cannot be used: {' '.join(str(error).split())}") from None


def run(port: int, path: str, *, no_browser: bool) -> None:
    """Serves until it is told to stop; says one line when ready."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from unwound_clinic.session.alert_watch import AlertWatch

    address = f"http://127.0.0.1:{port}"
    threading.Thread(target=_say_ready, args=(address, path, no_browser), daemon=True).start()
    server = Granian(
        "unwound_clinic.wsgi:application",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=min(2, os.cpu_count() or 1),
        blocking_threads=4,
        log_level=LogLevels.error,
    )
    watch = AlertWatch()
    watch.start()
    try:
        server.serve()
    finally:
        watch.stop()


def _kept_in(data: Path) -> bool:
    """Whether the folder holds a clinic: the key of its log, and its database where that is not elsewhere."""
    database = data / "clinic.sqlite3"
    return (data / "audit.key").exists() and ("UNWOUND_DATABASE_URL" in os.environ or database.exists())


def _port_is_free(port: int) -> None:
    """UnwoundError where it is not, before a folder is made or filled for nothing."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = "may not be opened by you" if error.errno == errno.EACCES else "is in use"
            raise UnwoundError(f"port {port} {why}: choose another with --port") from None


def _say_ready(address: str, path: str, no_browser: bool) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    else:
        click.echo(
            f"no answer at {address} for {READY_WITHIN_S:g} s: something keeps the clinic from starting", err=True
        )
        return
    click.echo(f"Unwound is ready: {address}{path}  (stop with Ctrl-C)")
    if not no_browser:
        webbrowser.open(address + path)
