"""The charts of courses, at addresses that name no patient."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from unwound.record import UnwoundError
from unwound_clinic.core.addresses import reads
from unwound_clinic.core.page import actor
from unwound_clinic.treatment import charts
from unwound_clinic.treatment.forms.target import TargetForm

KINDS = {"rate": charts.rate, "concentration": charts.concentration, "relief": charts.relief}
CACHED_S = 86_400


def course(request: HttpRequest, protocol: str, kind: str) -> HttpResponse:
    """One chart of one course at a weight (`kg`)."""
    if kind not in KINDS:
        raise Http404
    try:
        return _svg(KINDS[kind](protocol, _kg(request)))
    except UnwoundError as reason:
        raise Http404(str(reason)) from None


def comparison(request: HttpRequest) -> HttpResponse:
    """The courses named in `of` at a weight."""
    ids = [id for id in request.GET.get("of", "").split(",") if id]
    try:
        return _svg(charts.comparison(ids, _kg(request)))
    except UnwoundError as reason:
        raise Http404(str(reason)) from None


def target(request: HttpRequest) -> HttpResponse:
    """The rates for a corridor of the person who asks, by every model of the drug."""
    form = TargetForm(request.GET)
    if not form.is_valid():
        raise Http404
    try:
        return _svg(charts.target(form.cleaned_data, _kg(request), _years(request), actor(request).name))
    except UnwoundError as reason:
        raise Http404(str(reason)) from None


def _kg(request: HttpRequest) -> float:
    try:
        return round(float(request.GET.get("kg", "")), 1)
    except ValueError:
        raise Http404 from None


def _years(request: HttpRequest) -> float | None:
    """The age in `years`, where one is named."""
    written = request.GET.get("years", "")
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > 3:
        raise Http404
    return float(written)


def _svg(svg: str) -> HttpResponse:
    response = HttpResponse(svg, content_type="image/svg+xml")
    response["Cache-Control"] = f"private, max-age={CACHED_S}"
    return response


urls = [
    reads("charts/course/<written:protocol>/<slug:kind>.svg", course, name="chart-course"),
    reads("charts/target.svg", target, name="chart-target"),
    reads("charts/comparison.svg", comparison, name="chart-comparison"),
]
