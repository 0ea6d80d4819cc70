"""Where the hospital's messages say that patients were moved: each waits here until somebody decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound.exchange.hl7v2.moves import TRIGGERS
from unwound_clinic.core import seen
from unwound_clinic.core.addresses import reads, sent
from unwound_clinic.core.page import actor
from unwound_clinic.models import BedMove, Message
from unwound_clinic.monitors import decisions
from unwound_clinic.monitors.pages.monitors import sites_of

SHOWN = 50


def moves(request: HttpRequest) -> HttpResponse:
    """Moves that wait, by message; and those decided lately."""
    sites = {site.pk: site for site in sites_of(request, "watch-sessions")}
    rows = BedMove.objects.filter(message__site__in=sites).select_related("message", "patient", "session", "decided_by")
    listed = rows.defer("message__raw").order_by("-id")
    by_message: dict[int, list[BedMove]] = {}
    for move in listed.filter(decided_at=None)[:SHOWN]:
        by_message.setdefault(move.message_id, []).insert(0, move)
    waiting = [
        {
            "message": of_message[0].message,
            "site": sites[of_message[0].message.site_id or 0],
            "says": TRIGGERS.get(of_message[0].trigger, of_message[0].trigger),
            "moves": of_message,
            "doubt": any(move.doubt for move in of_message),
        }
        for of_message in by_message.values()
    ]
    decided = list(listed.exclude(decided_at=None)[:5])
    patients = [move.patient for of_message in by_message.values() for move in of_message]
    seen.listed(by=actor(request), patients=[*patients, *(move.patient for move in decided)], page="bed moves")
    context = {"waiting": waiting, "decided": decided, "may": set(actor(request).sites_where("run-session"))}
    return render(request, "monitors/moves.html", context)


def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Moves the patients of a message, or leaves them where they are."""
    message = get_object_or_404(Message.objects.select_related("site").exclude(site=None), pk=number)
    assert message.site is not None
    target: dict[str, Any] = {"by": actor(request), "site": message.site, "message": message}
    if request.POST.get("do") == "leave":
        decisions.leave_beds(**target)
        messages.success(request, "Nobody was moved; the message is kept.")
    else:
        moved = decisions.move_beds(**target, sure=request.POST.get("sure") == "yes")
        says = "; ".join(f"{move.patient.full_name}: {move.bed or 'no bed'}" for move in moved)
        messages.success(request, f"Moved: {says}.")
    return redirect("bed-moves")


urls = [
    reads("readings/moves/", moves, name="bed-moves"),
    sent("readings/moves/<int:number>/", decide, name="bed-move"),
]
