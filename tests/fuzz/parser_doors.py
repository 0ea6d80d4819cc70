"""Every parser as one door: bytes in; sentences out, or a refusal in words. What else comes out of it is a fault.

The sentences are what the reader says of what it read: an input that makes it say something new is kept and changed
further. Beside it each door holds the law that no reading breaks, whatever the input.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import parser_seeds as seeds

from unwound import catalogue, drugs, finder, numerals, pathway, telephones, units
from unwound.cds import Hook
from unwound.checking import kinds
from unwound.exchange import cds_hooks, clock, course_file, event_table, gs1, hl7v2, table_words
from unwound.exchange.case_file import read_case, write_case
from unwound.exchange.fhir import directions, read_bundle, vitals
from unwound.exchange.fhir.searching import parameters, query
from unwound.exchange.readings import Batch
from unwound.exchange.readings_csv import read_csv
from unwound.exchange.readings_json import read_json
from unwound.exchange.wfdb_record import read_record
from unwound.finder.red_flags import red_flags
from unwound.patient import Patient
from unwound.pharmacology.models import Model
from unwound.record import UnwoundError
from unwound.therapies import written_doses

NOW = seeds.NOW
TODAY = NOW.date()
AHEAD_S = 120.0


class Broken(AssertionError):
    """A reading that breaks the law of its door."""


@dataclass(frozen=True, slots=True)
class Door:
    """A parser: its name, what it is begun with, and how it is read."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes], Iterable[str]]


def hold(holds: bool, law: str) -> None:
    """Broken, saying which law, where it does not hold."""
    if not holds:
        raise Broken(law)


def text(data: bytes) -> str:
    """As a form or an address hands it over: half a pair of UTF-16 comes through JSON, so it comes through here."""
    return data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace")


def _text(data: bytes) -> str:
    try:
        return text(data)
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


# ---- of a patient


def _of_patient(patient: Patient) -> Iterator[str]:
    """Whatever was read, a review of it is made, and every number in it is one."""
    for id, fact in patient.facts.items():
        hold(not isinstance(fact.value, float) or math.isfinite(fact.value), f"{id} is no number: {fact.value}")
        hold(fact.on is None or fact.on <= patient.as_of, f"{id} is of a day to come: {fact.on}")
    for trial in patient.trials:
        hold(trial.top_dose is None or 0 <= trial.top_dose < math.inf, f"{trial.therapy}: {trial.top_dose}")
        yield trial.therapy
    decision = pathway.decide(patient)
    yield str(decision.verdict)


def _record(data: bytes) -> Iterator[str]:
    whole = read_bundle(data, "a.json", as_of=TODAY)
    for counted in whole.counts.values():
        hold(min(counted) >= 0 if isinstance(counted, tuple) else True, "a count below nought")
    yield from whole.lines()
    yield from _of_patient(whole.patient)


def _case(data: bytes) -> Iterator[str]:
    case = read_case(data, "a.toml")
    again = read_case(write_case(case), "again")
    hold(again.patient == case.patient, "what is written of a case is read back otherwise")
    yield from _of_patient(case.patient)


def _course(data: bytes) -> Iterator[str]:
    course = course_file.read_course(data, "a.toml")
    for score in course_file.scores_of(course, "a.toml"):
        hold(math.isfinite(score.value), f"{score.what} is no number")
        yield score.what


def _diary(data: bytes) -> Iterator[str]:
    given = {"as_of": TODAY, "drug": "esketamine", "infusions": [{"on": TODAY, "hours": 1.0, "mg": 20.0}]}
    course = course_file.CourseFile.model_validate(given)
    for score in course_file.scores_of(course, "a.toml", data):
        hold(math.isfinite(score.value), f"{score.what} is no number")
        yield score.what


def _knowledge(data: bytes) -> Iterator[str]:
    name, _, content = data.partition(b"\n")
    kind, _, id = _text(name).partition("/")
    record = kinds.record_of(kind[:40], id[:40])
    made = catalogue._record("own.toml", content, record)
    yield kind if isinstance(made, Model) else "read"


# ---- of a monitor


def _of_batch(batch: Batch) -> Iterator[str]:
    latest = NOW + timedelta(seconds=AHEAD_S)
    for read in batch.readings:
        reading = read.reading
        hold(reading.value is None or math.isfinite(reading.value), f"{reading.kind} is no number")
        hold(reading.at <= latest, f"{reading.kind} is charted in the time to come: {reading.at}")
        yield f"{reading.kind} {reading.status}"
    for held in batch.quarantined:
        hold(bool(held.reason), "kept back without a reason")
        yield held.reason
    yield from (f"not charted {one.code}" for one in batch.not_charted[:3])


def _message(data: bytes) -> Iterator[str]:
    received = hl7v2.read(data, received_at=NOW, allowed_ahead_s=AHEAD_S)
    answer = hl7v2.acknowledge(received, at=NOW)
    hold(answer.startswith(b"MSH") and b"\rMSA" in answer and answer.endswith(b"\r"), "the answer is no message")
    hold(received.code in ("AA", "AE", "AR"), "no code of an answer")
    hold(not received.refused or not received.readings, "refused and charted")
    yield received.reason
    yield from _of_batch(
        Batch(readings=received.readings, quarantined=received.quarantined, not_charted=received.not_charted)
    )


def _line(data: bytes) -> Iterator[str]:
    """However the bytes of a line are cut on the way, the same messages are in them."""
    whole = hl7v2.Framer(limit=2_000)
    at_once = list(whole.feed(data))
    chance, cut, place, pieces = random.Random(len(data)), hl7v2.Framer(limit=2_000), 0, list[hl7v2.Frame]()
    while place < len(data):
        step = chance.choice((1, 2, 7, 400))
        pieces += cut.feed(data[place : place + step])
        place += step
    hold(at_once == pieces, "cut otherwise on the way, other messages")
    hold((whole.begun, whole.waiting, whole.garbage) == (cut.begun, cut.waiting, cut.garbage), "another state")
    hold(all(len(frame.content) <= 2_001 for frame in at_once), "a frame beyond the limit")
    yield " ".join(frame.kind for frame in at_once)[:80]


def _observations(data: bytes) -> Iterator[str]:
    yield from _of_batch(vitals.read_readings(data, received_at=NOW, allowed_ahead_s=AHEAD_S))


def _posted(data: bytes) -> Iterator[str]:
    yield from _of_batch(read_json(data, received_at=NOW, allowed_ahead_s=AHEAD_S))


def _table(data: bytes) -> Iterator[str]:
    yield from _of_batch(read_csv(data, received_at=NOW, allowed_ahead_s=AHEAD_S))


def _wave(data: bytes) -> Iterator[str]:
    header, _, signal = data.partition(seeds.SIGNALS)
    batch = read_record(_text(header), {"r.dat": signal}, start=datetime(2026, 5, 4, tzinfo=UTC))
    yield from _of_batch(batch)


# ---- of doses, numbers and words


def _events(data: bytes) -> Iterator[str]:
    events = event_table.read(_text(data), "a.csv")
    for course in events.courses.values():
        for dose in course.doses[:1000]:
            hold(0 <= dose.amount_mg < math.inf and math.isfinite(dose.time_h), f"no dose: {dose}")
        hold(list(course.observed_h) == sorted(course.observed_h), "observations out of order")
    yield from events.notes
    yield from events.left_aside


def _spoken(data: bytes) -> Iterator[str]:
    written = _text(data)
    for strength in (None, 300.0):
        reading = directions.read(written, strength)
        hold((reading.mg_per_day is None) == bool(reading.why_not), "neither a dose nor a reason, or both")
        hold(reading.mg_per_day is None or 0 < reading.mg_per_day < math.inf, f"no dose: {reading.mg_per_day}")
        yield reading.why_not
    for dose in (drugs.daily_mg(written), drugs.strength_mg(written), drugs.ug_per_hour(written)):
        hold(dose is None or 0 < dose < math.inf, f"no dose: {dose}")
    yield str(drugs.recognise(text=written))
    yield written_doses.impossible_dose(written, written_doses.dose_in(written))


def _number(data: bytes) -> Iterator[str]:
    written = _text(data)
    for value in numerals.meanings(written):
        hold(math.isfinite(value), f"no number: {value}")
        yield "a number"
    for value, unit in units.quantities(written):
        hold(math.isfinite(value), f"no number: {value}")
        for into in units.FACTORS:
            units.convert(value, unit, into)
        yield unit
    for made in (
        clock.iso(written),
        clock.dtm(written),
        table_words.moment_of(written, table_words.order_of([written])),
    ):
        when = clock.moment(made, clock.Clock(received_at=NOW, zone=None, allowed_ahead_s=AHEAD_S, after=None))
        hold(when.at is not None or bool(when.wrong), "neither a time nor a reason")
        hold(when.at is None or when.at.tzinfo is not None, "a time without its offset")
        yield when.wrong


def _barcode(data: bytes) -> Iterator[str]:
    written = _text(data)
    scan = gs1.read(written, TODAY)
    digits = [int(digit) for digit in scan.gtin]
    hold(len(digits) == 14 and not (3 * sum(digits[::2]) + sum(digits[1::2])) % 10, f"no product: {scan.gtin}")
    hold(scan.lot in written and len(scan.lot) <= 20, "a lot that does not stand there")
    hold(scan.expires_on is None or abs(scan.expires_on.year - TODAY.year) <= 51, "an expiry of another century")
    yield f"{bool(scan.lot)} {bool(scan.expires_on)} {bool(scan.serial)}"


def _search(data: bytes) -> Iterator[str]:
    type, *asked = _text(data).split("\n")
    if type in parameters.types():
        made = query.read(type, [(name, value) for name, _, value in (line.partition("=") for line in asked)])
        hold(len(made.conditions) + len(made.unknown) <= len(asked), "more is looked for than was asked")
        yield " ".join(one.parameter.name for one in made.conditions)


def _call(data: bytes) -> Iterator[str]:
    for hook in Hook:
        try:
            called = cds_hooks.read(data, hook, as_of=TODAY)
        except UnwoundError as reason:
            yield str(reason)
        else:
            yield from _of_patient(called.patient)
    for told in cds_hooks.feedback(data):
        hold(len(told.comment) <= 300, "more of a comment than is kept")
        yield told.outcome


def _words(data: bytes) -> Iterator[str]:
    written = _text(data)[:2000]
    yield str(finder.find(written))
    finder.came_of_the_drug(written)
    yield from (str(flag) for flag in red_flags(written))
    for number in telephones.numbers_in(written):
        telephones.digits(number)


def _framed() -> list[bytes]:
    return [b"".join(map(hl7v2.framed, seeds.messages()[:3])), *map(hl7v2.framed, seeds.messages())]


def _diaries() -> list[bytes]:
    return [b"on, pain, phq9\n2026-03-02, 7, 12\n2026-03-03, 6.5,\n", b"on,pain\r\n2026-11-20,0\r\n"]


DOORS: tuple[Door, ...] = tuple(
    Door(name, begun, read)
    for name, begun, read in (
        ("fhir-record", seeds.records, _record),
        ("case", seeds.case_files, _case),
        ("course", seeds.courses, _course),
        ("diary", _diaries, _diary),
        ("knowledge", seeds.knowledge_files, _knowledge),
        ("hl7", seeds.messages, _message),
        ("mllp", _framed, _line),
        ("fhir-observations", seeds.observations, _observations),
        ("readings-json", seeds.posted, _posted),
        ("readings-csv", seeds.tables_of_monitors, _table),
        ("wfdb", seeds.waves, _wave),
        ("event-table", seeds.event_tables, _events),
        ("doses-in-words", seeds.spoken_doses, _spoken),
        ("numbers-and-times", seeds.numbers, _number),
        ("barcode", seeds.barcodes, _barcode),
        ("fhir-search", seeds.searches, _search),
        ("cds-hooks", seeds.calls, _call),
        ("searched-words", seeds.searched_words, _words),
    )
)
