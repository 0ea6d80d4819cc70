"""A FHIR ServiceRequest in words, for the person who answers for it: nothing of it is left out unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from unwound.exchange.fhir.shapes import Object, obj, objects
from unwound.record import MONTHS, day_as_written, unique

Line = tuple[str, str]
"""What it is, and what the request says of it."""
URGENCY = {"urgent": "urgent", "asap": "as soon as possible", "stat": "at once (stat)"}
INTENTS = {"order": "an order", "original-order": "an order", "plan": "a plan", "proposal": "a proposal"}
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_TIME = re.compile(r"(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
WITHOUT_A_WORD = ("resourceType", "id", "meta", "language", "text", "status", "doNotPerform", "contained", "subject")
"""What says nothing to a person, or is shown in another place."""
OF_A_PATIENT = ("resourceType", "id", "meta", "language", "text", "active", "name", "birthDate", "gender", "telecom",
                "address", "identifier", "deceasedBoolean", "deceasedDateTime")  # fmt: skip


def line(value: Any) -> str:
    """A text on one line; empty for what is no text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def joined(value: Any) -> str:
    """Texts in a list, or one text, as words apart by blanks."""
    return " ".join(filter(None, map(line, value))) if isinstance(value, list) else line(value)


def cut(text: str, longest: int) -> str:
    """A text of at most so many characters; what was left out is marked."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def concept(value: Any) -> str:
    """A CodeableConcept: its text and what its codes are called, else the codes."""
    codes = objects(obj(value).get("coding"))
    text, *named = line(obj(value).get("text")), *(line(code.get("display")) for code in codes)
    words = unique(word for word in (text, *named) if word)
    if words:
        return words[0] if len(words) == 1 else f"{words[0]} ({'; '.join(words[1:])})"
    return "; ".join(
        f"code {line(code.get('code'))} of {line(code.get('system')) or 'a system that is not named'}"
        for code in codes
        if line(code.get("code"))
    )


def concepts(value: Any) -> str:
    """Several of them."""
    return "; ".join(unique(filter(None, map(concept, objects(value)))))


def reference(request: Object, value: Any) -> str:
    """What a reference is called: by its own words and those of the contained resource, else its address."""
    written = line(obj(value).get("reference"))
    inside = _contained(request, written)
    words = unique(word for word in (line(obj(value).get("display")), _called(request, inside)) if word)
    identifier = line(obj(obj(value).get("identifier")).get("value"))
    return ", ".join(words) or (f"no. {identifier}" if identifier else "" if written.startswith("#") else written)


def _contained(request: Object, written: str) -> Object:
    """The contained resource that an address names, «#one»; empty where there is none."""
    return next((part for part in objects(request.get("contained")) if written == f"#{line(part.get('id'))}"), {})


def references(request: Object, value: Any) -> str:
    """Several of them."""
    return "; ".join(unique(filter(None, (reference(request, part) for part in objects(value)))))


def _called(request: Object, resource: Object) -> str:
    """What a contained resource is: a person or house by name, anything else by its code."""
    if not resource:
        return ""
    kind = line(resource.get("resourceType"))
    if kind == "PractitionerRole":
        parts = (reference(request, resource.get(name)) for name in ("practitioner", "organization"))
        return ", ".join(part for part in parts if part)
    name = resource.get("name")
    if kind == "Organization":
        return line(name)
    if kind in ("Practitioner", "RelatedPerson", "Patient"):
        return next((whole for part in objects(name) if (whole := person(part))), "")
    status = concept(resource.get("verificationStatus")) or line(resource.get("status"))
    words = concept(resource.get("code")) or concept(resource.get("type")) or line(resource.get("description"))
    return f"{words or kind}{f' [{status}]' if status else ''}"


def person(name: Object) -> str:
    """One name in the order in which it is spoken."""
    parts = (
        joined(name.get("prefix")),
        joined(name.get("given")),
        line(name.get("family")),
        joined(name.get("suffix")),
    )
    return line(name.get("text")) or " ".join(part for part in parts if part)


def requester(request: Object) -> str:
    """From whom it is; empty where it is not said."""
    return reference(request, request.get("requester"))


def asks(request: Object) -> str:
    """What it asks for in a line: how urgently, what and why."""
    urgency = URGENCY.get(line(request.get("priority")), "")
    why = "; ".join(
        filter(None, (concepts(request.get("reasonCode")), references(request, request.get("reasonReference"))))
    )
    parts = (urgency, concept(request.get("code")), f"because of {why}" if why else "")
    return ": ".join(filter(None, (parts[0], ", ".join(filter(None, parts[1:])))))


def lines(request: Object) -> list[Line]:
    """The whole request in words: first what it asks for, then whom it is about; last, what no words are made of."""
    return [pair for pair in (*_of_request(request), *_of_patient(request)) if pair[1]]


def _of_request(request: Object) -> Iterator[Line]:
    shown = {
        "intent": ("It is", INTENTS.get(line(request.get("intent")), line(request.get("intent")))),
        "priority": ("How urgent", URGENCY.get(line(request.get("priority")), line(request.get("priority")))),
        "code": ("Asked for", concept(request.get("code"))),
        "orderDetail": ("In detail", concepts(request.get("orderDetail"))),
        "category": ("Kind", concepts(request.get("category"))),
        "reasonCode": ("Reason", concepts(request.get("reasonCode"))),
        "reasonReference": ("Reason on record", references(request, request.get("reasonReference"))),
        "bodySite": ("Where on the body", concepts(request.get("bodySite"))),
        "occurrenceDateTime": ("When", _day(request.get("occurrenceDateTime"))),
        "occurrencePeriod": ("When", _period(request.get("occurrencePeriod"))),
        "authoredOn": ("Written on", _day(request.get("authoredOn"))),
        "requester": ("Asked by", requester(request)),
        "performerType": ("Asked of", concepts(request.get("performerType"))),
        "performer": ("Asked of", references(request, request.get("performer"))),
        "supportingInfo": ("Sent beside it", references(request, request.get("supportingInfo"))),
        "note": ("Note", " / ".join(line(note.get("text")) for note in objects(request.get("note")))),
        "patientInstruction": ("Told to the patient", line(request.get("patientInstruction"))),
        "identifier": ("Their number", _identifiers(request)),
    }
    yield from shown.values()
    patient = _subject(request)
    beside = [line(part.get("resourceType")) for part in objects(request.get("contained")) if part is not patient]
    unshown = [name for name in request if name not in WITHOUT_A_WORD and not shown.get(name, ("", ""))[1]]
    unshown += [f"patient's {name}" for name in patient if name not in OF_A_PATIENT]
    if obj(request.get("text")).get("status", "generated") not in ("generated", "empty"):
        unshown.append("a text of its own (narrative)")
    yield "Only in the file", ", ".join(map(_spoken, unshown))
    yield "More in the file", ", ".join(map(_spoken, unique(filter(None, beside))))


def _spoken(name: str) -> str:
    """The name of an element or type as words: «reasonReference» is «reason reference»."""
    return line(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).lower()


def _subject(request: Object) -> Object:
    """The contained Patient whom it is about."""
    return _contained(request, line(obj(request.get("subject")).get("reference")))


def _of_patient(request: Object) -> Iterator[Line]:
    """Who the patient is, in the sender's words; names, contacts and addresses repeat, and any part may lack."""
    patient = _subject(request)
    yield "Patient as named", line(obj(request.get("subject")).get("display"))
    for name in objects(patient.get("name")):
        use = line(name.get("use"))
        yield f"Name ({use})" if use else "Name", person(name)
    yield "Born", _day(patient.get("birthDate"))
    yield "Gender on record there", line(patient.get("gender"))
    died = _day(patient.get("deceasedDateTime"))
    if died or patient.get("deceasedBoolean") is True:
        yield "Has died", died or "the request says so"
    for telecom in objects(patient.get("telecom")):
        kind = " ".join(filter(None, (line(telecom.get("use")), line(telecom.get("system")))))
        yield f"Contact ({kind})" if kind else "Contact", line(telecom.get("value"))
    for address in objects(patient.get("address")):
        parts = (
            joined(address.get("line")),
            *(line(address.get(name)) for name in ("postalCode", "city", "district", "state", "country")),
        )
        yield "Address", line(address.get("text")) or ", ".join(part for part in parts if part)
    yield "Number there", _identifiers(patient)


def _identifiers(resource: Object) -> str:
    return "; ".join(line(part.get("value")) for part in objects(resource.get("identifier")) if line(part.get("value")))


def _day(value: Any) -> str:
    """A day or month as people write it, a time to the minute by the clock that it names; else as it was sent."""
    on, _, at = line(value).partition("T")
    named = f"{MONTHS[int(month[2]) - 1]} {month[1]}" if (month := _MONTH.fullmatch(on)) else day_as_written(on)
    time = _TIME.fullmatch(at)
    if time is None:
        return f"{named} {at}".rstrip()
    zone = {"Z": " UTC", None: ""}.get(time[2], f" UTC{time[2]}")
    return f"{named} {time[1]}{zone}"


def _period(value: Any) -> str:
    start, end = _day(obj(value).get("start")), _day(obj(value).get("end"))
    return " ".join(filter(None, (f"from {start}" if start else "", f"until {end}" if end else "")))
