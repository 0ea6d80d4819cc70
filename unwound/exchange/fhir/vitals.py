"""Vital signs as FHIR R4 Observations: into readings, and out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Any

from unwound.exchange import json_text
from unwound.exchange.clock import Clock, When, iso, moment, watched
from unwound.exchange.device_codes import Coding, kinds
from unwound.exchange.device_words import states, words
from unwound.exchange.fhir.parse import BundleError
from unwound.exchange.fhir.shapes import Object, name, obj, objects, reference, text
from unwound.exchange.names import quoted
from unwound.exchange.readings import Batch, Codes, Sent, sort
from unwound.session.readings import Reading
from unwound.session.signs import ReadingState, sign

LIMIT_BYTES = 5_000_000

_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_PROFILES = "http://hl7.org/fhir/StructureDefinition"
_OBX_STATES = {"entered-in-error": "W", "cancelled": "W", "corrected": "C", "amended": "C"}
"""The state of a result, in the words of HL7 v2."""
_ABSENT = {"no-sensor": "not-performed", "missing": "unknown"}
_VALUES = ("valueQuantity", "valueInteger", "valueString", "valueCodeableConcept", "valueSampledData", "valueBoolean")


def read_readings(
    resource: bytes | str | Object,
    *,
    received_at: datetime,
    zone: tzinfo | None = None,
    allowed_ahead_s: float | None = None,
    after: datetime | None = None,
    codes: Codes = MappingProxyType({}),
    corrected_s: float = 0.0,
) -> Batch:
    """The vital signs of one Observation or a Bundle of them, received at `received_at` (aware).

    `corrected_s` is how far the sender's clock is ahead, in seconds, as a person has confirmed; it is watched by the
    Bundle's timestamp, else by the newest time.
    BundleError where it is neither, or about several patients. What cannot be charted is in the batch with its reason.
    """
    parsed = _parsed(resource) if isinstance(resource, bytes | str) else resource
    sent_observations = list(_observations(parsed))
    subjects = {reference(observation.get("subject")) for observation in sent_observations} - {""}
    if len(subjects) > 1:
        raise BundleError(f"the observations are of {len(subjects)} patients; send those of one")
    clock = Clock(received_at=received_at, zone=zone, allowed_ahead_s=allowed_ahead_s, after=after)
    stamp = text(parsed.get("timestamp"))
    sent = moment(iso(stamp), clock).at if stamp else None
    times = (_when(observation, clock)[0].at for observation in sent_observations)
    clock, ahead_s = watched(clock, corrected_s, sent, max(filter(None, times), default=None))
    each = enumerate(sent_observations, 1)
    batch = sort((sent for place, observation in each for sent in _values(observation, place, clock)), codes)
    return replace(batch, sent_at=sent, clock_ahead_s=ahead_s)


def patient_of(resource: Object) -> str:
    """The patient the Observations are about, as they refer to it («Patient/7»); empty where they do not say."""
    return next(
        (subject for observation in _observations(resource) if (subject := reference(observation.get("subject")))), ""
    )


def called_by(resource: Object) -> tuple[frozenset[str], frozenset[str]]:
    """What the Observations say of their patient beside the reference: identifiers, and names for people to read."""
    subjects = [obj(observation.get("subject")) for observation in _observations(resource)]
    identifiers = {text(obj(subject.get("identifier")).get("value")) for subject in subjects}
    return frozenset(identifiers - {""}), frozenset({text(subject.get("display")) for subject in subjects} - {""})


def observation(reading: Reading, *, patient: str, device: str = "", id: str = "") -> dict[str, Any]:
    """One reading as an Observation of the vital-signs profile; `patient` is a reference («Patient/7»).

    A reading without value says why not; one entered in error says so. ValueError for what is not a vital sign.
    """
    if reading.kind not in kinds():
        raise ValueError(f"«{reading.kind}» is not written as a vital sign: {', '.join(kinds())}")
    codes = kinds()[reading.kind].fhir
    return _resource(
        reading, profile=codes.profile, code=_concept(codes.loinc), patient=patient, device=device, id=id
    ) | _quantity(reading)


def blood_pressure(
    systolic: Reading, diastolic: Reading, *, patient: str, device: str = "", id: str = ""
) -> dict[str, Any]:
    """Both pressures of one measurement as the Observation that the blood-pressure profile asks for.

    ValueError where they are not of one time and one channel of a device.
    """
    if (systolic.kind, diastolic.kind) != ("systolic", "diastolic") or _origin(systolic) != _origin(diastolic):
        raise ValueError("a blood pressure is a systolic and a diastolic reading of one time and one probe")
    panel = {"coding": [{"system": _LOINC, "code": _PANEL, "display": "Blood pressure panel"}]}
    components = [
        {"code": _concept(kinds()[reading.kind].fhir.loinc)} | _quantity(reading) for reading in (systolic, diastolic)
    ]
    return _resource(systolic, profile="bp", code=panel, patient=patient, device=device, id=id) | {
        "component": components
    }


def observations(readings: Sequence[Reading], *, patient: str, device: str = "") -> list[dict[str, Any]]:
    """All readings that are vital signs. The branches put both pressures of one measurement into one Observation."""
    pairs = _pairs(readings)
    paired = {id(diastolic) for diastolic in pairs.values()}
    written = []
    for reading in sorted(readings, key=lambda reading: reading.kind == "diastolic"):
        if reading.kind not in kinds() or id(reading) in paired:
            continue
        diastolic = pairs.get(id(reading))
        written.append(
            blood_pressure(reading, diastolic, patient=patient, device=device)
            if diastolic
            else observation(reading, patient=patient, device=device)
        )
    return written


def _pairs(readings: Sequence[Reading]) -> dict[int, Reading]:
    """The diastolic reading of the same moment that belongs to each systolic one (by its identity), each once.

    An Observation has one time: pressures that are stamped apart stay two.
    """
    lower: dict[tuple[datetime, str, str], list[Reading]] = {}
    for reading in readings:
        if reading.kind == "diastolic":
            lower.setdefault(_origin(reading), []).append(reading)
    pairs: dict[int, Reading] = {}
    for upper in (reading for reading in readings if reading.kind == "systolic"):
        fits = lower.get(_origin(upper), [])
        own = [reading for reading in fits if reading.source == upper.source]
        if own or len(fits) == 1:
            pairs[id(upper)] = (own or fits)[0]
            fits.remove(pairs[id(upper)])
    return pairs


def _origin(reading: Reading) -> tuple[datetime, str, str]:
    """Time, device and channel: monitors that give each metric an id of its own send both pressures under two."""
    return reading.at, reading.channel.place, reading.withdrawn


_PANEL = "85354-9"


def _parsed(data: bytes | str) -> Object:
    if len(data) > LIMIT_BYTES:
        raise BundleError(f"more than {LIMIT_BYTES / 1e6:.0f} MB of observations at once; send fewer")
    try:
        content = json_text.read(data, parse_float=str, parse_int=str, parse_constant=str)  # numbers as written
    except (ValueError, RecursionError) as reason:
        raise BundleError(f"not readable as JSON: {str(reason)[:200]}") from None
    if not isinstance(content, dict):
        raise BundleError("an Observation or a Bundle of them is needed")
    return content


def _observations(resource: Object) -> Iterator[Object]:
    type = resource.get("resourceType")
    if type == "Observation":
        yield resource
    elif type == "Bundle":
        held = (obj(entry.get("resource")) for entry in objects(resource.get("entry")))
        yield from (resource for resource in held if resource.get("resourceType") == "Observation")
    else:
        raise BundleError(f"an Observation or a Bundle of them is needed, not {quoted(type)}")


def _values(observation: Object, place: int, clock: Clock) -> Iterator[Sent]:
    """The observation's own value and those of its components.

    An observation that is only a frame for its components has no value of its own; the rest fills in what is not
    sent.
    """
    when, source = _when(observation, clock)
    origin = (
        name(observation.get("device"))
        or text(obj(observation.get("device")).get("display"))
        or reference(observation.get("device"))
    )
    where = f"Observation {text(observation.get('id')) or place}"
    state = _OBX_STATES.get(text(observation.get("status")), "")
    components = objects(observation.get("component"))
    for holder in (observation, *components):
        if holder is observation and components and not _has_value(observation):
            continue
        if holder is not observation and _says(holder) == _says(observation):
            continue  # some senders repeat the value as the only component: it was measured once
        yield Sent(
            codings=_named(holder),
            within=() if holder is observation else _named(observation),
            value=_written(holder),
            unit=_unit(holder),
            when=when,
            time_from=source,
            flags=_flags(observation, holder),
            state=state or ("X" if not _has_value(holder) else ""),
            channel=name(observation.get("bodySite")),
            device=origin or "FHIR",
            where=where,
            ref=f"Observation/{text(observation.get('id'))}" if text(observation.get("id")) else "",
        )


_TEST_LABELS = ("HTEST", "TESTDATA")


def _flags(observation: Object, holder: Object) -> tuple[str, ...]:
    """The states that labels, interpretation and extensions name; «TEST» also where a security label says so."""
    labels = objects(obj(observation.get("meta")).get("security"))
    is_test = any(text(label.get("code")).upper() in _TEST_LABELS for label in labels)
    both = (observation,) if holder is observation else (observation, holder)
    tags = [text(tag.get("code")) for tag in objects(obj(observation.get("meta")).get("tag"))]
    spoken = [word for part in both for word in _spoken(part)]
    return (*(("TEST",) if is_test else ()), *states((*tags, *spoken)))


def _spoken(part: Object) -> Iterator[str]:
    """Codes and words of interpretations, and of extensions that hold a code."""
    concepts = [*objects(part.get("interpretation"))]
    for extension in (*objects(part.get("extension")), *objects(part.get("modifierExtension"))):
        concepts.append(obj(extension.get("valueCodeableConcept")))
        yield from (text(extension.get("valueCode")), text(obj(extension.get("valueCoding")).get("code")))
    for concept in concepts:
        yield text(concept.get("text"))
        for coding in objects(concept.get("coding")):
            yield from (text(coding.get("code")), text(coding.get("display")))


def _has_value(holder: Object) -> bool:
    return any(key in holder for key in _VALUES)


def _when(observation: Object, clock: Clock) -> tuple[When, str]:
    for key in ("effectiveDateTime", "effectiveInstant"):
        if key in observation:
            written = observation[key]
            return moment(iso(written if isinstance(written, str) else ""), clock), key
    if "effectivePeriod" in observation:
        return _end_of(obj(observation["effectivePeriod"]), clock), "effectivePeriod"
    return When(None, "no time is sent"), ""


def _end_of(period: Object, clock: Clock) -> When:
    """The end of a short stretch, for which an average stands; a long or open one is no time of a value."""
    start, end = (moment(iso(text(period.get(name))), clock) for name in ("start", "end"))
    if start.at is None or end.at is None:
        return When(None, "it covers a period without a start or an end")
    seconds, most = (end.at - start.at).total_seconds(), words().stretch_s.value
    if not 0 <= seconds <= most:
        return When(None, f"it covers a period of {seconds:.0f} s; at most {most:.0f} s stand for one value")
    return When(end.at, end.wrong, f"stands for {seconds:.0f} s, charted at their end")


def _says(holder: Object) -> tuple[tuple[Coding, ...], str, Coding]:
    """What is measured, and its value."""
    return _codings(holder), _written(holder), _unit(holder)


def _named(holder: Object) -> tuple[Coding, ...]:
    """Its codes; where it has none, what it is called."""
    return _codings(holder) or (Coding("", text(obj(holder.get("code")).get("text"))),)


def _codings(holder: Object) -> tuple[Coding, ...]:
    concept = obj(holder.get("code"))
    return tuple(
        Coding(
            text(coding.get("code")),
            text(coding.get("display")) or text(concept.get("text")),
            text(coding.get("system")),
        )
        for coding in objects(concept.get("coding"))
    )


def _written(holder: Object) -> str:
    """The value as text; a bound keeps its sign, so that it is not taken for a number."""
    quantity = obj(holder.get("valueQuantity"))
    if quantity:
        return f"{text(quantity.get('comparator'))}{_number(quantity.get('value'))}"
    if "valueInteger" in holder:
        return _number(holder["valueInteger"])
    written = next((holder[key] for key in _VALUES if key in holder), "")
    return text(written) or name(written) or ("(not a number)" if _has_value(holder) else "")


def _number(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return text(value) if isinstance(value, str | None) else "(not a number)"


def _unit(holder: Object) -> Coding:
    quantity = obj(holder.get("valueQuantity"))
    return Coding(text(quantity.get("code")), text(quantity.get("unit")), text(quantity.get("system")))


def _concept(loinc: Sequence[str]) -> dict[str, Any]:
    names = {code.code: code.name for kind in kinds().values() for code in kind.codes if code.system == "LOINC"}
    return {"coding": [{"system": _LOINC, "code": number, "display": names[number]} for number in loinc]}


def _resource(
    reading: Reading, profile: str, code: Mapping[str, Any], patient: str, device: str, id: str
) -> dict[str, Any]:
    category = {"system": f"{_HL7}/observation-category", "code": "vital-signs", "display": "Vital Signs"}
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "meta": {"profile": [f"{_PROFILES}/{profile}"]},
        "status": "entered-in-error" if reading.withdrawn else "final",
        "category": [{"coding": [category]}],
        "code": code,
        "subject": {"reference": patient},
        "effectiveDateTime": reading.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    named = device or reading.source
    return ({"id": id} if id else {}) | made | ({"device": {"display": named}} if named else {})


def _quantity(reading: Reading) -> dict[str, Any]:
    if reading.value is None:
        reason = {"system": f"{_HL7}/data-absent-reason", "code": _ABSENT[reading.status]}
        return {"dataAbsentReason": {"coding": [reason]}}
    code = kinds()[reading.kind].fhir.ucum
    quantity = {"value": reading.value, "unit": sign(reading.kind).unit, "system": _UCUM, "code": code}
    doubted = {"interpretation": [{"text": "questionable"}]} if reading.status == ReadingState.QUESTIONABLE else {}
    comparator = {"comparator": reading.bound} if reading.bound else {}
    return {"valueQuantity": comparator | quantity, **doubted}
