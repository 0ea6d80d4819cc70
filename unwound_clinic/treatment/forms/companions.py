"""Who was there at a visit."""

from __future__ import annotations

from typing import Any

from django import forms

from unwound_clinic.models import CompanionRole, Presence


class CompanionForm(forms.Form):
    """One person at one visit."""

    on = forms.DateField(label="Date of the visit", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    role = forms.ChoiceField(label="Role", choices=CompanionRole.choices)
    name = forms.CharField(max_length=120, required=False)
    relation = forms.CharField(label="Relation to the patient", max_length=80, required=False)
    language = forms.CharField(label="Language interpreted", max_length=60, required=False)
    presence = forms.ChoiceField(label="Took part", choices=Presence.choices, initial=Presence.IN_PERSON)
    licence = forms.CharField(label="Licence number, where one was given", max_length=60, required=False)

    def values(self) -> dict[str, Any]:
        """What is recorded."""
        return dict(self.cleaned_data)
