"""Pictures that a reader changes: every list is whole, what is chosen is what is drawn, and the words agree with it."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

import pytest
from test_public_pages import JARGON, SENTENCES_TO_JUDGE

from unwound import protocols, reading
from unwound.checking import reading_age
from unwound.evidence import studies
from unwound.reading import live
from unwound.reading.live import Choice, Drawn, LivePicture
from unwound.record import UnwoundError

PICTURES = live.pictures()


@cache
def shown(id: str, **asked: str) -> Drawn:
    return live.drawn(PICTURES[id], live.chosen(PICTURES[id], asked))


def test_what_can_be_asked_is_a_small_number_of_pictures() -> None:
    assert list(PICTURES) == ["wind_up", "opioids", "short_and_long"]
    assert {id: picture.count for id, picture in PICTURES.items()} == {
        "wind_up": 5 * 6 * 2,
        "opioids": 3 * 2 * 3 * 2,
        "short_and_long": 4 * 4 * 2,
    }


def every_choice(picture: LivePicture) -> list[Choice]:
    lists = [[(control.id, option) for option in control.options] for control in picture.controls]
    return [dict(pairs) for pairs in product(*lists)]


@pytest.mark.parametrize("id", PICTURES)
def test_every_choice_sets_what_the_models_know(id: str) -> None:
    for choice in every_choice(PICTURES[id]):
        for option in choice.values():
            assert set(option.sets) <= {*live._TRAINS, "bands"}, option
            assert not option.course or option.course in protocols.protocols(), option


@pytest.mark.slow
@pytest.mark.parametrize("id", PICTURES)
def test_every_picture_that_can_be_asked_for_is_drawn(id: str) -> None:
    for choice in every_choice(PICTURES[id]):
        drawn = live.drawn(PICTURES[id], choice)
        assert drawn.svg.endswith("</svg>")
        assert all(len(row) == len(drawn.head) for row in drawn.rows)
        assert drawn.says


def test_a_choice_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnwoundError, match="«never» is none of the choices; there are: each-10-s, each-3-s"):
        live.chosen(PICTURES["wind_up"], {"pace": "never"})
    with pytest.raises(UnwoundError, match="wind_up"):
        live.picture("cold")


def test_names_that_are_no_control_change_nothing() -> None:
    assert live.chosen(PICTURES["wind_up"], {"utm_source": "x"}) == live.usual(PICTURES["wind_up"])


def test_at_a_jab_in_ten_seconds_nothing_grows_and_no_share_of_nothing_is_told() -> None:
    slow = shown("wind_up", pace="each-10-s", gates="half")
    assert "Nothing grows" in slow.says[0]
    assert "parts are left" not in " ".join(slow.says)
    assert len(slow.rows) == 3


def test_shut_gates_take_the_growth_and_leave_most_of_the_first_answer() -> None:
    said = shown("wind_up").says[1]
    first, growth = map(int, re.findall(r"(\d+) of 100", said))
    assert first > 60
    assert growth < 15


def test_ketamine_as_people_have_it_takes_little_and_twenty_times_as_much_takes_most() -> None:
    growth = [
        int(re.findall(r"growth (\d+) of 100", shown("wind_up", gates=gates).says[1])[0])
        for gates in ("ketamine-as-people", "ketamine-5", "ketamine-20")
    ]
    assert growth[0] > 75
    assert growth == sorted(growth, reverse=True)
    assert growth[-1] < 30
    assert any("shuts few of its gates" in note.text for note in PICTURES["wind_up"].notes)


def test_nothing_chosen_is_drawn_once() -> None:
    plain = shown("wind_up", gates="none")
    assert plain.head == ("Jab number", "as it is")
    assert len(plain.says) == 1


def test_an_opioid_spares_the_growth_only_by_the_guess_and_both_labs_are_named() -> None:
    alone, both = shown("opioids", lab="lasts"), shown("opioids")
    assert alone.head == ("Jab number", "no drug", "opioid")
    assert both.head == ("Jab number", "no drug", "opioid", "opioid, lifted")
    first, growth = map(int, re.findall(r"(\d+) of 100", alone.says[1]))
    assert growth <= first
    first, growth = map(int, re.findall(r"(\d+) of 100", both.says[2]))
    assert growth > 80 > first
    assert {"chapman_1992", "guan_2013"} <= {note.source for note in PICTURES["opioids"].notes}


def test_two_courses_are_two_lines_and_the_same_twice_is_drawn_once() -> None:
    assert shown("short_and_long").head == ("After the last drip", "40 minutes", "four days")
    assert shown("short_and_long", first="four-days").head == ("After the last drip", "four days")
    assert "between" in shown("short_and_long", sure="yes").rows[0][1]


def test_what_stands_beside_a_picture_has_its_source_and_leads_somewhere() -> None:
    there = {*(f"{page.kind}/{page.id}" for page in reading.every()), "evidence", "check"}
    for id in PICTURES:
        page = live.page(id)
        assert page.sources
        assert set(page.sources) <= studies().keys()
        links = {line.link for section in page.sections for line in section.every_line() if line.link}
        assert links <= there, id


def test_every_drawing_of_a_question_that_can_be_changed_says_the_same_as_before_it_was() -> None:
    drawn = {drawing.picture for page in reading.every() for section in page.sections for drawing in section.drawings}
    assert set(PICTURES) <= drawn, "each leads from a question to its picture"


@pytest.mark.parametrize("id", PICTURES)
def test_it_can_be_read_at_eleven_or_twelve(id: str) -> None:
    page = live.page(id)
    words = " ".join(section.prose for section in page.sections)
    asked = " ".join(f"{control.ask}. " for control in PICTURES[id].controls)
    assert reading_age.read(words).smog <= 9, reading_age.read(words)
    for section in page.sections:
        read = reading_age.read(section.prose)
        assert read.sentences < SENTENCES_TO_JUDGE or read.grade <= 6, (section.key, read.grade)
    options = " ".join(option.words for control in PICTURES[id].controls for option in control.options)
    assert not [word for word in JARGON if re.search(rf"\b{word}\b", f"{words} {asked} {options}".lower())]
