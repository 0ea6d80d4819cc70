"""Readings as plain JSON, as they are posted: a list of {"kind", "value", "unit", "at"}, optionally with "probe"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from unwound.exchange import json_text
from unwound.exchange.clock import Clock, iso, moment
from unwound.exchange.device_codes import Coding
from unwound.exchange.names import clean, quoted
from unwound.exchange.readings import Batch, Quarantined, ReadingsError, Sent, sort

LIMIT_BYTES = 5_000_000

_NEEDED = frozenset(("kind", "value", "at"))
_KNOWN = _NEEDED | {"unit", "probe"}


def read_json(
    data: bytes | str,
    *,
    received_at: datetime,
    zone: tzinfo | None = None,
    allowed_ahead_s: float | None = None,
    after: datetime | None = None,
) -> Batch:
    """The readings of {"device": ..., "readings": [...]} or of a bare list, received at `received_at` (aware).

    `"value": null` means that there is no sensor; a missing value is an error of that item, which is held for review.
    ReadingsError where the whole is not such JSON.
    """
    device, items = _items(data)
    clock = Clock(received_at, zone, allowed_ahead_s, after)
    wrong = [_misshapen(item, place) for place, item in enumerate(items, 1)]
    batch = sort(_sent(items, wrong, device, clock))
    return replace(batch, quarantined=(*batch.quarantined, *filter(None, wrong)))


def _items(data: bytes | str) -> tuple[str, list[Any]]:
    if len(data) > LIMIT_BYTES:
        raise ReadingsError(f"more than {LIMIT_BYTES / 1e6:.0f} MB of readings at once; send fewer")
    try:  # numbers stay as they were written
        content = json_text.read(data, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as reason:
        raise ReadingsError(f"not readable as JSON: {str(reason)[:200]}") from None
    device = ""
    if isinstance(content, Mapping):
        named = content.get("device", "")
        device, content = clean(named) if isinstance(named, str) else "", content.get("readings")
    if not isinstance(content, list):
        raise ReadingsError('a list of readings is needed, or {"device": "...", "readings": [...]}')
    return device, content


def _misshapen(item: object, place: int) -> Quarantined | None:
    """Why an item is not a reading, where it is not one."""
    where = f"reading {place}"
    if not isinstance(item, Mapping):
        return Quarantined(why="shape", reason="it is not an object", code="", value_as_sent=quoted(item), where=where)
    missing, odd = sorted(_NEEDED - item.keys()), sorted(clean(str(key)) for key in item.keys() - _KNOWN)
    if not missing and not odd and all(isinstance(field, str | None) for field in item.values()):
        return None
    reason = (
        f"{', '.join(missing)} missing"
        if missing
        else f"«{odd[0]}» is not a known field"
        if odd
        else "a field is not text"
    )
    return Quarantined(
        why="shape", reason=reason, code=_text(item, "kind"), value_as_sent=_text(item, "value"), where=where
    )


def _sent(items: list[Any], wrong: list[Quarantined | None], device: str, clock: Clock) -> Iterator[Sent]:
    for place, (item, reason) in enumerate(zip(items, wrong, strict=True), 1):
        if reason is not None:
            continue
        yield Sent(
            codings=(Coding(_text(item, "kind"), system="unwound"),),
            value=_text(item, "value"),
            unit=Coding(_text(item, "unit")),
            when=moment(iso(_text(item, "at")), clock),
            time_from="at",
            channel=_text(item, "probe"),
            device=device,
            where=f"reading {place}",
        )


def _text(item: Mapping[str, Any], key: str) -> str:
    written = item.get(key)
    return clean(written) if isinstance(written, str) else ""
