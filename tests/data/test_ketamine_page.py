"""The page on the evidence for ketamine cites sources that exist and gives no number they do not hold."""

import re
from pathlib import Path

import pytest

from unwound import evidence
from unwound.catalogue import DATA

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "ketamine-evidence.md"
CITED = re.compile(r"\[([a-z][a-z0-9_]+_[a-z0-9_]+(?:, (?:[a-z][a-z0-9_]+_[a-z0-9_]+|second hand))*)\](?!\()")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


def statements() -> list[tuple[str, tuple[str, ...], bool]]:
    """Each stretch of text up to its citation, the ids cited, and whether it says «second hand»."""
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    found, start = [], 0
    for match in CITED.finditer(text):
        ids = tuple(part for part in match[1].split(", ") if part != "second hand")
        found.append((text[start : match.start()], ids, "second hand" in match[1]))
        start = match.end()
    return found


STATEMENTS = statements()


def held(id: str) -> set[float]:
    """Every number in the file of a source, minus signs aside; words of small numbers as figures."""
    words = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10}
    text = (DATA / "evidence" / f"{id}.toml").read_text(encoding="utf-8").lower()
    spelt = {float(number) for word, number in words.items() if re.search(rf"\b{word}\b", text)}
    return {float(number) for number in NUMBER.findall(text)} | spelt


def test_the_page_cites_at_all() -> None:
    assert len(STATEMENTS) > 30


@pytest.mark.parametrize(("text", "ids", "second"), STATEMENTS, ids=[" ".join(ids) for _, ids, _ in STATEMENTS])
def test_a_number_on_the_page_stands_in_a_source_cited_for_it(text: str, ids: tuple[str, ...], second: bool) -> None:
    assert set(ids) <= set(evidence.studies())
    numbers = {float(number) for number in NUMBER.findall(text)}
    assert numbers <= set().union(*map(held, ids)), text


@pytest.mark.parametrize(("text", "ids", "second"), STATEMENTS, ids=[" ".join(ids) for _, ids, _ in STATEMENTS])
def test_a_source_never_opened_is_called_second_hand_or_memory(text: str, ids: tuple[str, ...], second: bool) -> None:
    levels = {evidence.study(id).checked for id in ids}
    if levels == {"primary"}:
        assert not second, text
    elif levels & {"secondary", "unchecked"}:
        assert second or "memory" in text or "not seen" in text, text
