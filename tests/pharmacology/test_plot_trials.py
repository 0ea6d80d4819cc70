"""The chart of trials: names, doses, time and the zone of an adequate trial."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest

from unwound import derive, plots, therapies
from unwound.patient import Patient, Trial
from unwound.record import UnwoundError

AS_OF = date(2026, 11, 21)


def chart(*trials: Trial) -> plots.Chart:
    patient = derive.derive(Patient(as_of=AS_OF, trials=trials).knowing(trials_confirmed=True))
    return plots.trials(therapies.judged(patient))


def words(*trials: Trial) -> list[str]:
    root = ElementTree.fromstring(plots.drawn(chart(*trials)))
    return [text for one in root.iter() if (text := (one.text or "").strip())]


def test_each_row_says_name_dose_time_and_verdict() -> None:
    said = words(
        Trial(therapy="gabapentin", top_dose=3600, days=120, days_at_top=60, relief_percent=5, start=date(2025, 4, 1))
    )
    assert "Gabapentin, Apr 2025 to ?" in said
    assert "3600 mg/day, 120 days: failed an adequate trial" in said
    assert "1800 mg/day" in said


def test_what_is_not_known_is_said_and_drawn_hollow() -> None:
    said = words(Trial(therapy="duloxetine"), Trial(therapy="magic tea", top_dose=3))
    assert "dose not known, duration not known: not yet determined" in said
    assert "3 a day, unit not known, duration not known: not yet determined" in said
    assert "no adequate dose or duration in the catalogue" in said


def test_rows_stand_in_the_order_of_their_dates_and_the_undated_last() -> None:
    found = chart(
        Trial(therapy="gabapentin"),
        Trial(therapy="pregabalin", start=date(2026, 1, 1)),
        Trial(therapy="duloxetine", start=date(2025, 1, 1)),
    ).to_dict()["description"]
    assert found.index("Duloxetine") < found.index("Pregabalin") < found.index("Gabapentin")


def test_years_of_one_trial_do_not_squeeze_the_others() -> None:
    spec = chart(Trial(therapy="gabapentin", days=4000, top_dose=900), Trial(therapy="duloxetine", days=30)).to_dict()
    ends = {part["encoding"]["x"]["scale"]["domain"][1] for part in spec["vconcat"][0]["layer"]}
    assert max(ends) < 1000
    assert "4000 days" in spec["description"]


def test_a_chart_of_no_trials_is_refused_in_words() -> None:
    with pytest.raises(UnwoundError, match="no trial is recorded"):
        chart()
