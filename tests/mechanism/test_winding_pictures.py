"""Every picture of the mechanism says that it is a model, and has its numbers in words for those who do not see it."""

import re

import pytest

from unwound import mechanism, plots
from unwound.mechanism import sensitivity
from unwound.plots.saving import drawn
from unwound.plots.style import Chart
from unwound.record import UnwoundError

SAID = "A model, not anybody's spinal cord."


@pytest.fixture(scope="module")
def pictures() -> dict[str, Chart]:
    cell, without = (mechanism.windup(nmda=share, seeds=2, stimuli=3) for share in (1, 0))
    return {
        "wind_up": plots.wind_up({"the cell as it is": cell, "without NMDA": without}),
        "ketamine_curve": plots.ketamine_curve(sensitivity.dose_curve([0.1, 0.61, 3], seeds=2)),
        "what_decides": plots.what_decides(sensitivity.sensitivity(seeds=4)),
        "touches": plots.touches({"as it is": mechanism.touch(seeds=2)}),
    }


@pytest.mark.parametrize("name", ["wind_up", "ketamine_curve", "what_decides", "touches"])
def test_each_says_that_it_is_a_model_beside_the_picture_and_in_words(pictures: dict[str, Chart], name: str) -> None:
    spec = pictures[name].to_dict()
    assert SAID in spec["title"]["subtitle"]
    assert spec["description"].endswith(SAID)
    assert "not anybody&#x27;s spinal cord" in drawn(pictures[name])


def test_where_people_have_relief_the_curve_says_how_little_the_model_loses(pictures: dict[str, Chart]) -> None:
    spec = pictures["ketamine_curve"].to_dict()
    (line,) = [line for line in spec["title"]["subtitle"] if line.startswith("green")]
    assert "under-blocks" in line
    assert "Free in people with relief: 0.15 to 0.61 µmol/L" in spec["description"]


def test_a_curve_from_nothing_on_is_refused() -> None:
    with pytest.raises(UnwoundError, match="begin above 0"):
        plots.ketamine_curve(sensitivity.dose_curve([0.0, 3.0], seeds=2))


def test_more_trains_than_colours_are_refused() -> None:
    cell = mechanism.windup(seeds=2, stimuli=3)
    with pytest.raises(UnwoundError, match="can be told apart"):
        plots.wind_up({str(number): cell for number in range(6)})


def test_names_that_would_touch_are_moved_apart() -> None:
    cell = mechanism.windup(seeds=2, stimuli=3)
    spec = str(plots.wind_up({"first": cell, "second": cell}).to_dict())
    heights = {name: re.search(rf"'y': ([\d.]+), 'text': '{name}'", spec) for name in ("first", "second")}
    first, second = (float(match[1]) for match in heights.values() if match)
    assert abs(first - second) > 0.3
