"""How far a patient is with the first form, page by page: what was left open is shown as open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unwound_clinic.intake import form
from unwound_clinic.intake.own import Own
from unwound_clinic.intake.parts import Said
from unwound_clinic.models import Entry, IntakeLink, Patient


@dataclass(frozen=True, slots=True)
class Page:
    """One page and what was answered on it."""

    id: str
    title: str
    lines: tuple[Said, ...]
    may_not_apply: bool = False
    """Left out whole it lacks nothing."""

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
        return sum(len(page.lines) for page in self.pages if page.answered or not page.may_not_apply)

    @property
    def partial(self) -> tuple[Page, ...]:
        """Pages begun and not ended."""
        return tuple(page for page in self.pages if page.state == "partial")

    @property
    def empty(self) -> tuple[Page, ...]:
        """Pages on which nothing was said."""
        return tuple(page for page in self.pages if page.state == "empty" and not page.may_not_apply)


def of(patient: Patient, entries: Iterable[Entry], link: IntakeLink | None) -> Progress:
    """How far the patient is, by what they entered themselves."""
    own = Own(entries, link.made_at if link else None)
    pages = form.steps(patient).items()
    return Progress(tuple(Page(id, step.title, tuple(form.said(id, own)), step.may_not_apply) for id, step in pages))
