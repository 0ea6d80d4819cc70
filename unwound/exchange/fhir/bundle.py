"""A bundle -> one patient: every resource is read and counted, and what could not be read is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from unwound.exchange.fhir import conditions, courses, forms, observations, others, person, trials, versions
from unwound.exchange.fhir.chart import Chart, Count, Problem, Unreadable
from unwound.exchange.fhir.courses import Course
from unwound.exchange.fhir.forms import Scattered
from unwound.exchange.fhir.others import Done
from unwound.exchange.fhir.parse import BundleError, parse
from unwound.exchange.fhir.shapes import Object, moment, obj, objects, tail, text
from unwound.exchange.names import quoted
from unwound.patient import Patient
from unwound.record import unique

_MEDICINES = frozenset(("MedicationRequest", "MedicationStatement", "MedicationAdministration"))
_PATIENTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Import:
    """What was read from a bundle: the patient, what a person should look at, and how every resource fared."""

    patient: Patient
    problems: tuple[Problem, ...]
    counts: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class _Entry:
    index: int
    type: str
    resource: Object
    address: str
    """The entry's fullUrl."""

    @property
    def id(self) -> str:
        return text(self.resource.get("id"))

    @property
    def origin(self) -> str:
        name = self.id or tail(self.address)
        return f"{self.type}/{name}" if name else self.type


@dataclass(slots=True, kw_only=True)
class _Reading:
    chart: Chart
    scattered: Scattered = field(default_factory=Scattered)
    courses: list[Course] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    person: dict[str, Any] = field(default_factory=dict)


def read_bundle(data: bytes | str, name: str, *, as_of: date) -> Import:
    """The patient in a FHIR R4 bundle as known on the day `as_of`; `name` is the file as errors call it.

    BundleError (an UnwoundError) when the whole cannot be used: not JSON, not a bundle, another release of FHIR, no
    patient or several. A resource that cannot be read is a problem and the rest is used; nothing is dropped unseen:
    the counts add up to the entries.
    """
    bundle = parse(data, name)
    try:
        return _read(bundle, name, as_of)
    except RecursionError:
        raise BundleError(f"{name}: nested too deeply to be a FHIR bundle") from None


def _read(bundle: Object, name: str, as_of: date) -> Import:
    chart = Chart(as_of=as_of)
    entries = _entries(bundle, chart)
    versions.refuse_others(bundle, [entry.resource for entry in entries], name)
    entries = _newest_versions(entries, chart)
    subject = _the_patient(entries, name)
    chart.subjects = frozenset(filter(None, (subject.id, subject.address, tail(subject.address))))
    chart.references = _references(entries)
    _note_missing_pages(bundle, chart)
    reading = _Reading(chart=chart)
    for entry in sorted(entries, key=lambda entry: entry.type == "Medication"):  # they are read where they are used
        _read_entry(entry, reading)
    return Import(_patient(reading), tuple(chart.problems), MappingProxyType(chart.counts()))


def _entries(bundle: Object, chart: Chart) -> list[_Entry]:
    """The entries with a resource; others are noted."""
    entries = []
    listed = bundle.get("entry")
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        resource = obj(obj(entry).get("resource"))
        type = resource.get("resourceType")
        if isinstance(type, str) and type:
            entries.append(_Entry(index, text(type) or "?", resource, text(obj(entry).get("fullUrl"))))
        elif obj(obj(entry).get("request")).get("method") == "DELETE":
            chart.tally["(deleted)", "not_needed"] += 1
        else:
            chart.tally["(no resource)", "unreadable"] += 1
            chart.problems.append(Problem(index, "", "this entry holds no resource with a resourceType"))
    return entries


def _newest_versions(entries: Sequence[_Entry], chart: Chart) -> list[_Entry]:
    """Each resource once: where a bundle has several versions of one, the newest; the others are not needed."""
    newest: dict[tuple[str, str], _Entry] = {}
    for entry in entries:
        key = (entry.type, entry.id or f"#{entry.index}")
        earlier = newest.get(key)
        if earlier is None:
            newest[key] = entry
            continue
        chart.tally[entry.type, "not_needed"] += 1
        if _updated(entry) >= _updated(earlier):
            newest[key] = entry
    return sorted(newest.values(), key=lambda entry: entry.index)


def _updated(entry: _Entry) -> float:
    when = moment(obj(entry.resource.get("meta")).get("lastUpdated"))
    return when.seconds if when else float("-inf")


def _the_patient(entries: Sequence[_Entry], name: str) -> _Entry:
    patients = [entry for entry in entries if entry.type == "Patient"]
    if not patients:
        raise BundleError(f"{name}: the bundle holds no Patient; export it with the patient included")
    if len(patients) > 1:
        ids = ", ".join(quoted(entry.id) for entry in patients[:_PATIENTS_SHOWN])
        raise BundleError(f"{name}: the bundle holds {len(patients)} patients ({ids}); one bundle for each is needed")
    return patients[0]


def _references(entries: Sequence[_Entry]) -> dict[str, Object]:
    by_reference: dict[str, Object] = {}
    for entry in entries:
        if entry.address:
            by_reference[entry.address] = entry.resource
        if entry.id:
            by_reference[f"{entry.type}/{entry.id}"] = entry.resource
    return by_reference


def _note_missing_pages(bundle: Object, chart: Chart) -> None:
    if any(link.get("relation") == "next" for link in objects(bundle.get("link"))):
        reason = "this is one page of a search with more pages: diagnoses and medicines may be missing"
        chart.problems.append(Problem(None, "Bundle", reason))


def _read_entry(entry: _Entry, reading: _Reading) -> None:
    """Read one resource and count how it fared; whatever is wrong with it stays with it."""
    chart = reading.chart
    chart.at, chart.origin = entry.index, entry.origin
    reader = _READERS.get(entry.type)
    fared = "not_needed"
    if reader is not None:
        try:
            fared = "used" if _checked(entry, reader, reading) else "not_needed"
        except Unreadable as reason:
            chart.problem(str(reason))
            fared = "unreadable"
    chart.tally[entry.type, fared] += 1


def _checked(entry: _Entry, reader: Callable[[Object, _Reading], bool], reading: _Reading) -> bool:
    odd = versions.other_release(entry.resource)
    if odd:
        raise Unreadable(f"{odd} belongs to another release of FHIR than R4")
    if not reading.chart.belongs(entry.resource):
        raise Unreadable("it is about a different patient from the one in this bundle")
    return reader(entry.resource, reading)


def _person(resource: Object, reading: _Reading) -> bool:
    reading.person = person.read(resource, reading.chart)
    return True


def _medicine(resource: Object, reading: _Reading) -> bool:
    read_courses = courses.read(resource, reading.chart)
    reading.courses += read_courses
    damaging = trials.chemotherapy(read_courses, reading.chart)
    return damaging or any(trials.is_trial(course.drug) or course.state == "going-on" for course in read_courses)


def _report(resource: Object, reading: _Reading) -> bool:
    """A report and the observations it contains."""
    contained = [
        observation
        for observation in objects(resource.get("contained"))
        if observation.get("resourceType") == "Observation"
    ]
    used = [observations.read(observation, reading.chart, reading.scattered) for observation in contained]
    return others.report(resource, reading.chart) or any(used)


def _medication(resource: Object, reading: _Reading) -> bool:
    return id(resource) in reading.chart.pointed_at


_READERS: dict[str, Callable[[Object, _Reading], bool]] = {
    "Patient": _person,
    "Condition": lambda resource, reading: conditions.read(resource, reading.chart),
    "Observation": lambda resource, reading: observations.read(resource, reading.chart, reading.scattered),
    "QuestionnaireResponse": lambda resource, reading: forms.read(resource, reading.chart),
    "Procedure": lambda resource, reading: others.procedure(resource, reading.chart, reading.done),
    "AllergyIntolerance": lambda resource, reading: others.allergy(resource, reading.chart),
    "DiagnosticReport": _report,
    "Medication": _medication,
    **dict.fromkeys(_MEDICINES, _medicine),
}


def _patient(reading: _Reading) -> Patient:
    chart = reading.chart
    answers = [*chart.answers, *reading.scattered.answers()]
    return Patient(
        as_of=chart.as_of,
        **reading.person,
        facts=chart.facts(),
        trials=(*trials.trials(reading.courses, chart), *others.trials(reading.done)),
        answers=tuple(sorted(answers, key=lambda form: form.on or date.min)),
        medications=trials.medications(reading.courses),
        allergies=unique(chart.allergies),
    )
