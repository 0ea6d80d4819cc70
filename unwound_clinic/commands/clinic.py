"""The clinic's part of the `unwound` command that runs it: serve and demo; and how every command opens a folder."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import click

from unwound.record import UnwoundError

DEFAULT_PORT = 8000
HERE, ANYWHERE = "127.0.0.1", ("0.0.0.0", "::")
READY_WITHIN_S = 60.0
WORKERS = 2
"""Processes that serve: where one of them dies, the other goes on."""
NEW_WORKER_TIMES = 2.5
"""How long a worker that is replaced goes on beside the new one: so many times what a new one took to be ready."""
MOST_CONNECTIONS = 2000
"""Of each worker; the proxy in front keeps some open."""
HEADERS_WITHIN_MS = 10_000
Command = Callable[..., Any]


def folder(usual: str = "clinic-data") -> Callable[[Command], Command]:
    """The option --data: the folder of a clinic."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(usual),
        show_default=True,
        help="The folder that holds everything of this clinic.",
    )


def _served(command: Command) -> Command:
    """The options of the commands that run a server."""
    for option in (
        click.option("--no-browser", is_flag=True, help="Do not open a browser."),
        click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True),
        click.option(
            "--host",
            default=HERE,
            show_default=True,
            help="The address to listen on; any but this machine's needs UNWOUND_HOSTS and a proxy with TLS.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@_served
@folder()
def serve(port: int, data: Path, no_browser: bool, host: str = HERE) -> None:
    """Run the clinic on this machine; the first time, it guides you through creating the first account."""
    _port_is_free(host, port)
    _answers_to(host)
    set_up(data, begin=True)
    from unwound_clinic import demonstration
    from unwound_clinic.models import User

    if demonstration.is_one():
        raise UnwoundError(
            f"{data}: this is the demonstration, whose passwords are public; open it with `unwound demo`, or "
            "choose another folder with --data"
        )
    path = "/"
    if not User.objects.exists():
        key = secrets.token_urlsafe(16)
        os.environ["UNWOUND_SETUP_KEY"] = key
        path = f"/setup/?key={key}"
    run(host, port, path, no_browser=no_browser)


@click.command()
@_served
@folder("demo-data")
def demo(port: int, data: Path, no_browser: bool, host: str = HERE) -> None:
    """Run a synthetic clinic: every person in it is invented."""
    os.environ["UNWOUND_DEMO"] = "on"
    os.environ.setdefault("UNWOUND_MFA", "off")
    _port_is_free(host, port)
    set_up(data, begin=True)
    from unwound_clinic import demonstration
    from unwound_clinic.demonstration.bedside import Bedside
    from unwound_clinic.models import User

    if not User.objects.exists():
        click.echo("Creating the demonstration clinic (once; about half a minute) ...", err=True)
    elif not demonstration.is_one():
        raise UnwoundError(f"{data}: this is a real clinic; choose another folder for the demonstration with --data")
    logins = demonstration.fill()
    for login in logins:
        click.echo(f"  {login}")
    run(host, port, "/", no_browser=no_browser, beside=[Bedside()])


def set_up(data: Path, *, begin: bool = False, look: bool = False) -> None:
    """Sets Django up on this folder and brings its tables up to date, after a copy where they were older.

    Only with `begin` is a new folder made: the audit chain of an empty one would be intact, and prove nothing. With
    `look` nothing is changed, whatever wrote the folder.
    """
    try:
        import django
    except ModuleNotFoundError:
        raise UnwoundError('only the library is installed; for the clinic: pip install "unwound[clinic]"') from None
    refuse_beside(data)
    if not begin and not _kept_in(data):
        raise UnwoundError(f"{data}: this folder holds no clinic; choose the folder of `unwound serve` with --data")
    os.environ["UNWOUND_DATA"] = str(data.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unwound_clinic.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error

    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        django.setup()
        _open(data, begin=begin, look=look)
    except ImproperlyConfigured as error:
        raise UnwoundError(str(error)) from None
    except OSError as error:
        raise UnwoundError(f"{data}: cannot be used: {(error.strerror or 'unknown reason').lower()}") from None
    except Error as error:
        raise UnwoundError(f"the database cannot be used: {' '.join(str(error).split())}") from None


def _open(data: Path, *, begin: bool, look: bool) -> None:
    from django.conf import settings
    from django.db import connection

    from unwound.catalogue import OWN
    from unwound_clinic.core import reserve
    from unwound_clinic.operations import folder as clinic_folder
    from unwound_clinic.operations import settling

    if not begin and OWN not in os.environ:
        settling.use_settled()
    if look:
        return
    if begin:
        clinic_folder.make_private(data)
        reserve.keep(data)
        if connection.vendor == "sqlite":
            clinic_folder.lock(data)
    copy = clinic_folder.bring_up_to_date(data)
    if copy is not None:
        click.echo(f"This clinic was written by an older Unwound; a copy from before is kept: {copy}", err=True)
    clinic_folder.limit_forgotten(settings.FORGOTTEN_S)
    if begin:
        _settle_knowledge()


class Worker(Protocol):
    """What goes on beside the server for as long as it serves."""

    def start(self) -> None:
        """Begins."""

    def stop(self) -> None:
        """Ends."""


def run(host: str, port: int, path: str, *, no_browser: bool, beside: Sequence[Worker] = ()) -> None:
    """Serves until it is stopped; prints a line when it is ready."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from unwound_clinic.commands.beside import Companion
    from unwound_clinic.core.heads import Sender
    from unwound_clinic.operations.renewal import Renewal

    near = HERE if host in ANYWHERE else host
    address = f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
    threading.Thread(target=_announce, args=(address, path, no_browser), daemon=True).start()
    _many_files()
    server = Granian(
        "unwound_clinic.front_door:application",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=WORKERS,
        backpressure=MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS),
        respawn_failed_workers=True,  # one that dies is replaced, and the others go on
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=_lines_of_the_server(),
    )
    watch, sender = Companion(), Sender()

    def replaced(took_s: float) -> None:
        watch.replace()
        server.respawn_interval = NEW_WORKER_TIMES * took_s
        server.signal_handler_reload()  # type: ignore[no-untyped-call]

    renewal = Renewal(replaced)
    workers: list[Worker] = [watch, sender, renewal, *beside]
    for worker in workers:
        worker.start()
    try:
        server.serve()
    finally:
        for worker in reversed(workers):
            worker.stop()


def _lines_of_the_server() -> dict[str, Any]:
    """What the web server says of its processes stands in the same log, in the same form."""
    from django.conf import settings

    console = {"handlers": ["console"], "propagate": False}
    return {**settings.LOGGING, "loggers": {"_granian": console, "granian.access": console}}


def _many_files() -> None:
    """As many open connections as the machine allows this process; the usual limit is 1024."""
    try:
        import resource
    except ModuleNotFoundError:  # not a Unix
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _kept_in(data: Path) -> bool:
    """Whether the folder holds a clinic: the key of its audit log, and its database unless that is elsewhere."""
    database = data / "clinic.sqlite3"
    return (data / "audit.key").exists() and ("UNWOUND_DATABASE_URL" in os.environ or database.exists())


def refuse_beside(data: Path) -> None:
    """UnwoundError where an older Unwound kept the record of this folder beside it, so that no empty one is begun.

    It read the path as an address: cut at «#» or «?», and «%20» as a blank.
    """
    database = data.absolute() / "clinic.sqlite3"
    if "UNWOUND_DATABASE_URL" in os.environ or database.exists():
        return
    import dj_database_url

    before = Path(dj_database_url.parse(f"sqlite:///{database}")["NAME"])
    if not before.is_file():
        return
    raise UnwoundError(
        f"{before}: here an older Unwound kept the record of {data}. Stop what works on it, move it to {database}, and "
        "with it the files of the same name that end in -wal and -shm, where there are any"
    )


def _settle_knowledge() -> None:
    """Chooses what is used of the clinic's own knowledge; what is wrong with the rest is said, and stops nothing."""
    from unwound_clinic.operations import settling

    state = settling.settle()
    for fault in state.faults:
        click.echo(f"own knowledge: {fault}", err=True)
    if state.faults:
        click.echo(f"own knowledge: {state.source} is used until that is mended", err=True)
    for place in state.left_out:
        click.echo(f"own knowledge: {place} is looser than built in, and is not used until a physician signs", err=True)


def _answers_to(host: str) -> None:
    """The clinic answers to the address that it listens on, besides the names it has."""
    if host not in (HERE, *ANYWHERE):
        named = os.environ.get("UNWOUND_HOSTS", "127.0.0.1,localhost,[::1]")
        os.environ["UNWOUND_HOSTS"] = f"{named},[{host}]" if ":" in host else f"{named},{host}"


def _port_is_free(host: str, port: int) -> None:
    """UnwoundError where it is not, or the host is none of this machine, before a folder is made needlessly."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # On Windows that name means: also where somebody listens.
        alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        probe.setsockopt(socket.SOL_SOCKET, alone, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise UnwoundError(f"{host}: no address of this machine; choose another with --host") from None
            reason = "needs more rights than you have" if error.errno == errno.EACCES else "is in use"
            raise UnwoundError(f"port {port} {reason}: choose another with --port") from None


def _announce(address: str, path: str, no_browser: bool) -> None:
    from django.conf import settings

    # By a name it answers to: the clinic behind a proxy need not have the address of this machine.
    asked = urllib.request.Request(f"{address}/healthz", headers={"Host": settings.ALLOWED_HOSTS[0]})
    until = time.monotonic() + READY_WITHIN_S
    while not _answers(asked):
        time.sleep(0.1)
        if time.monotonic() > until:
            until = math.inf
            click.echo(f"no answer at {address} for {READY_WITHIN_S:g} s: a busy machine may need longer", err=True)
    click.echo(f"Unwound is ready: {address}{path}  (stop with Ctrl-C)")
    if not no_browser:
        webbrowser.open(address + path)


def _answers(asked: urllib.request.Request) -> bool:
    try:
        with urllib.request.urlopen(asked, timeout=2):
            return True
    except urllib.error.HTTPError:  # by whatever name it was asked: it is there
        return True
    except (urllib.error.URLError, OSError):
        return False
