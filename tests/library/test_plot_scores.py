"""The chart of one questionnaire: totals, days, the bands of the form and of the person."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest

from unwound import instruments, plots
from unwound.record import UnwoundError

DAYS = [date(2026, 6, 1), date(2026, 1, 10)]


def words(form: str, *totals: float) -> list[str]:
    chart = plots.scores(instruments.instrument(form), list(zip(DAYS, totals, strict=True)))
    root = ElementTree.fromstring(plots.drawn(chart))
    return [text for one in root.iter() if (text := (one.text or "").strip())]


def test_each_total_stands_at_its_day_within_the_whole_range_and_the_bands() -> None:
    said = words("phq_9", 9, 18)
    assert {"9", "18", "1 Jun 2026", "10 Jan 2026", "Total (0 to 27)"} <= set(said)
    assert {one.title for one in instruments.instrument("phq_9").bands} <= set(said)
    assert "PHQ-9: 18 on 10 January 2026, 9 on 1 June 2026." in said


def test_a_form_without_bands_is_drawn_without() -> None:
    assert not instruments.instrument("peg").bands
    said = words("peg", 8, 19 / 3)
    assert {"Total (0 to 10)", "6.3"} <= set(said)


def test_bands_of_another_sex_are_not_drawn() -> None:
    form = next(one for one in instruments.instruments().values() if any(band.sex for band in one.bands))
    totals = [(day, form.lowest.value) for day in DAYS]
    drawn = {sex: plots.scores(form, totals, sex).to_dict() for sex in ("female", "male", None)}
    assert drawn["female"] != drawn["male"]
    assert drawn[None] not in (drawn["female"], drawn["male"])


@pytest.mark.parametrize("totals", [[], [(DAYS[0], 5.0)]])
def test_below_two_totals_there_is_no_course(totals: list[tuple[date, float]]) -> None:
    with pytest.raises(UnwoundError, match="it takes 2 totals"):
        plots.scores(instruments.instrument("peg"), totals)
