"""An estimated day of birth tells that there is a pregnancy, and how far it has come."""

from __future__ import annotations

import pytest
from bundle_builder import observation, read, reasons

from unwound import derive


@pytest.mark.parametrize(
    ("estimated", "due", "weeks", "pregnant"),
    [
        ("2026-11-01", "2027-05-30", 10, True),
        ("2026-11-01", "2026-11-01", 40, True),
        ("2026-11-01", "2027-08-08", 0, None),
        ("2025-11-01", "2026-01-31", 27, None),  # long over on the day of the review
    ],
)
def test_the_weeks_follow_from_the_due_date(estimated: str, due: str, weeks: float, pregnant: bool | None) -> None:
    imported = read(observation("11778-8", on=estimated, valueDateTime=due))
    known = derive.derive(imported.patient)
    assert imported.unread == ()
    assert known.value("gestation_weeks") == pytest.approx(weeks, abs=0.1)
    assert known.value("pregnant") is pregnant


@pytest.mark.parametrize(
    ("estimated", "due"),
    [("2019-07-15", "2024-04-15"), ("2026-11-01", "2026-09-01"), ("2026-11-01", "2027-05"), ("2026-11-01", "soon")],
)
def test_one_that_does_not_fit_is_said(estimated: str, due: str) -> None:
    imported = read(observation("11779-6", on=estimated, valueDateTime=due))
    assert imported.patient.facts == {}
    assert imported.counts["Observation"].unreadable == 1
    assert "birth" in reasons(imported)
