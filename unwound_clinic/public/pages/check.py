"""The self-check: two short pages and a result. Nothing that is told is stored, logged or put into an address.

The answers of the first page travel on in the second as hidden fields. There is no session and no cookie, so the form
needs no token: it writes nothing that somebody else could make a reader write.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from unwound import languages, reading, self_check, telephones
from unwound.languages import ENGLISH
from unwound.self_check import Result
from unwound.therapies.knowledge import therapies
from unwound_clinic.core import speaking
from unwound_clinic.core.addresses import takes
from unwound_clinic.models import ClinicPage
from unwound_clinic.public import forms, shown
from unwound_clinic.public.answers import private, rendered, too_many, while_on
from unwound_clinic.public.forms import Sent

YES_NO = ("yes", "no")
A_MINUTE = 20
"""Checks a minute from one address: a waiting room behind one address stays below it."""


@csrf_exempt
@while_on
def check(request: HttpRequest, language: str = ENGLISH) -> HttpResponse:
    """The first page; what was sent leads to the second, and that to the result. What is urgent ends it at once."""
    with speaking.speaking(language):
        return _answered(request, language)


def _answered(request: HttpRequest, language: str) -> HttpResponse:
    # Warnings are answered before anything else is asked, and an emergency ends the form at once.
    if request.method != "POST":
        return private(_first(Sent({}, {})))
    if (wait := too_many(request, "check", A_MINUTE)) is not None:
        return wait
    sent = Sent.of(request.POST)
    first = sent.warnings()
    if sent.faults:
        return private(_first(sent))
    today, lines = timezone.now().date(), self_check.lines_of(sent.country)
    urgent = self_check.check(first, today, lines, warnings_only=True, language=language)
    if urgent is not None:
        english = self_check.check(first, today, lines, warnings_only=True)
        return private(_result(urgent, sent, english))
    if sent.unanswered():
        return private(_first(sent))
    if sent.typed.get("step") != "2":
        return private(_second(sent))
    answers = sent.everything()
    if sent.faults:
        return private(_second(sent))
    result, english = (self_check.check(answers, today, lines, language=code) for code in (language, ENGLISH))
    return private(_result(result, sent, english) if result else _second(sent))


def _spoken() -> dict[str, Any]:
    """What each page of the check knows of its language, and where it is in the others."""
    language = speaking.now()
    others = [(code, reverse("learn-check-in", args=[code])) for code in languages.others()]
    homes = [(ENGLISH, reverse("learn-check")), *others]
    words = shown.spoken(language, "self_check")
    words.pop("english")
    return {
        **words,
        "kinds": reading.KINDS,
        "check": dict(homes)[language],
        "alternates": [(code, languages.NAMES[code], href) for code, href in homes],
    }


def _first(sent: Sent) -> str:
    known = self_check.knowledge()
    countries = sorted(
        ((id, country.name) for id, country in telephones.countries().items()), key=lambda country: country[1]
    )
    context: dict[str, Any] = {
        **_spoken(),
        "countries": countries,
        "country": sent.country,
        "crisis": forms.singles(known.crisis, sent),
        "warnings": forms.singles(known.warnings, sent),
        "groups": forms.groups(known.warning_groups, sent),
        "faults": sent.faults,
        "yes_no": YES_NO,
    }
    return rendered("public/check_first.html", context)


def _second(sent: Sent) -> str:
    known = self_check.knowledge()
    context: dict[str, Any] = {
        **_spoken(),
        "carried": forms.carried(sent),
        "diagnoses": forms.diagnoses(),
        "areas": forms.areas(),
        "units": list(forms.DAYS),
        "typed": sent.typed,
        "unit_chosen": sent.typed.get("duration-unit", "months"),
        "yes_no": YES_NO,
        "questions": forms.singles(known.history, sent),
        "groups": forms.groups(known.history_groups, sent),
        "treatments": forms.treatments(sent),
        "choices": forms.CHOICES,
        "faults": sent.faults,
    }
    return rendered("public/check_second.html", context)


def _result(result: Result, sent: Sent, english: Result | None) -> str:
    country = telephones.countries().get(sent.country)
    steps = [(id, therapies()[id].title) for id in result.steps]
    to_judge = [(id, therapies()[id].title) for id in result.to_judge]
    page = reading.page("conditions", result.condition) if result.condition else None
    context = {
        **_spoken(),
        "result": result,
        "english": english.urgent if english and speaking.unsigned(speaking.now(), "urgent", "self_check") else (),
        "ask_any": shown.leads_to("questions/ask_any_clinic", speaking.now()),
        "steps": steps,
        "to_judge": to_judge,
        "page": page,
        "country": country,
        "clinic": ClinicPage.objects.filter(shown=True).exists(),
    }
    return rendered("public/check_result.html", context)


urls = [
    takes("learn/check/", check, name="learn-check"),
    takes("learn/<spoken:language>/check/", check, name="learn-check-in"),
]
