"""Leave to read: where the hospital's server gives it, what is asked for, and the token that it answers with."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client

from unwound.record import UnwoundError

SCOPE = "launch openid fhirUser patient/*.rs patient/DocumentReference.c"
TIMEOUT_S = 10.0


class LoginError(UnwoundError):
    """The hospital's server gave no leave; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where leave is asked for, and where the token is."""

    authorize: str
    token: str


@dataclass(frozen=True, slots=True)
class Token:
    """Leave to read one patient."""

    access: str
    patient: str
    scope: str
    until: float
    """Seconds since 1970."""

    @property
    def may_send(self) -> bool:
        """Whether a document may be written."""
        return any(_creates(scope) for scope in self.scope.split())


def _creates(scope: str) -> bool:
    who, _, rest = scope.partition("/")
    what, _, how = rest.partition(".")
    how = how.partition("?")[0]
    writes = how in ("write", "*") or (how.isalpha() and set(how) <= set("cruds") and "c" in how)
    return who in ("patient", "user") and what in ("DocumentReference", "*") and writes


def endpoints(fhir: str) -> Endpoints:
    """The addresses that the server publishes. LoginError where it does not, or not for PKCE."""
    try:
        with httpx2.Client(timeout=TIMEOUT_S) as client:
            answer = client.get(f"{fhir}/.well-known/smart-configuration", headers={"Accept": "application/json"})
            answer.raise_for_status()
            configuration = answer.json()
            addresses = Endpoints(str(configuration["authorization_endpoint"]), str(configuration["token_endpoint"]))
            methods = configuration.get("code_challenge_methods_supported", ["S256"])
    except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as reason:
        raise LoginError(f"{fhir}: its SMART configuration could not be read ({type(reason).__name__})") from None
    for address in (addresses.authorize, addresses.token):
        if not _is_safe(address, fhir):
            raise LoginError(f"{fhir}: its SMART configuration names an address that is not encrypted")
    if "S256" not in methods:
        raise LoginError(f"{fhir}: it does not support PKCE with S256, without which nobody is let in")
    return addresses


def _is_safe(address: str, fhir: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == urlsplit(fhir).hostname)


def ask(fhir: str, client_id: str, redirect: str, launch: str) -> tuple[str, dict[str, str]]:
    """Where the browser goes to ask for leave; and what is needed to take the token."""
    at, verifier = endpoints(fhir), secrets.token_urlsafe(48)
    with _client(client_id, redirect) as client:
        address, state = client.create_authorization_url(at.authorize, code_verifier=verifier, aud=fhir, launch=launch)
    return str(address), {"state": str(state), "verifier": verifier, "token_endpoint": at.token}


def take(held: dict[str, Any], client_id: str, redirect: str, code: str) -> Token:
    """The token for a code. LoginError where there is none, or it is not for one patient."""
    try:
        with _client(client_id, redirect) as client:
            grant = client.fetch_token(held["token_endpoint"], code=code, code_verifier=held["verifier"])
    except (AuthlibBaseError, httpx2.HTTPError, ValueError) as reason:
        raise LoginError(f"the hospital's server gave no token ({type(reason).__name__})") from None
    patient, access = grant.get("patient"), grant.get("access_token")
    if not (isinstance(patient, str) and patient and isinstance(access, str) and access):
        raise LoginError("the hospital's server named no patient: open the patient there, and launch again")
    try:
        left = float(grant.get("expires_in", 300))
    except (TypeError, ValueError):
        left = 300.0
    return Token(access, patient, str(grant.get("scope", "")), time.time() + left)


def _client(client_id: str, redirect: str) -> Any:
    return OAuth2Client(
        client_id,
        redirect_uri=redirect,
        scope=SCOPE,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
        timeout=TIMEOUT_S,
    )
