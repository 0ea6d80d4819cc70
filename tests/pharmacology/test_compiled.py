"""The compiler never stops a service that cannot write, and says on a terminal, once, that it is at work."""

import io
import sys
from typing import Any

import pytest

from unwound import compiled


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def nowhere(name: str) -> Any:
    """A function whose file is in no folder, so that nothing can be kept beside it or for it."""
    world: dict[str, Any] = {"__name__": "unwound.trial"}
    exec(compile(f"def {name}(x):\n    return x + 1.0\n", "/nowhere/at/all.py", "exec"), world)
    return world[name]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled._wait, "announced", False)
    monkeypatch.setattr(compiled._wait, "kept", True)


@pytest.mark.usefixtures("wait")
def test_without_a_folder_to_write_to_it_compiles_all_the_same_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    first, second = (compiled.njit()(nowhere(name)) for name in ("first", "second"))
    assert (first(1.0), second(2.0)) == (2.0, 3.0)
    assert terminal.getvalue() == (
        "unwound: compiling the simulator (no folder keeps it: NUMBA_CACHE_DIR names one) ...\n"
    )


@pytest.mark.usefixtures("wait")
def test_nothing_is_said_into_a_file_or_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    assert compiled.njit()(nowhere("third"))(1.0) == 2.0
    assert pipe.getvalue() == ""
