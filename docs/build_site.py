"""Build the site of the documentation from docs/ and the data, without a network: `./run docs [FOLDER]`.

The pages are laid out as the generator wants them in a folder of their own: README and its neighbours get a place
among them, links to files that the site does not have become words, and lists are indented as its Markdown asks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import api_pages

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
CONFIGURATION = DOCS / "zensical.toml"
BESIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages that lie outside docs/, and where they are in the site."""
LINK = re.compile(r"(!?)\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]\(([^)\s]+)\)")
FENCED = re.compile(r"^( *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
MARKER = re.compile(r"(?:[-*+]|\d+[.)]) +")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
SHIM = re.compile(r"""<script[^>]*\bsrc=["']?https://unpkg\.com/iframe-worker/shim["']?[^>]*>\s*</script>""")
"""What the generator loads from elsewhere so that a page opened as a file can search; ours stands in its place."""
LOADED = re.compile(
    r"""<(?:script|link|img|iframe|source|object|embed|video|audio)\b[^>]*?\b(?:src|href|data)=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|(?:url\(|@import\s+)["']?((?:https?:)?//[^"')\s]+)""",
    re.IGNORECASE,
)
"""What a page or a style sheet fetches by itself from another address; a link that a reader follows is none of it."""
FROM_A_FILE = """\
// A browser starts no worker from a file: the same program, carried along, starts from memory.
if (location.protocol === "file:") {
  const Started = window.Worker;
  const program = URL.createObjectURL(new Blob([%s], { type: "text/javascript" }));
  window.Worker = function () { return new Started(program); };
}
"""
INDENT = 4
"""Columns that the generator's Markdown asks for, where GitHub's asks for the width of the marker."""


def pages() -> dict[str, Path]:
    """Place in the site -> the file a page is written in."""
    own = {path.relative_to(DOCS).as_posix(): path for path in sorted(DOCS.rglob("*.md"))}
    return {**{place: ROOT / name for name, place in BESIDE.items()}, **own}


def page(text: str, place: str, path: Path, places: dict[Path, str]) -> str:
    """What is written in that file as the site has it; `places` says where every file of the site is."""
    parts = FENCED.split(text)
    linked = (part if at % 2 else _linked(part, place, path, places) for at, part in enumerate(parts))
    return indented("".join(linked))


def _linked(text: str, place: str, path: Path, places: dict[Path, str]) -> str:
    def again(link: re.Match[str]) -> str:
        picture, words, to = link.groups()
        target, _, part = to.partition("#")
        if not target or ":" in target:
            return link[0]
        there = places.get((path.parent / target).resolve())
        if there is None:
            return words
        relative = os.path.relpath(there, Path(place).parent)
        return f"{picture}[{words}]({Path(relative).as_posix()}{'#' + part if part else ''})"

    return LINK.sub(again, text)


def indented(text: str) -> str:
    """What stands in a list moved as far in as the generator's Markdown asks, and a list apart from what is before."""
    lines: list[str] = []
    within: list[int] = []
    fence, blank, listed = False, True, False
    for line in text.split("\n"):
        content = line.lstrip(" ")
        at = len(line) - len(content)
        marker = None if fence else MARKER.match(content)
        if content and not fence and (blank or marker):
            while within and at < within[-1]:
                within.pop()
        rest = max(0, at - within[-1]) if within else at
        if marker and rest < INDENT:
            if not within and not blank and not MARKER.match(lines[-1].lstrip(" ")) and not listed:
                lines.append("")
            lines.append(" " * (INDENT * len(within) + rest) + content)
            within.append(at + len(marker[0]))
        else:
            lines.append(" " * (INDENT * len(within) + rest) + content if content else "")
        if content.startswith("```"):
            fence = not fence
        listed = bool(within)
        blank = not content
    return "\n".join(lines)


def lay_out(folder: Path) -> None:
    """Everything the generator needs, in that folder."""
    laid = folder / "pages"
    written, made = pages(), api_pages.pages()
    pictures = {path: path.relative_to(DOCS).as_posix() for path in sorted((DOCS / "pictures").iterdir())}
    places = {**{path: place for place, path in written.items()}, **pictures}
    for path, place in pictures.items():
        (laid / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, laid / place)
    for place, path in written.items():
        (laid / place).parent.mkdir(parents=True, exist_ok=True)
        (laid / place).write_text(page(path.read_text(encoding="utf-8"), place, path, places), encoding="utf-8")
    for place, text in made.items():
        (laid / place).parent.mkdir(parents=True, exist_ok=True)
        (laid / place).write_text(indented(text), encoding="utf-8")
    shutil.copyfile(CONFIGURATION, folder / CONFIGURATION.name)


def keep_at_home(site: Path) -> None:
    """The search works from files too, with nothing from outside."""
    (worker,) = (site / "assets/javascripts/workers").glob("search.*.js")
    ours = site / "assets/javascripts/from-a-file.js"
    ours.write_text(FROM_A_FILE % json.dumps(worker.read_text(encoding="utf-8")), encoding="utf-8")
    for built in site.rglob("*.html"):
        text = built.read_text(encoding="utf-8")
        relative = Path(os.path.relpath(ours, built.parent)).as_posix()
        built.write_text(SHIM.sub(f'<script src="{relative}"></script>', text), encoding="utf-8")


def loaded_from_outside(site: Path) -> list[str]:
    """Every address outside that a page or style sheet of the site would load, with the file that does."""
    return [
        f"{path.relative_to(site)}: {found[1] or found[2]}"
        for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")])
        for found in LOADED.finditer(path.read_text(encoding="utf-8"))
    ]


def build(to: Path) -> int:
    """The site in that folder, which it replaces; 1, and why, for a broken link or a page that loads from outside."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        lay_out(folder)
        command = [sys.executable, "-m", "zensical", "build", "--strict"]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            print(COLOUR.sub("", done.stdout + done.stderr).partition("Traceback")[0], file=sys.stderr)
            return 1
        keep_at_home(folder / "site")
        outside = loaded_from_outside(folder / "site")
        if outside:
            print("the pages would load from outside:", *outside, sep="\n", file=sys.stderr)
            return 1
        if to.exists():
            shutil.rmtree(to)
        shutil.copytree(folder / "site", to)
    print(f"{sum(1 for _ in to.rglob('*.html'))} pages: open {to / 'index.html'}")
    return 0


def main(arguments: list[str]) -> int:
    """Builds into the folder that is named, or into site/."""
    if find_spec("zensical") is None:
        print("the site needs zensical: pip install 'unwound[docs]'", file=sys.stderr)
        return 2
    to = Path(arguments[0]) if arguments else ROOT / "site"
    if to.exists() and not (to / "search.json").exists() and any(to.iterdir()):
        print(f"{to} is there and is no site of ours: name an empty folder or a new one", file=sys.stderr)
        return 2
    return build(to)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
