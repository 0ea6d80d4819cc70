"""A tile shows the newest value, and never becomes calmer as the patient becomes worse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from unwound import session
from unwound.session import Reading
from unwound_clinic.session.infusion_record import content
from unwound_clinic.session.tiles import LEVELS, Tile, tiles
from unwound_clinic.session.watching import Live

START = datetime(2026, 11, 21, 10, tzinfo=UTC)


def tile(*told: tuple[float, str, float | None], second: float) -> Tile:
    """The first tile after these readings of one monitor: (second, sign, value, or nothing where the sensor is off)."""
    readings = session.gather(
        Reading(
            at=START + timedelta(seconds=at),
            kind=kind,
            value=value,
            source="monitor",
            status="no-sensor" if value is None else "value",
        )
        for at, kind, value in told
    )
    limits = session.usual()
    watched = session.watch(limits, readings, [], START + timedelta(seconds=second))
    return tiles(Live(rows=(), readings=readings, limits=limits, watched=watched), UTC)[0]


def test_a_heart_rate_of_0_is_shown_as_0_and_never_as_the_72_before_it() -> None:
    shown = tile((0, "heart_rate", 72), (5, "heart_rate", 0), second=6)
    assert (shown.value, shown.word, shown.level, shown.old) == ("0", "critical or artefact", "stop", False)
    assert shown.also == ("before: 72, 10:00:00",)


def test_a_bound_stands_large_with_its_mark_beside_the_limit_that_it_proves() -> None:
    told = [Reading(at=START, kind="spo2", value=97, source="monitor")]
    told += [Reading(at=START + timedelta(seconds=5), kind="spo2", value=70, source="monitor", status="below")]
    readings, limits = session.gather(told), session.usual()
    watched = session.watch(limits, readings, [], START + timedelta(seconds=6))
    (shown,) = tiles(Live(rows=(), readings=readings, limits=limits, watched=watched), UTC)
    assert (shown.value, shown.word, shown.level, shown.old, shown.change) == ("<70", "below 90 %", "stop", False, "")


def test_falling_from_97_to_nothing_each_step_is_at_least_as_grave_as_the_one_before() -> None:
    told: list[tuple[float, str, float | None]] = []
    levels = []
    for place, value in enumerate([97.0, 92.0, 85.0, 78.0, 58.0, 41.0, 36.0, 12.0, 0.0, None]):
        told.append((20.0 * place, "spo2", value))
        levels.append(LEVELS.index(tile(*told, second=20.0 * place + 19).level))
    assert levels == sorted(levels)
    assert levels[2:] == [2] * 8


def test_a_sensor_that_is_off_paints_no_number_large() -> None:
    shown = tile((0, "spo2", 97), (5, "spo2", None), second=6)
    assert (shown.value, shown.word, shown.also) == ("–", "sensor off", ("before: 97, 10:00:00",))


def test_both_pressures_stand_together_and_the_graver_of_them_gives_the_word() -> None:
    shown = tile((0, "systolic", 150), (0, "diastolic", 118), second=6)
    assert (shown.value, shown.word, shown.level) == ("150/118", "above 110 mmHg", "stop")


@pytest.mark.parametrize(
    ("systolic", "diastolic", "apart_s", "value"),
    [
        ("MON 1.1.9.150301", "MON 1.1.9.150302", 0, "147/117"),
        ("MON 1.1.9.150301", "MON 1.1.9.150302", 60, "147/117"),
        ("MON 1.1.9.150301", "MON 1.1.9.150302", 61, "147/–"),
        ("MON 1.1.9.150301", "MON 1.2.9.150302", 0, "147/–"),
        ("MON 1.1.9.150301", "OTHER 1.1.9.150302", 0, "147/–"),
        ("cuff", "cuff", 0, "147/117"),
    ],
    ids=str,
)
def test_both_pressures_of_a_monitor_that_gives_each_its_own_id_stand_together(
    systolic: str, diastolic: str, apart_s: float, value: str
) -> None:
    told = [("systolic", 147.0, systolic, 0.0), ("diastolic", 117.0, diastolic, apart_s)]
    readings = session.gather(
        Reading(at=START + timedelta(seconds=at), kind=kind, value=number, source=source)
        for kind, number, source, at in told
    )
    limits = session.usual()
    watched = session.watch(limits, readings, [], START + timedelta(seconds=90))
    assert tiles(Live(rows=(), readings=readings, limits=limits, watched=watched), UTC)[0].value == value


def test_in_the_record_they_are_one_cell_and_two_cuffs_of_one_device_are_two() -> None:
    def cell(*told: tuple[str, float, str]) -> str:
        readings = [Reading(at=START, kind=kind, value=value, source=source) for kind, value, source in told]
        (row,) = session.grid(readings, 5, START, START + timedelta(minutes=1))
        return content._text(row.cells, ("systolic", "diastolic"), session.usual(), struck=False)

    one = ("systolic", 147.0, "MON 1.1.9.150301"), ("diastolic", 117.0, "MON 1.1.9.150302")
    assert cell(*one) == "147/117"
    assert cell(*one, ("systolic", 120.0, "MON 1.1.9.7")) == "147; 117; 120"
    assert cell(("systolic", 147.0, "cuff"), ("diastolic", 117.0, "cuff")) == "147/117"
