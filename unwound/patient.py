"""The patient as a frozen set of facts: what is known and since when, and nothing that could be computed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Self, Unpack

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from unwound.catalogue import Frozen
from unwound.record import UnwoundError
from unwound.scalars import Chosen, Day, Name, Number, OrMissing, Quantity, Text, YesNo, as_python, is_finite, shown
from unwound.terms import Jurisdiction, Purpose, Sex, Side, TrialEffect, WhyStopped
from unwound.vocabulary import FactError, Value, belongs_to_one_pain, fitting, near, question_of

if TYPE_CHECKING:
    from unwound.fact_types import Facts

__all__ = ["DERIVED", "Answers", "Ask", "Fact", "Medication", "Pain", "Patient", "Screened", "Trial", "Value"]


class _Entered(Frozen):
    """What is entered of a patient. However it is made or changed, it is checked: FactError names all that is wrong."""

    if not TYPE_CHECKING:  # the type checker goes by the fields

        def __init__(self, **fields: Any) -> None:
            try:
                super().__init__(**fields)
            except ValidationError as errors:
                raise FactError(*_problems(errors, type(self))) from errors

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """The record in a table."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as errors:
            raise FactError(*_problems(errors, cls)) from errors

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """The record in a JSON text."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as errors:
            raise FactError(*_problems(errors, cls)) from errors

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same record with these fields, checked like a new one."""
        if not update:
            return super().model_copy(deep=deep)
        return type(self)(**{**{name: getattr(self, name) for name in self.model_fields_set}, **update})

    def with_checked(self, **fields: Any) -> Self:
        """The same record with fields that were checked already: the quick way, for the inside of the library."""
        return super().model_copy(update=fields)


def _problems(errors: ValidationError, record: type[Frozen]) -> Iterator[str]:
    """Each problem with its field: «trials[1].days: a number is needed, not '12'»."""
    for error in errors.errors(include_url=False):
        path = ""
        for part in error["loc"]:
            path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else part
        inner = error.get("ctx", {}).get("error")
        if error["type"] == "extra_forbidden":
            yield f"«{path}» is not a field of {record.__name__}{near(path, record.model_fields)}"
        elif isinstance(inner, FactError):
            yield from (_inside(path, problem) for problem in inner.problems)
        else:
            needed = error["msg"].removeprefix("Value error, ")
            has_a_value = path and error["type"] != "missing" and not isinstance(error["input"], Mapping)
            yield _inside(path, f"{needed}, not {shown(error['input'])}" if has_a_value else needed)


def _inside(path: str, problem: str) -> str:
    """A problem of a record inside this one: «days: ...» becomes «trials[1].days: ...»."""
    if not path:
        return problem
    return f"{path}.{problem}" if re.match(r"[\w.\[\]]+: ", problem) else f"{path}: {problem}"


def _value(written: object) -> object:
    """A value that some fact can have; whether this one can is known only with its id."""
    value = tuple(map(as_python, written)) if isinstance(written, list | tuple) else as_python(written)
    if isinstance(value, float) and not is_finite(value):
        raise ValueError("a number that can be measured is needed")
    if isinstance(value, bool | float | str) or (isinstance(value, tuple) and all(isinstance(w, str) for w in value)):
        return value
    raise ValueError("true, false, a number or words of a choice are needed")


DERIVED = "derived: "
"""How the origin of a derived fact begins; for a class of medicines the names follow, as they were written."""


class Fact(_Entered):
    """One known fact: yes/no, a number in the fact's own unit, one option of a choice, or several."""

    value: Annotated[Value, Field(union_mode="left_to_right"), BeforeValidator(_value)]
    on: Annotated[Day | None, OrMissing] = None
    """The day it was taken or stated. None: not known, and a value that expires is then unknown."""
    origin: Text = ""
    """Where it came from: a form, a resource («Condition/12»), an examiner."""
    doubt: str = ""
    """The contradiction for which it does not count; derived anew each time, never entered."""


class Trial(_Entered):
    """One treatment that was tried, as far as it is known; None is unknown and will be asked, never assumed."""

    therapy: Name
    """Id of the therapy (`gabapentin`); drugs that are not in the catalogue keep their written name."""
    purpose: Annotated[Purpose | None, Chosen] = Purpose.PAIN
    top_dose: Annotated[Quantity | None, OrMissing] = None
    """Highest dose held, in the therapy's own unit a day (most often mg/day)."""
    days: Annotated[Quantity | None, OrMissing] = None
    """Days from first to last dose."""
    days_at_top: Annotated[Quantity | None, OrMissing] = None
    """Days at the highest dose, or at or above the target."""
    start: Annotated[Day | None, OrMissing] = None
    end: Annotated[Day | None, OrMissing] = None
    ordered: Annotated[Day | None, OrMissing] = None
    """The day of an order that was left open: nothing says how long it was taken, so no days follow from it."""
    ongoing: Annotated[YesNo | None, OrMissing] = None
    relief_percent: Annotated[Annotated[Number, Field(ge=-100, le=100)] | None, OrMissing] = None
    """Best relief while on it, percent of the pain before; for depression, fall of the score."""
    effect: Annotated[TrialEffect | None, Chosen] = None
    """The effect in words, where no percent is known."""
    stopped: Annotated[WhyStopped | None, Chosen] = None
    dose_limited_by_side_effects: Annotated[YesNo | None, OrMissing] = None
    side_effects: Text = ""
    adherent: Annotated[YesNo | None, OrMissing] = None
    pains: tuple[Name, ...] = ()
    """Names of the pains it was taken for, where the patient has several; none means that nobody recorded it."""
    in_this_pain: Annotated[YesNo | None, OrMissing] = None
    """Whether it was taken while this pain was there, as somebody confirmed; known dates outweigh it."""
    prescribed_for: Text = ""
    """What a record gives as the reason, where that is neither pain nor depression: «epilepsy»."""
    pain_then: Text = ""
    """A diagnosis of pain that was in force when it began, as a record names it, where nothing states the purpose."""
    rivals: tuple[Name, ...] = ()
    """Diagnoses that were in force then and could be what it was for instead."""
    note: Text = ""
    origin: Text = ""

    @model_validator(mode="after")
    def _the_end_follows_the_start(self) -> Trial:
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"ends on {self.end}, before its start on {self.start}")
        if self.days is not None and self.days_at_top is not None and self.days_at_top > self.days:
            raise ValueError(f"{self.days_at_top:g} days at the top dose do not fit in {self.days:g} days in all")
        return self


def _in_order(written: object) -> object:
    if not isinstance(written, list | tuple):
        raise ValueError("a list of answers in the order of the form is needed")
    return written


class Answers(_Entered):
    """One completed form: its items in the form's order (None where empty), or only the total."""

    instrument: Name
    on: Annotated[Day | None, OrMissing] = None
    items: Annotated[tuple[Annotated[Number | None, OrMissing], ...], BeforeValidator(_in_order)] = ()
    total: Annotated[Number | None, OrMissing] = None
    pain: Text = ""
    """The name of the pain it is about, where the patient has several."""
    origin: Text = ""


class Medication(_Entered):
    """One medicine taken now: the catalogue's id or the written name, and the dose where known."""

    drug: Name
    dose_mg_per_day: Annotated[Quantity | None, OrMissing] = None
    dose_ug_per_hour: Annotated[Quantity | None, OrMissing] = None
    """Of a patch: micrograms an hour, as patches are labelled."""
    origin: Text = ""


def _without_missing(written: object) -> object:
    if not isinstance(written, Mapping):
        return written
    return {id: fact for id, fact in written.items() if isinstance(fact, Fact) or as_python(fact) is not None}


def _fitting(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """Every fact as the vocabulary keeps it."""
    problems, fitted = list[str](), dict[str, Fact]()
    for id, fact in facts.items():
        try:
            fitted[id] = _as_kept(id, fact)
        except FactError as problem:
            problems += problem.problems
    if problems:
        raise FactError(*problems)
    return fitted


def _entered(values: Mapping[str, object], today: date) -> Mapping[str, Fact | None]:
    """A fact for each value, of today where its day matters; None for a missing one."""
    problems, entered = list[str](), dict[str, Fact | None]()
    for id, value in values.items():
        try:
            day = today if question_of(id).needs_day else None
            entered[id] = None if as_python(value) is None else Fact(value=fitting(id, value), on=day)
        except FactError as problem:
            problems += problem.problems
    if problems:
        raise FactError(*problems)
    return entered


def _as_kept(id: str, fact: Fact) -> Fact:
    value = fitting(id, fact.value)
    return fact if type(value) is type(fact.value) else fact.with_checked(value=value)


class Pain(_Entered):
    """One of several pains of a person: where it is, since when, and the facts that are its own.

    FactError for a fact that belongs to the person whatever hurts (the weight), which stands among the patient's.
    """

    name: Name
    """What everybody calls it, and what trials and forms name: «left foot»."""
    site: Text = ""
    side: Annotated[Side | None, Chosen] = None
    since: Annotated[Day | None, OrMissing] = None
    """The day on which it began; the duration follows from it."""
    to_treat: Annotated[YesNo | None, OrMissing] = None
    """Whether ketamine is considered for this one: at most one of them."""
    facts: Annotated[Mapping[str, Fact], BeforeValidator(_without_missing), AfterValidator(_fitting)] = {}

    @model_validator(mode="after")
    def _has_its_own_facts_only(self) -> Pain:
        others = [id for id in self.facts if belongs_to_one_pain(id) is False]
        if others:
            raise FactError(
                *(
                    f"facts.{id}: this is about the person, not about one pain: put it among the patient's"
                    for id in others
                )
            )
        return self


class Screened(_Entered):
    """A group of questions that was asked as one and answered with «none of these» (`screens`)."""

    group: Name
    on: Annotated[Day | None, OrMissing] = None
    by: Text = ""
    """Who asked."""
    items: tuple[Name, ...] = ()
    """The items it was said of («none of the others»), as they were read; none named means every item of the group."""


COUNTED = ("facts", "trials", "answers", "medications", "allergies", "pains")
"""What a patient says of itself in a line, as numbers."""


class Patient(_Entered):
    """Everything known about one person on one day (`as_of`): the library reads no clock.

    A fact that is not in `facts` is unknown. The ids and values of facts are those of `data/facts/`, and nothing is
    later than the day: FactError refuses all else, with what is needed.
    """

    id: Text = ""
    name: Text = ""
    as_of: Day
    birth_date: Annotated[Day | None, OrMissing] = None
    sex: Annotated[Sex | None, Chosen] = None
    """Sex at birth, as the formulas that use it mean it."""
    facts: Annotated[Mapping[str, Fact], BeforeValidator(_without_missing), AfterValidator(_fitting)] = {}
    trials: tuple[Trial, ...] = ()
    answers: tuple[Answers, ...] = ()
    medications: tuple[Medication, ...] = ()
    allergies: tuple[Name, ...] = ()
    jurisdiction: Annotated[Jurisdiction | None, Chosen] = None
    """Whose dose limits apply; unknown means the lower of the two."""
    screened: tuple[Screened, ...] = ()
    """Groups of questions that were answered with «none of these»; a group that is not here was not asked."""
    pains: tuple[Pain, ...] = ()
    """The pains, where there are several; the facts of a single one may as well stand among the patient's."""
    seen_pain: str = ""
    """The pain whose facts stand among the patient's (`pains.seen`); never entered."""

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """The day and how much is known: a patient in a notebook or a log names nobody."""
        yield "as_of", self.as_of.isoformat()
        yield from ((name, len(getattr(self, name))) for name in COUNTED)

    @model_validator(mode="after")
    def _each_pain_is_told_from_the_others(self) -> Patient:
        problems = tuple(self._unclear_pains())
        if problems:
            raise FactError(*problems)
        return self

    def _unclear_pains(self) -> Iterator[str]:
        """What would be read of the wrong pain, or of none."""
        if not self.pains:
            return
        names = [pain.name for pain in self.pains]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield f"pains: two of them are called «{name}»; each needs a name of its own"
        if sum(pain.to_treat is True for pain in self.pains) > 1:
            yield "pains: ketamine is considered for one pain at a time, so only one of them can be the one to treat"
        for number, trial in enumerate(self.trials, 1):
            yield from (
                f"trials[{number}].pains: no pain is called «{name}»{near(name, names)}"
                for name in trial.pains
                if name not in names
            )
        for number, form in enumerate(self.answers, 1):
            if form.pain and form.pain not in names:
                yield f"answers[{number}].pain: no pain is called «{form.pain}»{near(form.pain, names)}"
        if not self.seen_pain:
            for id in self.facts:
                if belongs_to_one_pain(id):
                    yield f"facts.{id}: this belongs to one pain; put it under the one it is about: {', '.join(names)}"
                elif any(id in pain.facts for pain in self.pains):
                    yield f"facts.{id}: this stands under a pain as well; keep the one that is meant"

    @model_validator(mode="after")
    def _nothing_is_later_than_its_day(self) -> Patient:
        later = tuple(
            f"{field}: {day} is after the day of the review (as_of = {self.as_of})"
            for field, day in self._days()
            if day is not None and day > self.as_of
        )
        if later:
            raise FactError(*later)
        return self

    def _days(self) -> Iterator[tuple[str, date | None]]:
        """Every day of the record on which something was, with its field."""
        yield "birth_date", self.birth_date
        yield from ((f"facts.{id}.on", fact.on) for id, fact in self.facts.items())
        for number, trial in enumerate(self.trials, 1):
            yield from ((f"trials[{number}].start", trial.start), (f"trials[{number}].end", trial.end))
            yield f"trials[{number}].ordered", trial.ordered
        yield from ((f"answers[{number}].on", form.on) for number, form in enumerate(self.answers, 1))
        yield from ((f"screened.{answer.group}.on", answer.on) for answer in self.screened)
        for number, pain in enumerate(self.pains, 1):
            yield f"pains[{number}].since", pain.since
            yield from ((f"pains[{number}].facts.{id}.on", fact.on) for id, fact in pain.facts.items())

    def value(self, fact: str) -> Value | None:
        """The value of a fact, None when it is unknown. FactError for a fact that does not exist."""
        entry = self.facts.get(fact)
        if entry is None:
            question_of(fact)
            return None
        return entry.value

    def knowing(self, **values: Unpack[Facts]) -> Patient:
        """The same patient with these facts known (or changed) as of the patient's day; a missing value (None,
        pandas.NA) makes one unknown.

        FactError, with what is needed, for a fact that does not exist and a value that it cannot have.
        """
        known = {**self.facts, **_entered(values, self.as_of)}
        return self.with_checked(facts={id: fact for id, fact in known.items() if fact is not None})

    def not_knowing(self, *ids: str) -> Patient:
        """The same patient with these facts unknown. FactError for a fact that does not exist."""
        for id in ids:
            question_of(id)
        return self.with_checked(facts={id: fact for id, fact in self.facts.items() if id not in ids})


def is_patient(given: object) -> Patient:
    """What was given, if it is a patient. UnwoundError for anything else, naming what to give."""
    if isinstance(given, Patient):
        return given
    if isinstance(getattr(given, "patient", None), Patient):
        raise UnwoundError(f"a {type(given).__name__} holds a patient and is none: give its .patient")
    raise UnwoundError(f"a Patient is needed, not {type(given).__name__} (read one, or Patient(as_of=day))")


@dataclass(frozen=True, slots=True)
class Ask:
    """A missing fact worth asking for: its id, the question in words, and what depends on it."""

    fact: str
    question: str
    matters_for: tuple[str, ...] = ()
