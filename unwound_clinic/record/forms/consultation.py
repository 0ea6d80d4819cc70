"""Forms of the consultation: one group of questions, a medicine, an allergy, a trial, a record from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms

from unwound import facts
from unwound_clinic.models import Entry
from unwound_clinic.record import importing, translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.forms.facts import FactsForm

COMPLETE = "medication_list_complete"
"""The fact that belongs beside the list of medicines."""
TITLES: Mapping[str, tuple[str, str]] = {
    "pain": ("History", "The pain: how long, how strong, where, in which words"),
    "lesions": ("Lesions and illnesses", "What could lie behind it"),
    "tests": ("Imaging and tests", "What could confirm a lesion"),
    "examination": ("Examination", "Sensory signs and others"),
    "crps": ("CRPS signs", "Budapest: what is told, and what is seen today"),
    "measurements": ("Labs and measurements", "Blood pressure, kidneys, liver, weight"),
    "circumstances": ("Circumstances", "Illnesses and circumstances that bear on the treatment"),
    "red_flags": ("Red flags", "What must be seen to before anything else"),
    "mood": ("Mood", "Depression, anxiety, risk"),
}
"""Group of the vocabulary -> its name and what it asks, in the order of a consultation."""
DAY = {"type": "date"}


def asked_in(group: str) -> tuple[str, ...]:
    """The facts that a group asks for; what follows from others is not asked."""
    listed = facts.groups()[group].facts
    return tuple(id for id, question in listed.items() if not question.derived and id != COMPLETE)


def group_of(fact: str) -> str:
    """The group that asks for a fact; empty for one that is not asked."""
    return next((group for group in TITLES if fact in asked_in(group)), "")


class GroupForm(FactsForm):
    """One group; only what was changed is entered, and a changed value needs a reason."""

    on = forms.DateField(label="Found on", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    again = forms.BooleanField(
        label="Everything in this group was asked again: what stays the same holds for this day as well",
        required=False,
    )
    reason = forms.CharField(
        label="Why an earlier value is changed",
        help_text="Needed only where a value stood already; it stays in the history.",
        max_length=300,
        required=False,
    )
    shown = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, ids: Iterable[str], held: Iterable[Entry], today: date, given: Mapping[str, Any] | None = None
    ) -> None:
        self.held = {one.key: one for one in held if one.kind == "fact"}
        self.today = today
        ids = tuple(ids)
        known = {id: as_written(value) for id, value in self.initial_of(self.held.values()).items()}
        initial = {**known, "on": today, "shown": state(self.held, ids)}
        super().__init__(ids, given, initial=initial, label_suffix="")

    @property
    def questions(self) -> list[forms.BoundField]:
        """The fields that ask for facts."""
        return [self[id] for id in self.ids]

    def clean_on(self) -> date:
        """Not in the future."""
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError("This day has not come yet.")
        return on

    def clean(self) -> dict[str, Any] | None:
        """Nobody overwrites what another person entered meanwhile, or an earlier value without a reason."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        now = state(self.held, self.ids)
        if self.cleaned_data["shown"] != now:
            given: Any = self.data
            self.data = given.copy()
            self.data["shown"] = now  # type: ignore[index]
            raise forms.ValidationError(
                "Somebody else entered something here meanwhile. Nothing was saved; what you chose still stands below. "
                "Look at it beside the new values, then save again."
            )
        amends = [new for new in self.changed(self.cleaned_data["on"]) if self._amends(new)]
        if amends and not self.cleaned_data["reason"].strip():
            self.add_error("reason", f"{len(amends)} earlier value{'s' if len(amends) > 1 else ''} would change: why?")
        return cleaned

    def changed(self, on: date) -> tuple[New, ...]:
        """What differs from what holds; all of it where everything was asked again."""
        answered = self.entries(on)
        again = self.cleaned_data.get("again")
        return tuple(new for new in answered if self._differs(new) or (again and new.value is not None))

    def _differs(self, new: New) -> bool:
        held = self.held.get(new.key)
        return _comparable(held.value if held else None) != _comparable(new.value)

    def _amends(self, new: New) -> bool:
        return new.key in self.held and self._differs(new)


def state(held: Mapping[str, Entry], ids: Iterable[str]) -> str:
    """One word for what a group of facts holds now."""
    rows = sorted(held[id].pk for id in ids if id in held)
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def as_written(value: Any) -> Any:
    """60.0 as «60», as a person writes it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _comparable(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


class MedicationForm(forms.Form):
    """One medicine taken now."""

    drug = forms.CharField(label="Medicine", max_length=120, widget=forms.TextInput(attrs={"list": "drugs"}))
    dose_mg_per_day = forms.FloatField(label="mg a day, where known", required=False, min_value=0)

    def entry(self) -> New:
        """The medicine as an entry; ValueError in words when it does not fit."""
        given = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return translate.new_medication(importing.key(), given)


class AllergyForm(forms.Form):
    """One allergy."""

    substance = forms.CharField(label="Allergic to", max_length=80)


class StoryForm(forms.Form):
    """The history in the clinician's own words."""

    text = forms.CharField(
        label="History in your words", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 6})
    )


class ImportForm(forms.Form):
    """A record from elsewhere."""

    record = forms.FileField(
        label="FHIR R4 bundle (JSON) or Unwound case (TOML)",
        help_text=f"One patient, at most {importing.LIMIT_BYTES // 1_000_000} MB.",
    )
    same_person = forms.BooleanField(
        label="It is the same person even where the name is written otherwise", required=False
    )
