"""Pages for whoever keeps the server running: whether it answers, and whether it can work."""

from django.http import HttpRequest, HttpResponse

from unwound_clinic.core.addresses import reads
from unwound_clinic.operations import health


def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the server answers and the database can be read."""
    return _answer([why] if (why := health.answers()) else [], [])


def readyz(request: HttpRequest) -> HttpResponse:
    """Whether the clinic can work: read, write, room on the disk. Below it what needs attention soon."""
    reasons = health.not_ready()
    return _answer(reasons, [] if reasons else health.warnings())


def _answer(reasons: list[str], warnings: list[str]) -> HttpResponse:
    lines = [f"not ready: {reason}" for reason in reasons] or ["ok", *(f"warning: {words}" for words in warnings)]
    headers = {"Retry-After": "5"} if reasons else {}
    text = "\n".join(lines) + "\n"
    kind = "text/plain; charset=utf-8"
    return HttpResponse(text, content_type=kind, status=503 if reasons else 200, headers=headers)


urls = [reads("healthz", healthz, name="healthz"), reads("readyz", readyz, name="readyz")]
