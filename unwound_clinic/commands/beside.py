"""What stands beside the web server in a process of its own: the watch over alerts, replaced when knowledge changes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

WAIT_S = 1.0
ENDS_WITHIN_S = 20.0
WATCH = "from unwound_clinic.commands import beside; beside.watch_alerts()"


class Companion:
    """Keeps one such process alive, from a thread of the process that runs the server."""

    def __init__(self, code: str = WATCH) -> None:
        self._code = code
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="companion", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def replace(self) -> None:
        """Another one takes its place, with what is used now."""
        if self._process is not None:
            _end(self._process)

    def stop(self) -> None:
        """Ends it too."""
        self._stopping.set()
        self.replace()
        self._thread.join(ENDS_WITHIN_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen([sys.executable, "-c", self._code], stdin=subprocess.PIPE)
            if self._stopping.is_set():
                _end(self._process)
            self._process.wait()
            self._stopping.wait(WAIT_S)  # one that cannot begin must not begin without end


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends when its input does, also where the process that began it was killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()


def watch_alerts() -> None:
    """The process itself: watches until its input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one
    import django

    django.setup()
    from unwound_clinic.session.alert_watch import AlertWatch

    watch = AlertWatch()
    watch.start()
    sys.stdin.buffer.read()
    watch.stop()
