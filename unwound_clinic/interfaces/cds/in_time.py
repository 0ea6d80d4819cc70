"""An answer within its time, or none: nobody waits for advice. What comes too late is dropped, and counted.

The work goes on in its thread to its end, without anything waiting for it; while too many are at work, a call is not
begun at all. It touches no database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from typing import TypeVar

R = TypeVar("R")

THREADS = 2
MOST_AT_WORK = 24
"""Calls at once, waiting ones among them: twenty that come together are served in time on two processors."""
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="cds")
_free = threading.BoundedSemaphore(MOST_AT_WORK)


class TooLate(Exception):
    """There is no answer in time."""


def within(limit_s: float, work: Callable[[], R]) -> R:
    """What the work comes to, where it does within the limit. TooLate otherwise; its own errors as they are."""
    if not _free.acquire(blocking=False):
        raise TooLate

    def run() -> R:
        try:
            return work()
        finally:
            _free.release()

    future = _pool.submit(run)
    try:
        return future.result(timeout=limit_s)
    except TimeoutError:
        if future.cancel():  # it had not begun: nobody else gives its place back
            _free.release()
        raise TooLate from None
