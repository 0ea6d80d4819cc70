"""What this process remembers of the sessions asked about last: their readings as gathered, their screen as drawn.

One entry a session, the one asked for longest ago goes first. Nothing here is the record: all of it can be made again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import TypeVar

from unwound_clinic.models import InfusionSession

MOST = 64
"""Sessions remembered at once."""

Kept = TypeVar("Kept")
Key = tuple[int, int, datetime]
_sessions: OrderedDict[Key, dict[type, object]] = OrderedDict()
_lock = threading.Lock()


def kept(session: InfusionSession, kind: type[Kept]) -> Kept | None:
    """What was kept of this kind for the session."""
    with _lock:
        value = _sessions.get(_key(session), {}).get(kind)
    return value if isinstance(value, kind) else None


def keep(session: InfusionSession, value: object) -> None:
    """In place of what was kept of the same kind."""
    with _lock:
        entry = _sessions.setdefault(_key(session), {})
        entry[type(value)] = value
        _sessions.move_to_end(_key(session))
        while len(_sessions) > MOST:
            _sessions.popitem(last=False)


def drop(session: InfusionSession, kind: type) -> None:
    """Keeps nothing of this kind for the session any more."""
    with _lock:
        _sessions.get(_key(session), {}).pop(kind, None)


def forget() -> None:
    """Keeps nothing any more."""
    with _lock:
        _sessions.clear()


def _key(session: InfusionSession) -> Key:
    """A number alone may come again in another database."""
    return session.pk, session.patient_id, session.scheduled_at
