"""Closed vocabularies that more than one module uses; each word stays a string, on disk and on a page."""

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
    NOT_THIS_PAIN = "not-this-pain"


class Advice(Word):
    """What a limit advises when it is crossed, the gravest first."""

    STOP = "stop"
    PAUSE = "pause"
    REVIEW = "review"


class Drug(Word):
    """Which ketamine: the mixture of both forms, or the one form alone."""

    RACEMIC = "racemic"
    ESKETAMINE = "esketamine"


class ModelLanguage(Word):
    """The programs that a model can be written for."""

    RXODE2 = "rxode2"
    MRGSOLVE = "mrgsolve"
    NONMEM = "nonmem"
    SBML = "sbml"
    STAN = "stan"


class Fasting(Word):
    """Which rule of fasting applies: the hours asked for before every start, the site's own rule, or none."""

    HOURS = "hours"
    OWN = "own"
    NONE = "none"


class Sex(Word):
    """Sex at birth, as the formulas and bands that use it mean it."""

    FEMALE = "female"
    MALE = "male"


class Jurisdiction(Word):
    """Whose limits and labels apply."""

    US = "US"
    UK = "UK"


class Purpose(Word):
    """What a treatment is for."""

    PAIN = "pain"
    DEPRESSION = "depression"
    ANOTHER_PAIN = "another pain"


class PurposeEvidence(Word):
    """How much speaks for it that a treatment was taken for pain, the most first."""

    STATED = "stated"
    BY_USE = "by its use"
    PROBABLE = "probable"
    ANOTHER_REASON = "another reason"
    OPEN = "open"


class Side(Word):
    """On which side of the body a pain is."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    MIDDLE = "middle"


class TrialEffect(Word):
    """How much a trial helped, in a word."""

    NONE = "none"
    SOME = "some"
    GOOD = "good"


class WhyStopped(Word):
    """Why a trial was ended."""

    NO_EFFECT = "no-effect"
    SIDE_EFFECTS = "side-effects"
    OTHER = "other"
