"""Readings posted as JSON and imported as CSV: by the same judgement as from a monitor."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange.readings import Batch, ReadingsError
from unwound.exchange.readings_csv import read_csv
from unwound.exchange.readings_json import read_json
from unwound.session.readings import Reading
from unwound.session.signs import sign, signs

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = NOW - timedelta(minutes=1)
ITEM = {"kind": "spo2", "value": 97, "unit": "%", "at": "2026-11-21T11:59:00Z"}


def from_json(items: object, device: str = "") -> Batch:
    return read_json(json.dumps({"device": device, "readings": items}), received_at=NOW)


def from_csv(*lines: str, zone: ZoneInfo | None = None) -> Batch:
    return read_csv("\n".join(lines), received_at=NOW, zone=zone)


def charted(batch: Batch) -> list[tuple[str, float | None]]:
    return [(one.reading.kind, one.reading.value) for one in batch.readings]


def test_a_posted_reading_without_device_is_one_by_hand() -> None:
    (found,) = from_json([ITEM]).readings
    assert found.reading == Reading(at=AT, kind="spo2", value=97, unit="%", source="")
    assert found.reading.channel.by_hand


def test_device_and_probe_make_the_source() -> None:
    batch = from_json([ITEM | {"probe": "left"}, ITEM | {"probe": "right", "value": 91}], device="Oximeter")
    assert [(one.reading.source, one.reading.value) for one in batch.readings] == [
        ("Oximeter left", 97),
        ("Oximeter right", 91),
    ]


def test_a_bare_list_and_a_scale_without_unit() -> None:
    item = {"kind": "sedation", "value": -1, "at": "2026-11-21T06:59:00-05:00"}
    (found,) = read_json(json.dumps([item]), received_at=NOW).readings
    assert found.reading == Reading(at=AT, kind="sedation", value=-1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": "ninety"}, "number"),
        ({"value": True}, "shape"),
        ({"value": [97]}, "shape"),
        ({"valeu": 97}, "shape"),
        ({"unit": ""}, "unit"),
        ({"unit": "mmHg"}, "unit"),
        ({"at": "now"}, "time"),
        ({"at": None}, "time"),
        ({"at": "2026-11-21"}, "time"),
        ({"at": "2026-11-21T11:59:00"}, "time"),
        ({"at": "2026-11-21T12:02:01Z"}, "future"),
    ],
)
def test_what_cannot_be_charted_is_kept_back_and_the_rest_is_read(change: dict[str, object], why: str) -> None:
    batch = from_json([ITEM | change, ITEM])
    assert [one.why for one in batch.quarantined] == [why]
    assert charted(batch) == [("spo2", 97)]


def test_a_value_left_out_is_an_error_and_null_is_no_sensor() -> None:
    left_out = {key: value for key, value in ITEM.items() if key != "value"}
    batch = from_json([left_out, ITEM | {"value": None}, 7])
    assert charted(batch) == [("spo2", None)]
    assert [one.reason for one in batch.quarantined] == ["value missing", "it is not an object"]


def test_a_kind_that_is_not_known_is_listed() -> None:
    batch = from_json([ITEM | {"kind": "sp02"}])
    assert [one.code for one in batch.not_charted] == ["sp02^^unwound"]


@pytest.mark.parametrize("data", ["", "{", "7", '{"readings": 7}', "[" * 100_000, b"\xff\xfe"])
def test_what_is_no_list_of_readings_is_refused_in_words(data: str | bytes) -> None:
    with pytest.raises(ReadingsError):
        read_json(data, received_at=NOW)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    kind = draw(st.sampled_from(sorted(signs())))
    # A saturation of 0.97 % may be a share, and is held.
    value = draw(st.decimals(1, 10, places=2).map(float))
    at = NOW - timedelta(microseconds=draw(st.integers(0, 10**12)))
    return Reading(at=at, kind=kind, value=value, unit=sign(kind).unit, source=draw(st.sampled_from(["", "a"])))


@given(st.lists(readings(), max_size=6, unique_by=lambda one: (one.kind, one.source, one.at)))
def test_what_is_posted_as_json_is_read_as_it_was_sent(sent: list[Reading]) -> None:
    items = [
        {"kind": one.kind, "value": one.value, "unit": one.unit, "at": one.at.isoformat(), "probe": one.source}
        for one in sent
    ]
    assert [one.reading for one in read_json(json.dumps({"readings": items}), received_at=NOW).readings] == sent


@given(st.text(max_size=80) | st.binary(max_size=80))
def test_no_input_raises_anything_else(data: str | bytes) -> None:
    for read in (read_json, read_csv):
        with suppress(ReadingsError):
            batch = read(data, received_at=NOW)  # type: ignore[operator]
            assert not batch.readings


# ---- tables


def test_one_reading_a_row() -> None:
    batch = from_csv(
        "time,kind,value,unit,probe",
        "2026-11-21T11:59:00Z,spo2,97,%,left",
        "2026-11-21 06:59:00-05:00,systolic,16,kPa,",
        "",
        "2026-11-21T11:59:00Z,spo2,---,%,right",
        "yesterday,spo2,97,%,left",
    )
    assert charted(batch) == [("spo2", 97), ("systolic", 120.0098), ("spo2", None)]
    assert [one.reading.source for one in batch.readings] == ["file left", "file", "file right"]
    assert [(one.why, one.where) for one in batch.quarantined] == [("time", "line 6")]


def test_one_reading_a_column_with_its_unit_in_the_heading() -> None:
    batch = from_csv(
        "Time;SpO2 (%);pulse_rate [/min];Temp (°C);Room;HR",
        "2026-11-21T11:58:00Z;97;61;36,7;12;60",
        "2026-11-21T11:59:00Z;;---;98;;",
    )
    assert charted(batch) == [
        ("spo2", 97),
        ("pulse_rate", 61),
        ("temperature", 36.7),
        ("pulse_rate", None),
        ("temperature", 98),
    ]
    assert [(one.why, one.where) for one in batch.quarantined] == [("unit", "line 2, HR")]
    assert [(one.code, one.value_as_sent) for one in batch.not_charted] == [("Room", "1 values")]


def test_a_night_in_which_clocks_go_back_has_no_negative_interval() -> None:
    rows = [f"2026-11-01 {time},97" for time in ("00:40", "01:20", "01:59", "01:20", "01:59", "02:10")]
    batch = from_csv("time,spo2 (%)", *rows, zone=ZoneInfo("America/New_York"))
    minutes = [
        (one.reading.at - datetime(2026, 11, 1, 4, 40, tzinfo=UTC)).total_seconds() / 60 for one in batch.readings
    ]
    assert minutes == [0, 40, 79, 100, 139, 150]
    assert len([one for one in batch.readings if one.rule]) == 4


@pytest.mark.parametrize(
    "data", ["", "\n\n", "time", "a,b\n1,2", b"time,spo2\n\xff", "time,spo2\n" + '"' + "x" * 140_000]
)
def test_what_is_no_table_of_readings_is_refused_in_words(data: str | bytes) -> None:
    with pytest.raises(ReadingsError):
        read_csv(data, received_at=NOW)


@pytest.mark.parametrize(
    ("id", "title"),
    [
        ("respiratory_rate", "Rate of breathing"),
        ("etco2", "Carbon dioxide at the end of a breath"),
        ("heart_rate", "Heart rate of the ECG"),
        ("pulse_rate", "Pulse rate at the probe"),
        ("dissociation", "Dissociation as the nurse sees it, 0 to 10"),
    ],
)
def test_a_table_with_the_titles_of_earlier_versions_is_still_read(id: str, title: str) -> None:
    value, unit = sign(id).examples[0].value, sign(id).unit
    by_row = read_csv(f"time;kind;value;unit\n{AT.isoformat()};{title};{value};{unit}", received_at=NOW)
    by_column = read_csv(f"time;{title}{unit and f' ({unit})'}\n{AT.isoformat()};{value}", received_at=NOW)
    for batch in (by_row, by_column):
        assert [read.reading.kind for read in batch.readings] == [id]
        assert not batch.not_charted


def test_an_earlier_title_is_the_name_of_no_other_sign() -> None:
    names = [name.lower() for one in signs().values() for name in (one.short, one.title, *one.formerly)]
    formerly = [name.lower() for one in signs().values() for name in one.formerly]
    assert formerly
    assert all(names.count(name) == 1 for name in formerly)


def test_a_comma_within_a_number_shifts_no_value_under_another_heading() -> None:
    """36,8 °C made a pulse of 36 of the row, and of 60 a temperature."""
    batch = from_csv(
        "Time,SpO2 (%),Temp (°C),Pulse (bpm)", "2026-11-21T10:20:00Z,97,36,8,60", "2026-11-21T10:21:00Z,96,36.9,61"
    )
    assert charted(batch) == [("spo2", 96), ("temperature", 36.9), ("pulse_rate", 61)]
    (held,) = batch.quarantined
    assert (held.why, held.value_as_sent, held.where) == ("shape", "2026-11-21T10:20:00Z,97,36,8,60", "line 2")


def test_an_empty_cell_at_the_end_of_a_row_shifts_nothing() -> None:
    assert charted(from_csv("Time,SpO2 (%)", "2026-11-21T10:20:00Z,97,,")) == [("spo2", 97)]


@pytest.mark.parametrize("column", ["patient", "Bed", "MRN", "stay_id"])
def test_a_file_of_two_people_is_nobodys(column: str) -> None:
    rows = ("2026-11-21T10:20:00Z,97,A", "2026-11-21T10:20:00Z,71,B")
    with pytest.raises(ReadingsError, match=r"names 2 .*a file of its own"):
        from_csv(f"Time,SpO2 (%),{column}", *rows)
    assert charted(from_csv(f"Time,SpO2 (%),{column}", *rows[:1])) == [("spo2", 97)]


@pytest.mark.parametrize(("column", "good", "bad"), [("artifact", "0", "1"), ("Valid", "True", "False")])
def test_what_a_file_calls_an_artefact_is_charted_as_doubted(column: str, good: str, bad: str) -> None:
    rows = (f"2026-11-21T10:20:00Z,97,{good}", f"2026-11-21T10:21:00Z,45,{bad}")
    batch = from_csv(f"Time,SpO2 (%),{column}", *rows)
    assert [one.reading.status for one in batch.readings] == ["value", "questionable"]


@pytest.mark.parametrize(("written", "charts"), [("0.97", False), ("0.999", False), ("1", True), ("0", True)])
def test_a_share_is_no_percentage(written: str, charts: bool) -> None:
    """Apple Health and others write 0.97 for 97 %: as a saturation of 1 % it would call for help."""
    batch = from_csv("Time,SpO2 (%)", f"2026-11-21T10:20:00Z,{written}")
    assert bool(batch.readings) == charts
    assert [held.why for held in batch.quarantined] == [] if charts else ["unit"]
