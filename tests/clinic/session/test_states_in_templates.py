"""Templates name the states of a session by the enum: a name that it does not have would be silently false."""

from __future__ import annotations

import re
from pathlib import Path

import unwound_clinic
from unwound.session.states import SessionState
from unwound_clinic.models import InfusionSession

TEMPLATES = list(Path(unwound_clinic.__file__).parent.rglob("templates/**/*.html"))


def test_every_state_that_a_template_asks_for_exists_and_none_is_quoted() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES]
    named = {name for text in texts for name in re.findall(r"\.in_state\.(\w+)", text)}
    assert named
    assert named <= {state.name.lower() for state in SessionState}
    assert not [text for text in texts if re.search(r"session\.state [!=]= ['\"]", text)]


def test_a_session_is_in_one_state_at_a_time() -> None:
    for state in SessionState:
        inside = InfusionSession(state=state).in_state
        assert [name for name, holds in inside.items() if holds] == [state.name.lower()]
