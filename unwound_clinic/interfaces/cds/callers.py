"""Who calls: a system the administrator entered, by the JWT that it signed; or the one that may call unsigned.

A JWT is checked by joserfc: signature, issuer, the address it was meant for, its time, and that it was not used before.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from unwound_clinic.interfaces import tokens
from unwound_clinic.models import HospitalSystem

ALGORITHMS = ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"]
"""Signatures of a private key, which only the hospital has; a shared secret is none."""
LEEWAY_S = 30
LONGEST_S = 600
"""How long a JWT may be valid: it is made for one call."""
_LONGEST_TOKEN = 8000


class Unknown(Exception):
    """Nobody who may call; the message says why, and nothing that would help to guess."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A system that calls."""

    system: HospitalSystem
    signed: bool
    """Whether it proved who it is: only then is anything of the clinic's own patients looked at."""


def caller(authorization: str, audiences: Sequence[str]) -> Caller:
    """Who calls with this `Authorization` header; `audiences` are the addresses the call may have been meant for."""
    kind, _, token = authorization.strip().partition(" ")
    systems = HospitalSystem.objects.filter(ended_at=None).select_related("site")
    if not token:
        unsigned = systems.filter(unsigned=True).order_by("pk").first()
        if unsigned is None:
            raise Unknown("a JWT of a known system is needed: Authorization: Bearer JWT")
        return Caller(unsigned, signed=False)
    if kind.lower() != "bearer" or len(token) > _LONGEST_TOKEN:
        raise Unknown("the form is: Authorization: Bearer JWT")
    signed_by = tokens.issuer(token)
    system = systems.filter(issuer=signed_by).first() if signed_by else None
    if system is None:
        raise Unknown("the issuer of the JWT is not known here")
    _check(token.strip(), system, audiences)
    return Caller(system, signed=True)


def _check(token: str, system: HospitalSystem, audiences: Sequence[str]) -> None:
    try:
        claims = jwt.decode(token, KeySet.import_key_set(system.keys), algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": system.issuer},
            aud={"essential": True, "values": list(audiences)},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as reason:
        raise Unknown(f"the JWT does not hold: {type(reason).__name__}") from None
    _once(claims, system)


def _once(claims: dict[str, Any], system: HospitalSystem) -> None:
    left = int(claims["exp"]) - time.time()
    if int(claims["exp"]) - int(claims["iat"]) > LONGEST_S:
        raise Unknown(f"the JWT is valid for more than {LONGEST_S // 60} minutes")
    if not tokens.is_first_use("cds", system.pk, claims["jti"], int(left) + 2 * LEEWAY_S + 1):
        raise Unknown("the JWT was used before")
