"""Several resources about one drug are one story: an order, its dispenses, and what was said of taking it.

A stated end beats an order that was left active; what was handed out tells how long an open order was taken; nothing
goes on past death.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from unwound.exchange.fhir import dosage
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.courses import Course
from unwound.record import unique

_ORIGINS_SHOWN = 3


def joined(courses: Sequence[Course], chart: Chart) -> list[Course]:
    """The courses of a record, each told once, in their order."""
    alive = [_in_life(course, chart) for course in courses]
    by_drug: dict[tuple[tuple[str, ...], str, str], list[int]] = {}
    for place, course in enumerate(alive):
        # What is given on the skin is another story than the tablet of the same drug.
        by_drug.setdefault((course.substances, course.drug, course.local), []).append(place)
    for places in by_drug.values():
        own = [alive[place] for place in places]
        for place, course in zip(places, _one_story(own, chart), strict=True):
            alive[place] = course
    return alive


def _in_life(course: Course, chart: Chart) -> Course:
    """The course, ended at the latest by death; of a death without its day the end is not known."""
    if not chart.dead:
        return course
    ended = replace(course, state="ended")
    if chart.died is None:
        return replace(ended, until=None) if course.state != "ended" else course
    last = chart.died.last
    if course.end is not None:
        return replace(ended, end=min(course.end, last)) if course.state != "ended" or course.end > last else course
    if course.state == "ended":
        return replace(course, latest_end=min(course.latest_end or last, last))
    # Stated as taken and not stopped: until the end of life. An order alone does not say that it was taken so long.
    end = last if course.until is not None and course.start is not None and course.start.last <= last else None
    return replace(ended, end=end, until=None, latest_end=None if end else min(course.latest_end or last, last))


def _one_story(courses: list[Course], chart: Chart) -> list[Course]:
    ends = [course for course in courses if _states_an_end(course)]
    if ends:
        courses = [_ended_by(course, ends) for course in courses]
        _note_conflicts(ends, courses, chart)
    courses = _with_doses(courses)
    orders = sorted(start for course in courses if (start := _ordered_on(course)))
    telling = [course for course in courses if _tells_its_time(course)]
    return [_told_by_others(course, telling, orders) for course in courses]


# ---- a stated end


def _states_an_end(course: Course) -> bool:
    """Whether somebody stated that it was over: a statement that is completed or stopped."""
    return course.kind == "statement" and course.state == "ended"


def _ended_by(course: Course, ends: Sequence[Course]) -> Course:
    """What began before a stated end, ended by it; of several ends the last counts.

    A branch for what outlives the stated end: what was given, and what was stated again later.
    """
    over = [stated for stated in ends if _was_before(course, stated)]
    if course.kind == "administration" or _states_an_end(course) or not over:
        return course
    conflict = course.state == "going-on"
    known = [stated.end for stated in over if stated.end is not None]
    if course.kind == "statement":
        again = course.asserted is not None and all(
            course.asserted > (_last_day(stated) or date.max) for stated in over
        )
        return course if again else replace(course, state="not-clear", until=None, conflict=conflict)
    if not known or course.start is None:
        return replace(
            course,
            state="ended",
            timed_elsewhere=course.timed_elsewhere or conflict or course.start is None,
            conflict=conflict,
        )
    last = max(known)
    if course.state == "ended" and course.end is not None and course.end <= last:
        return course
    return replace(course, state="ended", end=last, latest_end=None, conflict=conflict)


def _was_before(course: Course, stated: Course) -> bool:
    """Whether something is older than the end that was stated, so that the end is its own."""
    last = _last_day(stated)
    return course.start is None or (last is not None and course.start.first <= last)


def _last_day(stated: Course) -> date | None:
    """The day by which it was over."""
    return stated.end or stated.asserted or (stated.start.last if stated.start else None)


def _note_conflicts(ends: Sequence[Course], courses: Sequence[Course], chart: Chart) -> None:
    """Say what is left active beside a stated end."""
    left = unique(course.origin for course in courses if course.conflict)
    if not left:
        return
    stated = max(ends, key=lambda course: course.end or date.min)
    chart.at, chart.origin = None, stated.origin
    when = f" on {stated.end}" if stated.end else ""
    chart.problem(
        f"{stated.drug}: stated as ended{when}, but still listed as active ({', '.join(left[:_ORIGINS_SHOWN])}): "
        "the stated end counts; please clarify"
    )


# ---- doses and times from each other


def _with_doses(courses: list[Course]) -> list[Course]:
    """A dispense or statement without a dose has that of its orders, where they agree on one."""
    ordered = {course.mg_per_day for course in courses if course.kind == "order" and course.mg_per_day is not None}
    products = {course.product for course in courses}
    if len(ordered) != 1 or (len(products) > 1 and any(course.why_not for course in courses if course.kind == "order")):
        return courses
    (dose,) = ordered
    return [
        replace(course, mg_per_day=dose, why_not="")
        if course.kind in ("dispense", "statement")
        and course.mg_per_day is None
        and course.why_not in ("", *dosage.NOTHING_SAID)
        else course
        for course in courses
    ]


def _tells_its_time(course: Course) -> bool:
    """Whether it was handed out or stated, and both its beginning and its end are known."""
    return course.kind in ("dispense", "statement") and course.start is not None and bool(course.end or course.until)


def _told_by_others(course: Course, telling: Sequence[Course], orders: Sequence[date]) -> Course:
    """An order without a length whose time is told by what was handed out for it, or by a statement.

    `orders` are the days of all orders, in order.
    """
    if course.kind != "order" or course.start is None or course.timed_elsewhere or course.end or course.until:
        return course
    began = course.start.first
    later = bisect_right(orders, began)
    next_order = orders[later] if later < len(orders) else date.max
    tells = any(
        other.start is not None
        and (last := other.end or other.until) is not None
        and last >= began
        and (other.start.first < next_order or course.origin in other.fulfils)
        for other in telling
    )
    return replace(course, timed_elsewhere=True) if tells else course


def _ordered_on(course: Course) -> date | None:
    return course.start.first if course.kind == "order" and course.start else None
