"""Pages go out compressed, except where a secret stands in them.

An attacker who sees how long answers are, and can make a browser ask for pages with guesses in their address, could
read a secret out of a compressed page letter by letter (BREACH). Three things stand against it: cookies are not sent
with what another site embeds (SameSite), the framework lengthens each answer by chance and masks its token anew each
time, and pages that hold a secret or are opened by one are not compressed at all.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

NOT_COMPRESSED = ("/accounts/", "/i/", "/c/", "/d/", "/f/", "/setup/", "/api/")
"""Log-in and second factor, what a link or a key opens."""
TEXTS = ("text/html", "text/csv", "application/json", "application/fhir+json", "image/svg+xml")


class Compressed(GZipMiddleware):
    """Compresses texts of two hundred bytes and more for browsers that ask for it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, shorter; a form's answer, which may show what is shown once only, as it is."""
        kind = response.get("Content-Type", "").partition(";")[0]
        if request.method == "POST" or request.path.startswith(NOT_COMPRESSED) or kind not in TEXTS:
            return response
        return super().process_response(request, response)
