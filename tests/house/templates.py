"""How templates are laid out: a block element begins its line, indented by what is open; no long lines.

`./run check` runs this. It mends nothing: where white space shows, only whoever writes knows what was meant.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 120
INDENT = 2
CONTINUED = 4
"""Attributes of a tag that goes on over several lines."""
DJANGO = r"\{%.*?%\}|\{\{.*?\}\}"
QUOTED = rf""""(?:{DJANGO}|[^"])*"|'(?:{DJANGO}|[^'])*'"""
TAG = re.compile(rf"{DJANGO}|<!.*?>|</?[a-zA-Z](?:{DJANGO}|{QUOTED}|[^>\"'])*>", re.DOTALL)
NAME = re.compile(r"(?:\{% *|</?)([a-z0-9]+)")
ONE_ATTRIBUTE = re.compile(rf"(<\w+ )?[\w-]+=({QUOTED})/?>?")
"""An address, or prose in an attribute: its line is as long as it has to be."""
VOID = {"br", "hr", "img", "input", "link", "meta", "path", "polyline"}
FLUSH = {"html"}
"""What is in it stands as far left as itself."""
AS_TYPED = {"pre", "script", "style", "textarea"}
BLOCKS = {
    "article", "aside", "body", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "head", "header", "html", "legend", "li", "link", "main", "meta", "nav", "ol",
    "option", "p", "script", "section", "select", "summary", "svg", "table", "tbody", "td", "th", "thead", "title",
    "tr", "ul",
}  # fmt: skip
OPENING = {"autoescape", "block", "blocktranslate", "element", "filter", "for", "if", "ifchanged", "slot", "with"}
BETWEEN = {"elif", "else", "empty"}


@dataclass
class Walk:
    """A way through one template: what is open here, and what was wrong so far."""

    text: str
    open: list[str] = field(default_factory=list)
    wrong: list[tuple[int, str]] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """Columns by which a line is indented here."""
        return INDENT * sum(name not in FLUSH for name in self.open)

    def fault(self, place: int, what: str) -> None:
        """Kept with the number of its line."""
        self.wrong.append((self.text.count("\n", 0, place) + 1, what))

    def lines(self, start: int, end: int, columns: int) -> None:
        """Lines whose first character stands in this stretch have to be indented by so much."""
        for line in re.finditer(r"(?m)^( *)(?=\S)", self.text):
            if start <= line.end() < end and len(line[1]) != columns:
                self.fault(line.end(), f"indented by {len(line[1])}, not {columns}")

    def first(self, place: int) -> bool:
        """Whether only white space stands before it on its line."""
        return not self.text[self.text.rfind("\n", 0, place) + 1 : place].strip()


def faults(text: str) -> list[tuple[int, str]]:
    """What is wrong with the layout of a template, each with its line."""
    walk, after = Walk(text), 0
    for tag in TAG.finditer(text):
        name, closes = NAME.match(tag[0]), tag[0].startswith(("</", "{% end"))
        if walk.open and walk.open[-1] in AS_TYPED and tag[0] != f"</{walk.open[-1]}>":
            continue
        if not (walk.open and walk.open[-1] in AS_TYPED):
            walk.lines(after, tag.start(), walk.depth)
        after = tag.end()
        _step(walk, tag, name[1] if name else "", closes)
    walk.lines(after, len(text), walk.depth)
    walk.wrong += [(text.count("\n"), f"{name} is not closed") for name in walk.open]
    return sorted([*walk.wrong, *_long(text)])


def _step(walk: Walk, tag: re.Match[str], name: str, closes: bool) -> None:
    """One tag: closed or opened, indented by what is open around it, a block at the beginning of its line."""
    if closes:
        name = name.removeprefix("end") if tag[0].startswith("{%") else name
        if not walk.open or walk.open.pop() != name:
            walk.fault(tag.start(), f"{tag[0]} closes what is not open")
    around = walk.depth - INDENT * (name in BETWEEN and tag[0].startswith("{%"))
    walk.lines(tag.start(), tag.start() + 1, around)
    walk.lines(tag.start() + 1, tag.end(), walk.depth + CONTINUED)
    if closes:
        return
    if tag[0].startswith("{%") and name in OPENING:
        walk.open.append(name)
    if not re.match("<[a-z]", tag[0]):
        return
    if name in BLOCKS and not walk.first(tag.start()):
        walk.fault(tag.start(), f"<{name}> does not begin its line")
    if name not in VOID:
        walk.open.append(name)


def _long(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST and not ONE_ATTRIBUTE.fullmatch(line.strip()):
            yield number, f"{len(line)} characters, at most {LONGEST}"


def main() -> int:
    """Every page of the clinic, and how long the lines of printed ones and of the report are; 0 when all are so."""
    count = 0
    clinic, library = ROOT / "unwound_clinic", ROOT / "unwound"
    for path in sorted([*clinic.rglob("*.html"), *clinic.rglob("*.typ"), *library.rglob("*.j2")]):
        text = path.read_text(encoding="utf-8")
        for line, what in faults(text) if path.suffix == ".html" else _long(text):
            print(f"{path.relative_to(ROOT)}:{line}: {what}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
