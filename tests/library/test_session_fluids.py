"""The fluid that went in: rate × time, the carrier, and volumes as people chart them; nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from unwound.session import Event, EventKind, fluid_given
from unwound.session.fluids import written_ml

START = datetime(2026, 11, 30, 10, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("text", "ml"),
    [
        ("250 mL IV", 250),
        ("0.5 L over 30 min", 500),
        ("0,5 l", 500),
        ("1 litre", 1000),
        ("4 mg in 100 ml", 100),
        ("4 mg, 2 mL of 2 mg/mL", 2),
        ("4 mg IV", None),
        ("50 mL/h", None),
        ("2 mg/mL", None),
        ("250 mL, then 250 mL", None),
        ("1,250 mL", None),
        ("", None),
    ],
)
def test_a_volume_is_read_as_it_was_written_or_not_at_all(text: str, ml: float | None) -> None:
    assert written_ml(text) == ml


def test_pump_carrier_and_charted_volumes_come_to_the_whole() -> None:
    events = [
        Event(at=at(0), kind=EventKind.START, rate_mg_per_h=20),
        Event(at=at(1), kind=EventKind.PAUSE),
        Event(at=at(2), kind=EventKind.RESUME),
        Event(at=at(2.5), kind=EventKind.BOLUS, amount_mg=10),
        Event(at=at(2.6), kind=EventKind.RESCUE_DRUG, of="sodium chloride 0.9 %", note="250 mL IV"),
        Event(at=at(2.7), kind=EventKind.RESCUE_DRUG, of="Oxygen", note="4 L"),
        Event(at=at(2.8), kind=EventKind.RESCUE_DRUG, of="Ringer", note="1,250 mL"),
        Event(at=at(3), kind=EventKind.STOP),
    ]
    fluid = fluid_given(events, 2.0, at(9), carrier_ml_per_h=50)
    assert (fluid.pump_ml, fluid.carrier_ml, fluid.charted_ml) == pytest.approx((25, 150, 250))
    assert fluid.unread == ("Ringer, 1,250 mL",)
    assert fluid.total_ml == pytest.approx(425)
    early = fluid_given(events, 2.0, at(0.5), carrier_ml_per_h=50)
    assert (early.pump_ml, early.carrier_ml, early.charted_ml) == pytest.approx((5, 25, 0))
    assert fluid_given([], 2.0, at(1), carrier_ml_per_h=50).total_ml == 0
