"""The clinic's own page: who oversees, how it goes, what it costs; its courses are told from the knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from unwound import reading, telephones
from unwound.protocols import knowledge as protocol_knowledge
from unwound.protocols import protocols
from unwound_clinic.core import money
from unwound_clinic.core.addresses import reads
from unwound_clinic.models import ClinicPage
from unwound_clinic.public import shown
from unwound_clinic.public.answers import rendered, shared, while_on

HEADINGS = (
    ("watching", "Who watches you"), ("rescue", "If something goes wrong"), ("room", "The room"),
    ("escort", "Going home"), ("animals", "Animals in the house"), ("access", "Getting in"),
    ("interpreter", "Interpreter"),
)  # fmt: skip
"""Field -> its heading, in the order of the page."""


@while_on
def listed(request: HttpRequest) -> HttpResponse:
    """The page of the only site that has one; else those there are."""
    pages = list(ClinicPage.objects.filter(shown=True).select_related("site").order_by("site__name"))
    if len(pages) == 1:
        return redirect("learn-clinic", pages[0].site_id)
    context = {"pages": [(reverse("learn-clinic", args=[page.site_id]), page.site.name) for page in pages]}
    return shared(request, rendered("public/clinics.html", context))


@while_on
def site_page(request: HttpRequest, number: int) -> HttpResponse:
    """The page of one site."""
    page = ClinicPage.objects.filter(shown=True, site_id=number).select_related("site").first()
    if page is None:
        raise Http404
    context: dict[str, Any] = {
        "site": page.site,
        "fields": page.fields,
        "parts": [(key, heading, page.fields[key]) for key, heading in HEADINGS if page.fields.get(key)],
        "courses": list(_courses(page)),
        "numbers": telephones.numbers_in(page.site.phone) if page.site.phone else (),
        "changed": page.changed_at.astimezone(page.site.zone).date(),
    }
    return shared(request, rendered("public/clinic.html", context))


def _courses(page: ClinicPage) -> Iterator[dict[str, Any]]:
    """Every course that is offered, as the knowledge has it, with the price of one infusion and of all of them."""
    for id, price in page.prices.items():
        course = protocols().get(id)
        if course is None:
            continue
        days = len({day for step in course.steps for day in step.days})
        setting = protocol_knowledge.settings()[course.setting]
        of_it = reading.page("courses", id)
        yield {
            "title": course.title,
            "href": shown.place(of_it),
            "words": shown.first_words(of_it),
            "reviewed": shown.review_of(of_it) is not None,
            "days": days,
            "longest_h": f"{max(step.hours for step in course.steps):g}",
            "watched": list(dict.fromkeys(what for watch in setting.watches for what in watch.what)),
            "after_min": f"{setting.after.value:g}",
            "stays": setting.stays,
            "price": money.written(Decimal(price), page.currency),
            "in_all": money.written(Decimal(price) * days, page.currency),
        }


urls = [
    reads("learn/clinic/", listed, name="learn-clinics"),
    reads("learn/clinic/<int:number>/", site_page, name="learn-clinic"),
]
