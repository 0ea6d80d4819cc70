"""Bytes or text -> a bundle as JSON, or a clear reason why not."""

from __future__ import annotations

import json
from typing import NoReturn

from unwound.exchange import json_text
from unwound.exchange.fhir.shapes import Object, objects, text
from unwound.exchange.names import quoted
from unwound.record import UnwoundError

LIMIT_BYTES = 200_000_000
"""About 200 MB: a lifelong record has a few; more is most likely a whole population."""


class BundleError(UnwoundError):
    """A file that cannot be read as a FHIR R4 bundle of one patient."""


def parse(data: bytes | str, name: str) -> Object:
    """The bundle in the file. BundleError says what the file is instead, and what to do."""
    if len(data) > LIMIT_BYTES:
        size = f"{len(data) / 1e6:.0f} MB is too large for one patient (limit {LIMIT_BYTES / 1e6:.0f} MB)"
        raise BundleError(f"{name}: {size}; split it by patient")
    written = _decoded(data, name)
    if not written.strip():
        raise BundleError(f"{name}: the file is empty")
    if written.lstrip().startswith("<"):
        raise BundleError(f"{name}: this looks like XML or HTML; a FHIR bundle in JSON is needed")
    return _bundle(_json(written, name), name)


def _decoded(data: bytes | str, name: str) -> str:
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    if data[:2] in (b"\x1f\x8b", b"PK"):
        raise BundleError(f"{name}: the file is compressed; unpack it first")
    try:
        return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except UnicodeDecodeError as reason:
        raise BundleError(f"{name}: not text in UTF-8 ({reason.reason} at byte {reason.start})") from None


def _json(written: str, name: str) -> object:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json_text.read(written, parse_constant=refuse)
    except RecursionError:
        raise BundleError(f"{name}: nested too deeply to be a FHIR bundle") from None
    except json.JSONDecodeError as reason:
        if reason.msg == "Extra data" and written[: reason.pos].lstrip().startswith("{"):
            raise BundleError(
                f"{name}: several JSON objects one after the other (NDJSON, as bulk exports have it); "
                "put the resources of one patient into a Bundle"
            ) from None
        raise BundleError(f"{name}: not readable as JSON, which a FHIR bundle is: {reason}") from None
    except ValueError as reason:
        raise BundleError(f"{name}: not readable as JSON: {str(reason)[:200]}") from None


def _bundle(parsed: object, name: str) -> Object:
    if not isinstance(parsed, dict):
        kind = "a list" if isinstance(parsed, list) else quoted(json.dumps(parsed))
        raise BundleError(f"{name}: a FHIR Bundle is needed, not {kind}")
    type = parsed.get("resourceType")
    if type == "Bundle":
        return parsed
    if not isinstance(type, str):
        raise BundleError(f"{name}: this JSON has no resourceType; a FHIR R4 Bundle is needed")
    if type == "OperationOutcome":
        diagnostics = " ".join(text(issue.get("diagnostics")) for issue in objects(parsed.get("issue")))
        raise BundleError(f"{name}: the server answered with an error instead of a record: {quoted(diagnostics)}")
    more = " of it with the patient's conditions, medicines and observations" if type == "Patient" else ""
    raise BundleError(f"{name}: this is a single resource ({quoted(type)}), not a Bundle; export a Bundle{more}")
