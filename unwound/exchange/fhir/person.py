"""Patient: who it is, as far as the record says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.shapes import Object, moment, obj, objects, text
from unwound.exchange.names import quoted
from unwound.record import unique
from unwound.terms import Jurisdiction, Sex

_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_SEXES: dict[str, Sex] = {"F": Sex.FEMALE, "female": Sex.FEMALE, "M": Sex.MALE, "male": Sex.MALE}
_COUNTRIES: dict[str, Jurisdiction] = {
    "us": Jurisdiction.US,
    "usa": Jurisdiction.US,
    "united states": Jurisdiction.US,
    "united states of america": Jurisdiction.US,
    "gb": Jurisdiction.UK,
    "gbr": Jurisdiction.UK,
    "uk": Jurisdiction.UK,
    "united kingdom": Jurisdiction.UK,
    "england": Jurisdiction.UK,
    "scotland": Jurisdiction.UK,
    "wales": Jurisdiction.UK,
    "northern ireland": Jurisdiction.UK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a record says its patient is, in every way in which it says so: to be compared with somebody known."""

    address: str = ""
    """Of the Patient: with its server where the record names it, else as «Patient/12»; empty where it has no id."""
    names: tuple[str, ...] = ()
    """Every name, earlier ones and nicknames too."""
    numbers: tuple[str, ...] = ()
    born: tuple[date, date] | None = None
    """The first and the last day that the birth date can be: a year alone is all its days."""


def identity(resource: Object, address: str) -> Identity:
    """Who the patient is; `address` is the full one where the record has it."""
    id, born = text(resource.get("id")), moment(resource.get("birthDate"))
    identifiers = (text(identifier.get("value")) for identifier in objects(resource.get("identifier")))
    return Identity(
        address=address if "://" in address else f"Patient/{id}" if id else address,
        names=unique(whole for written in objects(resource.get("name")) if (whole := _whole(written))),
        numbers=unique(filter(None, identifiers)),
        born=(born.first, born.last) if born else None,
    )


def read(resource: Object, chart: Chart) -> dict[str, Any]:
    """The fields of `patient.Patient` that the resource fills."""
    _note_death(resource, chart)
    return {
        "id": text(resource.get("id")) or _identifier(resource),
        "name": _name(resource),
        "birth_date": _birth_date(resource, chart),
        "sex": _sex(resource, chart),
        "jurisdiction": _jurisdiction(resource),
    }


def _identifier(resource: Object) -> str:
    return next(
        (value for identifier in objects(resource.get("identifier")) if (value := text(identifier.get("value")))), ""
    )


def _name(resource: Object) -> str:
    written = objects(resource.get("name"))
    ranked = sorted(written, key=lambda written_name: {"official": 0, "usual": 1}.get(text(written_name.get("use")), 2))
    return next((whole for written_name in ranked if (whole := _whole(written_name))), "")


def _whole(written_name: Object) -> str:
    given_names = written_name.get("given")
    parts = [text(part) for part in given_names] if isinstance(given_names, list) else [text(given_names)]
    return text(written_name.get("text")) or " ".join(
        part for part in (*parts, text(written_name.get("family"))) if part
    )


def _birth_date(resource: Object, chart: Chart) -> date | None:
    written = resource.get("birthDate")
    if written is None:
        return None
    born = moment(written)
    if born is None or not born.exact:
        chart.problem(f"birthDate {quoted(written)} is not a full day (as 1980-05-05); the age stays unknown")
        return None
    return None if chart.is_later(born) else born.first


def _sex(resource: Object, chart: Chart) -> Sex | None:
    """Sex at birth where it is recorded, else the administrative gender; other and unknown stay unknown."""
    at_birth = [
        extension.get("valueCode")
        for extension in objects(resource.get("extension"))
        if extension.get("url") == _BIRTH_SEX
    ]
    born, gender = _SEXES.get(text(at_birth[0])) if at_birth else None, _SEXES.get(text(resource.get("gender")))
    if born is not None and gender is not None and born != gender:
        chart.problem(f"sex at birth is {born.value}, the administrative gender {gender.value}: sex at birth was used")
    return born if at_birth else gender


def _jurisdiction(resource: Object) -> Jurisdiction | None:
    """Where the patient lives, when all addresses agree."""
    countries = [text(address.get("country")).lower() for address in objects(resource.get("address"))]
    jurisdictions = {_COUNTRIES.get(country) for country in countries if country}
    return jurisdictions.pop() if len(jurisdictions) == 1 else None


def _note_death(resource: Object, chart: Chart) -> None:
    died = resource.get("deceasedDateTime")
    if died is not None or resource.get("deceasedBoolean") is True:
        chart.problem(f"the record says that the patient has died{f' ({text(died)})' if text(died) else ''}")
        chart.died, chart.dead = chart.when(died), True
    if obj(resource).get("active") is False:
        chart.problem("the record is marked as no longer in use (active: false)")
