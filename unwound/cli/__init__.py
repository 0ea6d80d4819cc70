"""The `unwound` command: review patients, and ask the knowledge what it rests on."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from unwound import __version__
from unwound.cli.knowledge import assumptions, cite, due, schema
from unwound.cli.modelling import models
from unwound.cli.reviewing import demo, review
from unwound.record import UnwoundError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="unwound")
def commands() -> None:
    """Neuropathic pain and ketamine: from a record to a cited decision. Advice, never an order."""


for command in (
    assumptions,
    cite,
    demo,
    due,
    models,
    review,
    schema,
):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command; what a person can mend is said in a line, with exit code 2, and never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = commands(standalone_mode=False) or 0
        sys.stdout.flush()
        sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except UnwoundError as error:
        click.echo(f"unwound: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader (`| head`) has enough; nothing of ours is lost, and Python must not complain while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"unwound: the system refused: {(error.strerror or 'unknown reason').lower()}", err=True)
        sys.exit(2)
