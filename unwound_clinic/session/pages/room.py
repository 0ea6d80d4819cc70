"""The infusion room: one session's screen, its updates and actions; and the board of all beds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from unwound.record import UnwoundError
from unwound.session import MONITOR_FIRST, display, sign
from unwound.session.pick_lists import pick_list
from unwound.session.rounds import SEDATION
from unwound.session.signs import ReadingState
from unwound_clinic.core import access, seen, sent_again, trouble
from unwound_clinic.core.action import Conflict, typed_number
from unwound_clinic.core.addresses import reads, sent, takes
from unwound_clinic.core.numbers import written
from unwound_clinic.core.page import actor, check_whose
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import moments, order, rounds, screen, watching
from unwound_clinic.session.actions import alerts, charting, course, readings
from unwound_clinic.session.actions import rounds as actions_rounds
from unwound_clinic.session.forms import SecondPersonForm, SignsForm
from unwound_clinic.session.pages.common import session_or_404, session_page


@session_page("infusion room")
def room(
    request: HttpRequest,
    row: InfusionSession,
    form: SignsForm | None = None,
    status: int = 200,
    doubt: str = "",
    second: SecondPersonForm | None = None,
    round_form: SignsForm | None = None,
) -> HttpResponse:
    """The session's screen; after a refusal with what was typed, so that staff stay on the page.

    Of a dose that is asked again, `doubt` says why: it can then be confirmed as typed, where it is far above the order
    by a `second` person too.
    """
    seen.looks_at(request, [row.patient], _look(row))
    drawn = screen.screen(row)
    context = {
        "session": row, "patient": row.patient, "site": row.site, "screen": drawn,
        "parts": {part.id: part for part in drawn.parts},
        "place": "room", "label": MONITOR_FIRST, "form": form or SignsForm(display.by_hand()),
        "reasons": pick_list("alert_reasons").words, "effects": pick_list("side_effects").words,
        "rescue": pick_list("rescue_drugs").words, "moments": moments.CHOICES, "judged": sign(SEDATION),
        "depths": range(int(sign(SEDATION).highest.value), int(sign(SEDATION).lowest.value) - 1, -1),
        "round_form": round_form or _round_form(row),
        "may_run": access.may(actor(request), "run-session", row.patient),
        "typed": request.POST, "doubt": doubt, "second": second,
        "resent": [(name, value) for name, value in request.POST.items() if name not in NOT_RESENT] if doubt else (),
    }  # fmt: skip
    return render(request, "session/room.html", context, status=status)


def _round_form(row: InfusionSession, posted: Any = None) -> SignsForm:
    return SignsForm(rounds.of(row, watching.live(row), timezone.now()).fields, posted, prefix="round")


def now(request: HttpRequest, number: int) -> HttpResponse:
    """The parts of the screen that changed since it was sent, or 304."""
    row = session_or_404(number)
    access.check(actor(request), "watch-sessions", row.patient)
    drawn = screen.screen(row)
    has = request.GET.get("seen", "")
    if drawn.seen == (has or request.headers.get("If-None-Match", "").strip('"')):
        return HttpResponse(status=304)
    if seen.looks_at(request, [row.patient], _look(row)):
        seen.viewed(by=actor(request), patient=row.patient, page="infusion room")
    sent = has.split(".")
    new = [part for part in drawn.parts if part.digest not in sent]
    answer = render(request, "session/room_news.html", {"session": row, "screen": drawn, "new": new})
    answer["ETag"] = f'"{drawn.seen}"'
    return answer


def _look(row: InfusionSession) -> str:
    return f"session {row.pk}"


def do(request: HttpRequest, number: int) -> HttpResponseBase:
    """Carries out what is tapped on the screen."""
    row = session_or_404(number)
    access.check(actor(request), "run-session", row.patient)
    check_whose(request, row.patient)
    what = request.POST.get("do", "")
    if what not in ACTIONS:
        raise Conflict("unknown action")
    waits = request.headers.get(WAITS) is not None
    try:
        message = ACTIONS[what](request, row, {"by": actor(request), "patient": row.patient, "session": row})
    except charting.Doubtful as doubt:
        if waits:
            return JsonResponse({"refused": f"{doubt}.", "doubtful": True}, status=409)
        asked = _second(request, row) if doubt.second else None
        return room(request, row.pk, status=409, doubt=f"{doubt}.", second=asked)
    except (Conflict, UnwoundError) as error:
        if waits:
            return JsonResponse({"refused": f"{error}."}, status=409)
        messages.error(request, f"Not charted: {error}.")
        return room(request, row.pk, status=409)
    if waits:
        return _answered(message)
    if isinstance(message, HttpResponseBase):
        return message
    messages.success(request, message)
    return redirect("session", row.pk)


def _answered(message: str | HttpResponseBase) -> HttpResponseBase:
    """The answer to a script that sends what waits: what was charted, or that a form has to be filled in again."""
    if isinstance(message, str):
        return JsonResponse({"charted": message})
    return JsonResponse({"refused": "A value is missing or not possible: check the marked fields."}, status=409)


Target = Mapping[str, Any]
WAITS = sent_again.WAITED
NOT_RESENT = ("csrfmiddlewaretoken", "reason", "sure", "person", "password")
"""What is asked anew when a doubtful dose is confirmed; the rest is sent again as it was typed."""


def _pause(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    course.pause(**target, reason=request.POST.get("reason", ""), **_when(request, row))
    return "Infusion paused."


def _resume(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    course.resume(**target, despite=request.POST.get("despite", ""), **_when(request, row))
    return "Infusion resumed."


def _stop(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    course.stop(**target, reason=request.POST.get("reason", ""), **_when(request, row))
    return "Infusion ended; recovery begins."


def _rate(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    typed = _number(request, "rate")
    rate = typed * row.plan.concentration_mg_per_ml if request.POST.get("unit") == "ml" else typed
    form = _second(request, row)
    confirmed = form.cleaned_data.get("confirmed") if form.is_bound and form.is_valid() else None
    charting.rate(**target, rate_mg_per_h=rate, **_meant(request), **_when(request, row), second=confirmed)
    return f"Rate {rate:.4g} mg/h charted."


def _second(request: HttpRequest, row: InfusionSession) -> SecondPersonForm:
    """Who confirms a rate far above the order, with their own password; empty where nobody was named yet."""
    return SecondPersonForm(request, row.site, request.POST if request.POST.get("person") else None)


def _bolus(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    amount = _number(request, "amount")
    charting.bolus(**target, amount_mg=amount, **_meant(request), **_when(request, row))
    return f"Bolus of {written(amount)} mg charted."


def _rescue(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    drug = request.POST.get("other", "").strip() or request.POST.get("drug", "")
    meant = _meant(request)
    amount = request.POST.get("amount", "").strip()
    when = _when(request, row)
    charting.rescue_drug(**target, drug=drug, amount=amount, note=meant["reason"], sure=meant["sure"], **when)
    named = f"{drug[:1].upper()}{drug[1:]}"
    if not amount:
        return f"{named}, charted without its dose: add the dose under «Recent events», amend."
    return f"{named}, {amount}, charted."


def _effect(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    effect = request.POST.get("other", "").strip() or request.POST.get("effect", "")
    typed = _number(request, "grade")
    grade = int(typed) if typed.is_integer() else 0
    note, when = request.POST.get("note", ""), _when(request, row)
    charting.side_effect(**target, effect=effect, grade=grade, note=note, **when)
    return f"{effect[:1].upper()}{effect[1:]}, grade {grade}, charted."


def _note(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    charting.note(**target, text=request.POST.get("note", ""), **_when(request, row))
    return "Note charted."


def _read(request: HttpRequest, row: InfusionSession, target: Target) -> str | HttpResponseBase:
    form = SignsForm(display.by_hand(), request.POST)
    if not form.is_valid():
        return room(request, row.pk, form=form)
    readings.enter_by_hand(**target, values=form.values(), **_when(request, row))
    return "Readings charted."


def _round(request: HttpRequest, row: InfusionSession, target: Target) -> str | HttpResponseBase:
    form = _round_form(row, request.POST)
    if not form.is_valid():
        return room(request, row.pk, round_form=form)
    values, asleep = form.values(), request.POST.get("asleep") == "yes"
    if not asleep:
        depth = _number(request, SEDATION)
        if sign(SEDATION).state_of(depth) != ReadingState.VALUE or not depth.is_integer():
            raise Conflict(f"{depth:g} is not on the scale of sedation")
        values[SEDATION] = depth
    actions_rounds.chart_round(**target, values=values, asleep=asleep, **_when(request, row))
    return "Round charted."


def _acknowledge(request: HttpRequest, row: InfusionSession, target: Target) -> str:
    reason = request.POST.get("other", "").strip() or request.POST.get("reason", "")
    alert = next(
        (alert for alert in watching.live(row).watched.open if alert.episode.id == request.POST.get("episode")), None
    )
    if alert is None:
        raise Conflict("this alert has already been acknowledged, or does not belong to this session")
    shown, when = _shown(request.POST.getlist("shown")), _when(request, row)
    alerts.acknowledge(**target, episode=alert.episode, reason=reason, shown=shown, **when)
    left = next(
        (open_alert for open_alert in watching.live(row).watched.open if open_alert.episode == alert.episode), None
    )
    calls = f" It will alert again: {left.again}." if left is not None and left.again else ""
    waited = f" at {when['at'].astimezone(row.site.zone):%H:%M}, sent now" if when["at"] is not None else ""
    return f"Alert acknowledged{waited}.{calls}"


def _shown(posted: list[str]) -> dict[str, float | None] | None:
    """The alerts that the page showed, with the worst value of each: «72.5 limit/…», or «- overdue/…» without one."""
    pairs = [line.split(" ", 1) for line in posted if " " in line]
    shown: dict[str, float | None] = {}
    for worst, id in pairs:
        try:
            shown[id] = None if worst == "-" else float(worst)
        except ValueError:
            raise Conflict("this page is no longer complete: load it again") from None
    return shown or None


def _number(request: HttpRequest, name: str) -> float:
    return typed_number(request.POST.get(name, ""))


def _when(request: HttpRequest, row: InfusionSession) -> dict[str, Any]:
    """When it happened, and how it comes that it is charted later, as the actions take it."""
    waited, tapped = request.headers.get(WAITS, ""), trouble.first_sent(request)
    if waited and not request.POST.get(sent_again.NUMBER):
        raise Conflict(
            "this entry waited for the network and may be charted already: check the record, and chart it with its time"
            " if it is not there"
        )
    moment = moments.read(request.POST.dict(), waited, row.site.zone, timezone.now(), tapped)
    return {"at": moment.at, "how": moment.how}


def _meant(request: HttpRequest) -> dict[str, Any]:
    """Who ordered it and why, and whether a doubtful dose was confirmed."""
    return {"reason": request.POST.get("reason", ""), "sure": request.POST.get("sure") == "yes"}


ACTIONS: Mapping[str, Callable[[HttpRequest, InfusionSession, Target], str | HttpResponseBase]] = {
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "rate": _rate,
    "bolus": _bolus,
    "rescue": _rescue,
    "effect": _effect,
    "note": _note,
    "read": _read,
    "round": _round,
    "acknowledge": _acknowledge,
}

_BOARD = "board"


def board(request: HttpRequest) -> HttpResponse:
    """All beds at once."""
    beds = _beds(request)
    patients = [bed["session"].patient for bed in beds["beds"]]
    seen.looks_at(request, patients, _BOARD)
    seen.listed(by=actor(request), patients=patients, page="all beds")
    return render(request, "session/board.html", {**beds, "label": MONITOR_FIRST})


def board_now(request: HttpRequest) -> HttpResponse:
    """The beds that changed since the board was sent, or 304; all of them when a bed came or went."""
    beds = _beds(request)
    patients = [bed["session"].patient for bed in beds["beds"]]
    answer = news(request, beds)
    if answer.status_code == 200 and seen.looks_at(request, patients, _BOARD):
        seen.listed(by=actor(request), patients=patients, page="all beds")
    return answer


def news(request: HttpRequest, beds: Mapping[str, Any]) -> HttpResponse:
    """What changed since a board or a wall was sent; it is never loaded anew, for a new page would have no sound."""
    before = request.GET.get("seen", "").split(".")
    if beds["seen"].split(".") == before and request.GET.get("beds") == beds["which"]:
        return HttpResponse(status=304)
    whole = request.GET.get("beds") != beds["which"]
    new = [] if whole else [bed for bed in beds["beds"] if bed["part"].digest not in before]
    grave_new = beds["grave"].digest not in before
    return render(request, "session/board_news.html", {**beds, "new": new, "whole": whole, "grave_new": grave_new})


def _beds(request: HttpRequest) -> dict[str, Any]:
    sites = actor(request).sites_where("watch-sessions")
    if not sites:
        raise access.Refused("viewing all beds requires a role in patient care")
    return {**beds_of(sites), "news": reverse("board-now")}


def beds_of(sites: Iterable[int]) -> dict[str, Any]:
    """All occupied beds of these sites, with what a screen that shows them sends back."""
    rows = InfusionSession.objects.filter(site__in=sites, state__in=order.AT_BEDSIDE).select_related(
        "patient__site", "site", "plan", "provider"
    )
    beds: list[dict[str, Any]] = [{"session": row, "part": screen.screen(row).bed} for row in sorted(rows, key=_place)]
    grave = screen.gravest(beds)
    return {
        "beds": beds,
        "grave": grave,
        "seen": ".".join(part.digest for part in (grave, *(bed["part"] for bed in beds))),
        "which": "-".join(str(bed["session"].pk) for bed in beds),
    }


def _place(row: InfusionSession) -> tuple[object, ...]:
    """By site and bed, «Bed 2» before «Bed 10»."""
    parts = re.split(r"(\d+)", row.bed)
    return (
        row.site_id,
        [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in parts],
        row.pk,
    )


urls = [
    takes("sessions/<int:number>/", room, name="session"),
    reads("sessions/<int:number>/now/", now, name="session-now"),
    sent("sessions/<int:number>/do/", do, name="session-do"),
    reads("board/", board, name="board"),
    reads("board/now/", board_now, name="board-now"),
]
