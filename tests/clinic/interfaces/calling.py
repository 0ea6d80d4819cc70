"""A hospital's system that calls: its keys, its JWT, its calls."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from small_clinic import House

from unwound_clinic.interfaces import actions
from unwound_clinic.models import HospitalSystem

KEY = ECKey.generate_key("P-384", auto_kid=True)
OTHER = ECKey.generate_key("P-384", auto_kid=True)
ISSUER = "https://record.hospital.example"
HOST = "http://testserver"
SIGN, VIEW = "/cds-services/unwound-order-sign", "/cds-services/unwound-patient-view"


def public() -> dict[str, Any]:
    return dict(KeySet([KEY]).as_dict(private=False))


def system(house: House, **fields: Any) -> HospitalSystem:
    entered = {"name": "Testcase record", "issuer": ISSUER, "keys": public(), **fields}
    return actions.add_system(by=house.by("administrator"), site=house.site, **entered)


def token(service: str, key: Any = KEY, alg: str = "ES384", **claims: Any) -> str:
    now = int(time.time())
    whole = {"iss": ISSUER, "aud": HOST + service, "exp": now + 300, "iat": now, "jti": str(uuid.uuid4()), **claims}
    given = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": key.kid or KEY.kid, "typ": "JWT"}, given, key, algorithms=[alg])


def post(service: str, made: Any, **headers: str) -> Any:
    body = made if isinstance(made, bytes) else json.dumps(made).encode()
    return Client().post(service, body, content_type="application/json", headers=headers)


def signed(service: str, made: Any) -> Any:
    return post(service, made, authorization=f"Bearer {token(service)}")
