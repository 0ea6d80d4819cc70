"""Bytes or text -> JSON, or a clear reason why not."""

from __future__ import annotations

import json
import re
from typing import NoReturn

import msgspec

from unwound.exchange import json_text
from unwound.exchange.names import quoted
from unwound.record import UnwoundError

LIMIT_BYTES = 200_000_000
"""About 200 MB: a lifelong record has a few; more is most likely a whole population."""
_ENCODINGS = re.compile(rb"\xef\xbb\xbf|\xff\xfe|\xfe\xff|.?\x00", re.DOTALL)
"""How a file begins that is not plain UTF-8."""
_BY_NUMBER = re.compile(rb"\\u00(?:00|3a)", re.IGNORECASE)
"""NUL or a colon that is written by its number."""


class BundleError(UnwoundError):
    """A file that cannot be read as the FHIR R4 record of one patient."""


def check_size(size: int, name: str) -> None:
    """BundleError for more bytes than one patient has."""
    if size > LIMIT_BYTES:
        what = f"{size / 1e6:.0f} MB is too large for one patient (limit {LIMIT_BYTES / 1e6:.0f} MB)"
        raise BundleError(f"{name}: {what}; split it by patient")


def as_utf8(data: bytes | str, name: str) -> bytes | str:
    """The file as UTF-8 without its mark, as it came where it is that already. BundleError for other text, or none."""
    if isinstance(data, str):
        written: bytes | str = data.removeprefix("\ufeff")
    else:
        written = _from_bytes(data, name)
    start = written[:200].strip() if isinstance(written, str) else bytes(written[:200]).decode(errors="ignore").strip()
    if not start and not written.strip():
        raise BundleError(f"{name}: the file is empty")
    if start.startswith("<"):
        what = "FHIR in XML" if "hl7.org/fhir" in start else "XML or HTML"
        raise BundleError(
            f"{name}: this looks like {what} (XML is not read); a FHIR bundle in JSON is needed: "
            "ask the server for application/fhir+json"
        )
    return written


def _from_bytes(data: bytes, name: str) -> bytes | str:
    try:
        if _ENCODINGS.match(data):
            return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
        data.decode()
    except UnicodeDecodeError as reason:
        raise BundleError(f"{name}: not text in UTF-8 ({reason.reason} at byte {reason.start})") from None
    return data


def loads(written: bytes | str, name: str) -> object:
    """The JSON in a text: what the quick reader refuses, the thorough one decides. BundleError for what is none."""
    try:
        plain = written.encode() if isinstance(written, str) else written
        parsed = msgspec.json.decode(plain)
        by_number = b"\\" in plain and _BY_NUMBER.search(plain)
        # A name that is given twice is there once when it is read and written again, and its colon is missing: so the
        # quick reader, which keeps the last of the two in silence, is found out. Colons within texts are in both.
        says_one_thing = not by_number and plain.count(b":") == msgspec.json.encode(parsed).count(b":")
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return thoroughly(written, name)
    return parsed if says_one_thing else thoroughly(written, name)


def thoroughly(written: bytes | str, name: str) -> object:
    """The JSON in a text, where it says one thing only. BundleError for what is none, or says two things."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json_text.read(written, parse_constant=refuse)
    except RecursionError:
        raise BundleError(f"{name}: nested too deeply to be a FHIR bundle") from None
    except json.JSONDecodeError as reason:
        raise BundleError(f"{name}: not readable as JSON, which a FHIR bundle is: {reason}") from None
    except ValueError as reason:
        raise BundleError(f"{name}: not readable as JSON: {str(reason)[:200]}") from None


def is_whole(line: bytes | str) -> bool:
    """Whether a line is a JSON object by itself."""
    try:
        return isinstance(loads(line, ""), dict)
    except BundleError:
        return False


def no_record(parsed: object, name: str) -> BundleError:
    """Why a JSON value is no record, and what to do."""
    if not isinstance(parsed, dict):
        kind = "a list" if isinstance(parsed, list) else quoted(json.dumps(parsed))
        return BundleError(f"{name}: a FHIR Bundle is needed, not {kind}")
    type = parsed.get("resourceType")
    if not isinstance(type, str):
        return BundleError(f"{name}: this JSON has no resourceType; a FHIR R4 Bundle is needed")
    more = " of it with the patient's conditions, medicines and observations" if type == "Patient" else ""
    return BundleError(
        f"{name}: this is a single resource ({quoted(type)}), not a Bundle; export a Bundle{more}, "
        "or put the files of one patient's resources into a folder and name that"
    )
