"""Addresses: each names the methods it answers, and what people wrote can stand in one without breaking it."""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import Resolver404, URLPattern, path, register_converter, resolve

from unwound import languages

Page = Callable[..., HttpResponseBase]
READ = ("GET", "HEAD")
FORM = (*READ, "POST")
OF_PROGRAMS = (*FORM, "PUT", "PATCH", "DELETE", "OPTIONS")
SENT = ("POST",)
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""What stands in an address as it is; no segment begins with a point, which browsers would take for a step up."""


def reads(route: str, page: Page, name: str) -> URLPattern:
    """The address of a page that only shows."""
    return path(route, _answering(READ, page), name=name)


def takes(route: str, page: Page, name: str) -> URLPattern:
    """The address of a page with a form, which is sent to the same address."""
    return path(route, _answering(FORM, page), name=name)


def sent(route: str, page: Page, name: str) -> URLPattern:
    """An address to which a form of another page is sent; there is nothing to see at it."""
    return path(route, _answering(SENT, page), name=name)


def programs(route: str, page: Page, name: str) -> URLPattern:
    """An address for other programs, which answers every method itself, also one that it does not have."""
    return path(route, _answering(OF_PROGRAMS, page), name=name)


def methods_of(address: str) -> tuple[str, ...]:
    """The methods that an address answers; those of a page with a form where it names none."""
    try:
        page = resolve(address).func
    except Resolver404:
        return FORM
    return getattr(page, "methods", FORM)


def _answering(methods: tuple[str, ...], page: Page) -> Page:
    """The page for these methods; 405 without a body for any other, before anything is read."""

    @functools.wraps(page)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        return page(request, *args, **kwargs)

    answer.methods = methods  # type: ignore[attr-defined]
    return answer


class Written:
    """What somebody wrote, as one segment of an address: plain words as they are, all else encoded after «~».

    A slash, a point at the beginning, an empty text or a line break would otherwise make another address, or none.
    """

    regex = "[A-Za-z0-9_.~=-]+"

    def to_python(self, segment: str) -> str:
        """The text; ValueError, which is «not found», for what encodes none."""
        if not segment.startswith("~"):
            return segment
        try:
            return base64.urlsafe_b64decode(segment[1:].encode()).decode("utf-8", "surrogatepass")
        except (binascii.Error, UnicodeDecodeError) as reason:
            raise ValueError(str(reason)) from None

    def to_url(self, text: str) -> str:
        """The segment."""
        if _PLAIN.fullmatch(text):
            return text
        return "~" + base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode()


class Spoken:
    """A language other than English, by its two letters, as a segment of an address."""

    regex = "|".join(languages.others())

    def to_python(self, segment: str) -> str:
        """The language."""
        return segment

    def to_url(self, language: str) -> str:
        """The segment."""
        return language


register_converter(Written, "written")
register_converter(Spoken, "spoken")
