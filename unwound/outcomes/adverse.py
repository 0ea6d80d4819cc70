"""Adverse events: what happened, how severe and how serious, its cause, what was done and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from unwound.outcomes.standing import check_word
from unwound.record import UnwoundError
from unwound.terms import Word


class Severity(Word):
    """How severe it was for the patient; how serious it is, is another question."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Serious(Word):
    """What makes it serious, as regulators ask; `no` is none of these."""

    NO = "no"
    DEATH = "death"
    THREATENED_LIFE = "threatened-life"
    HOSPITAL = "hospital"
    DISABILITY = "disability"
    OTHER = "other"


class Cause(Word):
    """How likely ketamine is its cause, in the WHO's words."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    CANNOT_BE_JUDGED = "cannot-be-judged"


class Became(Word):
    """What became of it."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    GOES_ON = "goes-on"
    LEFT_SOMETHING = "left-something"
    DIED = "died"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEvent:
    """One event. UnwoundError for days out of order, an empty account, and answers that contradict each other."""

    what: str
    began: date
    ended: date | None = None
    severity: Severity
    serious: Serious
    cause: Cause
    action: str
    """What was done about it, in words; «nothing» is an answer, an empty one is not."""
    became: Became
    suspect: str = "ketamine"

    def __post_init__(self) -> None:
        for name, word, words in (
            ("severity", self.severity, Severity), ("serious", self.serious, Serious), ("cause", self.cause, Cause),
            ("became", self.became, Became),
        ):  # fmt: skip
            check_word(name, word, words)
        for name, text in (("what happened", self.what), ("what was done", self.action)):
            if not text.strip():
                raise UnwoundError(f"adverse event of {self.began}: write {name}")
        if self.ended is not None and self.ended < self.began:
            raise UnwoundError(f"adverse event of {self.began}: it ended on {self.ended}, before it began")
        if self.ended is not None and self.became in (Became.GOES_ON, Became.RECOVERING):
            raise UnwoundError(f"adverse event of {self.began}: it ended, and it is said to go on")
        if (self.became == Became.DIED) != (self.serious == Serious.DEATH):
            raise UnwoundError(f"adverse event of {self.began}: a death is both its outcome and what makes it serious")
        if self.serious in (Serious.DEATH, Serious.THREATENED_LIFE) and self.severity == Severity.MILD:
            raise UnwoundError(f"adverse event of {self.began}: what threatened life was not mild")
