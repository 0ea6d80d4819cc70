"""Readings as plain JSON, as they are posted: a list of {"kind", "value", "unit", "at"}, optionally with "probe".

"sent_at" beside the list says when it was sent: by it a clock that is off is recognised and its correction watched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from unwound.exchange import json_text
from unwound.exchange.clock import Clock, When, iso, moment, watched
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
    corrected_s: float = 0.0,
) -> Batch:
    """The readings of {"device": ..., "readings": [...]} or of a bare list, received at `received_at` (aware).

    `corrected_s` is how far the sender's clock is ahead, in seconds, as a person has confirmed.
    `"value": null` means that there is no sensor; a missing value is an error of that item, which is held for review.
    ReadingsError where the whole is not such JSON.
    """
    device, sent_at, items = _items(data)
    clock = Clock(received_at=received_at, zone=zone, allowed_ahead_s=allowed_ahead_s, after=after)
    sent_when = moment(iso(sent_at), clock) if sent_at else When(None)
    sent = sent_when.at
    clock, ahead_s = watched(clock, corrected_s, sent, _newest(items, clock))
    wrong = [_misshapen(item, place) for place, item in enumerate(items, 1)]
    batch = sort(_sent(items, wrong, device, clock))
    if sent_at and sent is None:
        reason = f"{sent_when.wrong}: it tells nothing of the sender's clock"
        wrong.append(Quarantined(why="time", reason=reason, code="sent_at", value_as_sent=quoted(sent_at)))
    held = (*batch.quarantined, *filter(None, wrong))
    return replace(batch, quarantined=held, sent_at=sent, clock_ahead_s=ahead_s)


def _newest(items: Iterable[object], clock: Clock) -> datetime | None:
    """The last time of them all, by the sender's clock."""
    written = (_text(item, "at") for item in items if isinstance(item, Mapping))
    return max(filter(None, (moment(iso(at), clock).at for at in written)), default=None)


def _items(data: bytes | str) -> tuple[str, str, list[Any]]:
    """The device, when it says that it sent this, and the items."""
    if len(data) > LIMIT_BYTES:
        raise ReadingsError(f"more than {LIMIT_BYTES / 1e6:.0f} MB of readings at once; send fewer")
    try:  # numbers stay as they were written
        content = json_text.read(data, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as reason:
        raise ReadingsError(f"not readable as JSON: {str(reason)[:200]}") from None
    device = sent_at = ""
    if isinstance(content, Mapping):
        device, sent_at = _text(content, "device"), _text(content, "sent_at")
        content = content.get("readings")
    if not isinstance(content, list):
        raise ReadingsError('a list of readings is needed, or {"device": "...", "readings": [...]}')
    return device, sent_at, content


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
