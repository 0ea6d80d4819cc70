"""The form that signs: it asks for the user's own password again."""

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
        """The password; ValidationError unless it is that of the user who is logged in."""
        password = self.cleaned_data["password"]
        email = self.request.user.email  # type: ignore[union-attr]
        if authenticate(self.request, username=email, password=password) != self.request.user:
            raise forms.ValidationError("This is not your password; nothing was signed.")
        return str(password)
