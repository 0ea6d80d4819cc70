"""What every signed token has in common: who says to have signed it, without believing it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from unwound_clinic.interfaces import tokens


def part(table: Any) -> str:
    return urlsafe_b64encode(json.dumps(table).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ({"iss": "https://record.example.org"}, "https://record.example.org"),
        ({"iss": 7}, ""),
        ({"iss": "a\x00b"}, ""),
        ({}, ""),
        (["iss"], ""),
    ],
)
def test_who_says_to_have_signed_it(claims: Any, named: str) -> None:
    assert tokens.issuer(f"{part({'alg': 'ES384'})}.{part(claims)}.c2ln") == named


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "..", "é.é.é", "x" * 9000])
def test_what_is_no_token_names_nobody(token: str) -> None:
    assert tokens.issuer(token) == ""


def test_a_token_is_used_once_for_each_system_and_use() -> None:
    assert tokens.is_first_use("test", 1, "one", 60)
    assert not tokens.is_first_use("test", 1, "one", 60)
    assert tokens.is_first_use("test", 2, "one", 60)
    assert tokens.is_first_use("other", 1, "one", 60)
