"""A page that shows that the server is running."""

from django.http import HttpRequest, HttpResponse

from unwound_clinic.core.addresses import reads


def healthz(request: HttpRequest) -> HttpResponse:
    """A page that shows that the server is running."""
    return HttpResponse("ok\n", content_type="text/plain")


urls = [reads("healthz", healthz, name="healthz")]
