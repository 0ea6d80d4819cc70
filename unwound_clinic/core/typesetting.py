"""A document as data -> a tagged PDF (PDF/UA-1), set with typst."""

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


def pdf(template: Path, content: Mapping[str, Any], at: datetime, *, what: str = "document") -> bytes:
    """The PDF. UnwoundError when no installed font has one of its characters, which would not be printed."""
    inputs = {"data": json.dumps(_clean(content), ensure_ascii=False)}
    problem = ""
    for system in (False, True):
        try:
            return _set(template, inputs, at, system)
        except typst.TypstError as error:
            problem = error.message
    raise UnwoundError(f"the {what} cannot be typeset: {problem}. Please rephrase the text; nothing was lost")


def _set(template: Path, inputs: dict[str, str], at: datetime, system: bool) -> bytes:
    compiler = typst.Compiler(root=str(template.parent), font_paths=_fonts(system))
    pdf = compiler.compile(
        input=str(template), format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=int(at.timestamp())
    )
    if not isinstance(pdf, bytes):
        raise TypeError("one PDF was expected")
    return pdf


@cache
def _fonts(system: bool) -> typst.Fonts:
    """The fonts that come with typst; with `system` those of the machine too, for scripts they lack."""
    return typst.Fonts(include_system_fonts=system)


def _clean(value: Any) -> Any:
    """Text without control characters, which no font shows; line breaks stay."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
        unprintable = ("Cc", "Cs", "Co", "Cn")
        return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in unprintable)
    if isinstance(value, Mapping):
        return {str(key): _clean(part) for key, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list | tuple) else value
