"""The decision: signed on the review that is shown, stored with it, and recomputed on request."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound.terms import Purpose
from unwound_clinic.core import access
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Decision, Patient
from unwound_clinic.record import review
from unwound_clinic.record.pages.assessment import grouped
from unwound_clinic.treatment.actions import decisions
from unwound_clinic.treatment.forms.decision import DecisionForm

SIGNED_ON = ("decided", "indication", "override_reason", "review_on", "note", "seen")


@patient_page("decision")
def decision(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The present advice, and the form that accepts or overrides it."""
    return _decide(request, patient, Purpose.PAIN)


@patient_page("decision on depression")
def on_depression(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The same for the second indication, where a depression is in play."""
    return _decide(request, patient, Purpose.DEPRESSION)


def _decide(request: HttpRequest, patient: Patient, aim: Purpose) -> HttpResponse:
    reviewed = review.review_of(patient, today(patient.site))
    s = review.content(reviewed, changes=False)
    if aim == Purpose.DEPRESSION and s["depression"] is None:
        messages.warning(request, "No depression is recorded, so there is nothing to decide for it.")
        return redirect("decision", patient.pk)
    form = DecisionForm(request, s, reviewed.seen, today(patient.site), aim)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in SIGNED_ON if name in form.cleaned_data}
        signed = decisions.sign(by=actor(request), patient=patient, aim=aim, **fields)
        messages.success(request, "Signed. What you were shown is kept in the record.")
        return redirect("decision-record", patient.pk, signed.pk)
    context = {
        "patient": patient,
        "tab": "decision",
        "s": s,
        "aim": aim,
        "advice": s["candidacy"] if aim == Purpose.PAIN else s["depression"],
        "reasons": review.reasons(s["candidacy"] if aim == Purpose.PAIN else s["depression"]),
        "form": form,
        "alarms": patient.alarms.filter(seen_at=None),
        "past": patient.decisions.select_related("signed_by").order_by("-id"),
        "may": access.may(actor(request), "sign-decision", patient),
    }
    return render(request, "treatment/decision.html", context)


@patient_page("signed decision")
def signed(request: HttpRequest, patient: Patient, decision: int) -> HttpResponse:
    """A signed decision with exactly what was shown."""
    row = _decision(patient, decision)
    s = row.shown
    context = {
        "patient": patient,
        "tab": "decision",
        "decision": row,
        "s": s,
        "reasons": review.reasons(s["candidacy"]),
        "changes": grouped(s["candidacy"]["would_change"]),
        "live": False,
    }
    return render(request, "treatment/decision_record.html", context)


@patient_page("decision replayed")
def replay(request: HttpRequest, patient: Patient, decision: int) -> HttpResponse:
    """The same decision recomputed with today's knowledge."""
    row = _decision(patient, decision)
    context = {"patient": patient, "tab": "decision", "decision": row, "again": review.recompute(row)}
    return render(request, "treatment/decision_replay.html", context)


def _decision(patient: Patient, decision: int) -> Decision:
    return get_object_or_404(Decision.objects.select_related("signed_by"), patient=patient, pk=decision)


urls = [
    takes("patients/<int:number>/decision/", decision, name="decision"),
    takes("patients/<int:number>/decision/depression/", on_depression, name="decision-depression"),
    reads("patients/<int:number>/decision/<int:decision>/", signed, name="decision-record"),
    reads("patients/<int:number>/decision/<int:decision>/replay/", replay, name="decision-replay"),
]
