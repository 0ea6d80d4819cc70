"""`unwound plan` and `unwound compare-protocols` as a person meets them."""

import json
from pathlib import Path

import pytest
from terminal import unwound

ROOT = Path(__file__).parents[2]
CRPS = ROOT / "unwound" / "examples" / "crps_after_wrist_fracture.toml"
TEN = "crps_ketamine_10_days"
STRONG = ("--concentration-mg-per-ml", "1")


def test_a_plan_shows_the_pump_first_and_then_limits_watching_stops_and_sources() -> None:
    done = unwound("plan", TEN, CRPS, "--concentration-mg-per-ml", "2")
    assert done.returncode == 0, done.stderr
    places = [
        done.stdout.index(part)
        for part in (
            "880.6 mg in total: 440.3 mL of 2 mg/mL",
            "Pump settings",
            "Limits at this weight",
            "Monitoring",
            "When to stop",
            "Liver tests",
            "Evidence",
            "Sources",
            "never an order",
        )
    ]
    assert places == sorted(places)
    assert "days 3 to 5, 8 to 12, 4 h each" in done.stdout
    assert "unchecked" in done.stdout


def test_the_json_of_a_plan_is_whole_and_its_volume_follows_the_concentration() -> None:
    one, two = (
        json.loads(unwound("plan", TEN, CRPS, "--json", "--concentration-mg-per-ml", c).stdout) for c in ("1", "2")
    )
    assert (one["verdict"], one["drug"], one["weight_kg"]) == ("planned", "racemic", 68)
    assert one["total_ml"] == pytest.approx(2 * two["total_ml"])
    assert len(one["doses"]) == len(one["days"]) == 10
    assert sum(dose["amount_mg"] for dose in one["doses"]) == pytest.approx(one["total_mg"])
    assert {"ceilings", "checks", "stop_rules", "liver_tests", "co_medication", "setting", "sources"} <= set(one)
    assert [ask["fact"] for ask in one["asks"]] == ["height_cm"]


def test_dates_follow_the_first_day() -> None:
    plan = json.loads(unwound("plan", TEN, *STRONG, CRPS, "--json", "--start", "2026-12-07").stdout)
    assert [plan["days"][0]["on"], plan["days"][-1]["on"]] == ["2026-12-07", "2026-12-18"]
    assert plan["liver_tests"][-1]["on"] == "2026-12-25"


def test_a_refused_plan_says_why_shows_no_dose_and_exits_with_2() -> None:
    done = unwound("plan", TEN, *STRONG, "--weight-kg", "29")
    assert done.returncode == 2
    assert "NO PLAN" in done.stdout
    assert "30 to 200 kg" in done.stdout
    assert "Pump settings" not in done.stdout
    plan = json.loads(unwound("plan", TEN, *STRONG, "--weight-kg", "29", "--json").stdout)
    assert (plan["verdict"], plan["doses"], plan["total_mg"]) == ("refused", [], 0)


def test_a_record_without_a_weight_is_asked_for_it(tmp_path: Path) -> None:
    case = CRPS.read_text("utf-8").replace("weight_kg = { value = 68, on = 2026-11-20 }\n", "")
    (tmp_path / "case.toml").write_text(case, "utf-8")
    done = unwound("plan", TEN, *STRONG, "case.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "NO PLAN YET" in done.stdout
    assert "What is the weight?" in done.stdout
    other = unwound("compare-protocols", "case.toml", cwd=tmp_path)
    assert (other.returncode, other.stdout) == (2, "")
    assert "weight_kg is not known" in other.stderr


def test_a_relative_stop_is_lifted_by_name_and_stays_on_the_plan(tmp_path: Path) -> None:
    case = CRPS.read_text("utf-8").replace("escort_available = true", "escort_available = false")
    (tmp_path / "case.toml").write_text(case, "utf-8")
    assert unwound("plan", TEN, *STRONG, "case.toml", cwd=tmp_path).returncode == 2
    done = unwound("plan", TEN, *STRONG, "case.toml", "--despite", "escort", cwd=tmp_path)
    assert done.returncode == 0
    assert "overridden by a named clinician" in " ".join(done.stdout.split())


def test_without_a_protocol_all_are_listed() -> None:
    done = unwound("plan")
    assert done.returncode == 0
    for id in (TEN, "crps_esketamine_4_days", "ketamine_single_80_mg"):
        assert id in done.stdout


def test_protocols_are_compared_for_the_eye_and_for_a_program() -> None:
    done = unwound("compare-protocols", CRPS)
    assert done.returncode == 0
    assert "More is not always better." in done.stdout
    assert "Controlled data end" in done.stdout
    assert "esketamine 100 h" in done.stdout
    found = json.loads(unwound("compare-protocols", CRPS, "--json", "--protocol", TEN).stdout)
    assert [one["protocol"] for one in found["compared"]] == [TEN]
    assert set(found["compared"][0]["relief_after_days"]) == {"7", "28", "77"}


@pytest.mark.thorough
@pytest.mark.parametrize("suffix", ["svg", "png", "html"])
def test_pictures_are_written_whole_and_say_what_they_show(tmp_path: Path, suffix: str) -> None:
    plan, comparison = tmp_path / f"plan.{suffix}", tmp_path / f"comparison.{suffix}"
    assert unwound("plan", TEN, *STRONG, CRPS, "--plot", plan).returncode == 0
    assert unwound("compare-protocols", CRPS, "--plot", comparison).returncode == 0
    for path, says in ((plan, "23.8"), (comparison, "More is not always better")):
        assert path.read_bytes()
        assert suffix == "png" or says in path.read_text("utf-8")


def test_nothing_is_drawn_for_a_refused_plan(tmp_path: Path) -> None:
    done = unwound("plan", TEN, *STRONG, "--weight-kg", "29", "--plot", tmp_path / "plan.svg")
    assert done.returncode == 2
    assert not list(tmp_path.iterdir())


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no protocol of that name": (("plan", "crps", "--weight-kg", "70"), "there is no protocol «crps»"),
    "neither record nor weight": (("plan", TEN), "either FILE"),
    "record and weight": (("plan", TEN, str(CRPS), "--weight-kg", "70"), "either FILE"),
    "no such file": (("plan", TEN, "nowhere.toml"), "nowhere.toml: cannot be read"),
    "weight below zero": (("plan", TEN, "--weight-kg", "-70"), "is not a weight"),
    "weight that is no number": (("plan", TEN, "--weight-kg", "nan"), "is not a weight"),
    "weight in words": (("plan", TEN, "--weight-kg", "heavy"), "is not a number"),
    "a drug nobody plans for": (("plan", TEN, *STRONG, "--weight-kg", "70", "--drug", "morphine"), "plan --help says"),
    "a day that is none": (("plan", TEN, *STRONG, "--weight-kg", "70", "--start", "2026-13-01"), "--start"),
    "an option that is none": (("plan", TEN, *STRONG, "--weight", "70"), "--weight-kg"),
    "no concentration named": (("plan", TEN, "--weight-kg", "70"), "--concentration-mg-per-ml is needed"),
    "no concentration": (
        ("plan", TEN, "--weight-kg", "70", "--concentration-mg-per-ml", "0"),
        "is not a concentration",
    ),
    "stronger than any vial": (
        ("plan", TEN, "--weight-kg", "70", "--concentration-mg-per-ml", "1000"),
        "stronger than any vial",
    ),
    "an absolute stop": (("plan", TEN, *STRONG, str(CRPS), "--despite", "hypersensitivity"), "may override"),
    "a picture of another kind": (("plan", TEN, *STRONG, str(CRPS), "--plot", "plan.docx"), "a picture ends in"),
    "a weight nobody compares": (("compare-protocols", "--weight-kg", "20"), "30 to 200 kg"),
    "an unknown one to compare": (("compare-protocols", "--weight-kg", "70", "--protocol", "x"), "no protocol «x»"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_a_line_without_a_traceback(case: str, tmp_path: Path) -> None:
    arguments, says = WRONG[case]
    done = unwound(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
