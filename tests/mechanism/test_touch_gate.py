"""The gate for touch: the three signs of a published network (medlock_2022), injury, and what ketamine does to it."""

from functools import cache
from typing import Any

import pytest

from unwound import mechanism
from unwound.mechanism import Touched, touching
from unwound.record import UnwoundError


@cache
def touch(**asked: Any) -> Touched:
    return mechanism.touch(seeds=10, **asked)


def test_less_inhibition_raises_the_response_to_touch_step_by_step() -> None:
    spikes = [touch(inhibition=left).spikes for left in (1.0, 0.7, 0.4, 0.0)]
    assert spikes == sorted(spikes)
    assert spikes[1] > 1.2 * spikes[0]


def test_loss_of_parvalbumin_and_dynorphin_cells_opens_the_gate() -> None:
    assert touch(ablated=("parvalbumin", "dynorphin")).spikes > 2 * touch().spikes
    assert touch(ablated=("parvalbumin", "dynorphin")).low > touch().high


@pytest.mark.parametrize("kind", ["parvalbumin", "dynorphin"])
def test_loss_of_either_opens_it_less_than_loss_of_both(kind: str) -> None:
    assert touch().spikes < touch(ablated=(kind,)).spikes < touch(ablated=("parvalbumin", "dynorphin")).spikes


def test_loss_of_excitatory_cells_lowers_the_response() -> None:
    assert touch(ablated=("excitatory",)).spikes < touch().spikes
    assert touch(ablated=("excitatory",)).gate["excitatory"] == 0


def test_nerve_injury_opens_the_gate_and_ketamine_shuts_it_in_part() -> None:
    hurt = [touch(injury=True, ketamine_um=amount).spikes for amount in (0.0, 3.0, 10.0)]
    assert hurt[0] > 2 * touch().spikes
    assert hurt == sorted(hurt, reverse=True)
    assert hurt[-1] > touch().spikes


def test_its_twenty_cells_are_unlike() -> None:
    assert sum(touching.value(touching.GATE, f"{kind}_cells") for kind in touching.KINDS) == 20
    assert len(set(touch(inhibition=0.4).counts.tolist())) > 3, "it opens in one ensemble sooner than in another"


def test_cells_it_does_not_have_are_refused_by_name() -> None:
    with pytest.raises(UnwoundError, match="the gate has no cells «astrocyte»; there are: excitatory"):
        mechanism.touch(ablated=("astrocyte",))


def test_more_inhibition_than_there_is_is_refused() -> None:
    with pytest.raises(UnwoundError, match="from 0 to 1"):
        mechanism.touch(inhibition=1.1)
