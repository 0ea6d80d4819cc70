"""The months around a course as a picture: a panel stands only where there is something in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from unwound import plots
from unwound.record import UnwoundError

DAY = date(2026, 3, 2)


def headings(**shown: object) -> list[str]:
    made = plots.months(plots.Months(**{"today": DAY + timedelta(days=9), "pain": (), **shown}))  # type: ignore[arg-type]
    return [panel["title"]["text"] for panel in made.to_dict()["vconcat"]]


def test_without_a_value_of_pain_there_is_no_empty_panel_and_the_picture_says_so() -> None:
    assert not any(title == "Pain" for title in headings(infusions=((DAY, 80.0),)))
    made = plots.months(plots.Months(today=DAY, pain=(), infusions=((DAY, 80.0),))).to_dict()
    assert "no pain was recorded with a day" in str(made)


@pytest.mark.parametrize("kind", ["pain", "pain_day"])
def test_one_value_is_enough_for_the_panel(kind: str) -> None:
    assert headings(**{kind: ((DAY, 0.0),), "infusions": ((DAY, None),)})[0] == "Pain"


def test_nothing_dated_is_nothing_to_draw() -> None:
    with pytest.raises(UnwoundError, match="nothing to draw"):
        headings()


@pytest.mark.parametrize(("until", "panel"), [(DAY - timedelta(days=4), False), (DAY - timedelta(days=3), True)])
def test_a_medicine_of_before_has_no_panel(until: date, panel: bool) -> None:
    taken = plots.Taken(name="pregabalin", since=None, until=until)
    assert ("Medicines" in headings(pain=((DAY, 5.0),), medicines=(taken,))) is panel
