"""Rows of a session to the library's records: what happened, the limits, what is known before start and leaving.

With `translate.py` the only place that turns rows into the library's records; the readings have `session_readings.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, get_args

from unwound import monitoring, protocols, session
from unwound.catalogue import plain
from unwound.derive import derive
from unwound.protocols.knowledge import DRUGS, Protocol, Setting
from unwound.record import UnwoundError
from unwound.session import Channel, Departure, Episode, Event, Limits, Lot, Override, Today, Watched
from unwound.session.events import EventKind
from unwound.session.gates import GateName
from unwound.session.giving import DrugStep
from unwound.terms import Fasting
from unwound_clinic import translate
from unwound_clinic.models import Consent, InfusionSession, Patient, Plan, SessionEvent
from unwound_clinic.models.session import ClinicEvent

Json = Any
HAPPENINGS: tuple[str, ...] = get_args(EventKind)
NUMBERS = ("rate_mg_per_h", "amount_mg", "value")
WORDS = ("of", "reason", "note")
SAME_H = 1e-6


def counting(rows: Iterable[SessionEvent]) -> list[SessionEvent]:
    """The events that count: an amendment in place of what it amends, nothing of what was entered in error."""
    told = list(rows)
    amended = {row.amends_id for row in told if row.amends_id}
    return [row for row in told if row.pk not in amended and not row.in_error]


def happened(rows: Iterable[SessionEvent]) -> tuple[Event, ...]:
    """What counts, as the library watches it."""
    return tuple(event(row.kind, row.at, row.by_name, row.content) for row in counting(rows) if row.kind in HAPPENINGS)


def event(kind: str, at: datetime, by: str, content: Mapping[str, Json]) -> Event:
    """One event. SessionError, saying what is missing, where it cannot be."""
    numbers = {name: None if content.get(name) is None else float(content[name]) for name in NUMBERS}
    words = {name: str(content.get(name) or "") for name in WORDS}
    told = episode(content["episode"]) if content.get("episode") else None
    return Event(at=at, kind=kind, by=by, episode=told, grade=content.get("grade"), **numbers, **words)  # type: ignore[arg-type]


def episode(content: Mapping[str, Json]) -> Episode:
    """The identity of an alert from its row."""
    since = datetime.fromisoformat(content["since"])
    return Episode(content["kind"], content["rule"], Channel(content["sign"], content.get("source", "")), since)


def episode_row(told: Episode) -> Mapping[str, Json]:
    """And back."""
    return {
        "kind": told.kind,
        "rule": told.rule,
        "sign": told.channel.sign,
        "source": told.channel.source,
        "since": told.since.isoformat(),
    }


def limits(protocol: str) -> Limits:
    """What a session of this protocol is watched against; the usual where the library knows it no more."""
    try:
        return monitoring.limits(protocol)
    except UnwoundError:
        return session.usual()


@dataclass(frozen=True, slots=True)
class Rate:
    """What the plan sets from one hour of the session to another."""

    start_h: float
    end_h: float
    mg_per_h: float
    ml_per_h: float


@dataclass(frozen=True, slots=True)
class Run:
    """One infusion without a break of a plan: what one session gives; `day` is the day of the course it begins on."""

    day: int
    start_h: float
    rates: tuple[Rate, ...]

    @property
    def hours(self) -> float:
        """How long it runs."""
        return self.rates[-1].end_h

    @property
    def highest(self) -> float:
        """The highest rate, mg/h."""
        return max(one.mg_per_h for one in self.rates)

    @property
    def mg(self) -> float:
        """All of it."""
        return sum(one.mg_per_h * (one.end_h - one.start_h) for one in self.rates)


def runs(plan: Plan) -> tuple[Run, ...]:
    """The infusions of an order, from what was signed."""
    found: list[list[Mapping[str, float]]] = []
    for one in plan.shown.get("rates", ()):
        if found and one["start_h"] <= found[-1][-1]["end_h"] + SAME_H:
            found[-1].append(one)
        else:
            found.append([one])
    return tuple(_run(each) for each in found)


def _run(each: list[Mapping[str, float]]) -> Run:
    begin = each[0]["start_h"]
    rates = (Rate(one["start_h"] - begin, one["end_h"] - begin, one["mg_per_h"], one["ml_per_h"]) for one in each)
    return Run(int(begin // 24) + 1, begin, tuple(rates))


def run_of(row: InfusionSession) -> Run | None:
    """What this session gives."""
    return next((one for one in runs(row.plan) if one.day == row.day), None)


def together(rows: Iterable[SessionEvent], kind: str) -> dict[str, Json]:
    """What is known from several events of one kind: the newest of each name."""
    known: dict[str, Json] = {}
    for row in counting(rows):
        if row.kind == kind:
            known.update(row.content)
    return known


def latest(rows: Iterable[SessionEvent], kind: str) -> SessionEvent | None:
    """The last of a kind that counts."""
    return next((row for row in reversed(counting(rows)) if row.kind == kind), None)


def found_today(row: InfusionSession, rows: Iterable[SessionEvent], now: datetime) -> dict[str, Json]:
    """What was found out before the start, on the day itself: of another day nothing of it counts."""
    day = now.astimezone(row.site.zone).date()
    return together(
        (one for one in counting(rows) if one.at.astimezone(row.site.zone).date() == day), ClinicEvent.TODAY
    )


def today(row: InfusionSession, rows: Iterable[SessionEvent], now: datetime) -> Today:
    """What is known before the start."""
    told = counting(rows)
    known, day = found_today(row, told, now), now.astimezone(row.site.zone).date()
    weighed = next(
        (one for one in reversed(told) if one.kind == ClinicEvent.TODAY and "weight_kg" in one.content), None
    )
    identity = latest(told, ClinicEvent.IDENTITY)
    signed, setting = consent(row), setting_of(row)
    return Today(
        day=day,
        identifiers=tuple(identity.content["identifiers"]) if identity else None,
        weighed_on=weighed.at.astimezone(row.site.zone).date() if weighed else None,
        weight_kg=weighed.content["weight_kg"] if weighed else None,
        ordered_for_kg=row.plan.weight_kg,
        consent_on=signed.signed_at.astimezone(row.site.zone).date() if signed else None,
        consent_until=signed.expires_on if signed else None,
        consent_withdrawn=signed.withdrawn_at is not None if signed else None,
        prepared_by=known.get("prepared_by"),
        checked_by=known.get("checked_by"),
        fasting=setting.fasting_by if setting else Fasting.HOURS,
        fasting_rule_kept=known.get("fasting_rule_kept"),
        hours_without_food=known.get("hours_without_food"),
        hours_without_drink=known.get("hours_without_drink"),
        driver_needed=not (setting and setting.stays),
        driver=known.get("driver"),
        pregnancy_possible=pregnancy_possible(row.patient, known),
        pregnancy_test=known.get("pregnancy_test"),
        tested_on=_day(known.get("tested_on")),
        baseline_minutes=_ages(told, now),
        rescue_checked=known.get("rescue_checked"),
        suction_checked=known.get("suction_checked"),
        open_stops=open_stops(row, day),
    )


def pregnancy_possible(patient: Patient, known: Mapping[str, Json]) -> bool | None:
    """As asked today; nobody asks a man."""
    if patient.sex == "male":
        return False
    asked = known.get("pregnancy_possible")
    return None if asked is None else bool(asked)


def consent(row: InfusionSession) -> Consent | None:
    """The last consent to this protocol that no other one took the place of."""
    found: Consent | None = row.patient.consents.filter(protocol=row.plan.protocol, ended_at=None).order_by("id").last()
    return found


def _ages(told: Iterable[SessionEvent], now: datetime) -> Mapping[str, float] | None:
    ages = {one.content["of"]: (now - one.at) / timedelta(minutes=1) for one in told if one.kind == EventKind.BASELINE}
    return ages or None


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def open_stops(row: InfusionSession, day: date) -> tuple[str, ...]:
    """What speaks against it today, with what is known today, and nobody has decided."""
    plan = row.plan
    if plan.state != "checked":
        return (f"the order is {plan.get_state_display()}",)
    known = derive(translate.patient(row.patient, day))
    try:
        planned = protocols.plan(
            plan.protocol, known, concentration_mg_per_ml=plan.concentration_mg_per_ml, despite=plan.despite
        )
    except UnwoundError as error:
        return (str(error),)
    alarms = row.patient.alarms.filter(seen_at=None).values_list("text", flat=True)
    return (*(one.title for one in planned.refusals), *(f"alarm not seen to: {text}" for text in alarms))


def departure(row: InfusionSession, rows: Iterable[SessionEvent], watched: Watched) -> Departure:
    """What is known before the patient leaves."""
    told, now = counting(rows), watched.at
    known = together(told, ClinicEvent.LEAVING)
    stop, setting = latest(told, EventKind.STOP), setting_of(row)
    return Departure(
        day=now.astimezone(row.site.zone).date(),
        minutes_since_end=(now - stop.at) // timedelta(minutes=1) if stop else None,
        watch_min=limits(row.plan.protocol).after_min,
        aldrete=known.get("aldrete"),
        padss=known.get("padss"),
        baseline={one.content["of"]: float(one.content["value"]) for one in told if one.kind == EventKind.BASELINE},
        last=last_values(watched, stop.at) if stop else None,
        read_minutes=_read_minutes(watched, stop.at) if stop else None,
        beyond=watched.beyond,
        escort_needed=not (setting and setting.stays),
        escort_present=known.get("escort_present"),
        when_to_call_given=known.get("when_to_call_given"),
        told_not_to_drive=known.get("told_not_to_drive"),
        next_call=_day(known.get("next_call")),
        unseen_alerts=len(watched.open),
    )


def last_values(watched: Watched, since: datetime) -> dict[str, float]:
    """The last believed value of each sign that still stands and was read since then, of whichever probe was last."""
    standing = [one.believed for one in watched.current if one.believed is not None and not one.stale]
    after = sorted((one for one in standing if one.at >= since), key=lambda one: one.at)
    return {one.kind: one.value for one in after if one.value is not None}


def _read_minutes(watched: Watched, since: datetime) -> dict[str, float]:
    """How many minutes ago each sign was last read and believed since then."""
    read = (one.believed for one in watched.current if one.believed is not None and one.believed.at >= since)
    return {one.kind: (watched.at - one.at) / timedelta(minutes=1) for one in sorted(read, key=lambda one: one.at)}


def overrides(rows: Iterable[SessionEvent], gate: GateName) -> tuple[Override, ...]:
    """What physicians decided otherwise at a gate."""
    return tuple(
        Override(row.content["requirement"], row.by_name, row.content["role"], row.content["reason"])
        for row in counting(rows)
        if row.kind == ClinicEvent.OVERRIDE and row.content["gate"] == gate
    )


def lots(rows: Iterable[SessionEvent]) -> tuple[Lot, ...]:
    """The controlled drug lot by lot; what was not written once something was drawn up is not known."""
    found: dict[tuple[str, str], dict[str, Json]] = {}
    for row in counting(rows):
        if row.kind == ClinicEvent.DRUG:
            told = row.content
            part, lot = f"{told['what']}_mg", found.setdefault((told["lot"], told["drug"]), {})
            lot[part] = lot.get(part, Decimal(0)) + Decimal(told["mg"])
            if told["what"] == DrugStep.WASTED:
                lot["wasted_by"], lot["witness"] = told.get("wasted_by", row.by_name), told.get("witness", "")
    return tuple(Lot(lot=lot, drug=drug, **told) for (lot, drug), told in found.items())


def closed_lots(rows: Iterable[SessionEvent]) -> tuple[Lot, ...]:
    """The same for the balance: nothing written of waste or return is none, once something was given or wasted."""
    return tuple(
        replace(
            one,
            given_mg=one.given_mg if one.given_mg is not None else Decimal(0),
            wasted_mg=one.wasted_mg or Decimal(0),
            returned_mg=one.returned_mg or Decimal(0),
        )
        for one in lots(rows)
    )


def protocol_of(row: InfusionSession) -> Protocol | None:
    """The protocol of this order; None where the library knows it no more."""
    try:
        return protocols.protocol(row.plan.protocol)
    except UnwoundError:
        return None


def setting_of(row: InfusionSession) -> Setting | None:
    """Where the protocol of this order is given; None where the library knows the protocol no more."""
    known = protocol_of(row)
    return protocols.settings()[known.setting] if known else None


def drug(row: InfusionSession) -> str:
    """What the order gives, by name; empty where the library knows its protocol no more."""
    known = protocol_of(row)
    return DRUGS[known.drug] if known else ""


def said(row: SessionEvent) -> str:
    """One event in a line; times by the clock of the site."""
    return "; ".join(part for part in _said(row.kind, row.content, row.session.site.zone) if part)


def _said(kind: str, told: Mapping[str, Json], zone: tzinfo) -> Iterator[str]:
    of, note, reason = (str(told.get(name) or "") for name in ("of", "note", "reason"))
    if kind == EventKind.BASELINE:
        yield f"at the start: {session.sign(of).says(float(told['value']))}"
    elif kind in (EventKind.RAISED, EventKind.ACKNOWLEDGED):
        yield _alert(episode(told["episode"]), zone)
    elif kind == ClinicEvent.IDENTITY:
        yield ", ".join(told["identifiers"])
    elif kind == ClinicEvent.MOVED:
        yield f"{told['from']} → {told['to']}".replace("-", " ")
        yield f"to {told['handed_over']}" if told.get("handed_over") else ""
    elif kind == ClinicEvent.DRUG:
        yield f"{told['drug']}, lot {told['lot']}: {told['mg']} mg {told['what']}"
        yield f"seen by {told['witness']}" if told.get("witness") else ""
    elif kind in (ClinicEvent.TODAY, ClinicEvent.LEAVING):
        yield ", ".join(f"{name.replace('_', ' ')} {_word(value)}" for name, value in told.items())
    elif kind == ClinicEvent.READING_IN_ERROR and "number" in told:
        since, until = (_clock(datetime.fromisoformat(told[name]), zone) for name in ("since", "until"))
        yield f"{told['number']} reading{'s' if told['number'] > 1 else ''} of {told['probe']}, {since} to {until}"
    elif kind == ClinicEvent.OVERRIDE:
        yield f"otherwise than «{told['requirement'].replace('_', ' ')}»"
    else:
        yield of
        yield f"{plain(float(told['rate_mg_per_h']))} mg/h" if "rate_mg_per_h" in told else ""
        yield f"{plain(float(told['amount_mg']))} mg" if "amount_mg" in told else ""
        yield f"grade {told['grade']}" if told.get("grade") else ""
    yield note
    yield reason


def _alert(one: Episode, zone: tzinfo) -> str:
    title = session.sign(one.channel.sign).title if one.channel.sign else "a check"
    return f"{title.lower()}: {one.kind.replace('-', ' ')} since {_clock(one.since, zone)}"


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def _word(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, float) else str(value)
