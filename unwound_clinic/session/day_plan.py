"""One day of a site: every appointment by time and by chair, how full it is, and what clashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from unwound.session.states import SessionState
from unwound_clinic.models import InfusionSession, Site
from unwound_clinic.session import timetable

NO_CHAIR = "no bed or chair yet"
SLOT = timedelta(minutes=30)
NOT_GIVEN = (SessionState.ABORTED,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One session in the plan of a day."""

    row: InfusionSession
    begins: datetime
    ends: datetime
    """As the order says; local times of the site."""
    clashes: tuple[str, ...] = ()

    @property
    def chair(self) -> str:
        """The bed or chair, as it was named."""
        return self.row.bed or NO_CHAIR


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one field of the grid: an appointment that reaches over `slots` lines, or nothing."""

    appointment: Appointment | None = None
    slots: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """Half an hour: its beginning, a cell for each chair that has none from above, how many are there at once."""

    at: datetime
    cells: tuple[Cell, ...]
    at_once: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The day by half hours and chairs."""

    chairs: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = field(default=())


def of_day(site: Site, day: date) -> QuerySet[InfusionSession]:
    """The sessions of a site that begin on a day, by its own clock."""
    begins = datetime.combine(day, time(0), tzinfo=site.zone)
    ends = datetime.combine(day + timedelta(days=1), time(0), tzinfo=site.zone)
    rows = InfusionSession.objects.filter(site=site, scheduled_at__gte=begins, scheduled_at__lt=ends)
    return rows.select_related("patient", "plan", "provider", "site").order_by("scheduled_at", "id")


def appointments(rows: Iterable[InfusionSession]) -> list[Appointment]:
    """Each with what clashes with it; sessions that do not take place clash with nothing."""
    listed = [
        Appointment(
            row=row, begins=_local(row, row.scheduled_at), ends=_local(row, row.scheduled_at + timetable.lasts(row))
        )
        for row in rows
    ]
    held = [appointment for appointment in listed if appointment.row.state not in NOT_GIVEN]
    return [
        Appointment(
            row=appointment.row,
            begins=appointment.begins,
            ends=appointment.ends,
            clashes=tuple(_clashes(appointment, held)),
        )
        if appointment in held
        else appointment
        for appointment in listed
    ]


def _clashes(appointment: Appointment, held: Sequence[Appointment]) -> list[str]:
    clashes = []
    for other in held:
        if other.row.pk == appointment.row.pk or not (
            appointment.begins < other.ends and other.begins < appointment.ends
        ):
            continue
        if other.row.patient_id == appointment.row.patient_id:
            clashes.append(f"the same patient has another session at {other.begins:%H:%M}")
        if appointment.row.bed and other.row.bed == appointment.row.bed:
            clashes.append(f"{appointment.row.bed} is taken at {other.begins:%H:%M}")
    return clashes


def grid(listed: Sequence[Appointment]) -> Grid:
    """The sessions that take place, by half hours and chairs; two at once in one chair stand in two columns."""
    held = [appointment for appointment in listed if appointment.row.state not in NOT_GIVEN]
    if not held:
        return Grid()
    columns = _columns(held)
    first = min(_floor(appointment.begins) for appointment in held)
    last = min(max(appointment.ends for appointment in held), _midnight(first))
    times = [first + SLOT * number for number in range(max(1, -((first - last) // SLOT)))]
    slots = tuple(
        Slot(
            at,
            tuple(_cells(columns, at, times)),
            sum(appointment.begins < at + SLOT and appointment.ends > at for appointment in held),
        )
        for at in times
    )
    return Grid(tuple(name for name, _ in columns), slots)


def _columns(held: Sequence[Appointment]) -> list[tuple[str, list[Appointment]]]:
    """Chairs in the order of their names, those without one last; none of a column reaches into the next."""
    columns: list[tuple[str, list[Appointment]]] = []
    for appointment in sorted(
        held, key=lambda appointment: (appointment.chair == NO_CHAIR, appointment.chair, appointment.begins)
    ):
        free = (
            kept
            for name, kept in columns
            if name == appointment.chair and _floor(appointment.begins) >= _ceiling(kept[-1].ends)
        )
        place = next(free, None)
        if place is None:
            columns.append((appointment.chair, [appointment]))
        else:
            place.append(appointment)
    return columns


def _cells(columns: Sequence[tuple[str, list[Appointment]]], at: datetime, times: Sequence[datetime]) -> Iterable[Cell]:
    for _, kept in columns:
        here = next(
            (appointment for appointment in kept if _floor(appointment.begins) <= at < _ceiling(appointment.ends)), None
        )
        if here is None:
            yield Cell()
        elif _floor(here.begins) == at:
            yield Cell(here, sum(at <= slot < _ceiling(here.ends) for slot in times))


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)


def _ceiling(moment: datetime) -> datetime:
    low = _floor(moment)
    return low if low == moment else low + SLOT


def _midnight(first: datetime) -> datetime:
    return datetime.combine(first.date() + timedelta(days=1), time(0), tzinfo=first.tzinfo)


def _local(row: InfusionSession, moment: datetime) -> datetime:
    return moment.astimezone(row.site.zone)
