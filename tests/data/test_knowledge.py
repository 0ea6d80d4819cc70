"""The walk over every knowledge file: each is read as what it is, and everything it names exists."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from unwound import catalogue, cautions, checking, conditions, evidence, facts, instruments
from unwound.catalogue import DATA
from unwound.checking.kinds import KINDS, RULES, record_of
from unwound.checking.statements import CRITERION, tables

FILES = list(catalogue.files())


def name(path: Path) -> str:
    return path.relative_to(DATA).as_posix()


def table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def test_every_folder_of_data_is_a_kind_and_every_kind_has_files() -> None:
    assert {path.name for path in DATA.iterdir() if path.is_dir()} == {*KINDS, "rules"}
    assert {path.parent.name for path in FILES} == {*KINDS, "rules"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_read_as_its_kind(kind: str) -> None:
    record = record_of(kind, "")
    assert len(catalogue.load(kind, record)) == len(list((DATA / kind).glob("*.toml")))


def test_every_rule_is_read_as_what_it_is_and_no_other_is_there() -> None:
    assert catalogue.ids("rules") == tuple(sorted(RULES))
    for id in RULES:
        assert catalogue.load_rule(id, record_of("rules", id)).title


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_one_file_stands_among_the_rules(kind: str) -> None:
    assert len(catalogue.ids(kind)) > 1, f"{kind}: a single file belongs in data/rules"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_passes_the_checks_that_a_users_own_must_pass(path: Path) -> None:
    """Its dates, sources, facts, units and options, what it names, and its own examples."""
    assert checking.faults(path.parent.name, path.stem) == ()


UNREAD = {
    "hyperalgesia_in_area": "told so that it is not entered as allodynia: by itself it raises no grade",
    **dict.fromkeys(
        ("crp_mg_per_l", "esr_mm_per_h", "eosinophils_1e9_per_l", "haemoglobin_g_per_l"),
        "for the person who looks for a cause (vasculitis, sickle cell, lack of B12): no value decides here",
    ),
    "pain_descriptors": "the patient's words, for a person to compare with those of a condition: no word decides",
}


def test_every_fact_of_the_vocabulary_is_read_by_something() -> None:
    """A fact that nothing reads would be asked of people in vain: it is used, or the list above says why it is kept."""
    read = {
        one[form]
        for path in FILES
        for where, one in tables(table(path))
        for form in ("yes", "no", "fact")
        if isinstance(one.get(form), str) and set(one) <= CRITERION and "examples" not in where
    }
    read |= {id for caution in cautions.cautions().values() for id in caution.facts()}
    code = "\n".join(path.read_text("utf-8") for path in DATA.parent.rglob("*.py"))
    read |= {id for id in facts.vocabulary() if f'"{id}"' in code}
    read |= {one.fact for one in instruments.instruments().values() if one.fact}
    assert set(facts.vocabulary()) - read == set(UNREAD)


def test_no_source_stands_in_two_files() -> None:
    for field in ("pmid", "doi"):
        said = Counter(str(getattr(one, field)).lower() for one in evidence.studies().values() if getattr(one, field))
        twice = [value for value, times in said.items() if times > 1]
        assert not twice, f"{field} in more than one file of data/evidence: {', '.join(twice)}"


def test_every_source_says_who_wrote_it_and_what_it_says() -> None:
    for id, one in evidence.studies().items():
        assert min(len(one.summary), len(one.authors), len(one.title)) > 0, id


def test_peripheral_and_central_codes_are_not_swapped() -> None:
    """Often swapped in public code: MG30.51 is peripheral, MG30.50 central; 8D8A alone is not CRPS."""
    for id, one in conditions.conditions().items():
        codes = {code.code for code in one.codes if code.system == "ICD-11"}
        assert "8D8A" not in codes, id
        if one.group == "peripheral":
            assert "MG30.50" not in codes, id
            assert any(code.startswith(("MG30.51", "8")) for code in codes), id
        if one.group == "central":
            assert not any(code.startswith("MG30.51") for code in codes), id
        if one.group == "crps":
            assert any(code.startswith("8D8A.0") for code in codes), id
