"""One event of a session as a line for people, with times by the clock of the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from unwound import record, session
from unwound.catalogue import plain
from unwound.session import Episode
from unwound.session.events import AlertKind, EventKind
from unwound.session.gates import GateName, gate
from unwound.session.giving import DrugStep
from unwound.session.signs import listed
from unwound.session.states import SessionState
from unwound_clinic.models import InfusionSession, Role, SessionEvent, Site, role_title
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import moments
from unwound_clinic.session.translate import Json, episode

TITLES: Mapping[str, str] = {
    EventKind.START: "infusion started",
    EventKind.PAUSE: "infusion paused",
    EventKind.RESUME: "infusion resumed",
    EventKind.STOP: "infusion ended",
    EventKind.LEAVE: "left the unit",
    ClinicEvent.IDENTITY: "identity check",
    ClinicEvent.TODAY: "pre-infusion assessment",
    ClinicEvent.LEAVING: "discharge assessment",
    ClinicEvent.DRUG: "controlled drug",
    ClinicEvent.HANDOVER: "care handed over",
    ClinicEvent.DISCREPANCY: "controlled drug discrepancy",
    ClinicEvent.READING_IN_ERROR: "readings voided",
}
"""Kind of an event -> what it is called where the kind alone does not say it."""

KIND_TITLES: Mapping[AlertKind, str] = {
    AlertKind.LIMIT: "limit",
    AlertKind.TREND: "change from baseline",
    AlertKind.OVERDUE: "check overdue",
    AlertKind.NO_DATA: "no data",
    AlertKind.SENSOR_OFF: "sensor off",
    AlertKind.IMPLAUSIBLE: "implausible",
    AlertKind.SIDE_EFFECT: "side effect",
}
"""Kind of an alert -> what it is called."""

IDENTIFIERS: Mapping[str, str] = {
    "name": "full name",
    "birth-date": "date of birth",
    "record-number": "record number",
    "photograph": "photo ID",
}
"""Identifier -> its name in the chart."""
STEPS: Mapping[str, str] = {DrugStep.DRAWN: "drawn up"}
"""Step of a controlled drug -> its words where the stored one is not a word for people."""
OF_A_VIAL: Mapping[str, str] = {
    "mg_per_ml": "{} mg/mL",
    "holds_ml": "vial of {} mL",
    "expires_on": "expires {}",
    "serial": "serial number {}",
    "opened_at": "opened {}",
}
"""What is known of a vial -> its words in the chart."""
ANSWERS: Mapping[str, str] = {
    "weight_kg": "weight {} kg",
    "hours_without_food": "{} h without food",
    "hours_without_drink": "{} h without clear fluid",
    "fasting_rule_kept": "fasted according to unit policy: {}",
    "driver": "escort home: {}",
    "pregnancy_possible": "pregnancy possible: {}",
    "pregnancy_test": "pregnancy test {}",
    "tested_on": "tested on {}",
    "rescue_checked": "rescue drugs checked: {}",
    "suction_checked": "suction tested: {}",
    "asa_class": "ASA {}",
    "airway": "airway: {}",
    "iv_access": "IV: {}",
    "oxygen_by": "oxygen: {}",
    "carrier_ml_per_h": "carrier fluid {} mL/h",
    "prepared_by": "syringe prepared by {}",
    "checked_by": "checked by {}",
    "checked_weight_kg": "who read a scale weight of {} kg",
    "concentration_mg_per_ml": "{} mg/mL",
    "checked_rate_ml_per_h": "calculated {} mL/h",
    "aldrete": "Aldrete {}",
    "padss": "PADSS {}",
    "escort_present": "escort present: {}",
    "when_to_call_given": "«When to call» page given: {}",
    "told_not_to_drive": "advised not to drive: {}",
    "next_call": "follow-up call on {}",
}
"""Answer of the pre-infusion or discharge assessment -> its line in the chart."""
DAYS = ("expires_on", "tested_on", "next_call")
MOMENTS = ("opened_at",)
"""What is stored as the text of a day, and of a moment."""


def event_title(kind: str) -> str:
    """What an event of this kind is called."""
    return TITLES.get(kind, kind.replace("-", " "))


def identifier_title(name: str) -> str:
    """What an identifier of a patient is called."""
    return IDENTIFIERS.get(name, name.replace("-", " "))


def state_title(state: str) -> str:
    """What a state of a session is called."""
    return "discontinued" if state == SessionState.ABORTED else state.replace("-", " ")


def standing(row: InfusionSession) -> str:
    """What a session's state is called; «did not attend» where the patient did not."""
    return "did not attend" if row.missed_why else state_title(row.state)


def describe(row: SessionEvent) -> str:
    """One event in a line; times by the clock of the site."""
    zone = row.session.site.zone
    parts = [part for part in _parts(row.kind, row.content, zone) if part]
    if row.content.get("charted_at"):
        charted_at = datetime.fromisoformat(row.content["charted_at"])
        parts.append(sent_later(row) or moments.marked(charted_at, row.content.get("charted_how", ""), zone))
    if row.charted_as is not None:
        parts.append(f"TIME UNCERTAIN: the clinic's clock was wrong and said {_clock(row.charted_as, zone)}")
    return "; ".join(parts)


def sent_later(row: SessionEvent) -> str:
    """Both times of an acknowledgement that waited for the network; empty for any other event."""
    if row.kind != EventKind.ACKNOWLEDGED or row.content.get("charted_how") != moments.How.WAITED:
        return ""
    both = (row.at, datetime.fromisoformat(row.content["charted_at"]))
    tapped, sent = (moment.astimezone(row.session.site.zone) for moment in both)
    return f"acknowledged at {tapped:%H:%M}, sent at {sent:%H:%M}"


def anaesthesia_provider(site: Site) -> str:
    """The local term for a provider of anaesthesia."""
    return role_title(Role.ANAESTHESIA, site.jurisdiction)


def _parts(kind: str, content: Mapping[str, Json], zone: tzinfo) -> Iterator[str]:
    """What happened, told by the kind of the event; then its note and its reason. A part may be empty."""
    subject, note, reason = (str(content.get(name) or "") for name in ("of", "note", "reason"))
    if kind == EventKind.BASELINE:
        yield session.sign(subject).says(float(content["value"]))
    elif kind in (EventKind.RAISED, EventKind.ACKNOWLEDGED):
        yield _alert(episode(content["episode"]), zone)
    elif kind == ClinicEvent.IDENTITY:
        yield ", ".join(identifier_title(name) for name in content["identifiers"])
    elif kind == ClinicEvent.MOVED:
        yield f"{state_title(content['from'])} → {state_title(content['to'])}"
        yield f"to {content['handed_over']}" if content.get("handed_over") else ""
    elif kind == ClinicEvent.DRUG:
        step = STEPS.get(content["what"], content["what"])
        yield f"{content['drug']}, lot {content['lot']}: {content['mg']} mg {step}"
        yield f"witnessed by {content['witness']}" if content.get("witness") else ""
        yield f"no witness: {content['unwitnessed']}" if content.get("unwitnessed") else ""
        yield from (
            words.format(_value(name, content[name], zone)) for name, words in OF_A_VIAL.items() if content.get(name)
        )
    elif kind == ClinicEvent.HANDOVER:
        yield f"{content['from']} relieved by {content['to']}"
        yield f"in the syringe {content['left_ml']} mL = {content['left_mg']} mg, read by both"
    elif kind == ClinicEvent.DISCREPANCY:
        yield f"informed: {content['informed']}"
    elif kind in (ClinicEvent.TODAY, ClinicEvent.LEAVING):
        yield ", ".join(
            ANSWERS.get(name, f"{name} {{}}").format(_value(name, value, zone)) for name, value in content.items()
        )
    elif kind == ClinicEvent.READING_IN_ERROR and "number" in content:
        since, until = (_clock(datetime.fromisoformat(content[name]), zone) for name in ("since", "until"))
        number = content["number"]
        yield f"{number} reading{'s' if number > 1 else ''} of {content['probe']}, {since} to {until}"
    elif kind == ClinicEvent.ROUND:
        yield from _round(content)
    elif kind == ClinicEvent.OVERRIDE:
        yield f"requirement overridden: «{_requirement(content)}»"
    else:
        yield subject
        yield f"{plain(float(content['rate_mg_per_h']))} mg/h" if "rate_mg_per_h" in content else ""
        yield f"{plain(float(content['amount_mg']))} mg" if "amount_mg" in content else ""
        yield f"grade {content['grade']}" if content.get("grade") else ""
        yield f"confirmed by {content['second_person']}" if content.get("second_person") else ""
    yield note
    yield reason


def _requirement(content: Mapping[str, Json]) -> str:
    """What a requirement of a gate is called; the clinic's own, and one of an older file, by its name."""
    rule = gate(GateName(content["gate"])).requirements.get(content["requirement"])
    return rule.title if rule else str(content["requirement"]).replace("_", " ")


def _round(content: Mapping[str, Json]) -> Iterator[str]:
    """What was found, then what was left without a number, each way once: «pain, dissociation: observed, unchanged»."""
    values = content.get("values", {})
    yield ", ".join(f"{session.sign(id).short} {plain(float(value))}" for id, value in values.items())
    left: dict[str, list[str]] = {}
    for id, how in content.get("observed", {}).items():
        left.setdefault(how, []).append(session.sign(id).word)
    yield from (f"{', '.join(signs)}: {how}" for how, signs in left.items())


def _alert(alert: Episode, zone: tzinfo) -> str:
    check = next((check for check in session.usual().checks if check.id == alert.rule), None)
    own = session.sign(alert.channel.sign).title if alert.channel.sign else listed(check.signs) if check else ""
    title = own or "a check"
    return f"{title[0].lower()}{title[1:]}: {KIND_TITLES[alert.kind]} since {_clock(alert.since, zone)}"


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def _value(name: str, value: Json, zone: tzinfo) -> str:
    """An answer as people write it; a stored day or moment as «1 Dec 2026», «1 Dec 2026 14:02»."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return plain(value)
    if name not in DAYS and name not in MOMENTS:
        return str(value)
    moment = datetime.fromisoformat(str(value))
    moment = moment.astimezone(zone) if moment.tzinfo else moment
    return record.day(moment) + (f" {moment:%H:%M}" if name in MOMENTS else "")
