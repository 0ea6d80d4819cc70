"""Requests that no page is made for are refused before anything is read; and what every answer says to browsers."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from unwound_clinic.core import answered, log_lines
from unwound_clinic.core.addresses import FORM, methods_of

FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "publickey-credentials-get", "serial", "sync-xhr", "usb", "xr-spatial-tracking",
)  # fmt: skip
"""Features of browsers that no page here uses, a page of somebody else inside it even less."""
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in FEATURES)


class KnownRequests:
    """Only GET, HEAD and POST reach a page, and what an address for programs names besides; others have no body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page; 405 for a method no page has, 400 for a character that no database takes."""
        number = log_lines.begin(request)
        try:
            response = _refused(request) or self.get_response(request)
        finally:
            log_lines.end()
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response["X-Request-ID"] = number
        answered.count(response.status_code)
        return response


def _refused(request: HttpRequest) -> HttpResponse | None:
    if request.method not in FORM and request.method not in methods_of(request.path_info):
        return HttpResponseNotAllowed(methods_of(request.path_info))
    address = request.path_info + request.META.get("QUERY_STRING", "")
    if "\0" in address or "%00" in address:
        return HttpResponseBadRequest("An address cannot hold the character NUL.\n", content_type="text/plain")
    return None
