"""What is tidied up with a write, but not with every one: once an hour in each worker."""

from __future__ import annotations

import threading
import time

EVERY_S = 3600.0
_last: dict[str, float] = {}
_lock = threading.Lock()


def is_due(what: str) -> bool:
    """Whether an hour has passed since this was due here; the first time in a process it is."""
    now = time.monotonic()
    with _lock:
        if now - _last.get(what, now - EVERY_S) < EVERY_S:
            return False
        _last[what] = now
        return True
