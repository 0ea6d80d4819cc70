"""The lines of an export, each a resource: from NDJSON, compressed or not, and from tables; and whose each is."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import msgspec

from unwound.exchange.fhir.elements import elements
from unwound.exchange.fhir.versions import TELLING
from unwound.record import UnwoundError
from unwound.screening import engine

LONGEST_LINE = 16_000_000
"""Bytes of one resource; attached documents are the longest."""
SHARED = ("Medication", "Questionnaire")
"""What several patients' lines point to; it names no patient."""
_PATIENT = re.compile(r"(?:^|/)Patient/([^/|?#]+)|^urn:(?:uuid|oid):([^/|?#]+)")
"""How an address names a patient."""


class Line(NamedTuple):
    """A resource as it is written, and whose it is."""

    key: str
    """The id of the patient, or of what several patients share; empty where nothing says."""
    type: str
    """Empty for what is no resource."""
    written: bytes
    elements: Mapping[str, Any]


class _Pointed(msgspec.Struct, gc=False):
    reference: str | None = None


_elements = msgspec.json.Decoder(dict[str, msgspec.Raw])
_pointed = msgspec.json.Decoder(_Pointed)
_text = msgspec.json.Decoder(str)


def parts(written: bytes) -> Mapping[str, Any]:
    """The elements of a resource, each as it is written."""
    return _elements.decode(written)


def read(file: str) -> Iterator[Line]:
    """Every line that may be needed; UnwoundError, naming the file, where it cannot be read to its end."""
    never = _never()
    for written in _of_table(file) if file.lower().endswith(".parquet") else _of_text(file):
        try:
            top = parts(written)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            if written.strip():
                yield Line("", "", written, {})
            continue
        type = _type(top.get("resourceType"))
        if type not in never:
            yield Line(_whose(type, top), type, written, top)


def _whose(type: str, parts: Mapping[str, Any]) -> str:
    """Whose a resource is; a branch for each way of naming the patient: its own id, an address, an absolute one."""
    if type == "Questionnaire":
        return _string(parts.get("url")) or _string(parts.get("id"))
    if type in ("Patient", "Medication"):
        return _string(parts.get("id"))
    address = _address(parts.get("subject")) or _address(parts.get("patient"))
    if address.startswith("Patient/") and address.isascii() and "/" not in (id := address[8:]) and id.isalnum():
        return id
    match = _PATIENT.search(address)
    return match[1] or match[2] if match else ""


def _address(raw: Any) -> str:
    try:
        return "" if raw is None else _pointed.decode(raw).reference or ""
    except msgspec.MsgspecError:
        return ""


def _string(raw: Any) -> str:
    try:
        return "" if raw is None else _text.decode(raw)
    except msgspec.MsgspecError:
        return ""


_types: dict[bytes, str] = {}


def _type(raw: Any) -> str:
    """The type, decoded once for all lines of it."""
    written = b"" if raw is None else bytes(raw)
    known = _types.get(written)
    if known is None:
        known = _string(raw)
        if len(_types) < len(elements().never) * 8:
            _types[written] = known
    return known


@cache
def _never() -> frozenset[str]:
    return frozenset(elements().never) - TELLING


def _of_text(file: str) -> Iterator[bytes]:
    place = Path(file)
    try:
        with cast(BinaryIO, gzip.open(place) if file.lower().endswith(".gz") else place.open("rb")) as stream:
            for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE), b"")):
                if len(line) >= LONGEST_LINE:
                    raise UnwoundError(
                        f"{file}: line {number + 1} has more than {LONGEST_LINE:,} bytes: is it a resource a line?"
                    )
                yield line if number else line.removeprefix(b"\xef\xbb\xbf")
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnwoundError(f"{file}: cannot be read as resources, one a line: {why}") from None


_TEXT = ("resource", "json", "line", "raw", "value", "body", "content")
"""What a column of whole resources is called."""


def _of_table(file: str) -> Iterator[bytes]:
    duckdb = engine.duckdb()
    try:
        with engine.connected(Path(file).parent) as connection:
            answer = connection.execute(_query(connection, file))
            while rows := answer.fetchmany(2048):
                yield from (line for (line,) in rows if line is not None)
    except duckdb.Error as error:
        why = str(error).split("\n", 1)[0][:300]
        raise UnwoundError(f"{file}: cannot be read as resources, one a line: {why}") from None


def _query(connection: Any, file: str) -> str:
    """A table of resources: one column of JSON, or a column for each element beside resourceType."""
    name = engine.quoted(file)
    columns = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{name}')").fetchall()
    texts = [column for column, kind, *_ in columns if kind in ("VARCHAR", "JSON", "BLOB")]
    whole = [column for column in texts if column.lower() in _TEXT] or (texts if len(columns) == 1 else [])
    if whole:
        return f"""SELECT encode("{whole[0]}"::VARCHAR) AS line FROM read_parquet('{name}')"""
    if "resourceType" in {column for column, *_ in columns}:
        return f"SELECT encode(to_json(t)::VARCHAR) AS line FROM read_parquet('{name}') t"
    raise UnwoundError(
        f"{file}: a column of resources as JSON ({', '.join(_TEXT)}) or one called resourceType is needed; it has "
        f"{', '.join(column for column, *_ in columns[:8])}"
    )
