"""Which release of FHIR a bundle is written in: R4 is read, others are refused by what was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unwound.exchange.fhir.entries import Entry
from unwound.exchange.fhir.parse import BundleError
from unwound.exchange.fhir.shapes import Object, codings, obj, objects
from unwound.exchange.names import quoted

OLDER = "DSTU2 or STU3"
NEWER = "R5"

_OLDER_TYPES = frozenset(
    [
        "MedicationOrder",
        "DiagnosticOrder",
        "Conformance",
        "BodySite",
        "ProcedureRequest",
        "ReferralRequest",
        "DataElement",
        "ProcessRequest",
        "ProcessResponse",
        "DeviceComponent",
        "DeviceUseRequest",
        "EligibilityRequest",
        "ExpansionProfile",
    ]
)
_NEWER_TYPES = frozenset(
    [
        "MedicationUsage",
        "ActorDefinition",
        "ArtifactAssessment",
        "BiologicallyDerivedProductDispense",
        "ConditionDefinition",
        "DeviceAssociation",
        "DeviceDispense",
        "DeviceUsage",
        "EncounterHistory",
        "FormularyItem",
        "GenomicStudy",
        "ImagingSelection",
        "InventoryItem",
        "InventoryReport",
        "NutritionIntake",
        "Permission",
        "Requirements",
        "TestPlan",
        "Transport",
    ]
)


@dataclass(frozen=True, slots=True)
class _Sign:
    """Something in a resource that tells of a release: a key, or the kind of what stands there."""

    keys: tuple[str, ...]
    fits: Callable[[Object], bool]

    def __call__(self, resource: Object) -> bool:
        return self.fits(resource)


Shape = tuple[str, _Sign]


def _has(*keys: str) -> _Sign:
    return _Sign(keys, lambda resource: any(key in resource for key in keys))


def _is_text(key: str) -> _Sign:
    return _Sign((key,), lambda resource: isinstance(resource.get(key), str))


def _is_object(key: str) -> _Sign:
    return _Sign((key,), lambda resource: isinstance(resource.get(key), dict))


def _inner(key: str, inner: str) -> _Sign:
    return _Sign((key,), lambda resource: inner in obj(resource.get(key)))


DOSES = ("doseQuantity", "doseRange")
"""How a dose is called, in `doseAndRate` in R4 and beside the timing before it."""


def _dose_outside(key: str) -> _Sign:
    """A dose beside its timing, where R4 has `doseAndRate`."""
    return _Sign((key,), lambda resource: any(dose in each for each in objects(resource.get(key)) for dose in DOSES))


def _is_sure_in_text(resource: Object) -> bool:
    """A certainty as the older releases write it; beside a clinical status as R4 has it a plain text is a slip."""
    return isinstance(resource.get("verificationStatus"), str) and not isinstance(resource.get("clinicalStatus"), dict)


_ORDERED_DOSE = "MedicationRequest.dosageInstruction.doseQuantity without doseAndRate"
_STATED_DOSE = "MedicationStatement.dosage.doseQuantity without doseAndRate"
_OLDER: dict[str, tuple[Shape, ...]] = {
    "Patient": (("Patient.animal", _has("animal")),),
    "Condition": (
        ("Condition.verificationStatus as plain text", _Sign(("verificationStatus",), _is_sure_in_text)),
        ("Condition.patient", _has("patient")),
        ("Condition.clinicalStatus as plain text", _is_text("clinicalStatus")),
        ("Condition.dateRecorded", _has("dateRecorded")),
        ("Condition.context", _has("context")),
        ("Condition.assertedDate", _has("assertedDate")),
    ),
    "MedicationStatement": (
        ("MedicationStatement.patient", _has("patient")),
        ("MedicationStatement.wasNotTaken", _has("wasNotTaken")),
        ("MedicationStatement.taken", _has("taken")),
        (_STATED_DOSE, _dose_outside("dosage")),
    ),
    "MedicationRequest": (
        ("MedicationRequest.context", _has("context")),
        (_ORDERED_DOSE, _dose_outside("dosageInstruction")),
    ),
    "MedicationAdministration": (("MedicationAdministration.patient", _has("patient")),),
    "AllergyIntolerance": (
        ("AllergyIntolerance.substance", _has("substance")),
        ("AllergyIntolerance.assertionDate", _has("assertionDate")),
        ("AllergyIntolerance.clinicalStatus as plain text", _is_text("clinicalStatus")),
    ),
    "Procedure": (
        ("Procedure.notPerformed", _has("notPerformed")),
        ("Procedure.notDone", _has("notDone")),
        ("Procedure.context", _has("context")),
    ),
    "QuestionnaireResponse": (
        ("QuestionnaireResponse.group", _has("group")),
        ("QuestionnaireResponse.questionnaire as a reference", _is_object("questionnaire")),
        ("QuestionnaireResponse.context", _has("context")),
        ("QuestionnaireResponse.parent", _has("parent")),
    ),
    "Observation": (
        ("Observation.context", _has("context")),
        ("Observation.related", _has("related")),
        ("Observation.comment", _has("comment")),
    ),
    "DiagnosticReport": (
        ("DiagnosticReport.context", _has("context")),
        ("DiagnosticReport.codedDiagnosis", _has("codedDiagnosis")),
    ),
}
_NEWER: dict[str, tuple[Shape, ...]] = {
    "Condition": (("Condition.participant", _has("participant")),),
    "MedicationRequest": (("MedicationRequest.medication", _is_object("medication")),),
    "MedicationStatement": (("MedicationStatement.medication", _is_object("medication")),),
    "MedicationAdministration": (
        ("MedicationAdministration.medication", _is_object("medication")),
        ("MedicationAdministration.occurence", _has("occurenceDateTime", "occurencePeriod")),
    ),
    "Procedure": (("Procedure.occurrence", _has("occurrenceDateTime", "occurrencePeriod")),),
    "AllergyIntolerance": (("AllergyIntolerance.type as a CodeableConcept", _is_object("type")),),
}
_R4: dict[str, tuple[_Sign, ...]] = {
    "Condition": (_is_object("clinicalStatus"), _is_object("verificationStatus")),
    "MedicationRequest": (_has("medicationCodeableConcept", "medicationReference"),),
    "MedicationStatement": (_inner("medicationCodeableConcept", "coding"), _is_object("medicationReference")),
    "AllergyIntolerance": (_is_object("clinicalStatus"),),
    "Procedure": (_has("performedDateTime", "performedPeriod"),),
}


TELLING_KEYS: dict[str, frozenset[str]] = {
    type: frozenset(
        key
        for sign in (*(sign for _, sign in (*_OLDER.get(type, ()), *_NEWER.get(type, ()))), *_R4.get(type, ()))
        for key in sign.keys
    )
    for type in {*_OLDER, *_NEWER, *_R4}
}
"""Type -> the keys that can tell anything: most resources have none of them."""
_LEGIBLE = frozenset(("QuestionnaireResponse.questionnaire as a reference", _ORDERED_DOSE, _STATED_DOSE))
"""Shapes of another release that speak for it, and in a record of R4 are a slip that is read all the same."""
TELLING = frozenset((*_OLDER_TYPES, *_NEWER_TYPES, "CapabilityStatement"))
"""Types of resources that tell of a release by themselves."""


def refuse_others(envelopes: Sequence[Object], entries: Sequence[Entry], name: str) -> None:
    """BundleError, naming what was seen and what to do, when the bundle is not FHIR R4 (4.0 or 4.3).

    A stated version or a resource that other releases alone have settles it. Otherwise shapes of other releases must
    be more than those of R4: one odd resource in an R4 bundle is that resource's problem, and reported as such.
    """
    resources = [entry.resource for entry in entries]
    for stated in _stated(envelopes, resources):
        if stated and not stated.startswith("4."):
            raise _refusal(name, OLDER if stated[0] in "0123" else NEWER, f"fhirVersion {quoted(stated)}")
    types = {entry.type for entry in entries}
    for release, telling in ((OLDER, _OLDER_TYPES), (NEWER, _NEWER_TYPES)):
        if not types.isdisjoint(telling):
            seen = next(entry.type for entry in entries if entry.type in telling)
            raise _refusal(name, release, f"a {seen} resource")
    older, newer, r4 = _counted(entries)
    if len(older) > max(r4, len(newer)):
        raise _refusal(name, OLDER, older[0])
    if len(newer) > r4:
        raise _refusal(name, NEWER, newer[0])
    if not r4 and (system := _old_codes(resources)):
        raise _refusal(name, OLDER, f"the code system {quoted(system)}")


def _counted(entries: Sequence[Entry]) -> tuple[list[str], list[str], int]:
    """The shapes of older releases and of newer ones that are seen, and how many resources have one of R4."""
    older, newer, r4 = list[str](), list[str](), 0
    for entry in entries:
        type, resource = entry.type, entry.resource
        if resource.keys().isdisjoint(TELLING_KEYS.get(type, ())):
            continue
        odd = next((shape for shape, fits in _OLDER.get(type, ()) if fits(resource)), "")
        if odd:
            older.append(odd)
        later = next((shape for shape, fits in _NEWER.get(type, ()) if fits(resource)), "")
        if later:
            newer.append(later)
        entry.odd = later if odd in _LEGIBLE else odd or later
        # What names its medicine as R4 and STU3 both do, and doses it as STU3 does, is no sign of R4.
        r4 += odd not in _LEGIBLE and any(fits(resource) for fits in _R4.get(type, ()))
    return older, newer, r4


def is_of_another(resource: Object) -> bool:
    """Whether a resource has a shape or a code system of another release, whatever stands beside it in its record."""
    type = str(resource.get("resourceType"))
    shapes = (*_OLDER.get(type, ()), *_NEWER.get(type, ()))
    return any(fits(resource) for _, fits in shapes) or bool(_old_codes((resource,)))


def _old_codes(resources: Sequence[Object]) -> str:
    """A code system by the address that it had before R4, where none has its address of R4."""
    older = ""
    for resource in resources:
        concepts = [resource.get("maritalStatus"), *objects(resource.get("category"))]
        concepts += [*objects(resource.get("interpretation"))]
        concepts += [identifier.get("type") for identifier in objects(resource.get("identifier"))]
        for coding in (coding for concept in concepts for coding in codings(concept)):
            if coding.uri.startswith(_NOW):
                return ""
            older = older or (coding.uri if coding.uri.startswith(BEFORE) else "")
    return older


BEFORE = (
    *("http://hl7.org/fhir/v2/", "http://hl7.org/fhir/v3/", "http://hl7.org/fhir/observation-category"),
    *("http://hl7.org/fhir/marital-status", "http://hl7.org/fhir/identifier-type"),
)
"""How the addresses of code systems began before R4."""
_NOW = "http://terminology.hl7.org/"


def _stated(envelopes: Sequence[Object], resources: Sequence[Object]) -> list[str]:
    places = [place for envelope in envelopes for place in (envelope, obj(envelope.get("meta")))]
    places += [
        resource for resource in resources if resource.get("resourceType") in ("CapabilityStatement", "Conformance")
    ]
    return [stated for place in places if isinstance(stated := place.get("fhirVersion"), str)]


def _refusal(name: str, release: str, evidence: str) -> BundleError:
    return BundleError(
        f"{name}: this is FHIR {release} ({evidence} was seen); Unwound reads FHIR R4 (4.0.1). "
        "Ask the source system for an R4 export, or convert the bundle first"
    )
