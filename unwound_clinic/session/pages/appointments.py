"""Sessions by day and by patient, their appointments, and the check-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from unwound import record
from unwound.session.states import SessionState
from unwound_clinic.core import access, opening, seen
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page
from unwound_clinic.models import InfusionSession, OrderState, Patient, Plan, Site
from unwound_clinic.session import order as session_order
from unwound_clinic.session import timetable
from unwound_clinic.session.actions import absences, appointments, course
from unwound_clinic.session.forms import AppointmentForm, CheckInForm
from unwound_clinic.session.pages.common import session_context, session_page
from unwound_clinic.treatment import current

OPEN = (
    SessionState.SCHEDULED,
    SessionState.CHECKED_IN,
    SessionState.READY,
    SessionState.INFUSING,
    SessionState.PAUSED,
    SessionState.RECOVERING,
)
FIRST_HOUR = time(9, 0)
NOT_TAKING_PLACE = {
    "missed": (absences.did_not_come, "Saved: patient did not attend. This day of the course can be scheduled again."),
    "call-off": (absences.call_off, "Appointment cancelled. This day of the course can be scheduled again."),
}
"""What a form may say of an appointment -> the action, and what is said then."""


def day_list(request: HttpRequest) -> HttpResponse:
    """Today's sessions, those that are still open from before, and the days ahead."""
    sites = actor(request).sites_where("schedule-session")
    if not sites:
        raise access.Refused("viewing the list of sessions requires a role in patient care")
    rows = InfusionSession.objects.filter(site__in=sites).select_related("patient", "site", "plan", "provider")
    several_sites = Site.objects.filter(pk__in=sites)
    ends = [_midnight(site) for site in several_sites]
    end = max(ends, default=timezone.now())
    today = rows.filter(scheduled_at__lt=end).filter(state__in=OPEN) | rows.filter(
        scheduled_at__lt=end, scheduled_at__gte=end - timedelta(days=1)
    )
    context: dict[str, Any] = {
        "today": today.order_by("scheduled_at", "id"),
        "ahead": rows.filter(scheduled_at__gte=end, state=SessionState.SCHEDULED).order_by("scheduled_at", "id")[:60],
        "before": rows.filter(scheduled_at__lt=end - timedelta(days=1)).exclude(state__in=OPEN).order_by("-id")[:30],
        "several": len(sites) > 1,
        "watches": bool(actor(request).sites_where("watch-sessions")),
    }
    listed = [row.patient for part in ("today", "ahead", "before") for row in context[part]]
    seen.listed(by=actor(request), patients=listed, page="sessions")
    return render(request, "session/sessions.html", context)


def _midnight(site: Site) -> datetime:
    day = timezone.now().astimezone(site.zone).date() + timedelta(days=1)
    return datetime.combine(day, time(0), tzinfo=site.zone)


@patient_page("sessions")
def patient_sessions(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The sessions of one patient, and the form that schedules a checked order."""
    order = current.plan(patient)
    checked = order if order is not None and order.state == OrderState.CHECKED else None
    may = access.may(actor(request), "schedule-session", patient)
    runs = session_order.runs(checked) if checked else ()
    scheduled_days = (
        set(checked.sessions.exclude(state=SessionState.ABORTED).values_list("day", flat=True)) if checked else set()
    )
    unscheduled = [run for run in runs if run.day not in scheduled_days]
    form = AppointmentForm(patient.site, request.POST or None, initial={"at": _first(patient, checked, unscheduled)})
    form.fields["at"].label = f"Date and time of day {unscheduled[0].day}" if unscheduled else ""
    proposed: list[Proposed] = []
    if request.method == "POST" and checked and form.is_valid():
        proposed = _proposed(patient.site, unscheduled, form.cleaned_data)
        agreed = request.POST.get("agreed") == _token(proposed)
        if agreed or not any(day.why for day in proposed):
            try:
                return _scheduled(request, patient, checked, form)
            except Conflict as reason:
                form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
                proposed = []
    rows = patient.sessions.select_related("plan", "site", "provider").order_by("scheduled_at", "id")
    context = {
        "patient": patient, "tab": "sessions", "rows": rows, "order": order, "checked": checked,
        "form": form if may and unscheduled else None, "left": unscheduled, "proposed": proposed,
        "agreed": _token(proposed),
    }  # fmt: skip
    return render(request, "session/patient_sessions.html", context)


@dataclass(frozen=True, slots=True)
class Proposed:
    """When one infusion of a course would be, and why it is not on the day that the order says; empty where it is."""

    day: int
    at: datetime
    why: str


def _proposed(site: Site, runs: Sequence[session_order.Run], fields: Mapping[str, Any]) -> list[Proposed]:
    """The infusions of a course on open days, each with what moved it from the day that the order says."""
    closed_too = bool(fields.get("although_closed"))
    ordered = timetable.times_of(site, runs, fields["at"], True)
    times = timetable.times_of(site, runs, fields["at"], closed_too)
    return [
        Proposed(run.day, at, "" if at == wished else _why_moved(site, wished))
        for run, at, wished in zip(runs, times, ordered, strict=True)
    ]


def _why_moved(site: Site, wished: datetime) -> str:
    why = opening.why_closed(site, wished.date())
    day = f"{wished:%a} {record.short_day(wished)}"
    return f"not on {day}: {why}" if why else f"later than {day}, as those before it"


def _token(proposed: Sequence[Proposed]) -> str:
    """What a form sends back to agree to exactly these times."""
    return " ".join(day.at.isoformat() for day in proposed)


def _scheduled(request: HttpRequest, patient: Patient, checked: Plan, form: AppointmentForm) -> HttpResponse:
    fields = form.cleaned_data
    sessions = appointments.schedule(
        by=actor(request), patient=patient, plan=checked, first_at=fields["at"], bed=fields["bed"],
        provider=fields["provider"], although_closed=bool(fields.get("although_closed")),
    )  # fmt: skip
    messages.success(request, f"{len(sessions)} session{'s' if len(sessions) > 1 else ''} scheduled.")
    return redirect("patient-sessions", patient.pk)


@session_page("appointment", "schedule-session")
def appointment(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Changes time, bed or provider; says that the patient did not come, calls it off, or discontinues the session."""
    local = row.scheduled_at.astimezone(row.site.zone).strftime("%Y-%m-%dT%H:%M")
    form = AppointmentForm(
        row.site, request.POST or None, initial={"at": local, "bed": row.bed, "provider": row.provider}
    )
    if request.method == "POST" and request.POST.get("do") == "abort":
        reason, to = request.POST.get("reason", ""), request.POST.get("handed_over", "")
        course.abort(by=actor(request), patient=row.patient, session=row, reason=reason, handed_over=to)
        messages.success(request, "Session discontinued; everything charted is kept.")
        return redirect("sessions")
    if request.method == "POST" and request.POST.get("do") in NOT_TAKING_PLACE:
        act, says = NOT_TAKING_PLACE[request.POST["do"]]
        act(by=actor(request), patient=row.patient, session=row, reason=request.POST.get("reason", ""))
        messages.success(request, says)
        return redirect("patient-sessions", row.patient_id)
    may_run = access.may(actor(request), "run-session", row.patient)
    if request.method == "POST" and form.is_valid():
        try:
            appointments.move_appointment(by=actor(request), patient=row.patient, session=row, **form.cleaned_data)
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            messages.success(request, "Appointment updated.")
            return redirect("session", row.pk) if may_run else redirect("patient-sessions", row.patient_id)
    context = {"place": "appointment", "form": form, "may_run": may_run, "over": row.scheduled_at <= timezone.now()}
    return render(request, "session/appointment.html", {**session_context(row), **context})


@session_page("check-in", "schedule-session")
def check_in(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """The check-in, with two identifiers."""
    if row.state != SessionState.SCHEDULED:
        return redirect("session", row.pk)
    form = CheckInForm(row.patient, request.POST or None, initial={"bed": row.bed})
    if request.method == "POST" and form.is_valid():
        appointments.check_in(
            by=actor(request), patient=row.patient, session=row, identifiers=form.identifiers(),
            bed=form.cleaned_data["bed"],
        )  # fmt: skip
        messages.success(request, "Checked in.")
        may_run = access.may(actor(request), "run-session", row.patient)
        return redirect("session-start" if may_run else "sessions", *([row.pk] if may_run else []))
    return render(request, "session/check_in.html", {**session_context(row), "place": "check-in", "form": form})


def _first(patient: Patient, order: Any, unscheduled: list[session_order.Run]) -> str:
    """The day of the order's start where it has one, else today; never a time that is over."""
    now = timezone.now().astimezone(patient.site.zone).replace(tzinfo=None)
    day = now.date()
    if order is not None and order.start_on and unscheduled:
        day = max(day, order.start_on + timedelta(days=unscheduled[0].day - 1))
    next_quarter = (now + timedelta(minutes=15 - now.minute % 15)).replace(second=0, microsecond=0)
    return max(datetime.combine(day, FIRST_HOUR), next_quarter).strftime("%Y-%m-%dT%H:%M")


urls = [
    reads("sessions/", day_list, name="sessions"),
    takes("patients/<int:number>/sessions/", patient_sessions, name="patient-sessions"),
    takes("sessions/<int:number>/appointment/", appointment, name="session-appointment"),
    takes("sessions/<int:number>/check-in/", check_in, name="session-check-in"),
]
