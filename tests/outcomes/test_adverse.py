"""Adverse events: what contradicts itself is refused; as FHIR every code is R4's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from unwound.exchange.fhir.adverse import CAUSES, OUTCOMES, adverse_event
from unwound.outcomes.adverse import AdverseEvent, Became, Cause, Serious, Severity
from unwound.record import UnwoundError


def event(**changed: Any) -> AdverseEvent:
    usual: dict[str, Any] = {
        "what": "ALT five times the limit", "began": date(2026, 3, 4), "severity": Severity.SEVERE,
        "serious": Serious.HOSPITAL, "cause": Cause.PROBABLE, "action": "stopped", "became": Became.RECOVERING,
    }  # fmt: skip
    return AdverseEvent(**{**usual, **changed})


@pytest.mark.parametrize(
    "wrong",
    [
        {"ended": date(2026, 3, 3), "became": Became.RECOVERED}, {"ended": date(2026, 3, 5)}, {"what": " "},
        {"action": ""}, {"became": Became.DIED}, {"serious": Serious.DEATH}, {"severity": "awful"},
        {"serious": Serious.THREATENED_LIFE, "severity": Severity.MILD},
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnwoundError):
        event(**wrong)


def test_as_fhir_it_says_what_r4_has_room_for_and_the_rest_in_its_text() -> None:
    made = adverse_event(
        event(what="a <b> & c"), patient="Patient/7", id="adverse-1", recorded_at=datetime(2026, 3, 4, tzinfo=UTC),
        by="Test Nurse",
    )  # fmt: skip
    codes = {name: made[name]["coding"][0]["code"] for name in ("seriousness", "severity", "outcome")}
    assert codes == {"seriousness": "serious", "severity": "severe", "outcome": "recovering"}
    assert made["subject"] == {"reference": "Patient/7"}
    assert "a &lt;b&gt; &amp; c" in made["text"]["div"]
    assert "Done: stopped" in made["text"]["div"]
    cause = made["suspectEntity"][0]["causality"][0]["assessment"]["coding"][0]
    assert cause["code"] == "probably-likely"


def test_every_word_has_its_code() -> None:
    assert set(CAUSES) == set(Cause)
    assert set(OUTCOMES) == set(Became)
