"""Every caution, patients with facts for them, and both sides of every limit."""

import tomllib
from datetime import date
from typing import Any

from unwound import cautions, facts
from unwound.catalogue import DATA
from unwound.cautions import Finding
from unwound.facts import Criterion
from unwound.patient import Patient

TODAY = date(2026, 11, 21)
NOBODY = Patient(as_of=TODAY)
ALL = cautions.cautions()
USED = sorted({fact for caution in ALL.values() for fact in caution.facts()})
RAW = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((DATA / "cautions").glob("*.toml"))}
ANATOMY = tomllib.loads((DATA / "rules/places.toml").read_text("utf-8"))


def knowing(known: dict[str, Any]) -> Patient:
    patient = NOBODY.knowing(**known)
    facts.check(patient)
    return patient


def found(id: str, patient: Patient) -> Finding | None:
    return next((finding for finding in cautions.screen(patient) if finding.id == id), None)


def leaves() -> list[Criterion]:
    criteria = [criterion for caution in ALL.values() for criterion in caution.criteria()]
    return [part for criterion in criteria for part in criterion.walk() if not part.all and not part.any]


def form_of(part: Criterion) -> str:
    return next(form for form in ("at_least", "at_most", "above", "below") if getattr(part, form) is not None)


def inside_and_outside(part: Criterion) -> tuple[Any, Any]:
    """A value that just meets the criterion, and its neighbour one step away that does not."""
    question = facts.vocabulary()[part.fact or part.yes or part.no]
    if part.yes:
        return True, False
    if part.no:
        return False, True
    if part.one_of:
        other = next(word for word in question.options if word not in part.one_of)
        return ((part.one_of[0],), (other,)) if question.type == "choices" else (part.one_of[0], other)
    assert part.limit
    limit, step = part.limit.value, question.step
    return {
        "at_least": (limit, limit - step),
        "at_most": (limit, limit + step),
        "above": (limit + step, limit),
        "below": (limit - step, limit),
    }[form_of(part)]


def settled(criterion: Criterion, wanted: bool) -> dict[str, Any]:
    """Facts that make a criterion come out as wanted, each just on its side of the boundary."""
    parts = criterion.all or criterion.any
    if parts:
        return {fact: value for part in parts for fact, value in settled(part, wanted).items()}
    inside, outside = inside_and_outside(criterion)
    return {criterion.yes or criterion.no or criterion.fact: inside if wanted else outside}
