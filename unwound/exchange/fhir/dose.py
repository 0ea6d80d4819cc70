"""What is known of a dose while a dosage is read: its texts, the dose so far, and what contradicts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unwound.exchange.fhir import directions, timings
from unwound.exchange.fhir.shapes import Object, codings, obj, objects, text
from unwound.exchange.fhir.unclear import Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """What is known of a dose so far, and who says it: the coding, then each text beside it."""

    source: str
    mg: float | None = None
    """At one time."""
    times: float | None = None
    """A day."""
    mg_per_day: float | None = None
    why: str = ""
    is_uneven: bool = False
    """Not the same on every day."""

    @property
    def says(self) -> str:
        """«the coding says 80 mg a day», with as much as it says."""
        if self.mg_per_day is not None:
            return f"{self.source} says {in_words(self.mg_per_day)} mg a day"
        dose = f"{in_words(self.mg)} mg" if self.mg is not None else ""
        often = f"{in_words(self.times)} times a day" if self.times is not None else ""
        return f"{self.source} says {' '.join(part for part in (dose, often) if part) or 'nothing that can be read'}"


class Conflict(Unclear):
    """Two parts of a dosage say different things."""

    def __init__(self, why: str, *, as_needed: bool = False) -> None:
        super().__init__(why, final=True)
        self.as_needed = as_needed


class AsNeeded(Unclear):
    """It is taken as needed."""


def texts(dosage: Object) -> Iterator[str]:
    """Everything that is said in words, each once: the directions first."""
    written = [text(dosage.get("text")), text(dosage.get("patientInstruction"))]
    for concept in objects(dosage.get("additionalInstruction")):
        written += [text(concept.get("text")), *(coding.display for coding in codings(concept))]
    written += timings.words_of(obj(dosage.get("timing")))
    yield from dict.fromkeys(filter(None, map(directions.without_cautions, written)))


def in_words(value: float | None) -> str:
    """A number as the messages write it."""
    return f"{value or 0.0:,.6g}"
