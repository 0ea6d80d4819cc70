"""How often a treatment helps, said in people; and how hard a text is to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import catalogue, reading
from unwound.catalogue import Checked, Cited, load
from unwound.checking import reading_age
from unwound.conditions.knowledge import ConditionGroup
from unwound.reading import condition_pages, frequencies, knowledge, short_pages
from unwound.reading.knowledge import Arm, comparisons
from unwound.record import UnwoundError


def shown(id: str) -> str:
    return frequencies.picture(comparisons()[id]).line.text


def test_both_groups_are_said_with_their_intervals() -> None:
    # 67 +/- 1.96 x 10 and 23 +/- 1.96 x 9, by hand: 47.4 to 86.6, 5.4 to 40.6
    assert shown("crps_esketamine_relief") == (
        "67 of 100 people felt relief of pain with four days of esketamine. It was 23 of 100 with a dummy drip. "
        "The true numbers are likely to lie between 47 and 87 of 100, and between 5 and 41 of 100."
    )


def test_a_small_trial_is_drawn_with_its_own_people_and_not_as_of_a_hundred() -> None:
    picture = frequencies.picture(comparisons()["spinal_cord_ketamine_40_min"])
    assert (picture.of, [group.n for group in picture.groups]) == (10, [5, 0])
    assert [(group.low, group.high) for group in picture.groups] == [(2, 8), (0, 3)]  # Wilson: 0.237-0.763, 0-0.278


def test_a_difference_that_can_be_chance_is_said_to_be_one() -> None:
    assert "between -10 and 18 of 100" in shown("cancer_ketamine_under_the_skin")


def test_a_number_needed_to_treat_alone_is_said_in_words_and_never_drawn() -> None:
    page = reading.page("therapies", "gabapentin")
    assert not any(section.pictures for section in page.sections)
    (often,) = (section for section in page.sections if section.key == "often")
    assert often.lines[0].text.startswith(
        "About 9 people have to use it for one more to get good relief than with a dummy."
    )
    assert "finnerup_2015: NNT 7.2" in often.lines[0].clinician, "the older edition stands beside it, never averaged"


def test_an_interval_without_an_end_says_that_it_may_help_no_more_than_a_dummy() -> None:
    (often,) = (section for section in reading.page("therapies", "capsaicin_cream").sections if section.key == "often")
    assert "It could also be that it helps no more than a dummy." in often.lines[0].text


@pytest.mark.parametrize(
    ("id", "says"), [("crps_1", "People with CRPS were left out"), ("post_stroke_pain", "taken together")]
)
def test_whose_numbers_they_are_is_said(id: str, says: str) -> None:
    (first,) = (section for section in reading.page("conditions", id).sections if section.key == "first")
    assert any(says in line.text for line in first.lines)


def test_numbers_of_neuropathic_pain_are_not_said_of_its_neighbours() -> None:
    from unwound import conditions

    for id, entry in conditions.conditions().items():
        if entry.group in (ConditionGroup.NEIGHBOUR, ConditionGroup.ACUTE):
            (first,) = (section for section in reading.page("conditions", id).sections if section.key == "first")
            assert not any("for one more to get good relief" in line.text for line in first.every_line()), id


def test_what_did_not_help_in_a_condition_is_said_there() -> None:
    sections = {section.key: section for section in reading.page("conditions", "hiv_neuropathy").sections}
    assert {"Amitriptyline", "Pregabalin"} <= {line.name for line in sections["avoided"].items}
    assert not {"Amitriptyline", "Pregabalin"} & {line.name for line in sections["first"].items}


@pytest.mark.parametrize("id", ["crps_1", "postherpetic_neuralgia", "trigeminal_neuralgia"])
def test_each_later_treatment_says_what_it_is_and_when_its_turn_comes(id: str) -> None:
    (later,) = (section for section in reading.page("conditions", id).sections if section.key == "fails")
    assert later.items
    for line in later.items:
        assert line.text.endswith(("This comes next.", "This comes after that.", "This comes last."))
        assert len(line.text.split()) > 5, line.name


def test_guides_that_do_not_agree_are_said_to() -> None:
    (first,) = (s for s in reading.page("conditions", "lumbosacral_radiculopathy").sections if s.key == "first")
    of = {line.name: line.text for line in first.items}
    assert "Gabapentin" not in of or "Guides do not agree on it here." in of["Gabapentin"]


def test_the_strongest_evidence_comes_first_and_nothing_is_left_out() -> None:
    grades, *sections = reading.strongest_page().sections
    assert "A is the strongest" in grades.prose
    assert [section.key for section in sections] == ["moderate", "weak", "very-weak", "none-found", "against"]
    assert sum(len(section.items) for section in sections) == len(reading.ids("conditions"))
    assert {"conditions/crps_1", "conditions/crps_2"} == {line.link for line in sections[0].items}
    absent = {line.link.partition("/")[2] for section in sections[2:] for line in section.items}
    assert {"cancer_bone_pain", "migraine", "nociceptive_pain"} <= absent


def test_a_page_that_is_not_there_is_named() -> None:
    with pytest.raises(UnwoundError, match="conditions/toothache"):
        reading.page("conditions", "toothache")
    with pytest.raises(UnwoundError, match="there is no kind of page"):
        reading.ids("recipes")


@given(st.integers(min_value=1, max_value=400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_none_and_all(counted: tuple[int, int]) -> None:
    count, people = counted
    low, high = frequencies.wilson(count / people, people)
    assert 0 <= low <= count / people + 1e-12
    assert count / people - 1e-12 <= high <= 1
    wider = frequencies.wilson(count / people, people * 4)
    assert high - low >= wider[1] - wider[0] - 1e-12, "more people, a narrower interval"


def test_without_people_and_without_an_error_there_is_no_interval() -> None:
    share = Cited(value=31, unit="%", source="hardy_2012", checked=Checked.PRIMARY)
    assert frequencies.interval(Arm(share=share), 0.31) == (None, None)


@pytest.mark.parametrize(
    ("word", "count"),
    [("pain", 1), ("nerve", 1), ("burning", 2), ("tablet", 2), ("medicine", 3), ("ketamine", 3), ("helped", 1),
     ("treated", 2), ("hospital", 3), ("diabetic", 4), ("tired", 1), ("people", 2), ("like", 1), ("level", 2)],
)  # fmt: skip
def test_syllables(word: str, count: int) -> None:
    assert reading_age.syllables(word) == count


def test_the_formulas_on_a_text_counted_by_hand() -> None:
    # 2 sentences, 12 words, 16 syllables (hos-pi-tal and med-i-cine are long): 0.39 x 6 + 11.8 x 16/12 - 15.59
    read = reading_age.read("Go to the hospital now. Take the medicine with you at once.")
    assert (read.sentences, read.words, read.syllables, read.long_words) == (2, 12, 16, 2)
    assert read.grade == pytest.approx(2.483, abs=0.001)
    assert read.smog == pytest.approx(1.043 * 30**0.5 + 3.1291)


def test_nothing_to_read_is_no_grade() -> None:
    assert reading_age.read("").grade == 0 == reading_age.read("").smog


def test_our_words_do_not_describe_a_file_that_a_clinic_put_in_place_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {("conditions", "migraine"), ("therapies", "gabapentin")}
    monkeypatch.setattr(knowledge, "is_own", lambda kind, id: (kind, id) in own)
    page = condition_pages.page("migraine")
    assert page.title == "Migraine"
    assert page.sections[0].lines[0].text.startswith("Attacks of headache of 4 to 72 hours"), "the words of the file"
    assert short_pages.therapy("gabapentin").sections[0].lines[0].text == "a gabapentinoid is first line"
    own.add(("lay_conditions", "migraine"))
    assert condition_pages.page("migraine").sections[0].lines[0].text.startswith("Attacks of strong headache")


def test_every_file_of_ours_has_its_plain_words() -> None:
    """Without them a page would speak to readers in the clinicians' words."""
    assert set(load("lay_conditions", knowledge.LayCondition)) == set(reading.ids("conditions"))
    for kind, file in load("lay_words", knowledge.LayWords).items():
        assert set(file.words) == set(catalogue.ids(kind)), kind
