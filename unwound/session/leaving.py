"""After an infusion: what is known before the patient leaves, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from unwound import instruments, record
from unwound.catalogue import plain
from unwound.record import Judgement
from unwound.session.gates import GateName, Override, Passage, Requirement, Rules, either, gate, number, passage, unless
from unwound.session.signs import sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """What is known before the patient leaves; None is unknown."""

    day: date
    minutes_since_end: float | None = None
    watch_min: float | None = None
    """How long the plan wants to monitor after the end; without, the gate's own number."""
    aldrete: float | None = None
    padss: float | None = None
    baseline: Mapping[str, float] | None = None
    last: Mapping[str, float] | None = None
    """Vital signs at baseline and now, in their own units."""
    read_minutes: Mapping[str, float] | None = None
    """Vital signs measured since the end: how many minutes ago."""
    beyond: tuple[str, ...] | None = None
    """What is beyond a limit now, whether it was acknowledged or not; None when it was not asked."""
    escort_needed: bool = True
    escort_present: bool | None = None
    when_to_call_given: bool | None = None
    told_not_to_drive: bool | None = None
    next_call: date | None = None
    unseen_alerts: int | None = None


def may_leave(leaving: Departure, overrides: Iterable[Override] = ()) -> Passage:
    """Whether the patient may leave, and everything that is missing."""
    return passage(gate(GateName.LEAVE), LEAVE, leaving, overrides)


def _watched(leaving: Departure, wanted: Requirement) -> Judgement:
    if leaving.minutes_since_end is None:
        return Judgement(None)
    needed = number(wanted.limit) if leaving.watch_min is None else leaving.watch_min
    return unless(
        leaving.minutes_since_end >= needed,
        f"{plain(leaving.minutes_since_end)} min since the end of the infusion; {plain(needed)} min are required",
    )


def _score(instrument: str, total: float | None) -> Judgement:
    if total is None:
        return Judgement(None)
    scored = instruments.score(instrument, total=total)
    title = instruments.instrument(instrument).title
    return unless(scored.band == "ready", f"{title} {plain(total)}")


def _aldrete(leaving: Departure, wanted: Requirement) -> Judgement:
    return _score("aldrete", leaving.aldrete)


def _padss(leaving: Departure, wanted: Requirement) -> Judgement:
    return _score("padss", leaving.padss)


def _vitals(leaving: Departure, wanted: Requirement) -> Judgement:
    return record.all_of(_group_back(leaving, group, number(wanted.limit)) for group in wanted.one_of)


def _group_back(leaving: Departure, group: tuple[str, ...], percent: float) -> Judgement:
    """Whether each sign of a group that was measured both times is back near baseline; unknown when none was."""
    start, last = leaving.baseline or {}, leaving.last or {}
    both = [id for id in group if id in start and id in last]
    if not both:
        when = (
            "now" if any(id in start for id in group) else "at baseline" if any(id in last for id in group) else "yet"
        )
        return Judgement(None, (f"not measured {when}: {either(group)}",))
    far = [id for id in both if abs(last[id] - start[id]) * 100 > percent * abs(start[id])]
    says = [f"{sign(id).says(last[id])}, {plain(start[id])} at baseline" for id in far]
    return unless(not far, "; ".join(says))


def _within_limits(leaving: Departure, wanted: Requirement) -> Judgement:
    if leaving.beyond:
        return Judgement(False, leaving.beyond)
    recent = {id for id, minutes in (leaving.read_minutes or {}).items() if minutes <= number(wanted.limit)}
    missing = [either(group) for group in wanted.one_of if recent.isdisjoint(group)]
    if missing:
        return Judgement(None, (f"not measured since the end of the infusion, or too long ago: {', '.join(missing)}",))
    return Judgement(None if leaving.beyond is None else True)


def _escort(leaving: Departure, wanted: Requirement) -> Judgement:
    return Judgement(True) if not leaving.escort_needed else unless(leaving.escort_present, "the escort is not here")


def _when_to_call(leaving: Departure, wanted: Requirement) -> Judgement:
    return unless(leaving.when_to_call_given, "the written advice was not given")


def _no_driving(leaving: Departure, wanted: Requirement) -> Judgement:
    return unless(leaving.told_not_to_drive, "the patient was not advised")


def _next_call(leaving: Departure, wanted: Requirement) -> Judgement:
    if leaving.next_call is None:
        return Judgement(None)
    days = (leaving.next_call - leaving.day).days
    most = number(wanted.limit)
    return unless(1 <= days <= most, f"planned for {leaving.next_call}; it must be 1 to {plain(most)} days from today")


def _alerts_seen(leaving: Departure, wanted: Requirement) -> Judgement:
    if leaving.unseen_alerts is None:
        return Judgement(None)
    return unless(not leaving.unseen_alerts, f"{leaving.unseen_alerts} not acknowledged")


LEAVE: Rules[Departure] = {
    "watched": _watched,
    "aldrete": _aldrete,
    "padss": _padss,
    "vitals": _vitals,
    "limits": _within_limits,
    "alerts_seen": _alerts_seen,
    "escort": _escort,
    "when_to_call": _when_to_call,
    "no_driving": _no_driving,
    "next_call": _next_call,
}
