"""What every test of the clinic has."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from small_clinic import House, build


@pytest.fixture(autouse=True)
def _plain(settings: object) -> None:
    """No second factor and quick password hashes, except where a test says otherwise."""
    cache.clear()  # what earlier tests mistyped counts against nobody
    settings.MFA_REQUIRED = False  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.AXES_ENABLED = False  # type: ignore[attr-defined]


@pytest.fixture
def house(db: None) -> House:
    """The small clinic."""
    return build()
