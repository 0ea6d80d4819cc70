"""The months after a course on a patient's page: what was agreed, each asking with its times, calls and answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound import record
from unwound.follow_up import What
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor, patient_page, show_alarms, today
from unwound_clinic.follow_up import course, schedule
from unwound_clinic.follow_up import diary as diaries
from unwound_clinic.follow_up.actions import agreement, calls
from unwound_clinic.follow_up.actions import diary as diary_actions
from unwound_clinic.follow_up.diary import DiaryForm
from unwound_clinic.follow_up.forms import AgreementForm, CallForm
from unwound_clinic.models import Asking, Entry, Patient
from unwound_clinic.record import pains
from unwound_clinic.record.entries import current

WORDS = {
    What.ASKED: "asked",
    What.REMINDED: "reminded",
    What.OPENED: "opened",
    What.BOUNCED: "came back",
    What.NOT_REACHED: "called, not reached",
    What.DONE: "answered",
    What.DECLINED: "declined",
    What.WITHDRAWN: "wants no more",
    What.DIED: "died",
    What.LAPSED: "over without an answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One asking as the page shows it."""

    asking: Asking
    times: tuple[tuple[str, str, str, str], ...]
    """What happened, in the site's zone, in UTC, by whom or with what note."""
    answers: tuple[tuple[str, str], ...]
    how: str
    kept: bool
    """Whether its answers stand in the record."""


@patient_page("follow-up")
def shown(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What was agreed and what came of it; agreeing, ending, reading and taking back are sent to the same page."""
    asked = AgreementForm(request.POST if request.POST.get("do") == "agree" else None, label_suffix="")
    if request.method == "POST" and (not asked.is_bound or _agreed(request, patient, asked)):
        return redirect("follow-up", patient.pk) if asked.is_bound else _do(request, patient)
    plan = course.given(patient) or patient.plans.order_by("-pk").first()
    row = patient.follow_ups.order_by("-pk").first()
    may = access.may(actor(request), "follow-up", patient)
    context = {
        "patient": patient, "tab": "follow-up", "plan": plan, "row": row, "form": asked,
        "active": row is not None and row.ended_at is None,
        "next": next((day for day in schedule.days(row) if day.on > today(patient.site)), None) if row else None,
        "lines": list(_lines(patient)), "may": may,
        "why_nobody": agreement.why_nobody_is_asked(patient.site) if may else "",
        "may_take_back": access.may(actor(request), "record-facts", patient),
    }  # fmt: skip
    return render(request, "follow_up/patient.html", context)


def _agreed(request: HttpRequest, patient: Patient, asked: AgreementForm) -> bool:
    """Records how the patient wants to be asked: whether it was; what is missing for it stands beside the choice."""
    plan = course.given(patient) or patient.plans.order_by("-pk").first()
    if plan is None:
        raise Conflict("no course was ordered: there is nothing to ask about yet")
    if not asked.is_valid():
        return False
    try:
        agreement.agree(by=actor(request), patient=patient, plan=plan, channel=asked.cleaned_data["channel"])
    except Conflict as missing:
        asked.add_error("channel", f"Not recorded: {missing}.")
        return False
    messages.success(request, "Recorded.")
    return True


def _do(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What a button of the page asks for: one branch each."""
    by, what = actor(request), request.POST.get("do", "")
    if what in (What.WITHDRAWN, What.DIED):
        row = get_object_or_404(patient.follow_ups, ended_at=None)
        agreement.end(by=by, patient=patient, follow_up=row, why=what)
        messages.success(request, "Nothing is sent any more.")
    elif what in ("read", "take-back"):
        asking = get_object_or_404(patient.askings, pk=_number(request.POST.get("asking", "")))
        words = request.POST.get("words", "")
        if what == "read":
            calls.read(by=by, patient=patient, asking=asking, words=words)
        else:
            diary_actions.take_back(by=by, patient=patient, asking=asking, reason=words)
        marked = "Marked as entered in error; it stays in the history."
        messages.success(request, "Recorded." if what == "read" else marked)
    else:
        raise Conflict("choose what is to be done")
    return redirect("follow-up", patient.pk)


@patient_page("diary by telephone")
def call(request: HttpRequest, patient: Patient, asking: int) -> HttpResponse:
    """A call: what the patient says is typed into the same diary, or what else came of it."""
    row = get_object_or_404(patient.askings.select_related("follow_up"), pk=asking)
    listed = pains.still_there(pains.on_record(current(patient, "pain")))
    typed = request.POST if request.method == "POST" and "result" not in request.POST else None
    result = request.POST if request.method == "POST" and "result" in request.POST else None
    form, came = DiaryForm(row.day, listed, typed), CallForm(result, label_suffix="")
    if typed is not None and form.is_valid():
        filled = form.filled(row, today(patient.site), "telephone", timezone.now())
        show_alarms(request, diary_actions.typed(by=actor(request), patient=patient, asking=row, diary=filled))
        messages.success(request, "Saved.")
        return redirect("follow-up", patient.pk)
    if result is not None and came.is_valid():
        calls.called(by=actor(request), patient=patient, asking=row, **came.cleaned_data)
        messages.success(request, "Recorded.")
        return redirect("follow-up", patient.pk)
    context = {"patient": patient, "tab": "follow-up", "asking": row, "form": form, "came": came}
    return render(request, "follow_up/call.html", context)


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() else 0


def _lines(patient: Patient) -> Iterator[Line]:
    # An asking may have no answer yet, one by the link or one by telephone; events may have no person.
    kept = {
        entry.key: entry
        for entry in Entry.objects.filter(patient=patient, kind="story", current=True, key__startswith="diary-")
    }
    zone = patient.site.zone
    for asking in patient.askings.select_related("follow_up", "seen_by").prefetch_related("events").order_by("-on"):
        value = (kept[asking.key].value if asking.key in kept else None) or {}
        events = sorted(asking.events.all(), key=lambda event: (event.at, event.pk))
        yield Line(
            asking=asking,
            times=tuple(
                (
                    WORDS[What(event.what)],
                    f"{record.minute(event.at.astimezone(zone))} {event.at.astimezone(zone):%Z}",
                    f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                    ", ".join(part for part in (event.by_name, _sending(event), event.note) if part),
                )
                for event in events
            ),
            answers=tuple(diaries.shown(value)),
            how="by telephone" if value.get("how") == "telephone" else "by the link" if value else "",
            kept=bool(value),
        )


def _sending(event: object) -> str:
    """Whether a message that was written down is known to have been sent."""
    is_message = getattr(event, "what", "") in (What.ASKED, What.REMINDED)
    return "not known whether it was sent" if is_message and getattr(event, "sent_at", None) is None else ""


urls = [
    takes("patients/<int:number>/follow-up/", shown, name="follow-up"),
    takes("patients/<int:number>/follow-up/<int:asking>/", call, name="follow-up-call"),
]
