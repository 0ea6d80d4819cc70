"""One form builder: a field for every fact of the vocabulary, a form for every instrument, and the few fixed forms.

An unanswered question stays unknown; «not known» can always be chosen, and retracts an earlier answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any

from django import forms

from unwound import facts, instruments, numerals, vocabulary
from unwound.catalogue import plain
from unwound.facts import FactError, Question
from unwound.instruments import Instrument
from unwound.session import signs
from unwound_clinic.core.numbers import NumberField, ends_in_words
from unwound_clinic.models import Entry
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New

UNKNOWN = ""
YES_NO = [("yes", "Yes"), ("no", "No"), (UNKNOWN, "Not known")]


def fact_field(id: str) -> forms.Field:
    """The field that asks for one fact."""
    question = facts.vocabulary()[id]
    field = _field(id, question)
    field.required = False
    field.label = question.ask
    field.widget.attrs["data-fact"] = id
    return field


def _field(id: str, question: Question) -> forms.Field:
    """The field for the type of a fact: choices, or a number with its unit and ends."""
    if question.type == "yes-no":
        return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect)
    if question.type == "choice":
        return forms.ChoiceField(choices=[*question.options.items(), (UNKNOWN, "Not known")], widget=forms.RadioSelect)
    if question.type == "choices":
        return forms.MultipleChoiceField(choices=list(question.options.items()), widget=forms.CheckboxSelectMultiple)
    return FactNumber(id, question)


class FactNumber(NumberField):
    """A number in the unit of the fact, or with another unit that it is measured in: «58 mmol/mol»."""

    def __init__(self, id: str, question: Question) -> None:
        ends = ends_in_words(question.min, question.max)
        others = ", ".join(other.spelt[0] for other in question.also_in)
        also = f"; or with its unit: {others}" if others else ""
        super().__init__(
            lowest=question.min,
            highest=question.max,
            unit=question.unit,
            in_unit=partial(vocabulary.in_unit_of, id),
            help_text=", ".join(part for part in (question.unit, ends) if part) + also,
        )
        self.id = id

    def to_python(self, value: Any) -> float | None:
        """The number; of one that is impossible the message says in which other unit it would be possible."""
        try:
            return super().to_python(value)
        except forms.ValidationError as refused:
            hint = _another_unit(self.id, str(value))
            raise forms.ValidationError(hint) if hint else refused from None


def _another_unit(id: str, typed: str) -> str:
    """What a bare number that is not possible may be instead; empty where it is not one."""
    for number in numerals.meanings(typed)[:1]:
        try:
            vocabulary.fitting(id, number)
        except FactError as problem:
            return str(problem).removeprefix(f"{id}: ")
    return ""


class FactsForm(forms.Form):
    """Questions for facts, in the order given; `entries()` is what was answered."""

    def __init__(self, ids: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids = tuple(ids)
        for id in self.ids:
            self.fields[id] = fact_field(id)

    def clean(self) -> dict[str, Any] | None:
        """Refuses two values of which one has to be below the other."""
        cleaned = super().clean()
        facts_of = {id: sign.fact for id, sign in signs.signs().items() if sign.fact in self.ids}
        typed = {id: self.cleaned_data.get(fact) for id, fact in facts_of.items()}
        values = {id: value for id, value in typed.items() if value is not None}
        for id, wrong in signs.out_of_order(values).items():
            self.add_error(facts_of[id], wrong)
        return cleaned

    @staticmethod
    def initial_of(entries: Iterable[Entry]) -> dict[str, Any]:
        """The recorded values, as the fields want them."""
        yes_no = {True: "yes", False: "no"}
        values = {entry.key: entry.value for entry in entries if entry.kind == "fact"}
        return {id: yes_no[value] if isinstance(value, bool) else value for id, value in values.items()}

    def entries(self, on: date) -> tuple[New, ...]:
        """The answers as entries; an empty one retracts the earlier answer."""
        return tuple(translate.new_fact(id, self._value(id), on) for id in self.ids if id in self.cleaned_data)

    def _value(self, id: str) -> Any:
        value = self.cleaned_data[id]
        if value in (UNKNOWN, None, []):
            return None
        if facts.vocabulary()[id].type == "yes-no":
            return value == "yes"
        return value


class InstrumentForm(forms.Form):
    """One questionnaire: its items where they may be shown, otherwise only its total."""

    def __init__(self, instrument: str, *args: Any, form: Instrument | None = None, **kwargs: Any) -> None:
        """With `form` in the words of a published translation."""
        super().__init__(*args, **kwargs)
        self.id = instrument
        self.instrument = form or instruments.instrument(instrument)
        for name, field in _instrument_fields(self.instrument):
            self.fields[name] = field

    @staticmethod
    def initial_of(entry: Entry | None) -> dict[str, Any]:
        """The answers given already."""
        if entry is None:
            return {}
        answers = translate.content(entry)
        items = {f"item{n}": plain(v) for n, v in enumerate(answers.get("items", ())) if v is not None}
        return {**items, "total": answers.get("total")}

    def value(self) -> dict[str, Any]:
        """The form as the library's `Answers` wants it; items left open are None, never zero."""
        if not self.instrument.items:
            return {"instrument": self.id, "total": self.cleaned_data.get("total")}
        answers = [self.cleaned_data.get(f"item{n}") for n in range(len(self.instrument.items))]
        return {"instrument": self.id, "items": [None if answer in (None, "") else float(answer) for answer in answers]}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was answered."""
        return all(self.cleaned_data.get(name) in (None, "") for name in self.fields)


def _instrument_fields(form: Instrument) -> Iterable[tuple[str, forms.Field]]:
    if not form.items:
        label = f"Total ({plain(form.lowest.value)} to {plain(form.highest.value)})"
        yield "total", NumberField(label=label, required=False, lowest=form.lowest.value, highest=form.highest.value)
        return
    for n, item in enumerate(form.items):
        options = [(plain(option.value), option.text) for option in form.options] or _line(form)
        field = forms.ChoiceField(label=item.text, choices=options, required=False, widget=forms.RadioSelect)
        if item.low_end:
            field.help_text = f"{options[0][0]}: {item.low_end}; {options[-1][0]}: {item.high_end}"
        if not form.options:
            field.widget.attrs["class"] = "line"
        yield f"item{n}", field


def _line(form: Instrument) -> list[tuple[str, str]]:
    assert form.item_lowest is not None
    assert form.item_highest is not None
    numbers = range(int(form.item_lowest.value), int(form.item_highest.value) + 1)
    return [(str(number), str(number)) for number in numbers]
