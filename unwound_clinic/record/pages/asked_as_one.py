"""Answers to groups of questions that are asked as one: given, shown and taken back on the consultation."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from unwound import screens
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor, patient_page, show_alarms, today
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import groups, review, translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.entries import New


@dataclass(frozen=True, slots=True)
class Answer:
    """One group that was answered with «none of these», and whether the record speaks against it."""

    entry: Entry
    title: str
    items: str
    reopened: bool


def answers(reviewed: review.Reviewed) -> list[Answer]:
    """Every group that was answered, in the order of entry."""
    reopened = {answer.group for answer, _ in screens.reopened(reviewed.review.patient)}
    return [_answer(entry, reopened) for entry in reviewed.entries if entry.kind == "screened"]


def _answer(entry: Entry, reopened: set[str]) -> Answer:
    screen = screens.screens().get(entry.key)
    items = groups.titles(translate.content(entry).get("items", ()))
    return Answer(entry, screen.title if screen else entry.key, items, entry.key in reopened)


@patient_page("group of questions")
def screened(request: HttpRequest, patient: Patient, name: str) -> HttpResponse:
    """Answers a group as one, or takes its answer back; what it says stands on the consultation."""
    if name not in screens.screens():
        raise Http404
    consultation = reverse("consultation", args=[patient.pk])
    at_group = f"{consultation}?all=1#group-{name}"
    if request.method != "POST":
        return redirect(at_group)
    day, reason = today(patient.site), request.POST.get("reason", "")[:300].strip()
    block = groups.block(name, review.review_of(patient, day).review.patient)
    if "withdraw" in request.POST and not reason:
        raise Conflict("give the reason for retracting the answer")
    new = (groups.withdrawn(name),) if "withdraw" in request.POST else groups.answered(block, *_posted(request), day)
    show_alarms(request, record_entries.enter(by=actor(request), patient=patient, entries=new, reason=reason))
    messages.success(request, f"{block.title}: {_done(block, new)}.")
    rest_is_open = not any(entry.kind == "screened" and entry.value for entry in new)
    return redirect(at_group if rest_is_open else consultation)


def _posted(request: HttpRequest) -> tuple[list[str], list[str], str]:
    """What was read, what was ticked, and what the button said."""
    return request.POST.getlist("read"), request.POST.getlist("present"), request.POST.get("said", "")


def _done(block: groups.Block, new: tuple[New, ...]) -> str:
    if not new:
        return "nothing was ticked, so nothing was saved"
    if any(entry.kind == "fact" for entry in new):
        return f"recorded: {groups.titles(entry.key for entry in new)}. The others are still open"
    if new[0].value is None:
        return "the answer was retracted, and its questions are open again"
    return "none of the others" if block.said == "others" else "none of these"


urls = [takes("patients/<int:number>/consultation/groups/<written:name>/", screened, name="screened")]
