"""The order in which treatments are tried: the general one, and those of conditions that go their own way.

Knowledge only: conditions say which ladder is theirs, therapies climb it.
"""

from __future__ import annotations

from unwound.catalogue import CitedText, Frozen


class Avoid(Frozen):
    """A treatment that this ladder leaves out, and why."""

    therapy: str
    reason: CitedText


class Ladder(Frozen):
    """Ids of therapies line by line; every line needs its reason, and what is avoided says why."""

    first: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
    third: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    """Offered only when nothing before it is left (strong opioids, neurosurgery)."""
    avoid: tuple[Avoid, ...] = ()
    reason: CitedText

    def line(self, therapy: str) -> str:
        """The line a therapy stands on: first, second, third, last or avoid; empty where it stands on none."""
        lines = {"first": self.first, "second": self.second, "third": self.third, "last": self.last}
        for name, therapies in lines.items():
            if therapy in therapies:
                return name
        return "avoid" if any(therapy == advice.therapy for advice in self.avoid) else ""
