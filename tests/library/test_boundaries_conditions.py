"""Every limit in the files on conditions and criteria: met on one side, not met one unit away."""

from collections.abc import Iterator
from datetime import date

import pytest

from unwound import conditions, facts
from unwound.catalogue import load
from unwound.conditions.knowledge import CriteriaSet, Step
from unwound.facts import Criterion
from unwound.patient import Patient


def limits() -> Iterator[tuple[str, Criterion]]:
    for id, one in conditions.conditions().items():
        yield from ((id, part) for rule in one.rules.criteria() for part in rule.walk() if part.limit)
    for id, found in load("criteria", CriteriaSet).items():
        rules = (rule for step in found.steps.values() for rule in step.of)
        yield from ((id, part) for rule in rules for part in rule.walk() if part.limit)


def counts() -> Iterator[tuple[str, Step]]:
    for id, found in load("criteria", CriteriaSet).items():
        yield from ((f"{id}: {name}", step) for name, step in found.steps.items() if step.needed)


def named(value: object) -> str:
    return value if isinstance(value, str) else getattr(value, "fact", "")


@pytest.mark.parametrize(("id", "part"), list(limits()), ids=named)
def test_every_limit_has_an_inside_and_an_outside_one_unit_apart(id: str, part: Criterion) -> None:
    limit, step = part.limit, facts.vocabulary()[part.fact].step
    assert limit is not None
    inside, outside = {
        "at_least": (limit.value, limit.value - step),
        "at_most": (limit.value, limit.value + step),
        "above": (limit.value + step, limit.value),
        "below": (limit.value - step, limit.value),
    }[next(name for name in ("at_least", "at_most", "above", "below") if getattr(part, name))]
    nobody = Patient(as_of=date(2026, 11, 21))
    assert facts.meets(nobody.knowing(**{part.fact: inside}), part).holds is True
    assert facts.meets(nobody.knowing(**{part.fact: outside}), part).holds is False
    assert facts.meets(nobody, part).ask == (part.fact,)


@pytest.mark.parametrize(("name", "step"), list(counts()), ids=named)
def test_every_count_is_met_exactly_at_its_number(name: str, step: Step) -> None:
    assert step.needed is not None
    needed, ids = int(step.needed.value), [part.yes for part in step.of]
    nobody = Patient(as_of=date(2026, 11, 21))
    for holding, met in ((needed, True), (needed - 1, False)):
        known = {id: at < holding for at, id in enumerate(ids)}
        assert step.judge(nobody.knowing(**known)).holds is met, f"{name}: {holding} of {len(ids)}"
