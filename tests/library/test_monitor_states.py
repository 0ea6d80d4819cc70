"""What devices say of their own values (OBX-8, OBX-11, OBX-17, FHIR): nobody's, none, doubted, corrected, retracted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unwound import session
from unwound.exchange import hl7v2
from unwound.exchange.fhir import vitals
from unwound.exchange.readings import Batch
from unwound.session import Event, Reading
from unwound.session.events import AlertKind, EventKind
from unwound.session.signs import ReadingState, signs

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def oru(*obx: str, version: str = "2.6", type: str = "ORU^R01^ORU_R01") -> bytes:
    head = f"MSH|^~\\&|MON|ICU|||20261121115955+0000||{type}|M1|P|{version}"
    return "\r".join((head, "PID|||7", "OBR|1||||||20261121115955+0000", *obx)).encode()


def spo2(value: str, *, flag: str = "", state: str = "F", method: str = "", at: str = "") -> str:
    fields = ["OBX", "1", "NM", "150456^MDC_PULS_OXIM_SAT_O2^MDC", "1.3.1.150456", value,
              "262688^MDC_DIM_PERCENT^MDC", "", flag, "", "", state, "", "", at, "", "", method]  # fmt: skip
    return "|".join(fields)


def read(message: bytes) -> hl7v2.Received:
    return hl7v2.read(message, received_at=NOW)


def outcome(batch: hl7v2.Received | Batch) -> tuple[Any, ...]:
    """(value, status) of what was charted, or why it was kept back, or that nothing came of it."""
    if batch.readings:
        return batch.readings[0].reading.value, str(batch.readings[0].reading.status)
    return (batch.quarantined[0].why,) if batch.quarantined else ("nothing",)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("", (61.0, "value")),
        ("L", (61.0, "value")),
        ("LL~H", (61.0, "value")),
        ("DEMO", ("simulated",)),
        ("TEST", ("simulated",)),
        ("demo", ("simulated",)),
        ("L~DEMO", ("simulated",)),
        ("ALACT^DEMO", ("simulated",)),
        ("QUES TEST", ("simulated",)),
        ("INV", (None, "missing")),
        ("NAV", (None, "missing")),
        ("CAL", (None, "missing")),
        ("BUSY", (None, "missing")),
        ("INV~QUES", (None, "missing")),
        ("QUES", (61.0, "questionable")),
        ("EARLY", (61.0, "questionable")),
        ("LL~QUES~ALINH", (61.0, "questionable")),
    ],
)
def test_what_stands_in_obx_8_decides_what_becomes_of_a_value(flag: str, expected: tuple[Any, ...]) -> None:
    assert outcome(read(oru(spo2("61", flag=flag)))) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("", (61.0, "value")),
        ("AMEAS^auto-measurement^MDC", (61.0, "value")),
        ("MMEAS^manual-measurement^MDC", (61.0, "value")),
        ("MSET^manual-setting^MDC", ("setting",)),
        ("ASET^auto-setting^MDC", ("setting",)),
        ("^demo-data", ("simulated",)),
        ("TEST STRIP", (61.0, "value")),
    ],
)
def test_a_setting_under_the_code_of_a_measurement_is_none(method: str, expected: tuple[Any, ...]) -> None:
    assert outcome(read(oru(spo2("61", method=method)))) == expected


@pytest.mark.parametrize(
    ("state", "value", "expected"),
    [
        ("F", "97", (97.0, "value")),
        ("P", "97", (97.0, "value")),
        ("R", "97", (97.0, "value")),
        ("S", "97", (97.0, "value")),
        ("", "97", (97.0, "value")),
        ("U", "97", (97.0, "value")),
        ("U", "", ("nothing",)),
        ("X", "", (None, "no-sensor")),
        ("X", "97", (None, "no-sensor")),
        ("C", "97", (97.0, "value")),
        ("A", "97", (97.0, "value")),
        ("D", "97", ("taken-back",)),
        ("W", "97", ("taken-back",)),
        ("w", "", ("taken-back",)),
    ],
)
def test_the_state_of_a_result(state: str, value: str, expected: tuple[Any, ...]) -> None:
    got = read(oru(spo2(value, state=state)))
    assert outcome(got) == expected
    assert [one.replaces for one in got.readings] == [state in ("C", "A")] * len(got.readings)
    for held in got.quarantined:
        assert (held.kind, held.source, held.at) == ("spo2", "MON ICU 1.3.1.150456", NOW - timedelta(seconds=5))


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.6", "2.8.2"])
def test_every_version_is_read_and_answered_in_its_own(version: str) -> None:
    got = read(oru(spo2("97"), version=version, type="ORU^R01"))
    assert outcome(got) == (97.0, "value")
    answer = hl7v2.acknowledge(got, at=NOW).decode()
    assert f"|{version}" in answer.split("\r")[0]
    written = hl7v2.write(
        [Reading(at=NOW, kind="spo2", value=97.0, source="1")], control_id="C", at=NOW, version=version
    )
    assert outcome(hl7v2.read(written, received_at=NOW)) == (97.0, "value")
    assert (b"ORU_R01" in written) is (version not in ("2.3", "2.3.1"))


def test_a_device_named_in_the_first_obx_alone_is_one_monitor() -> None:
    first = spo2("97") + "|00A037^^00A037AABBCCDDEE^EUI-64"
    second = "OBX|2|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.3.1.149530|72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F"
    devices = {one.device for one in read(oru(first, second)).readings}
    assert devices == {"00A037^^00A037AABBCCDDEE^EUI-64"}
    other = second + "||||||" + "|OTHER"
    assert {one.device for one in read(oru(first, other)).readings} == {"00A037^^00A037AABBCCDDEE^EUI-64", "OTHER"}
    third = second.replace("149530", "149514").replace("MDC_PULS_OXIM_PULS_RATE", "MDC_PULS_RATE")
    assert {one.device for one in read(oru(first, other, third)).readings} >= {
        "MON ICU"
    }  # two are named: which, nobody knows


def observation(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "effectiveDateTime": "2026-11-21T11:59:00Z",
        "valueQuantity": {"value": 61, "unit": "%", "code": "%"},
        **more,
    }


def without_time(**more: Any) -> dict[str, Any]:
    return {key: value for key, value in observation(**more).items() if key != "effectiveDateTime"}


STATES = "http://example.org/measurement-status"
FHIR = {
    "plain": (observation(), (61.0, "value")),
    "low": (observation(interpretation=[{"coding": [{"code": "LL"}]}]), (61.0, "value")),
    "questionable by code": (
        observation(interpretation=[{"coding": [{"system": STATES, "code": "questionable"}]}]),
        (61.0, "questionable"),
    ),
    "questionable by word": (observation(interpretation=[{"text": "Questionable"}]), (61.0, "questionable")),
    "early": (observation(interpretation=[{"coding": [{"code": "early-indication"}]}]), (61.0, "questionable")),
    "invalid": (observation(interpretation=[{"coding": [{"code": "invalid"}]}]), (None, "missing")),
    "demo by extension": (observation(extension=[{"url": "x", "valueCode": "demo-data"}]), ("simulated",)),
    "test label": (observation(meta={"security": [{"code": "HTEST"}]}), ("simulated",)),
    "demo tag": (observation(meta={"tag": [{"code": "DEMO"}]}), ("simulated",)),
    "entered in error": (observation(status="entered-in-error"), ("taken-back",)),
    "cancelled": (observation(status="cancelled"), ("taken-back",)),
    "amended": (observation(status="amended"), (61.0, "value")),
    "a minute's mean": (
        without_time(effectivePeriod={"start": "2026-11-21T11:58:00Z", "end": "2026-11-21T11:59:00Z"}),
        (61.0, "value"),
    ),
    "longer than a minute": (
        without_time(effectivePeriod={"start": "2026-11-21T11:57:59Z", "end": "2026-11-21T11:59:00Z"}),
        ("time",),
    ),
    "without an end": (without_time(effectivePeriod={"start": "2026-11-21T11:58:00Z"}), ("time",)),
    "backwards": (
        without_time(effectivePeriod={"start": "2026-11-21T11:59:00Z", "end": "2026-11-21T11:58:59Z"}),
        ("time",),
    ),
}


@pytest.mark.parametrize("shape", FHIR)
def test_the_same_in_fhir(shape: str) -> None:
    resource, expected = FHIR[shape]
    batch = vitals.read_readings(resource, received_at=NOW)
    assert outcome(batch) == expected
    assert [one.replaces for one in batch.readings] == [shape == "amended"] * len(batch.readings)


def test_a_stretch_is_charted_at_its_end_and_says_so() -> None:
    resource = FHIR["a minute's mean"][0]
    (one,) = vitals.read_readings(resource, received_at=NOW).readings
    assert one.reading.at == NOW - timedelta(minutes=1)
    assert one.rule == "stands for 60 s, charted at their end"


def test_a_doubted_value_is_written_and_read_back_as_doubted() -> None:
    doubted = Reading(at=NOW, kind="spo2", value=61.0, status=ReadingState.QUESTIONABLE)
    (made,) = vitals.observations([doubted], patient="Patient/7")
    assert outcome(vitals.read_readings(made, received_at=NOW)) == (61.0, "questionable")


def watched(*readings: Reading) -> session.Watched:
    started = Event(at=NOW - timedelta(minutes=20), kind=EventKind.START, by="Nurse", rate_mg_per_h=10)
    return session.watch(session.usual(), readings, [started], NOW)


def every_second(value: float, status: str, since_s: int, until_s: int = 0) -> list[Reading]:
    return [
        Reading(at=NOW - timedelta(seconds=second), kind="spo2", value=value, source="1", status=status)  # type: ignore[arg-type]
        for second in range(until_s, since_s + 1)
    ]


def test_a_doubted_value_never_alarms_alone_and_a_believed_one_beside_it_does() -> None:
    doubted = watched(*every_second(97, "value", 60, 31), *every_second(61, "questionable", 30))
    assert not [one for one in doubted.alerts if one.episode.channel.sign == "spo2" and one.episode.channel.source]
    believed = watched(*every_second(97, "value", 60, 31), *every_second(61, "value", 30))
    assert [one.kind for one in believed.alerts if one.episode.channel.source] == [AlertKind.LIMIT]


def test_a_probe_that_only_doubts_is_no_watching() -> None:
    """After as long as without any reading, and in words that say what is the matter."""
    gap = int(signs()["spo2"].gap.value)
    just = watched(*every_second(97, "value", 300, gap), *every_second(61, "questionable", gap - 1))
    late = watched(*every_second(97, "value", 300, gap + 1), *every_second(61, "questionable", gap))
    own = [[one for one in state.alerts if one.episode.channel.source] for state in (just, late)]
    assert own[0] == []
    assert [(one.kind, one.because) for one in own[1]] == [
        (AlertKind.NO_DATA, ("no reliable reading: Oxygen saturation (probe 1)",))
    ]


@pytest.mark.parametrize(
    ("id", "value", "edges", "shown"),
    [
        ("systolic", 129.761, (), "130"),
        ("diastolic", 69.7557, (), "70"),
        ("temperature", 36.9667, (), "37"),
        ("temperature", 36.66, (), "36.7"),
        ("spo2", 89.6, (), "90"),
        ("spo2", 89.6, (90.0,), "89.6"),
        ("spo2", 89.97, (90.0,), "89.97"),
        ("spo2", 90.0, (90.0,), "90"),
        ("systolic", 180.2, (180.0,), "180.2"),
        ("heart_rate", 0.0, (), "0"),
    ],
)
def test_a_value_is_shown_to_one_step_of_its_sign_and_never_over_a_limit(
    id: str, value: float, edges: tuple[float, ...], shown: str
) -> None:
    assert signs()[id].shows(value, edges) == shown


@given(st.sampled_from(sorted(signs())), st.floats(-50, 400), st.lists(st.integers(0, 200), max_size=3))
def test_what_is_shown_lies_on_the_same_side_of_every_limit(id: str, value: float, edges: list[int]) -> None:
    assume(not signs()[id].grades)
    shown = float(signs()[id].shows(value, edges))
    assert abs(shown - value) <= max(signs()[id].step, abs(value) * 1e-5)
    if abs(value) > 1e-3 and all(abs(value - edge) > 1e-3 for edge in edges):
        assert all((shown < edge) == (value < edge) for edge in edges)
