"""CDS Hooks 2.0: discovery, services, feedback. What is said is decided by `unwound.cds`; nothing is kept of a call.

A call that is not whole is refused by name, one that is not answered in time gets no card, and nothing gets a 500.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

from unwound import cds
from unwound.cds import Card, Hook
from unwound.exchange import cds_answers, cds_hooks
from unwound.exchange.cds_hooks import Called, NotFetchedError, RequestError
from unwound.terms import Jurisdiction
from unwound_clinic.core import access, rates
from unwound_clinic.core.client_address import client_address
from unwound_clinic.core.page import today
from unwound_clinic.interfaces import actions
from unwound_clinic.interfaces.cds import callers, counts, in_time, planned
from unwound_clinic.interfaces.cds.callers import Caller
from unwound_clinic.interfaces.cds.counts import Given
from unwound_clinic.models import HospitalSystem, Site

LABEL = "Unwound"
ALLOWED_HEADERS = "Authorization, Content-Type"
Page = Callable[..., HttpResponse]


def discovery(request: HttpRequest) -> HttpResponse:
    """Which services there are; none while no hospital's system is entered."""
    known = HospitalSystem.objects.filter(ended_at=None)
    open_to = known.exclude(issuer="").exists() or known.filter(unsigned=True).exists()
    return JsonResponse(cds_answers.services() if open_to else {"services": []})


def service(request: HttpRequest, id: str) -> HttpResponse:
    """One call: at most one card, or none."""
    hook = cds_answers.hook_of(id)
    if hook is None:
        return _refused(404, f"there is no service «{id[:60]}»")
    try:
        by = _caller(request)
    except _Refused as refused:
        return refused.answer
    site = by.system.site
    day = today(site)
    try:
        return _answer(request, by, hook, request.body, day)
    except RequestDataTooBig:
        counts.count(day, by.system.pk, id, "refused")
        return _refused(413, "too much at once: fewer results are enough")
    except RequestError as reason:
        counts.count(day, by.system.pk, id, "refused")
        return _refused(400, str(reason))
    except NotFetchedError as reason:
        counts.count(day, by.system.pk, id, "not-fetched")
        return _refused(412, str(reason))


def _answer(request: HttpRequest, by: Caller, hook: Hook, raw: bytes, day: date) -> HttpResponse:
    system, site = by.system, by.system.site

    def read() -> Called:
        here = Jurisdiction(site.jurisdiction) if site.jurisdiction else None
        return cds_hooks.read(raw, hook, as_of=day, jurisdiction=here)

    def decide(called: Called, course: bool) -> tuple[Card, ...]:
        return cds.cards(
            hook,
            called.patient,
            called.orders,
            course_planned=course,
            missing=called.missing,
            results_missing=called.results_missing,
        )

    service = f"unwound-{hook}"
    try:
        limit_s = settings.CDS_MS / 1000
        if by.signed and hook != Hook.PATIENT_VIEW:  # only then is the database asked, between the two
            called = in_time.within(limit_s / 2, read)
            course = planned.has_course(site, called.identity)
            cards = in_time.within(limit_s / 2, lambda: decide(called, course))
        else:
            cards = in_time.within(limit_s, lambda: decide(read(), False))
    except in_time.TooLate:
        counts.count(day, system.pk, service, "late")
        return JsonResponse({"cards": []})
    shown = [Given(str(uuid.uuid4()), card.id) for card in cards]
    counts.count(day, system.pk, service, "card" if shown else "silent", shown)
    ids = [card.uuid for card in shown]
    return JsonResponse(cds_answers.written(cards, ids, LABEL, request.build_absolute_uri(reverse("learn"))))


def feedback(request: HttpRequest, id: str) -> HttpResponse:
    """What was done with cards: kept, each once."""
    if cds_answers.hook_of(id) is None:
        return _refused(404, f"there is no service «{id[:60]}»")
    try:
        by = _caller(request)
        entries = cds_hooks.feedback(request.body)
    except _Refused as refused:
        return refused.answer
    except RequestDataTooBig:
        return _refused(413, "too much at once: send it in parts")
    except RequestError as reason:
        return _refused(400, str(reason))
    about = counts.about(by.system.pk, [entry.card for entry in entries])
    site: Site = by.system.site
    sender = access.Program(f"system {by.system.name}")
    kept = actions.keep_feedback(by=sender, site=site, system=by.system, service=id, entries=entries, about=about)
    return JsonResponse({"kept": kept})


class _Refused(Exception):
    """Who calls may not; `answer` says so."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


def _caller(request: HttpRequest) -> Caller:
    """Who calls; whoever guesses is slowed down."""
    own = settings.ADDRESS or f"{request.scheme}://{request.get_host()}"
    meant = (f"{own}{request.path}", f"{own}{reverse('cds-services')}")
    try:
        return callers.caller(request.headers.get("Authorization", ""), meant)
    except callers.Unknown as unknown:
        wait = rates.wait_s(f"cds {client_address(request)}", rates.WRONG_KEYS)
        if wait:
            refused = _refused(429, "too many calls a minute that were refused: wait", {"Retry-After": str(wait)})
            raise _Refused(refused) from None
        raise _Refused(_refused(401, str(unknown), {"WWW-Authenticate": "Bearer"})) from None


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"error": reason[:500]}, status=status, headers=headers or {})


def _shared(methods: tuple[str, ...], page: Page) -> Page:
    """The page, for programs and for pages of the origins that were entered; a browser asks first (CORS)."""

    @csrf_exempt
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        if request.method == "OPTIONS":
            answered: HttpResponse = HttpResponse(status=204)
        elif request.method not in methods:
            answered = HttpResponseNotAllowed((*methods, "OPTIONS"))
        else:
            answered = page(request, *args, **kwargs)
        answered["Cache-Control"] = "no-store"
        answered["Vary"] = "Origin"
        if origin and _is_known(origin):
            answered["Access-Control-Allow-Origin"] = origin
            answered["Access-Control-Allow-Methods"] = ", ".join((*methods, "OPTIONS"))
            answered["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            answered["Access-Control-Max-Age"] = "600"
        return answered

    answer.methods = (*methods, "OPTIONS")  # type: ignore[attr-defined]
    return answer


def _is_known(origin: str) -> bool:
    systems = HospitalSystem.objects.filter(ended_at=None).exclude(origins="")
    return any(origin in system.origin_list for system in systems)


urls = [
    path("cds-services", _shared(("GET",), discovery), name="cds-services"),
    path("cds-services/<written:id>", _shared(("POST",), service), name="cds-service"),
    path("cds-services/<written:id>/feedback", _shared(("POST",), feedback), name="cds-feedback"),
]
