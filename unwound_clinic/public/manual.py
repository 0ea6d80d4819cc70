"""The manual as pages of the clinic: the same texts as in the folder `docs`, so that help needs no Internet."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

SHIPPED, SOURCE = Path(__file__).parents[1] / "manual", Path(__file__).parents[2] / "docs"
"""Where the texts lie in an installed Unwound, and where in its source."""
FOLDERS = {
    "tutorial": "First steps",
    "how-to": "How to",
    "explanation": "Why it is so",
    "reference": "To look up",
}
"""Folder -> its heading, in the order of the contents."""
ALONE = "manual"
"""The folder, in addresses, of texts that lie in none."""
FIRST = ("run-a-session", "run-a-clinic", "import-a-record", "back-up-and-restore", "connect-monitors")
"""What people of a clinic look for comes before what is for programmers."""
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the manual: where it lies, its name in addresses, its title."""

    folder: str
    name: str
    title: str


def place() -> Path:
    """The folder of the texts."""
    return SHIPPED if SHIPPED.is_dir() else SOURCE


@cache
def contents() -> tuple[tuple[str, tuple[Text, ...]], ...]:
    """Heading -> its texts."""
    parts = ((title, _texts(folder, (place() / folder).glob("*.md"))) for folder, title in FOLDERS.items())
    alone = _texts(ALONE, place().glob("glossary.md"))
    return tuple((title, texts) for title, texts in (*parts, ("Words", alone)) if texts)


def _texts(folder: str, files: Iterable[Path]) -> tuple[Text, ...]:
    texts = [Text(folder, file.stem, _title(file)) for file in files]
    order = {name: number for number, name in enumerate(FIRST)}
    return tuple(sorted(texts, key=lambda text: (order.get(text.name, len(order)), text.title)))


def _title(file: Path) -> str:
    title = _TITLE.search(file.read_text(encoding="utf-8"))
    return title[1] if title else file.stem.replace("-", " ")


def text(folder: str, name: str) -> Text | None:
    """The text of that address; None where there is none."""
    known = (text for _, texts in contents() for text in texts)
    return next((text for text in known if (text.folder, text.name) == (folder, name)), None)


@lru_cache(maxsize=64)
def page(shown: Text) -> SafeString:
    """A text as HTML: its links lead to pages of the clinic, or nowhere; pictures are left out."""
    file = place() / ("" if shown.folder == ALONE else shown.folder) / f"{shown.name}.md"
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(file.read_text(encoding="utf-8"))
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[number + 1].content))
        if token.children:
            token.children = [part for child in token.children for part in _inline(child, shown.folder)]
    html = str(reader.renderer.render(tokens, reader.options, {}))
    for kind in ("table", "pre"):  # wider than a telephone: they scroll by themselves, also by keys
        html = html.replace(f"<{kind}>", f'<div class="scroll" tabindex="0" role="group"><{kind}>')
        html = html.replace(f"</{kind}>", f"</{kind}></div>")
    return SafeString(html)


def anchor(heading: str) -> str:
    """The name by which a heading is linked to, as in the source."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip())


def _inline(token: Token, folder: str) -> tuple[Token, ...]:
    if token.type == "image":
        return ()
    if token.type == "link_open":
        token.attrSet("href", _to(str(token.attrGet("href") or ""), folder))
    return (token,)


def _to(href: str, folder: str) -> str:
    """The address of a link: a text of the manual, an address of the web, else the contents."""
    if href.startswith(("https://", "http://", "#")):
        return escape(href)
    path, _, part = href.partition("#")
    whole = posixpath.normpath(posixpath.join("" if folder == ALONE else folder, path))
    within, _, name = whole.rpartition("/")
    target = text(within or ALONE, name.removesuffix(".md"))
    address = reverse("help-text", args=[target.folder, target.name]) if target else reverse("help")
    return f"{address}#{part}" if part and target else address
