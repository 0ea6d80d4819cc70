"""FHIR R4 bundles -> a patient: `read_bundle`, with what could not be read and how every resource fared."""

from unwound.exchange.fhir.account import Problem, Unread, folded
from unwound.exchange.fhir.bundle import Import, read_bundle, read_record
from unwound.exchange.fhir.chart import Count
from unwound.exchange.fhir.parse import LIMIT_BYTES, BundleError

__all__ = ["LIMIT_BYTES", "BundleError", "Count", "Import", "Problem", "Unread", "folded", "read_bundle", "read_record"]
