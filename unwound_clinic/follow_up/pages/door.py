"""What a patient may see behind the durable link: the own course, forms due, letters, consents, who saw the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control

from unwound import outcomes
from unwound_clinic.administration import who_saw
from unwound_clinic.core import access, speaking
from unwound_clinic.core.addresses import reads
from unwound_clinic.core.page import today
from unwound_clinic.follow_up import given, links, months, schedule
from unwound_clinic.follow_up.actions import diary as diary_actions
from unwound_clinic.follow_up.months import Judged
from unwound_clinic.follow_up.pages.own import OPENED, in_both, language_of, spoken
from unwound_clinic.models import FollowUp
from unwound_clinic.record import review, urgent

FOR_PATIENTS = ("plain",)
"""Kinds of letters that are written to the patient; the others are asked for at the clinic."""
LATEST = 10
SEEN = 40
"""Lines of who saw the record; the clinic has the whole list."""
Shown = Callable[[HttpRequest, FollowUp], HttpResponse]


def _opened(request: HttpRequest, token: str, what: str, shown: Shown) -> HttpResponse:
    """The page, once the link was opened with the date of birth; the door, where it was not."""
    row = links.find(token)
    if row is None or links.state(row, timezone.now()) != "open" or request.session.get(OPENED) != row.pk:
        return redirect("diary", token)
    diary_actions.looked(by=access.patient_link(row), patient=row.patient, what=what)
    with speaking.speaking(language_of(request, row)):
        return shown(request, row)


@cache_control(no_store=True)
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """The own record in plain words."""

    def shown(request: HttpRequest, row: FollowUp) -> HttpResponse:
        patient, day = row.patient, today(row.patient.site)
        reviewed = review.review_of(patient, day)
        courses = months.judged(patient, reviewed, given.here(patient, timezone.now()), day)
        saw = who_saw.lines(patient, names=False)
        context = {
            "site": patient.site, "token": token, **spoken(),
            "help": in_both(lambda language: urgent.help_for_patient(patient, day, (), language)),
            "due": row.askings.filter(open=True).order_by("-day").first(),
            "next": next((planned for planned in schedule.days(row) if planned.on > day), None),
            "courses": [_in_words(course) for course in reversed(courses)],
            "letters": patient.letters.filter(kind__in=FOR_PATIENTS).defer("pdf", "content").order_by("-pk"),
            "consents": patient.consents.defer("text").order_by("-pk"),
            "saw": saw[:SEEN], "more": max(len(saw) - SEEN, 0),
        }  # fmt: skip
        return render(request, "follow_up/mine.html", context)

    return _opened(request, token, "own record", shown)


@cache_control(no_store=True)
def letter(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """A letter that was written to the patient, as it was sent."""

    def shown(request: HttpRequest, row: FollowUp) -> HttpResponse:
        own_letter = get_object_or_404(row.patient.letters, pk=number, kind__in=FOR_PATIENTS)
        return HttpResponse(bytes(own_letter.pdf), content_type="application/pdf")

    return _opened(request, token, f"letter {number}", shown)


@cache_control(no_store=True)
def consent(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """A consent that the patient signed, word for word."""

    def shown(request: HttpRequest, row: FollowUp) -> HttpResponse:
        own_consent = get_object_or_404(row.patient.consents, pk=number)
        return render(
            request,
            "follow_up/my_consent.html",
            {"site": row.patient.site, "token": token, "consent": own_consent, **spoken()},
        )

    return _opened(request, token, f"consent {number}", shown)


def _in_words(course: Judged) -> dict[str, object]:
    """One course as it is told to the patient: what was given, and what they wrote."""
    pain = [(score.on, score.value) for score in course.scores if score.what == outcomes.PAIN]
    later = [(on, value) for on, value in pain if on > course.given.end]
    before = course.outcome.pain_before if course.outcome else _mean(pain, course.given.start)
    return {"given": course.given, "before": before, "later": later[-LATEST:][::-1]}


def _mean(pain: list[tuple[date, float]], start: date) -> float | None:
    values = [value for on, value in pain if on <= start]
    return sum(values) / len(values) if values else None


urls = [
    reads("d/<str:token>/mine/", mine, name="diary-mine"),
    reads("d/<str:token>/letter/<int:number>/", letter, name="diary-letter"),
    reads("d/<str:token>/consent/<int:number>/", consent, name="diary-consent"),
]
