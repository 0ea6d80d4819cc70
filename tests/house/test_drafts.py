"""Which forms of staff keep no draft of what is typed, and why: any other keeps one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WINGS = Path(__file__).resolve().parents[2] / "unwound_clinic"
FORM = re.compile(r"<form\b(?:[^>{]|\{\{.*?\}\}|\{%.*?%\})*>", re.DOTALL)
WITHOUT = {
    "core/templates/base.html": 1,  # the search of the header: what is looked for is not being written
    "core/templates/lock.html": 1,  # a password or a PIN
    "core/templates/link.html": 1,  # one button
    "leaving/templates/leaving/copy.html": 1,  # one reason, answered with a file
    "front/templates/front/erase.html": 1,  # typed to confirm what cannot be undone: it must be typed anew
    "session/templates/session/wall_key.html": 1,  # shows a key once
    "session/templates/session/room.html": 1,  # confirms a dose that was doubted a moment ago
    "session/templates/session/charting.html": 1,  # paused, resumed or ended a while ago: only times, which pass
}
"""In `docs/decisions.md`: «What is typed in the room comes back only when asked for»."""


@pytest.mark.parametrize("path", sorted(WINGS.glob("*/templates/**/*.html")), ids=lambda path: path.name)
def test_a_form_keeps_a_draft_or_is_named_here(path: Path) -> None:
    place = path.relative_to(WINGS).as_posix()
    without = [form for form in FORM.findall(path.read_text("utf-8")) if "data-no-draft" in form]
    assert len(without) == WITHOUT.get(place, 0)


def test_what_is_charted_in_the_room_is_put_back_only_by_somebody() -> None:
    room = "".join(
        (WINGS / "session/templates/session" / name).read_text("utf-8") for name in ("room.html", "charting.html")
    )
    forms = [form for form in FORM.findall(room) if "session-do" in form and "data-no-draft" not in form]
    silent = [form for form in forms if "data-draft-asks" not in form]
    assert [re.search(r'id="([\w-]+)"', form)[1] for form in silent] == ["do", "noting"]  # type: ignore[index]
    assert all("data-draft-of" in form for form in forms if 'id="do"' not in form), "one draft on both of its pages"
