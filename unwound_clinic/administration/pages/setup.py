"""The first account of an empty clinic: opened once, with the key that the terminal printed."""

from __future__ import annotations

import hmac
import os
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from unwound_clinic.administration import actions
from unwound_clinic.administration.places import PlaceForm
from unwound_clinic.core import access, house_words
from unwound_clinic.core.addresses import takes
from unwound_clinic.models import Role, User

IN_CARE = (Role.PHYSICIAN, Role.ANAESTHESIA, Role.NURSE, Role.COORDINATOR)


class FirstForm(PlaceForm):
    """The site and its administrator, who may care for patients as well."""

    your_name = forms.CharField(label="Your name", max_length=120)
    also = forms.ChoiceField(
        label="Besides being its administrator you are",
        required=False,
        choices=[("", "nothing else: you see no patients"), *((role, f"{role.label} here") for role in IN_CARE)],
    )
    email = forms.EmailField(label="Your e-mail address, used to log in")
    password = forms.CharField(
        help_text="At least 12 characters.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name of the clinic"

    def clean_password(self) -> str:
        """The password, checked by the same rules as every password."""
        validate_password(self.cleaned_data["password"])
        house_words.check(self.cleaned_data["password"], [self.cleaned_data.get("name", "")])  # a site to be
        return str(self.cleaned_data["password"])


def setup(request: HttpRequest) -> HttpResponse:
    """The first account; the page no longer exists once there is one."""
    key = request.POST.get("key") or request.GET.get("key", "")
    expected = os.environ.get("UNWOUND_SETUP_KEY", "")
    if User.objects.exists():
        return redirect("home")
    if not expected or not hmac.compare_digest(key.encode(), expected.encode()):
        raise access.Refused("to create the first account, open the address that the terminal printed")
    form = FirstForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = _found(form)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        record_authentication(request, user, method="password", email=user.email)  # not asked for again at once
        return redirect("home")
    return render(request, "administration/setup.html", {"form": form, "key": key})


def _found(form: FirstForm) -> User:
    place, fields = form.place(), form.cleaned_data
    return actions.found_clinic(
        by=actions.FIRST, site_name=place.pop("name"), timezone_name=place.pop("timezone"), email=fields["email"],
        name=fields["your_name"], password=fields["password"], also=fields["also"], **place,
    )  # fmt: skip


urls = [takes("setup/", setup, name="setup")]
