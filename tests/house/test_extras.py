"""Without the extras a review, a plan and the knowledge work; every other command names, in a line, what brings it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from unwound import examples, extras

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DISTRIBUTION = {"vl_convert": "vl-convert-python", "dask": "distributed", "llvmlite": "numba"}
"""Where the package that is imported is not called as what is installed, or comes with it."""
ALONE = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {set(extras.BROUGHT_BY)!r}:
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)

sys.meta_path.insert(0, Absent())
from click.testing import CliRunner
from unwound.cli import commands
from unwound.record import UnwoundError
for line in sys.stdin.read().splitlines():
    done = CliRunner().invoke(commands, line.split())
    error = done.exception
    said = str(error) if isinstance(error, UnwoundError) else repr(error) if error and done.exit_code != 0 else "works"
    print(said.replace(chr(10), " "), flush=True)
"""
CASE = str(examples.path("crps_after_wrist_fracture"))
TABLE = str(examples.path("two_people"))
WORKS = [
    f"review {CASE}",
    f"review --json {CASE}",
    f"review --as-of 2026-11-21 {examples.path('nerve_injury_after_thoracotomy')}",
    "examples",
    "cite crps_1",
    "find feet",
    "assumptions",
    "due",
    "schema case",
    "plan",
    f"plan crps_ketamine_10_days {CASE} --concentration-mg-per-ml 2",
]
SIMULATING = "simulating needs numba: pip install 'unwound[simulate]'"
NEEDS = {
    "simulate --protocol crps_ketamine_10_days --weight-kg 70": SIMULATING,
    f"simulate --events {TABLE} --model kamp_2020": SIMULATING,
    "models domino_1982": SIMULATING,
    "windup --ketamine-um 3": SIMULATING,
    f"compare-protocols {CASE} --plot a.svg": "a chart needs altair: pip install 'unwound[plots]'",
    "demo": "unwound[clinic]",
    "listen --data nowhere": "unwound[",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    lines = [*WORKS, *NEEDS]
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        input="\n".join(lines),
        cwd=tmp_path_factory.mktemp("alone"),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(lines, done.stdout.splitlines(), strict=True))


@pytest.mark.thorough
def test_reviews_plans_and_knowledge_need_no_extra(said: dict[str, str]) -> None:
    assert {line: said[line] for line in WORKS} == dict.fromkeys(WORKS, "works")


@pytest.mark.parametrize("line", NEEDS)
def test_what_is_missing_is_named_with_what_brings_it(said: dict[str, str], line: str) -> None:
    assert NEEDS[line] in said[line]


def test_every_part_is_brought_by_the_extra_that_is_named() -> None:
    brings = {
        extra: {wanted.partition(">")[0].partition("[")[0] for wanted in wants}
        for extra, wants in PROJECT["optional-dependencies"].items()
    }
    for part, extra in extras.BROUGHT_BY.items():
        assert DISTRIBUTION.get(part, part) in brings[extra], part
    core = {wanted.partition(">")[0] for wanted in PROJECT["dependencies"]}
    assert not core & {DISTRIBUTION.get(part, part) for part in extras.BROUGHT_BY}


def test_what_nobody_knows_stays_the_error_it_is() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_thing"), extras.needed("nothing"):
        import no_such_thing  # noqa: F401
    with pytest.raises(extras.MissingPartError, match="a trial needs numba: pip install"), extras.needed("a trial"):
        raise ModuleNotFoundError(name="numba.core")
