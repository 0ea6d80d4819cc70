"""The words of a consent: every example, sources that are numbered, no frequency without its source."""

from __future__ import annotations

import re

import pytest

from unwound import consents
from unwound.consents import Example
from unwound.record import UnwoundError

LONGEST = 26
"""Words of one sentence."""
EXAMPLES = [(id, one) for id, text in consents.consents().items() for one in text.examples]


@pytest.mark.parametrize(("id", "example"), EXAMPLES, ids=lambda part: getattr(part, "name", part))
def test_every_example_of_a_consent_comes_out_as_it_says(id: str, example: Example) -> None:
    text = consents.words(
        consents.consents()[id], course=example.course, drug=example.drug, alternatives=example.alternatives
    )
    assert all(words in text for words in example.says), text
    assert not any(words in text for words in example.says_not), text


@pytest.mark.parametrize("id", consents.consents())
def test_a_frequency_is_told_only_where_its_source_was_read(id: str) -> None:
    for one in consents.consents()[id].effects:
        if one.often is not None:
            assert one.often.unit == "%" or one.often.unit.startswith("of "), one.name
            assert one.often.checked != "unchecked", one.name
            assert one.among, f"{one.name}: among whom?"


@pytest.mark.parametrize("id", consents.consents())
def test_statements_are_told_apart(id: str) -> None:
    ids = [one.id for one in consents.consents()[id].statements]
    assert len(ids) == len(set(ids))
    assert any(one.needed for one in consents.consents()[id].statements)


def test_what_is_shown_is_every_line_that_is_signed() -> None:
    text = consents.words(consents.consents()["ketamine_infusion"], course="a course", drug="racemic")
    shown = consents.blocks(text)
    assert len(shown) == len(text.strip().splitlines())
    assert {one.kind for one in shown} == {"heading", "item", "paragraph"}
    assert consents.fingerprint(text) != consents.fingerprint(text.replace("24 hours", "12 hours", 1))


@pytest.mark.parametrize("aim", ["pain", "depression"])
def test_every_aim_of_a_course_has_its_own_words(aim: str) -> None:
    assert consents.consent_for(aim)[1].aim == aim
    with pytest.raises(UnwoundError, match="no consent for treatment of sleep"):
        consents.consent_for("sleep")


@pytest.mark.parametrize("id", consents.consents())
def test_what_goes_home_is_when_to_call_and_what_not_to_do_and_nothing_of_the_day_before(id: str) -> None:
    text = consents.consents()[id]
    home = [one for one in (*text.sections, *text.after) if one.goes_home]
    said = " ".join(line.text for one in home for line in one.lines)
    assert [one.heading.split()[0] for one in home] == ["Call", "Call", "For"]
    assert "harming yourself" in said
    assert "drive" in said
    assert "before" not in said


@pytest.mark.parametrize("id", consents.consents())
def test_no_sentence_of_a_consent_is_long(id: str) -> None:
    """A bound on length that a tired reader can bear; the words themselves are for people to judge."""
    text = consents.words(consents.consents()[id], course="a course", drug="racemic")
    for block in consents.blocks(text[: text.index("# Sources")]):
        for sentence in re.split(r"(?<=[.:?])\s", block.text):
            assert len(sentence.split()) <= LONGEST, sentence
