"""An ORU message -> its readings, the values held for review and why, or the refusal of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from types import MappingProxyType

from unwound.exchange.alarm_words import Alarm
from unwound.exchange.clock import Clock, When, clock_ahead_s, dtm, moment, watched
from unwound.exchange.device_codes import Coding
from unwound.exchange.device_words import states, words
from unwound.exchange.hl7v2.alarms import alarms
from unwound.exchange.hl7v2.coded import coding, codings
from unwound.exchange.hl7v2.envelope import Header, Refused, Segment, check, decoded, header, parsed
from unwound.exchange.hl7v2.moves import Move, leaves, pairs, wanted
from unwound.exchange.hl7v2.pumps import is_of_pump, reports
from unwound.exchange.names import clean
from unwound.exchange.pump_words import PumpReport
from unwound.exchange.readings import Codes, NotCharted, Quarantined, Read, Sent, sort
from unwound.exchange.subject import Subject
from unwound.record import unique

_NUMERIC = frozenset(("", "NM", "SN", "ST", "TX", "FT"))


@dataclass(frozen=True, slots=True)
class Bed:
    """Where the patient lies (PV1-3): the whole as sent, and the bed alone."""

    location: str = ""
    bed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message: acknowledged with `code` AA, or refused as a whole with AE or AR and a reason.

    A refused message has no readings. An accepted one may have some, or all, of its values in quarantine.
    """

    code: str
    reason: str = ""
    error: str = ""
    """The error code of HL7 table 0357, where refused."""
    header: Header = field(default_factory=Header)
    subject: Subject = field(default_factory=Subject)
    """What it says of the patient beside the ids: record numbers, names, date of birth."""
    patient_ids: tuple[str, ...] = ()
    """Every id of PID-3 (and PID-2 of old versions), as sent: «10006», «HED12^^^PID^MR»."""
    place: Bed = Bed()
    sent_at: datetime | None = None
    """MSH-7 in UTC; None where it is missing or cannot be determined."""
    clock_ahead_s: float | None = None
    """Seconds the device's clock is ahead of ours, negative where it is behind."""
    moves: tuple[Move, ...] = ()
    """Where an ADT message says that patients are from now on."""
    pumps: tuple[PumpReport, ...] = ()
    readings: tuple[Read, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    not_charted: tuple[NotCharted, ...] = ()

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.control_id

    @property
    def version(self) -> str:
        """MSH-12."""
        return self.header.version

    @property
    def refused(self) -> bool:
        """Whether nothing of it may be charted."""
        return self.code != "AA"


def read(
    message: bytes | str,
    *,
    received_at: datetime,
    zone: tzinfo | None = None,
    allowed_ahead_s: float | None = None,
    after: datetime | None = None,
    corrected_s: float = 0.0,
    codes: Codes = MappingProxyType({}),
    training: bool = False,
) -> Received:
    """Everything in one message received at `received_at` (aware); never raises for what is in the message.

    `zone` is the device's for times without offset, `allowed_ahead_s` how far its clock may run ahead, `after` the
    last time known from it; `corrected_s` how far it is ahead as a person has confirmed, `codes` what was mapped for
    it; `training` accepts messages marked as training or debugging too.
    """
    clock = Clock(received_at=received_at, zone=zone, allowed_ahead_s=allowed_ahead_s, after=after)
    try:
        head, segments = parsed(decoded(message))
        check(head, training=training)
        if head.type == "ADT":
            return _moved(head, segments, clock)
        ids, place = _patient(segments)
    except Refused as refusal:
        return Received(code=refusal.code, reason=refusal.reason, error=refusal.error, header=header(message))
    sent, own_zone = _sent_at(head, clock)
    clock, ahead_s = watched(clock, corrected_s, sent.at)
    of_message, _ = _sent_at(head, clock)
    device = _device(segments, head)
    batch = sort(_values(segments, device, clock, of_message, own_zone), codes)
    return Received(
        code="AA",
        header=head,
        subject=_subject(segments),
        patient_ids=ids,
        place=place,
        sent_at=sent.at,
        clock_ahead_s=ahead_s,
        pumps=reports(segments, clock, of_message, own_zone, device),
        readings=batch.readings,
        quarantined=batch.quarantined,
        not_charted=batch.not_charted,
    )


def _moved(head: Header, segments: Sequence[Segment], clock: Clock) -> Received:
    """An ADT message: whom it moves where. Refused unless it is about as many patients as its event has."""
    both = pairs(segments)
    if len(both) != wanted(head.trigger):
        raise Refused("AE", "207", f"{head.trigger} is about {wanted(head.trigger)} patient(s), not {len(both)}")
    sent, _ = _sent_at(head, clock)
    return Received(
        code="AA",
        header=head,
        sent_at=sent.at,
        clock_ahead_s=clock_ahead_s(clock.received_at, sent.at) if sent.at else None,
        subject=_subject(segments) if len(both) == 1 else Subject(),
        patient_ids=_ids(segments) if len(both) == 1 else (),
        moves=tuple(_move(head.trigger, pid, pv1) for pid, pv1 in both),
    )


def _move(trigger: str, pid: Segment, pv1: Segment | None) -> Move:
    bed = _bed(pv1) if pv1 is not None and pv1.whole(3) and not leaves(trigger) else Bed()
    named = (bed.bed, bed.location)
    before = _bed(pv1, 6).bed if pv1 is not None and pv1.whole(6) else ""
    return Move(
        ids=_ids([pid]),
        bed=bed.bed or bed.location,
        subject=_subject([pid]),
        places=tuple(filter(None, named)),
        before=before,
    )


def _sent_at(head: Header, clock: Clock) -> tuple[When, tzinfo | None]:
    """MSH-7, and its offset, which holds for every time of the message without one."""
    if not head.sent_at:
        return When(None, "no time is sent"), None
    written = dtm(head.sent_at)
    return moment(written, clock), written.tzinfo if isinstance(written, datetime) else None


def _patient(segments: Sequence[Segment]) -> tuple[tuple[str, ...], Bed]:
    """Ids and bed. Refused for several patients or beds: each value must clearly belong to one patient."""
    patients = {(segment.whole(3), segment.whole(2)) for segment in segments if segment.name == "PID"}
    places = {segment.whole(3) for segment in segments if segment.name == "PV1"}
    if len(patients) > 1 or len(places) > 1:
        what = "patients" if len(patients) > 1 else "beds"
        raise Refused("AE", "207", f"the message is about several {what}; one message for each is needed")
    bed = next((_bed(segment) for segment in segments if segment.name == "PV1" and segment.whole(3)), Bed())
    return _ids(segments), bed


def _ids(segments: Sequence[Segment]) -> tuple[str, ...]:
    """Every id of PID-3, and of PID-2 in old versions."""
    ids = unique(
        _id(repetition)
        for segment in segments
        if segment.name == "PID"
        for number in (3, 2)
        for repetition in segment.field(number)
    )
    return tuple(id for sent_id in ids if (id := clean(sent_id)))


def _subject(segments: Sequence[Segment]) -> Subject:
    """Names, date of birth and what is said to be a record number (PID-5, PID-7, PID-3)."""
    pids = [segment for segment in segments if segment.name == "PID"]
    names = (" ".join(part for sub in name[:2] for part in sub) for pid in pids for name in pid.field(5))
    numbers = (
        clean(id[0][0])
        for pid in pids
        for id in pid.field(3)
        if len(id) > 4 and id[4][0].strip().upper() in words().record_numbers
    )
    born = next((day for pid in pids if (day := _day(pid.text(7)))), None)
    return Subject(numbers=unique(filter(None, numbers)), names=unique(filter(None, map(clean, names))), born=born)


def _day(written: str) -> date | None:
    """A whole date; anything less proves nothing."""
    try:
        return date(int(written[:4]), int(written[4:6]), int(written[6:8])) if written[:8].isdigit() else None
    except ValueError:
        return None


def _id(components: Sequence[Sequence[str]]) -> str:
    """An id with its authority and type, without the empty components behind."""
    parts = ["&".join(part) for part in components]
    while parts and not parts[-1]:
        parts.pop()
    return "^".join(parts)


def _bed(pv1: Segment, number: int = 3) -> Bed:
    """The bed is the third component; some vendors put unit, bed and address into its subcomponents."""
    components = pv1.field(number)[0]
    parts = components[2] if len(components) > 2 else ()
    return Bed(pv1.whole(number), clean(" ".join(part for part in parts if part not in ("", "0"))))


def _values(segments: Sequence[Segment], device: str, clock: Clock, sent: When, zone: tzinfo | None) -> Iterator[Sent]:
    """Every OBX as it was sent, with its own time, else that of its OBR, else that of the message.

    The time of the message stands for a value only where nothing else beside it says that the value is older.
    """
    group, place, called = (sent, "MSH-7"), 0, alarms(segments)
    others: tuple[tuple[str, str], ...] = ()
    for number, segment in enumerate(segments):
        if segment.name == "OBR":
            group = _measured_at(segment, clock, zone) or (sent, "MSH-7")
            others = tuple((f"OBR-{of}", segment.text(of)) for of in _BESIDE)
        elif segment.name == "OBX":
            place += 1
            if is_of_pump(segment) or number in called.beside:
                continue
            own = segment.text(14)
            when, source = (moment(dtm(own), clock, zone), "OBX-14") if own else group
            if source == "MSH-7":
                when = _unless_older(when, (("OBX-19", segment.text(19)), *others), clock, zone)
            value = _value(segment, device, place, when, source, called.events.get(number))
            if number in called.measured:
                value = replace(value, channel=value.channel.rpartition(".")[0] or value.channel)
            yield value


_BESIDE = (14, 22)
"""Times of an OBR that are of no measurement: a specimen received, a report changed."""


def _measured_at(obr: Segment, clock: Clock, zone: tzinfo | None) -> tuple[When, str] | None:
    """When an OBR says that its values were measured: from OBR-7 to OBR-8, where both are sent.

    A short stretch stands at its end, as an average does; within a long one no value has a time of its own.
    """
    start, end = (moment(dtm(obr.text(number)), clock, zone) if obr.text(number) else None for number in (7, 8))
    if start is None or end is None or start.at is None or end.at is None:
        return (start, "OBR-7") if start else (end, "OBR-8") if end else None
    seconds, most = (end.at - start.at).total_seconds(), words().stretch_s.value
    if not seconds:
        return start, "OBR-7"
    if not 0 < seconds <= most:
        says = f"OBR-7 to OBR-8 cover {seconds:.0f} s, and the value has no time of its own (OBX-14)"
        return When(None, f"{says}; at most {most:.0f} s stand for one value"), "OBR-8"
    return When(end.at, end.wrong, f"stands for {seconds:.0f} s, charted at their end"), "OBR-8"


def _unless_older(when: When, others: Iterable[tuple[str, str]], clock: Clock, zone: tzinfo | None) -> When:
    """The time of the message, or why it is not the value's: another time beside it disagrees."""
    for field_name, written in others:
        at = moment(dtm(written), clock, zone).at if written else None
        if at is not None and when.at is not None and abs((when.at - at).total_seconds()) > words().stretch_s.value:
            other = f"{field_name} is {at:%Y-%m-%d %H:%M:%S} UTC, not MSH-7"
            return When(None, f"no time of measurement is sent, and {other}")
    return when


def _device(segments: Sequence[Segment], head: Header) -> str:
    """The device where an OBX names none: the one that all others name, else the sender.

    Some monitors name it (OBX-18) in the first OBX alone, and stay one monitor.
    """
    named = {segment.whole(18) for segment in segments if segment.name == "OBX"} - {""}
    return named.pop() if len(named) == 1 else f"{head.application} {head.facility}".strip() or "HL7"


def _value(obx: Segment, device: str, place: int, when: When, source: str, alarm: Alarm | None) -> Sent:
    unit = obx.field(6)
    return Sent(
        codings=codings(obx.field(3)),
        value=_written(obx),
        unit=coding(unit[0]) if unit else Coding(""),
        when=when,
        time_from=source,
        state=clean(obx.text(11)),
        flags=(*_flags(obx), *_method(obx)),
        channel=obx.whole(4),
        device=obx.whole(18) or device,
        where=f"OBX {place}",
        alarm=alarm,
    )


def _flags(obx: Segment) -> tuple[str, ...]:
    """OBX-8: each repetition, and each part of one that a sender joins («QUES^ALACT», «QUES ALACT»)."""
    parts = (part for repetition in obx.field(8) for component in repetition for part in component)
    return states(word for part in parts for word in clean(part).replace(",", " ").replace(";", " ").split())


def _method(obx: Segment) -> tuple[str, ...]:
    """OBX-17 where it says that the value is a setting, or of nobody; how it was measured is not asked here."""
    parts = [clean(part) for repetition in obx.field(17) for component in repetition for part in component]
    settings = (part.upper() for part in parts if part.upper() in words().settings)
    return (*settings, *(state for state in states(parts) if state in words().of_nobody))


def _written(obx: Segment) -> str:
    """OBX-5 as text: a structured number is its number behind its comparator; what is not numeric stays as it is."""
    if obx.text(2) == "SN" and len(obx.field(5)) == 1:
        low, mark = obx.text(5, 2), obx.text(5, 3)
        return f"{obx.text(5)}{low}" if low and not mark else obx.whole(5)
    return obx.whole(5) if obx.text(2) in _NUMERIC else obx.whole(5) or f"({obx.text(2)})"
