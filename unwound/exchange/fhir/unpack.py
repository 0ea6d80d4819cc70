"""Compressed files: gzip and zip, unpacked within a bound."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

_CHUNK = 1 << 20
_LISTED = (".json", ".ndjson", ".jsonl", ".gz")


class Unpackable(Exception):
    """Why a compressed file cannot be unpacked; the message names it."""


def unpacked(data: bytes, name: str, limit: int) -> Iterator[tuple[str, bytes]]:
    """The files in a compressed file, or the file itself; together they have at most `limit` bytes.

    Unpackable where it is damaged, encrypted or too large.
    """
    if data[:2] == b"\x1f\x8b":
        yield name.removesuffix(".gz"), _gunzipped(data, limit)
    elif data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _unzipped(data, name, limit)
    else:
        yield name, data


def _gunzipped(data: bytes, limit: int) -> bytes:
    """All members of a gzip file one after the other."""
    parts, size = [], 0
    while data:
        unpacking = zlib.decompressobj(wbits=31)
        try:
            while data and not unpacking.eof:
                part = unpacking.decompress(data, _CHUNK)
                data = unpacking.unconsumed_tail or unpacking.unused_data
                size += len(part)
                if size > limit:
                    raise Unpackable(_too_large(limit))
                parts.append(part)
        except zlib.error as reason:
            raise Unpackable(f"the file is compressed (gzip) and damaged: {reason}") from None
        if not unpacking.eof:
            raise Unpackable("the file is compressed (gzip) and its end is missing: fetch it again")
        data = data.lstrip(b"\0")
    return b"".join(parts)


def _unzipped(data: bytes, name: str, limit: int) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.filename.lower().endswith(_LISTED) and not member.filename.startswith("__MACOSX"):
                    with archive.open(member) as stream:
                        content = stream.read(limit + 1)
                    limit -= len(content)
                    if limit < 0:
                        raise Unpackable(_too_large(limit + len(content)))
                    for inner, part in unpacked(content, member.filename, limit + len(content)):
                        yield f"{name}: {inner}", part
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as reason:
        raise Unpackable(f"the file is compressed (zip) and cannot be unpacked: {reason}") from None


def _too_large(limit: int) -> str:
    return f"the file is compressed and holds more than {limit / 1e6:.0f} MB, too much for one patient"
