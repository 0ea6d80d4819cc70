"""How far a patient is with the first form, page by page; unanswered questions are shown as unanswered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from unwound_clinic.intake import form
from unwound_clinic.intake.parts import AnswerLine
from unwound_clinic.models import Entry, IntakeLink, Patient


@dataclass(frozen=True, slots=True)
class Page:
    """One page and what was answered on it."""

    id: str
    title: str
    lines: tuple[AnswerLine, ...]

    @property
    def answered(self) -> int:
        """How many of its questions have an answer."""
        return sum(bool(line.answer) for line in self.lines)

    @property
    def state(self) -> str:
        """`whole`, `partial` or `empty`."""
        if self.answered == len(self.lines):
            return "whole"
        return "partial" if self.answered else "empty"


@dataclass(frozen=True, slots=True)
class Progress:
    """Every page of one patient's form."""

    pages: tuple[Page, ...]

    @property
    def answered(self) -> int:
        """Questions answered."""
        return sum(page.answered for page in self.pages)

    @property
    def asked(self) -> int:
        """Questions asked."""
        return sum(len(page.lines) for page in self.pages)

    @property
    def partial(self) -> tuple[Page, ...]:
        """Pages answered in part."""
        return tuple(page for page in self.pages if page.state == "partial")

    @property
    def empty(self) -> tuple[Page, ...]:
        """Pages without any answer."""
        return tuple(page for page in self.pages if page.state == "empty")


def progress_of(patient: Patient, entries: Iterable[Entry], link: IntakeLink | None) -> Progress:
    """The patient's progress, from their own entries."""
    now = timezone.now().astimezone(patient.site.zone).date()
    who = form.filling(patient, now, entries, link.made_at if link else None)
    return Progress(
        tuple(Page(id, step.title, tuple(form.answer_lines(id, who))) for id, step in form.steps(who).items())
    )
