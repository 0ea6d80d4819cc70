"""What a patient is asked: facts that exist, in words without jargon; and help for every red flag."""

from __future__ import annotations

import re
from datetime import date

import pytest

from unwound import candidacy, cautions, derive, facts, instruments, intake, screens
from unwound.patient import Answers, Patient
from unwound.telephones import Lines

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


def groups_of(step: intake.Step) -> list[screens.Screen]:
    return [screens.screens()[group.screen] for group in step.groups]


def facts_asked() -> list[str]:
    single = [one.fact for step in intake.steps().values() for one in step.questions]
    return single + [item.fact for step in intake.steps().values() for one in groups_of(step) for item in one.items]


def asked() -> list[tuple[str, str]]:
    return [
        (id, text)
        for id, step in intake.steps().items()
        for text in (
            *step.say,
            *(part for one in step.questions for part in (one.ask, one.help, *one.options.values())),
            *(part for story in step.stories for part in (story.ask, story.help)),
            *(
                part
                for screen in groups_of(step)
                for part in (screen.patient, *(item.patient for item in screen.items))
            ),
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
    asked = facts_asked()
    assert len(asked) == len(set(asked))
    for step in intake.steps().values():
        for one in step.questions:
            assert set(one.options) == set(facts.vocabulary()[one.fact].options), one.fact
            assert not facts.vocabulary()[one.fact].derived, one.fact


def test_every_red_flag_a_patient_can_know_is_asked() -> None:
    asked = set(facts_asked())
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
    berlin = Lines(emergency="112", crisis="TelefonSeelsorge 116 123", clinic="030 1234567")
    in_berlin = candidacy.urgent_help(found, "US", berlin)
    assert "988" not in " ".join(in_berlin)
    assert in_berlin[-3:] == (
        "Please do not wait: call us, or someone near you, now.",
        "The emergency number: 112.",
        "Our clinic: 030 1234567.",
    )
    assert "You can also call a crisis line: TelefonSeelsorge 116 123." in in_berlin


@pytest.mark.parametrize("id", URGENT)
def test_a_clinic_without_a_telephone_never_says_call_us(id: str) -> None:
    words = " ".join(candidacy.urgent_help([(id, cautions.cautions()[id].kind)], "US", Lines(emergency="112")))
    assert not re.search(r"call us|our clinic", words, re.IGNORECASE), id
    assert "The emergency number: 112." in words


def test_nothing_is_said_where_nothing_is_urgent_and_nothing_twice() -> None:
    assert candidacy.urgent_help(knowing(back_or_leg_pain=True), "US") == ()
    found = knowing(back_or_leg_pain=True, saddle_numbness_new=True, limb_ischaemia_signs=True)
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


def test_what_is_asked_singly_stands_in_no_group_of_the_form() -> None:
    singly = {one.fact for step in intake.steps().values() for one in step.questions}
    assert {"ketamine_hypersensitivity", "pregnancy_possible"} <= singly
    assert "phq_9" in {step.instrument for step in intake.steps().values()}


def test_the_pages_of_a_section_follow_each_other_and_no_page_was_two() -> None:
    sections = [step.section for step in intake.steps().values()]
    assert sections == sorted(sections, key=sections.index)
    was = [id for step in intake.steps().values() for id in step.was]
    assert len(was) == len(set(was))
    assert not set(was) & set(intake.steps())
    assert intake.page_of("pregnancy") == "body"
    assert intake.page_of("never") == ""


def test_whoever_says_nothing_is_asked_everything_but_about_a_treatment_nobody_had() -> None:
    nobody = intake.Person(known=Patient(as_of=date(2026, 11, 21)))
    steps = intake.steps().values()
    onlies = [step.only for step in steps] + [one.only for step in steps for one in step.questions]
    onlies += [one.only for step in steps for one in step.groups]
    assert all(intake.concerns(only, nobody) for only in onlies if not only.tried)
    assert not intake.concerns(intake.Only(tried="ketamine"), nobody)


@pytest.mark.parametrize(("born", "asked"), [(date(1966, 11, 22), True), (date(1966, 11, 21), False)])
def test_from_sixty_nobody_is_asked_about_a_pregnancy(born: date, asked: bool) -> None:
    woman = intake.Person(known=Patient(as_of=date(2026, 11, 21), sex="female", birth_date=born))
    assert intake.concerns(intake.Only(possible="pregnancy_possible"), woman) is asked


def test_a_page_takes_longer_where_more_concerns_the_patient() -> None:
    page, known = intake.steps()["what_it_is_like"], Patient(as_of=date(2026, 11, 21))
    face, foot = (intake.Person(known=known, marked=(region,)) for region in ("front-left-cheek", "front-left-foot"))
    assert 0 < intake.minutes(page, face) < intake.minutes(page, foot)
