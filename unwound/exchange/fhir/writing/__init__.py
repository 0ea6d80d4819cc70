"""A patient's facts as FHIR R4 resources: `resources`, one small module for each type. `ours` reads them back.

Pure functions: the same patient always gives the same resources with the same ids. Where FHIR has an element, the value
stands there and is read from there; what it has none for stands in an extension of ours. Beside it stand
resources of what a clinic did: `order`, `infusion`, `consent`, `document`.
"""

from unwound.exchange.fhir.writing.consents import Signed, consent
from unwound.exchange.fhir.writing.documents import document
from unwound.exchange.fhir.writing.infusions import Given, infusion
from unwound.exchange.fhir.writing.orders import Ordered, order
from unwound.exchange.fhir.writing.record import NOT_HELD, resources

__all__ = [
    "NOT_HELD",
    "Given",
    "Ordered",
    "Signed",
    "consent",
    "document",
    "infusion",
    "order",
    "resources",
]
