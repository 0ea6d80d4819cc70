"""A screened population on one page: how many at which stage of the pathway, and what would change it. Names nobody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unwound import catalogue, cautions, conditions
from unwound.candidacy import Verdict
from unwound.conditions.grading import FALLBACK
from unwound.conditions.knowledge import GradeLevel
from unwound.report.templating import template
from unwound.screening.rows import NOT_REVIEWED

SHOWN = 15
"""Lines of a list; what follows is counted together."""
STAGES: Mapping[str, str] = {
    "urgent": "Something urgent has to be seen to first",
    "stop": "A contraindication to ketamine holds",
    "not-a-candidate": "Another kind of pain, or the evidence is against ketamine",
    "unexamined": "A painful condition is on record or suspected; whether the pain is neuropathic is not known",
    NOT_REVIEWED: "Nothing on record points to neuropathic pain or to anything urgent; not reviewed one by one",
    "no-sign": "Nothing on record says what kind of pain there is, or whether there is any",
    "graded": "The condition is graded; something else is not yet known",
    "first-line-first": "A first-line treatment comes first",
    "not-refractory": "Not refractory: too mild, too early, or too little tried",
    "controlled": "Controlled: keep what helps",
    "candidate": "Ketamine may be considered",
}
"""Where a patient stands, in the order of the pathway."""


@dataclass(slots=True, kw_only=True)
class Population:
    """What is counted of a table of rows."""

    patients: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    conditions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Condition and stage."""
    confirmed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The verdict now, and if the trials were confirmed, where that is another."""
    questions: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    incomplete: int = 0
    """Patients of whose record something was not used or needs checking."""
    rules: set[str] = field(default_factory=set)


def counted(rows: Iterable[Mapping[str, Any]]) -> Population:
    """The rows of `unwound screen`, counted; one that holds an error counts as that alone."""
    population = Population()
    for row in rows:
        population.rules.add(row["rules_fingerprint"])
        if row["error"]:
            population.errors[_kind(row["error"], row["source"])] += 1
            continue
        population.patients += 1
        stage = _stage(row)
        population.stages[stage] += 1
        population.conditions[row["condition"], stage] += 1
        if row["verdict_if_confirmed"] != row["verdict"]:
            population.confirmed[row["verdict"], row["verdict_if_confirmed"]] += 1
        if row["question"] and row["verdict"] == Verdict.CANNOT_TELL:
            population.questions[row["question"]] += 1
        population.stops.update(row["stops"])
        population.incomplete += bool(row["unread"])
    return population


def _stage(row: Mapping[str, Any]) -> str:
    """A branch for each question of the pathway, in its order."""
    if row["urgent"]:
        return "urgent"
    if row["verdict"] == Verdict.NOT_A_CANDIDATE:
        return "stop" if row["stops"] else "not-a-candidate"
    if row["verdict"] != Verdict.CANNOT_TELL:
        return str(row["verdict"])
    if row["level"] not in (GradeLevel.CANNOT_DETERMINE, GradeLevel.NONE):
        return "graded"
    return "no-sign" if row["condition"] == FALLBACK else "unexamined"


_OF_ONE = re.compile(r"«[^»]*»|\([^)]*\)|\b\d+\b")


def _kind(error: str, source: str) -> str:
    """An error without what is of one record only."""
    return _OF_ONE.sub("…", error.removeprefix(f"{source}: ")).replace("… …", "…")[:160]


def read(table: Path) -> Population:
    """The same of a table that `unwound screen` wrote, a batch at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(table) as file:
        return counted(row for batch in file.iter_batches() for row in batch.to_pylist())


def page(population: Population, *, as_of: str, source: str) -> str:
    """The page, which prints and needs nothing from outside."""
    return template("population.html.j2").render(
        population=population,
        as_of=as_of,
        source=source,
        left=population.stages[NOT_REVIEWED],
        stages=[(STAGES[stage], population.stages[stage]) for stage in STAGES],
        conditions=list(_conditions(population)),
        confirmed=population.confirmed.most_common(),
        questions=_most(population.questions),
        stops=[(_title(id), count) for id, count in _most(population.stops)],
        errors=_most(population.errors),
        knowledge=catalogue.knowledge_line(),
    )


def _conditions(population: Population) -> Iterator[tuple[str, int, int, int]]:
    """Title, all patients, those who may be considered, and those for whom that is open."""
    every = Counter[str]()
    for (id, _), count in population.conditions.items():
        every[id] += count
    for id, count in every.most_common():
        if id != FALLBACK:
            of = {stage: population.conditions[id, stage] for stage in STAGES}
            yield conditions.conditions()[id].title, count, of["candidate"], of["unexamined"] + of["graded"]


def _title(id: str) -> str:
    known = cautions.cautions().get(id)
    return known.title if known else id.replace("_", " ")


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    rest = sum(counts.values()) - sum(count for _, count in counts.most_common(SHOWN))
    return [*counts.most_common(SHOWN), *([("all others", rest)] if rest else [])]
