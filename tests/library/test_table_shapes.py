"""Tables as oximeter apps, registries and spreadsheets write them: invented rows in their headings and times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange.readings import Batch, ReadingsError
from unwound.exchange.readings_csv import read_csv
from unwound.exchange.table_words import moment_of, order_of

NOW = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)


def read(*lines: str) -> Batch:
    return read_csv("\n".join(lines), received_at=NOW, zone=UTC)


def charted(batch: Batch) -> list[tuple[str, str, float | None]]:
    return [(f"{one.reading.at:%d %H:%M:%S}", one.reading.kind, one.reading.value) for one in batch.readings]


SHAPES = {
    "O2 Insight": (
        (
            "Time,Oxygen Level,Pulse Rate,Motion",
            '"11:20:29PM Nov 19, 2026",94,61,0',
            '"12:00:01AM Nov 20, 2026",--,--,2',
        ),
        [
            ("19 23:20:29", "spo2", 94),
            ("19 23:20:29", "pulse_rate", 61),
            ("20 00:00:01", "spo2", None),
            ("20 00:00:01", "pulse_rate", None),
        ],
    ),
    "ViHealth, the day first": (
        ("Time,SpO2(%),Pulse Rate(bpm),Motion", "22:45:27 19/11/2026,95,58,0", "22:45:31 19/11/2026,94,59,0"),
        [
            ("19 22:45:27", "spo2", 95),
            ("19 22:45:27", "pulse_rate", 58),
            ("19 22:45:31", "spo2", 94),
            ("19 22:45:31", "pulse_rate", 59),
        ],
    ),
    "a registry, one value a row": (
        (
            "hospitalization_id,recorded_dttm,vital_name,vital_category,vital_value",
            "7,2026-11-20 10:00:00+00:00,Temp,temp_c,36.9",
            "7,2026-11-20 10:01:00+00:00,RR,respiratory_rate,14",
            "7,2026-11-20 10:01:00+00:00,Pulse,pulse,71",
        ),
        [
            ("20 10:00:00", "temperature", 36.9),
            ("20 10:01:00", "respiratory_rate", 14),
            ("20 10:01:00", "pulse_rate", 71),
        ],
    ),
    "a research table with its own time": (
        ("subject_id,charttime,heart_rate (/min),sbp (mmHg),dbp (mmHg)", "9,2026-11-20 10:00:00,70,120,71"),
        [("20 10:00:00", "heart_rate", 70), ("20 10:00:00", "systolic", 120), ("20 10:00:00", "diastolic", 71)],
    ),
    "a spreadsheet: preamble, day and time apart, one cell for both pressures": (
        ("Ward 3;;;", ";;;", "Datum;Uhrzeit;NIBP (mmHg);Puls", "20.11.2026;10:05;132/84;71", "20.11.2026;10:10;---;72"),
        [
            ("20 10:05:00", "systolic", 132),
            ("20 10:05:00", "diastolic", 84),
            ("20 10:05:00", "pulse_rate", 71),
            ("20 10:10:00", "systolic", None),
            ("20 10:10:00", "pulse_rate", 72),
        ],
    ),
    "American dates with the half of the day": (
        ("Time,SpO2 (%)", "11/20/2026 1:05 PM,97", "11/20/2026 12:05 AM,96"),
        [("20 13:05:00", "spo2", 97), ("20 00:05:00", "spo2", 96)],
    ),
    "seconds and milliseconds since 1970": (
        ("timestamp,SpO₂", "1795168800,97", "1795168860000,96"),
        [("20 10:00:00", "spo2", 97), ("20 10:01:00", "spo2", 96)],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_becomes_of_each_table(name: str) -> None:
    lines, expected = SHAPES[name]
    assert charted(read(*lines)) == expected


def test_utf_16_of_a_spreadsheet_is_read_and_another_charset_is_named() -> None:
    text = "Time\tSpO2 (%)\n2026-11-20 10:00:00\t97\n"
    assert charted(read_csv(text.encode("utf-16"), received_at=NOW, zone=UTC)) == [("20 10:00:00", "spo2", 97)]
    with pytest.raises(ReadingsError, match="CSV UTF-8"):
        read_csv("Time;Temp (°C)\n".encode("latin-1"), received_at=NOW)


@pytest.mark.parametrize("heading", ["observationoffset", "offset", "elapsed"])
def test_times_that_count_from_an_unknown_beginning_are_refused_in_words(heading: str) -> None:
    with pytest.raises(ReadingsError, match="does not give"):
        read(f"patientunitstayid,{heading},sao2", "1,5,97")
    assert [one.why for one in read("time,SpO2 (%)", "12.5,97").quarantined] == ["time"]


def test_a_date_that_may_be_two_is_read_by_the_others_or_not_at_all() -> None:
    both = read("Time,SpO2 (%)", "03/04/2026 10:00,97", "04/04/2026 10:00,96")
    assert charted(both) == [("04 10:00:00", "spo2", 96)]
    assert ["two dates" in held.reason for held in both.quarantined] == [True]
    known = read("Time,SpO2 (%)", "03/04/2026 10:00,97", "13/04/2026 10:00,96")
    assert [f"{one.reading.at:%m-%d}" for one in known.readings] == ["04-03", "04-13"]
    torn = read("Time,SpO2 (%)", "03/04/2026 10:00,97", "13/04/2026 10:00,96", "04/13/2026 10:00,95")
    assert not torn.readings


@pytest.mark.parametrize("cell", ["132", "132/84/90", "132-84", "132/", "/84"])
def test_a_pressure_in_one_cell_is_never_half_read_as_a_pair(cell: str) -> None:
    batch = read("time,BP (mmHg)", f"2026-11-20 10:00:00,{cell}")
    values = {(one.reading.kind, one.reading.value) for one in batch.readings}
    assert values <= {("systolic", 132.0), ("systolic", None), ("diastolic", None), ("diastolic", 84.0)}
    assert ("diastolic", 84.0) not in values or cell == "/84"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)), st.sampled_from(["day-month", "month-day"]))
def test_a_date_is_read_back_in_the_order_it_was_written_in(at: datetime, order: str) -> None:
    at = at.replace(microsecond=0)
    written = f"{at:%d/%m/%Y %H:%M:%S}" if order == "day-month" else f"{at:%m/%d/%Y %I:%M:%S %p}"
    assert moment_of(written, order) == at  # type: ignore[arg-type]
    assert moment_of(written, order_of([written])) in (at, f"«{written}» may be two dates: write it as 2026-11-21")


@given(st.text(max_size=40))
def test_no_text_raises_or_is_taken_for_now(text: str) -> None:
    got = moment_of(text, "")
    assert isinstance(got, str | datetime)
