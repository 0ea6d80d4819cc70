"""A bundle -> one patient: every resource is read and counted, and what could not be read is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from unwound import facts, instruments, places
from unwound.exchange.fhir import (
    conditions,
    courses,
    doors,
    forms,
    histories,
    observations,
    others,
    ours,
    person,
    sites,
    trials,
    unused,
    versions,
    whose,
    withheld,
)
from unwound.exchange.fhir.account import Problem, Unread, folded, in_short
from unwound.exchange.fhir.chart import ELSEWHERE, Chart, Count, Unreadable
from unwound.exchange.fhir.courses import Course
from unwound.exchange.fhir.doors import Opened
from unwound.exchange.fhir.elements import elements
from unwound.exchange.fhir.entries import Entry, References, newest
from unwound.exchange.fhir.others import Done
from unwound.exchange.fhir.ours import Ours
from unwound.exchange.fhir.parse import BundleError, no_record
from unwound.exchange.fhir.person import Identity
from unwound.exchange.fhir.scattered import Scattered, settled
from unwound.exchange.fhir.shapes import Object, codings, moment, objects
from unwound.exchange.fhir.sites import Place
from unwound.exchange.fhir.whose import Person
from unwound.exchange.names import quoted
from unwound.patient import Answers, Fact, Pain, Patient
from unwound.record import unique
from unwound.vocabulary import belongs_to_one_pain

_PATIENTS_SHOWN = 3
_POINTED_AT = ("Medication", "Questionnaire")
"""What is read where another resource points to it; it names no patient."""


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
    identity: Identity = field(default_factory=Identity)
    """Who the patient is, to be compared with somebody known."""

    def lines(self) -> tuple[str, ...]:
        """All of it in few lines for people: what is missing or to be checked, then what was not used."""
        return (*folded(self.problems), *map(str, self.unread))

    def in_short(self) -> str:
        """The same counted: «4 things to check; not used: 12 diagnoses, 176 results»; empty where all was used."""
        return in_short(self.problems, self.unread)


@dataclass(slots=True, kw_only=True)
class _Reading:
    chart: Chart
    scattered: Scattered = field(default_factory=Scattered)
    courses: list[Course] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    person: dict[str, Any] = field(default_factory=dict)
    ours: Ours = field(default_factory=Ours)


def read_bundle(data: bytes | str, name: str, *, as_of: date, patient: str = "") -> Import:
    """The patient in a FHIR R4 record as known on the day `as_of`; `name` is the file as errors call it.

    Read are bundles, resources one a line or in a list, Parameters and requests of CDS Hooks, also compressed.
    BundleError (an UnwoundError) when the whole cannot be used: not JSON, another release of FHIR, no patient or
    several; `patient` is the id of the one that is meant. A resource that cannot be read is a problem and the rest is
    used; nothing is dropped unseen: the counts add up to the entries.
    """
    return read_record([(name, data)], name, as_of=as_of, patient=patient)


def read_record(files: Iterable[tuple[str, bytes | str]], name: str, *, as_of: date, patient: str = "") -> Import:
    """The same for one record in several files, as a bulk export hands it out; each with its name."""
    try:
        record = doors.opened(files, name)
        _refuse_alone(record, name)
        return _read(record, name, as_of, patient)
    except RecursionError:
        raise BundleError(f"{name}: nested too deeply to be a FHIR bundle") from None


def _refuse_alone(record: Opened, name: str) -> None:
    if (doors.ALONE, "") in record.counted and len(record.entries) == 1:
        raise no_record(record.entries[0].resource, name)


def _read(record: Opened, name: str, as_of: date, patient: str) -> Import:
    never = elements().never.keys() - versions.TELLING
    needed = [entry for entry in record.entries if entry.type not in never]  # the others are not even parsed
    versions.refuse_others(record.envelopes, needed, name)
    kept, older, unclear = newest(needed)
    subject = _the_patient(kept, record, name, patient)
    whom = whose.person(subject)
    whom = replace(whom, servers=whose.servers_of((entry.resource for entry in kept), whom))
    several = sum(entry.type == "Patient" for entry in kept) > 1
    kept = [entry for entry in kept if entry.type != "Patient" or entry is subject]
    gathered = _Gathered(
        record=record, entries=kept, older=(*older, *unclear), unclear=unclear, whom=whom, chosen=several
    )
    import_, where = _once(gathered, as_of, None)
    apart = sites.told_apart(where)
    if len({pain for pain in apart.values() if pain is not None}) > 1:
        import_, _ = _once(gathered, as_of, apart)
    return replace(import_, identity=person.identity(subject.resource, subject.address))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """A record before it is read: what is in it, each once, and whose it is."""

    record: Opened
    entries: list[Entry]
    older: Sequence[Entry]
    unclear: Sequence[Entry]
    whom: Person
    chosen: bool
    """Whether the record may hold other people: theirs is then left out."""


def _once(gathered: _Gathered, as_of: date, apart: Mapping[Place, Place | None] | None) -> tuple[Import, set[Place]]:
    """What the record holds, with the pains kept apart once it is known which there are; and their places."""
    chart = Chart(as_of=as_of, apart=apart, patient=gathered.whom, chosen=gathered.chosen)
    born = moment(gathered.whom.born)
    chart.born = born.first if born is not None and born.exact else None
    chart.references = References(gathered.entries)
    chart.diagnosed = _diagnosed(gathered.entries)
    _count(gathered, chart)
    _note_withheld(gathered, chart)
    reading = _Reading(chart=chart)
    for entry in sorted(gathered.entries, key=lambda entry: entry.type in _POINTED_AT):
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


def _count(gathered: _Gathered, chart: Chart) -> None:
    """What is missing, what is no resource to read, and what is not needed at all."""
    record = gathered.record
    chart.missing += record.missing
    chart.problems += record.problems
    chart.tally.update(counted for counted in record.counted if counted[1])
    never = elements().never.keys() - versions.TELLING
    skipped = Counter(entry.type for entry in record.entries if entry.type in never)
    chart.tally.update({(type, "not_needed"): count for type, count in skipped.items()})
    chart.tally.update((entry.type, "not_needed") for entry in gathered.older)
    for entry in gathered.unclear:
        why = "it is here twice with different content, and nothing says which is newer: the later one was read"
        chart.problems.append(Problem(entry.index, entry.origin, why))


def _note_withheld(gathered: _Gathered, chart: Chart) -> None:
    """What the source says is not here; of another patient's documents nothing."""
    own = [e for e in gathered.entries if not (gathered.chosen and whose.not_about(e.resource, chart.patient))]
    for origin, why in withheld.lines(own, gathered.record.entries, chart.references):
        chart.missing.append(why)
        chart.problems.append(Problem(None, origin, why))


def _diagnosed(entries: Iterable[Entry]) -> set[str]:
    concepts = (entry.resource.get("code") for entry in entries if entry.type == "Condition")
    return {coding.code for concept in concepts for coding in codings(concept)}


def _the_patient(entries: Sequence[Entry], record: Opened, name: str, wanted: str) -> Entry:
    """The only patient, or the one that is wanted, or that a request names."""
    patients = [entry for entry in entries if entry.type == "Patient"]
    wanted = wanted.removeprefix("Patient/") or record.patient
    chosen = [entry for entry in patients if entry.id == wanted] if wanted else patients
    if len(chosen) == 1:
        return chosen[0]
    shown = ", ".join(quoted(entry.id) for entry in patients[:_PATIENTS_SHOWN])
    more = ", ..." if len(patients) > _PATIENTS_SHOWN else ""
    if wanted and patients:
        raise BundleError(f"{name}: it holds no patient {quoted(wanted)}, but {shown}{more}")
    if not patients:
        raise BundleError(f"{name}: the bundle holds no Patient; export it with the patient included")
    raise BundleError(
        f"{name}: the bundle holds {len(patients)} patients ({shown}{more}); one bundle for each is needed, "
        "or the id of the one that is meant (--patient ID)"
    )


def _read_entry(entry: Entry, reading: _Reading) -> None:
    """Read one resource and count how it fared; whatever is wrong with it stays with it."""
    chart, resource = reading.chart, entry.resource
    chart.at, chart.origin, chart.base = entry.index, entry.origin, entry.base
    chart.place = sites.place_of(resource) if "bodySite" in resource else None
    reader, problems, left = _READERS.get(entry.type), len(chart.problems), chart.account.count
    used = False
    try:
        used = _checked(entry, reader, reading)
        chart.tally[entry.type, "used" if used else "not_needed"] += 1
    except Unreadable as reason:
        chart.problem(str(reason))
        chart.tally[entry.type, "unreadable"] += 1
    if used and ours.kind(resource) not in ours.SAY_THEMSELVES:
        unused.parts(resource, chart)
    elif not used and len(chart.problems) == problems and chart.account.count == left:
        unused.whole(resource, chart)


def _checked(entry: Entry, reader: Callable[[Object, _Reading], bool] | None, reading: _Reading) -> bool:
    """Whether a resource was used; first it must be one that may be used, and this patient's."""
    resource, chart = entry.resource, reading.chart
    if entry.type in elements().never:
        return False
    stranger = whose.not_about(resource, chart.patient)
    if chart.chosen and (stranger or (entry.type not in ("Patient", *_POINTED_AT) and whose.names_nobody(resource))):
        why = "about other patients" if stranger else "one of several patients was picked, and they name none"
        chart.leave("resources", f"not counted ({why})", entry.type)
        return False
    if reader is None:
        return False
    if entry.odd:
        raise Unreadable(f"{entry.odd} belongs to another release of FHIR than R4")
    if entry.carries_a_modifier():
        raise Unreadable("it carries a modifierExtension, which may turn its meaning round; not used")
    if stranger:
        raise Unreadable(stranger)
    if own := ours.kind(resource):
        if own == "patient":  # what FHIR has elements for is read, whatever our own extensions say
            reader(resource, reading)
        return ours.read(resource, own, reading.ours, chart)
    return reader(resource, reading)


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


def _pointed_at(resource: Object, reading: _Reading) -> bool:
    return id(resource) in reading.chart.pointed_at


_READERS: dict[str, Callable[[Object, _Reading], bool]] = {
    "Patient": _person,
    "Condition": lambda resource, reading: conditions.read(resource, reading.chart),
    "Observation": lambda resource, reading: observations.read(resource, reading.chart, reading.scattered),
    "QuestionnaireResponse": lambda resource, reading: forms.read(resource, reading.chart),
    "Procedure": lambda resource, reading: others.procedure(resource, reading.chart, reading.done),
    "AllergyIntolerance": lambda resource, reading: others.allergy(resource, reading.chart),
    "DiagnosticReport": _report,
    **dict.fromkeys(_POINTED_AT, _pointed_at),
    **dict.fromkeys(courses.TYPES, _medicine),
}


def _patient(reading: _Reading) -> Patient:
    chart = reading.chart
    answers = settled(chart, reading.scattered)
    taken = histories.joined(reading.courses, chart)
    known, pains = _of_pains(chart, [form for form in answers if not form.pain and instruments.is_about_pain(form)])
    patient = Patient(
        as_of=chart.as_of,
        **reading.person,
        facts={**known, **_incomplete(chart)},
        pains=pains,
        trials=(*trials.trials(taken, chart), *others.trials(reading.done)),
        answers=tuple(sorted(answers, key=lambda form: form.on or date.min)),
        medications=trials.medications(taken),
        allergies=unique(chart.allergies),
    )
    return ours.together(patient, reading.ours)


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
