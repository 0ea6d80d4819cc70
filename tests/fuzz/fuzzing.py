"""What `./run fuzz` does: every parser is given changed files for so many minutes; what breaks one is kept as a file.

    ./run fuzz                              each door ten minutes
    ./run fuzz hl7 mllp --minutes 1         two of them, a minute each
    ./run fuzz --kept                       only what broke something before, all of it in seconds

A finding lies in `fuzz-findings/DOOR/`, with why beside it. One that was mended goes to `tests/fuzz/kept/DOOR/`, where
the ordinary tests read it for ever after. Exit code 1: something was found.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from mutating import mutant
from parser_doors import DOORS, Door

from unwound.record import UnwoundError

HERE = Path(__file__).parent
KEPT = HERE / "kept"
FINDINGS = Path("fuzz-findings")
SLOW_S = 5.0
"""So much work of the processor for one small file, and a reader can be held up by whoever sends files."""
LONGEST_REFUSAL = 10_000
MOST_KEPT = 3_000
"""So many inputs that made a reader say something new are changed further."""
MOST_MEMORY = 4_000_000_000
_PARTICULAR = re.compile(r"«[^»]*»|'[^']*'|\"[^\"]*\"|[\d.,:+-]+|\b\w*\d\w*\b")
_UNPRINTABLE = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class TooSlow(BaseException):
    """More work than a small file may cause; not an Exception, so that no reader takes it for one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a door did with an input: what it said of it, or why that is a fault, and where it arose."""

    sentences: tuple[str, ...] = ()
    refused: bool = False
    where: str = ""
    fault: str = ""


@dataclass(slots=True)
class Run:
    """What one door was given, and what came of it."""

    door: Door
    chance: random.Random
    inputs: int = 0
    refused: int = 0
    known: set[str] = field(default_factory=set)
    pool: list[bytes] = field(default_factory=list)
    findings: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """Where it broke -> the shortest input that does it, and why."""

    def give(self, data: bytes) -> None:
        """One input."""
        self.inputs += 1
        said = answer(self.door, data)
        self.refused += said.refused
        if said.fault:
            if said.where not in self.findings or len(data) < len(self.findings[said.where][0]):
                self.findings[said.where] = data, said.fault
            return
        new = {_PARTICULAR.sub("#", sentence)[:200] for sentence in said.sentences} - self.known
        if new:
            self.known |= new
            self.pool.append(data)
            if len(self.pool) > MOST_KEPT:
                self.pool.pop(self.chance.randrange(len(self.pool)))

    def line(self) -> str:
        """What is printed of it."""
        found = f"{len(self.findings)} FOUND" if self.findings else "nothing found"
        answers = f"{self.refused} refused in words, {len(self.known)} different answers"
        return f"{self.door.name}: {self.inputs} inputs, {answers}; {found}"


def answer(door: Door, data: bytes) -> Answer:
    """What a door does with an input."""
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, SLOW_S)
        try:
            return Answer(sentences=tuple(door.read(data)))
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except UnwoundError as reason:
        return _refusal(str(reason), _place(reason))
    except TooSlow as error:
        why = f"too slow: more than {SLOW_S:g} s of work for {len(data)} bytes"
        return Answer(where="too slow", fault=f"{why}\n{''.join(traceback.format_exception(error))[-3000:]}")
    except Exception as error:
        where = f"{type(error).__name__} at {_place(error)}"
        why = "".join(traceback.format_exception(error))[-3000:]
        return Answer(where=where, fault=f"{where}: {str(error)[:200]}\n{why}")


def _refusal(said: str, place: str) -> Answer:
    odd = _UNPRINTABLE.search(said)
    if odd:
        fault = f"the refusal of {place} holds {odd[0]!r}, which no page or terminal should show: {said[:300]!r}"
    elif not said or len(said) > LONGEST_REFUSAL:
        fault = f"the refusal of {place} has {len(said)} characters: {said[:200]!r}"
    else:
        return Answer(sentences=(said,), refused=True)
    return Answer(where=f"refusal of {place}", fault=fault, refused=True)


def _place(error: BaseException) -> str:
    """Where it was raised: the last place in the program itself."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "unwound" in frame.filename.rpartition("site-packages")[2]]
    last = (ours or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def fuzz(door: Door, seconds: float, seed: int, most: int | None = None) -> Run:
    """Gives one door its seeds and then changed ones, for so long or so many."""
    run = Run(door, random.Random(seed))
    seeds = list(door.seeds())
    for data in seeds:
        run.give(data)
    run.pool += seeds
    until = time.monotonic() + seconds
    while time.monotonic() < until and (most is None or run.inputs < most):
        run.give(mutant(run.pool, run.chance))
    return run


def kept(door: Door) -> Iterator[Path]:
    """What broke this door once."""
    yield from sorted((KEPT / door.name).glob("*"))


def guarded() -> None:
    """A bound on work and memory, so that a finding is one and not the end of the machine."""
    signal.signal(signal.SIGVTALRM, _stop)
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    except (ImportError, ValueError, OSError):  # no Unix, or less is allowed already
        return


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _keep(run: Run) -> None:
    folder = FINDINGS / run.door.name
    for data, why in run.findings.values():
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(data).hexdigest()[:12]
        (folder / name).write_bytes(data)
        (folder / f"{name}.why").write_text(why, "utf-8", "backslashreplace")
        print(f"  {folder / name}: {why.splitlines()[0][:200]!r}")


def main(arguments: Sequence[str]) -> int:
    """Fuzzes what is named, or everything; returns the exit code."""
    names = [door.name for door in DOORS]
    parser = argparse.ArgumentParser(prog="./run fuzz", description="Gives changed files to every parser.")
    parser.add_argument("doors", nargs="*", choices=[*names, []], metavar="DOOR", help=", ".join(names))
    parser.add_argument("--minutes", type=float, default=10.0, help="for each door (default: 10)")
    parser.add_argument("--seed", type=int, default=None, help="the same inputs again; without it others each time")
    parser.add_argument("--kept", action="store_true", help="only what broke something before")
    parser.add_argument("--list", action="store_true", help="names the doors, and does nothing")
    asked = parser.parse_args(arguments)
    if asked.list:
        print(*names, sep="\n")
        return 0
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    guarded()
    found = 0
    for door in DOORS:
        if asked.doors and door.name not in asked.doors:
            continue
        if asked.kept:
            run = Run(door, random.Random(seed))
            for file in kept(door):
                run.give(file.read_bytes())
        else:
            run = fuzz(door, asked.minutes * 60, seed)
        print(run.line(), flush=True)
        _keep(run)
        found += len(run.findings)
    print(f"seed {seed}: {found} found" + (f", kept in {FINDINGS.absolute()}" if found else ""))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
