"""The address of the figures: for who has the token, or, where none is set, for programs of this machine."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from unwound_clinic.core import rates
from unwound_clinic.core.addresses import reads
from unwound_clinic.core.client_address import client_address
from unwound_clinic.interfaces import metrics

TEXT = "text/plain; charset=utf-8"
HERE = ("127.0.0.1", "::1")
OF_A_PROXY = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_VIA",
    "HTTP_X_REAL_IP",
)  # fmt: skip


def figures(request: HttpRequest) -> HttpResponse:
    """The figures; 403 for whoever may not have them, 429 for whoever guesses the token."""
    headers = {"Cache-Control": "no-store"}
    if not _may(request):
        wait = rates.wait_s(f"metrics {client_address(request)}", rates.WRONG_KEYS)
        refusal = "These figures are for this machine, or for who has the token that UNWOUND_METRICS names.\n"
        if wait:
            headers["Retry-After"] = str(wait)
        return HttpResponse(refusal, content_type=TEXT, status=429 if wait else 403, headers=headers)
    return HttpResponse(metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8", headers=headers)


def _may(request: HttpRequest) -> bool:
    """With a token, who has it. Without one only this machine, which behind a proxy cannot be told: then nobody."""
    if settings.METRICS:
        header = request.headers.get("Authorization", "")
        return hmac.compare_digest(header.encode(), f"Bearer {settings.METRICS}".encode())
    passed_on = settings.HTTPS or any(name in request.META for name in OF_A_PROXY)
    return not passed_on and request.META.get("REMOTE_ADDR") in HERE


urls = [reads("metrics", figures, name="metrics")]
