"""A system of a hospital in a test: its keys, its assertions, its token and what it is answered."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey
from small_clinic import House

from unwound_clinic.interfaces.fhir import actions
from unwound_clinic.models import ReadingSystem, Site

HOST = "http://testserver"
BASE = f"{HOST}/fhir"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Json = dict[str, Any]


@cache
def key() -> ECKey:
    return ECKey.generate_key("P-384", {"kid": "first", "use": "sig", "alg": "ES384"})


def public() -> str:
    return json.dumps({"keys": [key().as_dict(private=False)]})


def assertion(client_id: str, *, signed_with: Any = None, alg: str = "ES384", kid: str = "first", **claims: Any) -> str:
    told = {
        "iss": client_id,
        "sub": client_id,
        "aud": f"{BASE}/auth/token",
        "exp": int(time.time()) + 240,
        "jti": uuid4().hex,
        **claims,
    }
    return jwt.encode({"alg": alg, "kid": kid}, told, signed_with or key(), algorithms=[alg])


@dataclass
class Asker:
    """A system with a token."""

    system: ReadingSystem
    scope: str
    browser: Client = field(default_factory=Client)
    token: str = ""

    def sign_in(self, scope: str = "", signed: str = "") -> Any:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": signed or assertion(self.system.client_id),
            "scope": scope or self.scope,
        }
        body = "&".join(f"{name}={_quoted(value)}" for name, value in form.items())
        answer = self.browser.post("/fhir/auth/token", body, content_type="application/x-www-form-urlencoded")
        self.token = answer.json().get("access_token", "")
        return answer

    def asks(self, address: str, method: str = "GET", **headers: str) -> Any:
        """The answer to an address below /fhir, or to a whole one."""
        path = address.removeprefix(HOST) if address.startswith(HOST) else f"/fhir/{address}"
        return self.browser.generic(method, path, headers={"authorization": f"Bearer {self.token}", **headers})

    def sends(self, address: str, body: bytes, content_type: str = "application/fhir+json", **headers: str) -> Any:
        """The answer to a body that is posted below /fhir."""
        return self.browser.generic(
            "POST", f"/fhir/{address}", body, content_type, headers={"authorization": f"Bearer {self.token}", **headers}
        )

    def found(self, address: str) -> list[Json]:
        """The matches of a search, over all its pages."""
        found, pages = [], 0
        while address:
            answer = self.asks(address)
            assert answer.status_code == 200, answer.content
            bundle = answer.json()
            found += [one["resource"] for one in bundle.get("entry", ()) if one["search"]["mode"] == "match"]
            address = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
            pages += 1
            assert pages < 200
        return found


def _quoted(value: str) -> str:
    from urllib.parse import quote

    return quote(value, safe="")


def let_in(house: House, scope: str = "system/*.rs", site: Site | None = None) -> Asker:
    """A system of that site, let in by the administrator, with a token."""
    row = actions.let_in(
        by=house.by("administrator"), site=site or house.site, name="Hub", public_keys=public(), asked=scope
    )
    asker = Asker(row, scope)
    assert asker.sign_in().status_code == 200
    return asker
