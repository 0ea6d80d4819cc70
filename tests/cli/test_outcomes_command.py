"""`unwound outcomes`: a course with its diary in one file, in words and as JSON; what is no diary is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from unwound.cli import commands
from unwound.record import UnwoundError

CASE = Path(__file__).parents[2] / "unwound" / "examples" / "crps_after_wrist_fracture.toml"
COURSE = """
as_of = 2026-04-06
drug = "esketamine"
weight_kg = 70
diary = "diary.csv"
elsewhere_asked = true
infusions = [{ on = 2026-03-02, hours = 100, mg = 2000 }]
scores = [{ on = 2026-02-20, phq_9 = 16, peg = 8 }, { on = 2026-04-06, phq_9 = 7, peg = 4 }]
planned = { start = 2026-04-06, hours = 100 }
"""
DIARY = "on,pain\n2026-02-10,8\n2026-02-15,8\n2026-02-20,7\n2026-02-28,8\n" + "".join(
    f"2026-03-{day:02},{pain}\n" for day, pain in ((12, 3), (19, 3), (26, 4))
)


def run(folder: Path, *options: str, course: str = COURSE, diary: str = DIARY) -> Result:
    (folder / "course.toml").write_text(course)
    (folder / "diary.csv").write_text(diary + "2026-04-02,4\n")
    return CliRunner().invoke(commands, ["outcomes", str(folder / "course.toml"), *options])


def test_judged_followed_and_forecast_in_words(tmp_path: Path) -> None:
    said = run(tmp_path).output
    for words in (
        "Change of pain: moderate, 48 % less pain", "Relief lasts; its end", "not validated on patients",
        "Too early for another course", "100 hours within 12 weeks and 100 planned, 31 days after the last",
        "To find out", "from day  32",
    ):  # fmt: skip
        assert words in said, words


def test_the_same_as_json_with_the_patients_case(tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(run(tmp_path, "--json", course=COURSE + "relief_lost = true\n").output)
    assert (found["outcome"]["level"], found["ending"]["kind"], found["again"]["verdict"]) == (
        "moderate", "still", "too-early",
    )  # fmt: skip
    assert found["again"]["mg"] == {"esketamine": "2000"}
    assert len(found["weeks"]) == 8
    assert all(week["low"] < week["median"] < week["high"] for week in found["weeks"])
    assert found["again"]["until"] == "2026-05-29", "84 days after the end of the last"
    assert "last_course.helped" in found["again"]["ask"], "six weeks are not over"


def test_without_amounts_there_is_no_forecast_and_it_says_why(tmp_path: Path) -> None:
    said = run(tmp_path, course=COURSE.replace(", mg = 2000", "")).output
    assert "For how long cannot be told: the weight, and hours and milligrams" in said
    assert "Change of pain: moderate" in said


@pytest.mark.parametrize(
    ("course", "diary", "named"),
    [
        (COURSE.replace("esketamine", "aspirin"), DIARY, "drug"),
        (COURSE + "weigth = 3\n", DIARY, "weigth"),
        (COURSE, DIARY + "2026-03-20,eleven\n", "«eleven» is no number"),
        (COURSE, DIARY + "2026-03-20,11\n", "pain on 2026-03-20"),
        (COURSE, DIARY + "20.3.2026,5\n", "«20.3.2026» is no day"),
        (COURSE, DIARY + "2027-03-20,5\n", "after the day of the file"),
        (COURSE, "day,pain\n", "one of them «on»"),
        (COURSE.replace("diary.csv", "none.csv"), DIARY, "none.csv"),
        (COURSE.replace("peg = 8", "pegg = 8"), DIARY, "pegg"),
        ("as_of = ", DIARY, "no TOML file"),
    ],
)
def test_what_is_no_course_is_refused_by_its_place(tmp_path: Path, course: str, diary: str, named: str) -> None:
    result = run(tmp_path, course=course, diary=diary)
    assert isinstance(result.exception, UnwoundError)
    assert named in str(result.exception)
