"""The record of a session on paper: typst makes the PDF from the same lines that the page shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone

from unwound.session import MONITOR_FIRST
from unwound_clinic.models import InfusionSession
from unwound_clinic.recording import Record
from unwound_clinic.templatetags.words import protocol_title

TEMPLATE = Path(__file__).parent / "templates" / "session_record.typ"


def of(row: InfusionSession, record: Record) -> bytes:
    """The PDF."""
    told = json.dumps(_content(row, record), ensure_ascii=False)
    made: bytes = typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"record": told})
    return made


def _content(row: InfusionSession, record: Record) -> dict[str, Any]:
    zone, patient = row.site.zone, row.patient
    born = f"born {patient.birth_date:%-d %b %Y}" if patient.birth_date else "birth date not known"
    return {
        "site": row.site.name,
        "letterhead": row.site.letterhead,
        "patient": patient.full_name,
        "who": _joined(born, patient.sex, patient.number and f"no. {patient.number}"),
        "session": _joined(
            f"{protocol_title(row.plan.protocol)}, day {row.day}",
            row.state,
            row.bed,
            f"watched over by {row.provider.name}" if row.provider else "",
        ),
        "since": f"{record.since.astimezone(zone):%-d %b %Y %H:%M}",
        "until": f"{record.until.astimezone(zone):%-d %b %Y %H:%M %Z}",
        "every": record.every_min,
        "label": MONITOR_FIRST,
        "heads": record.heads,
        "lines": [
            [f"{one.at.astimezone(zone):%H:%M}", *one.cells, "; ".join(one.events)] for one in record.lines
        ],
        "beyond": [[one["sign"], one["extreme"], one["boundary"], one["beyond"], one["known"], one["gaps"]]
                   for one in record.beyond],
        "struck": [
            [
                " to ".join(dict.fromkeys(f"{at.astimezone(zone):%H:%M:%S}" for at in (one.first, one.last))),
                str(one.number),
                one.says, f"{one.event.by_name}: {one.event.content['reason']}",
            ]
            for one in record.struck
        ],
        "alerts": [
            [
                f"{one.alert.since.astimezone(zone):%H:%M:%S}", one.kind, one.title,
                f"{one.alert.acknowledged.by}: {one.alert.acknowledged.reason}" if one.alert.acknowledged
                else "not acknowledged",
            ]
            for one in record.alerts
        ],
        "events": [
            {
                "at": f"{one['row'].at.astimezone(zone):%H:%M:%S}",
                "kind": one["row"].kind.replace("-", " "),
                "says": one["says"],
                "by": one["row"].by_name,
                "struck": one["struck"],
                "why": _why(one),
            }
            for one in record.events
            if one["row"].kind != "raised"
        ],
        "printed": f"{timezone.now().astimezone(zone):%-d %b %Y %H:%M}",
    }  # fmt: skip


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _why(one: dict[str, Any]) -> str:
    after = one["after"]
    if after is None:
        return one["row"].reason if one["row"].amends_id else ""
    return f"{'entered in error' if one['error'] else 'amended'} by {after.by_name}: {after.reason}"
