"""A file of a model that does not hang together is refused in words."""

import tomllib

import numpy as np
import pytest
from pydantic import ValidationError

from unwound.catalogue import DATA
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.models import Model
from unwound.pharmacology.observations import Observed
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError


def changed(**update: object) -> dict[str, object]:
    return tomllib.loads((DATA / "models" / "perez_ruixo_2021.toml").read_text("utf-8")) | update


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"derived": {"FRn": {"one_minus": "Fgut"}}}, "named but not given"),
        ({"derived": {"x": {}}}, "product or one minus"),
        ({"routes": {"iv": {"compartment": "central", "also": "nose"}}}, "named but not given: nose"),
        ({"routes": {"iv": {"compartment": "nowhere"}}}, "named but not given: nowhere"),
        ({"outputs": {"norketamine": {"compartment": "liver"}}}, "the output «plasma»"),
    ],
)
def test_a_file_that_does_not_hang_together_is_refused(update: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Model.model_validate(changed(**update))


def test_a_route_that_comes_with_another_has_none_of_its_own() -> None:
    """Otherwise a dose would go round in circles."""
    file = changed()
    file["routes"]["iv"]["also"] = "nasal"  # type: ignore[index]
    with pytest.raises(ValidationError, match="none of its own: iv"):
        Model.model_validate(file)


def test_a_name_both_given_and_derived_is_refused() -> None:
    file = changed()
    file["derived"]["Fgut"] = {"one_minus": "FRn"}  # type: ignore[index]
    with pytest.raises(ValidationError, match="both a parameter and derived: Fgut"):
        Model.model_validate(file)


SEEN = {"name": "x", "amount_mg": 1, "duration_h": 0, "weight_kg": 70, "checked": "primary"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "either concentrations, or one area"),
        ({"observed_ng_per_ml": [1, 2], "times_h": [1]}, "one concentration a time"),
        ({"observed_area_ng_h_per_ml": 3}, "either concentrations, or one area"),
    ],
)
def test_a_row_that_says_not_what_was_seen_is_refused(row: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Observed.model_validate(SEEN | row)


def test_a_route_the_model_lacks_is_told() -> None:
    with pytest.raises(UnwoundError, match="no route «nasal»; it has iv"):
        simulate([Dose(time_h=0, amount_mg=1, route="nasal")], Subjects(np.array([70.0])), "otto_2021", [1.0])
