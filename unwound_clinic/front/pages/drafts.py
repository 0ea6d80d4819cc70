"""Drafts of forms: kept while one types, given back to the page, discarded."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from unwound_clinic.core import drafts
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor


def of_page(request: HttpRequest) -> HttpResponse:
    """The drafts of one page of the person who asks; a POST keeps one, or discards it."""
    user = actor(request).user
    if request.method == "POST":
        key = request.POST.get(drafts.FIELD, "")
        if "discard" in request.POST:
            drafts.discard(user, key)
        elif key:
            drafts.save(user, key, request.POST)
        return HttpResponse(status=204)
    return JsonResponse(drafts.of_page(user, request.GET.get("page", "")))


urls = [takes("drafts/", of_page, name="drafts")]
