"""What was built, installed alone as a stranger has it: `python tests/house/wheel.py [--quick] [PYTHON ...]`.

For each Python (this one without any) a fresh environment: the core alone reviews and plans, is small, and names what
it lacks; then with all extras every page that shows commands or Python runs from an empty folder (with
`--quick` the README and the first tutorial).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pages import fences

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    str(page)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "reference" not in page.parts and any(language in ("console", "python") for language, _ in fences(page))
]
EXTRAS = "simulate,plots,tables,devices,cluster"
"""All that pages use; the clinic has tests of its own."""
QUICK = ("README.md", "first-review.md")
MOST_MB = 120
"""Of the core, with everything that it needs."""


def ran(*command: str | Path, cwd: Path = ROOT, code: int = 0) -> str:
    """What a command prints. SystemExit where it ends otherwise than it should."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != code:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def core(python: Path, wheel: Path, desk: Path) -> None:
    """The wheel without extras: reviews, plans, refuses in a line."""
    ran(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, wheel)
    site = next(path for path in (python.parents[1] / "lib").glob("python3*/site-packages"))
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6
    if size > MOST_MB:
        raise SystemExit(f"the core is {size:.0f} MB, at most {MOST_MB} are wanted")
    unwound = python.parent / "unwound"
    ran(unwound, "examples", "--to", "examples", cwd=desk)
    case = "examples/crps_after_wrist_fracture.toml"
    ran(unwound, "review", case, cwd=desk)
    ran(unwound, "plan", "crps_ketamine_10_days", case, "--concentration-mg-per-ml", "2", cwd=desk)
    said = ran(unwound, "simulate", "--protocol", "crps_ketamine_10_days", "--weight-kg", "70", cwd=desk, code=2)
    if said != "unwound: simulating needs numba: pip install 'unwound[simulate]'\n":
        raise SystemExit(f"the core says of a simulation: {said}")
    print(f"ok      the core alone, {size:.0f} MB", flush=True)


def main(words: list[str]) -> int:
    """Builds the wheel and tries it with each Python."""
    pythons = [word for word in words if word != "--quick"]
    pages = [page for page in PAGES if "--quick" not in words or page.endswith(QUICK)]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", here)
        (wheel,) = here.glob("*.whl")
        failed = 0
        for name in pythons or [sys.executable]:
            began = time.monotonic()
            made = here / "made"
            ran(sys.executable, "-m", "uv", "venv", "--quiet", "--clear", "--python", name, made)
            python = made / "bin/python"
            print(ran(python, "--version").strip(), flush=True)
            core(python, wheel, here)
            ran(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, f"{wheel}[{EXTRAS}]")
            run = [python, ROOT / "tests/house/pages.py", made / "bin/unwound", *pages]
            failed |= subprocess.run(run, cwd=here, check=False).returncode
            print(f"{time.monotonic() - began:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
