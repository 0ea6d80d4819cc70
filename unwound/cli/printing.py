"""What every command prints in the same way: JSON under its version and fingerprints, and what went well."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from unwound.catalogue import rests_on

QUIET = "unwound.quiet"
"""Under which name the group keeps it for its commands."""


def print_json(result: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, indent: int | None = None) -> None:
    """One result, or a list of several: each begins with the version and the fingerprints of the knowledge."""
    head = rests_on()
    whole = {**head, **result} if isinstance(result, Mapping) else [{**head, **row} for row in result]
    click.echo(json.dumps(whole, ensure_ascii=False, indent=indent))


def went_well(line: str) -> None:
    """A line on the error stream that --quiet leaves out; what was not used or cannot be is never said by this."""
    if not click.get_current_context().meta.get(QUIET):
        click.echo(line, err=True)


def quiet() -> bool:
    """Whether --quiet was asked for."""
    return bool(click.get_current_context().meta.get(QUIET))
