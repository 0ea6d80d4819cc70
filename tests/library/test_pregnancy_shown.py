"""A pregnancy that the record shows without naming it: weeks, a positive test; and what an old value still says."""

from datetime import date, timedelta
from typing import Any

import pytest

from unwound import cautions, derive, facts
from unwound.patient import Fact, Patient

DAY = date(2026, 11, 21)


def known(ago: int = 0, **values: Any) -> Patient:
    on = DAY - timedelta(days=ago)
    of_then = {id: Fact(value=value, on=on) for id, value in values.items()}
    return derive.derive(Patient(as_of=DAY, birth_date=date(1996, 1, 1), sex="female", facts=of_then))


def level(patient: Patient) -> str:
    return next((one.level for one in cautions.screen(patient) if one.id == "pregnancy"), "absent")


@pytest.mark.parametrize(
    "shown", [{"gestation_weeks": 12.0}, {"gestation_weeks": 1.0}, {"pregnancy_test_result": "positive"}]
)
def test_weeks_or_a_positive_test_are_a_pregnancy(shown: dict[str, Any]) -> None:
    assert facts.yes(known(**shown), "pregnant").holds
    assert facts.yes(known(**shown), "pregnancy_possible").holds
    assert level(known(**shown)) == "stop"


@pytest.mark.parametrize(("ago", "expected"), [(7 * 33, True), (7 * 33 + 1, None)])
def test_weeks_count_on_until_no_pregnancy_lasts_so_long(ago: int, expected: bool | None) -> None:
    assert facts.yes(known(ago, gestation_weeks=12.0), "pregnant").holds is expected


@pytest.mark.parametrize(("ago", "expected"), [(7, "stop"), (8, "ask")])
def test_a_positive_test_holds_for_a_week_and_is_asked_again_afterwards(ago: int, expected: str) -> None:
    assert level(known(ago, pregnancy_test_result="positive")) == expected


@pytest.mark.parametrize("ago", [0, 30])
def test_a_negative_test_denies_no_pregnancy_by_itself(ago: int) -> None:
    assert facts.known(known(ago, pregnancy_test_result="negative"), "pregnant") is None
    assert level(known(ago, pregnancy_test_result="negative")) == "ask"


@pytest.mark.parametrize("shown", [{"gestation_weeks": 12.0}, {"pregnancy_test_result": "positive"}])
def test_a_denial_beside_them_is_asked_about_and_neither_side_believed(shown: dict[str, Any]) -> None:
    both = known(pregnant=False, **shown)
    assert facts.known(both, "pregnant") is None
    assert [one.because[0] for one in cautions.screen(both) if one.kind == "contradiction"]
    assert level(both) == "ask"


def test_no_weeks_are_no_pregnancy() -> None:
    assert facts.known(known(gestation_weeks=0.0), "pregnant") is None
