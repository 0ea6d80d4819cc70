"""Which sign is typed, in what order, on which screen, and what is charted with a tap: as the files say it."""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from copied_data import ask, change, copy, file

from unwound import catalogue, drugs, session
from unwound.record import UnwoundError
from unwound.session import display
from unwound.session.pick_lists import PickList, pick_list
from unwound.session.signs import Charting, signs

TILES = (
    *("spo2", "heart_rate", "pulse_rate", "systolic", "respiratory_rate", "etco2"),
    *("sedation", "dissociation", "pain", "nausea", "temperature"),
)
EVERY_KNOWN = ("diastolic", "mean_pressure", *sorted(TILES))


BEFORE = ("systolic", "diastolic", "heart_rate", "pulse_rate", "spo2", "respiratory_rate", "sedation", "pain")
TYPED = (*BEFORE[:3], *BEFORE[4:7], "dissociation", "pain", "nausea")


def kept(shown: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Of what is shown the signs that a test knows, in their order: another sign is one more file."""
    return tuple(id for id in shown if id in {*known})


def test_before_the_start_eight_signs_are_asked_for_in_the_order_of_typing() -> None:
    assert kept(display.baseline(), EVERY_KNOWN) == BEFORE


def test_at_the_bedside_nine_are_typed() -> None:
    assert kept(display.by_hand(), EVERY_KNOWN) == TYPED


def test_the_screen_has_its_order_whatever_came_first() -> None:
    assert display.tiles(EVERY_KNOWN) == TILES
    assert display.tiles(reversed(EVERY_KNOWN)) == TILES
    assert display.tiles(["pain", "pain", "spo2"]) == ("spo2", "pain")


def test_oxygen_pulse_pressure_breathing_and_carbon_dioxide_are_drawn() -> None:
    assert kept(display.trends(), EVERY_KNOWN) == TILES[:6]


def test_the_board_shows_six() -> None:
    assert display.on_board(EVERY_KNOWN) == {*TILES[:5], "sedation"} - {"etco2"}


def test_in_the_record_both_pressures_share_a_column_and_the_mean_comes_last() -> None:
    whole = [(id, "diastolic") if id == "systolic" else (id,) for id in TILES]
    assert list(display.columns(EVERY_KNOWN)) == [*whole, ("mean_pressure",)]
    assert list(display.columns({"diastolic"})) == [("systolic", "diastolic")]
    assert list(display.columns(())) == []


def test_a_pulse_stands_in_for_a_heart_rate_and_nothing_else_for_anything() -> None:
    assert {id: display.stands_in_for(id) for id in EVERY_KNOWN if display.stands_in_for(id)} == {
        "pulse_rate": "heart_rate"
    }


def test_places_are_taken_once_and_whatever_is_typed_has_one() -> None:
    for place in ("entry", "screen"):
        taken = [getattr(one.charting, place) for one in signs().values() if getattr(one.charting, place)]
        assert len(taken) == len({*taken}), place
    for id in {*display.baseline(), *display.by_hand()}:
        assert signs()[id].charting.entry, id


def test_a_pair_is_of_two_signs_in_one_unit() -> None:
    pairs = [(one, session.sign(one.charting.pair.sign)) for one in signs().values() if one.charting.pair]
    assert pairs
    assert all(first.unit == second.unit and not second.charting.pair for first, second in pairs)


def test_where_a_sign_is_shown_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="needs its reason"):
        Charting(by_hand=True, entry=3)


SHOWN = """
import json
from unwound.session import display
from unwound.session.pick_lists import pick_list
from unwound.session.signs import signs
print(json.dumps([display.by_hand(), display.tiles(signs()), display.trends(), pick_list("rescue_drugs").words]))
"""


def test_a_clinic_changes_its_screens_and_its_drugs_without_a_line_of_code(tmp_path: Path) -> None:
    data = copy(tmp_path)
    change(file(data, "vital_signs", "temperature"), "[charting]\n", "[charting]\nentry = 99\nby_hand = true\n")
    drug = file(data, "pick_lists", "rescue_drugs")
    drug.write_text(drug.read_text(encoding="utf-8").replace("labetalol", "urapidil"), encoding="utf-8")
    typed, tiles, drawn, rescue = ask(data, SHOWN)
    assert "temperature" not in display.by_hand()
    assert [*kept(typed, EVERY_KNOWN)] == [*TYPED, "temperature"]
    assert (kept(tiles, TILES), kept(drawn, TILES)) == (TILES, TILES[:6])
    assert rescue[2] == "urapidil"


LISTS: dict[str, tuple[str, ...]] = {
    "rescue_drugs": ("midazolam", "ondansetron", "labetalol", "oxygen", "naloxone", "flumazenil"),
    "side_effects": (
        *("nausea", "vomiting", "dissociation", "agitation", "hallucination", "headache"),
        "high blood pressure",
    ),
    "alert_reasons": ("seen at the bedside, patient well", "probe or cuff moved, put right", "treated, see the notes"),
}


@pytest.mark.parametrize("id", LISTS)
def test_what_is_tapped_stands_in_its_order(id: str) -> None:
    assert kept(pick_list(id).words, LISTS[id]) == LISTS[id]


def test_every_medicine_that_is_named_is_one_that_is_known_by_that_name() -> None:
    for id in catalogue.ids("pick_lists"):
        for choice in pick_list(id).choices:
            assert not choice.drug or drugs.recognise(text=choice.says) == choice.drug, choice.says


def test_a_list_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnwoundError, match=r"no pick list «rescue»; there are: alert_reasons"):
        pick_list("rescue")


@pytest.mark.parametrize("wrong", ["none", "twice"])
def test_a_list_is_neither_empty_nor_says_a_thing_twice(wrong: str, tmp_path: Path) -> None:
    told: dict[str, Any] = tomllib.loads(file(copy(tmp_path), "pick_lists", "side_effects").read_text(encoding="utf-8"))
    told["choices"] = [] if wrong == "none" else [*told["choices"], told["choices"][0]]
    with pytest.raises(ValueError, match="at least one choice, and each once"):
        PickList.model_validate(json.loads(json.dumps(told, default=str)))
