"""Whether a resource can tell of a neuropathic pain or of something urgent: asked once for all that say the same.

Most people have no such pain, and most resources say what thousands of others say. What one says is its content
without whose it is, when it was and how much was measured; the reader itself reads it once, as of today, and what could
follow is held against `telling`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec

from unwound import derive
from unwound.exchange import fhir
from unwound.exchange.fhir import observations, versions
from unwound.exchange.fhir.elements import elements
from unwound.exchange.fhir.writing.words import profile
from unwound.screening.telling import telling

Written = Mapping[str, Any]
"""A resource by its elements, each as it is written."""
Take = Callable[[Any], bytes | None]
"""What of an element goes into the kind; None where the resource then stands for itself."""
Parts = tuple[tuple[int, Take], ...]
Kind = tuple[object, ...]
Result = TypeVar("Result")
MOST = 100_000
"""Kinds that are remembered; then it begins again."""

_OURS = profile("").encode()
"""How the addresses of our own profiles begin: what we wrote is read as a whole."""
_ALWAYS = frozenset(("QuestionnaireResponse", *versions.TELLING))
"""Types of which no two say the same, and those that tell of another release."""
_WHOSE = frozenset(("subject", "patient"))
_READ_ANYWHERE = ("extension", "modifierExtension", "contained", "implicitRules", "category", "interpretation")
"""What may change the meaning of any resource, or tells its release by its codes."""
_BEGAN = ("onsetDateTime", "onsetPeriod", "onsetAge", "onsetRange", "onsetString", "recordedDate")
_OVER = ("abatementDateTime", "abatementAge", "abatementPeriod", "abatementRange", "abatementString")
"""What is over tells no more than what is there: it is read as if it were."""
_DAYS = re.compile(r"(?:DateTime|Instant|Period)$|^(?:issued|authored\w*|dateAsserted|when\w+)$")
_OF_A_PERSON = frozenset(("name", "address", "birthDate", "extension"))
_OF_A_TREATMENT = frozenset(
    (
        *("quantity", "daysSupply", "dosage", "dosageInstruction", "dispenseRequest", "authorizingPrescription"),
        *("note", "context", "encounter", "reasonCode", "reasonReference"),
    )
)
"""Of a medicine or a procedure which it is decides, not how or why it was given."""
_AMOUNTS = frozenset(("valueQuantity", "valueInteger", "valueDecimal", "referenceRange"))
"""Of a result what was asked decides, not the number."""
_ELSEWHERE = re.compile(rb'"reference"\s*:\s*"[^#"]')
"""A medicine that stands in a resource of its own, which may be in another file."""


class Kinds:
    """What is known of kinds of resources, as records are judged on a day."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self._parts: dict[tuple[str, ...], Parts] = {}
        self._known: dict[Kind, bool] = {}

    def tell(self, type: str, written: Written) -> bool:
        """Whether a resource can tell of a neuropathic pain or of something urgent: «no» is never a mistake."""
        if type not in _read_types():
            return type in _ALWAYS
        shape = (type, *written)
        parts = self._parts.get(shape)
        if parts is None:
            parts = _keep(self._parts, shape, _parts(type, written))
        values = [*written.values()]
        kind = (shape, *[take(values[place]) for place, take in parts])
        answer = self._known.get(kind)
        if answer is None:
            # What stands for itself is read with the whole record only.
            answer = None in kind or _can_tell(type, written, self.as_of)
            _keep(self._known, kind, answer)
        return answer


@lru_cache(maxsize=1)
def kinds(as_of: date) -> Kinds:
    """The kinds of this day, which all files that one process reads add to."""
    return Kinds(as_of)


def _keep(memory: dict[Any, Result], key: Any, result: Result) -> Result:
    if len(memory) >= MOST:
        memory.clear()
    memory[key] = result
    return result


def _can_tell(type: str, written: Written, as_of: date) -> bool:
    """What the reader makes of a resource, whatever its numbers; what it does not settle is left to a whole review."""
    try:
        as_written = {name: msgspec.json.decode(value) for name, value in written.items()}
        if versions.is_of_another(as_written):  # the whole record may be refused by name
            return True
        return _tells(_of_nobody(type, as_written, as_of), as_of)
    except Exception:  # what nobody foresaw is met again in the review, which makes a row of it
        return True


def _tells(resource: dict[str, Any], as_of: date) -> bool:
    type = resource["resourceType"]
    asked = observations.could_tell(resource) if type == "Observation" else frozenset()
    if not asked.isdisjoint(telling()):
        return True
    if asked and "bodySite" not in resource:  # whether the number can be read or not, it tells of other things
        return False
    entries = [resource] if type == "Patient" else [{"resourceType": "Patient", "id": _NOBODY}, resource]
    record = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": entry} for entry in entries]}
    read = fhir.read_bundle(msgspec.json.encode(record), "", as_of=as_of)
    if read.problems or read.patient.pains:  # a diagnosis that is suspected, or asks more than it answers
        return True
    return not telling().isdisjoint(derive.derive(read.patient).facts)


def _of_nobody(type: str, as_written: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    """The resource as one of nobody's, of that day."""
    treated, day = _treatment(type), as_of.isoformat()
    resource: dict[str, Any] = {"resourceType": type, "id": _NOBODY}
    for name, value in as_written.items():
        take = treated.get(name)
        if name in _WHOSE:
            resource[name] = {"reference": f"Patient/{_NOBODY}"}
        elif take is _day and name in _BEGAN:
            resource["onsetDateTime"] = day
        elif take is _day:
            resource[name] = {"start": day} if name.endswith("Period") else day
        elif take is not None and take not in _LOOKED_AT:
            resource[name] = value
    return resource


_NOBODY = "nobody"

# ---- what of an element goes into the kind


def _whole(value: Any) -> bytes:
    return bytes(value)


def _components(value: Any) -> bytes | None:
    """Those of a result, each without its amounts."""
    if bytes(value) == b"null":  # a column of a table in which this row has nothing
        return b""
    try:
        listed = _listed.decode(value)
    except msgspec.MsgspecError:
        return None
    return b"\n\n".join(
        b"\n".join(name.encode() + (b"" if name in _AMOUNTS else raw) for name, raw in part.items()) for part in listed
    )


_listed = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def _number(_: Any) -> bytes:
    return b""


def _day(_: Any) -> bytes:
    return b""


def _not_ours(value: Any) -> bytes | None:
    return None if _OURS in bytes(value) else b""


def _of_now(value: Any) -> bytes | None:
    """Nothing, unless its codes are those of a release before R4."""
    raw = bytes(value)
    return None if any(address in raw for address in _OLD) else b""


_OLD = tuple(address.encode() for address in versions.BEFORE)


def _dosed(value: Any) -> bytes | None:
    """Nothing, unless a dose stands where another release has it: that tells of the release."""
    raw = bytes(value)
    if not any(dose.encode() in raw for dose in versions.DOSES):
        return b""
    try:
        is_outside = any(dose in part for part in _listed.decode(value) for dose in versions.DOSES)
    except msgspec.MsgspecError:
        return None
    return None if is_outside else b""


def _held(value: Any) -> bytes | None:
    raw = bytes(value)
    return None if _ELSEWHERE.search(raw) else raw


def _parts(type: str, written: Written) -> Parts:
    """Which elements of a resource of this shape go into its kind, by place; its shape says what else is there."""
    treated = ((place, _treatment(type).get(name)) for place, name in enumerate(written))
    return tuple((place, take) for place, take in treated if take not in (None, _day, _number))


@cache
def _treatment(type: str) -> Mapping[str, Take]:
    """Element -> what of it goes into the kind of a resource; what is not here goes into none."""
    used = next(resource.used for resource in elements().resources if resource.type == type)
    read = {place.split(".")[0] for place in used} - _WHOSE
    take: dict[str, Take] = dict.fromkeys((*read, *_READ_ANYWHERE, *versions.TELLING_KEYS.get(type, ())), _whole)
    take |= {name: _day for name in read if name in _BEGAN or _DAYS.search(name)}
    for name in (*_OVER, *_OF_A_TREATMENT, *(_OF_A_PERSON if type == "Patient" else ())):
        take.pop(name, None)
    take |= {name: _dosed for name in versions.TELLING_KEYS.get(type, ()) if name in ("dosage", "dosageInstruction")}
    take |= {"identifier": _of_now, "maritalStatus": _of_now}
    if type == "Observation":
        take |= {**dict.fromkeys(_AMOUNTS, _number), "component": _components}
    return {**take, "meta": _not_ours, "medicationReference": _held}


_LOOKED_AT: tuple[Take, ...] = (_not_ours, _of_now, _dosed)
"""What is looked at only to see whether it makes a resource stand for itself, and not read."""


@cache
def _read_types() -> frozenset[str]:
    """Types of resources whose content can tell anything here."""
    return frozenset(resource.type for resource in elements().resources) - _ALWAYS
