"""What was searched for: kept in the browser's session under a short name, so that no address names a patient."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

_KEY = "searches"
MOST, LENGTH = 20, 200
"""The newest searches that are kept, so that Back and a second window find theirs; characters of one."""


def keep(request: HttpRequest, text: str) -> str:
    """The short name of what was searched for; empty where nothing was."""
    wanted, searches = " ".join(text.split())[:LENGTH], request.session.get(_KEY, {})
    if not wanted:
        return ""
    name = next((name for name, earlier in searches.items() if earlier == wanted), secrets.token_urlsafe(6))
    rest = {earlier: kept for earlier, kept in searches.items() if earlier != name}
    request.session[_KEY] = dict([*rest.items(), (name, wanted)][-MOST:])
    return name


def kept(request: HttpRequest, name: str) -> str:
    """What was searched for under that name in this session; empty where it is not known."""
    return str(request.session.get(_KEY, {}).get(name, ""))
