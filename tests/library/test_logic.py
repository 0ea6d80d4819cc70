"""Three-valued logic, checked against the truth tables written out by brute force."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from unwound.record import Judgement, all_of, any_of, at_least, negated

VALUES = (True, False, None)
judgements = st.builds(
    lambda holds, n: Judgement(holds, (f"fact {n}",) if holds is not None else (), (f"f{n}",) if holds is None else ()),
    st.sampled_from(VALUES),
    st.integers(0, 9),
)


def completions(parts: list[Judgement]) -> list[list[bool]]:
    """Every way the unknowns could turn out: the slow, obvious meaning of three-valued logic."""
    return [list(way) for way in product(*[(True, False) if p.holds is None else (p.holds,) for p in parts])]


def settled(outcomes: set[bool]) -> bool | None:
    return outcomes.pop() if len(outcomes) == 1 else None


@given(st.lists(judgements, max_size=5))
def test_and_or_and_counting_agree_with_trying_every_completion(parts: list[Judgement]) -> None:
    ways = completions(parts)
    assert all_of(parts).holds == settled({all(way) for way in ways})
    assert any_of(parts).holds == settled({any(way) for way in ways})
    for needed in range(6):
        assert at_least(needed, parts).holds == settled({sum(way) >= needed for way in ways})


@given(st.lists(judgements, max_size=5))
def test_only_what_is_unsettled_asks(parts: list[Judgement]) -> None:
    for combined in (all_of(parts), any_of(parts), at_least(2, parts)):
        assert (combined.holds is None) == bool(combined.ask)


@given(judgements)
def test_not_is_its_own_inverse(part: Judgement) -> None:
    assert negated(negated(part)) == part
