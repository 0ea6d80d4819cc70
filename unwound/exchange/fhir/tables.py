"""The words and numbers by which foreign records are read: `data/rules/fhir.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from pydantic import model_validator

from unwound.catalogue import Checked, Cited, Frozen, Head, Texts, ids, load_rule
from unwound.terms import Purpose, Side, TrialEffect, WhyStopped


class Stopped(Frozen):
    """Words and codes that give one reason for stopping."""

    why: WhyStopped
    words: Texts
    symptoms: Texts = ()
    """Words that give the reason only where stopping is spoken of: a status reason, or beside «stopped» in a note."""
    codes: Texts = ()


class Effect(Frozen):
    """Words that tell how much a treatment helped."""

    how: TrialEffect
    words: Texts


class Procedure(Frozen):
    """Words and codes of procedures that are trials of a therapy, or that say «yes» to a fact."""

    therapy: str = ""
    purpose: Purpose | None = None
    """What it is always for; None where the record must state it."""
    fact: str = ""
    words: Texts
    codes: Texts = ()

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Procedure:
        if bool(self.therapy) == bool(self.fact):
            raise ValueError("a procedure is a trial of a therapy or says a fact, one of both")
        return self


class Worded(Frozen):
    """A question that is answered in words (or SNOMED codes), and what they say of a fact."""

    fact: str
    codes: Texts
    words: Mapping[str, bool | str]


class Bound(Frozen):
    """How a bound of a measured value is written, and the facts that hold it."""

    at_least: str
    below: str
    at_least_words: Texts
    below_words: Texts
    plainly_from: float
    """From here on a bound in a text needs no unit: in no other unit could it be so high."""


class DueDate(Frozen):
    """The codes of an estimated day of birth, and how many weeks from the last period it lies."""

    codes: Texts
    weeks: Cited


class InResults(Frozen):
    """How an observation says that a diagnosis is there, or is not."""

    questions: Texts
    """Codes that ask which problem there is: the answer is the diagnosis."""
    present: Texts
    absent: Texts


class Meant(Frozen):
    """What else tells of a purpose: facts that a diagnosis states, and the beginnings of codes."""

    facts: Texts = ()
    codes: Texts = ()


class Report(Frozen):
    """Reports that could tell a fact, once a person has read them."""

    fact: str
    words: Texts


class Sided(Frozen):
    """Words and SNOMED CT codes for one side of the body."""

    words: Texts
    codes: Texts = ()


class TakenBack(Frozen):
    """Words beside a diagnosis that take it back, or say that it is somebody else's."""

    means: Literal["unsure", "refuted", "past", "somebody-else"]
    begins: Texts
    """Words that count where the name of the diagnosis begins with them."""
    anywhere: Texts
    """Words that count wherever they stand."""
    unless: Texts = ()
    """Words beside which neither counts: a breast-feeding mother is the patient."""


class DocumentType(Frozen):
    """What a letter of ours is called in LOINC."""

    loinc: str
    display: str
    source: str
    where: str = ""
    checked: Checked


class Given(Frozen):
    """What an example reads."""

    product: str = ""
    directions: str = ""
    note: str = ""
    procedure: str = ""


class Expected(Frozen):
    """What is read from it; what is left out must stay unknown."""

    mg_per_day: float | None = None
    stopped: WhyStopped | None = None
    therapy: str = ""


class Example(Frozen):
    """One text and what is read from it."""

    name: str
    given: Given
    expect: Expected


class Tables(Head):
    """`data/rules/fhir.toml`."""

    refill_gap_days: Cited
    fewest_bare_pieces: Cited
    """From this number on a quantity without a unit is one of pieces; below it may be one of packs."""
    trial_classes: Texts
    trial_drugs: Texts
    nerve_damaging_chemotherapy: Texts
    """Classes that a drug must all belong to."""
    only_asked_for: Texts
    taken_away: Texts
    taken_away_stems: Texts
    """Parts of words that mean it in languages that put words together."""
    on_trial: Texts
    """Words of a device that was only tried, or asked for: whether it stayed is not said."""
    purposes: Mapping[Purpose, Texts]
    pain_stems: Texts
    """Parts of a word that make it one of pain, in languages that put words together."""
    other_pain_stems: Texts
    """Parts of words with these in them that name another pain: headache, toothache."""
    purpose_codes: Mapping[Purpose, Meant]
    what_for: Texts
    """Words of directions after which stands what a medicine is for."""
    states: Mapping[str, str]
    """Words that a status is written in -> the word of FHIR."""
    stop_words: Texts
    """Words of a note that speak of stopping."""
    transient: Texts
    """Words that tell of a relief that did not last."""
    stopped: tuple[Stopped, ...]
    effect: tuple[Effect, ...]
    procedures: tuple[Procedure, ...]
    multiples: Mapping[str, Texts]
    in_results: InResults
    due_date: DueDate
    bounds: Mapping[str, Bound]
    """Fact -> how a bound of it is read."""
    worded: tuple[Worded, ...]
    reports: tuple[Report, ...]
    sides: Mapping[Side, Sided]
    only_within: Mapping[str, Cited]
    """Fact -> the days before the review within which a diagnosis must be dated to state it."""
    certainty_words: Mapping[Literal["confirmed", "unsure", "refuted"], Texts]
    """How a verification status reads where it is written in words."""
    clinical_words: Mapping[Literal["active", "inactive", "resolved", "remission"], Texts]
    taken_back: tuple[TakenBack, ...]
    documents: Mapping[str, DocumentType]
    """Kind of a letter that is sent -> its type."""
    examples: tuple[Example, ...]


@cache
def tables() -> Tables:
    """The tables, read once."""
    return load_rule("fhir", Tables)


@cache
def trial_classes() -> frozenset[str]:
    """Drug classes whose courses are trials."""
    return frozenset(tables().trial_classes)


@cache
def trial_drugs() -> frozenset[str]:
    """Drugs whose courses are trials whatever their class."""
    return frozenset((*tables().trial_drugs, *ids("therapies")))


@cache
def whole_words(words: Texts) -> re.Pattern[str]:
    """Matches any of the words or phrases, whole, in lower-case text; of none nothing."""
    if not words:
        return re.compile(r"(?!)")
    phrases = sorted((word.strip() for word in words), key=len, reverse=True)
    return re.compile(
        r"(?<![\w])(?:" + "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases) + r")(?![\w])"
    )


@cache
def worded() -> Mapping[str, tuple[Worded, ...]]:
    """Questions answered in words, by their code."""
    return _by_code((code, entry) for entry in tables().worded for code in entry.codes)


@cache
def multiples() -> Mapping[str, str]:
    """LOINC code -> the fact that is its value as a multiple of its upper limit."""
    return {code: fact for fact, codes in tables().multiples.items() for code in codes}


def _by_code(pairs: Iterable[tuple[str, Worded]]) -> Mapping[str, tuple[Worded, ...]]:
    by_code: dict[str, tuple[Worded, ...]] = {}
    for code, entry in pairs:
        by_code[code] = (*by_code.get(code, ()), entry)
    return by_code
