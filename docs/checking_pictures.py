"""The picture of a predictive check in the manual: people drawn from a model, beside what it would measure of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unwound import plots
from unwound.pharmacology import measured, models
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.population import draw
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.vpc import Person, check
from unwound.plots.saving import svg
from unwound.plots.style import styled

PLACE = Path(__file__).parent / "pictures" / "predictive-check.svg"
PEOPLE, SEED = 60, 3
HOURS = np.array([0.5, 1.0, 2.0, 4.0, 6.0, 10.0])


def people() -> list[Person]:
    """Invented ones: half have 10 mg over four hours, half 30; what is measured of them has the model's own error."""
    id = "otto_2021"
    drawn, noise = draw(id, PEOPLE, SEED, weight_kg=(75, 12, 45, 120)), np.random.default_rng(SEED)
    proportional, _ = measured.errors(models.model(id), "plasma")
    doses = [[Dose(time_h=0, amount_mg=30.0 if row % 2 else 10.0, duration_h=4)] for row in range(PEOPLE)]
    levels = simulate(doses, drawn, id, HOURS).plasma
    seen = levels * np.exp(proportional * noise.standard_normal(levels.shape))
    return [
        Person(doses=doses[row], weight_kg=float(drawn.weight_kg[row]), times_h=HOURS, ng_per_ml=seen[row])
        for row in range(PEOPLE)
    ]


def write() -> int:
    """Writes the picture; how many there are."""
    found = check(people(), "otto_2021", seed=SEED, copies=500, bins=6)
    PLACE.parent.mkdir(exist_ok=True)  # a house that was copied without pictures
    PLACE.write_text(svg(styled(plots.vpc(found)).to_dict()), encoding="utf-8")
    return 1
