"""The FHIR server: one door for every request, so that each is known, counted, answered in FHIR and in the log."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from unwound.exchange.fhir import searching
from unwound.record import UnwoundError
from unwound_clinic.core import access, rates
from unwound_clinic.core.addresses import programs
from unwound_clinic.core.client_address import client_address
from unwound_clinic.interfaces.fhir import actions, answers, keys, scopes, searches, statement
from unwound_clinic.interfaces.fhir.answers import Wrong
from unwound_clinic.interfaces.fhir.keys import Session
from unwound_clinic.interfaces.fhir.pages import bulk, referring

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
LONGEST_QUERY = 20_000
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Content-Location, Retry-After, X-Progress, Expires",
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, If-None-Match, Prefer",
    "Access-Control-Max-Age": "86400",
}
log = logging.getLogger(__name__)


def base_of(request: HttpRequest) -> str:
    """Our address, as other systems know it."""
    return f"{settings.ADDRESS or f'{request.scheme}://{request.get_host()}'}/fhir"


@csrf_exempt
def door(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """The answer; whatever went wrong is said in FHIR as well."""
    if request.method == "OPTIONS":
        answer: HttpResponseBase = HttpResponse(status=204, headers=PREFLIGHT)
    else:
        answer = _answered(request, rest.strip("/"))
    for name, value in CORS.items():
        answer[name] = value
    return answer


def _answered(request: HttpRequest, rest: str) -> HttpResponseBase:
    try:
        if rest == "auth/token":
            return _token(request)
        _format(request)
        if rest == "metadata":
            _only(request, "GET", "HEAD")
            return answers.shown(statement.statement(base_of(request)))
        if rest == ".well-known/smart-configuration":
            _only(request, "GET", "HEAD")
            return JsonResponse(statement.smart(base_of(request)))
        return _known(request, rest, _session(request))
    except Wrong as wrong:
        return answers.refused(wrong)
    except RequestDataTooBig:
        return answers.refused(Wrong(413, "too-long", "the request is too large"))
    except UnwoundError as reason:
        return answers.refused(Wrong(422, "processing", str(reason)))
    except Error:
        log.exception("the database could not be used for a request of another system")
        return answers.refused(Wrong(503, "transient", "the database is busy: ask again", {"Retry-After": "5"}))


def _known(request: HttpRequest, rest: str, who: Session) -> HttpResponseBase:
    """The answer to a system that is let in."""
    parts = rest.split("/") if rest else []
    if parts[-1:] == ["$export"]:
        _only(request, "GET")
        return bulk.order(request, parts[:-1], _query(request), who, base_of(request))
    if parts[:1] == ["exports"]:
        return bulk.answer(request, parts[1:], who, base_of(request))
    if parts and parts[0] in scopes.CREATED and len(parts) < 3:
        _only(request, "POST")
        if len(parts) == 2:
            raise Wrong(404, "not-found", f"POST to {parts[0]}: what is sent is named here, and not read back")
        return referring.create(request, _query(request), who, base_of(request))
    if len(parts) == 1 and parts[0] in searching.types():
        _only(request, "GET", "HEAD")
        return _search(request, parts[0], _query(request), who)
    if len(parts) == 2 and parts[0] in searching.types():
        type, id = parts
        if id == "_search":
            _only(request, "POST")
            return _search(request, type, [*_query(request), *_form(request)], who)
        _only(request, "GET", "HEAD")
        return _read(request, type, id, who)
    if len(parts) > 2 and "_history" in parts:
        raise Wrong(404, "not-supported", "versions are not kept apart here: the version that is current is read")
    known = ", ".join((*searching.types(), *scopes.CREATED))
    raise Wrong(404, "not-found", f"«{rest[:80]}»: there is nothing here; there are {known}")


def _read(request: HttpRequest, type: str, id: str, who: Session) -> HttpResponse:
    resource = searches.versioned(searches.read(type, id, who, timezone.now()))
    number = searches.patient_of(resource)
    _leave_event(request, who, {number} if number else set())
    return answers.single(resource, request.headers.get("If-None-Match", ""))


def _search(request: HttpRequest, type: str, query: list[tuple[str, str]], who: Session) -> HttpResponse:
    # A further page takes its search from the token, not the address; FHIR forbids empty lists in a bundle.
    base, after = base_of(request), ""
    token = dict(query).get("_page")
    if token is not None:
        opened = keys.opened(who.system, token)
        if not isinstance(opened, list) or opened[0] != type:
            raise Wrong(410, "not-found", "this page is not of your search, or is a day old: search again")
        query, after = [(str(name), str(value)) for name, value in opened[1]], str(opened[2])
    strict = "handling=strict" in request.headers.get("Prefer", "").replace(" ", "")
    wanted = searches.understood(type, query, base, strict=strict)
    result = searches.search(wanted, who, timezone.now(), after)
    _leave_event(request, who, result.patients)
    links = [{"relation": "self", "url": f"{base}/{type}?{urlencode(query)}" if query else f"{base}/{type}"}]
    if result.after:
        further = keys.page(who.system, [type, query, result.after])
        links.append({"relation": "next", "url": f"{base}/{type}?{urlencode({'_page': further})}"})
    entries = [answers.entry(base, searches.versioned(resource), "match") for resource in result.matches]
    entries += [answers.entry(base, searches.versioned(resource), "include") for resource in result.beside]
    if result.issues:
        entries.append(answers.entry(base, answers.outcome(*result.issues), "outcome"))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "timestamp": timezone.now().isoformat()}
    if result.total is not None:
        bundle["total"] = result.total
    bundle["link"] = links
    if entries:
        bundle["entry"] = entries
    return answers.shown(bundle)


def _leave_event(request: HttpRequest, who: Session, patients: set[int]) -> None:
    by = access.OtherSystem(f"system {who.system.name}", who.system.site_id)
    asked = f"{request.method} {request.path}?{request.META.get('QUERY_STRING', '')}"
    actions.looked(by=by, site=who.system.site, what=asked, patients=patients)


def _session(request: HttpRequest) -> Session:
    """The system that asks, counted. Wrong without a token that holds."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    who = keys.session(token.strip()) if scheme.lower() == "bearer" else None
    if who is None:
        _counted(client_address(request), rates.WRONG_KEYS)
        challenge = 'Bearer error="invalid_token"' if token else "Bearer"
        raise Wrong(
            401, "login", "a token that holds is needed: POST /fhir/auth/token", {"WWW-Authenticate": challenge}
        )
    _counted(f"fhir {who.system.pk}", rates.posts())
    return who


def _counted(sender: str, limit: int) -> None:
    if wait := rates.wait_s(sender, limit):
        raise Wrong(429, "throttled", f"too many requests a minute: wait {wait} s", {"Retry-After": str(wait)})


def _token(request: HttpRequest) -> HttpResponse:
    """A token for a signed assertion, as OAuth 2 answers (RFC 6749, 7523)."""
    if request.method != "POST":
        return _oauth(405, "invalid_request", "POST a form", {"Allow": "POST, OPTIONS"})
    if wait := rates.wait_s(f"fhir token {client_address(request)}", rates.posts()):
        return _oauth(429, "slow_down", f"wait {wait} s", {"Retry-After": str(wait)})
    form = dict(_form(request))
    if form.get("grant_type") != "client_credentials":
        return _oauth(400, "unsupported_grant_type", "grant_type is client_credentials")
    if form.get("client_assertion_type") != ASSERTION:
        return _oauth(400, "invalid_request", f"client_assertion_type is {ASSERTION}")
    try:
        system = keys.known_by(form.get("client_assertion", ""), f"{base_of(request)}/auth/token")
    except keys.NotKnown as reason:
        if wait := rates.wait_s(client_address(request), rates.WRONG_KEYS):
            return _oauth(429, "slow_down", f"wait {wait} s", {"Retry-After": str(wait)})
        return _oauth(401, "invalid_client", str(reason))
    granted = scopes.granted(form.get("scope", ""), system.scopes)
    if not granted:
        return _oauth(400, "invalid_scope", f"none of these was registered; there are: {system.scopes}")
    by = access.OtherSystem(f"system {system.name}", system.site_id)
    actions.signed_in(by=by, site=system.site, scope=granted)
    content = {
        "access_token": keys.token(system, granted),
        "token_type": "bearer",
        "expires_in": keys.LONGEST_S,
        "scope": granted,
    }
    return JsonResponse(content, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _oauth(status: int, error: str, why: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"error": error, "error_description": why}, status=status, headers=headers or {})


def _only(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        why = f"{request.method} is not answered here: {', '.join(methods)}"
        raise Wrong(405, "not-supported", why, {"Allow": ", ".join((*methods, "OPTIONS"))})


def _format(request: HttpRequest) -> None:
    """Wrong where an answer is asked for in a form that is not JSON."""
    asked = [value for name, value in _query(request) if name == "_format"]
    wanted = asked[0] if asked else request.headers.get("Accept", "") or "*/*"
    kinds = [part.partition(";")[0].strip().lower() for part in wanted.split(",")]
    if not any(kind in (*answers.FORMATS, "*/*", "application/*", "") for kind in kinds):
        raise Wrong(406, "not-supported", f"«{wanted[:60]}»: answers are {answers.FHIR}")


def _query(request: HttpRequest) -> list[tuple[str, str]]:
    return _pairs(request.META.get("QUERY_STRING", ""))


def _form(request: HttpRequest) -> list[tuple[str, str]]:
    if request.content_type != FORM:
        raise Wrong(415, "not-supported", f"a form is needed: {FORM}")
    return _pairs(request.body.decode("utf-8", "replace"))


def _pairs(written: str) -> list[tuple[str, str]]:
    if len(written) > LONGEST_QUERY:
        raise Wrong(414, "too-long", f"at most {LONGEST_QUERY} characters are asked at once")
    try:
        return parse_qsl(written, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise Wrong(400, "too-long", "at most 100 parameters are asked at once") from None


urls = [programs("fhir/", door, name="fhir-base"), programs("fhir/<path:rest>", door, name="fhir")]
