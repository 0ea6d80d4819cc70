"""A referral that another system sent as a FHIR ServiceRequest: what is not taken, and the draft that is begun from it.

The draft is whom it is about, what it asks for and from whom, and no fact: a named person answers for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.forms import ValidationError

from unwound.exchange import json_text
from unwound.exchange.fhir.shapes import Object, moment, obj, objects
from unwound.record import UnwoundError
from unwound_clinic.core import dates, unreadable
from unwound_clinic.record import request_words

KIND = "application/fhir+json"
INTENTS = tuple(request_words.INTENTS)
"""A tuple: what is sent in its place may be of a kind that no mapping takes as a key."""
PRIORITIES = ("routine", "urgent", "asap", "stat")
LONGEST_NAME, LONGEST_PHONE, LONGEST_ASKS, LONGEST_SENDER = 80, 40, 300, 160
DEEPEST = 60
"""Levels of a message; FHIR needs a dozen."""
NOT_NOW = ("old", "maiden", "nickname", "anonymous", "temp")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class NotTaken(UnwoundError):
    """A request that cannot be kept: FHIR's code of the kind of issue, and why."""

    def __init__(self, code: str, why: str, *, malformed: bool = False) -> None:
        super().__init__(why)
        self.code, self.malformed = code, malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands beside the request until a person has answered."""

    family_name: str
    """The whole name where it came as one text."""
    given_name: str
    birth_date: date | None
    """None where it is not sent, or not to the day."""
    phone: str
    asks: str
    sender: str
    """Empty where the request names nobody."""


def read(content: bytes, today: date) -> Draft:
    """The draft of a request. NotTaken, with the place and what to do, for what is no request to see somebody."""
    request = parsed(content)
    _check_signs(request)
    _check_kind(request)
    patient = _patient(request)
    family, given = _name(request, patient)
    return Draft(
        family_name=family,
        given_name=given,
        birth_date=_birth_date(patient, today),
        phone=_phone(patient),
        asks=request_words.cut(request_words.asks(request), LONGEST_ASKS),
        sender=request_words.cut(request_words.requester(request), LONGEST_SENDER),
    )


def parsed(content: bytes) -> Object:
    """The JSON object. NotTaken for what is none, or says two things."""
    try:
        request = json_text.read(content.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as reason:
        why = "it is nested too deep" if isinstance(reason, RecursionError) else str(reason)
        raise NotTaken("structure", f"this is no JSON in UTF-8: {why[:200]}", malformed=True) from None
    if not isinstance(request, dict):
        raise NotTaken("structure", "one JSON object is needed, a ServiceRequest", malformed=True)
    return request


def _no_number(written: str) -> Any:
    raise ValueError(f"{written} is no number in JSON")


def _walk(node: Any, place: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every name and text with its place."""
    if depth > DEEPEST:
        raise NotTaken("structure", f"{place[:200]}: it is nested too deep", malformed=True)
    if isinstance(node, dict):
        for name, part in node.items():
            yield f"{place}.{name}", name
            yield from _walk(part, f"{place}.{name}", depth + 1)
    elif isinstance(node, list):
        for number, part in enumerate(node):
            yield from _walk(part, f"{place}[{number}]", depth + 1)
    elif isinstance(node, str):
        yield place, node


def _check_signs(request: Object) -> None:
    """Nothing hidden in a text, and no modifier that is not understood, anywhere."""
    for place, text in _walk(request, "ServiceRequest"):
        if sign := unreadable.hidden(text):
            raise NotTaken("value", f"{place[:200]} holds {sign}: send the text without it")
        if place.endswith(("modifierExtension", "implicitRules")) and place.endswith(f".{text}"):
            raise NotTaken("extension", f"{place[:200]} may change what the request means: send it without")


def _check_kind(request: Object) -> None:
    """A request that holds now, for something to be done."""
    kind = request.get("resourceType")
    if kind != "ServiceRequest":
        raise NotTaken("invalid", f"resourceType is {_shown(kind)}; a ServiceRequest is needed")
    if request.get("status") != "active":
        raise NotTaken(
            "business-rule", f"ServiceRequest.status is {_shown(request.get('status'))}; only active ones are kept"
        )
    if request.get("intent") not in INTENTS:
        raise NotTaken(
            "business-rule",
            f"ServiceRequest.intent is {_shown(request.get('intent'))}; one of {', '.join(INTENTS)} is needed",
        )
    if request.get("doNotPerform", False) is not False:
        raise NotTaken("business-rule", "ServiceRequest.doNotPerform: what is not to be done is no referral")
    if request.get("priority", "routine") not in PRIORITIES:
        raise NotTaken(
            "code-invalid",
            f"ServiceRequest.priority is {_shown(request['priority'])}; one of {', '.join(PRIORITIES)} is needed",
        )


def _shown(value: Any) -> str:
    return f"«{value[:60]}»" if isinstance(value, str) else "missing" if value is None else "no text"


def _patient(request: Object) -> Object:
    """The contained Patient that the subject names; empty where it names one elsewhere."""
    subject = obj(request.get("subject"))
    reference = request_words.line(subject.get("reference"))
    of_type = request_words.line(subject.get("type")) or "Patient"
    elsewhere = re.fullmatch(r"(?:.*/)?([A-Z][A-Za-z]+)/[^/]+(?:/_history/[^/]+)?", reference)
    if of_type != "Patient" or (elsewhere and elsewhere[1] != "Patient"):
        raise NotTaken("business-rule", "ServiceRequest.subject is no Patient: one person is referred at a time")
    if not reference.startswith("#"):
        return {}
    named = [part for part in objects(request.get("contained")) if part.get("id") == reference[1:]]
    if len(named) != 1 or named[0].get("resourceType") != "Patient":
        raise NotTaken(
            "not-found", f"ServiceRequest.subject names «{reference[:60]}»: one contained Patient of that id is needed"
        )
    replaced = any(link.get("type") == "replaced-by" for link in objects(named[0].get("link")))
    if named[0].get("active", True) is not True or replaced:
        raise NotTaken("business-rule", "the contained Patient is no longer in use: send the one that is")
    return named[0]


def _name(request: Object, patient: Object) -> tuple[str, str]:
    """Family and given name, or the whole name in place of the family name. NotTaken where there is none."""
    ranked = sorted(objects(patient.get("name")), key=_rank)
    for name in ranked:
        family, given = request_words.line(name.get("family")), request_words.joined(name.get("given"))
        whole = request_words.line(name.get("text")) or given
        if family or whole:
            return _fitting(family, given) if family else _fitting(whole, "")
    display = request_words.line(obj(request.get("subject")).get("display"))
    if not display:
        raise NotTaken(
            "required",
            "no name of the patient: send a contained Patient with its name, or ServiceRequest.subject.display",
        )
    family, comma, given = display.partition(",")
    return _fitting(family.strip(), given.strip()) if comma and family.strip() else _fitting(display, "")


def _rank(name: Object) -> tuple[bool, int]:
    """Names of now first, of these the official one."""
    use = name.get("use")
    past = use in NOT_NOW or "end" in obj(name.get("period"))
    return past, {"official": 0, "usual": 1}.get(use if isinstance(use, str) else "", 2)


def _fitting(family: str, given: str) -> tuple[str, str]:
    if max(len(family), len(given)) > LONGEST_NAME:
        raise NotTaken("too-long", f"the name of the patient is longer than {LONGEST_NAME} characters: shorten it")
    return family, given


def _birth_date(patient: Object, today: date) -> date | None:
    """The day; None where it is not sent, or a year or month alone. NotTaken for what nobody can be born on."""
    written = patient.get("birthDate")
    if written is None:
        return None
    born = moment(written) if isinstance(written, str) and _DATE.fullmatch(written) else None
    if born is None:
        raise NotTaken("value", f"Patient.birthDate is {_shown(written)}: write a day of the calendar as 1980-05-05")
    try:
        dates.check_birth(born.first, today)
    except ValidationError as reason:
        raise NotTaken("value", f"Patient.birthDate is «{written}»: {' '.join(reason.messages)}") from None
    return born.first if born.exact else None


def _phone(patient: Object) -> str:
    """The first telephone that is in use and fits; the page shows them all."""
    numbers = [
        request_words.line(telecom.get("value"))
        for telecom in objects(patient.get("telecom"))
        if telecom.get("system") in ("phone", "sms")
        and telecom.get("use") != "old"
        and "end" not in obj(telecom.get("period"))
    ]
    return next((number for number in numbers if 0 < len(number) <= LONGEST_PHONE), "")
