"""One page of the first form: its parts put together, every answer optional, the good part of a bad one kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField

from unwound import intake
from unwound_clinic.intake import rows
from unwound_clinic.intake.own import NOT_SURE, Own
from unwound_clinic.intake.parts import UNSURE, Asked, BodyMap, Form, Lasting, Part, Reached, Said, Told
from unwound_clinic.models import Patient
from unwound_clinic.record.entries import New


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that are drawn together."""

    shape: str
    legend: str
    fields: tuple[BoundField, ...]


def steps(patient: Patient) -> Mapping[str, intake.Step]:
    """The pages this patient is asked, by id, in order."""
    return {id: one for id, one in intake.steps().items() if one.only_sex is None or patient.sex in ("", one.only_sex)}


def parts(step: intake.Step, own: Own, posted: Mapping[str, Any] | None = None, *, another: bool = False) -> list[Part]:
    """The parts of a page, in the order they are shown."""
    found: list[Part] = [BodyMap(step)] if step.parts else []
    if step.rows:
        found.append(rows.KINDS[step.rows].shown(own, posted, another=another))
    found += [Asked(one) for one in step.questions]
    found += [Told(one) for one in step.stories]
    if step.duration:
        found.append(Lasting(step.duration))
    if step.instrument:
        found.append(Form(step.instrument))
    return [*found, *(Reached(one) for one in step.contacts)]


def said(id: str, own: Own) -> list[Said]:
    """Every question of a page with its answer."""
    return [line for part in parts(intake.steps()[id], own) for line in part.said(own)]


class StepForm(forms.Form):
    """One page."""

    def __init__(self, id: str, own: Own, data: Mapping[str, Any] | None = None, *, another: bool = False) -> None:
        self.id, self.own, self.step = id, own, intake.steps()[id]
        self.parts = parts(self.step, own, data, another=another)
        initial = {name: value for part in self.parts for name, value in part.initial(own).items()}
        super().__init__(data, initial=initial, label_suffix="")
        for part in self.parts:
            for name, field in part.fields().items():
                self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        """A number of what is not said: asked for, never dropped without a word."""
        for name in self.fields:
            unit = f"{name.removesuffix('number')}unit"
            if name.endswith("number") and self.cleaned_data.get(name) is not None and not self.cleaned_data.get(unit):
                self.add_error(unit, "Please choose one.")
        return self.cleaned_data

    def entries(self, on: date) -> tuple[New, ...]:
        """What was answered, as entries; fields that do not fit are left out and everything else is kept."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if name in self.data or self._ticked(name)}
        found = [new for part in self.parts for new in part.entries(given, self.own, on)]
        asked = [part.id for part in self.parts if isinstance(part, Asked)]
        if asked:
            unsure = [id for id in asked if given.get(id) == UNSURE]
            found.append(New(kind="story", key=f"{NOT_SURE}{self.id}", value={"facts": unsure} if unsure else None))
        return tuple(found)

    def _ticked(self, name: str) -> bool:
        """Boxes nobody ticked and choices nobody made are not sent by a browser; a page always stands whole."""
        field = self.fields[name]
        return isinstance(field, forms.BooleanField | forms.MultipleChoiceField) or (
            isinstance(field, forms.ChoiceField) and isinstance(field.widget, forms.RadioSelect)
        )

    def groups(self) -> Iterator[Group]:
        """The fields as they are drawn."""
        for part in self.parts:
            fields = tuple(self[name] for name in part.fields())
            if isinstance(part, rows.Rows):
                *of_rows, none = fields
                length = len(part.columns())
                for place, number in enumerate(part.numbers):
                    row = tuple(of_rows[place * length : (place + 1) * length])
                    yield Group("group", f"{part.title} {number + 1}", row)
                yield Group("rows", part.more, (none,))
            else:
                yield Group(part.shape, getattr(part, "legend", ""), fields)
