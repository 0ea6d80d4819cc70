"""Whom a resource is about: this patient, somebody else, or somebody of whom nothing says who it is.

A resource that names nobody is the patient's: a record is that of one person. An address names this patient where its
id is the patient's and its server is not another; a relative one («Patient/7») is read within the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from unwound.exchange.fhir.entries import Entry, base_of
from unwound.exchange.fhir.shapes import Object, all_names, name, obj, objects, reference, text
from unwound.exchange.names import quoted

_OF_THE_PATIENT = frozenset(
    (
        *("Condition", "Procedure", "Encounter", "Observation", "BodyStructure", "EpisodeOfCare", "CarePlan", "Goal"),
        *("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense", "Immunization"),
        *("AllergyIntolerance", "DiagnosticReport", "QuestionnaireResponse", "ServiceRequest", "ImagingStudy"),
    )
)
"""What may stand as the focus of an observation that is still about the patient."""
_CHILD = re.compile(r"(?<!\w)(?:f(?:o?)etus|f(?:o?)etal|newborn|neonate|neonatal|baby|infant|birth weight)(?!\w)")
_DIGITS = "0123456789."


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The patient as others refer to it."""

    id: str = ""
    address: str = ""
    identifiers: frozenset[tuple[str, str]] = frozenset()
    """Systems and values."""
    names: frozenset[frozenset[str]] = frozenset()
    born: str = ""
    servers: frozenset[str] = field(default_factory=frozenset)
    """Where the record has no address for the patient: the servers that addresses with the patient's id name."""

    plainly: frozenset[str] = frozenset()
    """References to the patient as most records write them."""

    @property
    def base(self) -> str:
        """The patient's server; empty where nothing says."""
        return base_of(self.address)


def person(entry: Entry, entries: Iterable[Entry] = ()) -> Person:
    """How the patient of an entry is referred to."""
    resource = entry.resource
    identifiers = frozenset(_identifiers(resource))
    names = frozenset(words for human in objects(resource.get("name")) if (words := _words(_written(human))))
    born = resource.get("birthDate")
    plainly = frozenset(filter(None, (entry.address, f"Patient/{entry.id}" if entry.id else "")))
    return Person(
        id=entry.id,
        address=entry.address,
        identifiers=identifiers,
        names=names,
        born=born if isinstance(born, str) else "",
        plainly=plainly,
    )


def not_about(resource: Object, patient: Person) -> str:
    """Why a resource does not count as the patient's; empty where it does."""
    pointed = obj(resource.get("subject") or resource.get("patient"))
    if reference(pointed) in patient.plainly and "focus" not in resource:
        return ""
    why = _not_the(pointed, resource, patient) if pointed else ""
    if why:
        return why
    for focus in objects(resource.get("focus")):
        if (kind := _kind(focus)) in _OF_THE_PATIENT and kind:
            continue
        if _not_the(focus, resource, patient):
            shown = text(focus.get("display")) or reference(focus) or "somebody else"
            return f"it is about {quoted(shown)} (focus), not about the patient"
    return ""


def names_nobody(resource: Object) -> bool:
    """Whether nothing in a resource says whom it is about: it is the patient's where a record has one patient only."""
    about = obj(resource.get("subject") or resource.get("patient"))
    return not any(about.get(key) for key in ("reference", "identifier", "display"))


def of_a_child(observation: Object) -> bool:
    """Whether what was measured is called that of a fetus or a newborn."""
    written = " ; ".join(
        (all_names(observation.get("code")), *(all_names(site) for site in objects(observation.get("bodySite"))))
    )
    return _CHILD.search(written) is not None


def _not_the(pointed: Object, inside: Object, patient: Person) -> str:
    """Why a Reference is not to the patient. A branch for each way in which references are written."""
    address = reference(pointed)
    if address.startswith("#"):
        return _contained(address[1:], inside, patient)
    if address:
        return "" if _is_address_of(address, patient) else "it is about a different patient from the one in this bundle"
    kind = text(pointed.get("type"))
    if kind and kind.rsplit("/", 1)[-1] != "Patient":
        return f"it is about {quoted(kind)}, not about the patient"
    identifier = _identifier(obj(pointed.get("identifier")))
    if identifier[1]:
        same = _is_among(identifier, patient.identifiers)
        return (
            ""
            if same
            else f"it is about the person with the number {quoted(identifier[1])}, not known as the patient's"
        )
    display = text(pointed.get("display"))
    if display and _words(display) not in patient.names:
        return f"it is about {quoted(display)}, and nothing says that this is the patient"
    return ""


def _contained(id: str, inside: Object, patient: Person) -> str:
    # A difference in birth date or name outweighs a matching number; a matching name counts only with a birth date.
    held = next((resource for resource in objects(inside.get("contained")) if resource.get("id") == id), None)
    if held is None:
        return "whom it is about is missing from it"
    if held.get("resourceType") != "Patient":
        return f"it is about {quoted(held.get('resourceType'))}, not about the patient"
    identifiers = frozenset(_identifiers(held))
    names = frozenset(words for human in objects(held.get("name")) if (words := _words(_written(human))))
    born = text(held.get("birthDate"))
    if (born and patient.born and born != patient.born) or (names and patient.names and not names & patient.names):
        return "it is about a different patient from the one in this bundle"
    if any(_is_among(pair, patient.identifiers) for pair in identifiers) or (names & patient.names and born):
        return ""
    return "it is about a patient it describes itself, and nothing says that this is the same"


def _is_address_of(address: str, patient: Person) -> bool:
    # A reference may be an id, a URN, a search or an address, with a version or a server of its own.
    plain = address.split("/_history/")[0]
    if plain == patient.address or plain == patient.id:
        return True
    if plain.startswith("urn:"):
        return bool(patient.id) and plain.rsplit(":", 1)[-1] == patient.id
    if plain.startswith("Patient?"):
        return any(_is_among(_token(token), patient.identifiers) for token in parse_qs(plain[8:]).get("identifier", ()))
    above, _, id = plain.rpartition("/")
    kind = above.rsplit("/", 1)[-1]
    own_id = patient.address.split("/_history/")[0].rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    if kind != "Patient" or not id or id not in (patient.id, own_id):
        return False
    base = base_of(plain)
    if not base or not patient.base or patient.base.startswith("urn:"):
        return len(patient.servers) < 2 or not base
    return base == patient.base


def servers_of(resources: Iterable[Object], patient: Person) -> frozenset[str]:
    """The servers that addresses with the patient's id name."""
    addresses = (reference(resource.get("subject") or resource.get("patient")) for resource in resources)
    plain = (address.split("/_history/")[0] for address in addresses if "://" in address)
    return frozenset(base_of(address) for address in plain if address.endswith(f"/Patient/{patient.id}"))


def _kind(pointed: Object) -> str:
    address = reference(pointed).split("/_history/")[0]
    parts = address.split("/")
    return parts[-2] if len(parts) > 1 else text(pointed.get("type"))


def _identifiers(resource: Object) -> Sequence[tuple[str, str]]:
    return [pair for held in objects(resource.get("identifier")) if (pair := _identifier(held))[1]]


def _identifier(held: Object) -> tuple[str, str]:
    return text(held.get("system")), text(held.get("value"))


def _token(written: str) -> tuple[str, str]:
    system, bar, value = written.rpartition("|")
    return (system, value) if bar else ("", written)


def _is_among(identifier: tuple[str, str], known: frozenset[tuple[str, str]]) -> bool:
    """Whether it is one of these: with its system where both have one."""
    system, value = identifier
    return any(value == own and (not system or not other or system == other) for other, own in known)


def _written(human: Object) -> str:
    given_names = human.get("given")
    parts = [text(given_name) for given_name in given_names] if isinstance(given_names, list) else [text(given_names)]
    return " ".join((*parts, text(human.get("family")))).strip() or text(human.get("text")) or name(human)


def _words(written: str) -> frozenset[str]:
    """The words of a name, without the numbers of invented people and titles' dots."""
    plain = written.casefold().replace(",", " ").split()
    return frozenset(word for part in plain if (word := part.strip(_DIGITS)))
