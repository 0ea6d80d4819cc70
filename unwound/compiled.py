"""The one door to the compiler: what it makes is kept on disk where that can be, and the first wait is announced.

Without a folder to write to (a service without a home, a read-only disk) everything is compiled again in each process:
slower, never fatal. `NUMBA_CACHE_DIR` names a folder that keeps it.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import sys
from typing import Any

from unwound import extras

with extras.needed("simulating"):
    import numba
    from numba.core import event

OURS = "unwound."
SAID = {True: "once for this machine, some ten seconds", False: "no folder keeps it: NUMBA_CACHE_DIR names one"}
"""What is said of the first compilation, by whether its result can be kept."""


class _FirstWait(event.Listener):
    """Says on a terminal that something is compiled: the first time in this process, and not to a file or a pipe."""

    announced, kept = False, True

    def on_start(self, event: Any) -> None:
        name = event.data["dispatcher"].py_func.__module__
        if not self.announced and name.startswith(OURS):
            self.announced = True
            stream = sys.stderr
            if stream is not None and stream.isatty():
                print(f"unwound: compiling the simulator ({SAID[self.kept]}) ...", file=stream, flush=True)

    def on_end(self, event: Any) -> None:
        pass


_wait = _FirstWait()
_register: Any = event.register  # numba has no types
_register("numba:compile", _wait)


def njit(**options: Any) -> Any:
    """numba's `njit`, its result kept on disk where there is a folder for it."""

    def made(function: Any) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError as error:  # numba's word for «no folder that can be written»
            if "no locator" not in str(error):
                raise
            _wait.kept = False
            return numba.njit(**options)(function)

    return made
