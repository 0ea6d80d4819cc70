"""The search on the public pages: what somebody types of an illness, and what answers it; what is urgent stands first.

What is typed travels in the body of a post: it stands in no address, no log and no history, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from unwound import finder, languages, reading, telephones
from unwound.finder import Found, Result
from unwound.languages import ENGLISH
from unwound.telephones import Lines
from unwound_clinic.core import speaking
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.speaking import said
from unwound_clinic.public import shown
from unwound_clinic.public.answers import private, rendered, too_many, while_on

MOST_SIGNS = 400
A_MINUTE = 30
"""Searches a minute from one address."""
PAGES: Mapping[str, str] = {
    "conditions": "conditions", "therapies": "therapies", "protocols": "courses", "instruments": "questionnaires",
    "cautions": "cautions", "question_pages": "questions",
}  # fmt: skip
"""Kind of a file -> the kind of page that shows it."""


@csrf_exempt
@while_on
def search(request: HttpRequest, language: str = ENGLISH) -> HttpResponse:
    """An empty box, or what answers the words that were typed."""
    with speaking.speaking(language):
        return _answered(request, language)


def _answered(request: HttpRequest, language: str) -> HttpResponse:
    """The page with its answer; everything on it may be missing: words, a country, anything that fits."""
    if request.method != "POST":
        return private(rendered("public/search.html", {"typed": "", "most": MOST_SIGNS, **_spoken(language)}))
    if (wait := too_many(request, "search", A_MINUTE)) is not None:
        return wait
    typed = " ".join(request.POST.get("words", "").split())[:MOST_SIGNS]
    country = telephones.countries().get(request.POST.get("country", ""))
    lines = Lines(emergency=country.emergency.text, crisis=country.crisis.text) if country else None
    answer = finder.find(typed, lines=lines, language=language) if typed else None
    unsigned = speaking.unsigned(language, "urgent")
    context: dict[str, Any] = {
        **_spoken(language),
        "typed": typed,
        "most": MOST_SIGNS,
        "found": answer,
        "flags": list(_flags(answer, language, unsigned=unsigned)) if answer else [],
        "results": list(_pages(answer.results, language)) if answer else [],
        "country": country,
        "countries": sorted(((id, land.name) for id, land in telephones.countries().items()), key=itemgetter(1)),
        "read_as": list(_read_as(answer, language)) if answer else [],
    }
    return private(rendered("public/search.html", context))


def _read_as(answer: Found, language: str) -> Iterator[tuple[str, str]]:
    """What was looked for in place of what somebody typed; not where our words are only English and theirs are not."""
    for word, ours in answer.read_as.items():
        spoken = tuple(map(said, ours))
        if language == ENGLISH or all(here != english for here, english in zip(spoken, ours, strict=True)):
            yield word, said(" or ").join(spoken)


def _spoken(language: str) -> dict[str, Any]:
    """What the page knows of its language, and where it is in the others."""
    others = [(other, reverse("learn-search-in", args=[other])) for other in languages.others()]
    homes = [(ENGLISH, reverse("learn-search")), *others]
    return {
        **shown.spoken(language, "urgent"),
        "here": dict(homes)[language],
        "alternates": [(code, languages.NAMES[code], href) for code, href in homes],
    }


def _flags(answer: Found, language: str, *, unsigned: bool) -> Iterator[dict[str, Any]]:
    """What is urgent, in the language; beside a translation that no person signed the English words, which count."""
    for flag in answer.red_flags:
        say = [languages.say(sentence, language) for sentence in flag.say]
        yield {"title": said(flag.title), "say": say, "english": flag.say if unsigned else ()}


def _pages(results: tuple[Result, ...], language: str) -> Iterator[tuple[str, str, str, str, bool]]:
    """Address, title, what it is, how it begins and whether it is in English only, for every result with a page."""
    for result in results:
        kind = PAGES.get(result.kind, "")
        if kind and result.id in reading.ids(kind):
            is_there = shown.is_translated(kind, result.id, language)
            page = reading.page(kind, result.id, language if is_there else ENGLISH)
            in_english = language != ENGLISH and not is_there
            title, called = said(page.title), said(finder.called(result.kind))
            yield shown.leads_to(f"{kind}/{result.id}", language), title, called, shown.first_words(page), in_english


urls = [
    takes("learn/search/", search, name="learn-search"),
    takes("learn/<spoken:language>/search/", search, name="learn-search-in"),
]
