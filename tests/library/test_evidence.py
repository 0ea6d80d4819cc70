"""From anything back to what it rests on, and how well that stands."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from unwound import catalogue, evidence, provenance
from unwound.catalogue import Cited, CitedText, Head, KnowledgeError
from unwound.record import UnwoundError

HEAD = 'title = "T"\nstatus = "draft"\nupdated = 2026-11-21\ndue = {due}\n'


def number(source: str) -> Cited:
    return Cited(value=28, unit="day", source=source, checked="primary")


def statement(source: str) -> CitedText:
    return CitedText(text="words", source=source, checked="secondary")


def test_sources_come_in_order_and_each_once() -> None:
    anything = {"a": [number("second"), statement("first")], "b": (number("second"), [statement("third")])}
    assert evidence.cite(anything) == ("second", "first", "third")


def test_what_rests_on_nothing_cites_nothing() -> None:
    assert evidence.cite(["plain words", 3, None, {}]) == ()


def test_a_record_cites_what_its_fields_cite() -> None:
    study = evidence.study("mathieson_2017")
    assert list(evidence.citations(study)) == list(study.effects)
    assert evidence.cite(study) == ()


def test_an_unknown_source_is_named_in_the_error() -> None:
    with pytest.raises(UnwoundError, match="«no_such_1999»"):
        evidence.study("no_such_1999")
    with pytest.raises(UnwoundError, match="«finerup_2015»; near it: finnerup_2015"):
        evidence.study("finerup_2015")


def test_one_file_is_found_though_its_neighbour_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "whole.toml").write_text(HEAD.format(due="2027-11-21"))
    (tmp_path / "things" / "torn.toml").write_text("title = ")
    monkeypatch.setattr(catalogue, "DATA", tmp_path)
    assert catalogue.find("things", Head, "whole", "thing").title == "T"
    with pytest.raises(KnowledgeError, match=r"torn\.toml"):
        catalogue.load("things", Head)


def test_a_reference_has_authors_year_title_and_identifiers() -> None:
    line = evidence.reference("finnerup_2015")
    for part in ("Finnerup NB", "(2015)", "Lancet Neurol 14:162-173", "PMID 25575710", "doi 10.1016/"):
        assert part in line


def test_an_address_stands_in_only_where_there_is_no_identifier() -> None:
    assert "https://" in evidence.reference("bmj_cauda_equina") or not evidence.study("bmj_cauda_equina").url
    assert "https://" not in evidence.reference("finnerup_2015")


@pytest.mark.parametrize("id", sorted(evidence.studies()))
def test_every_reference_reads_as_one_line(id: str) -> None:
    line = evidence.reference(id)
    assert "\n" not in line
    assert ".." not in line, line
    assert "  " not in line, line


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small `data/` of our own, so that each answer can be told beforehand."""
    monkeypatch.setattr(catalogue, "DATA", tmp_path)
    provenance.assumptions.cache_clear()
    for folder in ("evidence", "things"):
        (tmp_path / folder).mkdir()
    yield tmp_path
    provenance.assumptions.cache_clear()


def write(library: Path, name: str, body: str = "", due: str = "2027-11-21") -> None:
    (library / name).write_text(HEAD.format(due=due) + body, encoding="utf-8")


def test_only_what_was_not_read_at_its_source_is_an_assumption(library: Path) -> None:
    write(
        library,
        "things/a.toml",
        'deep = [{ n = { value = 3, unit = "day", source = "s", checked = "secondary" } }]\n'
        'seen = { value = 4, unit = "day", source = "s", checked = "primary" }\n'
        'words = { text = "so it is", source = "t", checked = "unchecked" }\n',
    )
    assert provenance.assumptions() == (
        provenance.Assumption(file="things/a.toml", field="deep.0.n", says="3 day", source="s", checked="secondary"),
        provenance.Assumption(file="things/a.toml", field="words", says="so it is", source="t", checked="unchecked"),
    )


def test_an_effect_of_a_study_rests_on_that_study(library: Path) -> None:
    write(library, "evidence/x_2001.toml", '[[effects]]\nvalue = 5\nunit = "point"\nchecked = "unchecked"\n')
    assert [one.source for one in provenance.assumptions()] == ["x_2001"]


def test_a_file_is_due_from_the_day_after_its_date(library: Path) -> None:
    write(library, "things/early.toml", due="2026-12-01")
    write(library, "things/late.toml", due="2027-01-01")
    day = date(2027, 1, 1)
    assert [one.file for one in provenance.due(day)] == ["things/early.toml"]
    assert [one.file for one in provenance.due(day + timedelta(days=1))] == ["things/early.toml", "things/late.toml"]
    assert provenance.due(date(2026, 12, 1)) == ()


def test_the_real_library_lists_what_is_unchecked_and_nothing_that_was_read_at_its_source() -> None:
    listed = provenance.assumptions()
    assert {one.checked for one in listed} == {"secondary", "other-use", "unchecked"}
    assert {one.file.split("/")[0] for one in listed if one.source not in evidence.studies()} <= {"drugs", "rules"}
    assert [one.file for one in listed if not one.says] == []
    assert any(one.source == "unwound_local" for one in listed)
    assert any((one.says, one.source) == ("91147-9", "loinc") for one in listed)
