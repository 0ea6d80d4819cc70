"""The first form, filled in by the patient on their own phone: one subject a page, saved as it is typed."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import cache_control

from unwound import intake, languages
from unwound_clinic.core import access, speaking
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.forms import BirthDateForm
from unwound_clinic.core.page import today
from unwound_clinic.intake import form as intake_form
from unwound_clinic.intake import links, progress, rows
from unwound_clinic.intake.actions import first_form
from unwound_clinic.intake.parts import Questionnaire
from unwound_clinic.models import IntakeLink
from unwound_clinic.record import urgent
from unwound_clinic.record.entries import current

OPENED = "intake"
"""Key in the browser's session for the link that was opened with the date of birth."""
REVIEW = "review"
Page = Callable[..., HttpResponse]


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
            with speaking.speaking(speaking.chosen(request, link.language)):
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
    if link is not None and state == "open" and request.POST.get("language") in languages.NAMES:
        first_form.choose_language(
            by=access.patient_link(link), patient=link.patient, link=link, language=request.POST["language"]
        )
        return redirect("intake", token)
    with speaking.speaking(speaking.chosen(request, link.language if link else "")):
        return _door(request, token, link, state)


def _door(request: HttpRequest, token: str, link: IntakeLink | None, state: str) -> HttpResponse:
    # The link may be closed, opened already, or closed by this very try; the right birth date alone leads in.
    if link is None or state != "open":
        return _closed_page(request, link, state)
    if request.session.get(OPENED) == link.pk:
        return redirect("intake-page", token, _place(link))
    form = BirthDateForm(link.patient.site, request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        by, patient = access.patient_link(link), link.patient
        if first_form.open_link(by=by, patient=patient, link=link, birth_date=form.cleaned_data["birth_date"]):
            request.session.cycle_key()
            request.session[OPENED] = link.pk
            return redirect("intake-page", token, _place(link))
        link.refresh_from_db()
        if links.state(link, timezone.now()) != "open":
            return _closed_page(request, link, "closed")
        form.was_wrong(links.TRIES - link.wrong_birth_dates)
    pages = intake_form.steps(_filling(link))
    context = {"form": form, "site": link.patient.site, "pages": len(pages) + 1, "minutes": _minutes(link, list(pages))}
    return render(request, "intake/birth_date.html", {**context, **_spoken()})


@requires_open_link
def page(request: HttpRequest, link: IntakeLink, token: str, name: str) -> HttpResponse:
    """One page of the form."""
    if name == REVIEW:
        return review(request, link, token)
    who = _filling(link)
    if name not in intake_form.steps(who):
        return _moved(request, who, token, name)
    if request.method == "POST":
        return _save_answers(request, link, token, intake_form.StepForm(name, who, request.POST))
    _record_visit(link, name)
    form = intake_form.StepForm(name, who, another=request.GET.get("another", ""))
    return _render_page(request, link, token, form)


def _moved(request: HttpRequest, who: intake_form.Filling, token: str, name: str) -> HttpResponse:
    """A page of an earlier form, or one that concerns the patient no more: where to go on; nothing sent is kept."""
    now = intake.page_of(name)
    if not now:
        raise Http404
    if saving(request):
        return JsonResponse({"saved": False, "door": f"/i/{token}/"}, status=403)
    return redirect("intake-page", token, now if now in intake_form.steps(who) else REVIEW)


def review(request: HttpRequest, link: IntakeLink, token: str) -> HttpResponse:
    """All answers and what was left open; from here the form is sent."""
    if request.method == "POST":
        first_form.finish(by=access.patient_link(link), patient=link.patient, link=link)
        return redirect("intake", token)
    _record_visit(link, REVIEW)
    return render(
        request,
        "intake/review.html",
        {
            **_base_context(link, token, REVIEW),
            "progress": progress.progress_of(link.patient, current(link.patient), link),
            "help": _help(link),
        },
    )


def _save_answers(request: HttpRequest, link: IntakeLink, token: str, form: intake_form.StepForm) -> HttpResponse:
    """Saves what fits, then goes where the patient asked to; a new alarm is first shown on the same page.

    What does not fit is shown beside its field. A page that saves by itself is answered in JSON.
    """
    patient = link.patient
    day = today(patient.site)
    entries = form.changed(day, _filling(link))
    alarms = first_form.answer(by=access.patient_link(link), patient=patient, link=link, entries=entries)
    if saving(request):
        problems = [f"{form[name].label}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
        help = _help_html(link, [alarm.finding for alarm in alarms]) if alarms else ""
        return JsonResponse({"saved": True, "problems": problems, "help": help})
    pages = [*intake_form.steps(_filling(link)), REVIEW]
    at = pages.index(form.id)
    if "back" in request.POST:
        return redirect("intake-page", token, pages[max(at - 1, 0)])
    if form.errors:
        return _render_page(request, link, token, form)
    address = redirect("intake-page", token, form.id)
    if "another" in request.POST:
        address["Location"] += f"?{urlencode({'another': request.POST['another']})}#last"
        return address
    if alarms:
        address["Location"] += "?read=1"
        return address
    if form.names_to_ask():
        return address
    if "review" in request.POST:
        return redirect("intake-page", token, REVIEW)
    return redirect("intake-page", token, pages[at + 1])


def _render_page(request: HttpRequest, link: IntakeLink, token: str, form: intake_form.StepForm) -> HttpResponse:
    context = {
        **_base_context(link, token, form.id),
        "form": form,
        "step": form.step,
        "regions": [(side, [part for part in form.step.regions() if part.side == side]) for side in ("front", "back")],
        "instrument": next((part.form for part in form.parts if isinstance(part, Questionnaire)), None),
        "in_english": any(part.in_english for part in form.parts if isinstance(part, Questionnaire)),
        "names": rows.names() if {"tried", "medicines"}.intersection(form.step.rows) else (),
        "help": _help(link),
        "another": request.GET.get("another", ""),
        "unfold": "read" in request.GET,
    }
    return render(request, "intake/page.html", context)


def _base_context(link: IntakeLink, token: str, name: str) -> dict[str, Any]:
    """What every page of the form shows: how far the patient is, about how long the rest takes, and the clinic."""
    pages = intake_form.steps(_filling(link))
    order = [*pages, REVIEW]
    at = order.index(name)
    return {
        **_spoken(),
        "token": token,
        "site": link.patient.site,
        "section": pages[name].section if name in pages else "Your answers",
        "number": at + 1,
        "of": len(order),
        "minutes": _minutes(link, order[at:-1]),
        "back": order[at - 1] if at else "",
    }


def _minutes(link: IntakeLink, pages: list[str]) -> int:
    """About how many minutes these pages take; to five of them where it is long."""
    who, steps = _filling(link), intake.steps()
    minutes = sum(intake.minutes(steps[id], who.person) for id in pages)
    return 5 * round(minutes / 5) if minutes > 10 else math.ceil(minutes)


def _filling(link: IntakeLink) -> intake_form.Filling:
    return intake_form.filling(link.patient, today(link.patient.site), current(link.patient), link.made_at)


def _help_html(link: IntakeLink, first: list[str]) -> str:
    return render_to_string("intake/help.html", {"help": _help(link, first), "site": link.patient.site, "unfold": True})


def _help(link: IntakeLink, first: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """What to do at once; beside a translation that no person signed the English words, which count. Empty without."""
    day, language = today(link.patient.site), speaking.now()
    words = urgent.help_for_patient(link.patient, day, first, language)
    if not words:
        return {}
    beside = speaking.unsigned(language, "urgent")
    return {"words": words, "english": urgent.help_for_patient(link.patient, day, first) if beside else ()}


def _spoken() -> dict[str, Any]:
    return speaking.words(speaking.now(), "first_form", "clinic")


def _record_visit(link: IntakeLink, name: str) -> None:
    if link.place != name:
        first_form.visit(by=access.patient_link(link), patient=link.patient, link=link, page=name)


def _place(link: IntakeLink) -> str:
    """Where the patient was, which may have been a page of an earlier form; at first, the first page."""
    if link.place == REVIEW:
        return REVIEW
    pages = intake_form.steps(_filling(link))
    place = intake.page_of(link.place)
    return place if place in pages else next(iter(pages))


def _closed_page(request: HttpRequest, link: IntakeLink | None, state: str) -> HttpResponse:
    status = 404 if link is None else 200 if state == "finished" else 410
    site = link.patient.site if link else None
    context: dict[str, Any] = {"state": state, "site": site, **_spoken()}
    if link is not None and state == "finished" and request.session.get(OPENED) == link.pk:
        context["help"] = _help(link)
    return render(request, "intake/closed.html", context, status=status)


urls = [
    takes("i/<str:token>/", birth_date_page, name="intake"),
    takes("i/<str:token>/<slug:name>/", page, name="intake-page"),
]
