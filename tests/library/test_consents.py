"""The words of a consent: every example, sources that are numbered, no frequency without its source."""

from __future__ import annotations

import pytest

from unwound import consents
from unwound.consents import Example
from unwound.record import UnwoundError

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
            assert one.often.unit == "%"
            assert one.often.checked != "unchecked", one.name
            assert one.among, f"{one.name}: among whom?"


@pytest.mark.parametrize("id", consents.consents())
def test_statements_are_told_apart(id: str) -> None:
    ids = [one.id for one in consents.consents()[id].statements]
    assert len(ids) == len(set(ids))
    assert any(one.needed for one in consents.consents()[id].statements)


def test_what_is_shown_is_every_line_that_is_signed() -> None:
    text = consents.words(consents.consents()["ketamine_infusion"], course="a course", drug="ketamine")
    shown = consents.blocks(text)
    assert len(shown) == len(text.strip().splitlines())
    assert {one.kind for one in shown} == {"heading", "item", "paragraph"}
    assert consents.fingerprint(text) != consents.fingerprint(text.replace("24 hours", "12 hours", 1))


def test_another_aim_has_no_consent_yet() -> None:
    with pytest.raises(UnwoundError, match="no consent"):
        consents.consent_for("depression")
