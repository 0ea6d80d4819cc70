"""One course and the months after it as a TOML file, with the diary in it or in a CSV beside it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unwound.catalogue import toml_table
from unwound.outcomes import PAIN, Change, ChangeKind, Course, Planned, Score, Supply
from unwound.pharmacology.dosing import Dose
from unwound.record import UnwoundError
from unwound.terms import Drug

DAY_H = 24.0
LONGEST = 100
"""Characters of a name that are shown back."""
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Infusion(_Part):
    """One infusion of the course; None is not known."""

    on: date
    hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    mg: Amount | None = None


class Other(_Part):
    """Another course, from wherever."""

    start: date
    end: date
    drug: Drug | None = None
    mg: Amount | None = None
    hours: Amount | None = None
    supply: Supply = Supply.HERE
    helped: bool | None = None


class Next(_Part):
    """The course that is asked about."""

    start: date
    hours: Amount | None = None
    booster: bool = False


class Else(_Part):
    """What else changed."""

    on: date
    what: str
    kind: ChangeKind


class CourseFile(_Part):
    """The file. `scores` are days with `pain` and totals of questionnaires by id; `diary` names a CSV of the same."""

    as_of: date
    drug: Drug
    weight_kg: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    infusions: Annotated[tuple[Infusion, ...], Field(min_length=1)]
    scores: tuple[dict[str, Any], ...] = ()
    diary: str | None = None
    courses: tuple[Other, ...] = ()
    changes: tuple[Else, ...] | None = None
    """None: nobody recorded whether anything changed."""
    planned: Next | None = None
    relief_lost: bool | None = None
    elsewhere_asked: bool | None = None

    @property
    def start(self) -> date:
        """The day of the first infusion."""
        return min(infusion.on for infusion in self.infusions)

    @property
    def end(self) -> date:
        """The last day of infusion: one of a hundred hours goes on to its fifth."""
        return max(
            infusion.on + timedelta(days=math.ceil((infusion.hours or DAY_H) / DAY_H) - 1)
            for infusion in self.infusions
        )

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Hours from the first; none where an amount or a length is not known."""
        known = [(infusion.on, infusion.hours, infusion.mg) for infusion in self.infusions]
        if any(hours is None or mg is None for _, hours, mg in known):
            return ()
        return tuple(
            Dose(time_h=24.0 * (on - self.start).days, amount_mg=mg or 0.0, duration_h=hours or 0.0)
            for on, hours, mg in known
        )

    def known_courses(self, helped: bool | None) -> tuple[Course, ...]:
        """Every course with this one, as another is weighed by."""
        sums = [[getattr(infusion, name) for infusion in self.infusions] for name in ("mg", "hours")]
        mg, hours = (None if None in parts else sum(parts) for parts in sums)
        own = Course(start=self.start, end=self.end, drug=self.drug, mg=mg, hours=hours, helped=helped)
        return (*(Course(**other.model_dump()) for other in self.courses), own)

    def asked_about(self) -> Planned | None:
        """The course that is asked about."""
        return None if self.planned is None else Planned(**self.planned.model_dump())

    def what_changed(self) -> tuple[Change, ...] | None:
        """What else changed; None where nobody recorded it."""
        return (
            None
            if self.changes is None
            else tuple(Change(change.on, change.what, change.kind) for change in self.changes)
        )


def read_course(data: bytes, name: str) -> CourseFile:
    """The file. UnwoundError, naming place and reason, for what it cannot be."""
    try:
        return CourseFile.model_validate(toml_table(data))
    except ValidationError as invalid:
        first = invalid.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnwoundError(f"{name}: {place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
    except ValueError as reason:
        raise UnwoundError(f"{name}: this is no TOML file: {reason}") from None


def scores_of(course: CourseFile, name: str, diary: bytes | None = None) -> tuple[Score, ...]:
    """Every score of the file and of its diary. UnwoundError, naming the day, for what is none."""
    rows = [*(((f"{name}: scores"), row) for row in course.scores), *(_csv(diary, course.diary or "") if diary else ())]
    return tuple(score for place, row in rows for score in _scores(place, row, course.as_of))


def _csv(data: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of a CSV with the headings `on`, `pain` and questionnaires; empty cells are nothing written."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnwoundError(f"{name}: this is no text in UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        if "on" not in (reader.fieldnames or ()):
            raise UnwoundError(f"{name}: the first line names the columns, one of them «on» (the day, 2026-03-02)")
        for row in reader:
            if None in row:
                raise UnwoundError(f"{name}, line {reader.line_num}: more cells than columns are named")
            yield f"{name}, line {reader.line_num}", {key: cell for key, cell in row.items() if (cell or "").strip()}
    except csv.Error as reason:
        raise UnwoundError(f"{name}, line {reader.line_num}: not readable as a table: {reason}") from None


def _scores(place: str, row: Mapping[str, Any], until: date) -> Iterator[Score]:
    """The scores of one day. Each refusal is a way in which a row can be no day of a diary."""
    day = row.get("on")
    try:
        on = day if isinstance(day, date) else date.fromisoformat(str(day).strip())
    except ValueError:
        raise UnwoundError(f"{place}: «{str(day)[:LONGEST]}» is no day; write it as 2026-03-02") from None
    if on > until:
        raise UnwoundError(f"{place}: {on} is after the day of the file, {until}")
    for what, value in row.items():
        if what != "on":
            try:
                number = float(value)
            except (TypeError, ValueError, OverflowError):
                raise UnwoundError(
                    f"{place}, {on}: {str(what)[:LONGEST]}: «{str(value)[:LONGEST]}» is no number"
                ) from None
            if isinstance(value, bool):
                raise UnwoundError(f"{place}, {on}: {str(what)[:LONGEST]}: true and false are no number")
            yield Score(on=on, what=PAIN if what == PAIN else str(what), value=number)
