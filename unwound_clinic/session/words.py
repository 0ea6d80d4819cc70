"""One event of a session as a line for people, with times by the clock of the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from unwound import session
from unwound.catalogue import plain
from unwound.session import Episode
from unwound.session.events import EventKind
from unwound.terms import Jurisdiction
from unwound_clinic.models import SessionEvent, Site
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session.translate import Json, episode

PROVIDERS = {Jurisdiction.US: "anesthesia provider (CRNA)", Jurisdiction.UK: "anaesthetist"}
"""Jurisdiction of a site -> what a provider of anaesthesia is called there."""


def describe(row: SessionEvent) -> str:
    """One event in a line; times by the clock of the site."""
    return "; ".join(part for part in _parts(row.kind, row.content, row.session.site.zone) if part)


def anaesthesia_provider(site: Site) -> str:
    """What a provider of anaesthesia is called where the site is."""
    return PROVIDERS.get(site.jurisdiction, "anaesthesia provider")


def _parts(kind: str, told: Mapping[str, Json], zone: tzinfo) -> Iterator[str]:
    of, note, reason = (str(told.get(name) or "") for name in ("of", "note", "reason"))
    if kind == EventKind.BASELINE:
        yield f"baseline: {session.sign(of).says(float(told['value']))}"
    elif kind in (EventKind.RAISED, EventKind.ACKNOWLEDGED):
        yield _alert(episode(told["episode"]), zone)
    elif kind == ClinicEvent.IDENTITY:
        yield ", ".join(told["identifiers"])
    elif kind == ClinicEvent.MOVED:
        yield f"{told['from']} → {told['to']}".replace("-", " ")
        yield f"to {told['handed_over']}" if told.get("handed_over") else ""
    elif kind == ClinicEvent.DRUG:
        yield f"{told['drug']}, lot {told['lot']}: {told['mg']} mg {told['what']}"
        yield f"witnessed by {told['witness']}" if told.get("witness") else ""
    elif kind in (ClinicEvent.TODAY, ClinicEvent.LEAVING):
        yield ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in told.items())
    elif kind == ClinicEvent.READING_IN_ERROR and "number" in told:
        since, until = (_clock(datetime.fromisoformat(told[name]), zone) for name in ("since", "until"))
        yield f"{told['number']} reading{'s' if told['number'] > 1 else ''} of {told['probe']}, {since} to {until}"
    elif kind == ClinicEvent.OVERRIDE:
        yield f"requirement overridden: «{told['requirement'].replace('_', ' ')}»"
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


def _value(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, float) else str(value)
