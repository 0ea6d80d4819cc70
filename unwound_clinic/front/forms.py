"""A patient's personal details: name, birth date, record number, contact."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from unwound_clinic.models import Patient


class PersonalForm(forms.ModelForm):  # type: ignore[type-arg]
    """A patient's personal details."""

    class Meta:
        """The personal fields."""

        model = Patient
        fields = ("family_name", "given_name", "birth_date", "sex", "number", "phone", "email", "team")
        widgets: Mapping[str, forms.Widget] = {
            "birth_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "team": forms.Textarea(attrs={"rows": 3}),
        }
