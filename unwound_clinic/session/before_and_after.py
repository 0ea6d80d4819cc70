"""From rows to the questions of the library's two gates: what is known before the start, and before leaving."""

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
from unwound_clinic.models import Consent, InfusionSession, OrderState, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record import translate as record_translate
from unwound_clinic.session.order import limits, setting_of
from unwound_clinic.session.translate import Json, latest_event, latest_values, valid_events
from unwound_clinic.treatment import repeated


def answers_of_today(row: InfusionSession, rows: Iterable[SessionEvent], now: datetime) -> dict[str, Json]:
    """The answers given before the start, on the day itself; those of another day do not count."""
    day = now.astimezone(row.site.zone).date()
    return latest_values(
        (event for event in valid_events(rows) if event.at.astimezone(row.site.zone).date() == day), ClinicEvent.TODAY
    )


def today(row: InfusionSession, rows: Iterable[SessionEvent], now: datetime) -> Today:
    """What is known before the start."""
    events = valid_events(rows)
    answers, day = answers_of_today(row, events, now), now.astimezone(row.site.zone).date()
    weighing = next(
        (event for event in reversed(events) if event.kind == ClinicEvent.TODAY and "weight_kg" in event.content), None
    )
    identity = latest_event(events, ClinicEvent.IDENTITY)
    consented, setting = consent(row), setting_of(row)
    return Today(
        day=day,
        identifiers=tuple(identity.content["identifiers"]) if identity else None,
        weighed_on=weighing.at.astimezone(row.site.zone).date() if weighing else None,
        weight_kg=weighing.content["weight_kg"] if weighing else None,
        ordered_for_kg=row.plan.weight_kg,
        consent_on=consented.signed_at.astimezone(row.site.zone).date() if consented else None,
        consent_until=consented.expires_on if consented else None,
        consent_withdrawn=consented.withdrawn_at is not None if consented else None,
        prepared_by=answers.get("prepared_by"),
        checked_by=answers.get("checked_by"),
        fasting=setting.fasting_by if setting else Fasting.HOURS,
        fasting_rule_kept=answers.get("fasting_rule_kept"),
        hours_without_food=answers.get("hours_without_food"),
        hours_without_drink=answers.get("hours_without_drink"),
        driver_needed=not (setting and setting.stays),
        driver=answers.get("driver"),
        pregnancy_possible=pregnancy_possible(row.patient, answers),
        pregnancy_test=answers.get("pregnancy_test"),
        tested_on=_day(answers.get("tested_on")),
        baseline_minutes=_ages(events, now),
        rescue_checked=answers.get("rescue_checked"),
        suction_checked=answers.get("suction_checked"),
        open_stops=open_stops(row, day),
    )


def pregnancy_possible(patient: Patient, answers: Mapping[str, Json]) -> bool | None:
    """As answered today; False where the record says male, who is not asked."""
    if patient.sex == "male":
        return False
    answer = answers.get("pregnancy_possible")
    return None if answer is None else bool(answer)


def consent(row: InfusionSession) -> Consent | None:
    """The current consent to this protocol."""
    current: Consent | None = (
        row.patient.consents.filter(protocol=row.plan.protocol, ended_at=None).order_by("id").last()
    )
    return current


def _ages(events: Iterable[SessionEvent], now: datetime) -> Mapping[str, float] | None:
    ages = {
        event.content["of"]: (now - event.at) / timedelta(minutes=1)
        for event in events
        if event.kind == EventKind.BASELINE
    }
    return ages or None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def open_stops(row: InfusionSession, day: date) -> tuple[str, ...]:
    """Open contraindications today, and alarms not yet reviewed."""
    plan = row.plan
    if plan.state != OrderState.CHECKED:
        return (f"the order is {plan.get_state_display()}",)
    derived = derive(record_translate.patient(row.patient, day))
    try:
        planned = protocols.plan(
            plan.protocol,
            derived,
            concentration_mg_per_ml=plan.concentration_mg_per_ml,
            despite=repeated.others(plan.despite),
        )
    except UnwoundError as error:
        return (str(error),)
    alarms = row.patient.alarms.filter(seen_at=None).values_list("text", flat=True)
    return (*(refusal.title for refusal in planned.refusals), *(f"alarm not yet reviewed: {text}" for text in alarms))


def departure(row: InfusionSession, rows: Iterable[SessionEvent], watched: Watched) -> Departure:
    """What is known before the patient leaves."""
    events, now = valid_events(rows), watched.at
    answers = latest_values(events, ClinicEvent.LEAVING)
    stop, setting = latest_event(events, EventKind.STOP), setting_of(row)
    return Departure(
        day=now.astimezone(row.site.zone).date(),
        minutes_since_end=(now - stop.at) // timedelta(minutes=1) if stop else None,
        watch_min=limits(row.plan.protocol).after_min,
        aldrete=answers.get("aldrete"),
        padss=answers.get("padss"),
        baseline=_baseline(events),
        last=last_values(watched, stop.at) if stop else None,
        read_minutes=_read_minutes(watched, stop.at) if stop else None,
        beyond=watched.beyond,
        escort_needed=not (setting and setting.stays),
        escort_present=answers.get("escort_present"),
        when_to_call_given=answers.get("when_to_call_given"),
        told_not_to_drive=answers.get("told_not_to_drive"),
        next_call=_day(answers.get("next_call")),
        unseen_alerts=len(watched.open),
    )


def _baseline(events: Iterable[SessionEvent]) -> dict[str, float]:
    baseline = [event for event in events if event.kind == EventKind.BASELINE]
    return {event.content["of"]: float(event.content["value"]) for event in baseline}


def last_values(watched: Watched, since: datetime) -> dict[str, float]:
    """The last plausible value of each sign that is current and was read since then, of whichever probe was last."""
    current = [probe.believed for probe in watched.current if probe.believed is not None and not probe.stale]
    since_then = sorted((reading for reading in current if reading.at >= since), key=lambda reading: reading.at)
    return {reading.kind: reading.value for reading in since_then if reading.value is not None}


def _read_minutes(watched: Watched, since: datetime) -> dict[str, float]:
    """Minutes since the last plausible reading of each sign, of those read since then."""
    read = (probe.believed for probe in watched.current if probe.believed is not None and probe.believed.at >= since)
    return {
        reading.kind: (watched.at - reading.at) / timedelta(minutes=1)
        for reading in sorted(read, key=lambda reading: reading.at)
    }


def overrides(rows: Iterable[SessionEvent], gate: GateName) -> tuple[Override, ...]:
    """The overrides of a gate by physicians."""
    return tuple(
        Override(row.content["requirement"], row.by_name, row.content["role"], row.content["reason"])
        for row in valid_events(rows)
        if row.kind == ClinicEvent.OVERRIDE and row.content["gate"] == gate
    )
