"""What `./run check` does: every check by name, all of them even when one fails."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TEMPLATES = sorted(str(one) for one in (ROOT / "unwound_clinic").rglob("*.html"))

CHECKS: dict[str, list[str]] = {
    "lint": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "templates": [sys.executable, "tests/house/templates.py"],
    "template tags": [str(BIN / "djade"), "--target-version", "5.2", "--check", *TEMPLATES],
    "types": [str(BIN / "mypy")],
    "import floors": [str(BIN / "lint-imports"), "--no-cache"],
    "data walk": [sys.executable, "-m", "pytest", "tests/data", "-n", "2", "-m", "not slow"],
    "docs freshness": [sys.executable, "docs/generate.py", "--check"],
}


def main() -> int:
    """Run every check and print one line each; 0 only when all pass."""
    failed = []
    for name, command in CHECKS.items():
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
        print(f"{'ok    ' if done.returncode == 0 else 'FAILED'}  {name}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
