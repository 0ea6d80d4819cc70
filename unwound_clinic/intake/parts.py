"""The parts of a page: each gives its fields, their present values, the entries of an answer, and its answer lines.

An unanswered field gives no fact; «not sure» is an answer too, kept by the page (see `form.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, ClassVar, Protocol

from django import forms

from unwound import facts, instruments, intake, vocabulary
from unwound.catalogue import plain
from unwound.languages import ENGLISH
from unwound_clinic.core import speaking
from unwound_clinic.core.numbers import NumberField
from unwound_clinic.core.speaking import said
from unwound_clinic.intake.own import Own
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.forms.facts import InstrumentForm

UNSURE = "unsure"
YES_NO = [("yes", "Yes"), ("no", "No"), (UNSURE, "Not sure")]
DAYS = {"days": 1, "weeks": 7, "months": 30, "years": 365}
"""Days in each unit, roughly: a pain of four years is not remembered to the day."""
Values = Mapping[str, Any]
"""Cleaned values of a form, by field name."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One question of a page with its answer, empty where it was not answered."""

    ask: str
    answer: str = ""


class Part(Protocol):
    """A part of a page."""

    shape: str
    """How the template draws it."""

    def fields(self) -> dict[str, forms.Field]:
        """Its fields by name."""

    def initial(self, own: Own) -> dict[str, Any]:
        """Their present values."""

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """What was answered, only for field names in `values`."""

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """Its questions with their answers."""


def free_entry(kind: str, key: str, value: Any) -> New:
    """A free-form entry; an empty one retracts the earlier one."""
    return New(kind=kind, key=key, value=value or None)


def text_field(ask: str, help: str = "", rows: int = 4) -> forms.CharField:
    """A box for free text."""
    return forms.CharField(
        label=ask,
        help_text=help,
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def line_field(ask: str, length: int = 120, **attributes: str) -> forms.CharField:
    """One line of text."""
    return forms.CharField(label=ask, required=False, max_length=length, widget=forms.TextInput(attrs=attributes))


def number_field(
    ask: str, lowest: float | None = 0, highest: float | None = None, help: str = "", unit: str = ""
) -> NumberField:
    """A number."""
    return NumberField(label=ask, required=False, lowest=lowest, highest=highest, help_text=help, unit=unit)


def choice_field(ask: str, choices: list[tuple[str, str]], help: str = "") -> forms.ChoiceField:
    """One of several choices; none is preselected."""
    return forms.ChoiceField(label=ask, choices=choices, required=False, help_text=help, widget=forms.RadioSelect)


def in_days(number: float | None, unit: str) -> float | None:
    """About how many days."""
    return None if number is None else number * DAYS.get(unit or "days", 1)


def from_days(days: float | None) -> tuple[float | None, str]:
    """The number and unit in which a number of days was most likely given."""
    if days is None:
        return None, ""
    for unit, length in reversed(DAYS.items()):
        if days and days % length == 0:
            return days / length, unit
    return days, "days"


def duration_in_words(days: float | None) -> str:
    """«4 years»; empty where it is not known."""
    number, unit = from_days(days)
    return "" if number is None else f"{plain(number)} {said(unit if number != 1 else unit[:-1])}"


class FactQuestion:
    """A question for one fact, in plain words."""

    shape = "plain"

    def __init__(self, question: intake.Question) -> None:
        self.question, self.id = question, question.fact
        self.fact = facts.vocabulary()[question.fact]

    def fields(self) -> dict[str, forms.Field]:
        """One field of the fact's own type."""
        question, options = self.question, list(self.question.options.items())
        if self.fact.type == "yes-no":
            return {self.id: choice_field(question.ask, YES_NO, question.help)}
        if self.fact.type == "choice":
            return {self.id: choice_field(question.ask, [*options, (UNSURE, "Not sure")], question.help)}
        if self.fact.type == "choices":
            widget = forms.CheckboxSelectMultiple
            return {
                self.id: forms.MultipleChoiceField(
                    label=question.ask, choices=options, required=False, help_text=question.help, widget=widget
                )
            }
        lowest = max(0.0, self.fact.min or 0.0)
        return {
            self.id: NumberField(
                label=question.ask,
                required=False,
                lowest=lowest,
                highest=self.fact.max,
                help_text=question.help,
                unit=self.fact.unit,
                in_unit=partial(vocabulary.in_unit_of, self.id),
            )
        }

    def initial(self, own: Own) -> dict[str, Any]:
        """The patient's own answer, «not sure» included."""
        if self.id in own.unsure:
            return {self.id: UNSURE}
        value = own.value("fact", self.id)
        return {self.id: {True: "yes", False: "no"}[value] if isinstance(value, bool) else value}

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """The fact."""
        if self.id in values:
            value = values[self.id]
            if self.fact.type == "yes-no":
                value = {"yes": True, "no": False}.get(value)
            yield record_translate.new_fact(self.id, None if value in ("", UNSURE, []) else value, on)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """Yes, no, not sure, or the words chosen."""
        value, words = own.value("fact", self.id), self.question.options
        if self.id in own.unsure:
            yield AnswerLine(self.question.ask, said("Not sure"))
        elif isinstance(value, bool):
            yield AnswerLine(self.question.ask, said("Yes") if value else said("No"))
        elif isinstance(value, list):
            yield AnswerLine(self.question.ask, ", ".join(said(words.get(option, option)) for option in value))
        elif value is None:
            yield AnswerLine(self.question.ask)
        else:
            yield AnswerLine(
                self.question.ask, plain(value) if isinstance(value, int | float) else said(words.get(value, value))
            )


class StoryBox:
    """A box for the patient's own words."""

    shape = "plain"

    def __init__(self, story: intake.Story) -> None:
        self.story, self.name = story, f"story-{story.key}"

    def fields(self) -> dict[str, forms.Field]:
        """A box."""
        return {self.name: text_field(self.story.ask, self.story.help)}

    def initial(self, own: Own) -> dict[str, Any]:
        """The text so far."""
        return {self.name: own.text(self.story.key)}

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """The text as it was written."""
        if self.name in values:
            text = values[self.name]
            yield free_entry("story", self.story.key, {"text": text} if text else None)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """The text."""
        yield AnswerLine(self.story.ask, own.text(self.story.key))


class Duration:
    """How long: a number of days, weeks, months or years."""

    shape = "row"

    def __init__(self, question: intake.Question) -> None:
        self.question = question
        self.number, self.unit = f"{question.fact}-number", f"{question.fact}-unit"

    def fields(self) -> dict[str, forms.Field]:
        """The number and its unit."""
        units = [("", "choose"), *((unit, unit) for unit in DAYS)]
        unit = forms.ChoiceField(label="Days, weeks, months or years?", choices=units, required=False)
        return {self.number: number_field(self.question.ask, highest=1000), self.unit: unit}

    def initial(self, own: Own) -> dict[str, Any]:
        """As it was most likely entered."""
        number, unit = from_days(own.value("fact", self.question.fact))
        return {self.number: None if number is None else plain(number), self.unit: unit}

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """The fact in days; a number without its unit gives no fact yet."""
        if self.number in values and self.unit in values:
            days = in_days(values[self.number], values[self.unit]) if values[self.unit] else None
            yield record_translate.new_fact(self.question.fact, days, on)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """«4 years»."""
        yield AnswerLine(self.question.ask, duration_in_words(own.value("fact", self.question.fact)))


class BodyMap:
    """Where it hurts: regions on a drawing, also offered as a list."""

    shape = "map"
    KEY = record_translate.BODY_MAP

    def __init__(self, step: intake.Step) -> None:
        self.regions = step.regions()
        self.ask = "Where it hurts"

    def fields(self) -> dict[str, forms.Field]:
        """A checkbox for each region."""
        groups = [
            (name, [(region.id, region.title) for region in self.regions if region.side == side])
            for side, name in (("front", "From the front"), ("back", "From behind"))
        ]
        widget = forms.CheckboxSelectMultiple
        return {"regions": forms.MultipleChoiceField(label=self.ask, choices=groups, required=False, widget=widget)}

    def initial(self, own: Own) -> dict[str, Any]:
        """The regions marked."""
        return {"regions": (own.value("story", self.KEY) or {}).get("regions", [])}

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """The regions, in the order of the drawing."""
        if "regions" in values:
            marked = [region.id for region in self.regions if region.id in set(values["regions"])]
            yield free_entry("story", self.KEY, {"regions": marked} if marked else None)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """Their names."""
        marked = self.initial(own)["regions"]
        yield AnswerLine(self.ask, ", ".join(said(region.title) for region in self.regions if region.id in marked))


class Questionnaire:
    """A questionnaire; one begun and finished on different days is dated the first day."""

    shape = "plain"

    def __init__(self, id: str) -> None:
        published = instruments.in_language(id, speaking.now())
        self.id, self.form = id, published or instruments.instrument(id)
        self.in_english = published is None and speaking.now() != ENGLISH

    def fields(self) -> dict[str, forms.Field]:
        """Its items, in the translation that was published; in English where there is none."""
        return dict(InstrumentForm(self.id, form=self.form).fields)

    def initial(self, own: Own) -> dict[str, Any]:
        """The items answered."""
        return InstrumentForm.initial_of(own.form(self.id))

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """The form with None for each unanswered item; nothing if all are unanswered."""
        before = own.form(self.id)
        day = before.on if before is not None and before.on is not None else on
        items = [values.get(f"item{n}") for n in range(len(self.form.items))]
        answered = [None if answer in (None, "") else float(answer) for answer in items]
        if any(answer is not None for answer in answered):
            yield record_translate.new_answers({"instrument": self.id, "items": answered}, day)
        elif before is not None:
            yield New(kind="answers", key=before.key, value=None, on=before.on)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """Each item with the words of its answer."""
        answers = self.initial(own)
        words = {plain(option.value): option.text for option in self.form.options}
        for n, item in enumerate(self.form.items):
            value = answers.get(f"item{n}")
            yield AnswerLine(item.text, "" if value is None else words.get(value, value))


class ContactDetails:
    """The name and telephone number of a contact."""

    shape = "group"
    FIELDS: ClassVar = {"name": "Name", "phone": "Telephone"}

    def __init__(self, contact: intake.Contact) -> None:
        self.contact, self.legend = contact, contact.ask

    def fields(self) -> dict[str, forms.Field]:
        """Name and telephone."""
        keys = {"name": "text", "phone": "tel"}  # the phone's keyboard; no autofill, as its owner is not the contact
        return {
            self._name(field): line_field(label, autocomplete="off", inputmode=keys[field])
            for field, label in self.FIELDS.items()
        }

    def initial(self, own: Own) -> dict[str, Any]:
        """The contact named so far."""
        contact = own.value("contact", self.contact.key) or {}
        return {self._name(field): contact.get(field, "") for field in self.FIELDS}

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """The contact."""
        if all(self._name(field) in values for field in self.FIELDS):
            contact = {field: values[self._name(field)] for field in self.FIELDS if values[self._name(field)]}
            yield free_entry("contact", self.contact.key, contact)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """Name and telephone."""
        contact = own.value("contact", self.contact.key) or {}
        yield AnswerLine(self.contact.ask, ", ".join(contact[field] for field in self.FIELDS if field in contact))

    def _name(self, field: str) -> str:
        return f"contact-{self.contact.key}-{field}"
