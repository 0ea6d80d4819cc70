"""The files of an export cut by patient: DuckDB writes each line to one of many small tables, in bounded memory.

A bulk export has one file for each type of resource, so the lines of one patient are scattered over all of them.
Where a line goes follows from whom it is about, and nothing is held for longer than it is written.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from unwound import extras
from unwound.exchange.fhir.elements import elements
from unwound.exchange.fhir.versions import TELLING
from unwound.record import UnwoundError

MEMORY = "400MB"
"""What DuckDB may hold in one process; what does not fit goes to the disk."""
NOBODY, SHARED = -1, -2
"""The tables of lines that name no patient, and of what several patients' lines point to."""
LONGEST_LINE = 16_000_000
"""Bytes of one resource; attached documents are the longest."""

_TYPED, _URN = "(?:^|/)Patient/([^/|?#]+)", "^urn:(?:uuid|oid):([^/|?#]+)"
"""How an address names a patient."""
_PATHS = ("resourceType", "id", "subject.reference", "patient.reference", "url")

_SPLIT = """
COPY (
  WITH lines_read AS ({lines}),
  said AS (
    SELECT line, CASE WHEN json_valid(line) THEN json_extract_string(line, {paths}) END AS parts
    FROM lines_read WHERE trim(line) <> ''
  ),
  whose AS (
    SELECT line, coalesce(parts[1], '') AS type, parts[2] AS id, coalesce(parts[3], parts[4]) AS address,
      parts[5] AS url
    FROM said
    WHERE parts IS NULL OR parts[1] IS NULL OR parts[1] NOT IN ({never})
  ),
  keyed AS (
    SELECT line, type,
      CASE WHEN type = 'Patient' THEN id
           WHEN type = 'Medication' THEN id
           WHEN type = 'Questionnaire' THEN coalesce(url, id)
           ELSE nullif(coalesce(
             nullif(regexp_extract(address, '{typed}', 1), ''), regexp_extract(address, '{urn}', 1)), '')
      END AS key
    FROM whose
  )
  SELECT coalesce(key, '') AS key, type, line,
    CASE WHEN type IN ('Medication', 'Questionnaire') THEN {shared}
         WHEN key IS NULL THEN {nobody}
         ELSE (hash(key) % {parts})::INTEGER END AS part
  FROM keyed
) TO '{folder}' (FORMAT parquet, PARTITION_BY (part), COMPRESSION snappy)
"""


def split(file: str, folder: Path, parts: int) -> None:
    """Cut one file into tables by patient, in a folder that is there only when all of it is done.

    UnwoundError, naming the file, where it cannot be read to its end.
    """
    duckdb = engine()
    beside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    never = ", ".join(f"'{type}'" for type in sorted(elements().never.keys() - TELLING))
    paths = str([f"$.{path}" for path in _PATHS])
    query = _SPLIT.format(
        lines=_lines(file),
        paths=paths,
        never=never,
        typed=_TYPED,
        urn=_URN,
        shared=SHARED,
        nobody=NOBODY,
        parts=parts,
        folder=quoted(str(beside)),
    )
    try:
        with connected(folder.parent) as connection:
            connection.execute(query)
    except duckdb.Error as error:
        shutil.rmtree(beside, ignore_errors=True)
        why = str(error).split("\n", 1)[0][:300]
        raise UnwoundError(f"{file}: cannot be read as resources, one a line: {why}") from None
    beside.mkdir(exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def engine() -> Any:
    """DuckDB. UnwoundError, with what to install, where it is not here."""
    with extras.needed("screening"):
        import duckdb
    return duckdb


def connected(spill: Path) -> Any:
    """A database in memory, which works in one thread and puts what is too much for it into this folder."""
    return engine().connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": str(spill / "spill"),
            "autoload_known_extensions": False,
        },
    )


def _lines(file: str) -> str:
    """How the lines of a file are asked for."""
    name = quoted(file)
    if file.lower().endswith(".parquet"):
        return _of_table(file)
    # No byte of JSON is a control character, so that one never parts a line into columns.
    options = "delim='\x01', quote='', escape='', header=false, auto_detect=false, strict_mode=false"
    return (
        f"SELECT line FROM read_csv('{name}', columns={{'line': 'VARCHAR'}}, {options}, "
        f"max_line_size={LONGEST_LINE}, buffer_size={2 * LONGEST_LINE})"
    )


_TEXT = ("resource", "json", "line", "raw", "value", "body", "content")
"""What a column of whole resources is called."""


def _of_table(file: str) -> str:
    """A table of resources: one column of JSON, or a column for each element beside resourceType."""
    name = quoted(file)
    with connected(Path(file).parent) as connection:
        columns = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{name}')").fetchall()
    texts = [column for column, kind, *_ in columns if kind in ("VARCHAR", "JSON", "BLOB")]
    whole = [column for column in texts if column.lower() in _TEXT] or (texts if len(columns) == 1 else [])
    if whole:
        return f"""SELECT "{whole[0]}"::VARCHAR AS line FROM read_parquet('{name}')"""
    if "resourceType" in {column for column, *_ in columns}:
        return f"SELECT to_json(t)::VARCHAR AS line FROM read_parquet('{name}') t"
    raise UnwoundError(
        f"{file}: a column of resources as JSON ({', '.join(_TEXT)}) or one called resourceType is needed; it has "
        f"{', '.join(column for column, *_ in columns[:8])}"
    )


def quoted(text: str) -> str:
    """The text as it stands between quotation marks in SQL."""
    return text.replace("'", "''")
