"""Numerics of a published record, read without its package: every sample as the header says, and nothing made up."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange.readings import Batch, ReadingsError
from unwound.exchange.wfdb_record import read_header, read_record
from unwound.session import gather

VITALS = Path(__file__).parents[3] / "shared" / "testdata" / "vitals"
START = datetime(2026, 5, 4, 10, 44, 18, 529000, tzinfo=UTC)


def header(samples: int, *, format: str = "16", checksum: str = "", gain: str = "10/%", name: str = "SpO2") -> str:
    return f"r 1 0.5 {samples}\nr.dat {format} {gain} 16 0 0 {checksum or 0} 0 {name}\n# a note\n"


def of(values: list[int], *, gain: str = "10/%", name: str = "SpO2", checksum: int | None = None) -> Batch:
    data = np.array(values, "<i2").tobytes()
    total = sum(values) if checksum is None else checksum
    return read_record(header(len(values), checksum=str(total), gain=gain, name=name), {"r.dat": data}, start=START)


@pytest.mark.skipif(not VITALS.is_dir(), reason="the shared test data is not beside this checkout")
def test_the_record_of_an_intensive_care_bed() -> None:
    """72 minutes of s25047: artefacts are kept, nought is missing, a cuff that did not measure is nothing."""
    files = {"3234460n.dat": (VITALS / "3234460n.dat").read_bytes()}
    batch = read_record((VITALS / "s25047-2704-05-04-10-44n.hea").read_text(), files, start=START)
    assert (batch.quarantined, batch.not_charted) == ((), ())
    readings = [one.reading for one in batch.readings]
    by_kind = {kind: [one for one in readings if one.kind == kind] for kind in {one.kind for one in readings}}
    assert {kind: len(found) for kind, found in by_kind.items()} == {
        "heart_rate": 72,
        "pulse_rate": 72,
        "respiratory_rate": 72,
        "spo2": 72,
        "systolic": 18,
        "diastolic": 18,
        "mean_pressure": 21,
    }
    assert max(one.value or 0 for one in by_kind["pulse_rate"]) == 277
    assert by_kind["spo2"][-1].value == 36
    assert by_kind["heart_rate"][0].value == 101.3
    assert sum(one.value is None for one in by_kind["heart_rate"]) == 28
    assert {one.status for one in readings if one.value is None} == {"missing"}
    assert by_kind["spo2"][0].at == START
    assert by_kind["spo2"][-1].at - START == timedelta(minutes=71)
    states = {(one.kind, one.value): one.state for one in readings}
    assert states["pulse_rate", 277.0] == states["spo2", 36.0] == "implausible"
    assert len(gather(readings)) == len(readings)


def test_samples_become_values_by_gain_and_baseline_at_their_time() -> None:
    batch = of([970, 965], gain="10(20)/%")
    assert [(one.reading.value, one.reading.at) for one in batch.readings] == [
        (95, START),
        (94.5, START + timedelta(seconds=2)),
    ]
    assert batch.readings[0].reading.source == "r SpO2"


def test_an_invalid_sample_is_nothing_and_nought_is_missing() -> None:
    batch = of([970, -32768, 0])
    assert [(one.reading.value, one.reading.status) for one in batch.readings] == [(97, "value"), (None, "missing")]


def test_a_signal_that_is_no_vital_sign_is_listed_and_one_in_another_unit_kept_back() -> None:
    assert [one.code for one in of([7], name="PVC Rate").not_charted] == ["PVC Rate^^wfdb"]
    assert [one.why for one in of([970], gain="10/mmHg").quarantined] == ["unit"]


@given(st.lists(st.integers(-2047, 2047), min_size=1, max_size=9))
def test_the_format_of_twelve_bits_reads_as_that_of_sixteen(values: list[int]) -> None:
    """Two samples in three bytes: the low byte of each, their upper four bits between."""
    raw = bytearray()
    for first, second in zip(values[::2], [*values[1::2], 0], strict=False):
        a, b = first & 0xFFF, second & 0xFFF
        raw += bytes((a & 0xFF, a >> 8 | b >> 8 << 4, b & 0xFF))
    told = header(len(values), format="212", checksum=str(sum(values)))
    narrow = read_record(told, {"r.dat": bytes(raw)}, start=START)
    wide = of(values)
    assert [one.reading for one in narrow.readings] == [one.reading for one in wide.readings]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "r",
        "r 1 0.5",
        "r 0 1 5",
        "r 2 1 5\nr.dat 16 10/% 16 0 0 0 0 SpO2",
        "r/3 1 1 5\nr.dat 16 10/% 16 0 0 0 0 SpO2",
        "r 1 0 5\nr.dat 16 10/% 16 0 0 0 0 SpO2",
        "r 1 nan 5\nr.dat 16 10/% 16 0 0 0 0 SpO2",
        "r 1 1 5\nr.dat 80 10/% 8 0 0 0 0 SpO2",
        "r 1 1 5\nr.dat 16 x 16 0 0 0 0 SpO2",
    ],
)
def test_what_is_no_header_of_numerics_is_refused_in_words(text: str) -> None:
    with pytest.raises(ReadingsError):
        read_header(text)


def test_another_file_a_short_one_or_none_is_refused() -> None:
    with pytest.raises(ReadingsError, match="checksum"):
        of([970], checksum=1)
    with pytest.raises(ReadingsError, match="ends after 1 of 2"):
        read_record(header(2), {"r.dat": b"\0\0\0"}, start=START)
    with pytest.raises(ReadingsError, match="is needed"):
        read_record(header(2), {}, start=START)
    with pytest.raises(ValueError, match="offset"):
        read_record(header(2), {}, start=datetime(2026, 5, 4))
    with pytest.raises(ReadingsError, match="too many"):
        read_record(header(10**9), {"r.dat": b""}, start=START)


@given(st.text(max_size=60), st.binary(max_size=20))
def test_no_header_raises_anything_else(text: str, data: bytes) -> None:
    for told in (text, "r 1 1 5\n" + text, header(3, checksum="0") + text):
        with suppress(ReadingsError):
            assert read_record(told, {"r.dat": data}, start=START).quarantined == ()
