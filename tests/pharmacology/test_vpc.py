"""A predictive check holds for data of the model itself, fails for others, and correction takes doses out."""

import numpy as np
import pytest

from unwound import plots
from unwound.pharmacology import measured, models
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.population import draw
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.pharmacology.vpc import Person, Vpc, check
from unwound.record import UnwoundError

TIMES = np.array([0.5, 1.0, 2.0, 4.0, 6.0, 10.0])


def people(n: int, *, times_more: float = 1.0, several: bool = False) -> list[Person]:
    """People as the model has them, with its own residual error; doses may differ ninefold."""
    drawn, noise = draw("otto_2021", n, 3, weight_kg=70.0), np.random.default_rng(5)
    proportional, additive = measured.errors(models.model("otto_2021"), "plasma")
    made = []
    for row in range(n):
        doses = [Dose(time_h=0, amount_mg=90.0 if several and row % 2 else 10.0, duration_h=4)]
        one = Subjects(drawn.weight_kg[row : row + 1], None if drawn.eta is None else drawn.eta[row : row + 1])
        exact = simulate(doses, one, "otto_2021", TIMES).plasma[0] * times_more
        if additive == 0:
            seen = exact * np.exp(proportional * noise.standard_normal(TIMES.size))
        else:
            seen = exact + np.hypot(proportional * exact, additive) * noise.standard_normal(TIMES.size)
        made.append(Person(doses=doses, weight_kg=70.0, times_h=TIMES, ng_per_ml=np.maximum(seen, 0.0)))
    return made


def outside(found: Vpc) -> float:
    return float(((found.observed < found.low) | (found.observed > found.high)).mean())


def test_data_of_the_model_lie_in_its_bands_and_twice_as_much_does_not() -> None:
    assert outside(check(people(60), "otto_2021", seed=1, copies=200, bins=6)) <= 0.2
    assert outside(check(people(60, times_more=2.0), "otto_2021", seed=1, copies=200, bins=6)) > 0.8


def test_correction_takes_different_doses_out_of_the_spread() -> None:
    some = people(60, several=True)
    plain, corrected = (check(some, "otto_2021", seed=1, copies=100, bins=6, corrected=one) for one in (False, True))
    ratio = [found.observed[2] / found.observed[0] for found in (plain, corrected)]
    assert (ratio[1] < ratio[0] / 2).all()
    assert outside(corrected) <= 0.25
    assert corrected.counts.sum() == 60 * TIMES.size
    assert (np.diff(corrected.bins_h) > 0).all()


def test_the_picture_says_how_many_quantiles_lie_outside() -> None:
    found = check(people(20, times_more=2.0), "otto_2021", seed=1, copies=50, bins=6)
    picture = plots.vpc(found).to_dict()
    outside_of = int(((found.observed < found.low) | (found.observed > found.high)).sum())
    assert f"{outside_of} of 18 quantiles" in picture["description"]
    assert outside_of > 9


def test_the_same_seed_gives_the_same_check() -> None:
    some = people(5)
    assert (check(some, "otto_2021", seed=1, copies=20).low == check(some, "otto_2021", seed=1, copies=20).low).all()


def test_a_model_that_cannot_be_checked_says_so() -> None:
    with pytest.raises(UnwoundError, match="does not state how far"):
        check(people(2), "kamp_2020", seed=1)
    with pytest.raises(UnwoundError, match="20 copies"):
        check(people(2), "otto_2021", seed=1, copies=3)
