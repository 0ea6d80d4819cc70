"""Forms of the consultation: one group of questions, a medicine, an allergy, the history."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms

from unwound import facts, therapies
from unwound_clinic.core import dates
from unwound_clinic.core.numbers import NumberField
from unwound_clinic.models import Entry
from unwound_clinic.record import importing, translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.forms.facts import FactsForm

COMPLETE = "medication_list_complete"
"""The fact that is asked beside the medication list."""
TITLES: Mapping[str, tuple[str, str]] = {
    "pain": ("History", "The pain: how long, how strong, where, what it feels like"),
    "lesions": ("Lesions and diseases", "What could be causing the pain"),
    "named_neuropathies": ("Named diseases of nerves", "Diseases of nerves with a treatment of their own"),
    "other_causes": ("Other painful diseases", "What hurts by itself and is taken for neuropathic pain"),
    "head_and_face": ("Head and face", "What tells one pain of head and face from another"),
    "pelvis": ("Pelvis", "What tells one pain of the pelvis from another"),
    "tests": ("Imaging and tests", "What could confirm a lesion"),
    "examination": ("Examination", "Sensory and other signs"),
    "crps": ("CRPS signs", "Budapest criteria: symptoms reported and signs seen today"),
    "measurements": ("Labs and measurements", "Blood pressure, kidneys, liver, weight"),
    "circumstances": ("Circumstances", "Comorbidities and circumstances that affect treatment"),
    "red_flags": ("Red flags", "What must be acted on before anything else"),
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
    """One group; only changed values are entered, and changing a recorded value needs a reason."""

    on = forms.DateField(label="Date of these findings", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    again = forms.BooleanField(
        label="Everything in this group was asked again: unchanged answers apply to this date as well",
        required=False,
    )
    reason = forms.CharField(
        label="Reason for changing an earlier value",
        help_text="Needed only if a value was recorded before; that value stays in the history.",
        max_length=300,
        required=False,
    )
    shown = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        ids: Iterable[str],
        entries: Iterable[Entry],
        today: date,
        values: Mapping[str, Any] | None = None,
        *,
        born: date | None = None,
        pain: str = "",
    ) -> None:
        """`entries` are those of the person, or of the pain with that key."""
        self.recorded = {entry.key: entry for entry in entries if entry.kind == "fact"}
        self.today, self.born, self.pain = today, born, pain
        ids = tuple(ids)
        values_recorded = {id: as_written(value) for id, value in self.initial_of(self.recorded.values()).items()}
        initial = {**values_recorded, "on": today, "shown": state(self.recorded, ids)}
        super().__init__(ids, values, initial=initial, label_suffix="")

    @property
    def questions(self) -> list[forms.BoundField]:
        """The fields that ask for facts."""
        return [self[id] for id in self.ids]

    def clean_on(self) -> date:
        """Not in the future, and in the patient's life."""
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError("This date is in the future.")
        dates.check_in_life(on, self.born)
        return on

    def clean(self) -> dict[str, Any] | None:
        """Refuses to overwrite what another person entered meanwhile, or an earlier value without a reason."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        now = state(self.recorded, self.ids)
        if self.cleaned_data["shown"] != now:
            data: Any = self.data
            self.data = data.copy()
            self.data["shown"] = now  # type: ignore[index]
            raise forms.ValidationError(
                "Someone else changed these answers meanwhile. Nothing was saved; your entries are still shown below. "
                "Compare them with the new values, then save again."
            )
        amends = [new for new in self.changed(self.cleaned_data["on"]) if self._amends(new)]
        if amends and not self.cleaned_data["reason"].strip():
            self.add_error(
                "reason", f"{len(amends)} earlier value{'s' if len(amends) > 1 else ''} would change: give the reason."
            )
        return cleaned

    def changed(self, on: date) -> tuple[New, ...]:
        """The answers that differ from the recorded ones; all of them if everything was asked again."""
        answered = [replace(new, pain=self._pain_of(new.key)) for new in self.entries(on)]
        again = self.cleaned_data.get("again")
        return tuple(new for new in answered if self._differs(new) or (again and new.value is not None))

    def _pain_of(self, id: str) -> str:
        """An amended value stays where it was recorded."""
        return self.recorded[id].pain if id in self.recorded else self.pain

    def _differs(self, new: New) -> bool:
        entry = self.recorded.get(new.key)
        return _comparable(entry.value if entry else None) != _comparable(new.value)

    def _amends(self, new: New) -> bool:
        return new.key in self.recorded and self._differs(new)


def state(recorded: Mapping[str, Entry], ids: Iterable[str]) -> str:
    """A token for the current entries of a group of facts."""
    numbers = sorted(recorded[id].pk for id in ids if id in recorded)
    return hashlib.sha256(repr(numbers).encode()).hexdigest()[:16]


def as_written(value: Any) -> Any:
    """60.0 as «60», as a person writes it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _comparable(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


class MedicationForm(forms.Form):
    """One medicine taken now."""

    drug = forms.CharField(label="Medicine", max_length=120, widget=forms.TextInput(attrs={"list": "drugs"}))
    dose_mg_per_day = NumberField(label="mg per day, if known", required=False, lowest=0, unit="mg")
    dose_ug_per_hour = NumberField(label="Of a patch: micrograms an hour", required=False, lowest=0, unit="µg/h")

    def clean(self) -> dict[str, Any] | None:
        """Refuses a dose that nobody can take."""
        cleaned = super().clean() or {}
        impossible = therapies.impossible_dose(cleaned.get("drug", ""), cleaned.get("dose_mg_per_day"))
        if impossible:
            self.add_error("dose_mg_per_day", f"{impossible}.")
        return cleaned

    def entry(self) -> New:
        """The medicine as an entry; ValueError in words when it does not fit."""
        values = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return translate.new_medication(importing.new_key(), values)


class AllergyForm(forms.Form):
    """One allergy."""

    substance = forms.CharField(label="Allergic to", max_length=80)


class StoryForm(forms.Form):
    """The history in the clinician's own words."""

    text = forms.CharField(
        label="History in your own words", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 6})
    )
