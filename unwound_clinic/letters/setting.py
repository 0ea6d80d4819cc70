"""Which template typesets a letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from unwound_clinic.core import typesetting

HERE = Path(__file__).parent
TEMPLATES = {"plain": "plain.typ"}
"""Kinds with a template of their own; every other one is a letter between professionals."""


def pdf(kind: str, content: Mapping[str, Any], at: datetime) -> bytes:
    """The letter as PDF. UnwoundError when no installed font has one of its characters, which would not be printed."""
    return typesetting.pdf(HERE / TEMPLATES.get(kind, "letter.typ"), content, at, what="letter")
