"""FHIR R4 bundles -> a patient: `read_bundle`, with what could not be read and how every resource fared."""

from unwound.exchange.fhir.account import Problem, Unread, folded
from unwound.exchange.fhir.bundle import Import, read_bundle, read_record
from unwound.exchange.fhir.chart import Count
from unwound.exchange.fhir.parse import LIMIT_BYTES, BundleError
from unwound.exchange.fhir.person import Identity
from unwound.exchange.fhir.unpack import Unpackable, unpacked

__all__ = [
    "LIMIT_BYTES",
    "BundleError",
    "Count",
    "Identity",
    "Import",
    "Problem",
    "Unpackable",
    "Unread",
    "folded",
    "read_bundle",
    "read_record",
    "unpacked",
]
