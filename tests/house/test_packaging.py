"""What is built is whole: an installed Unwound has every file that this folder has."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]


def test_the_wheel_carries_every_file_of_both_packages(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    here = {path.relative_to(ROOT).as_posix() for name in ("unwound", "unwound_clinic") for path in _files(ROOT / name)}
    with ZipFile(wheel) as packed:
        assert here - set(packed.namelist()) == set()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
