"""The first form, filled in by the patient on their own phone: one subject a page, saved as it is typed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import cache_control

from unwound_clinic.core import access
from unwound_clinic.core.page import today
from unwound_clinic.intake import form as intake_form
from unwound_clinic.intake import links, progress, rows
from unwound_clinic.intake.actions import first_form
from unwound_clinic.intake.own import Own
from unwound_clinic.intake.parts import Questionnaire
from unwound_clinic.models import IntakeLink
from unwound_clinic.record import urgent
from unwound_clinic.record.entries import current

OPENED = "intake"
"""Key in the browser's session for the link that was opened with the date of birth."""
REVIEW = "review"
Page = Callable[..., HttpResponse]


class BirthDateForm(forms.Form):
    """The date of birth of the person opening the link."""

    birth_date = forms.DateField(
        label="Your date of birth",
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )


def saving(request: HttpRequest) -> bool:
    """Whether the page saves what is being typed, rather than moving on."""
    return request.headers.get("X-Unwound-Save") == "1"


def requires_open_link(page: Page) -> Page:
    """A page behind a working link opened in this browser; otherwise the page that asks for the date of birth."""

    @functools.wraps(page)
    @cache_control(no_store=True)
    def opened_page(request: HttpRequest, token: str, **rest: Any) -> HttpResponse:
        link = links.find(token)
        works = link is not None and links.state(link, timezone.now()) == "open"
        if link is not None and works and request.session.get(OPENED) == link.pk:
            return page(request, link, token, **rest)
        if saving(request):
            return JsonResponse({"saved": False, "door": f"/i/{token}/"}, status=403)
        return redirect("intake", token)

    return opened_page


@cache_control(no_store=True)
def birth_date_page(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for the date of birth; a link that does not work says what to do."""
    link = links.find(token)
    state = "unknown" if link is None else links.state(link, timezone.now())
    if link is None or state != "open":
        return _closed_page(request, link, state)
    if request.session.get(OPENED) == link.pk:
        return redirect("intake-page", token, link.place or _first_page(link))
    form = BirthDateForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        by, patient = access.patient_link(link), link.patient
        if first_form.open_link(by=by, patient=patient, link=link, birth_date=form.cleaned_data["birth_date"]):
            request.session.cycle_key()
            request.session[OPENED] = link.pk
            return redirect("intake-page", token, link.place or _first_page(link))
        link.refresh_from_db()
        if links.state(link, timezone.now()) != "open":
            return _closed_page(request, link, "closed")
        tries_left = links.TRIES - link.wrong_birth_dates
        form.add_error(
            "birth_date",
            f"That is not the date of birth we have. You can try {tries_left} more time{'s' * (tries_left > 1)}.",
        )
    return render(request, "intake/birth_date.html", {"form": form, "site": link.patient.site})


@requires_open_link
def page(request: HttpRequest, link: IntakeLink, token: str, name: str) -> HttpResponse:
    """One page of the form."""
    pages = list(intake_form.steps(link.patient))
    if name == REVIEW:
        return review(request, link, token)
    if name not in pages:
        raise Http404
    own = Own(current(link.patient), link.made_at)
    if request.method == "POST":
        return _save_answers(request, link, token, intake_form.StepForm(name, own, request.POST), pages)
    _record_visit(link, name)
    form = intake_form.StepForm(name, own, another="another" in request.GET)
    return _render_page(request, link, token, form, pages)


def review(request: HttpRequest, link: IntakeLink, token: str) -> HttpResponse:
    """All answers and what was left open; from here the form is sent."""
    if request.method == "POST":
        first_form.finish(by=access.patient_link(link), patient=link.patient, link=link)
        return redirect("intake", token)
    _record_visit(link, REVIEW)
    pages = list(intake_form.steps(link.patient))
    return render(
        request,
        "intake/review.html",
        {
            **_base_context(link, token, pages, REVIEW),
            "progress": progress.progress_of(link.patient, current(link.patient), link),
            "help": urgent.help_for_patient(link.patient, today(link.patient.site)),
        },
    )


def _save_answers(
    request: HttpRequest, link: IntakeLink, token: str, form: intake_form.StepForm, pages: list[str]
) -> HttpResponse:
    """Saves what fits, then goes where the patient asked to; a new alarm is first shown on the same page.

    What does not fit is shown beside its field. A page that saves by itself is answered in JSON.
    """
    patient = link.patient
    day = today(patient.site)
    alarms = first_form.answer(by=access.patient_link(link), patient=patient, link=link, entries=form.entries(day))
    if saving(request):
        problems = [f"{form[name].label}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
        help = _help_html(link, [alarm.finding for alarm in alarms]) if alarms else ""
        return JsonResponse({"saved": True, "problems": problems, "help": help})
    if "back" in request.POST:
        return redirect("intake-page", token, pages[max(pages.index(form.id) - 1, 0)])
    if form.errors:
        return _render_page(request, link, token, form, pages)
    address = redirect("intake-page", token, form.id)
    if "another" in request.POST:
        address["Location"] += "?another=1#last"
        return address
    if alarms:
        address["Location"] += "?read=1"
        return address
    if "review" in request.POST:
        return redirect("intake-page", token, REVIEW)
    after = [*pages, REVIEW][pages.index(form.id) + 1]
    return redirect("intake-page", token, after)


def _render_page(
    request: HttpRequest, link: IntakeLink, token: str, form: intake_form.StepForm, pages: list[str]
) -> HttpResponse:
    context = {
        **_base_context(link, token, pages, form.id),
        "form": form,
        "step": form.step,
        "regions": [(side, [part for part in form.step.regions() if part.side == side]) for side in ("front", "back")],
        "instrument": next((part.form for part in form.parts if isinstance(part, Questionnaire)), None),
        "names": rows.names() if form.step.rows in ("tried", "medicines") else (),
        "help": urgent.help_for_patient(link.patient, today(link.patient.site)),
        "unfold": "read" in request.GET,
    }
    return render(request, "intake/page.html", context)


def _base_context(link: IntakeLink, token: str, pages: list[str], name: str) -> dict[str, Any]:
    """What every page of the form shows: how far the patient is, and the clinic."""
    order = [*pages, REVIEW]
    at = order.index(name)
    return {
        "token": token,
        "site": link.patient.site,
        "number": at + 1,
        "of": len(order),
        "back": order[at - 1] if at else "",
    }


def _help_html(link: IntakeLink, first: list[str]) -> str:
    help = urgent.help_for_patient(link.patient, today(link.patient.site), first)
    return render_to_string("intake/help.html", {"help": help, "site": link.patient.site, "unfold": True})


def _record_visit(link: IntakeLink, name: str) -> None:
    if link.place != name:
        first_form.visit(by=access.patient_link(link), patient=link.patient, link=link, page=name)


def _first_page(link: IntakeLink) -> str:
    return next(iter(intake_form.steps(link.patient)))


def _closed_page(request: HttpRequest, link: IntakeLink | None, state: str) -> HttpResponse:
    status = 404 if link is None else 200 if state == "finished" else 410
    site = link.patient.site if link else None
    context: dict[str, Any] = {"state": state, "site": site}
    if link is not None and state == "finished" and request.session.get(OPENED) == link.pk:
        context["help"] = urgent.help_for_patient(link.patient, today(link.patient.site))
    return render(request, "intake/closed.html", context, status=status)


urls = [
    path("i/<str:token>/", birth_date_page, name="intake"),
    path("i/<str:token>/<slug:name>/", page, name="intake-page"),
]
