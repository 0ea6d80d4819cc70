"""Everything of the review on one page, what would change it, and the same in plain words for the patient."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from unwound import candidacy, intake
from unwound.candidacy import Verdict
from unwound.conditions.knowledge import GradeLevel
from unwound.therapies.knowledge import Line
from unwound_clinic.core import access
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Decision, Patient
from unwound_clinic.record import review

Json = dict[str, Any]
MOST_FOUND = 3


@patient_page("assessment")
def assessment(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The review as it stands."""
    s = review.shown(review.review_of(patient, today(patient.site)), changes=False)
    shown = {
        "patient": patient,
        "tab": "assessment",
        "s": s,
        "reasons": review.reasons(s["candidacy"]),
        "live": True,
        "may_sign": access.may(actor(request), "sign-decision", patient),
        "decision": patient.decisions.select_related("signed_by").order_by("-id").first(),
    }
    return render(request, "record/assessment.html", shown)


@patient_page("what would change the answer")
def change(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What would change the answer: worked out when it is asked for; a part of a page, or a page by itself."""
    reviewed = review.review_of(patient, today(patient.site))
    changes = review.shown(reviewed, changes=True)["candidacy"]["would_change"]
    part = request.headers.get("X-Unwound-Part") == "1"
    template = "record/would_change.html" if part else "record/change.html"
    return render(request, template, {"patient": patient, "tab": "assessment", "changes": grouped(changes)})


def grouped(changes: list[Json]) -> Json:
    """Verdict -> the single facts that would give it; and the whole set that would make a candidate."""
    singles: dict[str, list[str]] = {}
    together: Json | None = None
    for one in changes:
        if len(one["facts"]) == 1:
            singles.setdefault(one["verdict"], []).append(one["facts"][0]["then"])
        else:
            together = one
    return {"singles": list(singles.items()), "together": together}


@patient_page("plain words")
def plain(request: HttpRequest, patient: Patient) -> HttpResponse:
    """For the patient: what was found, what comes next, why. Of the signed decision, where there is one."""
    signed = patient.decisions.select_related("signed_by").order_by("-id").first()
    s = signed.shown if signed else review.shown(review.review_of(patient, today(patient.site)), changes=False)
    verdict = signed.decided if signed else s["candidacy"]["verdict"]
    shown = {
        "patient": patient,
        "site": patient.site,
        "tab": "plain",
        "signed": signed,
        "help": intake.urgent_help(
            [(one["id"], one["kind"]) for one in s["red_flags"]], patient.site.jurisdiction or None
        ),
        "words": _words(signed, s, verdict),
        "found": _found(signed, s),
        "steps": [one for one in s["next_steps"] if one["line"] in (Line.FIRST, Line.MULTIMODAL)],
        "questions": [one["question"] for one in s["asks"]] if verdict == Verdict.CANNOT_TELL else [],
        "reasons": review.reasons(s["candidacy"]) if verdict == s["candidacy"]["verdict"] else [],
        "verdict": verdict,
    }
    return render(request, "record/plain.html", shown)


def _words(signed: Decision | None, s: Json, verdict: str) -> list[str]:
    """The sentences of what was decided: those that were shown, or where a person decided otherwise those for that."""
    if signed is None or not signed.overridden:
        return list(s["candidacy"]["plain_words"])
    known = candidacy.plain_words()
    return [*(known["urgent"] if s["candidacy"]["urgent"] else ()), *known[verdict]]


def _found(signed: Decision | None, s: Json) -> list[str]:
    """The conditions in view, the surest first, each in a sentence that claims no more than was found."""
    words = candidacy.plain_words("found")
    surest = [one for one in s["grades"] if one["level"] in (GradeLevel.DEFINITE, GradeLevel.PROBABLE)]
    shown = surest or [one for one in s["grades"] if one["level"] == GradeLevel.POSSIBLE][:MOST_FOUND]
    said = [words[one["level"]][0].format(condition=one["title"]) for one in shown]
    return said or list(words["nothing-yet"])


urls = [
    path("patients/<int:number>/assessment/", assessment, name="assessment"),
    path("patients/<int:number>/assessment/change/", change, name="assessment-change"),
    path("patients/<int:number>/plain/", plain, name="plain"),
]
