"""Closed vocabularies that more than one room speaks; each word stays a string, on disk and on a page."""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """A word of a closed vocabulary: it reads as its string everywhere, also in a notebook or a message."""

    __repr__ = str.__repr__


class TrialVerdict(Word):
    """What one trial of a treatment came to."""

    RESPONDED = "responded"
    FAILED_ADEQUATE = "failed-adequate"
    INTOLERANT = "intolerant"
    INADEQUATE = "inadequate"
    ONGOING = "ongoing"
    CANNOT_TELL = "cannot-tell"


class Advice(Word):
    """What a limit advises when it is crossed, the gravest first."""

    STOP = "stop"
    PAUSE = "pause"
    REVIEW = "review"


class Drug(Word):
    """Which ketamine: the mixture of both forms, or the one form alone."""

    RACEMIC = "racemic"
    ESKETAMINE = "esketamine"


class Fasting(Word):
    """By what a patient fasts: the hours asked for before every start, the rule of the place itself, or nothing."""

    HOURS = "hours"
    OWN = "own"
    NONE = "none"
