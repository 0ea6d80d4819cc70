"""Every chart is a picture with its words in it, whole or not there at all."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from unwound import plots
from unwound.pharmacology import effects, population, simulate
from unwound.pharmacology.dosing import Dose, infusion
from unwound.pharmacology.simulation import Curve
from unwound.pharmacology.subjects import Subjects
from unwound.plots import Choice
from unwound.plots.choices import rate_steps, unbeaten
from unwound.record import UnwoundError

FOUR_DAYS = (infusion(0, 8, 24), infusion(24, 14, 24), infusion(48, 21, 52))
FORTY_MINUTES = (Dose(time_h=0, amount_mg=35, duration_h=2 / 3),)


def course(doses: tuple[Dose, ...], model: str = "otto_2021") -> Curve:
    stop = doses[-1].end_h
    times = np.unique(np.round(np.r_[np.arange(0, stop + 24, 0.5), stop, np.arange(stop + 24, stop + 2352, 12)], 9))
    sites = effects.sites_of(effects.RELIEF, bounds=True)
    return simulate(doses, Subjects(np.array([70.0])), model, times, sites=sites)


def words(chart: plots.Chart, tmp_path: Path) -> str:
    """All the text of the drawing; it must be XML."""
    plots.save(chart, tmp_path / "chart.svg")
    root = ElementTree.parse(tmp_path / "chart.svg").getroot()
    return "\n".join(text for one in root.iter() if (text := (one.text or "").strip()))


def test_concentrations_name_their_lines_units_blood_and_peaks(tmp_path: Path) -> None:
    said = words(plots.concentration(course(FOUR_DAYS), FOUR_DAYS, until_h=124), tmp_path)
    assert "Concentration (ng/mL)" in said
    assert "Days from the first dose" in said
    assert "venous blood, Otto 2021; typical subject of 70 kg" in said
    assert re.search(r"esketamine, peak 22\d ng/mL", said)
    assert "norketamine, peak" in said


def test_a_model_without_norketamine_draws_none(tmp_path: Path) -> None:
    said = words(plots.concentration(course(FORTY_MINUTES, "clements_1981"), FORTY_MINUTES, until_h=24), tmp_path)
    assert "racemic ketamine, peak" in said
    assert "norketamine" not in said
    assert "Hours from the first dose" in said


def test_a_population_shows_its_band_and_its_number_of_people(tmp_path: Path) -> None:
    people = population.population(
        FORTY_MINUTES, "otto_2021", n=50, seed=3, times_h=np.arange(0, 2400, 12.0), weight_kg=70.0,
        sites=effects.sites_of(effects.RELIEF),
    )  # fmt: skip
    chart = plots.course(people, FORTY_MINUTES, plots.relief_of("Forty minutes", people, 2 / 3), until_h=24)
    said = words(chart, tmp_path)
    assert "band: 5% to 95% of 50 simulated people" in said
    assert "people who respond" in said
    assert "average of everyone treated" in said


def test_relief_over_weeks_says_where_controlled_data_end(tmp_path: Path) -> None:
    reliefs = [plots.relief_of(name, course(doses), doses[-1].end_h) for name, doses in TWO]
    said = words(plots.relief_over_weeks(reliefs), tmp_path)
    assert "beyond this line: no controlled data" in said
    assert "controlled data end 77 days after the infusion" in said
    assert {"four days", "forty minutes"} <= set(said.splitlines())
    assert "Relief (share of the most the curve allows)" in said


def test_the_description_says_the_headline_in_words(tmp_path: Path) -> None:
    reliefs = [plots.relief_of(name, course(doses), doses[-1].end_h) for name, doses in TWO]
    described = plots.relief_over_weeks(reliefs).to_dict()["description"]
    found = re.findall(r"(\d+)% one week after the end, (\d+)% after eleven", described)
    (four, later), (forty, never) = [(int(week), int(eleven)) for week, eleven in found]
    assert four >= 65
    assert later < 5
    assert forty < 10
    assert never == 0


TWO = (("four days", FOUR_DAYS), ("forty minutes", FORTY_MINUTES))


def test_no_zone_is_drawn_where_the_picture_ends_before_the_data_do(tmp_path: Path) -> None:
    times = np.arange(0, 900, 6.0)
    sites = effects.sites_of(effects.RELIEF, bounds=True)
    curve = simulate(FORTY_MINUTES, Subjects(np.array([70.0])), "otto_2021", times, sites=sites)
    said = words(plots.relief_over_weeks([plots.relief_of("short", curve, 2 / 3)]), tmp_path)
    assert "beyond this line" not in said
    assert "controlled data end 77 days" in said


def test_only_protocols_that_no_other_beats_are_on_the_frontier() -> None:
    short, long, worse = (
        Choice(name="short", burden=1, relief=1, relief_low=0, relief_high=2),
        Choice(name="long", burden=100, relief=20, relief_low=10, relief_high=30),
        Choice(name="worse", burden=120, relief=19, relief_low=9, relief_high=29),
    )
    assert unbeaten([worse, long, short]) == [short, long]
    assert (
        unbeaten([short, Choice(name="same burden", burden=1, relief=2, relief_low=1, relief_high=3)])[0].name
        == "same burden"
    )


def test_the_frontier_names_every_protocol_and_both_axes(tmp_path: Path) -> None:
    choices = [
        Choice(
            name=f"protocol {n}",
            burden=n,
            relief=2 * n,
            relief_low=n,
            relief_high=3 * n,
            burden_low=n - 0.5,
            burden_high=n + 0.5,
        )
        for n in range(1, 8)
    ]
    said = words(plots.frontier(choices, burden_title="Hours", relief_title="Days of relief"), tmp_path)
    assert {"Hours", "Days of relief", *(one.name for one in choices)} <= set(said.splitlines())


def test_rates_add_where_infusions_overlap_and_end_at_zero() -> None:
    steps = rate_steps([infusion(0, 10, 4), infusion(2, 5, 4)])
    assert steps == [(0.0, 10.0), (2.0, 15.0), (4.0, 5.0), (6.0, 0)]


class Plan:
    doses = (*FOUR_DAYS, Dose(time_h=0, amount_mg=7))


def test_a_plan_shows_every_rate_its_total_and_its_boluses(tmp_path: Path) -> None:
    said = words(plots.plan_rate(Plan()), tmp_path)
    assert {"8", "14", "21", "7 mg", "Rate (mg/h)"} <= set(said.splitlines())
    assert "1627 mg in total" in said


def test_a_page_holds_everything_it_needs(tmp_path: Path) -> None:
    plots.save(plots.plan_rate(Plan()), tmp_path / "treatment/plan.html")
    page = (tmp_path / "treatment/plan.html").read_text(encoding="utf-8")
    assert "src=" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page)
    spec = re.search(r'id="spec">(.*?)</script>', page, re.DOTALL)
    assert spec is not None
    assert json.loads(spec[1])["description"].startswith("Infusion rate over time")
    assert 'aria-label="Infusion rate over time' in page


def test_a_png_is_a_png_and_an_svg_speaks_to_screen_readers(tmp_path: Path) -> None:
    plots.save(plots.plan_rate(Plan()), tmp_path / "plan.PNG")
    assert (tmp_path / "plan.PNG").read_bytes().startswith(b"\x89PNG")
    plots.save(plots.plan_rate(Plan()), tmp_path / "plan.svg")
    root = ElementTree.parse(tmp_path / "plan.svg").getroot()
    named = {one.tag.split("}")[1]: one.text for one in list(root)[:2]}
    assert root.get("role") == "img"
    assert named["title"] == "Infusion rate"
    assert "8 mg/h from hour 0" in str(named["desc"])


def test_a_place_may_be_written_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plots.save(plots.plan_rate(Plan()), "plan.svg")
    assert Path("plan.svg").read_text(encoding="utf-8").startswith("<svg")


def test_an_unknown_ending_or_a_closed_place_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnwoundError, match=r"a picture ends in \.svg, \.png, \.html"):
        plots.save(plots.plan_rate(Plan()), tmp_path / "plan.pdf")
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(UnwoundError, match="cannot be written"):
        plots.save(plots.plan_rate(Plan()), tmp_path / "taken" / "plan.svg")
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]


def test_nothing_to_draw_is_said() -> None:
    class Empty:
        doses: tuple[Dose, ...] = ()

    with pytest.raises(UnwoundError, match="no dose"):
        plots.plan_rate(Empty())
    with pytest.raises(UnwoundError, match="at least one"):
        plots.relief_over_weeks([])
    with pytest.raises(UnwoundError, match="at least one"):
        plots.frontier([])
    with pytest.raises(UnwoundError, match="sites_of"):
        plots.relief_of("x", simulate(FORTY_MINUTES, Subjects(np.array([70.0])), "otto_2021", [1.0, 2.0]), 1.0)
