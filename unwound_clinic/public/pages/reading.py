"""The public pages: conditions, treatments, questions, courses, forms, cautions; where the evidence is strongest."""

from __future__ import annotations

import tomllib

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from unwound import catalogue, languages, reading
from unwound.reading import live
from unwound.record import UnwoundError
from unwound_clinic.core import file_reviews
from unwound_clinic.core.addresses import reads
from unwound_clinic.models import ClinicPage
from unwound_clinic.public import shown
from unwound_clinic.public.answers import address_of, rendered, shared, while_on
from unwound_clinic.public.pages.knowledge import HEAD, node

ABOVE = ("examples", "codes", "lay_phrases")
"""Keys of a file that stand above it already, or are tests of it."""


@while_on
def home(request: HttpRequest) -> HttpResponse:
    """Where a reader begins."""
    context = {
        "kinds": reading.KINDS,
        "questions": list(shown.entries("questions")),
        "live": [(reverse("learn-try", args=[id]), of.title) for id, of in live.pictures().items()],
        "pains": list(shown.entries("conditions")),
        **shown.spoken(languages.ENGLISH),
        "alternates": _homes(),
        "address": address_of(request),
        "here": reverse("learn"),
        "reviewed": file_reviews.line(),
        "clinics": ClinicPage.objects.filter(shown=True).select_related("site").order_by("site__name"),
    }
    return shared(request, rendered("public/learn.html", context))


def _homes() -> list[tuple[str, str, str]]:
    others = [(code, reverse("learn-in", args=[code])) for code in languages.others()]
    return [(code, languages.NAMES[code], href) for code, href in ((languages.ENGLISH, reverse("learn")), *others)]


@while_on
def home_in(request: HttpRequest, language: str) -> HttpResponse:
    """Where a reader of another language begins."""
    context = {
        **shown.spoken(language, "pages"),
        "alternates": _homes(),
        "address": address_of(request),
        "questions": list(shown.entries_in(language)),
    }
    return shared(request, rendered("public/learn_in.html", context))


@while_on
def page_in(request: HttpRequest, language: str, kind: str, id: str) -> HttpResponse:
    """One page in another language; not found where it is there in English only."""
    if not shown.is_translated(kind, id, language):
        raise Http404
    context = shown.context(reading.page(kind, id, language), address=address_of(request), language=language)
    return shared(request, rendered("public/learn_page.html", context))


@while_on
def kind(request: HttpRequest, kind: str) -> HttpResponse:
    """Every page of one kind."""
    if kind not in reading.KINDS:
        raise Http404
    context = {
        "kind": kind,
        "title": reading.KINDS[kind],
        "kinds": reading.KINDS,
        "entries": shown.entries(kind),
        "here": reverse("learn-kind", args=[kind]),
    }
    return shared(request, rendered("public/learn_kind.html", context))


@while_on
def page(request: HttpRequest, kind: str, id: str) -> HttpResponse:
    """One page, in plain words."""
    context = shown.context(_page(kind, id), address=address_of(request))
    return shared(request, rendered("public/learn_page.html", context))


@while_on
def clinician(request: HttpRequest, kind: str, id: str) -> HttpResponse:
    """The same page with the words of its file, and the file itself."""
    subject = _page(kind, id)
    context = shown.context(subject, address=address_of(request), clinician=True)
    data_kind, data_id = subject.files[0]
    table = tomllib.loads(catalogue.content(data_kind, data_id).decode("utf-8"))
    parts = [(key, node(value, key)) for key, value in table.items() if key not in (*HEAD, *ABOVE)]
    return shared(request, rendered("public/learn_page.html", {**context, "parts": parts, "head": table}))


@while_on
def strongest(request: HttpRequest) -> HttpResponse:
    """Where the evidence for ketamine is strongest."""
    context = shown.context(reading.strongest_page(), address=address_of(request))
    return shared(request, rendered("public/learn_page.html", context))


@while_on
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page for search engines."""
    pages = [(shown.place(page), page.updated) for page in reading.every()]
    for language in languages.others():
        pages += [(href, reading.page("questions", "how_long").updated) for href, _, _ in shown.entries_in(language)]
    context = {"pages": pages, "address": address_of(request), "others": _others()}
    return shared(request, rendered("public/sitemap.xml", context), "application/xml; charset=utf-8")


def _others() -> list[str]:
    """Addresses beside the pages of the knowledge: the beginning, the self-check, clinics that show a page."""
    clinics = ClinicPage.objects.filter(shown=True).order_by("pk").values_list("site_id", flat=True)
    names = ("learn-in", "learn-check-in", "learn-search-in")
    spoken = [reverse(name, args=[code]) for code in languages.others() for name in names]
    return [
        reverse("learn"),
        reverse("learn-check"),
        *spoken,
        *(reverse("learn-try", args=[id]) for id in live.pictures()),
        *(reverse("learn-clinic", args=[site]) for site in clinics),
    ]


def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read: the public pages and nothing else; nothing where they are switched off."""
    lines = ["User-agent: *"]
    if settings.PUBLIC_LIBRARY:
        lines += [f"Allow: {reverse('learn')}", "Allow: /static/"]
    lines += ["Disallow: /"]
    if settings.PUBLIC_LIBRARY:
        lines += [f"Sitemap: {address_of(request)}{reverse('sitemap')}"]
    return shared(request, "\n".join(lines) + "\n", "text/plain; charset=utf-8")


def _page(kind: str, id: str) -> reading.Page:
    try:
        return reading.page(kind, id)
    except UnwoundError:
        raise Http404 from None


urls = [
    reads("learn/", home, name="learn"),
    reads("learn/<spoken:language>/", home_in, name="learn-in"),
    reads("learn/<spoken:language>/<slug:kind>/<slug:id>/", page_in, name="learn-page-in"),
    reads("learn/evidence/", strongest, name="learn-evidence"),
    reads("learn/<slug:kind>/", kind, name="learn-kind"),
    reads("learn/<slug:kind>/<slug:id>/", page, name="learn-page"),
    reads("learn/<slug:kind>/<slug:id>/clinician/", clinician, name="learn-clinician"),
    reads("sitemap.xml", sitemap, name="sitemap"),
    reads("robots.txt", robots, name="robots"),
]
