"""The patient as a frozen set of facts: what is known and since when, and nothing that could be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field, Strict, model_validator

from unwound.catalogue import Frozen
from unwound.terms import Jurisdiction, Purpose, Sex, TrialEffect, WhyStopped

Value = Annotated[bool, Strict()] | Annotated[float, Strict()] | Annotated[str, Strict()] | tuple[str, ...]


class Fact(Frozen):
    """One known fact: yes/no, a number in the fact's own unit, one option of a choice, or several."""

    value: Value = Field(union_mode="left_to_right")
    on: date | None = None
    origin: str = ""
    """Where it came from: a form, a resource («Condition/12»), an examiner."""
    doubt: str = ""
    """The contradiction for which it does not count; derived anew each time, never entered."""


class Trial(Frozen):
    """One treatment that was tried, as far as it is known; None is unknown and will be asked, never assumed."""

    therapy: str
    """Id of the therapy (`gabapentin`); drugs that are not in the catalogue keep their written name."""
    purpose: Purpose | None = Purpose.PAIN
    top_dose: float | None = Field(default=None, ge=0)
    """Highest dose held, in the therapy's own unit a day (most often mg/day)."""
    days: float | None = Field(default=None, ge=0)
    """Days from first to last dose."""
    days_at_top: float | None = Field(default=None, ge=0)
    """Days at the highest dose, or at or above the target."""
    start: date | None = None
    end: date | None = None
    ongoing: bool | None = None
    relief_percent: float | None = Field(default=None, ge=-100, le=100)
    """Best relief while on it, percent of the pain before; for depression, fall of the score."""
    effect: TrialEffect | None = None
    """The effect in words, where no percent is known."""
    stopped: WhyStopped | None = None
    dose_limited_by_side_effects: bool | None = None
    side_effects: str = ""
    adherent: bool | None = None
    note: str = ""
    origin: str = ""

    @model_validator(mode="after")
    def _the_end_follows_the_start(self) -> Trial:
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"ends on {self.end}, before its start on {self.start}")
        if self.days is not None and self.days_at_top is not None and self.days_at_top > self.days:
            raise ValueError(f"{self.days_at_top:g} days at the top dose do not fit in {self.days:g} days in all")
        return self


class Answers(Frozen):
    """One completed form: its items in the form's order (None where empty), or only the total."""

    instrument: str
    on: date | None = None
    items: tuple[float | None, ...] = ()
    total: float | None = None
    origin: str = ""


class Medication(Frozen):
    """One medicine taken now: the catalogue's id or the written name, and the dose where known."""

    drug: str
    dose_mg_per_day: float | None = Field(default=None, ge=0)
    dose_ug_per_hour: float | None = Field(default=None, ge=0)
    """Of a patch: micrograms an hour, as patches are labelled."""
    origin: str = ""


class Patient(Frozen):
    """Everything known about one person on one day (`as_of`): the library reads no clock.

    A fact that is not in `facts` is unknown. The ids of facts are those of `data/facts/`; `facts.check` refuses others.
    """

    id: str = ""
    name: str = ""
    as_of: date
    birth_date: date | None = None
    sex: Sex | None = None
    """Sex at birth, as the formulas that use it mean it."""
    facts: Mapping[str, Fact] = {}
    trials: tuple[Trial, ...] = ()
    answers: tuple[Answers, ...] = ()
    medications: tuple[Medication, ...] = ()
    allergies: tuple[str, ...] = ()
    jurisdiction: Jurisdiction | None = None
    """Whose dose limits apply; unknown means the lower of the two."""

    def value(self, fact: str) -> Value | None:
        """The value of a fact, None when it is unknown."""
        entry = self.facts.get(fact)
        return None if entry is None else entry.value

    def knowing(self, **values: Value) -> Patient:
        """The same patient with these facts known (or changed)."""
        return self.model_copy(update={"facts": {**self.facts, **{id: Fact(value=v) for id, v in values.items()}}})

    def not_knowing(self, *ids: str) -> Patient:
        """The same patient with these facts unknown."""
        return self.model_copy(update={"facts": {id: fact for id, fact in self.facts.items() if id not in ids}})


@dataclass(frozen=True, slots=True)
class Ask:
    """A missing fact worth asking for: its id, the question in words, and what depends on it."""

    fact: str
    question: str
    matters_for: tuple[str, ...] = ()
