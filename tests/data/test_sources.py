"""Sources: each stands once, under an id that fits it, and says the same numbers as what cites it."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations

import pytest

from unwound import evidence, therapies
from unwound.evidence import Effect, Study

STUDIES = evidence.studies()
DATED = {id: int(year[0]) for id in STUDIES if (year := re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", id))}


def first_author(study: Study) -> str:
    return study.authors.split(",")[0].split(" ")[0].lower()


def alike(title: str, other: str) -> bool:
    return title in other or other in title or SequenceMatcher(None, title, other, autojunk=False).ratio() > 0.9


def test_no_two_files_are_of_the_same_paper() -> None:
    """Two ids for one paper escape a comparison of PMIDs when one of them has none."""
    for (id, one), (other_id, other) in combinations(STUDIES.items(), 2):
        same = (one.year, first_author(one), one.design) == (other.year, first_author(other), other.design)
        told_apart = any(a and b for a, b in ((one.pmid, other.pmid), (one.doi, other.doi)))
        if same and not told_apart and one.design != "label":
            assert not alike(one.title.lower(), other.title.lower()), (
                f"data/evidence/{id}.toml and {other_id}.toml look like one paper: keep one id and cite that"
            )


@pytest.mark.parametrize("id", sorted(DATED))
def test_the_year_in_an_id_is_the_year_of_the_source(id: str) -> None:
    """One year apart is allowed: published ahead of print."""
    assert abs(STUDIES[id].year - DATED[id]) <= 1, f"data/evidence/{id}.toml: year = {STUDIES[id].year}"


@pytest.mark.parametrize("id", sorted(STUDIES))
def test_identifiers_look_like_what_they_are(id: str) -> None:
    one = STUDIES[id]
    assert re.fullmatch(r"\d{5,8}|", one.pmid), f"data/evidence/{id}.toml: pmid is digits only, not {one.pmid!r}"
    assert re.fullmatch(r"10\.\d{4,9}/\S+|", one.doi), f"data/evidence/{id}.toml: doi begins with 10., not {one.doi!r}"
    assert re.fullmatch(r"https?://\S+|", one.url), f"data/evidence/{id}.toml: url in full, not {one.url!r}"
    assert 1900 < one.year <= one.updated.year, f"data/evidence/{id}.toml: year = {one.year}"


def nnts() -> Iterator[tuple[str, str, float, float | None, float | None]]:
    """Every number needed to treat or harm a therapy shows: therapy, source, value, low, high."""
    for therapy in therapies.therapies():
        for effect in therapies.knowledge.effects(therapy).values():
            for number in (effect.nnt, effect.nnh):
                if number is not None:
                    yield therapy, number.source, number.value, number.low, number.high


def test_there_are_numbers_needed_to_treat_to_compare() -> None:
    assert len(set(nnts())) > 20


@pytest.mark.parametrize(("therapy", "source", "value", "low", "high"), sorted(set(nnts())))
def test_a_number_needed_to_treat_says_the_same_in_both_places(
    therapy: str, source: str, value: float, low: float | None, high: float | None
) -> None:
    said = [(one.value, one.low, one.high) for one in STUDIES[source].effects if is_count(one)]
    assert (value, low, high) in said, f"{therapy}: {value} ({low} to {high}) is not among the effects of {source}"


def is_count(one: Effect) -> bool:
    return one.unit in ("", "1")


def test_a_limit_that_has_no_end_is_read_as_such() -> None:
    """Some intervals of the 2025 edition run to infinity; one of 2015 is printed with two decimals."""
    uppers = [one.high for one in STUDIES["soliman_2025"].effects]
    assert uppers.count(float("inf")) == 5
    assert 9.21 in [one.high for one in STUDIES["finnerup_2015"].effects]


def test_the_local_rules_call_themselves_local() -> None:
    local = STUDIES["unwound_local"]
    assert (local.design, local.checked) == ("local-rule", "unchecked")
    assert [id for id, one in STUDIES.items() if one.design == "local-rule"] == ["unwound_local"]
