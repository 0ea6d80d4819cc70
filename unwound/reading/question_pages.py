"""The page of a question that people ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from unwound import cautions, therapies
from unwound.catalogue import load
from unwound.protocols import protocols
from unwound.reading import condition_pages
from unwound.reading.knowledge import QuestionPage
from unwound.reading.pages import Drawing, Line, Page, Section, cited

_OTHERS = {"evidence": "Where the evidence is strongest", "check": "Check yourself: what could come next?"}


def in_order() -> tuple[str, ...]:
    """The ids of the questions by their places."""
    pages = load("question_pages", QuestionPage)
    return tuple(sorted(pages, key=lambda id: pages[id].place))


def page(id: str) -> Page:
    """The page of one question."""
    entry = load("question_pages", QuestionPage)[id]
    sections = (
        Section(key="short", heading="In short", lines=(cited(entry.short),)),
        *(
            Section(key=f"part-{place}", heading=part.heading, lines=tuple(map(cited, part.lines)))
            for place, part in enumerate(entry.sections, 1)
        ),
        Section(
            key="drawn",
            heading="In a picture",
            drawings=tuple(
                Drawing(picture=drawn.picture, title=drawn.title, line=cited(drawn.text)) for drawn in entry.drawn
            ),
        ),
        Section(key="see", heading="Read on", items=tuple(map(leads_on, entry.see))),
    )
    return Page(
        kind="questions",
        id=id,
        title=entry.title,
        sections=tuple(section for section in sections if any(section.every_line())),
        files=(("question_pages", id),),
        heads=(entry,),
        phrases=entry.lay_phrases,
    )


def leads_on(link: str) -> Line:
    """A link by the title of its page. KeyError, which the walk over the files reports, for one that leads nowhere."""
    kind, _, id = link.partition("/")
    titles: Mapping[str, Callable[[str], str]] = {
        "conditions": condition_pages.name,
        "therapies": lambda id: therapies.therapies()[id].title,
        "protocols": lambda id: protocols()[id].title,
        "cautions": lambda id: cautions.cautions()[id].title,
        "questions": lambda id: load("question_pages", QuestionPage)[id].title,
    }
    name = titles[kind](id) if id else _OTHERS[kind]
    return Line(text="", name=name, link=link.replace("protocols/", "courses/"))
