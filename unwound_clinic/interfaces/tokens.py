"""What every token that another system signed has in common, whatever it is for: who says to have signed it, and once.

Signatures and claims are checked by joserfc where the token is taken: each use has its own rules.
"""

from __future__ import annotations

import json

from django.core.cache import cache
from joserfc import jws
from joserfc.errors import JoseError

from unwound_clinic.models import hash_of


def issuer(token: str) -> str:
    """Who says to have signed it: read before anything is checked, only to find the keys that check it."""
    try:
        claims = json.loads(jws.extract_compact(token.strip().encode()).payload)
    except (JoseError, ValueError, RecursionError):
        return ""
    named = claims.get("iss") if isinstance(claims, dict) else None
    return named if isinstance(named, str) and "\x00" not in named else ""  # which no database keeps


def is_first_use(of: str, system: int, jti: object, within_s: int) -> bool:
    """Whether this token of that system was not used before, by any worker; it counts as used for these seconds."""
    return cache.add(f"{of}-jti-{system}-{hash_of(str(jti))}", True, timeout=within_s)
