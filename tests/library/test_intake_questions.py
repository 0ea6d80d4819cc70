"""What a patient is asked: facts that exist, in words without jargon; and help for every red flag."""

from __future__ import annotations

import re
from datetime import date

import pytest

from unwound import candidacy, cautions, derive, facts, instruments, intake
from unwound.patient import Answers, Patient

JARGON = re.compile(
    r"\b(allodynia|hyperalgesia|paraesthesia|dysaesthesia|sensory|motor|distal|lesion|neuropath\w*(?! pain\))|"
    r"comorbid\w*|acute|chronic|onset|contraindicat\w*|malignan\w*|fact|patient)\b",
    re.IGNORECASE,
)
LONGEST = 26
"""Words of one sentence."""
URGENT = [id for id, one in cautions.cautions().items() if one.kind in cautions.URGENT and one.level == "stop"]


def knowing(**values: object) -> list[tuple[str, str]]:
    patient = Patient(as_of=date(2026, 11, 21)).knowing(**values)  # type: ignore[arg-type]
    return [(one.id, one.kind) for one in cautions.urgent(cautions.screen(derive.derive(patient)))]


def asked() -> list[tuple[str, str]]:
    return [
        (id, text)
        for id, step in intake.steps().items()
        for text in (
            *step.say,
            *(part for one in step.questions for part in (one.ask, one.help, *one.options.values())),
            *(part for story in step.stories for part in (story.ask, story.help)),
            *(one.title for one in step.regions()),
        )
    ]


@pytest.mark.parametrize(("id", "text"), asked())
def test_no_question_needs_a_dictionary(id: str, text: str) -> None:
    without_glosses = re.sub(r"\([^)]*\)", "", text)
    assert not JARGON.search(without_glosses), text


@pytest.mark.parametrize("about", ["candidacy", "found", "letter", "urgent_help"])
def test_no_sentence_for_the_patient_is_long(about: str) -> None:
    """A bound on length that a tired reader can bear; the words themselves are for people to judge."""
    texts = [*(text for _, text in asked()), *(one for said in candidacy.plain_words(about).values() for one in said)]
    for sentence in (one for text in texts for one in re.split(r"(?<=[.:?!;])\s", text)):
        assert len(sentence.split()) <= LONGEST, sentence


@pytest.mark.parametrize("id", ["ascending_weakness", "cauda_equina", "major_trauma", "metastatic_cord_compression"])
def test_where_it_cannot_wait_what_to_do_is_said_first(id: str) -> None:
    assert re.match(r"(Call|Go|Please go)\b", candidacy.plain_words("urgent_help")[id][0])


def test_no_fact_is_asked_twice_and_every_choice_has_plain_words() -> None:
    asked = [one.fact for step in intake.steps().values() for one in step.questions]
    assert len(asked) == len(set(asked))
    for step in intake.steps().values():
        for one in step.questions:
            assert set(one.options) == set(facts.vocabulary()[one.fact].options), one.fact
            assert not facts.vocabulary()[one.fact].derived, one.fact


def test_every_red_flag_a_patient_can_know_is_asked() -> None:
    asked = {one.fact for step in intake.steps().values() for one in step.questions}
    forms = {step.instrument for step in intake.steps().values() if step.instrument}
    asked |= {item.fact for id in forms for item in instruments.instrument(id).items if item.fact}
    told_by_tests_or_in_person = {"suicidal_thoughts_now", "suicidal_plan_or_intent", "suicidal_behaviour_3_months"}
    told_by_tests_or_in_person |= {"imaging_mass_or_compression"}
    for id in URGENT:
        when = cautions.cautions()[id].when
        assert when is not None
        assert set(when.facts()) & (asked | told_by_tests_or_in_person), id


@pytest.mark.parametrize("id", URGENT)
def test_each_urgent_finding_has_words_for_the_patient_that_say_what_to_do(id: str) -> None:
    words = candidacy.plain_words("urgent_help")
    said = " ".join(words.get(id) or words[cautions.cautions()[id].kind])
    assert re.search(r"\b(call|go to|see)\b", said, re.IGNORECASE), id
    assert "promise" not in said


def test_thoughts_of_death_are_answered_with_the_emergency_number_and_the_line_of_the_country() -> None:
    form = Answers(instrument="phq_9", on=date(2026, 11, 21), items=(None,) * 8 + (1,))
    patient = Patient(as_of=date(2026, 11, 21), answers=(form,))
    found = [(one.id, one.kind) for one in cautions.urgent(cautions.screen(derive.derive(patient)))]
    said = " ".join(candidacy.urgent_help(found, None))
    assert "local emergency number" in said
    assert "988" not in said
    assert "988" in " ".join(candidacy.urgent_help(found, "US"))
    assert "116 123" in " ".join(candidacy.urgent_help(found, "UK"))
    everything = str(candidacy.plain_words("urgent_help"))
    assert all(number in everything for number in intake.crisis_lines())


def test_nothing_is_said_where_nothing_is_urgent_and_nothing_twice() -> None:
    assert candidacy.urgent_help(knowing(back_or_leg_pain=True), "US") == ()
    found = knowing(back_or_leg_pain=True, saddle_numbness_new=True, gait_or_sensory_level_new=True)
    assert len(found) > 1
    said = candidacy.urgent_help(found, "US")
    assert len(said) == len(set(said)) > 2


def test_the_body_map_has_both_sides_of_each_pair_and_no_region_twice() -> None:
    regions = [region for step in intake.steps().values() for region in step.regions()]
    assert len({one.id for one in regions}) == len(regions) == len({(one.side, one.title) for one in regions})
    assert len({one.title for one in regions}) == len(regions)
    for one in regions:
        if "-left-" in one.id:
            other = intake.regions()[one.id.replace("-left-", "-right-")]
            assert (other.d, other.mirrored) == (one.d, not one.mirrored)
    assert not intake.regions()["front-right-hand"].mirrored
    assert not intake.regions()["back-left-hand"].mirrored
