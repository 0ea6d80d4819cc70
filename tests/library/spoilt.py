"""Calls that are spoilt in one place each, always the same: keys gone, values of another kind, bytes cut off."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    "",
    "x" * 5000,
    "null",
    [],
    [[]],
    {},
    {"resourceType": 7},
    "\ud800",
    "\u202e",
)


def spoilt(made: dict[str, Any], number: int, seed: int = 5) -> Iterator[bytes]:
    """So many bodies, each the call with one thing wrong."""
    random = Random(seed)
    for _ in range(number):
        kind = random.randrange(8)
        if kind == 0:
            whole = json.dumps(made).encode()
            yield whole[: random.randrange(len(whole))]
            continue
        if kind == 1:
            yield random.choice((b"", b"[]", b"null", b"\xff\xfe", b'{"a":' * 3000, b"<x/>", b'{"hook":NaN}'))
            continue
        changed = copy.deepcopy(made)
        places = list(_places(changed))
        holder, key = random.choice(places)
        if kind in (2, 3):
            del holder[key]
        else:
            holder[key] = random.choice(ODD)
        yield json.dumps(changed).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
