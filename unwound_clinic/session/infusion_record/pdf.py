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
from unwound_clinic.session.infusion_record import head
from unwound_clinic.session.infusion_record.content import Record

TEMPLATE = Path(__file__).parents[1] / "templates/session/infusion_record.typ"


def of(row: InfusionSession, record: Record) -> bytes:
    """The PDF."""
    told = json.dumps(_content(row, record), ensure_ascii=False)
    made: bytes = typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"record": told})
    return made


def _content(row: InfusionSession, record: Record) -> dict[str, Any]:
    zone, patient = row.site.zone, row.patient
    events = [one for one in record.events if one["row"].kind != EventKind.RAISED]
    born = f"born {patient.birth_date:%-d %b %Y}" if patient.birth_date else "birth date not known"
    return {
        "site": row.site.name,
        "letterhead": row.site.letterhead,
        "patient": patient.full_name,
        "who": _joined(born, patient.sex, patient.number and f"no. {patient.number}"),
        "ordered": list(head.ordered(row)),
        "course": list(head.course(row, record)),
        "lots": list(head.lots(row)),
        "every": record.every_min,
        "label": MONITOR_FIRST,
        "heads": record.heads,
        "lines": [
            [at, *one.cells, "; ".join(one.events)]
            for at, one in zip(_times((one.at for one in record.lines), zone, "%H:%M"), record.lines, strict=True)
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
                at, one.kind, one.title,
                f"{one.alert.acknowledged.by}: {one.alert.acknowledged.reason}" if one.alert.acknowledged
                else "not acknowledged",
            ]
            for at, one in zip(_times((one.alert.since for one in record.alerts), zone), record.alerts, strict=True)
        ],
        "events": [
            {
                "at": at,
                "kind": one["row"].kind.replace("-", " "),
                "says": one["says"],
                "by": one["row"].by_name,
                "struck": one["struck"],
                "why": _why(one),
            }
            for at, one in zip(_times((one["row"].at for one in events), zone), events, strict=True)
        ],
        "printed": f"{timezone.now().astimezone(zone):%-d %b %Y %H:%M}",
    }  # fmt: skip


def _times(moments: Iterable[datetime], zone: tzinfo, form: str = "%H:%M:%S") -> Iterator[str]:
    """Each by the clock of the site; the first of each day with the day."""
    before = ""
    for one in moments:
        local = one.astimezone(zone)
        day = f"{local:%-d %b} "
        yield f"{day if day != before else ''}{local.strftime(form)}"
        before = day


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _why(one: dict[str, Any]) -> str:
    after = one["after"]
    if after is None:
        return one["row"].reason if one["row"].amends_id else ""
    return f"{'entered in error' if one['error'] else 'amended'} by {after.by_name}: {after.reason}"
