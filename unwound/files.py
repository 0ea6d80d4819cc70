"""Files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from unwound.record import UnwoundError


def write(place: Path, data: bytes) -> None:
    """Write beside the place, then move there: no half file. UnwoundError, naming the place, when it cannot be."""
    if place.exists() and not place.is_file():
        # A rename would put an ordinary file in the place of a device or a pipe.
        raise UnwoundError(f"{place}: cannot be written: not an ordinary file")
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UnwoundError(f"{place}: cannot be written: {(error.strerror or 'unknown reason').lower()}") from None
