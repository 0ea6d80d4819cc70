"""The `unwound` command: review patients, and ask the knowledge what it rests on."""

from __future__ import annotations

import os
import re
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import NoReturn

import click

from unwound import __version__
from unwound.catalogue import OWN, use_knowledge
from unwound.cli.checking import vpc
from unwound.cli.finding import find
from unwound.cli.knowledge import assumptions, check_knowledge, cite, due, schema
from unwound.cli.modelling import models
from unwound.cli.months import outcomes
from unwound.cli.packets import review_packet
from unwound.cli.planning import compare_protocols, plan
from unwound.cli.printing import QUIET
from unwound.cli.reviewing import examples, review
from unwound.cli.screening import screen
from unwound.cli.simulating import simulate
from unwound.cli.speaking import translations
from unwound.cli.supplying import sbom
from unwound.cli.targeting import target
from unwound.cli.winding import windup
from unwound.record import UnwoundError

PLAIN = {r"a valid float( range)?": "a number", r"a valid integer( range)?": "a whole number"}
"""Click's names for what an option takes, and the plain words for them."""


class Commands(click.Group):
    """The library's commands, and those of other packages (the clinic), loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted({*super().list_commands(ctx), *entry_points(group="unwound.commands").names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        others = entry_points(group="unwound.commands")
        if cmd_name in others.names:
            command: click.Command = others[cmd_name].load()
            return command
        return super().get_command(ctx, cmd_name)


ENDS = (
    "Exit codes: 0 done; 1 what was verified does not hold; 2 something that a person can mend, a plan refused or open "
    "included; 130 stopped from the keyboard. A FILE that is - is the standard input. Words are completed by the shell "
    'after: eval "$(_UNWOUND_COMPLETE=bash_source unwound)" (zsh_source, fish_source).'
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=ENDS)
@click.version_option(__version__, "-V", "--version", prog_name="unwound")
@click.option(
    "--knowledge",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help=f"A folder of your own files of knowledge, over ours; without it the one that {OWN} names.",
)
@click.option(
    "-q", "--quiet", is_flag=True,
    help="No progress and no line for what went well; what was not used or is wrong is said all the same.",
)  # fmt: skip
@click.pass_context
def commands(context: click.Context, knowledge: Path | None, quiet: bool) -> None:
    """Neuropathic pain and ketamine: from a record to a cited decision. Advice, never an order."""
    context.meta[QUIET] = quiet
    if knowledge is not None:
        use_knowledge(knowledge)


for command in (
    assumptions,
    check_knowledge,
    cite,
    examples,
    due,
    find,
    models,
    outcomes,
    plan,
    compare_protocols,
    review,
    review_packet,
    sbom,
    schema,
    screen,
    simulate,
    target,
    translations,
    vpc,
    windup,
):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command; what a person can mend is reported in one line with exit code 2, never as a traceback.

    A branch for each way a run can end.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = commands(standalone_mode=False, prog_name="unwound") or 0
        sys.stdout.flush()
        sys.exit(code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        click.echo(_in_a_line(error), err=True)
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


def _in_a_line(error: click.ClickException) -> str:
    """What is wrong with a command line, and how to see what the command takes."""
    text = " ".join(error.format_message().split()).rstrip(".")
    for word, plain in PLAIN.items():
        text = re.sub(word, plain, text)
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "unwound"
    return f"{where}: {text} ({where} --help says what it takes)"
