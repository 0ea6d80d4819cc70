"""The clinic's outcomes: the stored ends of courses as counts, curves and sites, with those too few to show hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Exists, OuterRef, Q, Subquery

from unwound import outcomes
from unwound.conditions import knowledge
from unwound.outcomes import Ended, Followed, Funnel, Group, Published, Share, Site
from unwound.outcomes.shares import ALL
from unwound.record import UnwoundError
from unwound.session.states import SessionState
from unwound_clinic.core.words import protocol_title
from unwound_clinic.follow_up import course
from unwound_clinic.models import CourseEnd, Entry, InfusionSession, Patient
from unwound_clinic.models import Site as Place

SINCE = timedelta(days=800)
"""How long a course is followed by the timer: past the year of the diary, and the course that may follow."""
STALE = timedelta(days=28)
NOT_KNOWN = "not known"
HELD = {True: "yes", False: "no", None: NOT_KNOWN}
TRIED_MANY = 3
TRIED = (*(str(number) for number in range(TRIED_MANY)), f"{TRIED_MANY} or more", NOT_KNOWN)
BY = ("condition", "course", "site")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One course as it is counted."""

    patient: int
    site: str
    condition: str
    course: str
    failed: int | None
    responder: bool | None
    success: bool | None
    kind: str
    days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table that is published: None is hidden, because few people stand behind it."""

    name: str
    counts: tuple[int | None, ...]
    share: Share | None
    """Of those who responded; None where a count is hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Everything that the page shows."""

    courses: int
    patients: int
    calculated_at: datetime | None
    """When the oldest figure was."""
    responded: tuple[Line, ...]
    tried: tuple[Line, ...]
    tried_columns: tuple[str, ...]
    groups: tuple[Group, ...]
    hidden: int
    untold: int
    """Courses whose relief cannot be followed: no baseline, or nothing charted."""
    funnel: Funnel | None


def due(now: datetime) -> list[Patient]:
    """Whose courses are to be calculated: never yet, or something was entered since, or a while ago.

    Not while an infusion is still to come. Relief that lasts is followed until it was calculated, which is as good
    as a shorter follow-up and no error.
    """
    sessions = InfusionSession.objects.filter(
        state=SessionState.DISCHARGED, scheduled_at__range=(now - SINCE, now - timedelta(days=1))
    )
    goes_on = InfusionSession.objects.exclude(state__in=course.OVER)
    last = Patient.objects.filter(pk__in=sessions.values("patient"), merged_into=None, erased_at=None)
    oldest = CourseEnd.objects.filter(patient=OuterRef("pk")).order_by("calculated_at").values("calculated_at")
    last = last.exclude(pk__in=goes_on.values("patient")).annotate(last=Subquery(oldest[:1]))
    entered = Entry.objects.filter(patient=OuterRef("pk"), at__gt=OuterRef("last"))
    uncounted = sessions.filter(patient=OuterRef("pk"), plan__end=None)
    wanted = last.filter(Q(last=None) | Q(last__lt=now - STALE) | Exists(entered) | Exists(uncounted))
    return list(wanted.select_related("site").order_by("pk"))


def rows(sites: Iterable[int]) -> tuple[list[Row], datetime | None]:
    """The courses of these sites in one question, and when the oldest figure was."""
    ends = CourseEnd.objects.filter(patient__site__in=tuple(sites), patient__merged_into=None, patient__erased_at=None)
    names = dict(Place.objects.values_list("pk", "name"))
    fields = ("patient", "patient__site", "condition", "protocol", "failed", "responder", "success", "kind", "days",
              "calculated_at")  # fmt: skip
    stored = list(ends.values_list(*fields))
    made = [
        Row(
            patient=row[0], site=names[row[1]], condition=_condition(row[2]), course=_course(row[3]), failed=row[4],
            responder=row[5], success=row[6], kind=row[7], days=row[8],
        )
        for row in stored
    ]  # fmt: skip
    return made, min((row[9] for row in stored), default=None)


def clinic(sites: Iterable[int], by: str = "condition") -> Clinic:
    """The outcomes of these sites, by condition, course or site."""
    return counted(*rows(sites), by)


def counted(every: Sequence[Row], oldest: datetime | None, by: str) -> Clinic:
    """The same from the courses."""
    followed = [_followed(row) for row in every if row.kind and row.days is not None]
    groups, hidden = outcomes.by_group(followed, by)
    answers = _table([(getattr(row, by), HELD[row.responder]) for row in every], tuple(HELD.values()))
    tried = _table([(getattr(row, by), _tried(row.failed)) for row in every], TRIED)
    secret = {cell for table in (answers, tried) if table for cell in _hidden_totals(table)}
    return Clinic(
        courses=len(every),
        patients=len({row.patient for row in every}),
        calculated_at=oldest,
        responded=tuple(_lines(answers, tuple(HELD.values()), secret, with_share=True)),
        tried=tuple(_lines(tried, TRIED, secret)),
        tried_columns=TRIED,
        groups=groups,
        hidden=hidden,
        untold=len(every) - len(followed),
        funnel=_funnel(every),
    )


def _table(cells: Sequence[tuple[str, str]], columns: tuple[str, ...]) -> Published | None:
    """The counts as they may be shown; None without any."""
    if not cells:
        return None
    names = {name for name, _ in cells}
    counted: Counter[tuple[str, str]] = Counter(cells)
    return outcomes.publish({(name, column): counted[name, column] for name in names for column in columns})


def _hidden_totals(table: Published) -> set[str]:
    """Groups whose total is hidden in one table: the others do not show it either, for it is the same number."""
    return {name for name in (*table.rows, ALL) if table.cells[name, ALL] is None}


def _lines(
    table: Published | None, columns: tuple[str, ...], secret: set[str], *, with_share: bool = False
) -> Iterator[Line]:
    """The lines of a table; a share stands only where every count that it rests on is shown."""
    for name in (*table.rows, ALL) if table else ():
        counts = tuple(table.cells[name, column] for column in columns) if table else ()
        total = None if table is None or name in secret else table.cells[name, ALL]
        known = [count for count in counts if count is not None]
        can_tell = with_share and len(known) == len(columns)
        yield Line(name=name, counts=(*counts, total), share=outcomes.share(_answers(*known)) if can_tell else None)


@lru_cache(maxsize=256)
def _answers(yes: int, no: int, unknown: int) -> tuple[bool | None, ...]:
    return (True,) * yes + (False,) * no + (None,) * unknown


def _funnel(every: Sequence[Row]) -> Funnel | None:
    """The sites by name; None with fewer than two of them, or where nothing is known."""
    sites = sorted({row.site for row in every})
    known = [row for row in every if row.responder is not None]
    yes = Counter(row.site for row in known if row.responder)
    of = Counter(row.site for row in known)
    try:
        return (
            outcomes.funnel([Site(name=site, yes=yes[site], known=of[site]) for site in sites]) if sites[1:] else None
        )
    except UnwoundError:
        return None


def _followed(row: Row) -> Followed:
    return Followed(
        days=row.days or 0.0, kind=Ended(row.kind), condition=row.condition, course=row.course, site=row.site
    )


def _tried(failed: int | None) -> str:
    """How many treatments had failed before, in words that sort."""
    if failed is None:
        return NOT_KNOWN
    return TRIED[min(failed, TRIED_MANY)]


@lru_cache(maxsize=256)
def _condition(id: str) -> str:
    known = knowledge.conditions().get(id)
    return known.title if known else id or NOT_KNOWN


@lru_cache(maxsize=256)
def _course(id: str) -> str:
    return str(protocol_title(id))
