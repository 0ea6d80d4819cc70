"""`unwound review-packet`: a knowledge file for the clinician who reviews it, and the head once it was reviewed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from unwound.cli.kinds import DAY
from unwound.record import UnwoundError


@click.command("review-packet")
@click.argument("id")
@click.option("--since", type=click.Path(path_type=Path), help="The file as it was when it was last reviewed.")
@click.option("--html", "wants_html", is_flag=True, help="Print one page that prints well, as HTML.")
@click.option("--signed-by", metavar="NAME", help="Print the lines for the head of the file once NAME reviewed it.")
@click.option("--licence", default="", help="The licence of who signed, as «GMC 1234567».")
@click.option("--on", type=DAY, help="The day of the review.")
def review_packet(
    id: str, since: Path | None, wants_html: bool, signed_by: str | None, licence: str, on: date | None
) -> None:
    """Show all of the knowledge file ID to a reviewer: each number, where it was read, what disagrees, what changed.

    ID is the name of a file, alone or with its kind, as crps_1 or conditions/crps_1.
    """
    from unwound.report import packet as packets

    kind, name = packets.named(id)
    packet = packets.packet(kind, name, before=_earlier(since) if since else None)
    if signed_by is not None:
        if on is None:
            raise click.UsageError("--signed-by needs --on, the day of the review")
        if on < packet.updated:
            raise UnwoundError(f"{packet.name} was changed on {packet.updated}: it cannot have been reviewed on {on}")
        click.echo(packets.head(packet.digest, reviewer=signed_by, licence=licence, on=on))
        return
    click.echo(packets.html(packet) if wants_html else packets.text(packet), nl=False)


def _earlier(since: Path) -> bytes:
    try:
        return since.read_bytes()
    except OSError as error:
        raise UnwoundError(f"{since}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
