"""Whether a therapy suits this patient: what speaks against it, how strongly, and what would have to be known."""

from __future__ import annotations

from dataclasses import dataclass

from unwound import facts
from unwound.catalogue import Checked
from unwound.patient import Patient
from unwound.record import Judgement, unique
from unwound.therapies import doses, knowledge
from unwound.therapies.doses import Kidneys
from unwound.therapies.knowledge import Against as Reason
from unwound.therapies.knowledge import Therapy


@dataclass(frozen=True, slots=True)
class Against:
    """One thing that speaks against a therapy in this patient: `absolute` takes it out, a `caution` is weighed."""

    level: str
    text: str
    because: tuple[str, ...]
    source: str
    checked: Checked


@dataclass(frozen=True, slots=True)
class Suits:
    """What speaks against a therapy, and the facts that could still add to it."""

    against: tuple[Against, ...]
    ask: tuple[str, ...]

    @property
    def unsuitable(self) -> bool:
        """Whether something speaks against it absolutely."""
        return any(one.level == "absolute" for one in self.against)


def suits(
    patient: Patient, id: str, kidneys: Kidneys, conditions: tuple[str, ...], seen: dict[int, Judgement]
) -> Suits:
    """What speaks against a therapy; `seen` keeps judgements that classes share, for one patient."""
    therapy = knowledge.therapies()[id]
    against = [*_not_for(therapy, conditions), *_kidneys(patient, kidneys, id)]
    ask: list[str] = []
    for reason in knowledge.against(id):
        judgement = seen.get(key := _key(reason))
        if judgement is None:
            judgement = seen[key] = facts.meets(patient, reason.when)
        if judgement.holds:
            against.append(Against(reason.level, reason.text, judgement.because, reason.source, reason.checked))
        elif judgement.holds is None:
            ask.extend(judgement.ask)
    against.sort(key=lambda one: one.level)
    return Suits(tuple(against), unique((*ask, *doses.ceiling(patient, kidneys, id).ask)))


def _key(reason: Reason) -> int:
    return id(reason)


def _not_for(therapy: Therapy, conditions: tuple[str, ...]) -> list[Against]:
    return [
        Against(one.level, one.text, (), one.source, one.checked)
        for one in therapy.not_for
        if not set(one.conditions).isdisjoint(conditions)
    ]


def _kidneys(patient: Patient, kidneys: Kidneys, id: str) -> list[Against]:
    ceiling = doses.ceiling(patient, kidneys, id)
    if not ceiling.avoid:
        return []
    limit = knowledge.therapies()[id].renal[0].maximum
    return [Against("absolute", ceiling.because, (), limit.source, limit.checked)]
