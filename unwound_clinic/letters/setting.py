"""A letter's content set as a tagged PDF (PDF/UA-1) by typst."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from unwound.record import UnwoundError

HERE = Path(__file__).parent
TEMPLATES = {"plain": "plain.typ"}
"""Kinds with a template of their own; every other one is a letter between professionals."""


def pdf(kind: str, content: Mapping[str, Any], at: datetime) -> bytes:
    """The letter as PDF. UnwoundError when no font at hand has one of its characters: it would be missing in print."""
    given = {"data": json.dumps(_clean(content), ensure_ascii=False)}
    problem = ""
    for system in (False, True):
        try:
            return _set(HERE / TEMPLATES.get(kind, "letter.typ"), given, at, system)
        except typst.TypstError as error:
            problem = error.message
    raise UnwoundError(f"the letter cannot be set: {problem}. Write it in another way; nothing was lost")


def _set(template: Path, given: dict[str, str], at: datetime, system: bool) -> bytes:
    compiler = typst.Compiler(root=str(HERE), font_paths=_fonts(system))
    made = compiler.compile(
        input=str(template), format="pdf", sys_inputs=given, pdf_standards=["ua-1"], timestamp=int(at.timestamp())
    )
    if not isinstance(made, bytes):
        raise TypeError("one PDF was expected")
    return made


@cache
def _fonts(system: bool) -> typst.Fonts:
    """The fonts that come with typst; with `system` those of the machine too, for scripts they lack."""
    return typst.Fonts(include_system_fonts=system)


def _clean(value: Any) -> Any:
    """Text without control characters, which no font shows; lines stay."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
        return "".join(one for one in text if one == "\n" or unicodedata.category(one) not in ("Cc", "Cs", "Co", "Cn"))
    if isinstance(value, Mapping):
        return {str(key): _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value
