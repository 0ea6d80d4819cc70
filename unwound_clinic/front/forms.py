"""A patient's personal details: name, birth date, record number, contact; and another record of the same person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from unwound_clinic.core.dates import BirthDateField
from unwound_clinic.models import Patient
from unwound_clinic.session.forms import SecondPersonForm


class PersonalForm(forms.ModelForm):  # type: ignore[type-arg]
    """A patient's personal details."""

    class Meta:
        """The personal fields."""

        model = Patient
        fields = ("family_name", "given_name", "birth_date", "sex", "number", "phone", "email", "team")
        labels: Mapping[str, str] = {"phone": "Telephone", "email": "E-mail"}
        widgets: Mapping[str, forms.Widget] = {"team": forms.Textarea(attrs={"rows": 3})}

    birth_date = BirthDateField(label="Date of birth", required=False)

    def __init__(self, jurisdiction: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"].typed_at(jurisdiction)  # type: ignore[attr-defined]
        sex = self.fields["sex"]
        sex.choices = [("", "not known"), *sex.choices[1:]]  # type: ignore[attr-defined]


class OtherRecordForm(forms.Form):
    """The number of another record of the same site."""

    other = forms.CharField(
        label="Number of the other record",
        max_length=18,
        help_text="As in the address of its page: /patients/NUMBER/. It is merged into this one.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, patient: Patient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient = patient

    def clean_other(self) -> Patient:
        """The record; ValidationError where the site has none of this number, or it is this one."""
        written = self.cleaned_data["other"].strip()
        at_site = Patient.objects.filter(site=self.patient.site_id).exclude(pk=self.patient.pk)
        row = at_site.filter(pk=int(written)).select_related("site").first() if written.isdecimal() else None
        if row is None:
            raise forms.ValidationError("This site has no other record of this number.")
        return row


class MergeForm(SecondPersonForm):
    """Why both records are of one person, and the second person who says so."""

    reason = forms.CharField(label="How do you know that both records are of the same person?", max_length=300)
    field_order = ("reason", "person", "password")


class EraseForm(SecondPersonForm):
    """Why a record is erased, on which ground where it is before its time, and the second person who says so."""

    reason = forms.CharField(label="Why it is erased (without the name: this stays in the log)", max_length=300)
    ground = forms.CharField(
        label="If earlier than the site's rule: the legal basis", max_length=300, required=False,
        help_text="Only if the site's rule would keep it longer.",
    )  # fmt: skip
    field_order = ("reason", "ground", "person", "password")
