"""A search: which resources match, what goes with them, and where the next page begins.

All that is asked about a patient is asked of that patient's record; a search that names nobody is refused, because
every record would have to be made for it: `$export` is for that. Patients themselves are searched among all of a site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from unwound.exchange.fhir import searching, writing
from unwound.exchange.fhir.searching import Asked, SearchError
from unwound_clinic.interfaces.fhir import stored
from unwound_clinic.interfaces.fhir.answers import Resource, Wrong, issue, version
from unwound_clinic.interfaces.fhir.keys import Session
from unwound_clinic.models import Patient

USUAL, MOST = 50, 500
"""Matches on a page where nothing is asked, and at most."""
MOST_PATIENTS = 20
"""Patients whose records one search reads."""
OPEN = ("Questionnaire",)
"""Types that are about nobody."""
RESULT = ("_count", "_include", "_revinclude", "_format", "_pretty", "_summary", "_total", "_elements", "_sort")
REVINCLUDES = ("Provenance:target",)
_WHOSE = ("patient", "subject")


@dataclass(slots=True, kw_only=True)
class Found:
    """One page of a search."""

    matches: list[Resource] = field(default_factory=list)
    beside: list[Resource] = field(default_factory=list)
    """What goes with them by `_include` and `_revinclude`."""
    issues: list[Resource] = field(default_factory=list)
    """Issues: what was not understood, and was left out of account."""
    total: int | None = None
    after: str = ""
    """The last id of this page where there is another."""
    patients: set[int] = field(default_factory=set)
    """Those of whom something is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A search as it is to be answered."""

    type: str
    asked: Asked
    count: int
    only_count: bool
    includes: tuple[str, ...]
    provenance: bool
    issues: tuple[Resource, ...]


def understood(type: str, query: Iterable[tuple[str, str]], base: str, *, strict: bool) -> Wanted:
    """What is asked; what is not known is refused where `strict`, and else said in the answer."""
    query = list(query)
    try:
        asked = searching.read(type, [each for each in query if each[0] not in RESULT], base)
    except SearchError as reason:
        raise Wrong(400, "invalid", str(reason)) from None
    unknown = list(asked.unknown)
    includes, provenance = list[str](), False
    for name, value in query:
        if name == "_include":
            includes.append(_include(type, value))
        elif name == "_revinclude":
            if value not in REVINCLUDES:
                raise Wrong(400, "not-supported", f"_revinclude={value[:60]}: there is {', '.join(REVINCLUDES)}")
            provenance = True
        elif name in ("_elements", "_sort") or (name == "_summary" and value not in ("count", "false")):
            unknown.append(f"{name}={value[:40]}")
        elif name == "_total" and value not in ("none", "estimate", "accurate"):
            raise Wrong(400, "invalid", f"_total={value[:40]}: none, estimate or accurate")
    if unknown and strict:
        names = ", ".join(searching.of(type))
        raise Wrong(400, "not-supported", f"{type} is not searched by {', '.join(unknown)}; it is by {names}")
    issues = [issue("warning", "not-supported", f"{name}: not known here, and left out of account") for name in unknown]
    if type == "Patient" and any(condition.parameter.name == "gender" for condition in asked.conditions):
        issues.append(
            issue(
                "information",
                "informational",
                "the administrative gender is not kept here and is «unknown» for everybody; "
                "the sex at birth stands as an extension",
            )
        )
    parameters = dict(query)
    count = _count(parameters.get("_count", ""))
    only_count = parameters.get("_summary") == "count" or count == 0
    return Wanted(
        type=type,
        asked=asked,
        count=count,
        only_count=only_count,
        includes=tuple(includes),
        provenance=provenance,
        issues=tuple(issues),
    )


def _count(written: str) -> int:
    if written == "":
        return USUAL
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise Wrong(400, "invalid", f"_count is a whole number, not «{written[:20]}»")
    return min(int(written), MOST)


def _include(type: str, value: str) -> str:
    of, _, rest = value.partition(":")
    name = rest.partition(":")[0]
    parameter = searching.parameter(type, name) if of == type else None
    if parameter is None or parameter.kind != "reference" or not parameter.paths:
        there = [
            f"{type}:{candidate.name}" for candidate in searching.of(type).values() if candidate.kind == "reference"
        ]
        raise Wrong(400, "not-supported", f"_include={value[:60]}: there is {', '.join(there) or 'none'} for {type}")
    return name


def search(wanted: Wanted, who: Session, now: datetime, after: str = "") -> Found:
    """One page, of what the rights of the token permit."""
    if not who.rights.of(wanted.type, "search"):
        raise Wrong(403, "forbidden", f"the token has no scope to search {wanted.type}: {who.scope or 'none'}")
    result = Found(issues=list(wanted.issues))
    of_type = _candidates(wanted, who, now)
    number = 0
    whole = True
    asked = _beyond_whose(wanted)
    for resource in of_type:
        if not asked.holds(resource, now) or not who.rights.permits(resource, now, "search"):
            continue
        number += 1
        if wanted.only_count or (after and _place(resource) <= _key(after)):
            continue
        if len(result.matches) == wanted.count:
            result.after = result.matches[-1]["id"]
            whole = False
            break
        result.matches.append(resource)
    if whole:
        result.total = number
    elif wanted.type != "Patient":
        result.total = number + sum(
            asked.holds(resource, now) and who.rights.permits(resource, now, "search") for resource in of_type
        )
    if not wanted.only_count:
        _with_them(wanted, result, who, now)
    result.patients = {whose for resource in (*result.matches, *result.beside) if (whose := patient_of(resource))}
    return result


def _key(id: str) -> tuple[int, str]:
    """The place of an id in the order of pages: by patient, then as text."""
    patient = id.partition(".")[0]
    return (int(patient) if patient.isdecimal() and len(patient) < 19 else 0), id


def _place(resource: Resource) -> tuple[int, str]:
    return _key(resource["id"])


def _candidates(wanted: Wanted, who: Session, now: datetime) -> Iterator[Resource]:
    """The resources among which is searched, in the order of pages."""
    if wanted.type in OPEN:
        return iter(sorted(writing.questionnaires(), key=_place))
    if wanted.type == "Patient":
        return (stored.person(row) for row in _people(wanted, who).iterator(chunk_size=200))
    rows = _rows(wanted, who)
    permitted = _permitted(who, now)
    return (resource for row in rows for resource in sorted(stored.of(row, (wanted.type,), permitted), key=_place))


def _permitted(who: Session, now: datetime) -> Callable[[Resource], bool]:
    return lambda resource: who.rights.permits(resource, now)


def _beyond_whose(wanted: Wanted) -> Asked:
    """What is asked beyond whose it is: a Provenance points to what it is about, and not to the patient."""
    if wanted.type != "Provenance":
        return wanted.asked
    rest = tuple(
        condition
        for condition in wanted.asked.conditions
        if condition.parameter.name != "patient" or condition.modifier
    )
    return Asked(rest, wanted.asked.unknown)


def _people(wanted: Wanted, who: Session) -> Any:
    """The patients who can match, by what the database can tell."""
    rows = stored.patients(who.system.site)
    if (ids := wanted.asked.of("_id")) is not None:
        rows = rows.filter(pk__in=_numbers(ids))
    if (numbers := wanted.asked.of("identifier")) is not None and all(token.rpartition("|")[2] for token in numbers):
        plain = [token.rpartition("|")[2] for token in numbers]
        rows = rows.filter(number__in=plain) | rows.filter(number="", pk__in=_numbers(plain))
    born = wanted.asked.of("birthdate")
    if born is not None and all(len(day) == 10 and day[:4].isdecimal() for day in born):
        rows = rows.filter(birth_date__in=born)
    return rows


def _rows(wanted: Wanted, who: Session) -> list[Patient]:
    """The patients whose records are read. Wrong where nobody is named."""
    named = wanted.asked.of(*_WHOSE)
    ids = named if named is not None else [writing.patient_of(id) for id in wanted.asked.of("_id") or ()]
    if named is None and wanted.asked.of("_id") is None and wanted.asked.of("target") is not None:
        targets = [target.rpartition("/")[2] for target in wanted.asked.of("target") or ()]
        ids = [writing.patient_of(id) for id in targets]
    elif named is None and wanted.asked.of("_id") is None:
        by = next(name for name in ("patient", "subject") if name in searching.of(wanted.type))
        raise Wrong(400, "too-costly", f"name one patient or several: {wanted.type}?{by}=...; of all there is $export")
    numbers = sorted(_numbers(id.removeprefix("Patient/") for id in ids))
    if len(numbers) > MOST_PATIENTS:
        raise Wrong(400, "too-costly", f"at most {MOST_PATIENTS} patients in one search; of all there is $export")
    return list(stored.patients(who.system.site).filter(pk__in=numbers))


def _numbers(ids: Iterable[str]) -> set[int]:
    return {int(id) for id in ids if id.isascii() and id.isdecimal() and len(id) < 19}


def _with_them(wanted: Wanted, result: Found, who: Session, now: datetime) -> None:
    """What the matches point to, and their provenance, as far as the rights go."""
    pointed = {
        target
        for name in wanted.includes
        if (parameter := searching.parameter(wanted.type, name)) is not None
        for resource in result.matches
        for target in searching.references(resource, parameter)
    }
    types = {target.partition("/")[0] for target in pointed} | ({"Provenance"} if wanted.provenance else set())
    if not types:
        return
    matched = {f"{resource['resourceType']}/{resource['id']}" for resource in result.matches}
    numbers = {number for resource in result.matches if (number := patient_of(resource))}
    for row in stored.patients(who.system.site).filter(pk__in=numbers):
        for resource in stored.of(row, types, _permitted(who, now)):
            name = f"{resource['resourceType']}/{resource['id']}"
            if name in matched or not who.rights.permits(resource, now):
                continue
            targets = {each["reference"] for each in resource.get("target", ())}
            if name in pointed or (wanted.provenance and targets & matched):
                result.beside.append(resource)


def read(type: str, id: str, who: Session, now: datetime) -> Resource:
    """One resource by its id. Wrong where there is none that the rights permit."""
    if not who.rights.of(type, "read"):
        raise Wrong(403, "forbidden", f"the token has no scope to read {type}: {who.scope or 'none'}")
    if type in OPEN:
        there: Iterable[Resource] = writing.questionnaires()
    else:
        numbers = _numbers([id if type == "Patient" else writing.patient_of(id)])
        row = Patient.objects.filter(site=who.system.site, pk__in=numbers).first()
        if row is not None and (row.erased_at or row.merged_into_id):
            went = f": it was made one with Patient/{row.leads_to().pk}" if row.merged_into_id else ": it was erased"
            raise Wrong(410, "deleted", f"this record is no longer here{went}")
        rows = stored.patients(who.system.site).filter(pk__in=numbers)
        there = (candidate for row in rows for candidate in stored.of(row, (type,), _permitted(who, now)))
    resource = next((candidate for candidate in there if candidate["id"] == id), None)
    if resource is None or not who.rights.permits(resource, now, "read"):
        raise Wrong(404, "not-found", f"there is no {type}/{id[:64]} here, or the token does not show it")
    return resource


def patient_of(resource: Resource) -> int | None:
    """The number of the patient whom a resource is about; None where it is about nobody."""
    id = str(resource.get("id", ""))
    number = id if resource["resourceType"] == "Patient" else writing.patient_of(id)
    return int(number) if number.isdecimal() else None


def versioned(resource: Resource) -> Resource:
    """The resource with its version in its meta."""
    return {**resource, "meta": {**resource.get("meta", {}), "versionId": version(resource)}}
