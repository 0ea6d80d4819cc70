"""Lines for the terminal: numbers of sources, marks, bullets and indented items."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from unwound.candidacy import Verdict
from unwound.catalogue import Checked, knowledge_line
from unwound.cautions import CautionLevel
from unwound.report import marks, words

COLOURS = {
    Verdict.CANDIDATE: "green",
    Verdict.CONTROLLED: "blue",
    Verdict.NOT_REFRACTORY: "blue",
    Verdict.FIRST_LINE_FIRST: "blue",
    Verdict.NOT_A_CANDIDATE: "red",
    Verdict.CANNOT_TELL: "yellow",
}
LEVELS = {CautionLevel.STOP: "bold red", CautionLevel.ASK: "yellow", CautionLevel.NOTE: "blue"}


def titled(console: Console, parts: Iterable[tuple[str, RenderableType | None]]) -> None:
    """Print the parts there are, each under its title."""
    for title, part in parts:
        if part is not None:
            console.print()
            console.print(Text(title, style="bold underline"))
            console.print(part)


def closing(console: Console) -> None:
    """Print what stands below every result: that it is advice, and by which knowledge."""
    console.print(Text(words.ADVICE, style="dim"))
    console.print(Text(knowledge_line(), style="dim"))


def bullets(lines: Iterable[str]) -> RenderableType:
    """A line each, with a bullet; what does not fit on it goes on below its first word."""
    return bulleted(Text(line) for line in lines)


def bulleted(lines: Iterable[Text]) -> RenderableType:
    """The same for lines that have a style of their own."""
    grid = Table.grid()
    for line in lines:
        grid.add_row("• ", line)
    return grid


def refs(references: marks.References, ids: Iterable[str]) -> str:
    """The numbers of these sources in brackets; nothing where there are none."""
    numbers = references.numbers(tuple(ids))
    return f"[{','.join(str(number) for number in numbers)}]" if numbers else ""


def cited(references: marks.References, ids: Iterable[str], checked: Checked) -> str:
    """The numbers of the sources with the sign of how well they were checked, after a space; nothing without either."""
    text = f"{refs(references, ids)}{marks.SIGNS[checked]}"
    return f" {text}" if text else ""


def item(head: str | Text, *lines: str) -> RenderableType:
    """A bold line with its details indented below; empty lines are left out."""
    text = "\n".join(line for line in lines if line)
    return Group(Text(head, style="bold") if isinstance(head, str) else head, Padding(Text(text), (0, 0, 0, 3)))


def sources(references: marks.References) -> RenderableType:
    """The numbered list."""
    listed = references.listed()
    return Group(
        *(Text(f"{n}. {line}{marks.SIGNS[checked]}", style="dim") for n, (_, line, checked) in enumerate(listed, 1))
    )
