"""A review as one self-contained, printable page for the chart."""

from __future__ import annotations

from itertools import groupby

from unwound import questions
from unwound.pathway import Review
from unwound.questions import Inquiry
from unwound.report import marks, words
from unwound.report.glance import glance
from unwound.report.summary import summary
from unwound.report.templating import template
from unwound.therapies.knowledge import Line
from unwound.what_if import Change

TITLES = {
    "neuropathic": "Neuropathic",
    "nociceptive": "Nociceptive",
    "nociplastic": "Nociplastic",
    "crps": "CRPS",
    "fibromyalgia": "Fibromyalgia",
}


def page(review: Review, *, story: str = "", notes: tuple[str, ...] = ()) -> str:
    """The page as HTML; `story` is the story of the case, `notes` the parts of the record that could not be read."""
    references = marks.References()
    offers = [step for step in review.next_steps if step.line != Line.UNSUITABLE]
    return template("report.html.j2").render(
        review=review,
        decision=review.candidacy,
        story=story,
        notes=notes,
        words=words,
        marks=marks,
        titles=TITLES,
        says=marks.SAYS,
        signs=marks.SIGNS,
        content=summary(review),
        at_a_glance=glance(review.patient),
        asking=lambda ids: [questions.in_words(id) for id in ids],
        cite=references.numbers,
        references=references,
        singles=_singles(review.would_change),
        together=next((change for change in review.would_change if len(change.flips) > 1), None),
        asked=_by_subject(review.to_ask),
        offers=offers,
        numbers=words.numbers_once(offers),
        unsuitable=[step for step in review.next_steps if step.line == Line.UNSUITABLE],
    )


def _singles(changes: tuple[Change, ...]) -> list[tuple[str, list[str]]]:
    """Verdict -> the single facts that would give it, in words."""
    singles = sorted((change for change in changes if len(change.flips) == 1), key=lambda change: change.verdict)
    return [
        (verdict, [change.flips[0].then for change in group])
        for verdict, group in groupby(singles, key=lambda change: change.verdict)
    ]


def _by_subject(open_questions: tuple[Inquiry, ...]) -> list[tuple[str, list[str]]]:
    """The questions in words under their subjects; the subject of the most pressing one first."""
    subjects: dict[str, list[str]] = {}
    for asked in open_questions:
        subjects.setdefault(asked.subject, []).append(words.inquiry(asked))
    return list(subjects.items())
