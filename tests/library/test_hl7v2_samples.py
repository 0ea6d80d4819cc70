"""Messages of three vendors that nobody on this project wrote: what is charted, what is kept back, what is listed."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from unwound.exchange import hl7v2
from unwound.exchange.hl7v2 import Received

SAMPLES = Path(__file__).parents[3] / "shared" / "testdata" / "hl7v2"
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 1, 1, 17, 0, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared test data is not beside this checkout")


def received(name: str, *, zone: ZoneInfo | None = None) -> Received:
    return hl7v2.read((SAMPLES / name).read_bytes(), received_at=NOON, zone=zone)


def values(message: Received) -> list[tuple[str, str, float | None]]:
    return [(one.reading.kind, one.channel, one.reading.value) for one in message.readings]


def test_comen_two_saturation_probes_stay_two_and_empty_sizes_are_no_values() -> None:
    message = received("comen.hl7")
    assert (message.code, message.version, message.control_id) == ("AA", "2.6", "202506100151270003")
    assert message.patient_ids == ("10006",)
    assert (message.place.location, message.place.bed) == ("^^&10", "10")
    assert values(message) == [
        ("spo2", "1.3.1.150456", 97),
        ("pulse_rate", "1.0.0.149522", 59),
        ("spo2", "1.3.2.150456", 97),
        ("respiratory_rate", "1.14.1.151562", 20),
        ("temperature", "1.2.1.150344", 37.0),
        ("systolic", "1.1.9.150021", 120),
        ("diastolic", "1.1.9.150022", 80),
        ("mean_pressure", "1.1.9.150023", 90),
    ]
    assert {one.reading.at for one in message.readings} == {datetime(2025, 6, 9, 17, 51, 27, tzinfo=UTC)}
    assert not message.quarantined
    assert [one.code.split("^")[1] for one in message.not_charted] == [
        "MDC_SPO2_SIGNAL_QUALITY_INDEX",
        "MDC_PULS_OXIM_SAT_O2_DIFF",
        "COMEN_POS_BODY",
        "MDC_LEN_BODY_ACTUAL",
        "MDC_MASS_BODY_ACTUAL",
    ]


def test_ge_a_pulse_under_a_number_that_is_not_its_own_is_kept_back_and_the_offset_of_the_message_holds() -> None:
    message = received("ge_pcd01_spo2.hl7")
    assert values(message) == [("spo2", "1.6.1.1", 98)]
    assert (message.readings[0].reading.at, message.readings[0].time_from) == (NOON, "OBR-7")
    assert [(one.why, one.value_as_sent) for one in message.quarantined] == [("disagree", "76")]
    assert "150457^MDC_PULS_OXIM_PULS_RATE" in message.quarantined[0].reason
    assert message.patient_ids == ("HED12^^^PID^MR",)
    assert message.place.bed == "79874"
    assert message.readings[0].device == "080019FFFE134535^B1X5_GE"


def test_mindray_without_offset_needs_the_zone_of_the_device() -> None:
    message = received("mindray_vs8.hl7", zone=NEW_YORK)
    assert (message.version, message.place.bed, message.clock_ahead_s) == ("2.3.1", "ICU 01", 0)
    assert [(one.kind, one.value, one.unit, one.at) for one in (read.reading for read in message.readings)] == [
        ("systolic", 118, "mmHg", NOON),
        ("diastolic", 74, "mmHg", NOON),
        ("pulse_rate", 72, "/min", NOON),
        ("spo2", 97, "%", NOON),
        ("temperature", 36.7, "°C", NOON),
    ]
    unknown = received("mindray_vs8.hl7")
    assert (unknown.code, unknown.readings, unknown.sent_at, unknown.clock_ahead_s) == ("AA", (), None, None)
    assert {one.why for one in unknown.quarantined} == {"time"}
    assert len(unknown.quarantined) == 5
