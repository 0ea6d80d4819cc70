"""JSON that says one thing only: a name given twice in one object, or text that is no text, is refused.

RFC 8259 leaves open which of two values of one name counts (section 4) and what a lone half of a character pair means
(8.2): two programs read such a message differently, so none of its values is believed.
"""

from __future__ import annotations

import json
from typing import Any


def read(data: bytes | str, **kinds: Any) -> object:
    """The content; ValueError, with what is wrong, where it is not JSON or says two things. `kinds` as `json.loads`."""
    content = json.loads(data, object_pairs_hook=_object, **kinds)
    try:
        plain = json.dumps(content, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("it holds half of a character (a lone surrogate), which is no text") from None
    if rb"\u0000" in plain.replace(rb"\\", b""):
        raise ValueError("it holds the character NUL, which is no text")
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; ValueError for a name that stands in it twice."""
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        shown = twice.encode("ascii", "backslashreplace").decode()[:40]
        raise ValueError(f"«{shown}» is given twice in one object, so it is not known which one is meant")
    return table
