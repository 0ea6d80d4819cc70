"""Getting to know a monitor: every code of its last minute, green or red, its clock, its bed; what people say of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound.session.signs import signs
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, sent
from unwound_clinic.core.page import actor
from unwound_clinic.models import Monitor
from unwound_clinic.monitors import decisions, knowing
from unwound_clinic.monitors.pages.monitors import clock_in_words

_LONGEST = 18


def know(request: HttpRequest, number: int) -> HttpResponse:
    """What the last minute of a monitor shows; the page is loaded again for another."""
    row = get_object_or_404(Monitor.objects.select_related("site", "clock_by"), pk=number)
    shown = decisions.get_to_know(by=actor(request), site=row.site, monitor=row)
    last = shown.messages[0] if shown.messages else None
    context = {
        "monitor": row,
        "site": row.site,
        "known": shown,
        "last": last,
        "device_clock": clock_in_words(last.clock_ahead_s) if last and last.clock_ahead_s is not None else "",
        "offered": clock_in_words(shown.clock_s) if shown.clock_s is not None else "",
        "corrected": clock_in_words(row.clock_ahead_s) if row.clock_ahead_s is not None else "",
        "signs": [(id, vital.title) for id, vital in signs().items() if vital.scale is None],
        "units": knowing.units_for(shown.rows),
        "me": getattr(actor(request), "user", None),
    }
    return render(request, "monitors/know.html", context)


def code(request: HttpRequest, number: int) -> HttpResponse:
    """Says, confirms or ends what a code means."""
    row, form = _monitor(request, number), request.POST
    target: dict[str, Any] = {"by": actor(request), "site": row.site, "monitor": row}
    if form.get("do") == "propose":
        fields: dict[str, Any] = {name: form.get(name, "") for name in ("code", "sign", "unit", "value")}
        decisions.propose_code(**target, **fields)
        messages.success(request, "Saved. It takes effect once a second person has confirmed it.")
    elif form.get("do") == "confirm":
        confirmed = decisions.confirm_code(**target, number=_number(form.get("number")))
        messages.success(request, f"From now on «{confirmed.code}» is {signs()[confirmed.sign].title}.")
    elif form.get("do") == "end":
        decisions.end_code(**target, number=_number(form.get("number")))
        messages.success(request, "Ended. What was charted with it stays.")
    else:
        raise Conflict("unknown action")
    return redirect("monitor-know", row.pk)


def clock(request: HttpRequest, number: int) -> HttpResponse:
    """Uses corrected time, or ends that."""
    row = _monitor(request, number)
    target: dict[str, Any] = {"by": actor(request), "site": row.site, "monitor": row}
    if request.POST.get("do") == "end":
        decisions.end_correction(**target)
        messages.success(request, "Its times are charted as it sends them.")
    else:
        try:
            shown = float(request.POST.get("shown_s", ""))
        except ValueError:
            raise Conflict("this page is no longer complete: load it again") from None
        decisions.correct_clock(**target, shown_s=shown)
        messages.success(request, "Its times are corrected from now on; its own are kept beside them.")
    return redirect("monitor-know", row.pk)


def numbers(request: HttpRequest, number: int) -> HttpResponse:
    """Says whether this source posts our own patient numbers."""
    row = _monitor(request, number)
    ours = request.POST.get("ours") == "yes"
    decisions.use_our_numbers(by=actor(request), site=row.site, monitor=row, ours=ours)
    messages.success(request, "A bare «Patient/7» of it is our patient 7." if ours else "Its own numbers are ignored.")
    return redirect("monitor-know", row.pk)


def _monitor(request: HttpRequest, number: int) -> Monitor:
    row = get_object_or_404(Monitor.objects.select_related("site"), pk=number)
    access.check_at(actor(request), "assign-devices", row.site_id)
    return row


def _number(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) <= _LONGEST else 0


urls = [
    reads("monitors/<int:number>/know/", know, name="monitor-know"),
    sent("monitors/<int:number>/code/", code, name="monitor-code"),
    sent("monitors/<int:number>/clock/", clock, name="monitor-clock"),
    sent("monitors/<int:number>/numbers/", numbers, name="monitor-numbers"),
]
