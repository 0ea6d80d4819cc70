"""What is stored of a message: itself, its readings, what is held for review, corrections, pumps and moves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta

from unwound.exchange.readings import Read
from unwound.exchange.subject import disagreement
from unwound_clinic import models
from unwound_clinic.models import InfusionSession, Message, Monitor, Site, VitalReading
from unwound_clinic.monitors.arrivals import ID_LENGTH, Arrival
from unwound_clinic.monitors.beds import Beds, OpenSession, same
from unwound_clinic.session.order import EARLIEST

_MOST_IDS = 10
_AS_SENT_LENGTH, _SOURCE_LENGTH = 200, 200
_WHAT_LENGTH, _BED_LENGTH, _NAME_LENGTH = 300, 80, 120
_REF_LENGTH, _VALUE_LENGTH, _MOVED_TO_LENGTH = 80, 60, 40
"""Characters that the fields of the rows have room for; what is longer is cut off, and whole in the message kept."""


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
        patient_ids=[id[:ID_LENGTH] for id in arrival.patient_ids[:_MOST_IDS]],
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
        if open_session is None or row is None or same(row.bed) in map(same, (move.bed, *move.places)):
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
