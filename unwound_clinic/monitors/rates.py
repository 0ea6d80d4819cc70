"""How often something may post: so many a minute, counted in this process; whoever is over it is told how long to wait.

A monitor that sends every second for each of its beds stays far below it: the limit is for a device that went wrong and
for whoever guesses keys, so that neither takes the time of the others (ASVS 2.4.1).
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque

from django.conf import settings

WRONG_KEYS = 30
"""Posts a minute with a key that is not known, from one address."""
MINUTE_S = 60.0
_MOST_SENDERS = 2000
_posted: OrderedDict[str, deque[float]] = OrderedDict()
_lock = threading.Lock()


def posts() -> int:
    """Posts a minute of one monitor's key."""
    return int(settings.POSTS_PER_MINUTE)


def wait_s(sender: str, limit: int) -> int:
    """Counts one post; the whole seconds to wait where it is one too many, which is not counted, else 0."""
    now = time.monotonic()
    with _lock:
        times = _posted.setdefault(sender, deque())
        _posted.move_to_end(sender)
        while times and times[0] <= now - MINUTE_S:
            times.popleft()
        if len(times) >= limit:
            return max(1, math.ceil(times[0] + MINUTE_S - now))
        times.append(now)
        if len(_posted) > _MOST_SENDERS:
            _posted.popitem(last=False)
    return 0


def forget() -> None:
    """Forgets every post, as when the process starts."""
    with _lock:
        _posted.clear()
