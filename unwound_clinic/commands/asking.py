"""The commands of the months after a course: ask (by a timer), bounced (mail that came back), heard (a text)."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from unwound.record import UnwoundError
from unwound_clinic.commands.clinic import folder, set_up

MOST_BYTES = 2_000_000


@click.command()
@folder()
def ask(data: Path) -> int:
    """Ask and remind whoever is due after a course; for a timer, as often as one likes: nothing is sent twice."""
    set_up(data)
    from django.conf import settings

    from unwound_clinic.core import outside
    from unwound_clinic.follow_up import run

    done = run.run()
    click.echo(", ".join(f"{what}: {number}" for what, number in sorted(done.items())) or "nothing is due")
    if why := outside.fault(settings.ADDRESS):
        click.echo(f"No link was sent (UNWOUND_ADDRESS): {why} Whoever is due is on the call list.", err=True)
    return 1 if done["failed"] or why else 0


@click.command()
@folder()
def bounced(data: Path) -> int:
    """Read one mail that came back, from the input: its patient is called, and nothing more is sent to the address."""
    set_up(data)
    from unwound_clinic.follow_up import bounces, run

    report = bounces.read(sys.stdin.buffer.read(MOST_BYTES))
    if report is None or not report.for_good:
        click.echo("This is no report that a message could not be delivered for good: nothing was changed.")
        return 0
    number = run.came_back(report.ids)
    click.echo("It is none of ours: nothing was changed." if not number else "Recorded: the patient is called.")
    return 0 if number else 1


@click.command()
@click.argument("number")
@folder()
def heard(number: str, data: Path) -> int:
    """Read one text message that a patient sent, from the input: «STOP» ends the asking, anything else is not read."""
    set_up(data)
    from unwound import follow_up
    from unwound_clinic.follow_up import run

    if not follow_up.is_stop(sys.stdin.read(MOST_BYTES)):
        raise UnwoundError("this is no word that ends the asking, and nobody reads text messages: tell the sender so")
    ended = run.stop_number(number)
    click.echo(f"ended: {ended}")
    return 0 if ended else 1
