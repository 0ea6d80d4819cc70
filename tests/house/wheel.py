"""What was built, installed alone as a stranger has it: `python tests/house/wheel.py [--quick] [PYTHON ...]`.

For each Python (this one without any) fresh environments: the core alone reviews and plans, is small, and names what
it lacks; each extra alone does what it is for; then with all of them every page that shows commands or Python runs from
an empty folder, and the page on notebooks in a real one. With `--quick` the core, the README and the first tutorial.
All of it takes some ten minutes a Python: `nice -n 19 .venv/bin/python tests/house/wheel.py python3.11 python3.12 ...`.
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
EXTRAS = "simulate,plots,tables,devices,cluster,screening"
"""All that pages use; the clinic has tests of its own."""
NOTEBOOK = ROOT / "docs/how-to/work-in-a-notebook.md"
NOTEBOOKS = ("nbclient", "ipykernel", "pandas", "polars")
CASE = "examples/crps_after_wrist_fracture.toml"
SIMULATE = "simulate --protocol crps_ketamine_10_days --weight-kg 70"
ALONE = {
    "simulate": SIMULATE,
    "plots": f"compare-protocols {CASE} --plot compared.svg",
    "tables": "-c import pyarrow.parquet, unwound.notebook",
    "devices": "-c import unwound.exchange.hl7v2",
    "cluster": (
        "-c from distributed import LocalCluster; from unwound.pharmacology.population import population; "
        "from unwound.pharmacology.dosing import infusion; "
        "here = LocalCluster(1, processes=False, dashboard_address=None); "
        "print(population([infusion(0, 20, 4)], 'otto_2021', n=20, seed=1, times_h=[4], weight_kg=70, "
        "cluster=here.scheduler_address)); here.close()"
    ),
    "screening": "screen examples --out screened.parquet --as-of 2026-11-21 --workers 1",
    "clinic": (
        "-c import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'unwound_clinic.settings'; django.setup(); "
        "from django.core.management import call_command; call_command('check')"
    ),
}
"""Each extra, and what it alone is for: words for the command, or after -c for Python."""
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
    installed(python, wheel)
    site = next(path for path in (python.parents[1] / "lib").glob("python3*/site-packages"))
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6
    if size > MOST_MB:
        raise SystemExit(f"the core is {size:.0f} MB, at most {MOST_MB} are wanted")
    unwound = python.parent / "unwound"
    ran(unwound, "examples", "--to", "examples", cwd=desk)
    ran(unwound, "review", CASE, cwd=desk)
    ran(unwound, "plan", "crps_ketamine_10_days", CASE, "--concentration-mg-per-ml", "2", cwd=desk)
    said = ran(unwound, *SIMULATE.split(), cwd=desk, code=2)
    if said != "unwound: simulating needs numba: pip install 'unwound[simulate]'\n":
        raise SystemExit(f"the core says of a simulation: {said}")
    print(f"ok      the core alone, {size:.0f} MB", flush=True)


def each_extra(name: str, wheel: Path, here: Path) -> None:
    """Every extra in a fresh environment of its own, with nothing but the core beside it."""
    for extra, words in ALONE.items():
        python = fresh(name, here / "alone")
        installed(python, f"{wheel}[{extra}]")
        program = [python, "-c", words[3:]] if words.startswith("-c ") else [python.parent / "unwound", *words.split()]
        ran(*program, cwd=here)
        print(f"ok      [{extra}] alone", flush=True)


def notebooks(python: Path, here: Path) -> None:
    """The page on notebooks, each part of it a notebook that is run as Jupyter runs it."""
    installed(python, *NOTEBOOKS)
    print(ran(python, ROOT / "tests/house/notebooks.py", NOTEBOOK, here / "notebooks", cwd=here), end="", flush=True)


def fresh(name: str, place: Path) -> Path:
    """A new environment of a Python; its interpreter."""
    ran(sys.executable, "-m", "uv", "venv", "--quiet", "--clear", "--python", name, place)
    return place / "bin/python"


def installed(python: Path, *wanted: str | Path) -> None:
    """Installs what is wanted into the environment of an interpreter."""
    ran(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, *wanted)


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
            python = fresh(name, here / "made")
            print(ran(python, "--version").strip(), flush=True)
            core(python, wheel, here)
            if "--quick" not in words:
                each_extra(name, wheel, here)
            installed(python, f"{wheel}[{EXTRAS}]")
            run = [python, ROOT / "tests/house/pages.py", python.parent / "unwound", *pages]
            failed |= subprocess.run(run, cwd=here, check=False).returncode
            if "--quick" not in words:
                notebooks(python, here)
            print(f"{time.monotonic() - began:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
