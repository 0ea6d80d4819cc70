"""The forms of a consent: offering it to the patient, the date of birth, the signature."""

from __future__ import annotations

import json
from typing import Any

from django import forms

WHERE = [
    ("here", "On this screen, now: hand it to the patient"),
    ("away", "On the patient's own device: create a link"),
]


def protocol_choices(aim: str = "pain") -> list[tuple[str, str]]:
    """Every protocol with this aim, as choices."""
    from unwound import protocols

    suitable = {id: protocol for id, protocol in protocols.protocols().items() if protocol.aim == aim}
    return [("", "Choose"), *((id, protocol.title) for id, protocol in suitable.items())]


class OfferForm(forms.Form):
    """Which course, where the text is signed, and that it was discussed with the patient."""

    protocol = forms.ChoiceField(label="For which course", choices=protocol_choices)
    talked = forms.BooleanField(
        label="I have discussed this with the patient and answered their questions",
        error_messages={"required": "First discuss it with the patient; then the text can be signed."},
    )
    where = forms.ChoiceField(label="Where it is read and signed", choices=WHERE, widget=forms.RadioSelect)


class BirthDateForm(forms.Form):
    """The date of birth, to confirm that it is the right patient."""

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
        for statement in statements:
            label = statement["text"] if statement["needed"] else f"{statement['text']} (optional)"
            self.fields[f"agree_{statement['id']}"] = forms.BooleanField(label=label, required=False)

    def choices(self) -> dict[str, bool]:
        """Statement -> whether it is ticked."""
        ids = [statement["id"] for statement in self.statements]
        return {id: bool(self.data.get(f"agree_{id}")) for id in ids}

    def agreements(self) -> list[forms.BoundField]:
        """The fields of the statements, in order."""
        return [self[f"agree_{statement['id']}"] for statement in self.statements]

    def clean_strokes(self) -> list[Any] | None:
        """The strokes as lists; None where nothing was drawn."""
        text = self.cleaned_data["strokes"]
        if not text:
            return None
        try:
            strokes = json.loads(text)
        except ValueError:
            strokes = None
        if not isinstance(strokes, list):
            raise forms.ValidationError("The drawing could not be read: please draw it again, or type your name.")
        return strokes or None
