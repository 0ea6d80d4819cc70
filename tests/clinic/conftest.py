"""What every test of the clinic has."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.client import ClientHandler
from small_clinic import House, build

from unwound_clinic.core import rates
from unwound_clinic.core.action import under_way
from unwound_clinic.core.middleware import LastSeen

WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(unwound_clinic_\w+)"')
NO_RECORD = ("unwound_clinic_user", "unwound_clinic_sent", "unwound_clinic_draft")
"""Logins and new passwords are written by the pages of accounts; drafts, and which form was sent, by middleware."""


@pytest.fixture(autouse=True)
def _plain(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No second factor and quick password hashes, except where a test says otherwise; counts of this process only."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()  # what earlier tests mistyped counts against nobody
    monkeypatch.setattr(rates, "FILE", str(tmp_path_factory.getbasetemp() / "posts.sqlite3"))
    rates.forget()
    LastSeen._not_before = 0.0  # nor does a database that an earlier test took away
    settings.MFA_REQUIRED = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_ENABLED = False
    settings.WHITENOISE_AUTOREFRESH = True  # looks for a file when it is asked for, not for all with each new client


@pytest.fixture(autouse=True)
def _pages_write_by_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test asks of a page, nothing of the clinic's is written outside an action."""
    answer = ClientHandler.__call__

    def watched(handler: ClientHandler, environ: dict[str, Any]) -> Any:
        with connection.execute_wrapper(_in_an_action):
            return answer(handler, environ)

    monkeypatch.setattr(ClientHandler, "__call__", watched)


def _in_an_action(execute: Any, sql: str, *rest: Any) -> Any:
    written = WRITES.match(sql)
    if written and written[1] not in NO_RECORD:
        assert under_way(), f"{written[1]} is written outside an action"
    return execute(sql, *rest)


@pytest.fixture
def house(db: None) -> House:
    """The small clinic."""
    return build()
