"""Two pages on safety: the hazards as a safety case, and the source attributes of each rule pack."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prose import page, table

from unwound import catalogue, facts, instruments

HERE = Path(__file__).parent
PACKS = {
    "cautions": "Cautions: what stops, asks or is noted",
    "conditions": "Conditions and how sure a diagnosis is",
    "criteria": "Published criteria",
    "refractory": "When a pain counts as refractory",
    "therapies": "Therapies and adequate trials",
    "antidepressants": "Antidepressants as trials for depression",
    "contradictions": "What guidance disagrees on",
    "protocols": "Courses of ketamine",
    "ceilings": "Ceilings of doses",
    "settings": "How a setting watches",
    "session_gates": "What a session asks before it begins and ends",
    "vital_signs": "Limits of vital signs",
    "emergencies": "Emergencies in words",
    "screens": "Questions that are answered as one",
    "rules": "Rules that stand alone",
}
"""Kinds of knowledge that lead to advice, each a rule pack."""
USES = ("date of birth", "sex", "health status")
_PATIENT = {"age_years": "date of birth", "no_from_age": "date of birth", "sex": "sex", "birth_date": "date of birth"}


@cache
def hazard_file() -> dict[str, Any]:
    """The file: `hazards`, and which of them the pages and the actions can lead to."""
    return tomllib.loads((HERE / "hazards.toml").read_text(encoding="utf-8"))


def hazards_page() -> str:
    """Every hazard with cause, harm, control, and what shows that the control works."""
    file = hazard_file()
    lead = (
        f"{len(file['hazards'])} hazards, printed from `docs/hazards.toml`. In the words of ISO 14971: a *hazard* has "
        "a *cause* and may lead to *harm*; the *control* is what the program does against it; the *verification* is "
        "tests that fail when the control does. Severity and likelihood, before and after the control, are rated by "
        "the safety owner of a site, not by those who wrote the program: both depend on who works there and what else "
        "is watched there. A site that has not rated them has not finished its safety case (DCB0129, DCB0160)."
    )
    named = {kind: _by_hazard(file[kind]) for kind in ("pages", "actions")}
    return page("Hazards", lead, [_hazard(one, named) for one in file["hazards"]], marked=False)


def _by_hazard(listed: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {id: sorted(places) for id, places in listed.items()}


def _hazard(one: Mapping[str, Any], named: Mapping[str, Mapping[str, list[str]]]) -> str:
    rows = [("Cause", one["cause"]), ("Harm", one["harm"]), ("Control", one["done"])]
    rows += [("On pages", ", ".join(named["pages"].get(one["id"], ())))]
    rows += [("In actions", ", ".join(named["actions"].get(one["id"], ())))]
    rows += [("Severity and likelihood", "to be rated by the site: before ____ after ____")]
    rows += [("Verified by", ", ".join(f"`{test.partition('::')[2]}`" for test in one["tests"]))]
    return f"## {one['id']}\n\n{one['hazard']}\n\n" + table(("", ""), [row for row in rows if row[1]])


def attributes_page() -> str:
    """What 45 CFR 170.315(b)(11)(iv)(A) asks of an evidence-based decision support intervention, for each rule pack."""
    lead = (
        "The source attributes that the US certification criterion for decision support interventions asks of one "
        "based on evidence (45 CFR 170.315(b)(11)(iv)(A)), read out of the files themselves. Unwound is not certified; "
        "a clinic or a vendor that is can take them from here. The same for all: *developer* — the authors of Unwound, "
        "who translated the sources into rules; *funding* — not declared by them yet; *race, ethnicity, language, "
        "sexual orientation, gender identity, social determinants of health* — no rule reads any, for the vocabulary "
        "holds no such fact. No intervention is predictive in the sense of the rule: none was trained on data."
    )
    parts = [_pack(kind, title) for kind, title in PACKS.items()]
    return page("Source attributes", lead, parts, marked=False)


def _pack(kind: str, title: str) -> str:
    rows = [_row(kind, id) for id in catalogue.ids(kind)]
    return f"## {title}\n\n" + table(("File", "Citations", "Released or revised", "Reviewed", "Uses"), rows)


def _row(kind: str, id: str) -> tuple[str, ...]:
    file = tomllib.loads(catalogue.content(kind, id).decode())
    cited = sorted(set(sources(file)))
    links = ", ".join(f"[{one}](evidence.md#{one})" for one in cited) or "none named"
    state = f"{file.get('reviewer', '')}, {file['reviewed']}" if file["status"] == "reviewed" else "not yet"
    return (f"{kind}/{id}", links, str(file["updated"]), state, ", ".join(sorted(uses(file))) or "–")


def sources(node: Any) -> Iterator[str]:
    """Every source that a file names, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "source" and isinstance(value, str):
                yield value
            elif key == "sources" and isinstance(value, list):
                yield from (one for one in value if isinstance(one, str))
            else:
                yield from sources(value)
    elif isinstance(node, list):
        for value in node:
            yield from sources(value)


def uses(node: Any) -> set[str]:
    """Which of the attributes of a person a file reads: its facts are looked up wherever they are named."""
    if isinstance(node, dict):
        own = {key for key in node if key != "examples"}
        return set().union(_of_fact(own), *(uses(node[key]) for key in own))
    if isinstance(node, list):
        return set().union(*(uses(one) for one in node))
    return _of_fact({node}) if isinstance(node, str) else set()


def _of_fact(named: set[str]) -> set[str]:
    return {_PATIENT[one] for one in named & _PATIENT.keys()} | (
        {"health status"} if named & health_status() else set()
    )


@cache
def health_status() -> frozenset[str]:
    """Facts that a questionnaire gives, and questionnaires themselves."""
    forms = instruments.instruments()
    given = {fact for fact in facts.vocabulary() if fact.startswith(tuple(f"{form}_" for form in forms))}
    return frozenset({*forms, *given, "pain_average_nrs"})


PAGES = {"hazards.md": hazards_page, "source-attributes.md": attributes_page}
