"""Which session a message belongs to: found by bed or by patient ID, or by none where they disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from unwound.exchange.subject import Known, disagreement
from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic import models
from unwound_clinic.models import InfusionSession, Monitor, SessionEvent, Site
from unwound_clinic.monitors.arrivals import Arrival
from unwound_clinic.session.order import AT_BEDSIDE

OURS = "UNWOUND"
"""The authority of an id that is the number in the patient's address, not the record number."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that readings may belong to, and when it began as far as it is charted."""

    session_id: int
    since: datetime | None = None
    patient: Known = field(default_factory=Known, compare=False)


class Beds:
    """The sessions of a site that are under way, by bed and by patient: read anew for every commit, so kept short."""

    def __init__(self, site: Site) -> None:
        self.by_bed: dict[str, OpenSession] = {}
        self.by_id: dict[str, OpenSession] = {}
        for row in _under_way(site):
            open_session = OpenSession(row.pk, row.since, _known(row))
            if row.bed and (row.state != SessionState.CHECKED_IN or same(row.bed) not in self.by_bed):
                self.by_bed[same(row.bed)] = open_session
            if row.patient__number:
                self.by_id[same(row.patient__number)] = open_session
            self.by_id[f"{row.patient_id}^^^{OURS}"] = open_session
        for id, leads_to in _led_on(site):
            if leads_to in self.by_id:
                self.by_id.setdefault(id, self.by_id[leads_to])

    @property
    def sessions(self) -> frozenset[int]:
        """All that are under way."""
        return frozenset(open_session.session_id for open_session in self.by_id.values())

    def find(self, arrival: Arrival, monitor: Monitor | None) -> tuple[OpenSession | None, bool]:
        """The session of the message, and whether its patient ID names it; None where nothing does, or two differ.

        None too where what is said of the patient beside it disagrees (`doubt`).
        """
        open_session, by_id = self._fits(arrival, monitor)
        if open_session is not None and disagreement(arrival.subject, open_session.patient):
            return None, False
        return open_session, by_id

    def doubt(self, arrival: Arrival, monitor: Monitor | None) -> str:
        """Why the readings of a message wait although a bed or number fits; empty where that is not why."""
        open_session, _ = self._fits(arrival, monitor)
        return disagreement(arrival.subject, open_session.patient) if open_session else ""

    def of_ids(self, ids: Iterable[str]) -> OpenSession | None:
        """The one session under way that these ids name; None where none or several do."""
        sessions = {open_session.session_id: open_session for id in ids if (open_session := self._of_id(id))}
        return next(iter(sessions.values())) if len(sessions) == 1 else None

    def _fits(self, arrival: Arrival, monitor: Monitor | None) -> tuple[OpenSession | None, bool]:
        by_id = {
            open_session.session_id: open_session for id in arrival.patient_ids if (open_session := self._of_id(id))
        }
        places = [place for place in arrival.places if place] or ([monitor.bed] if monitor and monitor.bed else [])
        by_bed = {
            open_session.session_id: open_session for place in places if (open_session := self.by_bed.get(same(place)))
        }
        both = by_id | by_bed
        if len(both) != 1:
            return None, False
        return next(iter(both.values())), bool(by_id)

    def _of_id(self, id: str) -> OpenSession | None:
        parts = [*id.split("^"), "", "", ""]
        if parts[3].split("&")[0] == OURS:
            return self.by_id.get(f"{parts[0]}^^^{OURS}")
        return self.by_id.get(same(parts[0]))


def _led_on(site: Site) -> Iterable[tuple[str, str]]:
    """Ids of records that were merged into others, each with that of the record it leads to."""
    for merged in models.Patient.objects.filter(site=site).exclude(merged_into=None).select_related("merged_into"):
        leads_to = f"{merged.leads_to().pk}^^^{OURS}"
        yield f"{merged.pk}^^^{OURS}", leads_to
        if merged.number:
            yield same(merged.number), leads_to


def _known(row: Any) -> Known:
    return Known(
        number=row.patient__number,
        family_name=row.patient__family_name,
        given_name=row.patient__given_name,
        born=row.patient__birth_date,
    )


def _under_way(site: Site) -> Iterable[Any]:
    """Sessions with the patient in the room, as named columns: `since` is the time of the first event."""
    events = SessionEvent.objects.filter(session=OuterRef("pk")).exclude(
        kind=EventKind.NOTE
    )  # may be of the appointment
    first = events.order_by("at").values("at")[:1]
    sessions = InfusionSession.objects.filter(site=site, state__in=AT_BEDSIDE).annotate(since=Subquery(first))
    named = ("patient__number", "patient__family_name", "patient__given_name", "patient__birth_date")
    columns = ("pk", "since", "bed", "state", "patient_id", *named)
    return sessions.order_by("scheduled_at", "id").values_list(*columns, named=True)


def same(name: str) -> str:
    """Beds and record numbers are the same however they are spaced or written in capitals."""
    return " ".join(name.split()).casefold()
