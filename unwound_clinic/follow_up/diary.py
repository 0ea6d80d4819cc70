"""The diary of one day: its fields, and what its answers become in the record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms

from unwound import follow_up, instruments
from unwound.catalogue import plain
from unwound.cautions import Finding
from unwound.follow_up import Question
from unwound.languages import ENGLISH
from unwound_clinic.core import speaking
from unwound_clinic.core.speaking import said
from unwound_clinic.models import Asking
from unwound_clinic.record import pains, translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.forms.facts import InstrumentForm

PAIN, MORE, LONGEST = "which-pain", "-more", 1000
ITEM_9 = "phq9_item9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """One filled diary: what is entered into the record, what is urgent, what somebody reads."""

    entries: tuple[New, ...]
    urgent: Finding | None
    look_at: tuple[str, ...]
    how: str
    """`link`, or `telephone` where it was typed by who called."""
    written_at: datetime


class DiaryForm(forms.Form):
    """The questions of one day. Every answer is optional; one is needed to send it."""

    def __init__(self, day: int, listed: tuple[pains.OnRecord, ...], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, label_suffix="", auto_id="diary-%s")
        self.questions = follow_up.questions(day)
        if len(listed) > 1:
            self.fields[PAIN] = _choice(
                said("Which pain are you thinking of?"), {pain.key: pain.name for pain in listed}
            )
        for question in self.questions:
            self.fields.update(_fields(question))

    def clean(self) -> dict[str, Any]:
        """Something was answered, and it says which pain is meant where there are several."""
        cleaned = self.cleaned_data
        if not self.errors and not any(value for name, value in cleaned.items() if name != PAIN):
            raise forms.ValidationError(said("Please answer at least one question."))
        about_pain = any(
            cleaned.get(name)
            for question in self.questions
            if question.instrument and instruments.instrument(question.instrument).about_pain
            for name in _fields(question)
        )
        if PAIN in self.fields and about_pain and not cleaned.get(PAIN):
            self.add_error(PAIN, said("Please choose one, so that we know which pain you mean."))
        return cleaned

    @property
    def urgent_answers(self) -> str:
        """Field -> answers after which the numbers to call are shown at once, also without a connection (JSON)."""
        urgent: dict[str, list[str]] = {q.id: list(q.urgent) for q in self.questions if q.urgent}
        for question in self.questions:
            form = instruments.instrument(question.instrument) if question.instrument else None
            for n, item in enumerate(form.items if form else ()):
                if form and item.fact == ITEM_9:
                    urgent[f"{question.id}-item{n}"] = [plain(o.value) for o in form.options if o.value > 0]
        return json.dumps(urgent)

    @property
    def in_english(self) -> bool:
        """Whether a questionnaire is asked in English for want of a published translation."""
        names = [question.instrument for question in self.questions if question.instrument]
        spoken = speaking.now()
        return spoken != ENGLISH and any(instruments.in_language(name, spoken) is None for name in names)

    @property
    def attributions(self) -> list[str]:
        """Lines that must be printed with the questionnaires."""
        forms_here = (instruments.instrument(q.instrument) for q in self.questions if q.instrument)
        return [form.licence.attribution for form in forms_here if form.licence.attribution]

    def answers(self) -> dict[str, Any]:
        """What was answered beside the questionnaires, by question."""
        named = [name for q in self.questions if not q.instrument for name in _fields(q)]
        return {name: value for name in named if (value := self.cleaned_data.get(name))}

    def filled(self, asking: Asking, on: date, how: str, written_at: datetime) -> Diary:
        """The diary as it is kept, of the day it was written."""
        answers = self.answers()
        entries = [*self._forms(on), *self._facts(on)]
        keys = [[new.kind, new.key, new.pain] for new in entries]
        value = {"answers": answers, "how": how, "day": asking.day, "keys": keys}
        if entries or answers:
            entries.append(New(kind="story", key=asking.key, value=value, on=on))
        return Diary(
            entries=tuple(entries),
            urgent=follow_up.urgent_finding(answers, on),
            look_at=follow_up.to_look_at(answers),
            how=how,
            written_at=written_at,
        )

    def _forms(self, on: date) -> Iterator[New]:
        """The questionnaires of which something was answered; about pain, with the pain they are about."""
        for question in self.questions:
            if not question.instrument:
                continue
            items = [_number(self.cleaned_data.get(name)) for name in _fields(question)]
            if any(item is not None for item in items):
                new = translate.new_answers({"instrument": question.instrument, "items": items}, on)
                about = instruments.instrument(question.instrument).about_pain
                pain = self.cleaned_data.get(PAIN, "") if about else ""
                yield New(kind=new.kind, key=new.key, value=new.value, on=new.on, pain=pain)

    def _facts(self, on: date) -> Iterator[New]:
        for question in self.questions:
            if question.fact and (answer := self.cleaned_data.get(question.id)):
                yield translate.new_fact(question.fact, answer == "yes", on)


def shown(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The answers of a kept diary that are no questionnaires: question and answer, in order."""
    answers, lines = dict(value.get("answers") or {}), []
    for question in follow_up.rule().questions:
        answer = answers.get(question.id, ())
        ids = [answer] if isinstance(answer, str) else answer
        words = [question.options.get(id, id) for id in ids]
        words += [answers[question.id + MORE]] if question.id + MORE in answers else []
        if words:
            lines.append((question.ask, ": ".join((", ".join(words[: len(ids)]), *words[len(ids) :]))))
    return lines


def _fields(question: Question) -> dict[str, forms.Field]:
    """The fields of one question: a branch for each kind."""
    if question.instrument:
        published = instruments.in_language(question.instrument, speaking.now())
        fields = InstrumentForm(question.instrument, form=published).fields
        return {f"{question.id}-{name}": field for name, field in fields.items()}
    if question.text:
        box = forms.Textarea(attrs={"rows": 2})
        return {question.id: forms.CharField(label=said(question.ask), required=False, max_length=LONGEST, widget=box)}
    if question.several:
        return {
            question.id: forms.MultipleChoiceField(
                label=said(question.ask), choices=_spoken(question.options), required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        }  # fmt: skip
    fields = {question.id: _choice(said(question.ask), dict(_spoken(question.options)))}
    if question.more:
        fields[question.id + MORE] = forms.CharField(label=said(question.more), required=False, max_length=300)
    return fields


def _spoken(options: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(id, said(text)) for id, text in options.items()]


def _choice(ask: str, options: Mapping[str, str]) -> forms.Field:
    return forms.ChoiceField(label=ask, choices=list(options.items()), required=False, widget=forms.RadioSelect)


def _number(value: Any) -> float | None:
    return None if value in (None, "") else float(value)
