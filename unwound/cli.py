"""The `unwound` command."""

from __future__ import annotations

import sys

import click

from unwound import __version__
from unwound.record import UnwoundError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="unwound")
def commands() -> None:
    """Neuropathic pain and ketamine: from a record to a cited decision. Advice, never an order."""


def main() -> None:
    """Run the command; what a person can mend is one line and exit code 2."""
    try:
        commands(standalone_mode=False)
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
