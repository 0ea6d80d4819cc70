"""The parts a page is made of: each gives its fields, what they hold already, the entries of an answer, what is said.

A field that was left open gives no fact; «not sure» is an answer too, kept by the page (see `form.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Protocol

from django import forms

from unwound import facts, instruments, intake
from unwound.catalogue import plain
from unwound_clinic.intake.own import Own
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.forms.facts import InstrumentForm

UNSURE = "unsure"
YES_NO = [("yes", "Yes"), ("no", "No"), (UNSURE, "Not sure")]
DAYS = {"days": 1, "weeks": 7, "months": 30, "years": 365}
"""About how many days: nobody remembers a pain of four years by the day."""
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """One question of a page and its answer; without an answer it was left open."""

    ask: str
    answer: str = ""


class Part(Protocol):
    """A part of a page."""

    shape: str
    """How the template draws it."""

    def fields(self) -> dict[str, forms.Field]:
        """Its fields by name."""

    def initial(self, own: Own) -> dict[str, Any]:
        """What they hold."""

    def entries(self, given: Given, own: Own, on: date) -> Iterator[New]:
        """What was answered; only of names in `given`."""

    def said(self, own: Own) -> Iterator[Said]:
        """Its questions with their answers."""


def kept(kind: str, key: str, value: Any) -> New:
    """An entry of free form; an empty one takes back what was there."""
    return New(kind=kind, key=key, value=value or None)


def text_field(ask: str, help: str = "", rows: int = 4) -> forms.CharField:
    """A box to tell something in."""
    return forms.CharField(
        label=ask,
        help_text=help,
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def line_field(ask: str, length: int = 120, **attributes: str) -> forms.CharField:
    """One line."""
    return forms.CharField(label=ask, required=False, max_length=length, widget=forms.TextInput(attrs=attributes))


def number_field(ask: str, lowest: float | None = 0, highest: float | None = None, help: str = "") -> forms.FloatField:
    """A number."""
    widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
    return forms.FloatField(
        label=ask, required=False, min_value=lowest, max_value=highest, help_text=help, widget=widget
    )


def choice_field(ask: str, choices: list[tuple[str, str]], help: str = "") -> forms.ChoiceField:
    """One of several; none is chosen for anybody."""
    return forms.ChoiceField(label=ask, choices=choices, required=False, help_text=help, widget=forms.RadioSelect)


def in_days(number: float | None, unit: str) -> float | None:
    """About how many days."""
    return None if number is None else number * DAYS.get(unit or "days", 1)


def from_days(days: float | None) -> tuple[float | None, str]:
    """The number and unit a number of days most likely was said in."""
    if days is None:
        return None, ""
    for unit, length in reversed(DAYS.items()):
        if days and days % length == 0:
            return days / length, unit
    return days, "days"


def in_words(days: float | None) -> str:
    """«4 years»; empty where it is not known."""
    number, unit = from_days(days)
    return "" if number is None else f"{plain(number)} {unit if number != 1 else unit[:-1]}"


class Asked:
    """A question for one fact, in plain words."""

    shape = "plain"

    def __init__(self, question: intake.Question) -> None:
        self.question, self.id = question, question.fact
        self.known = facts.vocabulary()[question.fact]

    def fields(self) -> dict[str, forms.Field]:
        """One field of the kind the fact wants."""
        asked, options = self.question, list(self.question.options.items())
        if self.known.type == "yes-no":
            return {self.id: choice_field(asked.ask, YES_NO, asked.help)}
        if self.known.type == "choice":
            return {self.id: choice_field(asked.ask, [*options, (UNSURE, "Not sure")], asked.help)}
        if self.known.type == "choices":
            widget = forms.CheckboxSelectMultiple
            return {
                self.id: forms.MultipleChoiceField(
                    label=asked.ask, choices=options, required=False, help_text=asked.help, widget=widget
                )
            }
        highest = None if self.known.max is None or math.isinf(self.known.max) else self.known.max
        lowest = max(0.0, self.known.min or 0.0)
        return {self.id: number_field(asked.ask, lowest, highest, asked.help)}

    def initial(self, own: Own) -> dict[str, Any]:
        """The own answer, «not sure» included."""
        if self.id in own.unsure:
            return {self.id: UNSURE}
        value = own.value("fact", self.id)
        return {self.id: {True: "yes", False: "no"}[value] if isinstance(value, bool) else value}

    def entries(self, given: Given, own: Own, on: date) -> Iterator[New]:
        """The fact."""
        if self.id in given:
            value = given[self.id]
            if self.known.type == "yes-no":
                value = {"yes": True, "no": False}.get(value)
            yield record_translate.new_fact(self.id, None if value in ("", UNSURE, []) else value, on)

    def said(self, own: Own) -> Iterator[Said]:
        """Yes, no, not sure, or the words chosen."""
        value, words = own.value("fact", self.id), self.question.options
        if self.id in own.unsure:
            yield Said(self.question.ask, "Not sure")
        elif isinstance(value, bool):
            yield Said(self.question.ask, "Yes" if value else "No")
        elif isinstance(value, list):
            yield Said(self.question.ask, ", ".join(words.get(one, one) for one in value))
        elif value is None:
            yield Said(self.question.ask)
        else:
            yield Said(self.question.ask, plain(value) if isinstance(value, int | float) else words.get(value, value))


class Told:
    """A story in one's own words."""

    shape = "plain"

    def __init__(self, story: intake.Story) -> None:
        self.story, self.name = story, f"story-{story.key}"

    def fields(self) -> dict[str, forms.Field]:
        """A box."""
        return {self.name: text_field(self.story.ask, self.story.help)}

    def initial(self, own: Own) -> dict[str, Any]:
        """What was told."""
        return {self.name: own.text(self.story.key)}

    def entries(self, given: Given, own: Own, on: date) -> Iterator[New]:
        """The story as it was written."""
        if self.name in given:
            text = given[self.name]
            yield kept("story", self.story.key, {"text": text} if text else None)

    def said(self, own: Own) -> Iterator[Said]:
        """The story."""
        yield Said(self.story.ask, own.text(self.story.key))


class Lasting:
    """For how long: a number of days, weeks, months or years."""

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
        """As it was most likely said."""
        number, unit = from_days(own.value("fact", self.question.fact))
        return {self.number: None if number is None else plain(number), self.unit: unit}

    def entries(self, given: Given, own: Own, on: date) -> Iterator[New]:
        """The fact in days; a number without its unit says nothing yet."""
        if self.number in given and self.unit in given:
            days = in_days(given[self.number], given[self.unit]) if given[self.unit] else None
            yield record_translate.new_fact(self.question.fact, days, on)

    def said(self, own: Own) -> Iterator[Said]:
        """«4 years»."""
        yield Said(self.question.ask, in_words(own.value("fact", self.question.fact)))


class BodyMap:
    """Where it hurts: regions of the drawing, which are also a list."""

    shape = "map"
    KEY = "body-map"

    def __init__(self, step: intake.Step) -> None:
        self.regions = step.regions()
        self.ask = step.title

    def fields(self) -> dict[str, forms.Field]:
        """A box to tick for each region."""
        groups = [
            (name, [(one.id, one.title) for one in self.regions if one.side == side])
            for side, name in (("front", "Front"), ("back", "Back"))
        ]
        widget = forms.CheckboxSelectMultiple
        return {"regions": forms.MultipleChoiceField(label=self.ask, choices=groups, required=False, widget=widget)}

    def initial(self, own: Own) -> dict[str, Any]:
        """The regions marked."""
        return {"regions": (own.value("story", self.KEY) or {}).get("regions", [])}

    def entries(self, given: Given, own: Own, on: date) -> Iterator[New]:
        """The regions, in the order of the drawing."""
        if "regions" in given:
            marked = [one.id for one in self.regions if one.id in set(given["regions"])]
            yield kept("story", self.KEY, {"regions": marked} if marked else None)

    def said(self, own: Own) -> Iterator[Said]:
        """Their names."""
        marked = self.initial(own)["regions"]
        yield Said(self.ask, ", ".join(one.title for one in self.regions if one.id in marked))


class Form:
    """A questionnaire; begun on one day and ended on another, it is one form of the first day."""

    shape = "plain"

    def __init__(self, id: str) -> None:
        self.id, self.form = id, instruments.instrument(id)

    def fields(self) -> dict[str, forms.Field]:
        """Its items."""
        return dict(InstrumentForm(self.id).fields)

    def initial(self, own: Own) -> dict[str, Any]:
        """The items answered."""
        return InstrumentForm.initial_of(own.form(self.id))

    def entries(self, given: Given, own: Own, on: date) -> Iterator[New]:
        """The form with None where an item is open; nothing where all are."""
        before = own.form(self.id)
        day = before.on if before is not None and before.on is not None else on
        items = [given.get(f"item{n}") for n in range(len(self.form.items))]
        answered = [None if one in (None, "") else float(one) for one in items]
        if any(one is not None for one in answered):
            yield record_translate.new_answers({"instrument": self.id, "items": answered}, day)
        elif before is not None:
            yield New(kind="answers", key=before.key, value=None, on=before.on)

    def said(self, own: Own) -> Iterator[Said]:
        """Each item with the words of its answer."""
        given = self.initial(own)
        words = {plain(one.value): one.text for one in self.form.options}
        for n, item in enumerate(self.form.items):
            value = given.get(f"item{n}")
            yield Said(item.text, "" if value is None else words.get(value, value))


class Reached:
    """Somebody to reach."""

    shape = "group"
    FIELDS: ClassVar = {"name": "Name", "phone": "Telephone"}

    def __init__(self, contact: intake.Contact) -> None:
        self.contact, self.legend = contact, contact.ask

    def fields(self) -> dict[str, forms.Field]:
        """Name and telephone."""
        keys = {"name": "text", "phone": "tel"}  # which keys a phone shows; the browser's own owner is somebody else
        return {
            self._name(one): line_field(label, autocomplete="off", inputmode=keys[one])
            for one, label in self.FIELDS.items()
        }

    def initial(self, own: Own) -> dict[str, Any]:
        """Who was named."""
        known = own.value("contact", self.contact.key) or {}
        return {self._name(one): known.get(one, "") for one in self.FIELDS}

    def entries(self, given: Given, own: Own, on: date) -> Iterator[New]:
        """The contact."""
        if all(self._name(one) in given for one in self.FIELDS):
            told = {one: given[self._name(one)] for one in self.FIELDS if given[self._name(one)]}
            yield kept("contact", self.contact.key, told)

    def said(self, own: Own) -> Iterator[Said]:
        """Name and telephone."""
        known = own.value("contact", self.contact.key) or {}
        yield Said(self.contact.ask, ", ".join(known[one] for one in self.FIELDS if one in known))

    def _name(self, field: str) -> str:
        return f"contact-{self.contact.key}-{field}"
