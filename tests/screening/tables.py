"""Invented people as tables of the OMOP CDM, with a small vocabulary of the concepts that they use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from people import Person

Rows = dict[str, list[Any]]
MALE, FEMALE, DISPENSED = 8507, 8532, 32825


class Concepts:
    """Concepts by vocabulary and code, numbered as they are met."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, str, str, str]] = []
        self.ids: dict[tuple[str, str], int] = {}

    def id(self, vocabulary: str, code: str, name: str) -> int:
        key = (vocabulary, code)
        if key not in self.ids:
            self.ids[key] = 2_000_000 + len(self.ids)
            self.rows.append((self.ids[key], name, vocabulary, code, ""))
        return self.ids[key]


def cdm(everybody: Iterable[Person]) -> dict[str, pa.Table]:
    """The tables of these people, by name."""
    known = Concepts()
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("person", "condition_occurrence", "drug_exposure", "measurement", "observation")
    }
    for person in everybody:
        born = person.born
        rows["person"].append(
            {"person_id": person.id, "gender_concept_id": MALE if person.sex == "male" else FEMALE,
             "year_of_birth": born.year, "month_of_birth": born.month, "day_of_birth": born.day}
        )  # fmt: skip
        for one in person.diagnoses:
            rows["condition_occurrence"].append(
                {"condition_occurrence_id": len(rows["condition_occurrence"]), "person_id": person.id,
                 "condition_concept_id": known.id("SNOMED", one.code, one.name), "condition_start_date": str(one.on),
                 "condition_end_date": str(one.on)}
            )  # fmt: skip
        for taken in person.taken:
            rows["drug_exposure"].append(
                {"drug_exposure_id": len(rows["drug_exposure"]), "person_id": person.id,
                 "drug_concept_id": known.id("RxNorm", taken.code, taken.name), "drug_type_concept_id": DISPENSED,
                 "drug_exposure_start_date": str(taken.start), "quantity": taken.a_day * taken.days,
                 "days_supply": taken.days}
            )  # fmt: skip
        for measured in person.measured:
            rows["measurement"].append(
                {"measurement_id": len(rows["measurement"]), "person_id": person.id,
                 "measurement_concept_id": known.id("LOINC", measured.code, measured.name),
                 "measurement_date": str(measured.on), "value_as_number": measured.value,
                 "unit_concept_id": known.id("UCUM", measured.unit, measured.unit)}
            )  # fmt: skip
    names = ("concept_id", "concept_name", "vocabulary_id", "concept_code", "concept_class_id")
    tables = {name: pa.Table.from_pylist(held) for name, held in rows.items() if held}
    tables["concept"] = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in known.rows])
    return tables


def as_parquet(folder: Path, tables: dict[str, pa.Table]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


def as_csv(folder: Path, tables: dict[str, pa.Table]) -> Path:
    """The tables as a clinic's, the vocabulary as Athena hands it out: upper case, parted by tabs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        if name == "concept":
            lines = ["\t".join(table.column_names), *("\t".join(map(str, row.values())) for row in table.to_pylist())]
            (folder / "CONCEPT.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            pc.write_csv(table, folder / f"{name}.csv")
    return folder


def as_sqlite(file: Path, tables: dict[str, pa.Table]) -> Path:
    with sqlite3.connect(file) as database:
        for name, table in tables.items():
            database.execute(f"CREATE TABLE {name} ({', '.join(table.column_names)})")
            marks = ", ".join("?" * table.num_columns)
            database.executemany(
                f"INSERT INTO {name} VALUES ({marks})", [tuple(row.values()) for row in table.to_pylist()]
            )
    database.close()
    return file


def as_duckdb(file: Path, tables: dict[str, pa.Table]) -> Path:
    import duckdb

    with duckdb.connect(str(file)) as database:
        database.execute("CREATE SCHEMA held")
        for name, table in tables.items():
            database.register("arriving", table)
            database.execute(f"CREATE TABLE held.{name} AS SELECT * FROM arriving")
            database.unregister("arriving")
    return file
