"""The forms of the page «Pains»."""

from __future__ import annotations

from typing import Any

from django import forms

from unwound.terms import Side
from unwound_clinic.record.actions.pains import Described
from unwound_clinic.record.pains import OnRecord

SIDES = [
    (Side.LEFT.value, "Left"),
    (Side.RIGHT.value, "Right"),
    (Side.BOTH.value, "Both sides"),
    (Side.MIDDLE.value, "In the middle"),
    ("", "Not known"),
]

_FIELDS = ("name", "site", "side", "since", "ended")


def _day(label: str, help_text: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, required=False, widget=widget)


class PainForm(forms.Form):
    """A pain: a new one, or (with `recorded`) one that is on record."""

    first = forms.CharField(
        label="What is the pain that is on record so far called?",
        help_text="Everything recorded so far of «the pain» becomes this one's, and stays in the history.",
        max_length=80,
    )
    name = forms.CharField(label="Name", help_text="A short name that everybody uses: «left foot».", max_length=80)
    site = forms.CharField(label="Where it is", required=False, max_length=200)
    side = forms.ChoiceField(label="Side", choices=SIDES, required=False, widget=forms.RadioSelect)
    since = _day("Since", "The day it began, as well as it is known.")
    ended = _day("Resolved on", "Leave empty while the pain is present.")
    reason = forms.CharField(label="Reason for the change", max_length=300)

    def __init__(self, recorded: OnRecord | None, several: bool, values: Any = None) -> None:
        initial = {name: getattr(recorded, name) for name in _FIELDS} if recorded else {}
        super().__init__(values, initial={**initial, "side": initial.get("side") or ""}, label_suffix="")
        unwanted = ("first",) if recorded else ("ended", "reason", *(("first",) if several else ()))
        for name in unwanted:
            del self.fields[name]
        if "first" in self.fields:
            self.fields["name"].label = "What is the other pain called?"

    def described(self) -> Described:
        """The pain as it was written."""
        values = {name: self.cleaned_data.get(name) for name in _FIELDS}
        return Described(**{name: value for name, value in values.items() if value})
