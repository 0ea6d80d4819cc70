"""Every file that people can read about has its page: a source for each statement, its review state, whole links."""

from __future__ import annotations

import re

import pytest

from unwound import catalogue, reading
from unwound.catalogue import Checked, load
from unwound.checking import reading_age
from unwound.evidence import studies
from unwound.reading import Page
from unwound.reading.knowledge import LayCondition, LayWords, QuestionPage, comparisons, words

PAGES = {f"{page.kind}/{page.id}": page for page in reading.every()}
OF_DATA = {
    "conditions": "conditions",
    "therapies": "therapies",
    "courses": "protocols",
    "questionnaires": "instruments",
    "cautions": "cautions",
    "questions": "question_pages",
}
MOST_GRADE, MOST_SMOG = 6.0, 9.0
SENTENCES_TO_JUDGE = 5
"""A formula of sentences says little of fewer."""


def test_every_data_file_of_these_kinds_has_its_page() -> None:
    for kind, data_kind in OF_DATA.items():
        assert set(reading.ids(kind)) == set(catalogue.ids(data_kind)), kind
    assert len(PAGES) == sum(len(reading.ids(kind)) for kind in reading.KINDS) + 1


@pytest.mark.parametrize("kind", [*reading.KINDS, "evidence"])
def test_no_claim_is_without_a_source(kind: str) -> None:
    for page in (page for page in PAGES.values() if page.kind == kind):
        for line in (line for section in page.sections for line in section.every_line()):
            assert bool(line.text) == bool(line.sources), f"{page.kind}/{page.id}: «{line.text or line.name}»"
            assert set(line.sources) <= studies().keys(), line
            assert (line.checked in tuple(Checked)) if line.sources else line.link, line


def test_every_page_says_when_it_changed_and_that_nobody_has_reviewed_it() -> None:
    for page in PAGES.values():
        assert page.due > page.updated, page.id
        everything = all(head.status == "reviewed" for head in page.heads)
        assert bool(page.reviewers) == bool(page.reviewed) == everything, page.id


def test_links_are_whole() -> None:
    there = {*PAGES, "evidence", "check"}
    for page in PAGES.values():
        links = {line.link for section in page.sections for line in section.every_line() if line.link}
        assert links <= there, f"{page.kind}/{page.id} leads to {links - there}"


def test_every_condition_is_in_plain_words_and_in_one_structure() -> None:
    plain = set(load("lay_conditions", LayCondition))  # a new file comes first; that all have theirs, the library asks
    assert plain <= set(reading.ids("conditions"))
    needed = {"short", "feels", "causes", "differs", "first", "fails", "ketamine", "cannot", "questions"}
    for id in plain:
        page = reading.page("conditions", id)
        assert needed <= {section.key for section in page.sections}, id
        assert {code.system for code in page.codes} == {"ICD-11", "ICD-10-CM"}, id


def test_plain_words_speak_of_files_that_are_there() -> None:
    for kind, file in load("lay_words", LayWords).items():
        assert set(file.words) <= set(catalogue.ids(kind)), kind


def test_comparisons_stand_where_their_conditions_and_courses_do() -> None:
    for id, comparison in comparisons().items():
        assert set(comparison.conditions) <= set(reading.ids("conditions")), id
        assert set(comparison.courses) <= set(reading.ids("courses")), id


def test_the_questions_have_places_of_their_own() -> None:
    places = [question.place for question in load("question_pages", QuestionPage).values()]
    assert len(places) == len(set(places)) >= 13


@pytest.mark.parametrize("kind", [*reading.KINDS, "evidence"])
def test_pages_can_be_read_at_eleven_or_twelve(kind: str) -> None:
    too_hard = [sentence for page in PAGES.values() if page.kind == kind for sentence in hard(page)]
    assert not too_hard, "\n".join(too_hard)


def hard(page: Page) -> list[str]:
    """What of a page is harder than we allow ourselves."""
    every = reading_age.read(" ".join(section.prose for section in page.sections))
    found = [f"{page.kind}/{page.id}: SMOG {every.smog:.1f}"] if every.smog > MOST_SMOG else []
    for section in page.sections:
        read = reading_age.read(section.prose)
        if read.sentences >= SENTENCES_TO_JUDGE and read.grade > MOST_GRADE:
            found.append(f"{page.kind}/{page.id}, {section.key}: grade {read.grade:.1f}")
    return found


JARGON = (
    "neuropathic", "nociceptive", "nociplastic", "allodynia", "hyperalgesia", "paresthesia", "dysaesthesia", "infusion",
    "intravenous", "subcutaneous", "randomised", "efficacy", "psychomimetic", "analgesic", "contraindication",
    "aetiology", "idiopathic", "titration", "comorbid", "adverse", "racemic", "prophylaxis", "refractory pain",
)  # fmt: skip
"""Words of the field that no plain sentence of ours may hold unexplained: the formulas do not see them all."""


def test_no_word_of_the_field_stands_unexplained() -> None:
    explained = set(words().terms)
    for page in PAGES.values():
        text = " ".join(section.prose for section in page.sections).lower()
        left = [word for word in JARGON if word not in explained and re.search(rf"\b{word}\b", text)]
        assert not left, f"{page.kind}/{page.id}: {left}"
