"""Firefox as it comes from the distribution, driven by its own protocol (WebDriver BiDi): what the journeys here need.

with started() as firefox:     None where it is not installed
window = firefox.window(url, sessionid)    a window with cookies of its own, in which that person is logged in
window.type("#rate", "2,5"), .click("button"), .until("document.title == 'x'"), .text()
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAMES = ("firefox-esr", "firefox")
PATIENCE_S = 240.0
"""Generous: it ends a test that will never go on, and measures nothing. Once late, the line is no more."""
QUIET = """
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("intl.accept_languages", "en-US, en");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
"""


def program() -> str | None:
    """Where Firefox is; None where it is not installed."""
    wanted = os.environ.get("UNWOUND_FIREFOX")
    return wanted or next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def started(path: str) -> Iterator[Firefox]:
    """A Firefox without a screen and with a profile of its own, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        Path(profile, "user.js").write_text(QUIET, encoding="ascii")
        command = [path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        output = Path(profile, "output.txt")
        with output.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(command, env={**os.environ, "HOME": profile}, stderr=stream, stdout=stream)
        try:
            yield Firefox(WebSocket(f"{_listening(process, output)}/session"))
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def _listening(process: subprocess.Popen[bytes], output: Path) -> str:
    """The address at which it takes commands, as it writes it when it has started."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"ws://[\w.:\[\]]+", output.read_text(encoding="utf-8", errors="replace")):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"Firefox does not listen: {output.read_text(encoding='utf-8', errors='replace')[-500:]}")


class WebSocket:
    """One connection (RFC 6455) to a server on this machine: text goes out masked, whole messages come back."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)
        self.read = self.socket.makefile("rb")
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        head = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.socket.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        status = self.read.readline()
        assert b" 101 " in status, status
        while self.read.readline().strip():
            pass

    def send(self, text: str) -> None:
        """One message."""
        data, mask = text.encode(), secrets.token_bytes(4)
        if len(data) < 126:
            size = struct.pack(">BB", 0x81, 0x80 | len(data))
        elif len(data) < 65536:
            size = struct.pack(">BBH", 0x81, 0xFE, len(data))
        else:
            size = struct.pack(">BBQ", 0x81, 0xFF, len(data))
        self.socket.sendall(size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def receive(self) -> str:
        """The next message of text."""
        whole = b""
        while True:
            first, length = self.read.read(2)
            if length > 125:
                (length,) = struct.unpack(">H" if length == 126 else ">Q", self.read.read(2 if length == 126 else 8))
            data = self.read.read(length)
            if first & 0x0F < 2:  # a text, or more of it; what else comes (a ping) is not answered on one machine
                whole += data
                if first & 0x80:
                    return whole.decode()


class Firefox:
    """The browser: its windows, and what they sent."""

    def __init__(self, connection: WebSocket) -> None:
        self.connection, self.asked = connection, 0
        self.sent: list[tuple[str, str]] = []
        self.call("session.new", capabilities={"alwaysMatch": {"unhandledPromptBehavior": {"default": "accept"}}})
        self.call("session.subscribe", events=["network.beforeRequestSent"])

    def call(self, method: str, **parameters: Any) -> Any:
        """The result of one command; AssertionError with Firefox's own words where it has none."""
        self.asked += 1
        self.connection.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.connection.receive())
            if answer.get("method") == "network.beforeRequestSent":
                request = answer["params"]["request"]
                self.sent.append((request["method"], urlsplit(request["url"]).path))
            if answer.get("id") == self.asked:
                assert answer["type"] == "success", f"{method}: {answer.get('message')}"
                return answer["result"]

    def window(self, url: str, sessionid: str = "") -> Window:
        """A window at that address of a server, with its own cookies."""
        user = self.call("browser.createUserContext")["userContext"]
        window = Window(self, self.call("browsingContext.create", type="tab", userContext=user)["context"], url)
        if sessionid:
            cookie = {"name": "sessionid", "domain": urlsplit(url).hostname, "path": "/"}
            cookie["value"] = {"type": "string", "value": sessionid}
            self.call("storage.setCookie", cookie=cookie, partition={"type": "storageKey", "userContext": user})
        return window


@dataclass(frozen=True, slots=True)
class Window:
    """One window: where it is led, what is typed and tapped in it, what it shows."""

    firefox: Firefox
    context: str
    base: str

    def goto(self, path: str) -> None:
        """Opens a page and waits until all of it is there."""
        self.firefox.call("browsingContext.navigate", context=self.context, url=f"{self.base}{path}", wait="complete")

    def leave(self) -> None:
        """Leaves for an empty page, as one who closes the tab."""
        self.firefox.call("browsingContext.navigate", context=self.context, url="about:blank", wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The plain value of an expression in the page: text, number, true, false, None."""
        target = {"context": self.context}
        answer = self.firefox.call("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Waits until an expression holds in the page, whichever page is there by then."""
        end, last = time.monotonic() + PATIENCE_S, ""
        while time.monotonic() < end:
            try:
                if self.evaluate(f"Boolean({expression})"):
                    return
            except AssertionError as between:  # the page is being left
                last = str(between)
            time.sleep(0.05)
        raise AssertionError(f"never: {expression} {last}\n{self.text()}")

    def text(self) -> str:
        """What stands on the page."""
        return str(self.evaluate("document.body.innerText"))

    def type(self, selector: str, text: str) -> None:
        """Types into a field, key by key."""
        self.click(selector)
        keys = [{"type": kind, "value": sign} for sign in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keys", "actions": keys})

    def click(self, selector: str, times: int = 1) -> None:
        """Taps an element, twice without a pause where asked."""
        self.until(f"document.querySelector({json.dumps(selector)})")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        locator = {"type": "css", "value": selector}
        found = self.firefox.call("browsingContext.locateNodes", context=self.context, locator=locator)["nodes"]
        there = {"type": "element", "element": {"sharedId": found[0]["sharedId"]}}
        taps = [{"type": kind, "button": 0} for _ in range(times) for kind in ("pointerDown", "pointerUp")]
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": there}
        self._act({"type": "pointer", "id": "mouse", "actions": [move, *taps]})

    def _act(self, *actions: dict[str, Any]) -> None:
        self.firefox.call("input.performActions", context=self.context, actions=list(actions))
