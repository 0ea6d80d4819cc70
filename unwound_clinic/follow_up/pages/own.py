"""The diary on the patient's own phone, behind a durable link and the date of birth; and the end with one tap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt

from unwound import follow_up, languages
from unwound_clinic.core import access, speaking
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.forms import BirthDateForm
from unwound_clinic.core.page import today
from unwound_clinic.follow_up import links
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.follow_up.actions import diary as diary_actions
from unwound_clinic.follow_up.diary import DiaryForm
from unwound_clinic.models import Asking, Entry, FollowUp, Reading
from unwound_clinic.record import pains, urgent
from unwound_clinic.record.entries import current

OPENED = "diary"
"""Key in the browser's session for the link that was opened with the date of birth."""
LANGUAGE = "diary-language"
"""Key in the browser's session for the language that was chosen here."""
HOPELESS = {"mood": "hopeless"}


@cache_control(no_store=True)
def diary(request: HttpRequest, token: str) -> HttpResponse:
    """The door, the diary that is due, or that nothing is; all under one address that stays the same."""
    row = links.find(token)
    state = "unknown" if row is None else links.state(row, timezone.now())
    if row is not None and request.POST.get("language") in languages.NAMES:
        request.session[LANGUAGE] = request.POST["language"]
        return redirect("diary", token)
    with speaking.speaking(language_of(request, row)):
        return _answered(request, row, token, state)


def language_of(request: HttpRequest, row: FollowUp | None) -> str:
    """What was chosen on this page, else for the first form, else what the browser asks for."""
    mine = request.session.get(LANGUAGE, "") or (speaking.chosen_by(row.patient) if row is not None else "")
    return speaking.chosen(request, mine)


def spoken() -> dict[str, Any]:
    """What each page knows of its language."""
    return speaking.words(speaking.now(), "diary", "clinic")


def _answered(request: HttpRequest, row: FollowUp | None, token: str, state: str) -> HttpResponse:
    if row is None or state != "open":
        return _closed(request, row, state)
    if request.session.get(OPENED) != row.pk:
        return _door(request, row, token)
    if request.method == "POST":
        return _send(request, row, token)
    asking = row.askings.filter(open=True).order_by("-day").first()
    if asking is None:
        return _nothing_due(request, row, token)
    by = access.patient_link(row)
    diary_actions.opened(by=by, patient=row.patient, asking=asking)
    return _shown(request, row, token, asking, DiaryForm(asking.day, _pains(row)))


@cache_control(no_store=True)
@csrf_exempt  # mail programs send it by themselves when «unsubscribe» is tapped (RFC 8058); it can only end messages
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ends the asking with one tap and without a question: nothing of the patient is shown."""
    row = links.find(token)
    if row is None:
        return _closed(request, None, "unknown")
    if request.method == "POST":
        agreement.stop(by=access.patient_link(row), patient=row.patient, follow_up=row)
        row.refresh_from_db()
    context = {"site": row.patient.site, "ended": row.ended_at is not None}
    with speaking.speaking(language_of(request, row)):
        return render(request, "follow_up/stop.html", context)


def _door(request: HttpRequest, row: FollowUp, token: str) -> HttpResponse:
    """Asks for the date of birth; a diary that is sent while the door is closed is refused, and stays on the phone."""
    if request.method == "POST" and "birth_date" not in request.POST:
        return HttpResponse(status=403)
    form = BirthDateForm(row.patient.site, request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        by, born = access.patient_link(row), form.cleaned_data["birth_date"]
        if diary_actions.open_link(by=by, patient=row.patient, follow_up=row, birth_date=born):
            request.session.cycle_key()
            request.session[OPENED] = row.pk
            return redirect("diary", token)
        row.refresh_from_db()
        if links.state(row, timezone.now()) != "open":
            return _closed(request, row, "closed")
        form.was_wrong(links.TRIES - row.wrong_birth_dates)
    context = {"form": form, "site": row.patient.site, "reading": _reading(row), "token": token, **spoken()}
    return render(request, "follow_up/door.html", context)


def _send(request: HttpRequest, row: FollowUp, token: str) -> HttpResponse:
    """Keeps the answers, once; what does not fit is shown beside its question."""
    day = request.POST.get("day", "")
    asking = get_object_or_404(row.askings, day=int(day) if day.isdecimal() else 0)
    form = DiaryForm(asking.day, _pains(row), request.POST)
    if not form.is_valid():
        return _shown(request, row, token, asking, form, status=400)
    at = _written_at(request.POST.get("written_at", ""), asking, row)
    filled = form.filled(asking, at.astimezone(row.patient.site.zone).date(), "link", at)
    with suppress(diary_actions.Answered):  # sent again after a lost answer, with another page of the same day
        diary_actions.answer(by=access.patient_link(row), patient=row.patient, asking=asking, diary=filled)
    return redirect("diary", token)


def _written_at(typed: str, asking: Asking, row: FollowUp) -> datetime:
    """When it was written on the phone, as the phone says; now, where that was before it was asked or is to come."""
    now = timezone.now()
    try:
        at = datetime.fromisoformat(typed.replace("Z", "+00:00"))
    except ValueError:
        return now
    earliest = datetime.combine(asking.on, time(), row.patient.site.zone)
    return at.astimezone(UTC) if at.tzinfo is not None and earliest <= at <= now else now


def _shown(
    request: HttpRequest, row: FollowUp, token: str, asking: Asking, form: DiaryForm, status: int = 200
) -> HttpResponse:
    site = row.patient.site
    finding = follow_up.urgent_finding(HOPELESS, today(site))
    context = {
        "form": form, "asking": asking, "token": token, "site": site, "reading": _reading(row), **spoken(),
        "help": in_both(lambda language: urgent.in_plain_words([finding] if finding else [], site, language)),
    }  # fmt: skip
    return render(request, "follow_up/diary.html", context, status=status)


def _nothing_due(request: HttpRequest, row: FollowUp, token: str) -> HttpResponse:
    """Thanks for what was sent, with what to do now where it was urgent."""
    done = row.askings.filter(events__what=follow_up.What.DONE).order_by("-day").first()
    context = {
        "site": row.patient.site, "reading": _reading(row), "done": done, "token": token, **spoken(),
        "help": in_both(lambda language: _help(row, done, language)),
    }  # fmt: skip
    return render(request, "follow_up/thanks.html", context)


def in_both(help: Callable[[str], Sequence[str]]) -> dict[str, Sequence[str]]:
    """What to do at once; beside a translation that no person signed the English words, which count. Empty without."""
    language = speaking.now()
    words = help(language)
    beside = speaking.unsigned(language, "urgent")
    return {"words": words, "english": help(languages.ENGLISH) if beside else ()} if words else {}


def _help(row: FollowUp, done: Asking | None, language: str) -> list[str]:
    """What to tell the patient at once about what they answered."""
    day, site = today(row.patient.site), row.patient.site
    help = list(urgent.help_for_patient(row.patient, day, (), language))
    kept = Entry.objects.filter(patient=row.patient, kind="story", key=done.key, current=True).first() if done else None
    finding = follow_up.urgent_finding((kept.value or {}).get("answers", {}), day) if kept else None
    words = urgent.in_plain_words([finding], site, language) if finding else ()
    return list(dict.fromkeys((*words, *help)))


def _closed(request: HttpRequest, row: FollowUp | None, state: str) -> HttpResponse:
    context: dict[str, Any] = {"state": state, "site": row.patient.site if row else None, **spoken()}
    return render(request, "follow_up/closed.html", context, status=404 if row is None else 410)


def _pains(row: FollowUp) -> tuple[pains.OnRecord, ...]:
    return pains.still_there(pains.on_record(current(row.patient, "pain")))


def _reading(row: FollowUp) -> Reading | None:
    return Reading.objects.filter(site=row.patient.site).first()


urls = [takes("d/<str:token>/", diary, name="diary"), takes("d/<str:token>/stop/", stop, name="diary-stop")]
