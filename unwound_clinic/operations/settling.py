"""Which of the clinic's own knowledge is used from now on: checked as ours is, and signed where it is looser.

Settled at each start, and after each change by a process of its own (`renewal.py`). A fault never keeps the clinic from
starting: then the last good state is used, or only what is built in. A file that is looser than ours and that no
physician signed is left out; the one that was used before it stays.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from unwound import __version__, catalogue, record
from unwound import files as whole_files
from unwound.checking import overlays
from unwound.record import UnwoundError
from unwound_clinic.core import own_knowledge
from unwound_clinic.core.own_knowledge import IN_FORCE, STATE, Loosened, State

Files = Mapping[str, bytes]
CHECK = (
    "import json, sys\n"
    "from unwound import catalogue, record\n"
    "try:\n"
    "    catalogue.use_knowledge(sys.argv[1])\n"
    "    from unwound import checking\n"
    "    faults = [str(fault) for fault in checking.folder()]\n"
    "except record.UnwoundError as error:\n"
    "    faults = [str(error)]\n"
    "print(json.dumps(faults))\n"
)
WITHIN_S = 300


def settle() -> State:
    """Decides what is used, keeps a copy, and points this process and those it starts to it. Never raises."""
    named = os.environ.pop(catalogue.OWN, "")
    if named and not Path(named).is_relative_to(settings.DATA / IN_FORCE):
        os.environ["UNWOUND_OWN_FOLDER"] = named
    try:
        state = _settled()
    except (OSError, UnwoundError, ValueError) as error:
        state = State(faults=(f"the folder of own knowledge: {error}",))
    use(state)
    return state


def use(state: State) -> None:
    """Points this process, which has read no knowledge yet, to what is used."""
    if state.fingerprint:
        catalogue.use_knowledge(settings.DATA / IN_FORCE / state.fingerprint)
    else:
        os.environ.pop(catalogue.OWN, None)


def use_settled() -> None:
    """The same for a command beside the server: what the server settled on is used here too."""
    state = own_knowledge.kept_state(settings.DATA / IN_FORCE / STATE)
    if state.fingerprint and (settings.DATA / IN_FORCE / state.fingerprint).is_dir():
        use(state)


def _settled() -> State:
    if not own_knowledge.folder().is_dir() and not (settings.DATA / IN_FORCE).is_dir():
        return State()
    draft, faults = own_knowledge.read(own_knowledge.folder())
    before = _before()
    if before and not own_knowledge.folder().is_dir():
        # An own limit that goes because a disk was not there would go unnoticed; an empty folder is a decision.
        faults = (f"{own_knowledge.folder()}: the folder is no longer there (an empty one means: none)",)
    wanted, left_out = _signed(draft, before)
    faults = faults or _faults(wanted)
    source = "the folder"
    if faults:
        wanted, source = _signed(before, {})[0], "the last good state"
        if not wanted or _faults(wanted):
            wanted, source = {}, "what is built in"
    loosened = tuple(row for place, content in wanted.items() if (row := _loosened(place, content)))
    state = State(
        fingerprint=_fingerprint(wanted), source=source, faults=faults, left_out=left_out, loosened=loosened,
    )  # fmt: skip
    _keep(state, wanted)
    return state


def _before() -> Files:
    """The files that were used until now; none at the first start, or where the copy was changed by somebody."""
    state = own_knowledge.kept_state(settings.DATA / IN_FORCE / STATE)
    if not state.fingerprint:
        return {}
    files, _ = own_knowledge.read(settings.DATA / IN_FORCE / state.fingerprint)
    return files if _fingerprint(files) == state.fingerprint else {}


def _signed(draft: Files, before: Files) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """What may be used of a folder, and what is left out: looser, and signed by nobody."""
    may: dict[str, bytes] = {}
    out: list[str] = []
    for place, content in draft.items():
        if _may(place, content):
            may[place] = content
            continue
        out.append(place)
        if place in before and _may(place, before[place]):
            may[place] = before[place]
    return may, tuple(out)


def _may(place: str, content: bytes) -> bool:
    """Whether a file is used: not looser than ours, or signed.

    One that lies in no place, or cannot be compared, is no file to sign: the check names it as a fault.
    """
    kind, name = _parts(place)
    if kind not in catalogue.kinds() or (kind == "rules" and own_knowledge.ours(kind, name) is None):
        return True
    if not name.isidentifier():
        return True
    try:
        overlay = overlays.compare(kind, name, content)
    except UnwoundError:
        return True
    return not overlay.looser or own_knowledge.signature(kind, name, content) is not None


def _loosened(place: str, content: bytes) -> Loosened | None:
    kind, name = _parts(place)
    signed = own_knowledge.signature(kind, name, content)
    if signed is None or not overlays.compare(kind, name, content).looser:
        return None
    return Loosened(
        kind=kind, name=name, title=f"{kind.replace('_', ' ')}, {name.replace('_', ' ')}", by=signed.signed_by.name,
        on=record.day(signed.signed_at), reason=signed.reason,
    )  # fmt: skip


def _parts(place: str) -> tuple[str, str]:
    kind, _, file = place.rpartition("/")
    return kind, file.removesuffix(".toml")


def _fingerprint(files: Files) -> str:
    contents = {Path(place): content for place, content in sorted(files.items())}
    return catalogue.Own(Path(), contents).fingerprint if contents else ""


def _faults(files: Files) -> tuple[str, ...]:
    """What is wrong with these files beside ours, found by a process of its own: this one must not read them yet."""
    return _checked(tuple(sorted(files.items()))) if files else ()


@lru_cache(maxsize=8)
def _checked(files: tuple[tuple[str, bytes], ...]) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(dir=settings.DATA, prefix="knowledge-check-") as desk:
        _write(Path(desk), dict(files))
        env = {name: value for name, value in os.environ.items() if name != catalogue.OWN}
        try:
            done = subprocess.run(
                [sys.executable, "-c", CHECK, desk],
                env=env,
                capture_output=True,
                encoding="utf-8",
                timeout=WITHIN_S,
                check=True,
            )
            return tuple(str(fault).replace(f"{desk}{os.sep}", "") for fault in json.loads(done.stdout))
        except (subprocess.SubprocessError, ValueError):
            return ("it could not be checked: the check itself failed",)


def _write(folder: Path, files: Files) -> None:
    for place, content in files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(content)


def _keep(state: State, files: Files) -> None:
    """The copy that is used, under its fingerprint, where older ones stay: records name them."""
    root = settings.DATA / IN_FORCE
    root.mkdir(mode=0o700, exist_ok=True)
    text = json.dumps({**asdict(state), "version": __version__, "data_fingerprint": catalogue.fingerprint()}, indent=1)
    if files:
        target, part = root / state.fingerprint, root / f".{state.fingerprint}.part"
        shutil.rmtree(part, ignore_errors=True)
        _write(part, files)
        (part / STATE).write_text(text, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
    whole_files.write(root / STATE, text.encode())
