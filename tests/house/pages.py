"""A page of the documentation run as a reader would, with nothing but Python's own library.

`python tests/house/pages.py UNWOUND PAGE ...` runs each page in an empty folder, its Python in this interpreter and its
commands with the command UNWOUND; exit code 1 where a page shows something else.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FRAME = re.compile(r"[│╭╮╰╯─━┃╇┏┓┗┛│]+")
COMMAND = re.compile(r"^\$ (.+(?:\\\n.+)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
ALLOWED = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SHOWN_AS = {"COLUMNS": "100", "NO_COLOR": "1"}


def fences(path: Path) -> list[tuple[str, str]]:
    """The blocks of a page: language and text."""
    return [(match[1], match[2]) for match in FENCE.finditer(path.read_text(encoding="utf-8"))]


def agrees(shown: str, happened: str) -> bool:
    """Whether what a page shows is what happened; frames, breaks of lines and «...» aside."""
    want, got = (" ".join(FRAME.sub(" ", text).split()) + "\n" for text in (shown, happened))
    return doctest.OutputChecker().check_output(want, got, ALLOWED)


def shell(command: str, desk: Path) -> str:
    """What a shell shows."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=desk,
        env={**os.environ, **SHOWN_AS},
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout


def sit_down(desk: Path, command: str) -> None:
    """Makes `./run` in that empty folder stand for the command, wherever it was installed."""
    run = desk / "run"
    run.write_text(f'#!/bin/sh\nexec "{command}" "$@"\n')
    run.chmod(0o755)


def run(path: Path, desk: Path, say: Callable[[str, Path], str] = shell) -> None:
    """Every example on the page, in order. AssertionError, with what happened, where one does something else."""
    world: dict[str, object] = {}
    blocks = fences(path)
    for place, (language, text) in enumerate(blocks):
        if language == "console":
            for command, shown in COMMAND.findall(text):
                happened = say(command, desk)
                assert agrees(shown, happened), f"{path.name}: $ {command}\nsays now:\n{happened}"
        elif language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, path.name, "exec"), world)
            follows = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
            if follows[0] == "text":
                assert agrees(follows[1], out.getvalue()), f"{path.name} prints now:\n{out.getvalue()}"


def main(command: str, pages: list[str]) -> int:
    """Runs the pages and prints a line for each; 1 where one does something else than it shows."""
    failed = 0
    for page in pages:
        path = Path(page).resolve()
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            sit_down(Path(folder), command)
            try:
                run(path, Path(folder))
            except Exception as error:
                failed = 1
                print(f"FAILED  {page}\n{error!r}" if not isinstance(error, AssertionError) else f"FAILED  {error}")
            else:
                print(f"ok      {page}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
