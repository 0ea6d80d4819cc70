"""Laws of reading HL7 v2: what is written is read back, nothing raises, no number changes, no time is made up."""

from datetime import UTC, datetime, timedelta, timezone

import hl7
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.exchange import hl7v2
from unwound.exchange.device_codes import kinds
from unwound.exchange.hl7v2 import Received, Separators
from unwound.session.readings import Reading
from unwound.session.signs import sign

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SENTINELS = (-1.0, -100.0, -999.0, 9999.0, -9999.0, -99.9, 32767.0, -32767.0, -32768.0, 65535.0)

numbers = st.decimals(-50, 500, places=2).map(float).filter(lambda value: value not in SENTINELS)
moments = st.integers(0, 10**9).map(lambda ms: NOW - timedelta(milliseconds=ms))
labels = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12).map(str.strip)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    kind = draw(st.sampled_from(sorted(kinds())))
    value = draw(st.none() | numbers)
    status = "no-sensor" if value is None else "value"
    return Reading(at=draw(moments), kind=kind, value=value, unit=sign(kind).unit, source=draw(labels), status=status)  # type: ignore[arg-type]


lists = st.lists(readings(), max_size=8, unique_by=lambda one: (one.kind, one.source, one.at))


def read(message: bytes | str) -> Received:
    return hl7v2.read(message, received_at=NOW)


@given(lists, st.sampled_from(["2.3.1", "2.5", "2.6", "2.8"]), st.integers(-14, 14), labels)
def test_what_is_written_is_read_back_without_a_change(
    sent: list[Reading], version: str, hours: int, patient: str
) -> None:
    zone = timezone(timedelta(hours=hours))
    written = hl7v2.write(sent, control_id="7", at=NOW, patient_id=patient, bed="3", version=version, zone=zone)
    received = read(written)
    assert (received.code, received.version, received.control_id, received.sent_at) == ("AA", version, "7", NOW)
    assert received.patient_ids == ((patient,) if patient else ())
    assert not received.quarantined
    assert not received.not_charted
    got = [
        (one.reading.at, one.reading.kind, one.reading.value, one.reading.status, one.channel)
        for one in received.readings
    ]
    assert got == [(one.at, one.kind, one.value, one.status, one.source) for one in sent]


@given(lists)
def test_separators_do_not_change_what_is_read(sent: list[Reading]) -> None:
    usual = hl7v2.write(sent, control_id="7", at=NOW)
    other = hl7v2.write(
        sent,
        control_id="7",
        at=NOW,
        separators=Separators(field="#", component="!", repetition="*", escape="/", subcomponent="$"),
    )
    assert read(usual).readings == read(other).readings


@given(lists)
def test_a_foreign_parser_reads_what_we_write(sent: list[Reading]) -> None:
    parsed = hl7.parse(hl7v2.write(sent, control_id="7", at=NOW))
    assert str(parsed.segment("MSH")(9)) == "ORU^R01^ORU_R01"
    values = [str(one(5)) for one in parsed if str(one[0]) == "OBX"]
    assert [float(one) if one else None for one in values] == [one.value for one in sent]


@settings(max_examples=400)
@given(st.binary(max_size=300))
def test_no_bytes_raise(raw: bytes) -> None:
    received = read(raw)
    assert received.code in ("AA", "AE", "AR")
    hl7.parse(hl7v2.acknowledge(received, at=NOW))


alphabet = st.sampled_from(
    ["|", "^", "~", "\\", "&", "\r", "\n", "MSH", "OBX", "OBR", "PID", "PV1", "NM", "SN", "150456", "MDC", "97", "-100",
     "MDC_PULS_OXIM_SAT_O2", "262688", "%", "20261121115900", "+0000", "20991231235959+0000",
     "\\X41\\", "\\.sp9\\", "é", ""]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(alphabet, max_size=60).map("".join))
def test_no_torn_message_raises_or_makes_up_a_time(tail: str) -> None:
    sent_at = NOW - timedelta(seconds=5)
    text = f"MSH|^~\\&|M||||{sent_at:%Y%m%d%H%M%S}+0000||ORU^R01|1|P|2.6\r" + tail
    for raw in (text, text.encode()):
        received = read(raw)
        assert all(one.reading.at <= NOW for one in received.readings)
        assert NOW not in [one.reading.at for one in received.readings]
        assert all(str(one.reading.value) != "-100.0" for one in received.readings)
        hl7.parse(hl7v2.acknowledge(received, at=NOW))


@given(lists.filter(bool), st.data())
def test_half_a_message_never_gives_a_value_that_was_not_sent(sent: list[Reading], data: st.DataObject) -> None:
    """A number cut short has lost its unit too, and is kept back."""
    written = hl7v2.write(sent, control_id="7", at=NOW)
    received = read(written[: data.draw(st.integers(0, len(written)))])
    got = {(one.reading.kind, one.reading.value) for one in received.readings if one.reading.value is not None}
    assert got <= {(one.kind, one.value) for one in sent}


@given(numbers)
def test_a_number_in_its_own_unit_never_changes(value: float) -> None:
    sent = [Reading(at=NOW, kind="temperature", value=value, unit="°C", source="1")]
    (one,) = read(hl7v2.write(sent, control_id="7", at=NOW)).readings
    assert one.reading.value == value == float(one.value_as_sent)
