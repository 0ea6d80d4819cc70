"""Sessions by day, their appointments, the check-in, and the list of what must be true before the start."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from unwound.session import display, gates
from unwound.session.gates import GateName
from unwound.session.states import SessionState
from unwound_clinic import access, session_gates, standing, translate_session
from unwound_clinic.actions import patients as looking
from unwound_clinic.actions import session_leaving, sessions
from unwound_clinic.actions.door import Conflict
from unwound_clinic.forms_session import AppointmentForm, CheckInForm, PrepareForm, SignsForm, TodayForm
from unwound_clinic.models import InfusionSession, Patient, Site
from unwound_clinic.pages.door import actor, patient_page

Page = Callable[..., HttpResponseBase]
OPEN = (
    SessionState.SCHEDULED,
    SessionState.CHECKED_IN,
    SessionState.READY,
    SessionState.INFUSING,
    SessionState.PAUSED,
    SessionState.RECOVERING,
)
FIRST_HOUR = time(9, 0)
ANSWERED = {
    **dict.fromkeys(("weight", "fasting", "driver", "pregnancy", "rescue", "suction"), ("#today", "Found out today")),
    "baseline": ("#baseline", "Vital signs of the start"),
    "second_check": ("#syringe", "Second check of the syringe"),
    **dict.fromkeys(
        ("aldrete", "padss", "escort", "when_to_call", "no_driving", "next_call"), ("#found", "Found out and given")
    ),
    **dict.fromkeys(("vitals", "limits"), ("session", "Read them in the room")),
    "alerts_seen": ("session", "Acknowledge them in the room"),
    "drug_balance": ("session-drug", "Controlled drug"),
}
"""Requirement of a gate -> page, or part of the same page, where it is answered; and what that is called."""


def session_page(name: str, permission: str = "watch-sessions") -> Callable[[Page], Page]:
    """A page about one session (`number` in its address): refused or logged before anything is read."""

    def wrap(page: Page) -> Page:
        @functools.wraps(page)
        def shown(request: HttpRequest, number: int, **more: Any) -> HttpResponseBase:
            row = found(number)
            access.check(actor(request), permission, row.patient)
            if request.method in ("GET", "HEAD"):
                looking.viewed(by=actor(request), patient=row.patient, page=name)
            return page(request, row, **more)

        return shown

    return wrap


def found(number: int) -> InfusionSession:
    """One session with what every page about it shows."""
    rows = InfusionSession.objects.select_related("patient__site", "site", "plan", "provider")
    return get_object_or_404(rows, pk=number)


def typed_number(typed: str) -> float:
    """What was typed beside a form, with a point or a comma. Conflict for what is no number."""
    try:
        found = math.nan if "_" in typed else float(typed.strip().replace(",", "."))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise Conflict(f"«{typed[:20]}» is no number: nothing was charted")
    return found


def listed(request: HttpRequest) -> HttpResponse:
    """Today's sessions, those that are still open from before, and the days ahead."""
    sites = actor(request).sites_where("schedule-session")
    if not sites:
        raise access.Refused("«schedule session» needs a role in the care of patients")
    rows = InfusionSession.objects.filter(site__in=sites).select_related("patient", "site", "plan", "provider")
    several = Site.objects.filter(pk__in=sites)
    ends = [_midnight(site) for site in several]
    end = max(ends, default=timezone.now())
    today = rows.filter(scheduled_at__lt=end).filter(state__in=OPEN) | rows.filter(
        scheduled_at__lt=end, scheduled_at__gte=end - timedelta(days=1)
    )
    shown = {
        "today": today.order_by("scheduled_at", "id"),
        "ahead": rows.filter(scheduled_at__gte=end, state=SessionState.SCHEDULED).order_by("scheduled_at", "id")[:60],
        "before": rows.filter(scheduled_at__lt=end - timedelta(days=1)).exclude(state__in=OPEN).order_by("-id")[:30],
        "several": len(sites) > 1,
        "watches": bool(actor(request).sites_where("watch-sessions")),
    }
    return render(request, "sessions.html", shown)


def _midnight(site: Site) -> datetime:
    day = timezone.now().astimezone(site.zone).date() + timedelta(days=1)
    return datetime.combine(day, time(0), tzinfo=site.zone)


@patient_page("sessions")
def of_patient(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The sessions of one patient, and the form that makes appointments for a checked order."""
    order = standing.plan(patient)
    checked = order if order is not None and order.state == "checked" else None
    may = access.may(actor(request), "schedule-session", patient)
    runs = translate_session.runs(checked) if checked else ()
    there = (
        set(checked.sessions.exclude(state=SessionState.ABORTED).values_list("day", flat=True)) if checked else set()
    )
    left = [one for one in runs if one.day not in there]
    form = AppointmentForm(patient.site, request.POST or None, initial={"at": _first(patient, checked, left)})
    if request.method == "POST" and checked and form.is_valid():
        told = form.cleaned_data
        made = sessions.schedule(
            by=actor(request), patient=patient, plan=checked, first_at=told["at"], bed=told["bed"],
            provider=told["provider"],
        )  # fmt: skip
        messages.success(request, f"{len(made)} session{'s' if len(made) > 1 else ''} scheduled.")
        return redirect("patient-sessions", patient.pk)
    rows = patient.sessions.select_related("plan", "site", "provider").order_by("-scheduled_at")
    shown = {
        "patient": patient, "tab": "sessions", "rows": rows, "order": order, "checked": checked,
        "form": form if may and left else None, "left": left,
    }  # fmt: skip
    return render(request, "patient_sessions.html", shown)


def _first(patient: Patient, order: Any, left: list[translate_session.Run]) -> str:
    """The day of the order's start where it has one, else today."""
    day = timezone.now().astimezone(patient.site.zone).date()
    if order is not None and order.start_on and left:
        day = max(day, order.start_on + timedelta(days=left[0].day - 1))
    return datetime.combine(day, FIRST_HOUR).strftime("%Y-%m-%dT%H:%M")


@session_page("appointment", "schedule-session")
def appointment(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Another time, bed or provider; or not at all."""
    local = row.scheduled_at.astimezone(row.site.zone).strftime("%Y-%m-%dT%H:%M")
    form = AppointmentForm(
        row.site, request.POST or None, initial={"at": local, "bed": row.bed, "provider": row.provider}
    )
    if request.method == "POST" and request.POST.get("do") == "abort":
        reason, to = request.POST.get("reason", ""), request.POST.get("handed_over", "")
        sessions.abort(by=actor(request), patient=row.patient, session=row, reason=reason, handed_over=to)
        messages.success(request, "The session is broken off; what was charted stays.")
        return redirect("sessions")
    if request.method == "POST" and form.is_valid():
        sessions.move_appointment(by=actor(request), patient=row.patient, session=row, **form.cleaned_data)
        messages.success(request, "Changed.")
        return redirect("session", row.pk)
    may_run = access.may(actor(request), "run-session", row.patient)
    return render(
        request, "session_appointment.html", {**_shown(row), "place": "appointment", "form": form, "may_run": may_run}
    )


@session_page("check-in", "schedule-session")
def check_in(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Two identifiers first."""
    if row.state != SessionState.SCHEDULED:
        return redirect("session", row.pk)
    form = CheckInForm(row.patient, request.POST or None, initial={"bed": row.bed})
    if request.method == "POST" and form.is_valid():
        sessions.check_in(
            by=actor(request), patient=row.patient, session=row, identifiers=form.identifiers(),
            bed=form.cleaned_data["bed"],
        )  # fmt: skip
        messages.success(request, "Checked in.")
        may_run = access.may(actor(request), "run-session", row.patient)
        return redirect("session-start" if may_run else "sessions", *([row.pk] if may_run else []))
    return render(request, "session_check_in.html", {**_shown(row), "place": "check-in", "form": form})


@session_page("before the start")
def before_start(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Every requirement: met, missing or not known, each with its reason and the form that answers it."""
    if row.state not in sessions.BEFORE:
        return redirect("session", row.pk)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    rows = tuple(row.events.order_by("at", "id"))
    known = translate_session.found_today(row, rows, timezone.now())
    forms: dict[str, Any] = {
        "today": TodayForm(row, request.POST if do == "today" else None, initial=_initial(known), prefix="today"),
        "baseline": SignsForm(display.baseline(), request.POST if do == "baseline" else None, prefix="baseline"),
        "prepare": PrepareForm(request, row.site, request.POST if do == "prepare" else None, prefix="prepare"),
    }
    if do and _done(request, row, do, forms):
        return redirect("session" if do == "start" else "session-start", row.pk)
    gate, now = gates.gate(GateName.START), timezone.now()
    passage = session_gates.start(row, now)
    run = translate_session.run_of(row)
    shown = {
        **_shown(row), "place": "start", "forms": forms, "passage": passage, "known": known, "run": run,
        "items": items(gate, passage, row),
        "may_override": access.may(actor(request), "override-discharge", row.patient),
        "may_run": access.may(actor(request), "run-session", row.patient),
    }  # fmt: skip
    return render(request, "session_start.html", shown)


def items(gate: gates.Gate, passage: gates.Passage, row: InfusionSession) -> list[dict[str, Any]]:
    """Every requirement with where it is answered: what is open first, each part in the order of its file."""
    refused = {one.requirement: one for one in passage.refusals}
    decided = {one.requirement: one for one in passage.overridden}
    found: list[dict[str, Any]] = [
        {"id": id, "title": one.title, "refusal": refused.get(id), "override": decided.get(id), "text": one.reason}
        for id, one in gate.requirements.items()
    ]
    extra = [one for id, one in refused.items() if id not in gate.requirements]
    found += [{"id": one.requirement, "title": one.title, "refusal": one} for one in extra]
    for one in found:
        one["to"], one["where"] = _answered(one["id"], row)
    return sorted(found, key=lambda one: one["refusal"] is None)


def _answered(requirement: str, row: InfusionSession) -> tuple[str, str]:
    """The address where a requirement is answered, and its name; none where only time or the record answers it."""
    page, title = ANSWERED.get(requirement, ("", ""))
    return (page if not page or page[0] == "#" else reverse(page, args=[row.pk])), title


def _initial(known: dict[str, Any]) -> dict[str, Any]:
    told = dict(known)
    for name in ("fasting_rule_kept", "pregnancy_possible"):
        if name in told:
            told[name] = "yes" if told[name] else "no"
    return told


def _done(request: HttpRequest, row: InfusionSession, do: str, forms: dict[str, Any]) -> bool:
    """What was sent, done; False where a form has to be filled in again."""
    by, patient = actor(request), row.patient
    form: Any = forms.get(do)
    if form is not None and not form.is_valid():
        return False
    if do == "today":
        before = translate_session.found_today(row, row.events.order_by("at", "id"), timezone.now())
        new = {name: value for name, value in form.known().items() if before.get(name) != value}
        if new:
            sessions.know_today(by=by, patient=patient, session=row, known=new)
    elif do == "baseline":
        sessions.baseline(by=by, patient=patient, session=row, values=form.values())
    elif do == "prepare":
        told = form.cleaned_data
        sessions.prepare(
            by=by,
            patient=patient,
            session=row,
            checker=told["confirmed"],
            concentration_mg_per_ml=told["concentration"],
        )
    elif do == "ready":
        sessions.ready(by=by, patient=patient, session=row)
    elif do == "again":
        sessions.check_again(by=by, patient=patient, session=row)
    elif do == "override":
        requirement, reason = request.POST.get("requirement", ""), request.POST.get("reason", "")
        session_leaving.override(
            by=by, patient=patient, session=row, gate=GateName.START, requirement=requirement, reason=reason
        )
    elif do == "start":
        run = translate_session.run_of(row)
        rate = run.rates[0].mg_per_h if run else 0.0
        sessions.start(by=by, patient=patient, session=row, rate_mg_per_h=rate)
    return True


def _shown(row: InfusionSession) -> dict[str, Any]:
    return {"session": row, "patient": row.patient, "site": row.site}


urls = [
    path("sessions/", listed, name="sessions"),
    path("patients/<int:number>/sessions/", of_patient, name="patient-sessions"),
    path("sessions/<int:number>/appointment/", appointment, name="session-appointment"),
    path("sessions/<int:number>/check-in/", check_in, name="session-check-in"),
    path("sessions/<int:number>/start/", before_start, name="session-start"),
]
