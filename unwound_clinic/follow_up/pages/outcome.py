"""What came of a patient's courses on one page: the picture and its table, response, durability, and again or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from unwound.outcomes import Retreat
from unwound.record import UnwoundError
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.follow_up import given, months, picture
from unwound_clinic.follow_up.actions import elsewhere
from unwound_clinic.follow_up.forms import ElsewhereForm, PlannedForm
from unwound_clinic.follow_up.months import Judged
from unwound_clinic.models import Patient
from unwound_clinic.record import review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import ELSEWHERE
from unwound_clinic.record.review import Reviewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that the page rests on."""

    reviewed: Reviewed
    courses: tuple[Judged, ...]
    shown: picture.Shown


def record(patient: Patient, day: date) -> Record:
    """A patient's courses with what came of them."""
    reviewed = review.review_of(patient, day)
    courses = months.judged(patient, reviewed, given.here(patient, timezone.now()), day)
    scores = months.scores_of(patient, reviewed)
    return Record(reviewed=reviewed, courses=courses, shown=picture.shown(reviewed, scores, courses, day))


@patient_page("outcome")
def shown(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The page; ketamine from elsewhere is entered on it."""
    other = ElsewhereForm(
        request.POST if request.POST.get("do") == "record" else None, label_suffix="", auto_id="other-%s"
    )
    if request.method == "POST" and (done := _do(request, patient, other)):
        return done
    day = today(patient.site)
    known = record(patient, day)
    form = _planned(request, known, day)
    context: dict[str, Any] = {
        "patient": patient, "tab": "outcome", "courses": [_course(course, day) for course in reversed(known.courses)],
        "shown": known.shown, "seen": known.reviewed.seen, "form": form, "other": other, "today": day,
        "elsewhere": [
            (entry, record_translate.content(entry))
            for entry in known.reviewed.entries
            if entry.kind == ELSEWHERE
        ],
        "may_record": access.may(actor(request), "record-facts", patient),
        **_another(known, form),
    }  # fmt: skip
    return render(request, "follow_up/outcome.html", context)


@patient_page("outcome picture")
def drawn(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The picture; 404 where nothing is dated yet."""
    known = record(patient, today(patient.site))
    if known.shown.is_empty:
        raise Http404
    return HttpResponse(picture.drawn(known.shown), content_type="image/svg+xml")


def _do(request: HttpRequest, patient: Patient, form: ElsewhereForm) -> HttpResponse | None:
    """What a button of the page asks for; None where the form is shown again."""
    by, what, day = actor(request), request.POST.get("do", ""), today(patient.site)
    if what == "none":
        elsewhere.none_since(by=by, patient=patient, today=day)
    elif what == "take-back":
        words = request.POST.get("words", "")
        elsewhere.take_back(by=by, patient=patient, key=request.POST.get("key", ""), reason=words)
    elif what != "record":
        raise Conflict("choose what is to be done")
    elif form.is_valid():
        elsewhere.record(by=by, patient=patient, value=form.value(), today=day)
    else:
        return None
    messages.success(request, "Recorded.")
    return redirect("outcome", patient.pk)


def _planned(request: HttpRequest, known: Record, day: date) -> PlannedForm:
    """The course asked about: today, and as many hours as the last one, until somebody says otherwise."""
    last = known.courses[-1].given.hours if known.courses else None
    usual = {"start": day.isoformat(), "hours": "" if last is None else f"{last:g}"}
    return PlannedForm(request.GET if "start" in request.GET else usual, label_suffix="")


def _another(known: Record, form: PlannedForm) -> dict[str, Any]:
    """Whether another course may be considered, or why that cannot be asked."""
    if not known.courses:
        return {}
    if not form.is_valid():
        return {"cannot_ask": "correct what is marked below"}
    planned, lost = form.planned()
    try:
        again: Retreat = months.another(known.reviewed, known.courses, planned, lost)
    except UnwoundError as reason:
        return {"cannot_ask": str(reason)}
    return {"again": again, "planned": planned}


def _course(course: Judged, day: date) -> dict[str, Any]:
    """One course for the template."""
    ending = course.ending
    return {
        "judged": course,
        "given": course.given,
        "outcome": course.outcome,
        "unchanged": course.unchanged,
        "ending": ending,
        "weeks": picture.week_means(course, day),
        "had": None if ending is None else round(100 * ending.end.had),
    }


urls = [
    takes("patients/<int:number>/outcome/", shown, name="outcome"),
    reads("patients/<int:number>/outcome/picture.svg", drawn, name="outcome-picture"),
]
