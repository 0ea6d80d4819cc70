"""What `./run test` does: the fast tests in parallel; with --all the slow ones too."""

import os
import subprocess
import sys


def main(arguments: list[str]) -> int:
    """Run pytest with the arguments given; returns its exit code."""
    every = "--all" in arguments
    rest = [argument for argument in arguments if argument != "--all"]
    workers = [] if any(argument.startswith("-n") for argument in rest) else ["-n", str(min(os.cpu_count() or 1, 8))]
    marks = [] if every else ["-m", "not slow"]
    return subprocess.call([sys.executable, "-m", "pytest", *workers, *marks, *rest])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
