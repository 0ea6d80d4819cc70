"""HL7 v2 messages of our own: what is taken in, what is refused and how, and what the answers look like."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import hl7
import pytest

from unwound.exchange import hl7v2
from unwound.exchange.hl7v2 import Received

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STAMP = "20261121115958+0000"
SPO2 = "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.6.1.1|97|262688^MDC_DIM_PERCENT^MDC|||||F|||{at}"


def message(
    *segments: str,
    type: str = "ORU^R01^ORU_R01",
    version: str = "2.6",
    sent: str = STAMP,
    control: str = "M1",
    processing: str = "P",
    charset: str = "",
    encoding: str = r"^~\&",
) -> str:
    """Header and segments, `{at}` filled in."""
    head = f"MSH|{encoding}|MON|ICU|||{sent}||{type}|{control}|{processing}|{version}||||||{charset}"
    return "\r".join((head, *segments)).replace("{at}", STAMP) + "\r"


def read(text: str | bytes, **more: object) -> Received:
    return hl7v2.read(text, received_at=NOW, **more)  # type: ignore[arg-type]


def only_value(received: Received) -> float | None:
    assert received.code == "AA", received.reason
    assert not received.quarantined
    (one,) = received.readings
    assert one.reading.kind == "spo2"
    return one.reading.value


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8"])
@pytest.mark.parametrize("type", ["ORU^R01", "ORU^R30", "ORU^R40^ORU_R40"])
def test_versions_and_events_are_taken_in(version: str, type: str) -> None:
    assert only_value(read(message(SPO2, version=version, type=type))) == 97


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("frame", ["{}", "\x0b{}\x1c\r", "\ufeff{}", "\n{}\n\n"])
def test_line_ends_and_frames(end: str, frame: str) -> None:
    text = frame.format(message("PID|||7", SPO2).replace("\r", end))
    assert only_value(read(text)) == 97
    assert only_value(read(text.encode())) == 97


def test_separators_of_its_own() -> None:
    usual = message("PID|||7^^^H&1~8", SPO2, encoding="^~\\&")
    other = usual.translate(str.maketrans("|^~\\&", "#!*/$"))
    assert only_value(read(other)) == 97
    assert read(other).patient_ids == read(usual).patient_ids == ("7^^^H&1", "8")


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("", "latin-1"), ("", "utf-8"), ("8859/15", "iso8859_15")],
)
def test_character_sets(charset: str, codec: str) -> None:
    received = read(message("PID|||7", "PV1||I|^^Süd", SPO2, charset=charset).encode(codec))
    assert received.place.bed == "Süd"
    assert only_value(received) == 97


def test_an_id_with_escaped_separators_is_one_id() -> None:
    assert read(message(r"PID|||A\T\B\F\C\X41\\.sp99999999999\\E\ ", SPO2)).patient_ids == (r"A&B|CA\ ".strip(),)


def test_bed_and_patient_for_the_assignment() -> None:
    received = read(message("PID||old|7^^^MRN", "PV1||I|WARD^ROOM 2^BED 5", SPO2))
    assert (received.place.location, received.place.bed) == ("WARD^ROOM 2^BED 5", "BED 5")
    assert received.patient_ids == ("7^^^MRN", "old")
    assert (received.header.application, received.header.facility) == ("MON", "ICU")


def test_two_probes_stay_two_even_under_one_number() -> None:
    left, right = SPO2, SPO2.replace("|97|", "|88|").replace("1.6.1.1", "1.6.2.1")
    again = SPO2.replace("|97|", "|91|")
    found = [(one.reading.source, one.reading.value) for one in read(message(left, right, again)).readings]
    assert found == [("MON ICU 1.6.1.1", 97), ("MON ICU 1.6.2.1", 88), ("MON ICU 1.6.1.1 #2", 91)]


def test_two_monitors_of_one_name_at_one_bed_stay_two() -> None:
    one = read(message(SPO2)).readings[0].reading.source
    other = read(message(SPO2).replace("|MON|ICU|", "|MON|ICU2|")).readings[0].reading.source
    assert one != other


def test_the_time_of_a_value_is_its_own_then_of_its_group_then_of_the_message() -> None:
    plain = SPO2.replace("{at}", "")
    group = "OBR|1||||||20261121115500+0000"
    found = [
        (read(message(*segments)).readings[-1].time_from, read(message(*segments)).readings[-1].reading.at.minute)
        for segments in ((plain,), (group, plain), (group, SPO2.replace("{at}", "20261121114000+0000")))
    ]
    assert found == [("MSH-7", 59), ("OBR-7", 55), ("OBX-14", 40)]


def test_the_offset_of_the_message_holds_for_times_without_one_and_goes_before_the_zone() -> None:
    text = message(SPO2.replace("{at}", "20261121065900"), sent="20261121065958-0500")
    for zone in (None, ZoneInfo("Asia/Tokyo")):
        assert read(text, zone=zone).readings[0].reading.at == datetime(2026, 11, 21, 11, 59, tzinfo=UTC)


@pytest.mark.parametrize("bad", ["2026112111", "yesterday", "20261121115958+9900", "20261141115958+0000", "0"])
def test_a_time_that_cannot_be_read_is_kept_back_never_replaced(bad: str) -> None:
    received = read(message(SPO2.replace("{at}", bad)))
    assert (received.code, received.readings) == ("AA", ())
    assert [(one.why, one.at, one.value_as_sent) for one in received.quarantined] == [("time", None, "97")]


def test_the_future_is_kept_back_one_second_after_the_allowed() -> None:
    at = NOW + timedelta(seconds=10)
    text = message(SPO2.replace("{at}", f"{at:%Y%m%d%H%M%S}+0000"))
    assert only_value(read(text, allowed_ahead_s=10)) == 97
    assert [one.why for one in read(text, allowed_ahead_s=9).quarantined] == ["future"]


def test_how_far_the_clock_is_ahead_is_measured_even_where_it_runs_behind() -> None:
    assert read(message(SPO2)).clock_ahead_s == -2
    assert read(message(SPO2, sent="20261121123000+0000")).clock_ahead_s == 1800
    assert read(message(SPO2, sent="")).clock_ahead_s is None


@pytest.mark.parametrize("state", ["D", "W"])
def test_a_value_that_is_taken_back_is_kept_back(state: str) -> None:
    received = read(message(SPO2.replace("|F|", f"|{state}|")))
    assert [one.why for one in received.quarantined] == ["taken-back"]


def flagged(flag: str) -> str:
    """The saturation with a mark in OBX-8."""
    fields = SPO2.split("|")
    fields[8] = flag
    return "|".join(fields)


@pytest.mark.parametrize("flag", ["DEMO", "TEST", "demo", "L~DEMO"])
def test_what_a_monitor_in_demonstration_mode_sends_is_nobodys_and_kept_back(flag: str) -> None:
    received = read(message(flagged(flag)))
    assert (received.code, received.readings) == ("AA", ())
    assert [one.why for one in received.quarantined] == ["simulated"]


@pytest.mark.parametrize("flag", ["INV", "NAV", "CAL", "BUSY"])
def test_what_the_device_says_is_no_value_is_none(flag: str) -> None:
    (reading,) = read(message(flagged(flag))).readings
    assert (reading.reading.value, reading.reading.state) == (None, "missing")
    assert reading.value_as_sent == "97"


@pytest.mark.parametrize("flag", ["", "N", "L", "HH", "QUES"])
def test_an_abnormal_or_doubtful_flag_takes_no_value_away(flag: str) -> None:
    assert only_value(read(message(flagged(flag)))) == 97


@pytest.mark.parametrize("value", ["", "-100", "---", "32767"])
def test_no_sensor_is_a_reading_without_value(value: str) -> None:
    assert only_value(read(message(SPO2.replace("|97|", f"|{value}|")))) is None
    assert only_value(read(message(SPO2.replace("|97|", "||").replace("|F|", "|X|")))) is None


@pytest.mark.parametrize(
    ("type", "value", "taken"),
    [("SN", "^97", True), ("SN", "=^97", False), ("SN", ">^97", True), ("SN", "^97^-^99", False), ("ST", "97", True),
     ("NM", "97~98", False), ("CE", "1^97", False), ("NA", "97^96^95", False)],
)  # fmt: skip
def test_only_one_plain_number_is_charted(type: str, value: str, taken: bool) -> None:
    received = read(message(SPO2.replace("|NM|", f"|{type}|").replace("|97|", f"|{value}|")))
    assert (len(received.readings), len(received.quarantined)) == ((1, 0) if taken else (0, 1))


def test_alternate_codes_must_agree_too() -> None:
    both = "150456^MDC_PULS_OXIM_SAT_O2^MDC^59408-5^SpO2^LN"
    assert only_value(read(message(SPO2.replace("150456^MDC_PULS_OXIM_SAT_O2^MDC", both)))) == 97
    other = read(message(SPO2.replace("150456^MDC_PULS_OXIM_SAT_O2^MDC", both.replace("59408-5^SpO2", "8867-4^HR"))))
    assert [one.why for one in other.quarantined] == ["disagree"]


def test_an_alarm_is_charted_and_the_value_it_is_about_is_charted() -> None:
    alarm = "OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.6.1.0.1|196670^MDC_EVT_LO^MDC||||||F|||{at}"
    low = SPO2.replace("1.6.1.1", "1.6.1.0.2").replace("|97|", "|82|").replace("|||||F", "||L|||F")
    received = read(message(alarm, low, type="ORU^R40^ORU_R40"))
    alarm_read, value = received.readings
    assert (alarm_read.reading.kind, alarm_read.reading.value) == ("device_alarm", 2)
    assert "value below its limit" in alarm_read.reading.source
    assert (value.reading.value, value.channel) == (82, "1.6.1.0"), "of the probe that measured it"
    assert not received.not_charted


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        ("", "AR", "100"),
        ("\x0b\x1c\r", "AR", "100"),
        ("GET / HTTP/1.1\r\n\r\n", "AR", "100"),
        ("MSH", "AR", "100"),
        ("MSH|^~\\|", "AR", "100"),
        ("MSH|^^^^|A", "AR", "100"),
        ("MSH||||||||", "AR", "100"),
        ("BHS|^~\\&|\rMSH|^~\\&|", "AR", "200"),
        (message(SPO2, type="MDM^T02"), "AR", "200"),
        (message(SPO2, type="RGV^O15"), "AR", "200"),
        (message(SPO2, type="ADT^A40"), "AR", "201"),
        (message(SPO2, type="ADT^A17"), "AE", "207"),
        (message(SPO2, type="ORU^R03"), "AR", "201"),
        (message(SPO2, processing="T"), "AR", "202"),
        (message(SPO2, version="2.2"), "AR", "203"),
        (message(SPO2, version="2.9"), "AR", "203"),
        (message(SPO2, charset="UNICODE UTF-16"), "AR", "207"),
        (message(SPO2, control=""), "AE", "101"),
        (message(SPO2, "half a segm"), "AE", "100"),
        (message(SPO2) + message(SPO2), "AE", "100"),
        (message("PID|||7", SPO2, "PID|||8", SPO2), "AE", "207"),
        (message("PID|||", SPO2, "PID|||8", SPO2), "AE", "207"),
        (message("PV1||I|^^1", SPO2, "PV1||I|^^2", SPO2), "AE", "207"),
        ("MSH|" + "x" * 1_000_001, "AR", "207"),
    ],
)
def test_what_is_refused_is_refused_as_a_whole_with_its_reason(text: str, code: str, error: str) -> None:
    for sent in (text, text.encode()):
        received = read(sent)
        assert (received.code, received.error) == (code, error), received.reason
        assert received.refused
        assert received.reason
        assert (received.readings, received.quarantined, received.not_charted) == ((), (), ())


def test_text_that_is_not_in_its_character_set_is_an_error() -> None:
    received = read(message("PID|||Süd", SPO2, charset="UNICODE UTF-8").encode("latin-1"))
    assert (received.code, received.error) == ("AE", "102")


def test_training_is_taken_in_where_that_is_wanted() -> None:
    assert only_value(read(message(SPO2, processing="T"), training=True)) == 97


def test_a_message_without_values_is_a_sign_of_life() -> None:
    assert read(message()).code == "AA"
    assert read(message()).readings == ()


# ---- answers


def test_an_acceptance_goes_back_to_the_sender_with_its_control_id() -> None:
    answer = hl7v2.acknowledge(read(message(SPO2)), at=NOW, control_id="A1")
    assert answer == (
        b"MSH|^~\\&|UNWOUND||MON|ICU|20261121120000+0000||ACK^R01^ACK|A1|P|2.6\r"
        b"MSA|AA|M1\r"
    )  # fmt: skip
    parsed = hl7.parse(answer)
    assert str(parsed.segment("MSA")(1)) == "AA"
    assert str(parsed.segment("MSA")(2)) == "M1"


def test_a_refusal_says_why_in_the_way_of_its_version() -> None:
    new = hl7v2.acknowledge(read(message(SPO2, type="ORU^R03")), at=NOW, control_id="A1")
    assert b"MSA|AR|M1|ORU messages of the event" in new
    assert "ERR|||201^Unsupported event code^HL70357|E||||ORU messages of the event «R03»".encode() in new
    old = hl7v2.acknowledge(read(message(SPO2, type="ORU^R03", version="2.3.1")), at=NOW, control_id="A1")
    assert b"ERR|^^^201&Unsupported event code&HL70357\r" in old
    latest = hl7v2.acknowledge(read(message(SPO2, type="ORU^R03", version="2.8")), at=NOW, control_id="A1")
    assert b"MSA|AR|M1\r" in latest


def test_an_answer_in_separators_and_character_set_of_the_message() -> None:
    text = message(SPO2, type="ORU^R03", charset="8859/1").translate(str.maketrans("|^~\\&", "#!*/$"))
    answer = hl7v2.acknowledge(read(text.encode("latin-1")), at=NOW, control_id="A1")
    assert answer.startswith(b"MSH#!*/$#UNWOUND##MON#ICU#20261121120000+0000##ACK!R03!ACK#A1#P#2.6######8859/E/1\r")
    assert "«R03»".encode("latin-1") in answer
    assert str(hl7.parse(answer.decode("latin-1")).segment("MSA")(1)) == "AR"


@pytest.mark.parametrize("junk", [b"", b"\xff\x00", b"MSH", b"GET / HTTP/1.1", "MSH|^~\\&|\u2028".encode()])
def test_even_what_is_no_message_gets_an_answer_that_can_be_parsed(junk: bytes) -> None:
    for answer in (hl7v2.acknowledge(read(junk), at=NOW), hl7v2.acknowledge(junk, "AR", "not HL7", at=NOW)):
        assert str(hl7.parse(answer).segment("MSA")(1)) == "AR"


def test_an_error_of_our_own_can_be_told_for_a_message_that_was_good() -> None:
    answer = hl7v2.acknowledge(read(message(SPO2)), "AE", "the record is locked | try again", at=NOW)
    assert rb"MSA|AE|M1|the record is locked \F\ try again" in answer
    with pytest.raises(ValueError, match="AA, AE, AR"):
        hl7v2.acknowledge(b"", "OK", at=NOW)


def test_the_same_answer_has_the_same_id_and_another_another() -> None:
    received = read(message(SPO2))
    assert hl7v2.acknowledge(received, at=NOW) == hl7v2.acknowledge(received, at=NOW)
    other = read(message(SPO2, control="M2"))
    assert hl7.parse(hl7v2.acknowledge(other, at=NOW)).segment("MSH")(10) != hl7.parse(
        hl7v2.acknowledge(received, at=NOW)
    ).segment("MSH")(10)
