"""One page of the first form: every answer is optional, and what fits is saved even where another field does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from unwound import intake
from unwound.patient import Patient as Known
from unwound_clinic.core.speaking import said
from unwound_clinic.intake import rows
from unwound_clinic.intake.groups import AskedAsOne
from unwound_clinic.intake.own import NOT_SURE, Own
from unwound_clinic.intake.parts import (
    UNSURE,
    AnswerLine,
    BodyMap,
    ContactDetails,
    Duration,
    FactQuestion,
    Part,
    Questionnaire,
    StoryBox,
)
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record.entries import New


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields that are drawn together."""

    shape: str
    legend: str
    fields: tuple[BoundField, ...]
    id: str = ""
    """Of rows: which kind they are."""
    last: bool = False
    """Whether it is the last row of its kind."""


@dataclass(frozen=True, slots=True)
class Filling:
    """One patient filling in the form: what decides which questions concern them, and what they answered so far."""

    person: intake.Person
    own: Own

    def asks(self, only: intake.Only, part: Part) -> bool:
        """Whether a part is shown: it may concern the patient, or they have answered it already."""
        return intake.concerns(only, self.person) or any(line.answer for line in part.answer_lines(self.own))


def filling(patient: Patient, day: date, entries: Iterable[Entry], since: datetime | None) -> Filling:
    """The patient on that day, with their own entries."""
    entries = list(entries)
    own = Own(entries, since)
    known = Known(as_of=day, birth_date=patient.birth_date, sex=patient.sex or None)
    treatments = [row["therapy"] for _, row in own.numbered("trial")] + [
        row["drug"] for _, row in own.numbered("medication")
    ]
    marked = (own.value("story", BodyMap.KEY) or {}).get("regions", ())
    return Filling(intake.Person(known=known, marked=tuple(marked), treatments=treatments), own)


def steps(who: Filling) -> Mapping[str, intake.Step]:
    """The pages this patient is asked, by id, in order."""
    return {
        id: step
        for id, step in intake.steps().items()
        if intake.concerns(step.only, who.person) or any(line.answer for line in answer_lines(id, who))
    }


def parts(step: intake.Step, who: Filling, posted: Mapping[str, Any] | None = None, *, another: str = "") -> list[Part]:
    """The parts of a page that concern this patient, in the order they are shown."""
    own = who.own
    page_parts: list[Part] = [BodyMap(step)] if step.parts else []
    page_parts += [rows.KINDS[kind].for_page(own, posted, another=another == kind) for kind in step.rows]
    questions = [(question.only, FactQuestion(question)) for question in step.questions]
    page_parts += [part for only, part in questions if who.asks(only, part)]
    groups = [(group.only, AskedAsOne(group.screen, own, posted)) for group in step.groups]
    page_parts += [part for only, part in groups if who.asks(only, part)]
    page_parts += [StoryBox(story) for story in step.stories]
    if step.duration:
        page_parts.append(Duration(step.duration))
    if step.instrument:
        page_parts.append(Questionnaire(step.instrument))
    return [*page_parts, *(ContactDetails(contact) for contact in step.contacts)]


def answer_lines(id: str, who: Filling) -> list[AnswerLine]:
    """Every question of a page with its answer, empty where there is none."""
    return [line for part in parts(intake.steps()[id], who) for line in part.answer_lines(who.own)]


class StepForm(forms.Form):
    """One page."""

    def __init__(self, id: str, who: Filling, data: Mapping[str, Any] | None = None, *, another: str = "") -> None:
        self.id, self.own, self.step = id, who.own, intake.steps()[id]
        self.parts = parts(self.step, who, data, another=another)
        initial = {name: value for part in self.parts for name, value in part.initial(who.own).items()}
        super().__init__(data, initial=initial, label_suffix="")
        for part in self.parts:
            for name, field in part.fields().items():
                self.fields[name] = field if isinstance(part, Questionnaire) else _spoken(field)

    def clean(self) -> dict[str, Any]:
        """A number without its unit, and a dose that cannot be, are asked about, never dropped silently."""
        for name in self.fields:
            unit = f"{name.removesuffix('number')}unit"
            if name.endswith("number") and self.cleaned_data.get(name) is not None and not self.cleaned_data.get(unit):
                self.add_error(unit, said("Please choose one."))
        problems = [
            problem
            for part in self.parts
            if isinstance(part, rows.Rows)
            for problem in part.problems(self.cleaned_data)
        ]
        for name, problem in problems:
            self.add_error(name, problem)
        return self.cleaned_data

    def shown(self) -> str:
        """The answers of the page as it is drawn, written as a browser sends them: `was` of what it sends."""
        filled = QueryDict(mutable=True)
        for name in self.fields:
            value = self[name].value()
            values = value if isinstance(value, list | tuple) else [value]
            filled.setlist(
                name, ["on" if answer is True else str(answer) for answer in values if answer not in (None, False, "")]
            )
        return filled.urlencode()

    def changed(self, on: date, who: Filling) -> tuple[New, ...]:
        """The entries that differ from what the page showed: another tab or device may have changed the others."""
        entries = self.entries(on)
        if "was" not in self.data:
            return entries
        was = StepForm(self.id, who, QueryDict(self.data["was"])).entries(on)
        return tuple(new for new in entries if new not in was)

    def entries(self, on: date) -> tuple[New, ...]:
        """The answers as entries; fields that do not validate are left out, everything else is saved."""
        self.is_valid()
        values = {name: value for name, value in self.cleaned_data.items() if name in self.data or self._ticked(name)}
        entries = [new for part in self.parts for new in part.entries(values, self.own, on)]
        questions = [part.id for part in self.parts if isinstance(part, FactQuestion)]
        if questions:
            unsure = [id for id in questions if values.get(id) == UNSURE]
            entries.append(New(kind="story", key=f"{NOT_SURE}{self.id}", value={"facts": unsure} if unsure else None))
        return tuple(entries)

    def names_to_ask(self) -> list[str]:
        """Names of medicines just written that are not read, with others near: asked about once before going on."""
        self.is_valid()
        rows_here = (part for part in self.parts if isinstance(part, rows.Rows))
        names = [name for part in rows_here for name in part.names_to_ask(self.cleaned_data)]
        return [name for name in names if name not in self.own.right_as_written]

    def _ticked(self, name: str) -> bool:
        """Whether it counts as answered although not sent: browsers leave out unticked boxes and open choices."""
        field = self.fields[name]
        return isinstance(field, forms.BooleanField | forms.MultipleChoiceField) or (
            isinstance(field, forms.ChoiceField) and isinstance(field.widget, forms.RadioSelect)
        )

    def groups(self) -> Iterator[Group]:
        """The fields, grouped as the template draws them."""
        for part in self.parts:
            fields = tuple(self[name] for name in part.fields())
            if isinstance(part, rows.Rows):
                for number in part.numbers:
                    row = tuple(self[f"{part.prefix}{number}-{name}"] for name in part.row(number))
                    title = f"{said(part.title)} {number + 1}"
                    yield Group(shape="group", legend=title, fields=row, last=number == part.numbers[-1], id=part.id)
                yield Group(shape="rows", legend=said(part.more), fields=(self[part.none_name],), id=part.id)
            else:
                yield Group(shape=part.shape, legend=said(getattr(part, "legend", "")), fields=fields)


def _spoken(field: forms.Field) -> forms.Field:
    """A field with its label, help, choices and refusals in the language of the page."""
    field.label, field.help_text = said(str(field.label or "")), said(str(field.help_text))
    field.error_messages = {code: said(str(text)) for code, text in field.error_messages.items()}
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        field.choices = [
            (value, said(text)) if isinstance(text, str) else (said(value), [(id, said(words)) for id, words in text])
            for value, text in choices
        ]
    return field
