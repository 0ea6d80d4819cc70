"""What `./run test` does: the fast tests in parallel, then the clinic's once more on PostgreSQL where it is installed.

`--all` adds the slow ones, `--coverage` counts branches.
"""

import os
import subprocess
import sys
import tempfile

import postgres


def main(arguments: list[str]) -> int:
    """Run pytest with the arguments given; returns its exit code."""
    every = "--all" in arguments
    covered = "--coverage" in arguments
    rest = [argument for argument in arguments if argument not in ("--all", "--coverage")]
    workers = [] if any(argument.startswith("-n") for argument in rest) else ["-n", str(min(os.cpu_count() or 1, 8))]
    marks = [] if every else ["-m", "not slow"]
    with tempfile.TemporaryDirectory(prefix="unwound-tests-") as data:
        os.environ.setdefault("UNWOUND_DATA", data)
        failed = _run(covered, [*workers, *marks, *rest])
        return failed if failed or rest else _on_postgres([*workers, *marks, "tests/clinic"])


def _on_postgres(arguments: list[str]) -> int:
    """The clinic keeps its promises on both databases."""
    programs = postgres.binaries()
    if programs is None:
        print("PostgreSQL is not installed: the clinic was tested on SQLite only (Debian: apt-get install postgresql)")
        return 0
    print("The clinic again, on PostgreSQL:", flush=True)
    with postgres.postgres(programs) as address:
        os.environ["UNWOUND_DATABASE_URL"] = address
        return _run(False, arguments)


def _run(covered: bool, arguments: list[str]) -> int:
    if not covered:
        return subprocess.call([sys.executable, "-m", "pytest", *arguments])
    coverage = [sys.executable, "-m", "coverage"]
    failed = subprocess.call([*coverage, "run", "-m", "pytest", *arguments])
    subprocess.call([*coverage, "combine", "--quiet"])
    return failed or subprocess.call([*coverage, "report", "--skip-covered"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
