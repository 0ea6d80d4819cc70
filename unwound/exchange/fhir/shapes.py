"""Looking into JSON of unknown shape: each accessor gives what it names or nothing, and never raises."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from unwound.exchange.names import clean

Object = Mapping[str, Any]
NOTHING: Object = {}

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:$|T)")
_BLANK = re.compile(r"(\d{4}-\d\d-\d\d) +(\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|[+-]\d\d:\d\d))?)")
_RUN = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?\d{4}(?:\d\d)?)?")
_NUMBER = re.compile(r"\s*[+-]?\d{1,12}(?:\.\d{1,12})?\s*")

SNOMED, LOINC, RXNORM, ICD10, ICD11 = "snomed", "loinc", "rxnorm", "icd10", "icd11"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as exactly as it was written: the first and last day it may mean, and seconds for ordering."""

    first: date
    last: date
    seconds: float

    @property
    def exact(self) -> bool:
        """Whether the day is known, not only the month or year."""
        return self.first == self.last


class Coding(NamedTuple):
    """One code with the name of its system in our words, empty where it is not one we read."""

    system: str
    code: str
    display: str
    uri: str = ""


def obj(value: object) -> Object:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else NOTHING


def objects(value: object) -> list[Object]:
    """The objects in a list; a single object counts as a list of one (a common slip)."""
    if value is None:
        return []
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, dict)]
    return [value] if isinstance(value, dict) else []


def text(value: object) -> str:
    """The text without what must not be printed, or nothing."""
    return clean(value) if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A finite number, also one written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, int | float):
        try:
            return float(value) if math.isfinite(value) else None
        except OverflowError:
            return None
    return None


def moment(value: object) -> Moment | None:
    """A FHIR date, dateTime or instant; None for what is not one. Day and month may be missing, and so may the zone.

    Written with a blank for the «T», or without hyphens, it means one day and is read; «01/03/2016» can mean two.
    """
    return _moment(value) if isinstance(value, str) and len(value) < _LONGEST_DATE else None


@lru_cache(maxsize=4096)
def _moment(value: str) -> Moment | None:
    # A date may lack its day or month, its time or its zone; one that the calendar does not have is no date.
    value = _in_order(value.strip())
    if (match := _DATE.match(value)) is None:
        return None
    year, month, day = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        last = first if day else _last(int(year), int(month or 0))
        if not day or len(value) <= 10:
            return Moment(first, last, (first.toordinal() - _EPOCH.toordinal()) * 86400.0)
        at = datetime.fromisoformat(value)
        return Moment(first, last, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH).total_seconds())
    except (ValueError, OverflowError):
        return None


def _in_order(written: str) -> str:
    """A date as FHIR writes it, where it is written in another way that can mean one day only."""
    if blank := _BLANK.fullmatch(written):
        return f"{blank[1]}T{blank[2].replace(' ', '')}"
    if (run := _RUN.fullmatch(written)) and "1850" < run[1] < "2150":
        return "-".join(run.groups())
    return written


_LONGEST_DATE = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _last(year: int, month: int) -> date:
    if month in (0, 12):
        return date(year, 12, 31)
    return date.fromordinal(date(year, month + 1, 1).toordinal() - 1)


def system(uri: object) -> str:
    """Our word for a code system's address; empty for one we do not read."""
    if not isinstance(uri, str):
        return ""
    short_name = _SYSTEMS.get(uri)
    if short_name is None and (oid := _OID.fullmatch(uri)):
        short_name = _SYSTEMS.get(f"urn:oid:{oid[1]}")
    return short_name if short_name is not None else _guess(uri.lower())


_OID = re.compile(r"(?:urn:\s*oid:)?\s*(2\.16\.[\d.]+)\s*", re.IGNORECASE)
"""An object identifier however it is written: bare, or «urn: oid: 2.16...», as converters of CDA leave it."""
_SYSTEMS = {
    "http://snomed.info/sct": SNOMED,
    "http://loinc.org": LOINC,
    "http://www.nlm.nih.gov/research/umls/rxnorm": RXNORM,
    "http://hl7.org/fhir/sid/icd-10-cm": ICD10,
    "http://hl7.org/fhir/sid/icd-10": ICD10,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.90": ICD10,
    "urn:oid:2.16.840.1.113883.6.3": ICD10,
    "http://unitsofmeasure.org": "",
}


def _guess(uri: str) -> str:
    """Systems by what their address holds: versions, editions and small slips in real records."""
    return next((system for part, system in _TELLING if part in uri), "")


_TELLING = (
    ("snomed.info/", SNOMED),
    ("loinc.org", LOINC),
    ("rxnorm", RXNORM),
    ("icd-11", ICD11),
    ("icd11", ICD11),
    ("icd/release/11", ICD11),
    ("icd-10", ICD10),
    ("icd10", ICD10),
    ("cim-10", ICD10),
    ("cie-10", ICD10),
)
"""Parts of an address, and the system they tell of."""


def codings(concept: object) -> Sequence[Coding]:
    """The codes of a CodeableConcept (or of a bare Coding)."""
    if not isinstance(concept, dict):
        return ()
    return [
        _coding(code, _written(entry.get("system")), _written(entry.get("display")))
        for entry in _listed(concept)
        if isinstance(code := entry.get("code"), str)
    ]


@lru_cache(maxsize=8192)
def _coding(code: str, uri: str, display: str) -> Coding:
    """A record says the same few hundred codes over and over."""
    return Coding(system(uri), code.strip(), clean(display), uri)


def _written(value: object) -> str:
    """A text as it is written; nothing for what is none."""
    return value if isinstance(value, str) else ""


def _listed(concept: Object) -> list[Object]:
    """The codings as they are written."""
    listed = concept.get("coding")
    return objects(listed if listed is not None else concept if "code" in concept else None)


def name(concept: object) -> str:
    """What a CodeableConcept calls itself: its text, else the first display."""
    if not isinstance(concept, dict):
        return ""
    written = concept.get("text")
    if isinstance(written, str) and (shown := clean(written)):
        return shown
    for entry in _listed(concept):
        written = entry.get("display")
        if isinstance(written, str) and isinstance(entry.get("code"), str) and (shown := clean(written)):
            return shown
    return ""


def all_names(concept: object) -> str:
    """Every name a CodeableConcept gives, in lower case, for looking up whole words."""
    if not isinstance(concept, dict):
        return ""
    displays = [entry.get("display") for entry in _listed(concept) if isinstance(entry.get("code"), str)]
    names = [text(written) for written in (concept.get("text"), *displays)]
    return " ; ".join(dict.fromkeys(written.lower() for written in names if written))


def status(concept: object) -> str:
    """The code of a status that is a CodeableConcept."""
    if not isinstance(concept, dict):
        return ""
    return next((code.strip().lower() for entry in _listed(concept) if isinstance(code := entry.get("code"), str)), "")


def reference(value: object) -> str:
    """Where a Reference points; nothing when it does not."""
    pointed = obj(value).get("reference")
    return pointed if isinstance(pointed, str) else ""


def tail(address: str) -> str:
    """The id at the end of a reference, without version."""
    return address.split("/_history/")[0].rsplit("/", 1)[-1].removeprefix("urn:uuid:").removeprefix("urn:oid:")


def notes(resource: Object) -> str:
    """All annotations of a resource as one text."""
    return " ".join(filter(None, (text(note.get("text")) for note in objects(resource.get("note")))))
