"""A patient's personal details: name, birth date, record number, contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from unwound_clinic.core.dates import BirthDateField
from unwound_clinic.models import Patient


class PersonalForm(forms.ModelForm):  # type: ignore[type-arg]
    """A patient's personal details."""

    class Meta:
        """The personal fields."""

        model = Patient
        fields = ("family_name", "given_name", "birth_date", "sex", "number", "phone", "email", "team")
        widgets: Mapping[str, forms.Widget] = {"team": forms.Textarea(attrs={"rows": 3})}

    birth_date = BirthDateField(label="Date of birth", required=False)

    def __init__(self, jurisdiction: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"].typed_at(jurisdiction)  # type: ignore[attr-defined]
