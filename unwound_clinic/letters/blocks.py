"""What a letter is made of: paragraphs, headings, lists and cells, with the numbers of the sources they cite."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unwound.catalogue import Checked, CitedText
from unwound.pathway import Review
from unwound.report.marks import References
from unwound.telephones import Lines
from unwound_clinic.models import Decision, Plan

Block = dict[str, Any]
MARKS: Mapping[Checked, str] = {
    Checked.PRIMARY: "",
    Checked.SECONDARY: "†",
    Checked.OTHER_USE: "§",
    Checked.UNCHECKED: "‡",
}
DATED = re.compile(r" \((\d{1,2} [A-Z][a-z]{2} \d{4})\)$")
"""The day a reason was recorded, at its end."""


@dataclass(slots=True, kw_only=True)
class About:
    """Everything a letter may report, and the sources that it has cited so far."""

    review: Review
    decision: Decision | None
    on_depression: Decision | None
    plan: Plan | None
    payer: Mapping[str, Any]
    references: References
    lines: Lines
    """Whom a patient of the site can call."""

    def refs(self, ids: Iterable[str], checked: Checked = Checked.PRIMARY) -> list[str]:
        """The numbers of these sources, the last with the mark of how well it was checked."""
        numbers = [str(number) for number in self.references.numbers([id for id in ids if id != "unwound_local"])]
        mark = MARKS[checked]
        return [*numbers[:-1], f"{numbers[-1]}{mark}"] if numbers else [mark] if mark else []

    def cited(self, sentence: CitedText) -> list[str]:
        """The same for a cited sentence."""
        return self.refs([sentence.source], sentence.checked)


def paragraphs(text: str) -> Block:
    """A block of paragraphs."""
    return {"kind": "text", "text": text.strip()}


def heading(text: str) -> Block:
    """A heading."""
    return {"kind": "heading", "text": text}


def bullets(items: Sequence[dict[str, Any]]) -> list[Block]:
    """A bulleted list; nothing where it would be empty."""
    return [{"kind": "list", "items": list(items)}] if items else []


def item(text: str, refs: Sequence[str] = (), *, strong: str = "") -> dict[str, Any]:
    """An item of a list: its topic (`strong`), its text, the numbers of its sources."""
    return {"text": text, "refs": list(refs), "strong": strong}


def cell(text: str, refs: Sequence[str] = ()) -> dict[str, Any]:
    """A cell of a table."""
    return {"text": text, "refs": list(refs)}


def sentence(parts: Iterable[str]) -> str:
    """Reasons as one sentence; a date that they all share is given once, at the end."""
    reasons = [part.rstrip(".") for part in parts]
    dates = {match.group(1) if (match := DATED.search(reason)) else "" for reason in reasons}
    shared = f" ({dates.pop()})" if len(reasons) > 1 and len(dates) == 1 and "" not in dates else ""
    text = "; ".join(DATED.sub("", reason) if shared else reason for reason in reasons)
    return f"{text[:1].upper()}{text[1:]}{shared}{'' if text.endswith('?') else '.'}" if text else ""
