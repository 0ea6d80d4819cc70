"""The command called as at a terminal, without the second that a new process takes to wake up."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from unwound.cli import main


def unwound(*arguments: str | Path, cwd: Path | None = None, together: bool = False) -> CompletedProcess[str]:
    """What `unwound ARGUMENTS` prints and how it ends; a traceback of its own would fail the test as such.

    Real files take what is printed, for the command may put others in their place. That it also runs as a process of
    its own is shown where that matters: a full disk, a reader that has enough, what the documentation gives a shell.
    Standard output and error come `together`, in their order, where a page shows them so.
    """
    words = ["unwound", *map(str, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        shown = [Path(folder, name) for name in ("stdout", "stderr")]
        with (
            shown[0].open("w", encoding="utf-8") as stdout,
            shown[1].open("w", encoding="utf-8") as stderr,
            redirect_stdout(stdout),
            redirect_stderr(stdout if together else stderr),
            patch.object(sys, "argv", words),
            chdir(cwd or os.getcwd()),
        ):
            code = _exit_code()
        return CompletedProcess(words, code, *(path.read_text(encoding="utf-8") for path in shown))


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else bool(end.code)
