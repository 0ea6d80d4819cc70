"""Pages used as a person uses them, without a browser: what is typed and what is tapped is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

TAPPED = ("checkbox", "radio")


@dataclass
class Form:
    """A form of a page: what it would send as it is, and its buttons by their words."""

    action: str
    id: str = ""
    fields: list[dict[str, Any]] = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """The forms of a page."""

    def __init__(self, html: str, address: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.address = address
        self._open: Form | None = None
        self._button: tuple[str, str, str] | None = None
        self._words: list[str] = []
        self._select: dict[str, Any] | None = None
        self._elsewhere: list[tuple[str, str, str, str]] = []
        self.feed(html)
        for to, words, name, value in self._elsewhere:  # a button may stand before the form that it sends
            form = next(form for form in self.forms if form.id == to)
            form.buttons[words] = (name, value)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in given}
        if tag == "form":
            self._open = Form(has.get("action") or self.address, has.get("id", ""))
            self.forms.append(self._open)
        elif tag == "input":
            self._add(has, {**has, "checked": "checked" in has})
        elif tag == "select":
            self._select = {"name": has["name"], "type": "select", "value": "", "options": {}}
            self._add(has, self._select)
        elif tag == "option" and self._select is not None:
            self._select["last"] = has.get("value", "")
            if "selected" in has or not self._select["options"]:
                self._select["value"] = has.get("value", "")
            self._select["options"][has.get("value", "")] = ""
        elif tag == "button":
            self._button, self._words = (has.get("form", ""), has.get("name", ""), has.get("value", "")), []

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._select is not None and "last" in self._select:
            self._select["options"][self._select["last"]] += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "button" and self._button is not None:
            (to, name, value), words = self._button, " ".join("".join(self._words).split())
            if to:
                self._elsewhere.append((to, words, name, value))
            elif self._open is not None:
                self._open.buttons[words] = (name, value)
            self._button = None

    def _add(self, has: dict[str, str], entry: dict[str, Any]) -> None:
        form = next((form for form in self.forms if has.get("form") and form.id == has["form"]), self._open)
        if form is not None and entry.get("name"):
            form.fields.append(entry)


@dataclass
class Hands:
    """Somebody at the pages, and what they typed and tapped so far."""

    client: Client
    typed: int = 0
    tapped: int = 0

    def press(self, address: str, button: str, *, folded: bool = False, **values: str) -> str:
        """Fills the form of a button on a page, presses it, and gives the page that comes; it must be taken.

        A value that stands there already is left. `folded` is a button that has to be unfolded first.
        """
        page = Page(self.client.get(address).content.decode(), address)
        form = next((form for form in page.forms if button in form.buttons), None)
        assert form is not None, f"{address}: no «{button}» among {[list(form.buttons) for form in page.forms]}"
        sent: list[tuple[str, str]] = []
        for entry in form.fields:
            sent += self._filled(entry, values)
        left = set(values) - {entry["name"].replace("-", "_") for entry in form.fields}
        assert not left, f"{address}: no field {left} beside «{button}»"
        self.tapped += 1 + folded
        name, value = form.buttons[button]
        content: dict[str, list[str]] = {}
        for key, typed in [*sent, *([(name, value)] if name else [])]:
            content.setdefault(key, []).append(typed)
        answer = self.client.post(form.action, content)
        assert answer.status_code == 302, f"{address} «{button}»: {answer.status_code} {_text(answer)}"
        return str(answer["Location"])

    def _filled(self, entry: dict[str, Any], values: dict[str, str]) -> list[tuple[str, str]]:
        """What one field sends, and what it costs to make it so."""
        name, kind, stands = entry["name"], entry.get("type", "text"), entry.get("value", "")
        wanted = values.get(name.replace("-", "_"))
        if kind == "submit":
            return []
        if kind in TAPPED:
            here = stands or "on"
            taps = wanted is not None and (wanted == here) and not entry["checked"]
            self.tapped += taps
            off = wanted is not None and kind == "radio" and wanted != here
            return [(name, here)] if (entry["checked"] and not off) or taps else []
        if kind == "select" and wanted is not None:
            wanted = next(value for value, words in entry["options"].items() if words == wanted)
        if wanted is None or wanted == stands:
            return [(name, stands)]
        self.typed += 1
        return [(name, wanted)]


def _text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())[:3000]
