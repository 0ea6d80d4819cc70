"""How well the numbers behind a line were checked, and the numbered list of their sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from unwound import evidence, therapies
from unwound.catalogue import Checked, least_checked
from unwound.therapies import Entry, Step

SAYS: dict[Checked, str] = {
    Checked.PRIMARY: "",
    Checked.SECONDARY: "second hand",
    Checked.OTHER_USE: "about another use",
    Checked.UNCHECKED: "unchecked",
}
"""The mark beside a number; none where it was read at the source."""
SIGNS: dict[Checked, str] = {
    Checked.PRIMARY: "",
    Checked.SECONDARY: "†",
    Checked.OTHER_USE: "§",
    Checked.UNCHECKED: "‡",
}
"""The same as a sign, where one line explains it."""
LEGEND = "† second hand, § about another use, ‡ unchecked: verify before relying on it"


def worst(anything: object) -> Checked:
    """The least checked of all citations inside; `primary` where there is none."""
    return least_checked((citation.checked for citation in evidence.citations(anything)), of_none=Checked.PRIMARY)


def of_step(step: Step) -> Checked:
    """How well the schedule, limits and effects of a treatment were checked."""
    therapy = therapies.therapies().get(step.therapy)
    if therapy is None:
        return Checked.PRIMARY
    return worst((therapy.dosing, therapy.effects, therapy.renal, therapy.limits, therapy.adequate, therapy.why))


def of_entry(entry: Entry) -> Checked:
    """How well the numbers that make a trial adequate were checked."""
    therapy = therapies.therapies().get(entry.therapy)
    return worst(therapy.adequate) if therapy and therapy.adequate else Checked.PRIMARY


@dataclass(slots=True)
class References:
    """Sources numbered in the order they are first named."""

    ids: list[str] = field(default_factory=list)

    def numbers(self, ids: Iterable[str]) -> list[int]:
        """The numbers of these sources; new ones join the list."""
        for id in ids:
            if id and id not in self.ids:
                self.ids.append(id)
        return [self.ids.index(id) + 1 for id in dict.fromkeys(ids) if id]

    def listed(self) -> list[tuple[str, str, Checked]]:
        """Id, reference line, and how well the entry itself was checked."""
        return [(id, evidence.reference(id), evidence.study(id).checked) for id in self.ids]
