"""The walk over every knowledge file: each is read as what it is, and everything it names exists."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from unwound import catalogue, cautions, conditions, evidence, facts, instruments, therapies
from unwound.catalogue import DATA, Head

CITATION = {"value", "text", "checked"}
"""A `source` beside one of these is a citation."""

KINDS: dict[str, str] = {
    "antidepressants": "unwound.mood:Group",
    "cautions": "unwound.cautions:Caution",
    "ceilings": "unwound.protocols.knowledge:Ceilings",
    "conditions": "unwound.conditions.knowledge:Condition",
    "consent": "unwound.consents:ConsentText",
    "contradictions": "unwound.contradictions:Contradiction",
    "criteria": "unwound.conditions.knowledge:CriteriaSet",
    "device_codes": "unwound.exchange.device_codes:Kind",
    "drugs": "unwound.drugs:Group",
    "effects": "unwound.pharmacology.effects:Effect",
    "evidence": "unwound.evidence:Study",
    "facts": "unwound.facts:Vocabulary",
    "instruments": "unwound.instruments:Instrument",
    "intake": "unwound.intake:Step",
    "models": "unwound.pharmacology.models:Model",
    "opinions": "unwound.conditions.knowledge:Opinion",
    "pick_lists": "unwound.session.pick_lists:PickList",
    "plain_words": "unwound.candidacy.plain:PlainWords",
    "protocols": "unwound.protocols.knowledge:Protocol",
    "refractory": "unwound.therapies.refractory:Rule",
    "screens": "unwound.screens:Screen",
    "session_gates": "unwound.session.gates:Gate",
    "settings": "unwound.protocols.knowledge:Setting",
    "therapies": "unwound.therapies.knowledge:Therapy",
    "therapy_classes": "unwound.therapies.knowledge:TherapyClass",
    "vital_signs": "unwound.session.signs:VitalSign",
}
RULES: dict[str, str] = {
    "candidacy": "unwound.candidacy.gates:Requirements",
    "cockcroft_gault": "unwound.derive:CockcroftGault",
    "depression": "unwound.depression:Knowledge",
    "device_words": "unwound.exchange.device_words:Words",
    "fhir": "unwound.exchange.fhir.tables:Tables",
    "fitting_doses": "unwound.therapies.knowledge:FittingDoses",
    "general_ladder": "unwound.therapies.knowledge:GeneralLadder",
    "impossible_dose": "unwound.therapies.written_doses:ImpossibleDose",
    "known_treatments": "unwound.therapies.knowledge:KnownTreatments",
    "monitoring": "unwound.session.limits:Monitoring",
    "morphine_equivalents": "unwound.opioids:Factors",
    "names_alike": "unwound.unread:NamesAlike",
    "ohio_step_therapy": "unwound.therapies.refractory:PayerRule",
    "racemate": "unwound.pharmacology.effects:Racemate",
    "question_order": "unwound.questions:Order",
    "treatable_causes": "unwound.therapies.causes:TreatableCauses",
    "treatment_resistance": "unwound.mood:Resistance",
}
"""Every file of `data/rules/` is of a kind of its own."""
FILES = list(catalogue.files())


def name(path: Path) -> str:
    return path.relative_to(DATA).as_posix()


def table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def tables(value: object, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield where, value
        for key, part in value.items():
            yield from tables(part, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from tables(part, f"{where}.{place}")


def test_every_folder_of_data_is_a_kind_and_every_kind_has_files() -> None:
    assert {path.name for path in DATA.iterdir() if path.is_dir()} == {*KINDS, "rules"}
    assert {path.parent.name for path in FILES} == {*KINDS, "rules"}


def record_of(kind: str, where: str) -> type[Head]:
    module, _, model = where.partition(":")
    record = getattr(import_module(module), model)
    assert issubclass(record, Head), f"{kind}: a kind begins with the head every file has"
    return record


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_read_as_its_kind(kind: str) -> None:
    record = record_of(kind, KINDS[kind])
    assert len(catalogue.load(kind, record)) == len(list((DATA / kind).glob("*.toml")))


def test_every_rule_is_read_as_what_it_is_and_no_other_is_there() -> None:
    assert catalogue.ids("rules") == tuple(sorted(RULES))
    for id, where in RULES.items():
        assert catalogue.load_rule(id, record_of(id, where)).title


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_one_file_stands_among_the_rules(kind: str) -> None:
    assert len(catalogue.ids(kind)) > 1, f"{kind}: a single file belongs in data/rules"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_number_and_statement_has_a_source_that_exists(path: Path) -> None:
    known = evidence.studies()
    own = path.parent.name == "evidence"
    for where, one in tables(table(path)):
        for field in ("source", "valid_source"):
            if field in one and (field != "source" or CITATION & one.keys()):
                assert one[field] in known, f"{name(path)}: {where}: write data/evidence/{one[field]}.toml"
        if "checked" in one and not own and ("value" in one or "text" in one):
            assert one.get("source"), f"{name(path)}: {where}: what is checked needs its source"
        if "value" in one and "unit" in one:
            assert own or {"source", "checked"} <= one.keys(), f"{name(path)}: {where}: a clinical number is never bare"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_criteria_ask_only_for_facts_that_exist(path: Path) -> None:
    vocabulary = facts.vocabulary()
    for where, one in tables(table(path)):
        for form in ("yes", "no", "fact"):
            if isinstance(one.get(form), str) and "examples" not in where and set(one) <= CRITERION:
                assert one[form] in vocabulary, f"{name(path)}: {where}: no fact «{one[form]}» in data/facts"


CRITERION = set(facts.Criterion.model_fields)

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


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_is_dated_and_called_reviewed_only_with_a_reviewer(path: Path) -> None:
    head = table(path)
    assert head["updated"] < head["due"], f"{name(path)}: due must follow updated"
    assert head["status"] == "draft" or (head.get("reviewer") and head.get("reviewed")), name(path)


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


def test_ladders_name_therapies_that_exist() -> None:
    for id, one in conditions.conditions().items():
        if one.ladder:
            lines = (*one.ladder.first, *one.ladder.second, *one.ladder.third, *one.ladder.last)
            unknown = {*lines, *(avoid.therapy for avoid in one.ladder.avoid)} - set(therapies.therapies())
            assert not unknown, f"data/conditions/{id}.toml: no file in data/therapies for {unknown}"
