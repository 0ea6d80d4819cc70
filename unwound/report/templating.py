"""The templates of the reports: one environment for pages, which escape what they are given, and for texts."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def template(name: str, *, ends_its_line: bool = False) -> Template:
    """A template by its file's name; `ends_its_line` keeps the line break at its end."""
    environment = Environment(
        loader=PackageLoader("unwound.report"),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=ends_its_line,
    )
    environment.filters["many"] = lambda number: f"{number:,}"
    return environment.get_template(name)
