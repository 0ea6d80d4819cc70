"""`unwound target` as it is typed."""

import json
from pathlib import Path

import pytest
from terminal import unwound

WORDS = (
    "target",
    "--model",
    "otto_2021",
    "--weight-kg",
    "70",
    "--at-least",
    "150",
    "--by",
    "Dr Testcase",
    "--hours",
    "4",
)
MORE = ("--step-min", "30", "--concentration-mg-per-ml", "2")


def test_the_steps_come_first_then_every_model_and_that_it_drives_no_pump() -> None:
    done = unwound(*WORDS, *MORE, "--below", "50", "--plasma-at-most", "170")
    assert done.returncode == 0, done.stderr
    places = [done.stdout.index(part) for part in ("mg/h", "Model", "simons_2022", "Planning only")]
    assert places == sorted(places)
    assert "h to 50" in done.stdout


def test_the_json_has_rates_in_tenths_of_a_millilitre() -> None:
    found = json.loads(unwound(*WORDS, *MORE, "--json", "--given", "-1,10,1").stdout)
    assert found["corridor"]["by"] == "Dr Testcase"
    assert len(found["steps"]) == 8
    for step in found["steps"]:
        assert step["ml_per_h"] * 10 == pytest.approx(round(step["ml_per_h"] * 10))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--given", "0,60"), "three numbers are needed"),
        (("--given", "0,-1,1"), "a rate is not below zero"),
        (("--given", "0,60,1"), "give doses as they really ran"),
        (("--high-at-most", "-5"), "not a concentration"),
        (("--plot", "x.pdf"), ".svg"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(words: tuple[str, ...], says: str) -> None:
    done = unwound(*WORDS, *MORE, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_nothing_is_assumed() -> None:
    for missing in ("--by", "--at-least", "--weight-kg"):
        place = WORDS.index(missing)
        done = unwound(*WORDS[:place], *WORDS[place + 2 :], *MORE)
        assert done.returncode == 2
        assert missing in done.stderr


def test_it_is_drawn(tmp_path: Path) -> None:
    done = unwound(*WORDS, *MORE, "--plot", tmp_path / "target.svg")
    assert done.returncode == 0, done.stderr
    assert "From a corridor to rates" in (tmp_path / "target.svg").read_text("utf-8")
