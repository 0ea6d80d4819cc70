"""The forms of a consent: laying it before the patient, the birth date, the signature."""

from __future__ import annotations

import json
from typing import Any

from django import forms

WHERE = [("here", "On this screen, now: hand it over"), ("away", "On the patient's own screen: make a link")]


def protocol_choices(aim: str = "pain") -> list[tuple[str, str]]:
    """Every protocol for this aim."""
    from unwound import protocols

    return [("", "Choose"), *((id, one.title) for id, one in protocols.protocols().items() if one.aim == aim)]


class OfferForm(forms.Form):
    """Which course, where it is signed, and that it was talked through."""

    protocol = forms.ChoiceField(label="For which course", choices=protocol_choices)
    talked = forms.BooleanField(
        label="I have talked this through with the patient and answered their questions",
        error_messages={"required": "First talk it through with the patient; then a text can be signed."},
    )
    where = forms.ChoiceField(label="Where it is read and signed", choices=WHERE, widget=forms.RadioSelect)


class BirthDateForm(forms.Form):
    """That it is the right person."""

    birth_date = forms.DateField(label="Your date of birth", widget=forms.DateInput(attrs={"type": "date"}))


class SignatureForm(forms.Form):
    """What was ticked, and the signature: drawn as strokes, or the name typed."""

    typed_name = forms.CharField(
        label="Your full name", max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    strokes = forms.CharField(required=False, max_length=200_000, widget=forms.HiddenInput)

    def __init__(self, statements: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.statements = statements
        for one in statements:
            label = one["text"] if one["needed"] else f"{one['text']} You may leave this open."
            self.fields[f"agree_{one['id']}"] = forms.BooleanField(label=label, required=False)

    def choices(self) -> dict[str, bool]:
        """Statement -> whether it is ticked."""
        return {one["id"]: bool(self.data.get(f"agree_{one['id']}")) for one in self.statements}

    def agreements(self) -> list[forms.BoundField]:
        """The fields of the statements, in order."""
        return [self[f"agree_{one['id']}"] for one in self.statements]

    def clean_strokes(self) -> list[Any] | None:
        """The strokes as lists; nothing where nothing was drawn."""
        given = self.cleaned_data["strokes"]
        if not given:
            return None
        try:
            found = json.loads(given)
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise forms.ValidationError("The drawing could not be read: draw again, or type your name.")
        return found or None
