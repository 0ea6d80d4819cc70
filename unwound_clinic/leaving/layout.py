"""What lies where in an archive of a clinic."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unwound.record import UnwoundError

KIND = "clinic"
TABLES, FILES, FHIR = "tables", "files", "fhir"
"""Folders of the archive."""
README = """This archive holds a whole clinic as Unwound kept it.

manifest.json  what is in here: each file with its SHA-256, each table with its rows, what was left out, and why
tables/        one file for each table, one row a line (JSON): columns by name, times in UTC, bytes as base64
files/         files beside the database; audit.key verifies the log (HMAC-SHA-256)
fhir/          HL7 FHIR R4, one file for each type of resource, one resource a line, of every patient

`unwound import-clinic` brings the tables and files into an empty clinic, on SQLite or PostgreSQL.
"""


def check(file: Path, manifest: Mapping[str, Any]) -> None:
    """UnwoundError for an archive that is no clinic's."""
    if manifest.get("kind") != KIND or not isinstance(manifest.get("tables"), dict):
        raise UnwoundError(f"{file}: this is no archive of `unwound export-clinic`; nothing was imported")
