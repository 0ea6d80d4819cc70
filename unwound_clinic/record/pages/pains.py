"""The pains of a patient: which there are, which is to be treated, and what is on record without saying whose it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from unwound import facts, instruments, record
from unwound.pathway import Review
from unwound.report import words
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import sent, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import pains, review, translate
from unwound_clinic.record.actions import pains as actions
from unwound_clinic.record.forms.pains import PainForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A pain with its best grade."""

    pain: pains.OnRecord
    grade: str
    in_view: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A value that is about one pain and does not say which."""

    entry: Entry
    says: str


@patient_page("pains")
def shown(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Every pain, and a form for another one."""
    reviewed = review.review_of(patient, today(patient.site))
    listed = pains.on_record(reviewed.entries)
    form = PainForm(None, bool(listed), request.POST or None)
    if request.method == "POST" and form.is_valid() and _done(request, form, lambda: _added(request, patient, form)):
        return redirect("pains", patient.pk)
    context = {
        "patient": patient,
        "tab": "consultation",
        "lines": _lines(listed, reviewed.review),
        "view": words.pain_in_view(reviewed.review),
        "unplaced": [
            Unplaced(entry=entry, says=_says(entry)) for entry in reviewed.entries if pains.names_no_pain(entry, listed)
        ],
        "still_there": pains.still_there(listed),
        "form": form,
        "may": access.may(actor(request), "record-facts", patient),
    }
    return render(request, "record/pains.html", context)


def _added(request: HttpRequest, patient: Patient, form: PainForm) -> str:
    described = form.described()
    actions.add(by=actor(request), patient=patient, pain=described, first=form.cleaned_data.get("first", ""))
    return f"«{described.name}» is on record."


@patient_page("pain")
def pain_page(request: HttpRequest, patient: Patient, key: str) -> HttpResponse:
    """One pain: renamed, described, ended."""
    listed = pains.on_record(review.review_of(patient, today(patient.site)).entries)
    recorded = next((pain for pain in listed if pain.key == key), None)
    if recorded is None:
        raise Http404
    form = PainForm(recorded, several=True, values=request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(request, form, lambda: _described(request, patient, key, form))
    ):
        return redirect("pains", patient.pk)
    may = access.may(actor(request), "record-facts", patient)
    context = {"patient": patient, "tab": "consultation", "pain": recorded, "form": form, "may": may}
    return render(request, "record/pain.html", context)


def _described(request: HttpRequest, patient: Patient, key: str, form: PainForm) -> str:
    described, reason = form.described(), form.cleaned_data["reason"]
    actions.describe(by=actor(request), patient=patient, key=key, pain=described, reason=reason)
    return f"«{described.name}» has been saved."


def _done(request: HttpRequest, form: PainForm, act: Callable[[], str]) -> bool:
    """Whether it was done; what does not fit is said beside the form, which keeps what was written."""
    try:
        messages.success(request, act())
    except Conflict as why:
        form.add_error(None, f"{str(why)[:1].upper()}{str(why)[1:]}.")
        return False
    return True


@patient_page("pain to be treated")
def treat(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Which pain is to be treated."""
    actions.treat(by=actor(request), patient=patient, key=request.POST.get("pain", ""))
    messages.success(request, "The pain to be treated has been recorded.")
    return redirect("pains", patient.pk)


@patient_page("whose a value is")
def place(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Which pain a value or a form is about."""
    kind, item, key = (request.POST.get(name, "") for name in ("kind", "item", "pain"))
    actions.place(by=actor(request), patient=patient, kind=kind, item=item, key=key)
    messages.success(request, "It counts for that pain now.")
    return redirect("pains", patient.pk)


@patient_page("pain entered in error")
def remove(request: HttpRequest, patient: Patient, key: str) -> HttpResponse:
    """A pain that was entered in error, to which nothing belongs."""
    actions.remove(by=actor(request), patient=patient, key=key, reason=request.POST.get("reason", ""))
    messages.success(request, "Marked as entered in error; it stays in the history.")
    return redirect("pains", patient.pk)


def _lines(listed: tuple[pains.OnRecord, ...], of: Review) -> list[Line]:
    grades = {other.pain.name: words.best_grade(other.grades) for other in of.other_pains}
    if of.patient.seen_pain:
        grades[of.patient.seen_pain] = words.best_grade(of.grades)
    return [
        Line(pain=pain, grade=grades.get(pain.name, ""), in_view=pain.name == of.patient.seen_pain) for pain in listed
    ]


def _says(entry: Entry) -> str:
    if entry.kind == "fact":
        return facts.says(entry.key, translate.fact(entry))
    id = str(translate.content(entry).get("instrument", ""))
    form = instruments.instruments().get(id)
    return f"{form.title if form else id}{f' of {record.day(entry.on)}' if entry.on else ''}"


urls = [
    takes("patients/<int:number>/pains/", shown, name="pains"),
    sent("patients/<int:number>/pains/treat/", treat, name="pains-treat"),
    sent("patients/<int:number>/pains/place/", place, name="pains-place"),
    takes("patients/<int:number>/pains/<written:key>/", pain_page, name="pain"),
    sent("patients/<int:number>/pains/<written:key>/in-error/", remove, name="pain-in-error"),
]
