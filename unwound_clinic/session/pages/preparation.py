"""Before the start: the requirements and the forms that answer them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from unwound.session import display, gates
from unwound.session.gates import GateName
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import baselines, before_and_after, moments, times, watching
from unwound_clinic.session import gates as session_gates
from unwound_clinic.session import order as session_order
from unwound_clinic.session.actions import course, discharge, preparation
from unwound_clinic.session.forms import PrepareForm, SignsForm, TodayForm
from unwound_clinic.session.pages.common import session_context, session_page
from unwound_clinic.treatment import second_check

ANSWERED = {
    **dict.fromkeys(
        ("weight", "fasting", "driver", "pregnancy", "rescue", "suction"), ("#today", "Pre-infusion assessment")
    ),
    "baseline": ("#baseline", "Baseline vital signs"),
    "second_check": ("?second=", "Second check of the syringe"),
    **dict.fromkeys(
        ("aldrete", "padss", "escort", "when_to_call", "no_driving", "next_call"), ("#found", "Discharge assessment")
    ),
    **dict.fromkeys(("vitals", "limits"), ("session", "Enter them in the infusion room")),
    "alerts_seen": ("session", "Acknowledge them in the infusion room"),
    "drug_balance": ("session-drug", "Controlled drug"),
}
"""Requirement of a gate -> page, or part of the same page, where it is answered; and what that is called."""


@session_page("before the start")
def before_start(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Every requirement: met, missing or not known, each with its reason and the form that answers it."""
    if row.state not in preparation.BEFORE:
        return redirect("session", row.pk)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    rows = times.events_of(row)
    answers = before_and_after.answers_of_today(row, rows, timezone.now())
    taken = baselines.of_the_monitor(watching.live(row))
    forms: dict[str, Any] = {
        "today": TodayForm(row, request.POST if do == "today" else None, initial=_initial(answers), prefix="today"),
        "baseline": SignsForm(
            display.baseline(),
            request.POST if do == "baseline" else None,
            prefix="baseline",
            initial={id: reading.value for id, reading in taken.items()},
        ),
        "prepare": PrepareForm(request, row.site, request.POST if do == "prepare" else None, prefix="prepare"),
    }
    if do and _done(request, row, do, forms):
        return redirect("session" if do == "start" else "session-start", row.pk)
    gate, now = gates.gate(GateName.START), timezone.now()
    passage = session_gates.start(row, now)
    run = session_order.run_of(row)
    second = do == "prepare" or "second" in request.GET
    context = {
        **session_context(row), "place": "start", "forms": forms, "passage": passage, "known": answers, "run": run,
        "items": items(gate, passage, row), "taken": max((reading.at for reading in taken.values()), default=None),
        "moments": moments.CHOICES, "second": second, "rule": _rule(row) if second else (),
        "ordered_for": second_check.weight_to_name(row.plan, answers.get("weight_kg")),
        "may_override": access.may(actor(request), "override-discharge", row.patient),
        "may_run": access.may(actor(request), "run-session", row.patient),
    }  # fmt: skip
    return render(request, "session/preparation.html", context)


def _rule(row: InfusionSession) -> list[str]:
    """The dosing rule of the course, from which the second person works the rate out."""
    from unwound import protocols

    course = protocols.protocols().get(row.plan.protocol)
    return list(second_check.dosing_rule(course)) if course else []


def items(gate: gates.Gate, passage: gates.Passage, row: InfusionSession) -> list[dict[str, Any]]:
    """Every requirement with where it is answered: open ones first, each part in the order of its file."""
    refusals = {refusal.requirement: refusal for refusal in passage.refusals}
    overrides = {override.requirement: override for override in passage.overridden}
    listed: list[dict[str, Any]] = [
        {"id": id, "title": rule.title, "refusal": refusals.get(id), "override": overrides.get(id), "text": rule.reason}
        for id, rule in gate.requirements.items()
    ]
    extra = [refusal for id, refusal in refusals.items() if id not in gate.requirements]
    listed += [{"id": refusal.requirement, "title": refusal.title, "refusal": refusal} for refusal in extra]
    for item in listed:
        item["to"], item["where"] = _answered(item["id"], row)
    return sorted(listed, key=lambda item: item["refusal"] is None)


def _answered(requirement: str, row: InfusionSession) -> tuple[str, str]:
    """The address where a requirement is answered, and its name; none where only time or the record answers it."""
    page, title = ANSWERED.get(requirement, ("", ""))
    return (page if not page or page[0] in "#?" else reverse(page, args=[row.pk])), title


def _initial(answers: dict[str, Any]) -> dict[str, Any]:
    values = dict(answers)
    for name in ("fasting_rule_kept", "pregnancy_possible"):
        if name in values:
            values[name] = "yes" if values[name] else "no"
    return values


def _done(request: HttpRequest, row: InfusionSession, do: str, forms: dict[str, Any]) -> bool:
    """Carries out what was sent; False where a form has to be filled in again.

    Branches by the button pressed, one action each.
    """
    by, patient = actor(request), row.patient
    form: Any = forms.get(do)
    if form is not None and not form.is_valid():
        return False
    if do == "today":
        earlier = before_and_after.answers_of_today(row, times.events_of(row), timezone.now())
        new = {name: value for name, value in form.answers().items() if earlier.get(name) != value}
        if new:
            preparation.record_today(by=by, patient=patient, session=row, answers=new)
    elif do == "baseline":
        preparation.baseline(by=by, patient=patient, session=row, values=form.values())
    elif do == "prepare":
        return _prepared(by, row, form)
    elif do == "ready":
        preparation.ready(by=by, patient=patient, session=row)
    elif do == "again":
        preparation.check_again(by=by, patient=patient, session=row)
    elif do == "override":
        requirement, reason = request.POST.get("requirement", ""), request.POST.get("reason", "")
        discharge.override(
            by=by, patient=patient, session=row, gate=GateName.START, requirement=requirement, reason=reason
        )
    elif do == "start":
        run = session_order.run_of(row)
        rate = run.rates[0].mg_per_h if run else 0.0
        moment = moments.read(request.POST.dict(), "", row.site.zone, timezone.now())
        course.start(by=by, patient=patient, session=row, rate_mg_per_h=rate, at=moment.at, how=moment.how)
    return True


def _prepared(by: access.Staff, row: InfusionSession, form: PrepareForm) -> bool:
    """Signs the second check of the syringe; what differs stands on the form, and what was typed stays."""
    checker = form.cleaned_data["confirmed"]
    try:
        preparation.prepare(by=by, patient=row.patient, session=row, checker=checker, syringe=form.syringe())
    except Conflict as differs:
        form.add_error(None, f"Not confirmed: {differs}.")
        return False
    return True


urls = [
    takes("sessions/<int:number>/start/", before_start, name="session-start"),
]
