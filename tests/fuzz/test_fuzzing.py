"""Every parser takes a short draught of changed files: it reads or refuses in words, and no law of it is broken.

`./run fuzz` does the same for minutes; what it found and was mended lies in `kept/` and is read here for ever after.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzzing import KEPT, Answer, Run, TooSlow, answer, fuzz, kept
from mutating import mutant
from parser_doors import DOORS, Door, hold

from unwound.record import UnwoundError

MOST = 50
BY_NAME = {door.name: door for door in DOORS}
FOUND_BEFORE = [(door, file) for door in DOORS for file in kept(door)]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_what_is_changed_is_read_or_refused_in_words(door: Door) -> None:
    begun = list(door.seeds())
    few = Door(door.name, lambda: begun[:: max(1, len(begun) // 8)], door.read)
    run = fuzz(few, seconds=60, seed=11, most=MOST)
    assert not run.findings, "\n".join(why for _, why in run.findings.values())
    assert len(run.known) > 1, "it says more than one thing: it is not all refused at the door"


@pytest.mark.parametrize(("door", "file"), FOUND_BEFORE, ids=lambda each: getattr(each, "name", ""))
def test_what_broke_it_once_does_not_again(door: Door, file: Path) -> None:
    assert answer(door, file.read_bytes()).fault == ""


def test_everything_kept_belongs_to_a_door() -> None:
    assert {folder.name for folder in KEPT.iterdir()} <= BY_NAME.keys()
    assert FOUND_BEFORE


def _explodes(data: bytes) -> Iterator[str]:
    yield "read"
    if b"--" in data:
        raise IndexError("list index out of range")


def _refuses(data: bytes) -> Iterator[str]:
    yield from ()
    raise UnwoundError("a" * 20_000 if b"long" in data else "no such table: name a column «time»")


def _lies(data: bytes) -> Iterator[str]:
    hold(data != b"0 mg", "a dose of nought")
    yield "dose"


def _never_ends(data: bytes) -> Iterator[str]:
    yield from ()
    raise TooSlow


@pytest.mark.parametrize(
    ("read", "data", "why"),
    [
        (_explodes, b"--", "IndexError at test_fuzzing.py"),
        (_explodes, b"fine", ""),
        (_refuses, b"short", ""),
        (_refuses, b"long", "20000 characters"),
        (_lies, b"0 mg", "a dose of nought"),
        (_never_ends, b"", "too slow"),
    ],
)
def test_a_fault_is_seen_and_a_refusal_is_none(read: object, data: bytes, why: str) -> None:
    said: Answer = answer(Door("made", list, read), data)  # type: ignore[arg-type]
    assert why in said.fault
    assert bool(said.fault) == bool(why)


def test_the_shortest_input_of_each_place_is_kept() -> None:
    run = Run(Door("made", list, _explodes), random.Random(1))
    for data in (b"a long one--", b"--", b"another--"):
        run.give(data)
    assert [data for data, _ in run.findings.values()] == [b"--"]


def test_what_a_text_of_the_seeds_does_not_hold_is_found_from_it() -> None:
    run = fuzz(Door("made", lambda: [b"time,spo2\n1,97\n"], _explodes), seconds=60, seed=3, most=5_000)
    assert run.findings


def test_the_same_seed_makes_the_same_inputs() -> None:
    seeds = [b"MSH|^~\\&|a\rOBX|1|NM|x||97\r", b'{"a": [1, {"b": "text"}]}']
    made = [[mutant(seeds, chance) for _ in range(300)] for chance in (random.Random(5), random.Random(5))]
    assert made[0] == made[1]
    assert len(set(made[0])) > 250
