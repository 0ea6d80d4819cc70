"""The form of one treatment that was tried: unanswered questions stay unknown, nothing is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from unwound_clinic.core.numbers import NumberField
from unwound_clinic.models import Entry
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.forms.consultation import as_written
from unwound_clinic.record.pains import OnRecord

OPEN = ("", "Not known")
YES_NO = [("yes", "Yes"), ("no", "No"), OPEN]
BOOLEAN_OF = {"yes": True, "no": False, "": None}
BOOLEANS = ("ongoing", "dose_limited_by_side_effects", "adherent", "in_this_pain")
_KEPT = ("pains", "ordered", "prescribed_for", "pain_then", "rivals")
"""What a record said of a trial and the form does not ask."""
DAY = {"type": "date"}
TAKEN_FOR = [("pain", "This pain"), ("another pain", "Another pain"), ("depression", "Depression"), OPEN]


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.RadioSelect)


def _number(label: str, lowest: float, highest: float, unit: str = "", help_text: str = "") -> NumberField:
    return NumberField(label=label, required=False, lowest=lowest, highest=highest, unit=unit, help_text=help_text)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))


class TrialForm(forms.Form):
    """One trial, new or amended."""

    therapy = forms.CharField(
        label="Treatment",
        max_length=120,
        help_text="From the list, or the name that the patient uses.",
        widget=forms.TextInput(attrs={"list": "therapies", "autocomplete": "off"}),
    )
    purpose = _choice("What was it taken for?", TAKEN_FOR)
    pains = forms.MultipleChoiceField(
        label="For which of the pains was it taken?",
        help_text="None ticked: not known, and it is asked.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    top_dose = _number(
        "Highest daily dose", 0, 1e6, help_text="Per day, in the usual unit of this treatment (most often mg)."
    )
    days = _number("Days from the first to the last dose", 0, 36500, "days")
    days_at_top = _number("Days at the highest dose", 0, 36500, "days")
    start = _day("Start date")
    end = _day("End date")
    ongoing = _choice("Is it still being taken?", YES_NO)
    relief_percent = _number("Best relief (percent)", -100, 100, "%", "Below 0: the pain got worse.")
    effect = _choice("Effect, if no percentage is known", [("none", "None"), ("some", "Some"), ("good", "Good"), OPEN])
    stopped = _choice(
        "Why was it stopped?",
        [("no-effect", "No effect"), ("side-effects", "Side effects"), ("other", "Another reason"), OPEN],
    )
    dose_limited_by_side_effects = _choice("Did side effects limit the dose?", YES_NO)
    side_effects = forms.CharField(label="Side effects", required=False, max_length=300)
    adherent = _choice("Was it taken as prescribed?", YES_NO)
    in_this_pain = _choice("Without dates: was it taken while this pain was there?", YES_NO)
    note = forms.CharField(label="Note", required=False, max_length=1000)
    reason = forms.CharField(label="Reason for the amendment", max_length=300)
    shown = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        recorded: Entry | None,
        today: date,
        values: Mapping[str, Any] | None = None,
        *,
        born: date | None = None,
        pains: tuple[OnRecord, ...] = (),
    ) -> None:
        """`pains` are those on record; they are asked for where there are several."""
        self.recorded, self.today, self.born = recorded, today, born
        super().__init__(
            values, initial={**_initial(recorded), "shown": recorded.pk if recorded else None}, label_suffix=""
        )
        if recorded is None:
            del self.fields["reason"]
        if len(pains) > 1:
            names = [(pain.key, f"{pain.name} (over)" if pain.ended else pain.name) for pain in pains]
            self.fields["pains"].choices = names  # type: ignore[attr-defined]
            self.fields["purpose"].choices = [("pain", "Pain"), *TAKEN_FOR[1:]]  # type: ignore[attr-defined]
        else:
            del self.fields["pains"]

    def clean(self) -> dict[str, Any] | None:
        """Refuses future dates, contradictions, and overwriting an amendment made meanwhile."""
        cleaned = super().clean() or {}
        for name in ("start", "end"):
            day = cleaned.get(name)
            if day and day > self.today:
                self.add_error(name, "This date is in the future.")
            elif day and self.born and day < self.born:
                self.add_error(name, "This date is before the patient was born: check the year.")
        if self.recorded and cleaned.get("shown") != self.recorded.pk:
            raise forms.ValidationError("Someone else amended this trial meanwhile; nothing was saved. Open it again.")
        if not self.errors:
            try:
                self.entry("check")
            except ValueError as error:
                raise forms.ValidationError(f"{error}.") from None
        return cleaned

    def entry(self, key: str) -> New:
        """The trial as an entry."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("reason", "shown")}
        before = translate.content(self.recorded) if self.recorded else {}
        kept = {name: before.get(name) for name in _KEPT if name not in values}
        if values.get("start"):
            kept.pop("ordered")
        value: dict[str, Any] = {
            name: value for name, value in {**kept, **values}.items() if value not in (None, "", [])
        }
        value |= {name: BOOLEAN_OF[values[name]] for name in BOOLEANS if values.get(name)}
        return translate.new_trial(key, {**value, "purpose": values.get("purpose") or None})


def _initial(recorded: Entry | None) -> Mapping[str, Any]:
    if recorded is None:
        return {"purpose": "pain"}
    value = {"purpose": "pain", **translate.content(recorded)}
    return {name: _as_shown(name, part) for name, part in value.items()}


def _as_shown(name: str, value: Any) -> Any:
    if name in BOOLEANS:
        return {True: "yes", False: "no", None: ""}[value]
    if name == "pains":
        return value
    return "" if value is None else as_written(value)
