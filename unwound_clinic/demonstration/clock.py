"""A clock that the demonstration sets back, so that months of a patient's story can pass in a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from django.utils import timezone

_NOW = timezone.now


class Clock:
    """A clock that runs behind the real time."""

    def __init__(self) -> None:
        self.behind = timedelta()

    def now(self) -> datetime:
        """The time of the story."""
        return _NOW() - self.behind

    def pass_by(self, **duration: float) -> None:
        """Lets time pass in the story, as in `pass_by(days=7)`; never beyond the real time."""
        self.behind = max(timedelta(), self.behind - timedelta(**duration))

    def pass_until(self, time: datetime) -> None:
        """Lets time pass in the story until then; never back, and never beyond the real time."""
        self.pass_by(seconds=max(0.0, (time - self.now()).total_seconds()))

    @contextmanager
    def back(self, **duration: float) -> Iterator[None]:
        """Starts the story that long ago; within the block everything is written with the time of the story."""
        self.behind = timedelta(**duration)
        with patch.object(timezone, "now", self.now):
            yield
        self.behind = timedelta()


CLOCK = Clock()
