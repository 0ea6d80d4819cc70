"""Tables of the OMOP Common Data Model as the lines of an export: each event as the FHIR resource that says the same.

So an OMOP person goes through the very reader and review that a FHIR record does, and there is one set of rules. Names
and codes come from the CDM's own `concept`, strengths from `drug_strength`; without them less can be judged, and
`Tables` says what.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unwound.record import UnwoundError
from unwound.screening import engine, splitting
from unwound.screening.omop_events import RESOURCES, SYSTEMS

READ: Mapping[str, str] = {
    "person": "",
    "condition_occurrence": "no diagnosis is known",
    "drug_exposure": "no medicine is known: nothing counts as tried, nothing taken is warned of",
    "measurement": "no blood pressure, kidney or liver value and no pain score is known",
    "observation": "no allergy, history or social fact is known",
    "procedure_occurrence": "no nerve block, operation or other procedure is known",
    "death": "who has died is not known",
}
"""Tables of people that are read, and what is not known without one."""
VOCABULARY: Mapping[str, str] = {
    "concept": "no code is known: diagnoses and measurements cannot be judged, medicines by the source's name only",
    "drug_strength": "the dose of a medicine whose name holds no strength stays unknown",
}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "person": ("person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth"),
    "death": ("person_id", "death_date"),
    "condition_occurrence": (
        *("condition_occurrence_id", "person_id", "condition_concept_id", "condition_start_date", "condition_end_date"),
        *("condition_type_concept_id", "condition_status_concept_id", "stop_reason", "condition_source_value"),
        "condition_source_concept_id",
    ),
    "drug_exposure": (
        *("drug_exposure_id", "person_id", "drug_concept_id", "drug_exposure_start_date", "verbatim_end_date"),
        *("drug_type_concept_id", "stop_reason", "refills", "quantity", "days_supply", "sig", "route_concept_id"),
        *("drug_source_value", "drug_source_concept_id"),
    ),
    "measurement": (
        *("measurement_id", "person_id", "measurement_concept_id", "measurement_date", "operator_concept_id"),
        *("value_as_number", "value_as_concept_id", "unit_concept_id", "unit_source_value", "range_low", "range_high"),
        *("measurement_source_value", "measurement_source_concept_id"),
    ),
    "observation": (
        *("observation_id", "person_id", "observation_concept_id", "observation_date", "value_as_number"),
        *("value_as_string", "value_as_concept_id", "unit_concept_id", "unit_source_value"),
        *("observation_source_value", "observation_source_concept_id"),
    ),
    "procedure_occurrence": (
        *("procedure_occurrence_id", "person_id", "procedure_concept_id", "procedure_date", "procedure_source_value"),
        "procedure_source_concept_id",
    ),
    "concept": ("concept_id", "concept_name", "vocabulary_id", "concept_code", "concept_class_id"),
    "drug_strength": ("drug_concept_id", "amount_value", "amount_unit_concept_id", "numerator_value"),
}
_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz")
_DATABASES = (".duckdb", ".ddb", ".db", ".sqlite", ".sqlite3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Where the tables are, and what cannot be judged for want of one."""

    place: str
    files: Mapping[str, tuple[str, ...]]
    """Table -> its files; of a database the database."""
    cannot: tuple[str, ...]


def find(place: Path) -> Tables:
    """The tables in a folder or a database. UnwoundError where there is no `person`, or nothing is there."""
    if not place.exists():
        raise UnwoundError(f"{place}: there is no such file or folder")
    if place.is_dir():
        files = _in_folder(place)
    elif place.suffix.lower() in _DATABASES:
        files = {table: (str(place),) for table in _in_database(place)}
    else:
        raise UnwoundError(f"{place}: with --omop a folder of tables (CSV, Parquet) or a database is needed")
    if "person" not in files:
        raise UnwoundError(f"{place}: it holds no table «person»: is this an OMOP CDM?")
    absent = [(table, why) for table, why in (*READ.items(), *VOCABULARY.items()) if why and table not in files]
    cannot = [f"there is no table «{table}»: {why}" for table, why in absent]
    if "concept" in files and not _has_codes(files):
        cannot.append(f"the table «concept» holds no codes (concept_code, vocabulary_id): {VOCABULARY['concept']}")
    return Tables(place=str(place), files=files, cannot=tuple(cannot))


def _in_folder(place: Path) -> dict[str, tuple[str, ...]]:
    """The files of each table: person.csv, PERSON.parquet, or a folder of that name with files in it."""
    files_by_table = dict[str, list[str]]()
    for file in sorted(place.rglob("*")):
        name = file.name.lower()
        ending = next((ending for ending in _ENDINGS if name.endswith(ending)), None)
        if ending is None or not file.is_file() or name.startswith("."):
            continue
        own, above = name.removesuffix(ending), file.parent.name.lower()
        table = own if own in _COLUMNS else above if above in _COLUMNS and file.parent != place else ""
        if table:
            files_by_table.setdefault(table, []).append(str(file))
    return {table: tuple(files) for table, files in files_by_table.items()}


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(16) == b"SQLite format 3\0"


def _in_database(file: Path) -> Iterator[str]:
    try:
        if _is_sqlite(file):
            with sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True) as database:
                names = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
        else:
            with engine.connected(file.parent) as connection:
                names = [table for _, table in _of_duckdb(connection, file)]
    except (OSError, sqlite3.Error, engine.duckdb().Error) as error:
        raise UnwoundError(f"{file}: cannot be read as a database: {str(error).splitlines()[0][:200]}") from None
    yield from (name.lower() for name in names if name.lower() in _COLUMNS)


def _of_duckdb(connection: Any, file: Path) -> list[tuple[str, str]]:
    """Schema and name of each table."""
    connection.execute(f"ATTACH IF NOT EXISTS '{engine.quoted(str(file))}' AS population (READ_ONLY)")
    rows = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'population'"
    ).fetchall()
    return [(schema, table) for schema, table in rows]


# ---- a table as resources


def split(tables: Tables, table: str, folder: Path, parts: int) -> None:
    """The events of one table as resources, cut by person; a folder that is there only when all of it is done."""
    beside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    spare = folder.with_name(f"{folder.name}.tables")
    spare.mkdir(exist_ok=True)
    try:
        with engine.connected(folder.parent) as connection:
            for name in (table, "concept", "drug_strength", *(["death"] if table == "person" else [])):
                connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {_source(connection, tables, name, spare)}")
            _refuse_other_dates(connection, tables, table)
            _name_concepts(connection, table)
            connection.execute(
                f"COPY (SELECT coalesce(key, '') AS key, type, "
                f"encode(json_merge_patch('{{}}', line)::VARCHAR) AS line, "
                f"CASE WHEN key IS NULL THEN {splitting.NOBODY} ELSE (hash(key) % {parts})::INTEGER END AS part "
                f"FROM ({RESOURCES[table]})) "
                f"TO '{engine.quoted(str(beside))}' (FORMAT parquet, PARTITION_BY (part), COMPRESSION snappy)"
            )
    except engine.duckdb().Error as error:
        shutil.rmtree(beside, ignore_errors=True)
        why = str(error).split("\n", 1)[0][:300]
        raise UnwoundError(f"{tables.place}: the table «{table}» cannot be read: {why}") from None
    finally:
        shutil.rmtree(spare, ignore_errors=True)
    beside.mkdir(exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _source(connection: Any, tables: Tables, table: str, spare: Path) -> str:
    """The columns that are read of a table, as text; those that are not there are empty, and so is an absent table."""
    wanted = _COLUMNS[table]
    if table not in tables.files:
        return "SELECT " + ", ".join(f"NULL::VARCHAR AS {column}" for column in wanted) + " WHERE false"
    scan = _scan(connection, tables, table, spare)
    described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    there = {column.lower(): column for column, *_ in described}
    if wanted[0] not in there:
        raise UnwoundError(f"{tables.place}: the table «{table}» has no column «{wanted[0]}»: is this an OMOP CDM?")
    columns = (
        f"nullif(trim(\"{there[column]}\"::VARCHAR), '') AS {column}"
        if column in there
        else f"NULL::VARCHAR AS {column}"
        for column in wanted
    )
    return f"SELECT {', '.join(columns)} FROM {scan}"


def _scan(connection: Any, tables: Tables, table: str, spare: Path) -> str:
    """What a table is selected from."""
    files = tables.files[table]
    file = Path(files[0])
    if file.suffix.lower() in _DATABASES:
        if _is_sqlite(file):
            copied = spare / f"{table}.parquet"
            _copy(file, table, copied)
            return f"read_parquet('{engine.quoted(str(copied))}')"
        schema, name = next(row for row in _of_duckdb(connection, file) if row[1].lower() == table)
        return f'population."{schema}"."{name}"'
    listed = "[" + ", ".join(f"'{engine.quoted(name)}'" for name in files) + "]"
    if file.name.lower().endswith(".parquet"):
        return f"read_parquet({listed}, union_by_name=true)"
    # What Athena hands out is parted by tabs and quotes nothing, whatever its files are called.
    first = connection.execute(
        f"SELECT line FROM read_csv('{engine.quoted(files[0])}', columns={{'line': 'VARCHAR'}}, delim='\x01', "
        "quote='', escape='', header=false, auto_detect=false) LIMIT 1"
    ).fetchone()
    tabs = first is not None and "\t" in first[0]
    how = "delim='\t', quote='', escape=''" if tabs else "delim=',', quote='\"', escape='\"'"
    return f"read_csv({listed}, header=true, all_varchar=true, union_by_name=true, auto_detect=true, {how})"


def _copy(file: Path, table: str, into: Path) -> None:
    """A table of SQLite as Parquet, some rows at a time; the columns that are read, as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True) as database:
        there = {name.lower(): name for _, name, *_ in database.execute(f'PRAGMA table_info("{table}")')}
        columns = [column for column in _COLUMNS[table] if column in there]
        schema = pa.schema([pa.field(column, pa.string()) for column in columns])
        chosen = ", ".join(f'CAST("{there[column]}" AS TEXT)' for column in columns)
        cursor = database.execute(f'SELECT {chosen} FROM "{table}"')
        with pq.ParquetWriter(into, schema) as writer:
            while rows := cursor.fetchmany(50_000):
                writer.write_table(pa.table([list(column) for column in zip(*rows, strict=True)], schema=schema))


def _refuse_other_dates(connection: Any, tables: Tables, table: str) -> None:
    """UnwoundError where no date of a table can be read: all would be undated, and nothing recent."""
    column = next((name for name in _COLUMNS[table] if name.endswith("_date")), None)
    if column is None:
        return
    written, read, first = connection.execute(
        f"SELECT count(day), count(TRY_CAST(day AS DATE)), any_value(day) "
        f"FROM (SELECT {column} AS day FROM {table} WHERE {column} IS NOT NULL LIMIT 1000)"
    ).fetchone()
    if written and not read:
        raise UnwoundError(
            f"{tables.place}: the table «{table}» has dates that cannot be read in {column} ({first!r}): "
            "write them as 2026-11-21"
        )


def _has_codes(tables: dict[str, tuple[str, ...]]) -> bool:
    """Whether the first concepts have codes: some exports leave them out."""
    file = Path(tables["concept"][0])
    query = "SELECT count(concept_code), count(vocabulary_id) FROM (SELECT * FROM {} LIMIT 1000)"
    try:
        if file.suffix.lower() in _DATABASES and _is_sqlite(file):
            with sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True) as database:
                counts = database.execute(query.format("concept")).fetchone()
        else:
            with engine.connected(file.parent) as connection:
                scan = _scan(connection, Tables(place="", files=tables, cannot=()), "concept", file.parent)
                counts = connection.execute(query.format(scan)).fetchone()
    except (sqlite3.Error, engine.duckdb().Error):
        return False
    return bool(counts and all(counts))


def _name_concepts(connection: Any, table: str) -> None:
    """The concepts that this table names, with the address of their system: a small part of all there are."""
    ids = [column for column in _COLUMNS[table] if column.endswith("_concept_id")]
    used = " UNION ".join(f"SELECT {column} AS id FROM {table}" for column in ids) or "SELECT '0' AS id"
    if table == "drug_exposure":
        used += " UNION SELECT amount_unit_concept_id FROM drug_strength"
    systems = " ".join(f"WHEN '{vocabulary}' THEN '{address}'" for vocabulary, address in SYSTEMS.items())
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE named AS SELECT concept_id AS id, concept_name AS name, concept_code AS code, "
        f"CASE vocabulary_id {systems} ELSE 'urn:omop:' || vocabulary_id END AS system "
        f"FROM concept WHERE concept_id IN ({used}) AND concept_id <> '0'"
    )


EVENTS = tuple(RESOURCES)
"""The tables that become resources."""
