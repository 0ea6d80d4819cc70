"""The whole review on one page, what would change it, and the same in plain words for the patient."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from unwound import candidacy
from unwound.candidacy import Verdict
from unwound.conditions.knowledge import GradeLevel
from unwound.report.glance import glance
from unwound.report.summary import summary
from unwound.terms import Purpose
from unwound.therapies.knowledge import Line
from unwound_clinic.core import access
from unwound_clinic.core.addresses import reads
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Decision, Patient
from unwound_clinic.record import at_a_glance, review, urgent

Json = dict[str, Any]
MOST_FOUND = 3


@patient_page("assessment")
def assessment(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The current review."""
    reviewed = review.review_of(patient, today(patient.site))
    s = review.content(reviewed, changes=False)
    context = {
        "patient": patient,
        "tab": "assessment",
        "s": s,
        "reasons": review.reasons(s["candidacy"]),
        "content": None if s["red_flags"] else summary(reviewed.review),
        "age": reviewed.review.patient.value("age_years"),
        "glance": glance(reviewed.review.patient),
        "course": at_a_glance.pain_before(patient),
        "story": at_a_glance.story(reviewed.entries),
        "whole": request.GET.get("print") == "all",
        "live": True,
        "may_sign": access.may(actor(request), "sign-decision", patient),
        "decision": _last(patient, Purpose.PAIN),
        "on_depression": _last(patient, Purpose.DEPRESSION),
    }
    return render(request, "record/assessment.html", context)


def _last(patient: Patient, aim: Purpose) -> Decision | None:
    return patient.decisions.filter(aim=aim).select_related("signed_by").order_by("-id").first()


@patient_page("what would change the answer")
def change(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What would change the verdict: computed on request, as part of a page or as a page by itself."""
    reviewed = review.review_of(patient, today(patient.site))
    changes = review.content(reviewed, changes=True)["candidacy"]["would_change"]
    part = request.headers.get("X-Unwound-Part") == "1"
    template = "record/would_change.html" if part else "record/change.html"
    return render(request, template, {"patient": patient, "tab": "assessment", "changes": grouped(changes)})


def grouped(changes: list[Json]) -> Json:
    """Verdict -> the single facts that would give it; and the whole set that would make a candidate."""
    singles: dict[str, list[str]] = {}
    together: Json | None = None
    for change in changes:
        if len(change["facts"]) == 1:
            singles.setdefault(change["verdict"], []).append(change["facts"][0]["then"])
        else:
            together = change
    return {"singles": list(singles.items()), "together": together}


@patient_page("plain words")
def plain(request: HttpRequest, patient: Patient) -> HttpResponse:
    """For the patient: what was found, what comes next and why; from the signed decision, if there is one.

    What is urgent is that of today: it may have come after the signature, or be over since.
    """
    signed, now = _last(patient, Purpose.PAIN), review.review_of(patient, today(patient.site))
    s = signed.shown if signed else review.content(now, changes=False)
    verdict = signed.decided if signed else s["candidacy"]["verdict"]
    context = {
        "patient": patient,
        "site": patient.site,
        "tab": "plain",
        "signed": signed,
        "help": urgent.in_plain_words(now.review.red_flags, patient.site),
        "words": _sentences(signed, s, verdict),
        "about_mood": _about_mood(patient, s),
        "found": _conditions_found(signed, s),
        "steps": [step for step in s["next_steps"] if step["line"] in (Line.FIRST, Line.MULTIMODAL)],
        "questions": [question["question"] for question in s["asks"]] if verdict == Verdict.CANNOT_TELL else [],
        "reasons": _reasons(s, verdict, urgent=bool(now.review.red_flags)),
        "verdict": verdict,
    }
    return render(request, "record/plain.html", context)


def _reasons(s: Json, verdict: str, *, urgent: bool) -> list[Any]:
    """The team's reasons for the advice: not those of an advice that was overridden, nor beside an emergency."""
    return [] if urgent or verdict != s["candidacy"]["verdict"] else list(review.reasons(s["candidacy"]))


def _sentences(signed: Decision | None, s: Json, verdict: str) -> list[str]:
    """The sentences for the decision: those shown, or those of the clinician's own verdict if it was overridden."""
    if signed is None or not signed.overridden:
        return list(s["candidacy"]["plain_words"])
    sentences = candidacy.plain_words()
    return [*(sentences["urgent"] if s["candidacy"]["urgent"] else ()), *sentences[verdict]]


def _about_mood(patient: Patient, s: Json) -> list[str]:
    """The sentences about the depression: by the clinician's own verdict if the advice was overridden."""
    signed = _last(patient, Purpose.DEPRESSION)
    if signed is not None and signed.overridden:
        return list(candidacy.plain_words("depression")[signed.decided])
    shown = (signed.shown if signed else s).get("depression")
    return list(shown["plain_words"]) if shown else []


def _conditions_found(signed: Decision | None, s: Json) -> list[str]:
    """The conditions considered, the most certain first, each in a sentence that claims no more than was found."""
    words = candidacy.plain_words("found")
    surest = [grade for grade in s["grades"] if grade["level"] in (GradeLevel.DEFINITE, GradeLevel.PROBABLE)]
    grades = surest or [grade for grade in s["grades"] if grade["level"] == GradeLevel.POSSIBLE][:MOST_FOUND]
    sentences = [words[grade["level"]][0].format(condition=grade["title"]) for grade in grades]
    return sentences or list(words["nothing-yet"])


urls = [
    reads("patients/<int:number>/assessment/", assessment, name="assessment"),
    reads("patients/<int:number>/assessment/change/", change, name="assessment-change"),
    reads("patients/<int:number>/plain/", plain, name="plain"),
]
