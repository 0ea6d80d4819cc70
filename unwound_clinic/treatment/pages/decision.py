"""The decision: signed on what is shown, kept as it was shown, computed again when somebody asks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from unwound_clinic.core import access
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Decision, Patient
from unwound_clinic.record import review
from unwound_clinic.record.pages.assessment import grouped
from unwound_clinic.treatment.actions import decisions
from unwound_clinic.treatment.forms.decision import DecisionForm

SIGNED_ON = ("decided", "indication", "override_reason", "review_on", "note", "seen")


@patient_page("decision")
def decision(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What is advised now, and the form that accepts or overrides it."""
    reviewed = review.review_of(patient, today(patient.site))
    s = review.content(reviewed, changes=False)
    form = DecisionForm(request, s, reviewed.seen, today(patient.site))
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in SIGNED_ON}
        signed = decisions.sign(by=actor(request), patient=patient, **given)
        messages.success(request, "Signed. The record keeps what you were shown.")
        return redirect("decision-record", patient.pk, signed.pk)
    shown = {
        "patient": patient,
        "tab": "decision",
        "s": s,
        "reasons": review.reasons(s["candidacy"]),
        "form": form,
        "alarms": patient.alarms.filter(seen_at=None),
        "past": patient.decisions.select_related("signed_by").order_by("-id"),
        "may": access.may(actor(request), "sign-decision", patient),
    }
    return render(request, "treatment/decision.html", shown)


@patient_page("signed decision")
def signed(request: HttpRequest, patient: Patient, decision: int) -> HttpResponse:
    """A signed record: exactly what was shown."""
    found = _of(patient, decision)
    s = found.shown
    shown = {
        "patient": patient,
        "tab": "decision",
        "decision": found,
        "s": s,
        "reasons": review.reasons(s["candidacy"]),
        "changes": grouped(s["candidacy"]["would_change"]),
        "live": False,
    }
    return render(request, "treatment/decision_record.html", shown)


@patient_page("decision replayed")
def replay(request: HttpRequest, patient: Patient, decision: int) -> HttpResponse:
    """The same decision under today's knowledge."""
    found = _of(patient, decision)
    shown = {"patient": patient, "tab": "decision", "decision": found, "again": review.recompute(found)}
    return render(request, "treatment/decision_replay.html", shown)


def _of(patient: Patient, decision: int) -> Decision:
    return get_object_or_404(Decision.objects.select_related("signed_by"), patient=patient, pk=decision)


urls = [
    path("patients/<int:number>/decision/", decision, name="decision"),
    path("patients/<int:number>/decision/<int:decision>/", signed, name="decision-record"),
    path("patients/<int:number>/decision/<int:decision>/replay/", replay, name="decision-replay"),
]
