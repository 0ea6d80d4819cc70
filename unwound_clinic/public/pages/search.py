"""The search on the public pages: what somebody types of an illness, and what answers it; what is urgent stands first.

What is typed travels in the body of a post: it stands in no address, no log and no history, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from unwound import finder, reading, telephones
from unwound.finder import Result
from unwound.telephones import Lines
from unwound_clinic.core.addresses import takes
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
def search(request: HttpRequest) -> HttpResponse:
    """An empty box, or what answers the words that were typed."""
    if request.method != "POST":
        return private(rendered("public/search.html", {"typed": "", "most": MOST_SIGNS}))
    if (wait := too_many(request, "search", A_MINUTE)) is not None:
        return wait
    typed = " ".join(request.POST.get("words", "").split())[:MOST_SIGNS]
    country = telephones.countries().get(request.POST.get("country", ""))
    lines = Lines(emergency=country.emergency.text, crisis=country.crisis.text) if country else None
    found = finder.find(typed, lines=lines) if typed else None
    context: dict[str, Any] = {
        "typed": typed,
        "most": MOST_SIGNS,
        "found": found,
        "results": list(_pages(found.results)) if found else [],
        "country": country,
        "countries": sorted(((id, one.name) for id, one in telephones.countries().items()), key=lambda one: one[1]),
        "read_as": [(word, " or ".join(ours)) for word, ours in found.read_as.items()] if found else [],
    }
    return private(rendered("public/search.html", context))


def _pages(results: tuple[Result, ...]) -> Iterator[tuple[str, str, str, str]]:
    """Address, title, what it is and how it begins, for every result that has a page."""
    for result in results:
        kind = PAGES.get(result.kind, "")
        if kind and result.id in reading.ids(kind):
            page = reading.page(kind, result.id)
            yield shown.place(page), page.title, finder.called(result.kind), shown.first_words(page)


urls = [takes("learn/search/", search, name="learn-search")]
