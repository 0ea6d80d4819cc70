"""The clinic's own knowledge: the folder that people edit, what of it is used, and how that stands.

    drafted()     every file of the folder, beside ours, with who signed for it
    state()       what is used, and why not more: written by `operations/settling.py` at each start and each change

What is used is a copy that nobody edits, named by its fingerprint. No process ever changes what it uses: what is new is
used by new processes, which take the place of the old ones (`operations/renewal.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from unwound import catalogue
from unwound.checking import overlays
from unwound.checking.overlays import Overlay
from unwound.record import UnwoundError
from unwound_clinic.models import KnowledgeSignature

FOLDER, IN_FORCE, STATE = "knowledge", "knowledge-in-force", "state.json"
EVERYWHERE = ""
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "consent": ("/consent/",),
    "intake": ("/answers/",),
    "vital_signs": ("/sessions/", "/board/"),
    "session_gates": ("/sessions/",),
    "pick_lists": ("/sessions/",),
}
"""Kinds that only some pages rest on, by a part of their address; any other is shown on every page of a patient."""
STAFF = ("/patients/", "/sessions/", "/board/")
LINKS = {"consent": "/c/", "intake": "/i/"}
"""Pages that patients open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosened:
    """One file in use that is looser than ours: who answers for it, since when, and why."""

    kind: str
    name: str
    title: str
    by: str
    on: str
    """The day in words, as it was kept: «1 Nov 2026»."""
    reason: str

    @property
    def line(self) -> str:
        """The same for a page."""
        return f"{self.title}: looser here than the built-in file. {self.by} signed for it ({self.on}): {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is used: the fingerprint of the copy (empty: only what is built in), and what kept the rest out."""

    fingerprint: str = ""
    source: str = "what is built in"
    """`the folder`, `the last good state` or `what is built in`."""
    faults: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Files that wait for a signature."""
    loosened: tuple[Loosened, ...] = ()

    @property
    def trouble(self) -> str:
        """What administrators and physicians read on every page; empty where all is as the folder says."""
        if self.faults:
            more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
            return f"The clinic's own knowledge has a fault, and {self.source} is used: {self.faults[0]}{more}"
        if self.left_out:
            return f"Not used until a physician signs: {', '.join(self.left_out)}."
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """One file of the folder: what it changes, whether it is what is used now, and who signed for it."""

    kind: str
    name: str
    content: bytes
    fault: str = ""
    overlay: Overlay | None = None
    used: bool = False
    signature: KnowledgeSignature | None = None

    @property
    def waits(self) -> bool:
        """Whether a physician has to sign before it is used."""
        return self.overlay is not None and self.overlay.looser and self.signature is None


def folder() -> Path:
    """The folder that people edit: beside the clinic's data, or where it was named."""
    return Path(os.environ.get("UNWOUND_OWN_FOLDER") or settings.DATA / FOLDER)


def digest(content: bytes) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(content).hexdigest()


def ours(kind: str, name: str) -> bytes | None:
    """The built-in file of that name, where there is one."""
    place = catalogue.DATA / kind / f"{name}.toml"
    return place.read_bytes() if place.is_file() else None


def signature(kind: str, name: str, content: bytes) -> KnowledgeSignature | None:
    """The signature that stands under these bytes, beside our file as it is today."""
    built_in = ours(kind, name)
    rows = KnowledgeSignature.objects.filter(
        kind=kind, name=name, digest=digest(content), withdrawn_at=None,
        against=digest(built_in) if built_in is not None else "",
    )  # fmt: skip
    return rows.select_related("signed_by").order_by("-pk").first()


def read(place: Path) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    """Every file of a folder of knowledge by `kind/name.toml`, and what is none or cannot be read."""
    files: dict[str, bytes] = {}
    faults: list[str] = []
    for path in sorted(place.rglob("*")) if place.is_dir() else ():
        if path.suffix.lower() != ".toml" or path.is_dir():
            continue
        name = path.relative_to(place).as_posix()
        try:
            files[name] = path.read_bytes()
        except OSError as error:
            faults.append(f"{name}: cannot be read: {(error.strerror or 'unknown reason').lower()}")
    return files, tuple(faults)


def drafted(files: Mapping[str, bytes] | None = None) -> tuple[Drafted, ...]:
    """Every file of the folder that people edit; each is compared by itself, so that one fault hides no other."""
    files = read(folder())[0] if files is None else files
    return tuple(_drafted(name, content) for name, content in files.items())


def _drafted(place: str, content: bytes) -> Drafted:
    kind, _, file = place.rpartition("/")
    name = file.removesuffix(".toml")
    if kind not in catalogue.kinds() or not name.isidentifier():
        return Drafted(kind=kind, name=name, content=content, fault="lies in no folder of a kind, as cautions/x.toml")
    try:
        overlay = overlays.compare(kind, name, content)
    except UnwoundError as error:
        return Drafted(kind=kind, name=name, content=content, fault=str(error))
    used = catalogue.own().contents.get(Path(kind, f"{name}.toml")) == content
    signed = signature(kind, name, content) if overlay.looser else None
    return Drafted(kind=kind, name=name, content=content, overlay=overlay, used=used, signature=signed)


def state() -> State:
    """What is settled now, also where this process is one that is about to be replaced; read again when it changed.

    What is looser in the knowledge that this very process uses is said in any case.
    """
    place = settings.DATA / IN_FORCE / STATE
    try:
        written = place.stat()
    except OSError:
        return State()
    now = _state_of(place, written.st_mtime_ns, written.st_size, written.st_ino)
    mine = catalogue.own().fingerprint
    older = loosened_by(mine) if mine and mine != now.fingerprint else ()
    return replace(now, loosened=(*now.loosened, *(row for row in older if row not in now.loosened)))


@lru_cache(maxsize=4)
def _state_of(place: Path, *_written: int) -> State:
    return kept_state(place)


def is_used_here() -> bool:
    """Whether this process uses what is settled; else it is about to be replaced by one that does."""
    return catalogue.own().fingerprint == state().fingerprint


def kept_state(place: Path) -> State:
    """A state as it was written; that of a clinic without own knowledge where there is none."""
    try:
        raw = json.loads(place.read_text(encoding="utf-8"))
        return State(
            fingerprint=raw["fingerprint"], source=raw["source"], faults=tuple(raw["faults"]),
            left_out=tuple(raw["left_out"]), loosened=tuple(Loosened(**row) for row in raw["loosened"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return State()


def loosened_by(fingerprint: str) -> tuple[Loosened, ...]:
    """What was looser in the knowledge of that fingerprint, for a record that rested on it."""
    if not fingerprint.isalnum():
        return ()
    return kept_state(settings.DATA / IN_FORCE / fingerprint / STATE).loosened


def loosened_on(path: str, loosened: Iterable[Loosened]) -> tuple[str, ...]:
    """The lines of what is looser and what a page, by its address, rests on; patients read it in their own words."""
    own = next((kind for kind, link in LINKS.items() if path.startswith(link)), "")
    if own:
        return tuple(f"The words of this page are the clinic's own: {row.by} signed for them."
                     for row in loosened if row.kind == own)  # fmt: skip
    if not path.startswith(STAFF):
        return ()
    return tuple(row.line for row in loosened if any(part in path for part in RESTS_ON.get(row.kind, (EVERYWHERE,))))


def notices(request_path: str, sees_trouble: bool) -> dict[str, Any]:
    """For the head of every page: the trouble, for whom it concerns, and what is looser."""
    now = state()
    return {
        "own_trouble": now.trouble if sees_trouble else "",
        "own_looser": loosened_on(request_path, now.loosened),
    }
