"""What the public reads: each subject of the knowledge as a page in plain words, made from its files and nothing else.

`page(kind, id)` gives one page, `ids(kind)` those there are, `home()` the kinds. A page is sections of lines; each line
that states something has its source. How it looks is the business of whoever shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from unwound import cautions, conditions, instruments, languages, protocols, therapies
from unwound.catalogue import load
from unwound.reading import condition_pages, question_pages, short_pages, strongest
from unwound.reading.knowledge import QuestionPage
from unwound.reading.pages import Line, Page, Picture, Section
from unwound.record import UnwoundError

__all__ = ["KINDS", "Line", "Page", "Picture", "Section", "every", "ids", "page", "strongest_page"]

KINDS: Mapping[str, str] = {
    "conditions": "Kinds of pain",
    "therapies": "Treatments",
    "questions": "Questions people ask",
    "courses": "Courses of ketamine",
    "questionnaires": "Forms and scores",
    "cautions": "When to take care",
}
"""Every kind of page and what it is called, in the order in which they are offered."""
_IDS: Mapping[str, Callable[[], Mapping[str, object]]] = {
    "conditions": conditions.conditions,
    "therapies": therapies.therapies,
    "questions": lambda: load("question_pages", QuestionPage),
    "courses": protocols.protocols,
    "questionnaires": instruments.instruments,
    "cautions": cautions.cautions,
}
_PAGES: Mapping[str, Callable[[str], Page]] = {
    "conditions": condition_pages.page,
    "therapies": short_pages.therapy,
    "questions": question_pages.page,
    "courses": short_pages.course,
    "questionnaires": short_pages.questionnaire,
    "cautions": short_pages.caution,
}


def ids(kind: str) -> tuple[str, ...]:
    """The ids of the pages of one kind; questions in the order of their places. UnwoundError for an unknown kind."""
    if kind not in KINDS:
        raise UnwoundError(f"there is no kind of page «{kind}»; there are: {', '.join(KINDS)}")
    if kind == "questions":
        return question_pages.in_order()
    return tuple(_IDS[kind]())


@cache
def page(kind: str, id: str, language: str = languages.ENGLISH) -> Page:
    """One page; made once. UnwoundError where there is none.

    In another language each sentence that has no translation stays in English.
    """
    if id not in ids(kind):
        raise UnwoundError(f"there is no page «{kind}/{id}»")
    return languages.translated(_PAGES[kind](id), language)


@cache
def strongest_page() -> Page:
    """Where the evidence for ketamine is strongest, weak and absent, in one page."""
    return strongest.page()


def every() -> Iterator[Page]:
    """Every page there is."""
    for kind in KINDS:
        for id in ids(kind):
            yield page(kind, id)
    yield strongest_page()
