"""Forms of several wings: the password again before something is signed, and the date of birth behind a link."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from unwound_clinic.core import passwords
from unwound_clinic.core.dates import BirthDateField
from unwound_clinic.core.passwords import AskedFor
from unwound_clinic.core.speaking import said
from unwound_clinic.models import Site, User


class SignForm(forms.Form):
    """The password again, before something is signed, overridden or discharged."""

    password = forms.CharField(
        label="Your password, to sign",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        """The password; ValidationError unless it is that of the user who is logged in."""
        password = str(self.cleaned_data["password"])
        user: User = self.request.user  # type: ignore[assignment]
        why = passwords.why_refused(self.request, user, password, AskedFor.OWN)
        if why:
            wrong = "This is not your password; nothing was signed."
            raise forms.ValidationError(why if why == passwords.LOCKED else wrong)
        return password


class BirthDateForm(forms.Form):
    """The date of birth of whoever opened a link, typed in the order of the site."""

    birth_date = BirthDateField(label="Your date of birth")

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"].label = said("Your date of birth")
        self.fields["birth_date"].error_messages["required"] = said("This has to be filled in.")
        self.fields["birth_date"].typed_at(site.jurisdiction)  # type: ignore[attr-defined]

    def was_wrong(self, tries_left: int) -> None:
        """Says beside the field that it is not the date on record, and how often it may be tried again."""
        self.add_error(
            "birth_date",
            said("That is not the date of birth we have. You can try 1 more time.")
            if tries_left == 1
            else said("That is not the date of birth we have. You can try {tries} more times.", tries=tries_left),
        )
