"""Patients for plans: one of whom only the weight is known, and one who may have ketamine."""

from datetime import date
from functools import cache
from pathlib import Path

from unwound.exchange import case_file
from unwound.patient import Fact, Patient

WREN = Path(__file__).parents[2] / "unwound" / "examples" / "crps_after_wrist_fracture.toml"


def weighing(weight_kg: float) -> Patient:
    """Nobody known but by weight, taken that day."""
    day = date(2026, 11, 21)
    return Patient(as_of=day, facts={"weight_kg": Fact(value=float(weight_kg), on=day)})


@cache
def wren() -> Patient:
    """CRPS after a wrist fracture, 68 kg, nothing that forbids ketamine."""
    return case_file.read_case(WREN.read_bytes(), WREN.name).patient
