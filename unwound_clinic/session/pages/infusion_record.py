"""The record of a session: the printable grid, the PDF, every reading as a table, amendments, the predicted course."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound import session
from unwound.session.signs import BOUNDS, ReadingState
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict, typed_number
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.session import drug_balance, predicted, watching, words
from unwound_clinic.session.actions import amendments, voiding
from unwound_clinic.session.infusion_record import content, every_reading, head
from unwound_clinic.session.infusion_record import pdf as session_pdf
from unwound_clinic.session.pages.common import session_page

COLUMNS = (
    "time_utc", "time_here", "sign", "value", "unit", "status", "believed", "source", "received_utc", "by", "as_sent",
    "in_error",
)  # fmt: skip
MOST_DIGITS = 19
"""Most digits of the number of a row."""
FORMULAS = tuple("=+-@\t\r\n")
NUMBER = re.compile(r"[+-]\d+([.,]\d+)?")
NUMBERS = {"rate_mg_per_h": "Rate, mg/h", "amount_mg": "Amount, mg", "grade": "Grade", "value": "Value"}


@session_page("session record")
def record(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Vital signs over time, events, alerts, extremes: to read and to print."""
    if request.method == "POST":
        posted = request.POST.get("reading", "")
        number = int(posted) if posted.isdecimal() and len(posted) < MOST_DIGITS else 0
        voiding.reading(
            by=actor(request), patient=row.patient, session=row, reading=number,
            reason=request.POST.get("reason", ""),
        )  # fmt: skip
        messages.success(request, "Reading voided; it stays in the record but is not used.")
        return redirect("session-record", row.pk)
    live = watching.whole(row)
    printed = content.record(row, live, _every(request))
    context = {
        "session": row, "patient": row.patient, "site": row.site, "place": "record",
        "record": printed, "intervals": content.INTERVALS, "every": printed.every_min,
        "label": session.MONITOR_FIRST, "lots": drug_balance.lots(live.rows),
        "notes": [*head.present(row), *head.knowledge(live.rows)],
        "pages": every_reading.about(live.readings), "few": every_reading.ALWAYS,
        "by_hand": _by_hand(row, live), "may_run": access.may(actor(request), "run-session", row.patient),
    }  # fmt: skip
    return render(request, "session/infusion_record.html", context)


def _by_hand(row: InfusionSession, live: watching.Live) -> list[dict[str, Any]]:
    """Readings entered by hand, with the event that voided them."""
    voidings = watching.voidings(live.rows)
    voided_by = {event.pk: event for event in live.rows if event.pk in voidings}
    rows = row.readings.exclude(by=None).filter(message=None).select_related("by").order_by("at", "id")
    return [
        {
            "row": reading,
            "says": session.sign(reading.sign).says(reading.value or 0.0),
            "wrong": voided_by.get(reading.taken_back_id or 0),
        }
        for reading in rows
    ]


@session_page("session record, PDF")
def pdf(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """The same on paper."""
    live = watching.whole(row)
    asked = {"yes": True, "no": False}.get(request.GET.get("readings", ""))
    document = session_pdf.render(row, live, content.record(row, live, _every(request)), every=asked)
    answer = HttpResponse(document, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="session-{row.pk}.pdf"'
    return answer


@session_page("session readings, table")
def table(request: HttpRequest, row: InfusionSession) -> StreamingHttpResponse:
    """Every reading, one per line, as received; nothing averaged, nothing left out."""
    answer = StreamingHttpResponse(_csv(row), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="session-{row.pk}-readings.csv"'
    return answer


@session_page("session record, table")
def grid(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """The lines of the record with their events, as a table."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="session-{row.pk}-record.csv"'
    printed, writer = content.record(row, watching.whole(row), _every(request)), csv.writer(answer)
    writer.writerow(("time_utc", "time_here", *printed.heads, "events"))
    for line in printed.lines:
        times = line.at.isoformat(), line.at.astimezone(row.site.zone).isoformat()
        writer.writerow((*times, *map(_plain, line.cells), _plain("; ".join(line.events))))
    return answer


class _Echo:
    """Gives back what a csv writer writes."""

    def write(self, text: str) -> str:
        return text


def _csv(row: InfusionSession) -> Iterator[str]:
    writer, zone = csv.writer(_Echo()), row.site.zone
    events = tuple(row.events.order_by("at", "id"))
    voidings = watching.voidings(events)
    reasons = {event.pk: event.content["reason"] for event in events if event.pk in voidings}
    yield writer.writerow(COLUMNS)
    fields = ("taken_back", "at", "sign", "value", "unit", "status", "source", "received_at", "by__name", "as_sent")
    for reading in row.readings.order_by("at", "id").values_list(*fields).iterator(chunk_size=2000):
        taken_back, at, sign, value, unit, status, source, received, by, as_sent = reading
        vital_sign = session.sign(sign)
        plausible = value is not None and vital_sign.state_of(value) == ReadingState.VALUE
        as_it_is = plausible and status != ReadingState.QUESTIONABLE
        believed = "" if value is None else "yes" if as_it_is or status in BOUNDS else "no"
        yield writer.writerow(
            (
                at.isoformat(), at.astimezone(zone).isoformat(), sign, "" if value is None else value,
                unit or vital_sign.unit, status, believed, _plain(source), received.isoformat(),
                _plain(by or ""), _plain(as_sent), _plain(reasons.get(taken_back, "")),
            )
        )  # fmt: skip


def _plain(text: str) -> str:
    """What was sent or typed, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in FORMULAS and not NUMBER.fullmatch(text) else text


def _every(request: HttpRequest) -> int | None:
    """The minutes asked for, of those that can be chosen."""
    asked = request.GET.get("every", "")
    return next((minutes for minutes in content.INTERVALS if str(minutes) == asked), None)


@session_page("amend session")
def event(request: HttpRequest, row: InfusionSession, event: int) -> HttpResponse:
    """One event: amended with a reason, or retracted; the original stays."""
    entry = get_object_or_404(row.events, pk=event)
    if request.method == "POST":
        arguments: dict[str, Any] = {"by": actor(request), "patient": row.patient, "session": row, "event": entry}
        reason = request.POST.get("reason", "")
        if request.POST.get("do") == "take-back":
            amendments.retract(**arguments, reason=reason)
        else:
            amendments.amend(**arguments, content=_content(request, entry), at=_at(request, row, entry), reason=reason)
        messages.success(request, "Amended; the original stays in the record.")
        return redirect("session-record", row.pk)
    numbers = [(name, label, entry.content[name]) for name, label in NUMBERS.items() if name in entry.content]
    context = {
        "session": row, "patient": row.patient, "site": row.site, "event": entry, "numbers": numbers,
        "says": words.describe(entry), "note": entry.content.get("note", ""),
        "local": entry.at.astimezone(row.site.zone).strftime("%Y-%m-%dT%H:%M:%S"),
        "may": entry.kind not in amendments.FIXED and not entry.in_error and not entry.amended_by.exists(),
        "back": entry.kind not in amendments.PHASE_EVENTS,
        "amends": entry.kind not in amendments.WHOLE,
        "may_run": access.may(actor(request), "run-session", row.patient),
    }  # fmt: skip
    return render(request, "session/event.html", context)


def _content(request: HttpRequest, entry: SessionEvent) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name in NUMBERS:
        if name in entry.content and request.POST.get(name):
            number = typed_number(request.POST[name])
            content[name] = int(number) if name == "grade" and number.is_integer() else number
    if request.POST.get("note"):
        content["note"] = request.POST["note"].strip()
    return content


def _at(request: HttpRequest, row: InfusionSession, entry: SessionEvent) -> datetime:
    """The time typed, by the site's clock; the old one where it was left as it was.

    Of an hour that comes twice, when the clocks go back, the one nearer to the old time; one that never was is refused.
    """
    typed = request.POST.get("at", "")
    if not typed or typed == entry.at.astimezone(row.site.zone).strftime("%Y-%m-%dT%H:%M:%S"):
        return entry.at
    try:
        local = datetime.fromisoformat(typed).replace(tzinfo=row.site.zone)
    except ValueError:
        raise Conflict(f"«{typed[:30]}» is not a valid time: nothing was amended") from None
    amended_at = min(
        (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)), key=lambda moment: abs(moment - entry.at)
    )
    if amended_at.astimezone(row.site.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Conflict(f"{local:%H:%M} did not exist that night: the clocks went forward")
    return amended_at


@session_page("predicted course, picture")
def predicted_course(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Predicted concentrations under the rates that were charted, as a picture."""
    svg = predicted.picture(row, timezone.now())
    if svg is None:
        return HttpResponse(status=404)
    return HttpResponse(svg, content_type="image/svg+xml")


urls = [
    takes("sessions/<int:number>/record/", record, name="session-record"),
    reads("sessions/<int:number>/record.pdf", pdf, name="session-pdf"),
    reads("sessions/<int:number>/record.csv", grid, name="session-record-table"),
    reads("sessions/<int:number>/readings.csv", table, name="session-readings"),
    takes("sessions/<int:number>/events/<int:event>/", event, name="session-event"),
    reads("sessions/<int:number>/predicted.svg", predicted_course, name="session-predicted"),
]
