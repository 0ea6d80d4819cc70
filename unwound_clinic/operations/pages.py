"""A page that shows that the server is running."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def healthz(request: HttpRequest) -> HttpResponse:
    """A page that shows that the server is running."""
    return HttpResponse("ok\n", content_type="text/plain")


urls = [path("healthz", healthz)]
