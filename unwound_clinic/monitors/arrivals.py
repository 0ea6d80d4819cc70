"""What a device or file sent, as the library read it -> what is stored of it, and which session it belongs to.

A session is found by bed or by patient ID; where they disagree, or neither is known, the readings wait as unassigned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from unwound.exchange import hl7v2
from unwound.exchange.hl7v2.moves import Move
from unwound.exchange.pump_words import PumpReport
from unwound.exchange.readings import Batch, NotCharted, Quarantined, Read
from unwound.exchange.subject import Known, Subject, disagreement
from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic import models
from unwound_clinic.models import InfusionSession, Message, Monitor, SessionEvent, Site, VitalReading
from unwound_clinic.session.order import AT_BEDSIDE, EARLIEST

OURS = "UNWOUND"
"""The authority of an id that is the number in the patient's address, not the record number."""
_MOST_IDS = 10
_ID_LENGTH, _SENDER_LENGTH, _AS_SENT_LENGTH, _SOURCE_LENGTH = 200, 200, 200, 200
_WHAT_LENGTH, _BED_LENGTH, _NAME_LENGTH = 300, 80, 120
_REF_LENGTH, _VALUE_LENGTH, _MOVED_TO_LENGTH = 80, 60, 40
"""Characters that the fields of the rows have room for; what is longer is cut off, and whole in the message kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message as received, and what the library read from it."""

    raw: bytes
    received_at: datetime
    sender: str
    control_id: str = ""
    posted_key: str = ""
    """The key of one that was posted, which stands for this content and no other."""
    answer: str = "AA"
    """Empty where none is given: its end never came."""
    reason: str = ""
    sent_at: datetime | None = None
    clock_ahead_s: float | None = None
    """How far the sender's clock is ahead of ours."""
    patient_ids: tuple[str, ...] = ()
    bed: str = ""
    places: tuple[str, ...] = ()
    """Every way in which it names the bed."""
    subject: Subject = field(default_factory=Subject)
    """What it says of the patient beside the ids."""
    readings: tuple[Read, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    unknown: int = 0
    """How many values have a code that is not known."""
    moves: tuple[Move, ...] = ()
    pumps: tuple[PumpReport, ...] = ()
    trigger: str = ""
    digest: str = field(default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", self.digest or hashlib.sha256(self.raw).hexdigest())
        object.__setattr__(self, "sender", self.sender[:_SENDER_LENGTH])
        object.__setattr__(self, "control_id", self.control_id[:_ID_LENGTH])

    @property
    def understood(self) -> int:
        """How many values are charted, or shown as a pump's."""
        return len(self.readings) + len(self.pumps)

    @property
    def not_used(self) -> int:
        """How many are not: their code is not known, or they are held for review."""
        return self.unknown + len(self.quarantined)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same message as another of the site."""
        return self.sender, self.control_id, self.digest


def sender_of(header: hl7v2.Header) -> str:
    """How a device names itself."""
    return f"{header.application} {header.facility}".strip() or "HL7"


def from_hl7(raw: bytes, received: hl7v2.Received, received_at: datetime) -> Arrival:
    """An HL7 v2 message; a refused one has no readings and stays in quarantine as a whole."""
    beds = (received.place.bed, received.place.location)
    places = tuple(place for place in beds if place.strip("^& "))
    return Arrival(
        raw=raw,
        received_at=received_at,
        sender=sender_of(received.header),
        control_id=received.control_id,
        answer=received.code,
        reason=received.reason or nothing_understood(received),
        sent_at=received.sent_at,
        clock_ahead_s=received.clock_ahead_s,
        patient_ids=received.patient_ids,
        bed=next(iter(places), ""),
        places=places,
        subject=received.subject,
        readings=received.readings,
        quarantined=received.quarantined,
        unknown=unknown_in(received.not_charted),
        moves=received.moves,
        pumps=received.pumps,
        trigger=received.header.trigger,
    )


def unknown_in(not_charted: Iterable[NotCharted]) -> int:
    """How many values have a code that is not known; a container without a value is none."""
    return sum(value.unknown and bool(value.value_as_sent) for value in not_charted)


def nothing_understood(received: hl7v2.Received) -> str:
    """What is said to an accepted message of which nothing is understood: it is kept, and nothing of it is seen."""
    unknown = unknown_in(received.not_charted)
    nothing = received.code == "AA" and unknown and not (received.readings or received.quarantined or received.pumps)
    return f"kept, but none of its {unknown} values is understood: nothing is charted" if nothing else ""


def from_torn(begun: bytes, received_at: datetime, most: int) -> Arrival:
    """What came of a message whose end never did, the first `most` bytes of it; only a whole header names the sender.

    Its digest is never that of a whole message: that one is another, also where nothing but the end mark was missing.
    """
    header = hl7v2.header(begun) if b"\r" in begun else hl7v2.Header()
    cut = f"; the first {most} are kept" if len(begun) > most else ""
    return Arrival(
        raw=begun[:most],
        received_at=received_at,
        sender=sender_of(header),
        control_id=header.control_id,
        answer="",
        reason=f"torn off after {len(begun)} bytes{cut}: not acknowledged; the monitor will send it again",
        digest=hashlib.sha256(b"torn " + begun).hexdigest(),
    )


def from_batch(
    raw: bytes,
    batch: Batch,
    received_at: datetime,
    *,
    sender: str,
    key: str = "",
    patient: str = "",
    bed: str = "",
    subject: Subject | None = None,
) -> Arrival:
    """Readings that were posted or imported."""
    return Arrival(
        raw=raw,
        received_at=received_at,
        sender=sender,
        control_id=key,
        posted_key=key,
        sent_at=batch.sent_at,
        clock_ahead_s=batch.clock_ahead_s,
        patient_ids=(patient,) if patient else (),
        bed=bed,
        places=(bed,),
        subject=subject or Subject(),
        readings=batch.readings,
        quarantined=batch.quarantined,
        unknown=unknown_in(batch.not_charted),
    )


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
        for pk, since, bed, state, patient_id, number, *named in _under_way(site):
            open_session = OpenSession(pk, since, _known(number, *named))
            if bed and (state != SessionState.CHECKED_IN or _same(bed) not in self.by_bed):
                self.by_bed[_same(bed)] = open_session
            if number:
                self.by_id[_same(number)] = open_session
            self.by_id[f"{patient_id}^^^{OURS}"] = open_session
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
            open_session.session_id: open_session for place in places if (open_session := self.by_bed.get(_same(place)))
        }
        both = by_id | by_bed
        if len(both) != 1:
            return None, False
        return next(iter(both.values())), bool(by_id)

    def _of_id(self, id: str) -> OpenSession | None:
        parts = [*id.split("^"), "", "", ""]
        if parts[3].split("&")[0] == OURS:
            return self.by_id.get(f"{parts[0]}^^^{OURS}")
        return self.by_id.get(_same(parts[0]))


def _led_on(site: Site) -> Iterable[tuple[str, str]]:
    """Ids of records that were merged into others, each with that of the record it leads to."""
    for merged in models.Patient.objects.filter(site=site).exclude(merged_into=None).select_related("merged_into"):
        leads_to = f"{merged.leads_to().pk}^^^{OURS}"
        yield f"{merged.pk}^^^{OURS}", leads_to
        if merged.number:
            yield _same(merged.number), leads_to


def _known(number: str, family_name: str, given_name: str, born: date | None) -> Known:
    return Known(number=number, family_name=family_name, given_name=given_name, born=born)


def _under_way(site: Site) -> Iterable[Any]:
    """Sessions with the patient in the room.

    Each as id, time of the first event, bed, state, patient, record number, both names, date of birth.
    """
    events = SessionEvent.objects.filter(session=OuterRef("pk")).exclude(
        kind=EventKind.NOTE
    )  # may be of the appointment
    first = events.order_by("at").values("at")[:1]
    sessions = InfusionSession.objects.filter(site=site, state__in=AT_BEDSIDE).annotate(since=Subquery(first))
    named = ("patient__number", "patient__family_name", "patient__given_name", "patient__birth_date")
    columns = ("pk", "since", "bed", "state", "patient_id", *named)
    return sessions.order_by("scheduled_at", "id").values_list(*columns)


def message(
    arrival: Arrival, site: Site, monitor: Monitor | None, open_session: OpenSession | None, doubt: str = ""
) -> Message:
    """The row of a message."""
    return Message(
        site=site,
        monitor=monitor,
        sender=arrival.sender,
        control_id=arrival.control_id,
        posted_key=arrival.posted_key,
        digest=arrival.digest,
        received_at=arrival.received_at,
        sent_at=arrival.sent_at,
        clock_ahead_s=arrival.clock_ahead_s,
        raw=arrival.raw,
        answer=arrival.answer,
        reason=arrival.reason,
        patient_ids=[id[:_ID_LENGTH] for id in arrival.patient_ids[:_MOST_IDS]],
        bed=arrival.bed[:_BED_LENGTH],
        doubt=doubt[:_WHAT_LENGTH],
        understood=arrival.understood,
        unknown=arrival.not_used,
        session_id=open_session.session_id if open_session else None,
    )


def readings(
    arrival: Arrival, stored: Message, open_session: OpenSession | None, *, by_id: bool, by: models.User | None = None
) -> Iterable[VitalReading]:
    """The rows of its readings. A bed alone does not identify who was read before this session began: that waits.

    So do readings of a named patient whose monitor's clock is a day or more behind.
    """
    since = (
        None
        if open_session is None or open_session.since is None
        else open_session.since - (EARLIEST if by_id else timedelta())
    )
    for read in arrival.readings:
        earlier = since is not None and read.reading.at < since
        yield VitalReading(
            session_id=None if open_session is None or earlier else open_session.session_id,
            message=stored,
            at=read.reading.at,
            received_at=arrival.received_at,
            sign=read.reading.kind,
            value=read.reading.value,
            unit=read.reading.unit,
            source=read.reading.source[:_SOURCE_LENGTH],
            status=read.reading.status,
            as_sent=as_sent(read)[:_AS_SENT_LENGTH],
            ref=read.ref[:_REF_LENGTH],
            by=by,
        )


def quarantined(arrival: Arrival, stored: Message) -> Iterable[models.Quarantined]:
    """The rows held for review: the whole message where it was refused or torn, else single values."""
    if not arrival.answer:
        yield models.Quarantined(message=stored, why="torn", text=arrival.reason, what="what came of the message")
    elif arrival.answer != "AA":
        yield models.Quarantined(message=stored, why="refused", text=arrival.reason, what="the whole message")
    for value in arrival.quarantined:
        what = f"{value.code} {value.value_as_sent} {value.unit_as_sent}".strip()
        yield models.Quarantined(message=stored, why=value.why, text=value.reason, what=what[:_WHAT_LENGTH])


def corrections(arrival: Arrival, stored: Message) -> Iterable[models.Correction]:
    """The rows of what it takes back or replaces."""
    for read in arrival.readings:
        if read.replaces:
            yield models.Correction(
                message=stored,
                sign=read.reading.kind,
                source=read.reading.source[:_SOURCE_LENGTH],
                at=read.reading.at,
                ref=read.ref[:_REF_LENGTH],
                replaces=True,
                value=read.value_as_sent[:_VALUE_LENGTH],
            )
    for held in arrival.quarantined:
        if held.kind:
            yield models.Correction(
                message=stored,
                sign=held.kind,
                source=held.source[:_SOURCE_LENGTH],
                at=held.at,
                ref=held.ref[:_REF_LENGTH],
                value=held.value_as_sent[:_VALUE_LENGTH],
            )


def pumps(arrival: Arrival, stored: Message, open_session: OpenSession | None) -> Iterable[models.PumpReported]:
    """The rows of what pumps report, of the patient that the message is about."""
    for report in arrival.pumps:
        yield models.PumpReported(
            message=stored,
            session_id=open_session.session_id if open_session else None,
            at=report.at,
            pump=report.pump[:_SOURCE_LENGTH],
            ml_per_h=report.ml_per_h,
            is_running_rate=report.is_running_rate,
            delivered_ml=report.delivered_ml,
            mg_per_ml=report.mg_per_ml,
            drug=report.drug,
            status=report.status,
        )


def moves(arrival: Arrival, stored: Message, beds: Beds) -> Iterable[models.BedMove]:
    """The rows of the moves of patients who have a session under way, where they are moved at all."""
    rows = {row.pk: row for row in InfusionSession.objects.filter(pk__in=beds.sessions)} if arrival.moves else {}
    for move in arrival.moves:
        open_session = beds.of_ids(move.ids)
        row = rows.get(open_session.session_id) if open_session else None
        if open_session is None or row is None or _same(row.bed) in map(_same, (move.bed, *move.places)):
            continue
        yield models.BedMove(
            message=stored,
            trigger=arrival.trigger,
            patient_id=row.patient_id,
            session=row,
            bed=move.bed[:_MOVED_TO_LENGTH],
            doubt=disagreement(move.subject, open_session.patient)[:_WHAT_LENGTH],
        )


def as_sent(read: Read) -> str:
    """Value and unit as they were written, how they were measured, and how a local time was understood."""
    sent = f"{read.value_as_sent or 'nothing'} {read.unit_as_sent}".strip()
    return "; ".join(part for part in (sent, read.mark, read.method, read.rule) if part)


def name_of(sender: str) -> str:
    """The name of a sender's monitor."""
    return sender[:_NAME_LENGTH]


def digest_of(arrived: Sequence[Arrival]) -> str:
    """One digest for a commit: of the digests of its messages, sorted."""
    return hashlib.sha256(" ".join(sorted(arrival.digest for arrival in arrived)).encode()).hexdigest()


def _same(name: str) -> str:
    """Beds and record numbers are the same however they are spaced or written in capitals."""
    return " ".join(name.split()).casefold()
