"""A page of the documentation as notebooks: `python notebooks.py PAGE FOLDER` runs each part of it as Jupyter does.

Each part under a heading is a notebook of its own, with its blocks as cells. It needs nbclient and a kernel, which
nobody else here does. What was run is written into FOLDER, as a notebook and as a page to look at; a cell that fails,
prints otherwise than the page shows, or ends in a result that shows itself as a bare line, ends it.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from pages import FENCE, agrees

PART = re.compile(r"^## (.+)$", re.MULTILINE)
DRAWN = ("text/html", "image/")
"""What a result shows itself as, where it is more than a line."""
OUTSIDE = re.compile(r"<script|src=\"?https?:")
"""What would be loaded from elsewhere, or run."""
PATIENCE_S = 600


def parts(page: str) -> list[tuple[str, str]]:
    """Heading and text of each part."""
    _, *rest = PART.split(page)
    return list(zip(rest[::2], rest[1::2], strict=True))


def run(text: str, folder: Path) -> Any:
    """The blocks of a part as cells, run one after the other in one kernel. Raises where a cell fails."""
    blocks = [(match[1], match[2]) for match in FENCE.finditer(text)]
    cells = [nbformat.v4.new_code_cell(code.rstrip()) for language, code in blocks if language == "python"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=PATIENCE_S, resources={"metadata": {"path": str(folder)}}).execute()
    shown = [following(blocks, place) for place, (language, _) in enumerate(blocks) if language == "python"]
    for cell, wanted in zip(notebook.cells, shown, strict=True):
        printed = "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")
        if wanted and not agrees(wanted, printed):
            raise SystemExit(f"{cell.source}\nprints now:\n{printed}")
        results = [out.data for out in cell.outputs if out.output_type == "execute_result"]
        if not all(any(kind.startswith(DRAWN) for kind in data) for data in results):
            raise SystemExit(f"{cell.source}\nshows itself as a bare line: {results}")
        if any(OUTSIDE.search(data.get("text/html", "")) for data in results):
            raise SystemExit(f"{cell.source}\nshows nothing without the Internet")
    return notebook


def following(blocks: list[tuple[str, str]], place: int) -> str:
    """What the page shows under a block."""
    language, text = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
    return text if language == "text" else ""


def as_page(title: str, notebook: Any) -> str:
    """The notebook with what came out, to be looked at in a browser."""
    shown = [f"<h1>{html.escape(title)}</h1>"]
    for cell in notebook.cells:
        shown.append(f"<pre style='background:#eee'>{html.escape(cell.source)}</pre>")
        for out in cell.outputs:
            data = out.get("data", {})
            plain = out.get("text", "") or data.get("text/plain", "")
            shown.append(data.get("image/svg+xml") or data.get("text/html") or f"<pre>{html.escape(plain)}</pre>")
    return "<!doctype html><meta charset='utf-8'>" + "\n".join(shown)


def main(page: str, folder: str) -> None:
    """Runs every part of the page; a line for each."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for number, (title, text) in enumerate(parts(Path(page).read_text(encoding="utf-8")), 1):
        notebook = run(text, place)
        nbformat.write(notebook, place / f"{number}.ipynb")
        (place / f"{number}.html").write_text(as_page(title, notebook), encoding="utf-8")
        print(f"ok      notebook: {title}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
