"""A referral that comes in: the file, from whom, and whom it is about; then the person as they are registered."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from unwound_clinic.core import dates
from unwound_clinic.core.dates import BirthDateField
from unwound_clinic.core.template_words import born
from unwound_clinic.models import Patient, Referral, Site
from unwound_clinic.record import incoming


class PersonForm(forms.Form):
    """Who it is, as far as the letter says."""

    family_name = forms.CharField(max_length=80, label="Family name")
    given_name = forms.CharField(max_length=80, label="Given name", required=False)
    birth_date = BirthDateField(label="Date of birth", required=False)
    phone = forms.CharField(max_length=40, label="Telephone", required=False)

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"].typed_at(site.jurisdiction)  # type: ignore[attr-defined]


class ReferralForm(PersonForm):
    """The file and from whom it came, with the person it is about."""

    file = forms.FileField(
        label="The letter", widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff"})
    )
    sender = forms.CharField(max_length=160, label="Referred by", help_text="Name and practice or ward.")
    arrived_on = forms.DateField(label="Received on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    asks = forms.CharField(max_length=300, required=False, label="Reason for referral, in one line")
    field_order = ("file", "sender", "arrived_on", "family_name", "given_name", "birth_date", "phone", "asks")

    def __init__(self, site: Site, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(site, *args, initial={"arrived_on": today}, **kwargs)
        self.today = today
        self.fields[
            "file"
        ].help_text = (
            f"A PDF, or a scan or photograph as JPEG, PNG or TIFF; at most {incoming.limit() // incoming.MEGABYTE} MB."
        )

    def clean_file(self) -> UploadedFile[Any]:
        """Not larger than is kept, and of a kind that is."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > incoming.limit():
            raise forms.ValidationError(f"This file is larger than {incoming.limit() // incoming.MEGABYTE} MB.")
        begins = file.read(16)
        file.seek(0)
        if not incoming.kind_of(begins):
            raise forms.ValidationError(
                "This is no PDF, JPEG, PNG or TIFF, whatever it is called: scan it, or print it."
            )
        return file

    def clean_arrived_on(self) -> date:
        """A day that has come."""
        on: date = self.cleaned_data["arrived_on"]
        if on > self.today:
            raise forms.ValidationError("This day is in the future.")
        return on

    def clean(self) -> dict[str, Any]:
        """Nobody is referred before they are born."""
        cleaned = super().clean() or {}
        born, on = cleaned.get("birth_date"), cleaned.get("arrived_on")
        if born and on:
            try:
                dates.check_in_life(on, born)
            except forms.ValidationError as why:
                self.add_error("birth_date", why)
        return cleaned


class RegisterForm(PersonForm):
    """The person as they will be registered, begun from the draft."""

    sex = forms.ChoiceField(
        label="Sex at birth", required=False, choices=[("", "not known"), ("female", "female"), ("male", "male")]
    )

    def __init__(self, referral: Referral, *args: Any, **kwargs: Any) -> None:
        draft = {name: getattr(referral, name) for name in ("family_name", "given_name", "birth_date", "phone")}
        super().__init__(referral.site, *args, initial=draft, **kwargs)


class AttachForm(forms.Form):
    """The record of somebody who is registered already."""

    patient = forms.ModelChoiceField(Patient.objects.none(), label="Record", empty_label="choose")

    def __init__(self, candidates: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["patient"].queryset = candidates  # type: ignore[attr-defined]
        self.fields["patient"].label_from_instance = _named  # type: ignore[attr-defined]


def _named(patient: Patient) -> str:
    return f"{patient.name}, {born(patient.birth_date)}{f', record no. {patient.number}' if patient.number else ''}"
