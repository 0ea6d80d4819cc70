"""The record of a session on paper: typst makes the PDF from the same lines that the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone

from unwound.session import MONITOR_FIRST
from unwound.session.events import EventKind
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import words
from unwound_clinic.session.infusion_record import head
from unwound_clinic.session.infusion_record.content import Record

TEMPLATE = Path(__file__).parents[1] / "templates/session/infusion_record.typ"


def render(row: InfusionSession, record: Record) -> bytes:
    """The PDF."""
    content = json.dumps(_content(row, record), ensure_ascii=False)
    document: bytes = typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"record": content})
    return document


def _content(row: InfusionSession, record: Record) -> dict[str, Any]:
    zone, patient = row.site.zone, row.patient
    events = [entry for entry in record.events if entry["row"].kind != EventKind.RAISED]
    born = f"born {patient.birth_date:%-d %b %Y}" if patient.birth_date else "date of birth not known"
    return {
        "site": row.site.name,
        "letterhead": row.site.letterhead,
        "patient": patient.full_name,
        "who": _joined(born, patient.sex, patient.number and f"record no. {patient.number}"),
        "ordered": list(head.ordered(row)),
        "course": list(head.course(row, record)),
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
                f"{alert.alert.acknowledged.by}: {alert.alert.acknowledged.reason}" if alert.alert.acknowledged
                else "not acknowledged",
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
        "printed": f"{timezone.now().astimezone(zone):%-d %b %Y %H:%M}",
    }  # fmt: skip


def _times(moments: Iterable[datetime], zone: tzinfo, form: str = "%H:%M:%S") -> Iterator[str]:
    """Each by the clock of the site; the first of each day with the day."""
    before = ""
    for moment in moments:
        local = moment.astimezone(zone)
        day = f"{local:%-d %b} "
        yield f"{day if day != before else ''}{local.strftime(form)}"
        before = day


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _why(entry: dict[str, Any]) -> str:
    after = entry["after"]
    if after is None:
        return entry["row"].reason if entry["row"].amends_id else ""
    return f"{'entered in error' if entry['error'] else 'amended'} by {after.by_name}: {after.reason}"
