"""Texts and bytes a little otherwise than they were: what comes when a file is torn, edited by hand, or meant badly.

Each change is small, so that most of a text still reads and its reader is led far inside before it meets the odd part.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

ODD_TEXTS = (
    "", " ", "\n", "\r\n", "\t", "\0", "\x1b[2J", "\x0b", "\x1c", "\x1d", "\ufeff", "\u202e", "\u2028", "\ud800",
    "ſ", "İ", "٣", "½", "²", "Ⅳ", "−", "1e400", "-1e400", "NaN", "nan", "Infinity", "-0", "0x10", "1_000", "1,250",
    "1.250,5", "+5", "9" * 30, "1e-320", "0.1e1", "00", "007", "2026-02-30", "2026-13-01", "0000-00-00",
    "9999-12-31", "2026-11-21T24:00:00Z", "2026-11-21T11:59:60Z", "2026-11-21T11:59:00+24:00",
    "20261121115900+9999", "--", "---", "null", "true", "unknown", "<script>", "{{7*7}}", "%s%n",
    "../../etc/passwd", "' OR 1=1 --", "«»", "x" * 3000, "mg mg", "1/2", "1-2", "1 - 2 mg", "5 mg/kg", "mcg", "µg",
    "μg", "10 000", "1'000", "0,125",
)  # fmt: skip
ODD_NUMBERS = (
    0, -0.0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 10**400, 1e308, -1e308, 5e-324, 0.1, 1.5, 97.00000000000001, 1e16,
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"": None}, *ODD_NUMBERS, *ODD_TEXTS)
DEEP = (30, 400, 5_000)
"""So many brackets within each other: more than any file has, and enough for a reader that calls itself."""
MOST_CHARACTERS = 200_000
_NUMBER = re.compile(rb"-?\d+(?:[.,]\d+)?")
_MARKS = re.compile(rb"([|^~&,;\t\n\r:=(){}\[\]\"' ])")


def mutant(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """One of the seeds with one change or a few: as bytes and as fields, and as JSON where it is that."""
    made = chance.choice(seeds)
    for _ in range(1 + int(chance.expovariate(0.9))):
        changes = _STRUCTURED if made[:1] in (b"{", b"[") and chance.random() < 0.7 else _PLAIN
        made = chance.choice(changes)(made, seeds, chance)[:MOST_CHARACTERS]
    return made


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _stretch(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = _place(data, chance)
    return start, min(len(data), start + int(chance.expovariate(1 / 20)) + 1)


def _odd(chance: random.Random) -> bytes:
    return chance.choice(ODD_TEXTS).encode("utf-8", "surrogatepass")


def _byte(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def _cut_out(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    start, stop = _stretch(data, chance)
    return data[:start] + data[stop:]


def _torn(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _doubled(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    start, stop = _stretch(data, chance)
    return data[:stop] + data[start:stop] * chance.choice((1, 1, 2, 50)) + data[stop:]


def _put_in(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    place = _place(data, chance)
    return data[:place] + _odd(chance) + data[place:]


def _joined(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(seeds)
    return data[: _place(data, chance)] + other[_place(other, chance) :]


def _number(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return _put_in(data, seeds, chance)
    hit = chance.choice(found)
    new = chance.choice([_odd(chance), _written(chance.choice(ODD_NUMBERS)).encode(), hit[0] + hit[0], b"-" + hit[0]])
    return data[: hit.start()] + new + data[hit.end() :]


def _field(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """A field between two marks is emptied, given twice, odd, another's, or its mark another."""
    parts = _MARKS.split(data)
    place, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    parts[place] = chance.choice([b"", parts[place] * 2, _odd(chance), parts[other]])
    return b"".join(parts)


def _line(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """A line goes, comes twice, or goes elsewhere; or one of another text comes in."""
    mark = b"\r" if data.count(b"\r") > data.count(b"\n") else b"\n"
    lines, others = data.split(mark), chance.choice(seeds).split(mark)
    taken = lines.pop(chance.randrange(len(lines)))
    for line in chance.choice(((), (taken,), (taken, taken), (taken, chance.choice(others)))):
        lines.insert(chance.randrange(len(lines) + 1), line)
    return mark.join(lines)


def _nested(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    start, stop = _stretch(data, chance)
    opened, closed = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"(", b")")))
    deep = chance.choice(DEEP)
    return data[:start] + opened * deep + data[start:stop] + closed * deep + data[stop:]


def _otherwise_encoded(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(("utf-16", "latin-1", "utf-8-sig", "cp037")), "replace")


def _odd_node(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """One value within a JSON text becomes odd, goes, comes twice, or is one of another text."""
    tree = _parsed(data)
    nodes = list(_nodes(tree))
    if not nodes:
        return _field(data, seeds, chance)
    holder, key = chance.choice(nodes)
    how = chance.randrange(6)
    if how == 0:
        del holder[key]
    elif how == 1:
        holder[key] = [holder[key]]
    elif how == 2:
        others = list(_nodes(_parsed(chance.choice(seeds)))) or nodes
        other, its = chance.choice(others)
        holder[key] = copy.deepcopy(other[its])
    elif how == 3 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif how == 4 and isinstance(holder, dict):
        holder[chance.choice(ODD_TEXTS)] = holder.pop(key)
    else:
        holder[key] = chance.choice(ODD_VALUES)
    return _written(tree).encode("utf-8", "surrogatepass")


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in list(keys):
        yield tree, key
        yield from _nodes(tree[key])


def _written(tree: Any) -> str:
    try:
        return json.dumps(tree)
    except (ValueError, RecursionError):  # a number with more digits than Python writes
        return "1" + "0" * 400


_Change = Callable[[bytes, Sequence[bytes], random.Random], bytes]
_PLAIN: tuple[_Change, ...] = (
    _byte, _cut_out, _torn, _doubled, _put_in, _joined, _number, _number, _field, _field, _field, _line, _line, _nested,
    _otherwise_encoded,
)  # fmt: skip
_STRUCTURED: tuple[_Change, ...] = (_odd_node, _odd_node, _odd_node, _number, _nested)
