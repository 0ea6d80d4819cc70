"""A patient's facts as FHIR R4 resources: `resources`, one small module for each type. `ours` reads them back.

Pure functions: the same patient always gives the same resources with the same ids. Where FHIR has an element, the value
stands there and is read from there; what it has none for stands in an extension of ours. Beside it stand
resources of what a clinic did: `order`, `infusion`, `consent`, `document`.
"""

from unwound.exchange.fhir.writing.administrations import Administered, administration
from unwound.exchange.fhir.writing.audit import Logged, logged
from unwound.exchange.fhir.writing.consents import Signed, consent
from unwound.exchange.fhir.writing.documents import document
from unwound.exchange.fhir.writing.infusions import Given, infusion
from unwound.exchange.fhir.writing.orders import Ordered, order
from unwound.exchange.fhir.writing.person import person
from unwound.exchange.fhir.writing.provenance import provenances
from unwound.exchange.fhir.writing.questionnaires import questionnaires
from unwound.exchange.fhir.writing.record import NOT_HELD, clinical, resources
from unwound.exchange.fhir.writing.words import patient_of

__all__ = [
    "NOT_HELD",
    "Administered",
    "Given",
    "Logged",
    "Ordered",
    "Signed",
    "administration",
    "clinical",
    "consent",
    "document",
    "infusion",
    "logged",
    "order",
    "patient_of",
    "person",
    "provenances",
    "questionnaires",
    "resources",
]
