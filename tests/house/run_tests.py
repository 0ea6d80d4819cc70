"""What `./run test` does: the fast tests in parallel, and beside them on PostgreSQL those that rest on a database.

`--thorough` runs those that take seconds each, which the fast ones leave out (every page, whole ways through a
browser), and beside them the rest of the clinic's on PostgreSQL. `--all` adds both and the slow ones, lets the laws
search anew and tries on both databases what is `one_database` too; `--coverage` counts branches, `--after-check` leaves
out the walk through the knowledge files, which `./run check` has done. What else is given goes to pytest, which then
runs on SQLite alone.
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

FAST = "not slow and not thorough"
OWN = ("--all", "--thorough", "--coverage", "--after-check")
ON_BOTH = tuple(
    Path("tests/clinic") / name
    for name in (
        *("test_near_misses.py", "core/test_accounts.py", "core/test_actions.py", "core/test_audit.py"),
        *("core/test_finding.py", "core/test_kept_rows.py", "core/test_nothing_twice.py", "follow_up/test_asking.py"),
        *("follow_up/test_clinic_outcomes.py", "follow_up/test_own_diary.py", "follow_up/test_own_door.py"),
        *("intake/test_two_devices.py", "leaving", "monitors", "record/test_erasure.py", "record/test_ledger.py"),
        *("record/test_merging.py", "record/test_outside_records_again.py", "record/test_pains_on_record.py", "server"),
        *("session/test_alert_watch.py", "session/test_alerts_answered.py", "session/test_appointments.py"),
        *("session/test_clock_that_jumped.py", "session/test_session_attacks.py", "session/test_stock.py"),
        *("session/test_session_record_attacks.py", "session/test_vials.py", "session/test_voiding.py"),
        *("session/test_waiting.py", "treatment/test_consent.py", "treatment/test_bills.py"),
    )
)
"""Where a database decides: what is locked, unique, ordered, cut to a length, searched, or taken back as a whole."""
NONE_INSTALLED = (
    "PostgreSQL is not installed: the clinic was tested on SQLite only (Debian: apt-get install postgresql)"
)


def main(arguments: Sequence[str]) -> int:
    """Run pytest with the arguments given; returns its exit code."""
    asked = [argument for argument in arguments if argument not in OWN]
    workers = min(os.cpu_count() or 1, 8)
    every, thorough = "--all" in arguments, "--thorough" in arguments
    data = ["--ignore=tests/data"] if "--after-check" in arguments else []
    covered = "--coverage" in arguments
    with tempfile.TemporaryDirectory(prefix="unwound-tests-") as folder:
        os.environ.setdefault("UNWOUND_DATA", folder)
        if asked:  # who names a file means all of it
            return _run(covered, [*_parallel(workers, asked), *_marks(every, thorough, "not slow"), *data, *asked])
        here = [*_parallel(workers), *_marks(every, thorough, FAST), *data]
        programs = postgres.binaries()
        if programs is None:
            failed = _run(covered, here)
            print(NONE_INSTALLED)
            return failed
        with _on_postgres(programs, [*_parallel((workers + 1) // 2), *_twice(every, thorough)]) as beside:
            failed = _run(covered, here)
            return beside() or failed


def _marks(every: bool, thorough: bool, usual: str) -> list[str]:
    if every:
        return ["--hypothesis-profile=searching"]
    return ["-m", "thorough and not slow" if thorough else usual]


def _twice(every: bool, thorough: bool) -> list[str]:
    """What runs on PostgreSQL: all of the clinic's, the heart of it, or the rest."""
    if every:
        return ["-m", "not own_clinic", "tests/clinic"]
    kinds = "not own_clinic and not one_database"
    if thorough:
        return ["-m", f"not slow and {kinds}", "tests/clinic", *(f"--ignore={place}" for place in ON_BOTH)]
    return ["-m", f"{FAST} and {kinds}", *map(str, ON_BOTH)]


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
