"""The devices' part of the `unwound` command: listen, simulate-monitor."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unwound.record import UnwoundError
from unwound_clinic.commands.clinic import folder, set_up

if TYPE_CHECKING:
    from unwound_clinic.models import Site

USUAL_PORT = 2575
"""The port that is registered for HL7."""
THREADS_TURN_S = 0.0005
"""An answer waits for no more than this while the other thread reads the next message."""
HOUR_S = 3600


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=USUAL_PORT, show_default=True, help="0: any free one.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at: one of a network that only monitors reach. MLLP knows no passwords.",
)
@folder()
@click.option("--site", "site_name", help="Whose monitors these are; needed where the clinic has several sites.")
def listen(port: int, host: str, data: Path, site_name: str | None) -> None:
    """Take in monitors' HL7 v2 messages (MLLP, ORU): each is on the disk before it is acknowledged."""
    set_up(data)
    from unwound_clinic.core import access
    from unwound_clinic.monitors.listener import Listener
    from unwound_clinic.monitors.writer import Writer
    from unwound_clinic.session.alert_watch import AlertWatch

    sys.setswitchinterval(THREADS_TURN_S)
    site = _site(site_name)
    writer = Writer(access.Device(f"listener on port {port}", site.pk), site)
    writer.start()
    watch = AlertWatch()
    watch.start()

    def ready(actual: int) -> None:
        click.echo(f"Unwound listens for monitors of {site.name}: {host}:{actual} (HL7 v2, MLLP; stop with Ctrl-C)")

    try:
        asyncio.run(Listener(writer).run(host, port, ready))
    except OSError as error:
        raise UnwoundError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    finally:
        writer.stop()
        watch.stop()


@click.command("simulate-monitor")
@click.option("--port", type=click.IntRange(1, 65535), default=USUAL_PORT, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A recording: a table (CSV) or the .hea of a WFDB record. Without one the patient is invented.",
)
@click.option("--speed", type=click.FloatRange(min=0.1), default=1.0, show_default=True, help="10: ten times as fast.")
@click.option("--bed", default="", help="The bed it names (PV1-3).")
@click.option("--patient", default="", help="The patient id it names (PID-3).")
@click.option("--name", default="SIMULATOR", show_default=True, help="How the monitor names itself (MSH-3).")
@click.option("--messages", "most", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the invented patient.")
def simulate_monitor(
    port: int,
    host: str,
    file: Path | None,
    speed: float,
    bed: str,
    patient: str,
    name: str,
    most: int | None,
    seed: int,
) -> None:
    """Play a monitor: a recorded or invented patient as an HL7 v2 stream, each message sent until it is acknowledged.

    Faster than life it begins in the past, so that no reading is of the future.
    """
    from unwound_clinic.monitors import simulator

    start = datetime.now(UTC).replace(microsecond=0)
    if speed > 1:
        length = (most or HOUR_S) * (1 - 1 / speed)
        start -= timedelta(seconds=math.ceil(length))
    moments = simulator.recorded(file, start) if file else simulator.invented(seed, start)
    stream = simulator.messages(moments, simulator.Named(name, bed, patient))
    sender, begun, sent, rejected = simulator.Sender(host=host, port=port), time.monotonic(), 0, 0
    for at, message in islice(stream, most):
        planned = begun + (at - start).total_seconds() / speed - time.monotonic()
        time.sleep(max(0.0, planned, (at - datetime.now(UTC)).total_seconds()))
        try:
            sender.send(message, click.echo)
            sent += 1
        except simulator.Rejected as reason:
            rejected += 1
            click.echo(f"refused for good: {reason}")
    sender.close()
    click.echo(f"{sent} messages acknowledged, {rejected} refused, {sender.tried} sent again")


def _site(name: str | None) -> Site:
    from unwound_clinic.models import Site

    sites = list(Site.objects.order_by("name"))
    if not sites:
        raise UnwoundError("there is no clinic in this folder yet: run `unwound serve` and make the first account")
    if name is None and len(sites) > 1:
        raise UnwoundError(f"say whose monitors these are with --site: {', '.join(one.name for one in sites)}")
    found = next((one for one in sites if name in (None, one.name)), None)
    if found is None:
        raise UnwoundError(f"there is no site «{name}»; there is {', '.join(one.name for one in sites)}")
    return found
