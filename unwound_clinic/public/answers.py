"""How a public page is answered: the same for everybody, without a cookie, and known again by the browser."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import get_conditional_response

from unwound import catalogue
from unwound.languages import ENGLISH
from unwound_clinic.core import rates, speaking
from unwound_clinic.core.client_address import client_address

KEPT_S = 300
"""For how long a proxy or a browser may show a page without asking again."""
PRIVATE = "no-store"
Page = Callable[..., HttpResponse]


def while_on(page: Page) -> Page:
    """A page of the public library; not found where the clinic has switched it off."""

    @wraps(page)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.PUBLIC_LIBRARY:
            raise Http404
        return page(request, *args, **kwargs)

    return shown


def address_of(request: HttpRequest) -> str:
    """The address of the clinic for the world outside, without a slash at its end."""
    return settings.ADDRESS or f"{request.scheme}://{request.get_host()}"


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """A template filled without the request: nothing in it can ask who is logged in, or begin a session."""
    words = {"demo": settings.DEMO, "knowledge": catalogue.knowledge_line()}
    with speaking.speaking(str(context.get("language", ENGLISH))):
        return loader.get_template(template).render({**words, **context})


def shared(request: HttpRequest, content: str, content_type: str = "text/html; charset=utf-8") -> HttpResponse:
    """An answer that is the same for everybody: 304 where the browser has it already."""
    answer = HttpResponse(content, content_type=content_type)
    answer["ETag"] = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
    answer["Cache-Control"] = f"public, max-age={KEPT_S}"
    known = get_conditional_response(request, etag=answer["ETag"], response=answer)
    return known if isinstance(known, HttpResponse) else answer


def too_many(request: HttpRequest, page: str, a_minute: int) -> HttpResponse | None:
    """Counts one post to a page: the answer where it is one too many from this address, else None."""
    # The address as a digest, so that none lies beside the word of a page about an illness anywhere.
    sender = hashlib.sha256(f"{settings.SECRET_KEY} {page} {client_address(request)}".encode()).hexdigest()
    wait = rates.wait_s(sender, a_minute)
    if not wait:
        return None
    answer = private(rendered("public/check_wait.html", {"wait": wait, "again": request.path}), 429)
    answer["Retry-After"] = str(wait)
    return answer


def private(content: str, status: int = 200) -> HttpResponse:
    """An answer to what somebody told: kept nowhere, found by nobody."""
    answer = HttpResponse(content, status=status)
    answer["Cache-Control"] = PRIVATE
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
