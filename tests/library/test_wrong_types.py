"""Every door says in one line what it needs, also when something of another kind is handed in."""

from collections.abc import Callable

import numpy as np
import pytest

from unwound import evidence, examples, pathway, protocols
from unwound.pharmacology import Dose, Subjects, models, simulate
from unwound.record import UnwoundError

CASE = examples.load("crps_after_wrist_fracture")
DOSE = Dose(time_h=0, amount_mg=10, duration_h=1)
WHO = Subjects(np.array([70.0]))
MODEL = "clements_1981"
SLIPS: dict[str, tuple[Callable[[], object], str]] = {
    "a case reviewed": (lambda: pathway.review(CASE), "a Case holds a patient and is none: give its .patient"),
    "nothing reviewed": (lambda: pathway.review(None), "a Patient is needed, not NoneType"),
    "nothing planned for": (
        lambda: protocols.plan("crps_ketamine_10_days", None, concentration_mg_per_ml=1),
        "a Patient is needed, not NoneType",
    ),
    "a case compared": (lambda: protocols.compare(CASE), "give its .patient"),
    "a weight for subjects": (lambda: simulate([DOSE], 70, MODEL, [1]), "subjects: Subjects"),
    "a dose for doses": (lambda: simulate(DOSE, WHO, MODEL, [1]), "also for one: \\[dose\\]"),
    "numbers for doses": (lambda: simulate([1.0], WHO, MODEL, [1]), "doses: Dose\\(...\\) is needed"),
    "a number for a model": (lambda: simulate([DOSE], WHO, 3, [1]), "model: an id or a Model is needed, not int"),
    "a model nobody knows": (lambda: simulate([DOSE], WHO, "nobody_1900", [1]), "nobody_1900"),
    "words for times": (lambda: simulate([DOSE], WHO, MODEL, ["a"]), "times_h: a list of hours is needed"),
    "a generator of times": (lambda: simulate([DOSE], WHO, MODEL, (t for t in (1, 2))), "times_h: a list of hours"),
    "a word cited": (lambda: evidence.cite("nope"), "cite takes a result, .*, not 'nope'; evidence.study"),
    "a number cited": (lambda: evidence.cite(3.0), "cite takes a result"),
    "nothing cited": (lambda: evidence.cite(None), "cite takes a result"),
    "a class cited": (lambda: evidence.cite(Dose), "cite takes a result"),
}  # type: ignore[dict-item, arg-type]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_an_error_of_ours_that_says_what_is_needed(slip: str) -> None:
    door, says = SLIPS[slip]
    with pytest.raises(UnwoundError, match=says):
        door()


def test_a_result_cites_what_it_and_its_parts_rest_on() -> None:
    review = pathway.review(CASE.patient)
    plan = protocols.plan("crps_ketamine_10_days", CASE.patient, concentration_mg_per_ml=2)
    curve = simulate([DOSE], WHO, MODEL, [1.0])
    assert {source for finding in review.findings for source in finding.sources} <= set(evidence.cite(review))
    assert set(plan.sources) <= set(evidence.cite(plan))
    assert evidence.cite(curve) == evidence.cite(models.model(MODEL)) != ()
    for source in evidence.cite((review, plan, curve)):
        evidence.study(source)
