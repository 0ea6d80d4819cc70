"""The launches of one browser, each under an id of its own that stands in its address: no two share a tab's patient.

They lie in the session, the token encrypted (JWE, joserfc) with a key of the clinic's folder, and end with it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

KEPT = 8
"""Launches of one browser; the oldest make room."""
NAME = "launches"
Launch = dict[str, Any]


def begin(request: HttpRequest, system: int, launch: str) -> str:
    """A new launch; its id."""
    held: dict[str, Launch] = request.session.get(NAME, {})
    id = secrets.token_urlsafe(16)
    held[id] = {"system": system, "launch": launch, "at": time.time()}
    oldest = sorted(held, key=lambda held_id: held[held_id]["at"])[: max(0, len(held) - KEPT)]
    request.session[NAME] = {key: value for key, value in held.items() if key not in oldest}
    return id


def get(request: HttpRequest, id: str) -> Launch | None:
    """A launch of this browser; None where there is none of this id."""
    launch: Launch | None = request.session.get(NAME, {}).get(id)
    return launch


def keep(request: HttpRequest, id: str, launch: Launch) -> None:
    """The launch as it stands now."""
    request.session[NAME] = {**request.session.get(NAME, {}), id: launch}


def of_state(request: HttpRequest, state: str) -> tuple[str, Launch] | None:
    """The launch that asked with this state, which is used up with it."""
    for id, launch in request.session.get(NAME, {}).items():
        held = launch.get("state", "")
        if held and secrets.compare_digest(held.encode(), state.encode()):
            keep(request, id, {key: value for key, value in launch.items() if key != "state"})
            return id, launch
    return None


def sealed(text: str) -> str:
    """A text that only this clinic reads again."""
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, text, _key())


def opened(text: str) -> str:
    """The text; empty for what this clinic did not seal."""
    try:
        return (jwe.decrypt_compact(text, _key()).plaintext or b"").decode()
    except (JoseError, ValueError):
        return ""


def _key() -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"launch" + settings.SECRET_KEY.encode()).digest())
