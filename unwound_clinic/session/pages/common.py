"""What every page about a session begins with: the session, the permission to see it, the audit event of viewing it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from unwound_clinic.core import access, seen
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import actor, answered, check_whose
from unwound_clinic.models import InfusionSession

Page = Callable[..., HttpResponseBase]


DRUGS = "controlled drug"
"""The page of a session that stays when its record is erased."""


def session_page(name: str, permission: str = "watch-sessions") -> Callable[[Page], Page]:
    """A page about one session (`number` in its address): refused or logged before anything is read."""

    def wrap(page: Page) -> Page:
        @functools.wraps(page)
        def checked_page(request: HttpRequest, number: int, **more: Any) -> HttpResponseBase:
            row, by = session_or_404(number), actor(request)
            access.check(by, permission, row.patient)
            if row.patient.erased_at and (name != DRUGS or request.method not in ("GET", "HEAD")):
                raise Conflict("this record was erased: only the log of its controlled drugs is left")
            if request.method in ("GET", "HEAD"):
                seen.viewed(by=by, patient=row.patient, page=name)
                return page(request, row, **more)
            check_whose(request, row.patient)
            return answered(lambda: page(request, row, **more), by, row.patient, name)

        return checked_page

    return wrap


def session_or_404(number: int) -> InfusionSession:
    """One session with what every page about it shows."""
    rows = InfusionSession.objects.select_related("patient__site", "site", "plan", "provider")
    return get_object_or_404(rows, pk=number)


def session_context(row: InfusionSession) -> dict[str, Any]:
    """What every template about a session needs."""
    return {"session": row, "patient": row.patient, "site": row.site}
