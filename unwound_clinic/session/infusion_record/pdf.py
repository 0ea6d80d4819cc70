"""The record of a session on paper: typst makes the PDF from the same lines that the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone

from unwound import session
from unwound.record import long_day, minute, short_day
from unwound.session import MONITOR_FIRST
from unwound.session.events import EventKind
from unwound_clinic.core.template_words import born
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import predicted, translate, watching, words
from unwound_clinic.session.infusion_record import before, every_reading, head, picture
from unwound_clinic.session.infusion_record.content import Record
from unwound_clinic.session.screen import Line
from unwound_clinic.session.watching import Live

TEMPLATE = Path(__file__).parents[1] / "templates/session/infusion_record.typ"


def render(row: InfusionSession, live: Live, record: Record, *, every: bool | None = None) -> bytes:
    """The PDF; with every reading, without, or (None) with them where they are few pages."""
    content = json.dumps(_content(row, live, record) | _every_reading(row, live, every), ensure_ascii=False)
    document: bytes = typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"record": content})
    return document


def _every_reading(row: InfusionSession, live: Live, every: bool | None) -> dict[str, Any]:
    """The pages with every reading, or what is said in their place."""
    expected = every_reading.about(live.readings)
    number = sum(len(series) for series in live.readings.series.values())
    if every is None:
        every = expected <= every_reading.ALWAYS
    if not every or not number:
        left_out = (
            f"{number:,} readings, about {expected} page{'' if expected == 1 else 's'}, are not printed here"
            if number
            else ""
        )
        return {"every_reading": [], "left_out": left_out}
    pages = every_reading.pages(row, live.readings, watching.voidings(live.rows), row.site.zone)
    return {"every_reading": pages, "left_out": ""}


def _pictures(row: InfusionSession, live: Live, record: Record) -> list[list[str]]:
    """Each page's picture with the day that it begins on."""
    events, zone = translate.watched_events(live.rows), row.site.zone
    start = next((event.at for event in events if event.kind == EventKind.START), record.until)

    def given(at: datetime) -> float:
        return sum(dose.amount_mg for dose in session.doses_given(events, min(at, record.until)))

    mg_per_ml, carrier = row.plan.concentration_mg_per_ml, head.carrier_ml_per_h(live.rows)

    def fluid(at: datetime) -> float:
        return session.fluid_given(events, mg_per_ml, min(at, record.until), carrier).total_ml

    hour = timedelta(hours=1)
    doses = session.doses_given(events, record.until)
    pump = picture.Pump(
        rates=tuple(
            (start + dose.time_h * hour, start + dose.end_h * hour, dose.rate_mg_per_h)
            for dose in doses if dose.end_h > dose.time_h
        ),
        given_mg=given,
        fluid_ml=fluid,
        predicted=predicted.curve(row, live.rows, record.until),
    )  # fmt: skip
    marks = [(number, event.at) for number, event in record.marks]
    span = (record.since, record.until)
    drawn = picture.pages(live.readings, pump, marks, span, zone, live.limits)
    began = [since.astimezone(zone) for since, _ in picture.stretches(*span)]
    days = [f"{since:%A} {long_day(since)}" for since in began]
    return [list(pair) for pair in zip(days, drawn, strict=True)]


def _content(row: InfusionSession, live: Live, record: Record) -> dict[str, Any]:
    zone, patient, rows = row.site.zone, row.patient, live.rows
    events = [entry for entry in record.events if entry["row"].kind != EventKind.RAISED]
    return {
        "site": row.site.name,
        "letterhead": row.site.letterhead,
        "patient": patient.full_name,
        "who": _joined(born(patient.birth_date), patient.sex, patient.number and f"record no. {patient.number}"),
        "ordered": list(head.ordered(row)),
        "course": list(head.course(row, record)),
        "before": list(before.patient(row, rows)),
        "findings": list(before.findings(row, rows)),
        "agreed": list(before.order_and_consent(row)),
        "people": [*before.people(row, rows), *before.monitors(row)],
        "pictures": _pictures(row, live, record),
        "legend": [list(pair) for pair in picture.LEGEND.items()],
        "model": predicted.named(row),
        "marks": [
            [str(number), at, words.event_title(event.kind), words.describe(event)]
            for (number, event), at in zip(record.marks, _times((event.at for _, event in record.marks), zone, "%H:%M"),
                                           strict=True)
        ],
        "lots": list(head.lots(row)),
        "every": record.every_min,
        "label": MONITOR_FIRST,
        "heads": record.heads,
        "lines": [
            [at, *line.cells, "; ".join(line.events)]
            for at, line in zip(_times((line.at for line in record.lines), zone, "%H:%M"), record.lines, strict=True)
        ],
        "beyond": [[limit["sign"], limit["extreme"], limit["boundary"], limit["beyond"], limit["known"], limit["gaps"]]
                   for limit in record.beyond],
        "struck": [
            [
                " to ".join(dict.fromkeys(f"{at.astimezone(zone):%H:%M:%S}" for at in (voided.first, voided.last))),
                str(voided.number),
                voided.says, f"{voided.event.by_name}: {voided.event.content['reason']}",
            ]
            for voided in record.struck
        ],
        "alerts": [
            [
                at, alert.kind, alert.title,
                _acknowledged(alert),
            ]
            for at, alert in zip(_times((row.alert.since for row in record.alerts), zone), record.alerts, strict=True)
        ],
        "events": [
            {
                "at": at,
                "kind": words.event_title(entry["row"].kind),
                "says": entry["says"],
                "by": entry["row"].by_name,
                "struck": entry["struck"],
                "why": _why(entry),
            }
            for at, entry in zip(_times((entry["row"].at for entry in events), zone), events, strict=True)
        ],
        "printed": minute(timezone.now().astimezone(zone)),
    }  # fmt: skip


def _times(moments: Iterable[datetime], zone: tzinfo, form: str = "%H:%M:%S") -> Iterator[str]:
    """Each by the clock of the site; the first of each day with the day."""
    before = ""
    for moment in moments:
        local = moment.astimezone(zone)
        day = f"{short_day(local)} "
        yield f"{day if day != before else ''}{local.strftime(form)}"
        before = day


def _acknowledged(line: Line) -> str:
    """By whom and why; both times where it waited for the network."""
    answer = line.alert.acknowledged
    return "; ".join(filter(None, (f"{answer.by}: {answer.reason}", line.sent))) if answer else "not acknowledged"


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _why(entry: dict[str, Any]) -> str:
    after = entry["after"]
    if after is None:
        return entry["row"].reason if entry["row"].amends_id else ""
    return f"{'entered in error' if entry['error'] else 'amended'} by {after.by_name}: {after.reason}"
