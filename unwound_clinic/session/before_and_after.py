"""Rows to what the library's two gates ask: what is known before the start, and before leaving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from unwound import protocols
from unwound.derive import derive
from unwound.record import UnwoundError
from unwound.session import Departure, Override, Today, Watched
from unwound.session.events import EventKind
from unwound.session.gates import GateName
from unwound.terms import Fasting
from unwound_clinic.models import Consent, InfusionSession, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record import translate as record_translate
from unwound_clinic.session.order import limits, setting_of
from unwound_clinic.session.translate import Json, counting, latest, together


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
    known = derive(record_translate.patient(row.patient, day))
    try:
        planned = protocols.plan(
            plan.protocol, known, concentration_mg_per_ml=plan.concentration_mg_per_ml, despite=plan.despite
        )
    except UnwoundError as error:
        return (str(error),)
    alarms = row.patient.alarms.filter(seen_at=None).values_list("text", flat=True)
    return (*(one.title for one in planned.refusals), *(f"alarm not yet reviewed: {text}" for text in alarms))


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
