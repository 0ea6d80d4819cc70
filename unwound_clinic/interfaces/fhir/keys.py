"""Who asks: SMART backend services. An assertion signed with the system's own key becomes a token of five minutes.

Signatures are checked by joserfc, tokens are signed by Django. A token names a system and scopes; whether the system is
still let in, and with which scopes, is read from the database each time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils import timezone
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from unwound_clinic.core.action import Conflict
from unwound_clinic.interfaces import tokens
from unwound_clinic.interfaces.fhir import scopes
from unwound_clinic.interfaces.fhir.scopes import Rights
from unwound_clinic.models import ReadingSystem

ALGORITHMS = ("RS384", "ES384")
LONGEST_S = 300
"""How long an assertion may be valid from now, as SMART says, and how long a token is."""
LEEWAY_S = 30
RSA_BITS, CURVE = 2048, "P-384"
LONGEST = 10_000
_SALT, _PAGES = "fhir token", "fhir page"


class NotKnown(Exception):
    """The assertion proves nobody; the message says why, and is meant for whoever sets the system up."""


@dataclass(frozen=True, slots=True)
class Session:
    """A system with the rights of its token."""

    system: ReadingSystem
    rights: Rights
    scope: str


def public_keys(written: str) -> dict[str, Any]:
    """A JWK Set as it is kept. Conflict for a private key, a weak one, or one without a name."""
    try:
        table = json.loads(written)
        keys = KeySet.import_key_set(table if "keys" in table else {"keys": [table]}).keys
    except (ValueError, TypeError, KeyError, RecursionError, JoseError) as reason:
        raise Conflict(f"this is no JWK Set of public keys ({type(reason).__name__})") from None
    if not keys or len(keys) > 10:
        raise Conflict("between one and ten public keys are needed")
    for key in keys:
        if not isinstance(key, RSAKey | ECKey):
            raise Conflict("a key has to be RSA, or EC on the curve P-384: a shared secret cannot be used")
        if key.is_private:
            raise Conflict("this is a private key: send the public one only, and make a new pair, as this one is known")
        if not key.kid:
            raise Conflict("each key needs its «kid»")
        if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS:
            raise Conflict(f"an RSA key needs at least {RSA_BITS} bits")
        if isinstance(key, ECKey) and key.as_dict()["crv"] != CURVE:
            raise Conflict(f"an EC key needs the curve {CURVE}")
    if len({key.kid for key in keys}) != len(keys):
        raise Conflict("two keys have the same «kid»")
    return {"keys": [key.as_dict(private=False) for key in keys]}


def known_by(assertion: str, audience: str) -> ReadingSystem:
    """The system that signed it, once. NotKnown where it proves nobody."""
    if not assertion or len(assertion) > LONGEST:
        raise NotKnown("a signed assertion is needed")
    try:
        named = tokens.issuer(assertion)
        row = ReadingSystem.objects.select_related("site").filter(client_id=named, ended_at=None).first()
        if row is None:
            raise NotKnown("no system of this client_id is let in")
        token = jwt.decode(assertion, KeySet.import_key_set(row.keys), algorithms=list(ALGORITHMS))
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": row.client_id},
            sub={"essential": True, "value": row.client_id},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            jti={"essential": True},
        )
        rules.validate(token.claims)
        if not (isinstance(token.claims["jti"], str) and token.claims["jti"]):
            raise NotKnown("the assertion needs a jti of its own")
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as reason:
        raise NotKnown(f"the assertion does not hold: {reason or type(reason).__name__}"[:200]) from None
    left = float(token.claims["exp"]) - timezone.now().timestamp()
    if left > LONGEST_S + LEEWAY_S:
        raise NotKnown(f"the assertion is valid for longer than {LONGEST_S} s")
    if not tokens.is_first_use("fhir", row.pk, token.claims["jti"], LONGEST_S + 3 * LEEWAY_S):
        raise NotKnown("the assertion was used before: each needs a jti of its own")
    return row


def token(system: ReadingSystem, scope: str) -> str:
    """A token of five minutes."""
    return signing.dumps([system.pk, scope], salt=_SALT, compress=True)


def session(token: str) -> Session | None:
    """The system of a token with what it may see now; None where the token or the system no longer holds."""
    try:
        number, scope = signing.loads(token[:LONGEST], salt=_SALT, max_age=LONGEST_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    row = ReadingSystem.objects.select_related("site").filter(pk=number, ended_at=None).first()
    if row is None:
        return None
    held = scopes.granted(scope, row.scopes)
    return Session(row, scopes.parse(held), held)


def page(system: ReadingSystem, content: Any) -> str:
    """The place of a further page, for this system alone."""
    return signing.dumps([system.pk, content], salt=_PAGES, compress=True)


def opened(system: ReadingSystem, page: str) -> Any:
    """What a further page holds; None for another system's, an altered one and one that is a day old."""
    try:
        number, content = signing.loads(page[:LONGEST], salt=_PAGES, max_age=86_400)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return content if number == system.pk else None
