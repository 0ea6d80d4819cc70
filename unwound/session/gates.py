"""Two gates: what must be true before an infusion starts, and before the patient leaves; each refusal says why.

What is required, why, and with which number is in `data/session_gates`; how it is judged, here. What is not known is
refused and asked. A physician may override, with a reason, where the file allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import model_validator

from unwound import record
from unwound.catalogue import Checked, Cited, CitedText, Frozen, Head, load
from unwound.evidence import cite
from unwound.record import Judgement
from unwound.session.signs import SessionError, sign
from unwound.session.states import Role
from unwound.terms import Word


class GateName(Word):
    """The two gates of a session: before an infusion starts, and before the patient leaves."""

    START = "start"
    LEAVE = "leave"


class Requirement(Frozen):
    """One thing that must be true: what, what to ask while it is not known, why, and the number that decides."""

    title: str
    ask: str
    reason: CitedText
    override: bool = False
    """Whether a physician may decide otherwise, with a reason."""
    limit: Cited | None = None
    second_limit: Cited | None = None
    one_of: tuple[tuple[str, ...], ...] = ()
    """Vital signs: one of each group is enough."""


class Example(Frozen):
    """What is known, and which requirements refuse."""

    name: str
    given: Mapping[str, object]
    expect: tuple[str, ...]


class Gate(Head):
    """One file of `data/session_gates`."""

    requirements: Mapping[str, Requirement]
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _carries_examples(self) -> Gate:
        if not self.examples:
            raise ValueError("a gate carries its own examples")
        return self


@dataclass(frozen=True, slots=True)
class Override:
    """A decision of a named person that one requirement need not be met."""

    requirement: str
    by: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One requirement that is not met: why, or the question while it is not known."""

    requirement: str
    title: str
    why: str
    unknown: bool
    may_be_overridden: bool
    reason: str
    sources: tuple[str, ...]
    checked: Checked


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether a gate opens, what refuses, what is met, and what a physician has overridden."""

    judgement: Judgement
    refusals: tuple[Refusal, ...]
    met: tuple[str, ...]
    overridden: tuple[Override, ...] = ()

    @property
    def opens(self) -> bool:
        """True only when nothing refuses: unknown is no yes."""
        return self.judgement.holds is True


def gate(id: GateName) -> Gate:
    """One of the two gates as its file gives it."""
    gates: Mapping[str, Gate] = load("session_gates", Gate)
    return gates[id]


Facts = TypeVar("Facts")
Rules = Mapping[str, Callable[[Facts, Requirement], Judgement]]


def passage(gate: Gate, rules: Rules[Facts], facts: Facts, overrides: Iterable[Override]) -> Passage:
    """Whether the gate opens: every requirement judged in turn, then the overrides of a physician."""
    judgements = {id: judge(facts, gate.requirements[id]) for id, judge in rules.items()}
    tried = {override.requirement: override for override in overrides}
    valid = {id: override for id, override in tried.items() if _is_valid(gate, override)}
    unmet = {id: judgement for id, judgement in judgements.items() if judgement.holds is not True}
    refused = {id: judgement for id, judgement in unmet.items() if id not in valid}
    return Passage(
        record.all_of(Judgement(judgement.holds, judgement.because, (id,)) for id, judgement in refused.items()),
        tuple(_refusal(id, gate.requirements[id], judgement, id in tried) for id, judgement in refused.items()),
        tuple(id for id, judgement in judgements.items() if judgement.holds is True),
        tuple(override for id, override in valid.items() if id in unmet),
    )


def _is_valid(gate: Gate, override: Override) -> bool:
    """SessionError for a requirement the gate does not have; otherwise whether the override counts."""
    wanted = gate.requirements.get(override.requirement)
    if wanted is None:
        raise SessionError(
            f"«{override.requirement}» is not required here; required are {', '.join(gate.requirements)}"
        )
    return wanted.override and override.role == Role.PHYSICIAN and bool(override.by.strip() and override.reason.strip())


def _refusal(id: str, wanted: Requirement, judgement: Judgement, tried: bool) -> Refusal:
    unknown = judgement.holds is None
    says = [f"{'; '.join(judgement.because)}."] if judgement.because else []
    says += [wanted.ask] if unknown else []
    if tried:
        says.append("An override needs a physician and a reason." if wanted.override else "This cannot be overridden.")
    checked = wanted.limit.checked if wanted.limit else wanted.reason.checked
    return Refusal(
        requirement=id,
        title=wanted.title,
        why=" ".join(says),
        unknown=unknown,
        may_be_overridden=wanted.override,
        reason=wanted.reason.text,
        sources=cite(wanted),
        checked=checked,
    )


def unless(value: bool | None, no: str) -> Judgement:
    """Holds, does not hold for the reason given, or is not known."""
    return Judgement(value, () if value is not False else (no,))


def number(wanted: Cited | None) -> float:
    """The number that decides a requirement. SessionError when its file has none."""
    if wanted is None:
        raise SessionError("data/session_gates: this requirement needs its limit")
    return wanted.value


def either(ids: Iterable[str]) -> str:
    """The vital signs as a choice."""
    return " or ".join(sign(id).title[0].lower() + sign(id).title[1:] for id in ids)
