"""Which knowledge files clinicians reviewed: the heads of the files themselves, and what was signed in this clinic.

standing()     what holds today, by file
void()         what was signed for a text that is in force no longer
line()         the count, for every page, report and letter
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from unwound import catalogue
from unwound.record import unique
from unwound_clinic.models import FileReview

File = tuple[str, str]
"""Kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Who reviewed a file that is in force, by which licence, when, and until when it is good."""

    by: str
    licence: str
    on: date
    due: date
    here: bool
    """Whether it was signed in this clinic; else it stands in the file itself."""

    @property
    def who(self) -> str:
        """Name and licence."""
        return f"{self.by} ({self.licence})"


def standing(files: Iterable[File] | None = None) -> Mapping[File, Reviewed]:
    """The reviews that hold for the files in force, all of them or these."""
    asked = None if files is None else set(files)
    reviews: dict[File, Reviewed] = {}
    for row in _rows(asked):
        place = (row.kind, row.name)
        if place in _there() and row.digest == catalogue.digest(*place):
            reviews[place] = Reviewed(by=row.reviewer, licence=row.licence, on=row.reviewed_on, due=row.due, here=True)
    for place in catalogue.reviewed():
        if place not in reviews and (asked is None or place in asked):
            reviews[place] = _of_the_file(place)
    return reviews


def _rows(asked: set[File] | None) -> Iterable[FileReview]:
    rows = FileReview.objects.filter(withdrawn_at=None).order_by("pk")
    if asked is not None:
        rows = rows.filter(name__in={name for _, name in asked})
        return [row for row in rows if (row.kind, row.name) in asked]
    return rows


@cache
def _there() -> frozenset[File]:
    return frozenset(catalogue.to_review())


def _of_the_file(place: File) -> Reviewed:
    head = catalogue.Head.model_validate(
        {key: part for key, part in tomllib.loads(catalogue.content(*place).decode("utf-8")).items()
         if key in catalogue.Head.model_fields}
    )  # fmt: skip
    return Reviewed(
        by=head.reviewer, licence=head.reviewer_licence, on=head.reviewed or head.updated, due=head.due, here=False
    )


def last(kind: str, name: str) -> FileReview | None:
    """The newest signature of this clinic under a file, whether its text is still in force or not."""
    return FileReview.objects.filter(kind=kind, name=name, withdrawn_at=None).order_by("-pk").first()


def void() -> tuple[FileReview, ...]:
    """Signatures of this clinic whose file was changed, or is gone; one that was signed again is none."""
    newest = {(row.kind, row.name): row for row in FileReview.objects.filter(withdrawn_at=None).order_by("pk")}
    there = _there()
    return tuple(row for place, row in newest.items() if place not in there or row.digest != catalogue.digest(*place))


def line() -> str:
    """How many files are reviewed, and by whom in this clinic; «0 of 609 ...» while nobody has."""
    return " ".join(sentences())


def sentences() -> tuple[str, ...]:
    """The same, a sentence each: whoever speaks another language says them so."""
    held = standing()
    here = unique(review.who for review in held.values() if review.here)
    count = f"{len(held)} of {len(_there())} knowledge files reviewed by a clinician."
    return (count, f"In this clinic: {', '.join(here)}.") if here else (count,)
