"""People and sites: an account with its role, help with a lost password, the details of a site."""

from __future__ import annotations

from django import forms
from django.contrib.auth.password_validation import validate_password

from unwound_clinic.models import Role, Site


class HelpForm(forms.Form):
    """A new first password for a user who lost theirs."""

    password = forms.CharField(
        label="New first password",
        help_text="At least 12 characters; the user changes it after logging in.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    without_second_factor = forms.BooleanField(
        required=False, label="Remove the second factor as well: the device is lost"
    )

    def clean_password(self) -> str:
        """The password, checked by the same rules as every password."""
        validate_password(self.cleaned_data["password"])
        return str(self.cleaned_data["password"])


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """The details of a site."""

    class Meta:
        """All fields of a site."""

        model = Site
        fields = ("name", "timezone", "jurisdiction", "phone", "letterhead")


class PersonForm(forms.Form):
    """A person who is assigned a role at a site."""

    name = forms.CharField(max_length=120)
    email = forms.EmailField()
    role = forms.ChoiceField(choices=Role.choices)
    password = forms.CharField(
        required=False,
        min_length=12,
        label="First password",
        help_text="At least 12 characters; only for a new account. The user changes it after the first login.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
