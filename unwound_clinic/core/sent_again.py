"""A form sent again, by a second tap or after a lost answer, is answered as the first time; see `once.py`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from unwound_clinic.core import now_and_then, once
from unwound_clinic.core.middleware import refusal_page
from unwound_clinic.models import Sent

NUMBER = "once"
"""The name of the field that holds the number of a form."""
KEPT = timedelta(days=2)
"""How long a sending is remembered: far longer than a browser offers to send a form again.

Older ones are deleted with the first sending of each hour."""
A_WHILE_S, A_MOMENT_S = 3.0, 0.05
NOT_CONTENT = ("csrfmiddlewaretoken",)
NO_WRITING = ("/accounts/", "/unlock/", "/lock/", "/touch/", "/drafts/")
"""Logging in and out, locks and drafts: sent again they are done again, as they must."""
WAITED = "X-Unwound-Waited"
"""The header of a form that a script sends (`waiting.js`): for how many seconds it has waited in the browser."""
AUTOSAVES = ("X-Unwound-Save", "X-Unwound-Keep")
"""Headers of what is saved while one types: the same form sends it many times."""


class Once:
    """The middleware: knows which form is being sent, and answers one that was sent before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer to the request, remembered where something was written."""
        key = _key(request)
        if not key:
            return self.get_response(request)
        with once.sending(key) as sending:
            response = self.get_response(request)
        if sending.writes:
            with suppress(Error):  # the claim itself was written with the record; this is for the second answer only
                Sent.objects.filter(key=key).update(location=response.get("Location", request.path)[:500])
                if now_and_then.is_due("sendings"):
                    Sent.objects.filter(at__lt=timezone.now() - KEPT).delete()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Where the first sending led; it may still be on its way there."""
        if not isinstance(error, once.AlreadySent):
            return None
        until = time.monotonic() + A_WHILE_S
        while time.monotonic() < until:
            first = Sent.objects.filter(key=_key(request), write=0).first()
            if first is not None and first.location:
                again = JsonResponse({"charted": "It was charted when it was first sent."})
                return again if WAITED in request.headers else redirect(first.location)
            time.sleep(A_MOMENT_S)
        return refusal_page(request, 409, "This was sent before", "It is saved, once. Open the page again to see it.")


def _key(request: HttpRequest) -> str:
    """What is sent, by whom and under which form; empty where the form has no number, or only saves as one types."""
    if request.method != "POST" or "form" not in (request.content_type or ""):
        return ""
    if request.path.startswith(NO_WRITING):
        return ""
    number = request.POST.get(NUMBER, "")
    if not number or any(name in request.headers for name in AUTOSAVES):
        return ""
    who = getattr(request, "user", None)
    content = sorted((name, values) for name, values in request.POST.lists() if name not in NOT_CONTENT)
    files = sorted((name, str(file)) for name, file in request.FILES.items())
    sent = repr((number, who.pk if who else None, request.path, content, files))
    return hashlib.sha256(sent.encode()).hexdigest()
