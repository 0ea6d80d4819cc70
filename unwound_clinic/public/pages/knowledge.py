"""A knowledge file as a page: its statements, how well each number was checked, and the sources."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from unwound import catalogue, evidence
from unwound_clinic.core import file_reviews
from unwound_clinic.core.addresses import reads
from unwound_clinic.public import manual

HEAD = ("title", *catalogue.OF_THE_REVIEW)
LAST = ("examples",)
"""Keys that are shown last."""
IDENTIFIERS = (("pmid", "https://pubmed.ncbi.nlm.nih.gov/{}/"), ("doi", "https://doi.org/{}"), ("url", "{}"))
FORMER = {
    "candidacy": "candidacy",
    "device_words": "device_words",
    "enantiomers": "racemate",
    "exchange": "fhir",
    "formulas": "cockcroft_gault",
    "ladders": "general_ladder",
    "monitoring": "monitoring",
    "mood": "treatment_resistance",
    "payer_rules": "ohio_step_therapy",
}
"""Kinds that had a folder of their own for one file -> that file among the rules: saved links keep working."""


def kinds(request: HttpRequest) -> HttpResponse:
    """Every kind of knowledge with the number of its files, and the fingerprints of ours and of the clinic's own."""
    counts = [(kind, len(catalogue.ids(kind))) for kind in catalogue.kinds()]
    context = {
        "kinds": counts,
        "fingerprint": catalogue.fingerprint(),
        "own": catalogue.own(),
        "reviewed": file_reviews.line(),
    }
    return render(request, "public/library.html", context)


def kind(request: HttpRequest, kind: str) -> HttpResponse:
    """Every file of one kind."""
    if kind in FORMER:
        return redirect("library", "rules", FORMER[kind], permanent=True)
    if kind not in catalogue.kinds():
        raise Http404
    files = [
        (id, table.get("title", id), catalogue.is_own(kind, id))
        for id in catalogue.ids(kind)
        for table in [_read(kind, id)]
    ]
    return render(request, "public/library_kind.html", {"kind": kind, "files": files})


def file(request: HttpRequest, kind: str, id: str) -> HttpResponse:
    """One file with its sources."""
    if kind in FORMER:
        return redirect("library", "rules", FORMER[kind], permanent=True)
    if kind not in catalogue.kinds() or id not in catalogue.ids(kind):
        raise Http404
    table = _read(kind, id)
    body = {key: value for key, value in table.items() if key not in HEAD}
    ordered = sorted(body.items(), key=lambda item: item[0] in LAST)
    context = {
        "kind": kind,
        "id": id,
        "own": catalogue.is_own(kind, id),
        "head": table,
        "parts": [(key, node(value, key)) for key, value in ordered],
        "reference": evidence.reference(id) if kind == "evidence" else "",
        "links": [form.format(table[key]) for key, form in IDENTIFIERS if kind == "evidence" and table.get(key)],
        "review": file_reviews.standing([(kind, id)]).get((kind, id)),
        "past_due": isinstance(table.get("due"), date) and table["due"] < date.today(),
    }
    return render(request, "public/library_file.html", context)


def node(value: object, key: str = "") -> dict[str, Any]:
    """A value for the template: a cited number or text, a table, a list, a source (a link) or a word."""
    if isinstance(value, dict) and "source" in value and ("value" in value or "text" in value):
        rest = {name: part for name, part in value.items() if name not in _CITED}
        return {
            "is": "cited",
            "wording": _wording(value),
            **value,
            "rest": [(name, node(part, name)) for name, part in rest.items()],
        }
    if isinstance(value, dict):
        return {"is": "table", "parts": [(name, node(part, name)) for name, part in value.items()]}
    if isinstance(value, list):
        return {"is": "list", "parts": [node(part, key) for part in value]}
    if isinstance(value, str) and (key == "source" or key.endswith("_source")) and value in evidence.studies():
        return {"is": "source", "id": value}
    wording = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return {"is": "word", "wording": wording}


_CITED = ("value", "unit", "low", "high", "text", "source", "where", "checked", "note")


def _wording(value: dict[str, Any]) -> str:
    if "text" in value:
        return str(value["text"])
    fields = {name: value[name] for name in catalogue.Cited.model_fields if name in value}
    return str(catalogue.Cited.model_validate(fields))


def _read(kind: str, id: str) -> dict[str, Any]:
    return tomllib.loads(catalogue.content(kind, id).decode("utf-8"))


def contents(request: HttpRequest) -> HttpResponse:
    """Help: the keys, whom to ask, and every text of the manual."""
    return render(request, "public/help.html", {"contents": manual.contents(), "own": settings.MANUAL})


def manual_text(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    """One text of the manual."""
    shown = manual.text(folder, name)
    if shown is None:
        raise Http404
    return render(request, "public/help_text.html", {"shown": shown, "text": manual.page(shown)})


urls = [
    reads("help/", contents, name="help"),
    reads("help/<slug:folder>/<slug:name>/", manual_text, name="help-text"),
    reads("library/", kinds, name="library-kinds"),
    reads("library/<slug:kind>/", kind, name="library-kind"),
    reads("library/<slug:kind>/<written:id>/", file, name="library"),
]
