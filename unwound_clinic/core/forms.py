"""The form that signs: a person's own password, asked again at the moment it counts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest


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
        """ValidationError unless it is the password of who is logged in."""
        given = self.cleaned_data["password"]
        user = authenticate(self.request, username=self.request.user.email, password=given)  # type: ignore[union-attr]
        if user != self.request.user:
            raise forms.ValidationError("That is not your password; nothing was signed.")
        return str(given)
