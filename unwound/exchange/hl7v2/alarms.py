"""The alarms of a message (IHE PCD-04, and alarm codes beside values): an event with its phase, state and priority.

Only read: an alarm is charted beside the values, and nothing is answered to the device but that it was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from unwound.exchange.alarm_words import Alarm, alarm_words, attribute, is_event, of_event
from unwound.exchange.device_codes import Coding
from unwound.exchange.hl7v2.coded import codings
from unwound.exchange.hl7v2.envelope import Segment
from unwound.exchange.names import clean


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the alarms of a message say, by the place of their OBX among its segments."""

    events: dict[int, Alarm] = field(default_factory=dict)
    beside: frozenset[int] = frozenset()
    """The further values of an alarm, which are of no value themselves."""
    measured: frozenset[int] = frozenset()
    """Values that an alarm repeats under a number of its own: they are of the probe that measured them."""


def alarms(segments: Sequence[Segment]) -> Alarms:
    """Every alarm of a message; the values beside an event are those of its group (OBR) and of its containment."""
    events: dict[int, Alarm] = {}
    beside: set[int] = set()
    measured: set[int] = set()
    for group in _groups(segments):
        codes = {place: codings(obx.field(3))[0] for place, obx in group}
        named = {place: attribute(code) for place, code in codes.items()}
        sent = [(place, obx) for place, obx in group if is_event(codes[place]) and not named[place]]
        if not sent:
            continue
        beside |= {place for place, of in named.items() if of}
        measured |= {place for place, obx in group if not named[place] and obx.text(4).endswith(".2")}
        for place, event in sent:
            own = [(named[other], obx) for other, obx in group if named[other] and _belongs(obx, event, len(sent))]
            read = _alarm(codes[place], event, own)
            if read is not None:
                events[place] = read
    return Alarms(events, frozenset(beside), frozenset(measured))


def _alarm(code: Coding, event: Segment, beside: Iterable[tuple[str, Segment]]) -> Alarm | None:
    says: dict[str, str] = {}
    for of, obx in beside:
        says.setdefault(of, clean(obx.text(5) or obx.text(5, 2)))
    flags = [part for repetition in event.field(8) for component in repetition for part in component]
    flags += [part for flag in flags for part in flag.split("~")]
    priority = next((flag for flag in flags if flag in alarm_words().highest), says.get("priority", ""))
    kind = next((flag for flag in flags if flag in alarm_words().technical), says.get("type", ""))
    over = {says.get("phase", "").lower(), says.get("state", "").lower()} & set(alarm_words().over)
    value = " ".join(_parts(event))
    whole = f"{value} {says['text']}" if says.get("text") else value
    return of_event((code,), whole, priority=priority, kind=kind, over=bool(over))


def _parts(event: Segment) -> Iterator[str]:
    """The words of OBX-5: of a coded value its name and original text, without numbers and the name of its system."""
    for repetition in event.field(5):
        named = any(part[0].strip() and not part[0].strip().isdigit() for part in repetition)
        for number, component in enumerate(repetition, 1):
            text = clean(" ".join(component))
            if text and not (number in (3, 6) and len(repetition) > 2) and not (text.isdigit() and named):
                yield text


def _groups(segments: Sequence[Segment]) -> Iterator[list[tuple[int, Segment]]]:
    """The OBX of each OBR, with their places."""
    group: list[tuple[int, Segment]] = []
    for place, segment in enumerate(segments):
        if segment.name == "OBR":
            yield group
            group = []
        elif segment.name == "OBX":
            group.append((place, segment))
    yield group


def _belongs(obx: Segment, event: Segment, events: int) -> bool:
    """Of several alarms in one group each has its own containment; a single one has all."""
    return events == 1 or obx.text(4).rpartition(".")[0] == event.text(4).rpartition(".")[0]
