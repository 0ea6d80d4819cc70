"""The types of option values, asked for and refused in plain words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click


class Day(click.ParamType):  # type: ignore[type-arg]  # older releases of click have no argument here
    """A day of the calendar, as 2026-11-21."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day. BadParameter where the text is none."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"«{value}» is not a day: write year, month and day as 2026-11-21", param, ctx)


DAY = Day()
