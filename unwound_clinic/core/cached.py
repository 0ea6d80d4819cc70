"""What takes long to make and belongs to no record, kept by its inputs in a folder that all workers share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings

from unwound import catalogue
from unwound.files import write
from unwound.record import UnwoundError


def kept(kind: str, inputs: Sequence[object], extension: str, make: Callable[[], str]) -> str:
    """The kept result for the same inputs, version and knowledge; made and kept where there is none."""
    file = _file(kind, inputs, extension)
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        result = make()
    try:
        write(file, result.encode())
    except UnwoundError:
        return result  # a full disk costs time, not the page
    return result


def is_kept(kind: str, inputs: Sequence[object], extension: str) -> bool:
    """Whether it need not be made any more."""
    return _file(kind, inputs, extension).exists()


def _file(kind: str, inputs: Sequence[object], extension: str) -> Path:
    key = json.dumps([kind, *inputs, catalogue.rests_on()])
    return Path(settings.DATA) / "cache" / f"{kind}-{hashlib.sha256(key.encode()).hexdigest()[:32]}{extension}"
