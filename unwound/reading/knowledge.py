"""The words of the public pages as their files have them: `lay_conditions`, `lay_words`, `question_pages`, ...

Kept apart from the clinical files, so that no decision and no report ever rests on a lay wording. A clinic's own file
of a condition or a treatment is not described by our words for ours (`describes`).
"""

from __future__ import annotations

from collections.abc import Mapping

from unwound.catalogue import Cited, CitedText, Frozen, Head, Texts, is_own, load, load_rule


class LayCondition(Head):
    """One file of `data/lay_conditions`: the condition of the same id in plain words."""

    name: str
    short: CitedText
    feels: CitedText
    causes: CitedText
    care: CitedText
    """What is done about the cause, and what comes first."""
    tell: CitedText
    """What tells it from its neighbours, as a sentence that stands on a neighbour's page."""
    ketamine: CitedText | None = None
    """Where what is said of every condition with the same strength of evidence would not be true of this one."""


class LayWords(Head):
    """One file of `data/lay_words`: id of a file of that kind -> what it is in plain words."""

    words: Mapping[str, CitedText]


class Passage(Frozen):
    """One section of a question page."""

    heading: str
    lines: tuple[CitedText, ...]


class Drawn(Frozen):
    """A picture of a page that is drawn from the library's own models, with what it shows in plain words."""

    picture: str
    """Its name, as `docs/learning_pictures.py` has it."""
    title: str
    text: CitedText


class QuestionPage(Head):
    """One file of `data/question_pages`: a question that people ask, and the answer with its sources."""

    place: int
    """Its place among the questions."""
    short: CitedText
    sections: tuple[Passage, ...]
    drawn: tuple[Drawn, ...] = ()
    see: Texts = ()
    """Pages to read next, as `kind/id`."""
    lay_phrases: Texts = ()
    """How people search for it."""


class Arm(Frozen):
    """One group of a comparison: a share, or a count; of how many, or with the standard error that was printed."""

    share: Cited | None = None
    count: Cited | None = None
    of: Cited | None = None
    standard_error: Cited | None = None


class Comparison(Head):
    """One file of `data/frequencies`: how many had an outcome in both groups of one trial, as printed."""

    conditions: Texts = ()
    courses: Texts = ()
    harm: bool = False
    outcome: str
    with_words: str
    without_words: str
    people: int
    treated: Arm
    compared: Arm
    difference: Cited | None = None
    """The difference with its interval, where no interval of the groups can be worked out."""
    note: CitedText


class PublicWords(Head):
    """`data/rules/public_words.toml`."""

    refractory: CitedText
    pain_clinic: CitedText
    from_many_pains: CitedText
    """Of whom the numbers of a treatment are."""
    left_out_of_them: CitedText
    """The same where such people were left out of the trials."""
    grades: CitedText
    """What the letters of the evidence mean."""
    strength: Mapping[str, CitedText]
    can: Mapping[str, tuple[CitedText, ...]]
    cannot: Mapping[str, tuple[CitedText, ...]]
    directions: Mapping[str, str]
    counted: Mapping[str, str]
    """How many views say what: by direction, and `all` of them."""
    designs: Mapping[str, str]
    numbers: Mapping[str, str]
    terms: Mapping[str, str]


def words() -> PublicWords:
    """What the pages say wherever it holds."""
    return load_rule("public_words", PublicWords)


def lay_condition(id: str) -> LayCondition | None:
    """A condition in plain words; None where there are none for the file in force."""
    entry = load("lay_conditions", LayCondition).get(id)
    return entry if entry and describes("lay_conditions", id, "conditions", id) else None


def lay_words(kind: str, id: str) -> CitedText | None:
    """A treatment, a course or a caution in plain words; None where there are none for the file in force."""
    text = load("lay_words", LayWords)[kind].words.get(id)
    return text if text and describes("lay_words", kind, kind, id) else None


def describes(lay_kind: str, lay_id: str, kind: str, id: str) -> bool:
    """Whether plain words speak of the file in force: ours never describe a file that a clinic has put in its place."""
    return is_own(lay_kind, lay_id) or not is_own(kind, id)


def comparisons() -> Mapping[str, Comparison]:
    """Every comparison of two groups, by id."""
    return load("frequencies", Comparison)
