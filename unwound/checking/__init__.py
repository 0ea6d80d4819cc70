"""The walk over knowledge files, ours and a user's own alike: what is wrong with them, by file and field.

    faults(kind, id)      of one file in force: its record, its sources, its facts, what it names, its own examples
    folder()              of every file in force, the user's own first

Begin with `statements.py` (what every kind shares) and `examples.py` (what each kind promises of itself).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unwound import catalogue
from unwound.checking import examples, statements
from unwound.checking.kinds import record_of
from unwound.record import UnwoundError

__all__ = ["Fault", "faults", "folder"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file: where in it, and what."""

    file: str
    field: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.what}" if self.field else f"{self.file}: {self.what}"


def faults(kind: str, id: str) -> tuple[Fault, ...]:
    """What is wrong with one file in force; nothing where it is as it should be."""
    file = catalogue.name(kind, id)
    try:
        record = catalogue.find(kind, record_of(kind, id), id, "file")
    except UnwoundError as error:
        return (Fault(file, "", str(error).removeprefix(f"{file}: ")),)
    return tuple(Fault(file, field, what) for field, what in _in(kind, id, record))


def _in(kind: str, id: str, record: catalogue.Head) -> Iterator[tuple[str, str]]:
    amiss = list(statements.amiss(kind, id, record))
    yield from amiss
    if not amiss:
        # An example of a file that names what does not exist would only say the same again, less clearly.
        yield from examples.broken(kind, id, record)


def folder() -> tuple[Fault, ...]:
    """What is wrong with any file in force, the user's own first: one of ours may fail only beside theirs."""
    places = [(kind, id) for kind in catalogue.kinds() for id in catalogue.ids(kind)]
    places.sort(key=lambda place: not catalogue.is_own(*place))
    own = tuple(fault for place in places if catalogue.is_own(*place) for fault in faults(*place))
    # A file that cannot be read is missing everywhere; ours would only repeat that in other words.
    return own or tuple(fault for place in places if not catalogue.is_own(*place) for fault in faults(*place))
