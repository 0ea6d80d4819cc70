"""Signs that hide what a text says: a form that holds them is refused in words, before anything is read from it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse

from unwound_clinic.core.middleware import refusal_page

DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn round how a text is shown: a name or a dose would read otherwise than it is stored."""
DAMAGED = "\ufffd"
"""Stands for bytes that are no letters; kept, it would hide what was typed."""
OF_A_PAGE = frozenset("\n\r\t")
OF_A_SCAN = "\x1d"
"""The separator of a barcode: a field that takes a scan, and ends so in its name, may hold it."""
SCANNED = "scanned"


def hidden(text: str) -> str:
    """The name of the first sign that hides what a text says; empty where there is none.

    Letters written from right to left, accents and joined signs are not among them.
    """
    for sign in text:
        if sign in DIRECTIONS:
            return f"a sign that reverses the direction of the text (U+{ord(sign):04X})"
        if sign == DAMAGED:
            return "text that arrived damaged (�)"
        category = unicodedata.category(sign)
        if category == "Cs":
            return "half of a character"
        if category == "Cc" and sign not in OF_A_PAGE:
            return f"a control character (U+{ord(sign):04X})"
    return ""


class Readable:
    """The middleware. What devices post is read, and kept back, elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer to the request."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """A refusal that names the field, for a form that cannot be read."""
        if request.method != "POST" or "form" not in (request.content_type or ""):
            return None
        for name, values in request.POST.lists():
            shown = [value.replace(OF_A_SCAN, "") for value in values] if name.endswith(SCANNED) else values
            sign = _hidden_in(shown)
            if sign:
                reason = f"The field «{name}» holds {sign}: delete it, or type the text anew."
                return refusal_page(request, 400, "Could not save", reason)
        return None


def _hidden_in(values: Iterable[str]) -> str:
    return next(filter(None, map(hidden, values)), "")
