"""What a form says of a field, in the words of the house: those of the framework are never shown.

Class of the framework -> name of its message -> our sentence. A field takes its sentences when it is made, and a
constraint when its model is: `speak` is called before either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import validators
from django.db import models
from django.db.models.constraints import BaseConstraint

NOT_OFFERED = "This is not one of the choices: choose from the list."
OF_FIELDS: Mapping[type[Any], Mapping[str, str]] = {
    forms.Field: {"required": "This has to be filled in."},
    forms.IntegerField: {"invalid": "This is not a whole number."},
    forms.DateField: {"invalid": "This is not a date: type it as 2026-11-30, or choose it."},
    forms.TimeField: {"invalid": "This is not a time: type it as 14:05."},
    forms.DateTimeField: {"invalid": "This is not a date with a time: type it as 2026-11-30T14:05, or choose it."},
    forms.ChoiceField: {"invalid_choice": NOT_OFFERED},
    forms.MultipleChoiceField: {"invalid_choice": NOT_OFFERED, "invalid_list": NOT_OFFERED},
    forms.ModelChoiceField: {"invalid_choice": NOT_OFFERED},
    forms.ModelMultipleChoiceField: {
        "invalid_choice": NOT_OFFERED, "invalid_pk_value": NOT_OFFERED, "invalid_list": NOT_OFFERED,
    },
    forms.FileField: {
        "required": "Choose a file.",
        "invalid": "No file arrived: choose it again.",
        "missing": "No file arrived: choose it again.",
        "empty": "This file is empty.",
        "max_length": "The name of this file is too long: at most %(max)d characters.",
    },
    models.Field: {
        "blank": "This has to be filled in.",
        "null": "This has to be filled in.",
        "invalid_choice": NOT_OFFERED,
        "unique": "This %(field_label)s is in use already.",
    },
}  # fmt: skip
OF_VALIDATORS: Mapping[type[Any], str] = {
    validators.EmailValidator: "This is not an e-mail address: it looks like name@example.org.",
    validators.MaxLengthValidator: "This is too long: %(show_value)d characters, and at most %(limit_value)d fit.",
    validators.MinLengthValidator: "This is too short: at least %(limit_value)d characters.",
    validators.MaxValueValidator: "This is too large: at most %(limit_value)s.",
    validators.MinValueValidator: "This is too small: at least %(limit_value)s.",
    validators.RegexValidator: "This does not have the right form.",
    validators.ProhibitNullCharactersValidator: "The text holds a character that cannot be kept (NUL).",
}
OF_ACCOUNTS: Mapping[str, str] = {
    "account_inactive": "This account is closed.",
    "enter_current_password": "This is not your current password.",
    "incorrect_password": "This is not your password.",
    "incorrect_code": "This code is not right, or no longer: enter the one that the app shows now.",
    "invalid_login": "E-mail and password do not belong together.",
    "email_password_mismatch": "E-mail and password do not belong together.",
    "too_many_login_attempts": "Too many tries: wait some minutes, then try again.",
    "rate_limited": "Too many tries: wait some minutes, then try again.",
    "same_as_current": "This is unchanged.",
}
"""Names of the messages of the pages of accounts."""
IN_USE = "Another record of this site has this already."


def speak() -> None:
    """Puts our sentences in the place of the framework's."""
    for kind, sentences in OF_FIELDS.items():
        kind.default_error_messages = {**vars(kind).get("default_error_messages", {}), **sentences}
    for validator, sentence in OF_VALIDATORS.items():
        validator.message = sentence
    BaseConstraint.default_violation_error_message = IN_USE
