"""A bundle -> one patient: every resource is read and counted, and what could not be read is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from unwound import facts, instruments, places
from unwound.exchange.fhir import (
    conditions,
    courses,
    forms,
    histories,
    observations,
    others,
    person,
    sites,
    trials,
    unused,
    versions,
)
from unwound.exchange.fhir.account import Problem, Unread, folded
from unwound.exchange.fhir.chart import ELSEWHERE, Chart, Count, Unreadable
from unwound.exchange.fhir.courses import Course
from unwound.exchange.fhir.others import Done
from unwound.exchange.fhir.parse import BundleError, parse
from unwound.exchange.fhir.scattered import Scattered, settled
from unwound.exchange.fhir.shapes import Object, codings, moment, obj, objects, tail, text
from unwound.exchange.fhir.sites import Place
from unwound.exchange.names import quoted
from unwound.patient import Answers, Fact, Pain, Patient
from unwound.record import unique
from unwound.vocabulary import belongs_to_one_pain

_PATIENTS_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What was read from a record: the patient, what a person should look at, and how every resource fared."""

    patient: Patient
    problems: tuple[Problem, ...]
    """What a person should check, one for each place."""
    counts: Mapping[str, Count]
    unread: tuple[Unread, ...] = ()
    """What was not used for another reason than a defect, put together."""
    missing: tuple[str, ...] = ()
    """Why part of the record is not here, as the source says: no answer rests on all of it then."""

    def lines(self) -> tuple[str, ...]:
        """All of it in few lines for people: what is missing or to be checked, then what was not used."""
        return (*folded(self.problems), *map(str, self.unread))


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
    import_, where = _once(bundle, name, as_of, None)
    apart = sites.told_apart(where)
    if len({pain for pain in apart.values() if pain is not None}) < 2:
        return import_
    return _once(bundle, name, as_of, apart)[0]


def _once(
    bundle: Object, name: str, as_of: date, apart: Mapping[Place, Place | None] | None
) -> tuple[Import, set[Place]]:
    """What the bundle holds, with the pains kept apart once it is known which there are; and their places."""
    chart = Chart(as_of=as_of, apart=apart)
    entries = _entries(bundle, chart)
    versions.refuse_others(bundle, [entry.resource for entry in entries], name)
    entries = _newest_versions(entries, chart)
    subject = _the_patient(entries, name)
    chart.subjects = frozenset(filter(None, (subject.id, subject.address, tail(subject.address))))
    born = moment(subject.resource.get("birthDate"))
    chart.born = born.first if born is not None and born.exact else None
    chart.references = _references(entries)
    for why in _missing(bundle):
        chart.missing.append(why)
        chart.problems.append(Problem(None, "Bundle", why))
    reading = _Reading(chart=chart)
    chart.diagnosed = {
        coding.code for entry in entries if entry.type == "Condition" for coding in codings(entry.resource.get("code"))
    }
    for entry in sorted(entries, key=lambda entry: entry.type == "Medication"):  # they are read where they are used
        _read_entry(entry, reading)
    patient = _patient(reading)
    import_ = Import(
        patient=patient,
        problems=tuple(chart.problems),
        counts=MappingProxyType(chart.counts()),
        unread=chart.account.unread(),
        missing=unique(chart.missing),
    )
    return import_, chart.seen


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


def _missing(bundle: Object) -> Iterator[str]:
    if any(link.get("relation") == "next" for link in objects(bundle.get("link"))):
        yield "this is one page of a search with more pages: diagnoses and medicines may be missing"


def _read_entry(entry: _Entry, reading: _Reading) -> None:
    """Read one resource and count how it fared; whatever is wrong with it stays with it."""
    chart = reading.chart
    chart.at, chart.origin, chart.place = entry.index, entry.origin, sites.place_of(entry.resource)
    reader, problems, left = _READERS.get(entry.type), len(chart.problems), chart.account.count
    used = False
    try:
        used = _checked(entry, reader, reading) if reader is not None else False
        chart.tally[entry.type, "used" if used else "not_needed"] += 1
    except Unreadable as reason:
        chart.problem(str(reason))
        chart.tally[entry.type, "unreadable"] += 1
    if used:
        unused.parts(entry.resource, chart)
    elif len(chart.problems) == problems and chart.account.count == left:
        unused.whole(entry.resource, chart)


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
    used = []
    for observation in contained:
        reading.chart.place = sites.place_of(observation) or sites.place_of(resource)
        used.append(observations.read(observation, reading.chart, reading.scattered))
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
    **dict.fromkeys(courses.TYPES, _medicine),
}


def _patient(reading: _Reading) -> Patient:
    chart = reading.chart
    answers = settled(chart, reading.scattered)
    taken = histories.joined(reading.courses, chart)
    known, pains = _of_pains(chart, [form for form in answers if not form.pain and instruments.is_about_pain(form)])
    return Patient(
        as_of=chart.as_of,
        **reading.person,
        facts={**known, **_incomplete(chart)},
        pains=pains,
        trials=(*trials.trials(taken, chart), *others.trials(reading.done)),
        answers=tuple(sorted(answers, key=lambda form: form.on or date.min)),
        medications=trials.medications(taken),
        allergies=unique(chart.allergies),
    )


def _incomplete(chart: Chart) -> dict[str, Fact]:
    """That part of the record is missing, so that every answer can say so; nothing where nothing says it."""
    why = "; ".join(unique(chart.missing))
    return {"record_incomplete": Fact(value=True, on=chart.as_of, origin=why)} if why else {}


def _of_pains(chart: Chart, unsaid_forms: list[Answers]) -> tuple[dict[str, Fact], tuple[Pain, ...]]:
    """The facts of the person, and the pains with theirs; what is not known to be about one of several is noted."""
    known = chart.facts()
    if chart.apart is None:
        return {**_place_of_the_only(chart), **known}, ()
    named = {place for place in chart.apart.values() if place is not None}
    in_order = sorted(named, key=lambda place: place.title)
    pains = tuple(
        Pain(
            name=place.title,
            site=place.site,
            side=place.side,
            # Of a month or a year the last day: the pain is then never taken to be older than it is.
            since=min(chart.onsets[place].last, chart.as_of) if place in chart.onsets else None,
            facts=chart.facts(place),
        )
        for place in in_order
    )
    unsaid = {id: fact for id, fact in known.items() if belongs_to_one_pain(id)}
    names = ", ".join(quoted(pain.name) for pain in pains)
    for id, fact in (*unsaid.items(), *chart.facts(ELSEWHERE).items()):
        chart.at, chart.origin = None, fact.origin
        which = f"it is not known which of the pains it is about ({names})"
        chart.problem(f"«{facts.says(id, fact)}»: {which}, so it was not counted; please clarify")
    for form in unsaid_forms:
        chart.at, chart.origin = None, form.origin
        title = instruments.instrument(form.instrument).title
        chart.problem(f"the form «{title}» does not say which of the pains it is about ({names}); please clarify")
    own = {id for pain in pains for id in pain.facts}
    return _shared({id: fact for id, fact in known.items() if id not in unsaid}, pains, own)


def _place_of_the_only(chart: Chart) -> dict[str, Fact]:
    """Where the only pain is, if every place at which something about it was read means the same and is understood."""
    written = {place.site for place in chart.seen}
    parts = places.read(written.pop()) if len(written) == 1 else ()
    return {places.SITE: Fact(value=parts, origin="bodySite")} if parts else {}


def _shared(known: dict[str, Fact], pains: tuple[Pain, ...], own: set[str]) -> tuple[dict[str, Fact], tuple[Pain, ...]]:
    """A lesion or a test that names no place counts for each pain that has no answer of its own."""
    shared = {id: fact for id, fact in known.items() if id in own}
    persons = {id: fact for id, fact in known.items() if id not in own}
    return persons, tuple(pain.with_checked(facts={**shared, **pain.facts}) for pain in pains)
