"""What `./run test` does: the fast tests in parallel, and beside them the clinic's on PostgreSQL where it is installed.

`--thorough` runs those that take seconds each, which the fast ones leave out: every page, whole ways through a browser.
`--all` adds them and the slow ones, lets the laws search anew and tries on both databases what is `one_database` too;
`--coverage` counts branches, `--after-check` leaves out the walk through the knowledge files, which `./run check` has
done. What else is given goes to pytest, which then runs on SQLite alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import postgres

OWN = ("--all", "--thorough", "--coverage", "--after-check")
NONE_INSTALLED = (
    "PostgreSQL is not installed: the clinic was tested on SQLite only (Debian: apt-get install postgresql)"
)


def main(arguments: Sequence[str]) -> int:
    """Run pytest with the arguments given; returns its exit code."""
    asked = [argument for argument in arguments if argument not in OWN]
    workers = min(os.cpu_count() or 1, 8)
    fast = "not slow" if asked else "not slow and not thorough"  # who names a file means all of it
    marks = ["--hypothesis-profile=searching"] if "--all" in arguments else ["-m", fast]
    if "--thorough" in arguments:
        asked, marks = asked or ["tests"], ["-m", "thorough and not slow"]
    data = ["--ignore=tests/data"] if "--after-check" in arguments else []
    covered = "--coverage" in arguments
    with tempfile.TemporaryDirectory(prefix="unwound-tests-") as folder:
        os.environ.setdefault("UNWOUND_DATA", folder)
        if asked:
            return _run(covered, [*_parallel(workers, asked), *marks, *data, *asked])
        programs = postgres.binaries()
        if programs is None:
            failed = _run(covered, [*_parallel(workers), *marks, *data])
            print(NONE_INSTALLED)
            return failed
        once = "not own_clinic" if "--all" in arguments else f"{fast} and not own_clinic and not one_database"
        twice = ["-m", once, "tests/clinic"]
        with _on_postgres(programs, [*_parallel((workers + 1) // 2), *twice]) as beside:
            failed = _run(covered, [*_parallel(workers), *marks, *data])
            return beside() or failed


def _parallel(workers: int, asked: Sequence[str] = ()) -> list[str]:
    """As many workers; neighbours stay together, for they share what is dear: a browser, a clinic, what is compiled."""
    return [] if any(argument.startswith("-n") for argument in asked) else ["-n", str(workers), "--dist", "worksteal"]


@contextmanager
def _on_postgres(programs: Path, arguments: Sequence[str]) -> Iterator[Callable[[], int]]:
    """The clinic keeps its promises on both databases: yields what waits for that run, shows it, and says how it went.

    Its lines are kept until then, so that the two do not run into each other.
    """
    with (
        tempfile.TemporaryDirectory(prefix="unwound-tests-") as data,
        tempfile.TemporaryFile() as lines,
        postgres.postgres(programs) as address,
    ):
        environment = {**os.environ, "UNWOUND_DATA": data, "UNWOUND_DATABASE_URL": address}
        started = subprocess.Popen(_pytest(arguments), env=environment, stdout=lines, stderr=subprocess.STDOUT)

        def ended() -> int:
            code = started.wait()
            lines.seek(0)
            print(
                "\nThe clinic on PostgreSQL, tested beside:",
                lines.read().decode(errors="replace"),
                sep="\n",
                flush=True,
            )
            return code

        try:
            yield ended
        finally:
            started.terminate()
            started.wait()


def _run(covered: bool, arguments: Sequence[str]) -> int:
    if not covered:
        return subprocess.call(_pytest(arguments))
    coverage = [sys.executable, "-m", "coverage"]
    failed = subprocess.call([*coverage, "run", "-m", "pytest", *arguments])
    subprocess.call([*coverage, "combine", "--quiet"])
    return failed or subprocess.call([*coverage, "report", "--skip-covered"])


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends with it
    sys.exit(main(sys.argv[1:]))
