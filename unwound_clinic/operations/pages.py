"""That the server answers."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def healthz(request: HttpRequest) -> HttpResponse:
    """That the server answers."""
    return HttpResponse("ok\n", content_type="text/plain")


urls = [path("healthz", healthz)]
