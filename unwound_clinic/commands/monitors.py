"""The `unwound` commands for monitors: listen, simulate-monitor."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unwound import catalogue
from unwound.catalogue import OWN
from unwound.record import UnwoundError
from unwound_clinic.commands.clinic import Command, folder, set_up
from unwound_clinic.monitors import encrypted

if TYPE_CHECKING:
    from unwound_clinic.models import Site

USUAL_PORT = 2575
"""The port registered for HL7."""
THREADS_TURN_S = 0.0005
"""How long one thread may run before another has its turn: an acknowledgement waits no longer."""
HOUR_S = 3600
LOOK_EVERY_S = 5.0


def _file(name: str, help: str) -> Callable[[Command], Command]:
    return click.option(name, type=click.Path(path_type=Path, dir_okay=False), help=help)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=USUAL_PORT, show_default=True, help="0: any free port.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at, in a network that only monitors reach: MLLP has no passwords.",
)
@folder()
@click.option("--site", "site_name", help="Whose monitors these are; needed where the clinic has several sites.")
@_file("--certificate", "Listen under TLS only, with this certificate (PEM).")
@_file("--certificate-key", "Its secret key, where that is a file of its own.")
@_file("--monitors", "Hear only monitors whose certificate this authority (PEM) signed.")
def listen(
    port: int,
    host: str,
    data: Path,
    site_name: str | None,
    certificate: Path | None,
    certificate_key: Path | None,
    monitors: Path | None,
) -> None:
    """Receive HL7 v2 messages from monitors (MLLP, ORU): each is stored on disk before it is acknowledged."""
    if certificate is None and (certificate_key or monitors):
        raise UnwoundError("a key or an authority of monitors needs the listener's own --certificate")
    tls = encrypted.of_listener(certificate, certificate_key, monitors) if certificate else None
    os.environ.pop(OWN, None)  # what the clinic uses, never a folder that nobody has checked or signed
    set_up(data)
    from unwound_clinic.core import access, machine
    from unwound_clinic.monitors.listener import Listener
    from unwound_clinic.monitors.writer import Writer
    from unwound_clinic.session.alert_watch import AlertWatch

    sys.setswitchinterval(THREADS_TURN_S)
    site = _site(site_name)
    writer = Writer(access.Device(f"listener on port {port}", site.pk), site)
    writer.start()
    watch = AlertWatch()
    watch.start()
    listener, used, renewed = Listener(writer, tls), catalogue.own().fingerprint, threading.Event()
    heard_at = port

    def ready(actual: int) -> None:
        nonlocal heard_at
        heard_at = actual
        kind = "MLLP under TLS" if tls else "MLLP"
        threading.Thread(target=_await_other, args=(used, renewed, listener.stop), daemon=True).start()
        click.echo(f"Unwound listens for monitors of {site.name}: {host}:{actual} (HL7 v2, {kind}; stop with Ctrl-C)")

    try:
        asyncio.run(listener.run(host, port, ready))
    except OSError as error:
        raise UnwoundError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    finally:
        writer.stop()
        watch.stop()
    if renewed.is_set():
        click.echo("The clinic's own knowledge changed: listening again with it.", err=True)
        machine.begin_anew(again(sys.argv, heard_at))


def again(arguments: Sequence[str], port: int) -> list[str]:
    """The command that listens anew where monitors know it, also where any free port was asked for."""
    return [sys.executable, "-m", "unwound", *arguments[1:], "--port", str(port)]


def _await_other(used: str, renewed: threading.Event, stop: Callable[[], None]) -> None:
    """Ends the listening in order, once the server settled on other knowledge; monitors connect again."""
    from unwound_clinic.core import own_knowledge

    while own_knowledge.state().fingerprint == used:
        time.sleep(LOOK_EVERY_S)
    renewed.set()
    stop()


@click.command("simulate-monitor")
@click.option("--port", type=click.IntRange(1, 65535), default=USUAL_PORT, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A recording: a table (CSV) or the .hea of a WFDB record. Without one the patient is invented.",
)
@click.option("--speed", type=click.FloatRange(min=0.1), default=1.0, show_default=True, help="10: ten times faster.")
@click.option("--bed", default="", help="The bed in its messages (PV1-3).")
@click.option("--patient", default="", help="The patient id in its messages (PID-3).")
@click.option("--name", default="SIMULATOR", show_default=True, help="The monitor's name in its messages (MSH-3).")
@_file("--listener-certificate", "Speak under TLS to a listener with this certificate, or of this authority (PEM).")
@_file("--certificate", "The certificate that it shows itself, with its key (PEM).")
@click.option("--messages", "most", type=click.IntRange(min=1), help="Stop after this many messages.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the invented patient.")
def simulate_monitor(
    port: int,
    host: str,
    file: Path | None,
    speed: float,
    bed: str,
    patient: str,
    name: str,
    listener_certificate: Path | None,
    certificate: Path | None,
    most: int | None,
    seed: int,
) -> None:
    """Simulate a monitor: a recorded or invented patient as HL7 v2 messages, each sent until it is acknowledged.

    Faster than real time it begins in the past, so that no reading lies in the future.
    """
    from unwound_clinic.monitors import simulator

    start = datetime.now(UTC).replace(microsecond=0)
    if speed > 1:
        length = (most or HOUR_S) * (1 - 1 / speed)
        start -= timedelta(seconds=math.ceil(length))
    moments = simulator.recorded(file, start) if file else simulator.invented(seed, start)
    stream = simulator.messages(moments, simulator.Named(name, bed, patient))
    tls = encrypted.of_monitor(listener_certificate, certificate, None) if listener_certificate else None
    sender, begun, sent, rejected = simulator.Sender(host=host, port=port, tls=tls), time.monotonic(), 0, 0
    for at, message in islice(stream, most):
        planned = begun + (at - start).total_seconds() / speed - time.monotonic()
        time.sleep(max(0.0, planned, (at - datetime.now(UTC)).total_seconds()))
        try:
            sender.send(message, click.echo)
            sent += 1
        except simulator.Rejected as reason:
            rejected += 1
            click.echo(f"rejected, not sent again: {reason}")
    sender.close()
    click.echo(f"{sent} messages acknowledged, {rejected} rejected, {sender.tried} sent again")


def _site(name: str | None) -> Site:
    from unwound_clinic.models import Site

    sites = list(Site.objects.order_by("name"))
    if not sites:
        raise UnwoundError("there is no clinic in this folder yet: run `unwound serve` and create the first account")
    names = ", ".join(site.name for site in sites)
    if name is None and len(sites) > 1:
        raise UnwoundError(f"choose the site of these monitors with --site: {names}")
    site = next((site for site in sites if name in (None, site.name)), None)
    if site is None:
        raise UnwoundError(f"there is no site «{name}»; choose one of: {names}")
    return site
