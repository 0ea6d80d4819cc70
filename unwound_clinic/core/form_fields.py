"""What every form carries beside the token against forgery: a number of its own, and whose page it was opened on.

The number makes a second sending known (`sent_again.py`). The patient's is compared with that of the address
(`page.py`), so that two records open in two windows cannot be confused by a write.
"""

from __future__ import annotations

import secrets
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from unwound_clinic.core.access import Staff
from unwound_clinic.core.page import SHOWN_FOR
from unwound_clinic.core.sent_again import NUMBER
from unwound_clinic.models import Patient

register = template.Library()


class Carried(CsrfTokenNode):
    """Hidden fields: token, number, and the patient where the page is about one and not the patient's own."""

    def render(self, context: Any) -> SafeString:
        """The fields."""
        fields = SafeString(super().render(context)) + _hidden(NUMBER, secrets.token_urlsafe(12))
        patient = context.get("patient")
        if isinstance(patient, Patient) and isinstance(context.get("actor"), Staff):
            fields += _hidden(SHOWN_FOR, patient.pk)
        return fields


def _hidden(name: str, value: object) -> SafeString:
    return format_html('<input type="hidden" name="{}" value="{}">', name, value)


@register.tag("csrf_token")
def carried(parser: Parser, token: Token) -> Carried:
    """Stands in every form; the name is that of the framework, so that no form can be without it."""
    return Carried()
