"""Alarms that devices send in words: charted with their grade, calling by it, over when the device says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from session_builder import at, watched

from unwound.exchange import hl7v2
from unwound.exchange.alarm_words import Alarm, Example, alarm, alarm_words
from unwound.exchange.fhir.vitals import read_readings
from unwound.session import Reading
from unwound.terms import Advice

NOW = datetime(2026, 12, 1, 12, 0, 5, tzinfo=UTC)
HR = "147842^MDC_ECG_HEART_RATE^MDC"
SPO2 = "150456^MDC_PULS_OXIM_SAT_O2^MDC"
CUFF = "150021^MDC_PRESS_BLD_NONINV_SYS^MDC"


@pytest.mark.parametrize("example", alarm_words().examples, ids=lambda example: example.name)
def test_the_examples_of_the_rule(example: Example) -> None:
    read = alarm(example.given.text, example.given.as_, priority=example.given.priority)
    wanted = Alarm(example.expect.alarm, example.expect.grade) if example.expect.grade is not None else None
    assert read == wanted


@pytest.mark.parametrize(
    ("written", "grade"),
    [
        ("*** ASYSTOLE", 3),
        ("***VENT FIB/TACH", 3),
        ("***VFIB/VTACH", 3),
        ("Vent Fib/Tachy", 3),
        ("V-Fib/V-Tach", 3),
        ("***VTACH 150 > 120", 3),
        ("V BRADY", 3),
        ("xBrady", 3),
        ("***EXTREME TACHY 160 > 140", 3),
        ("Asystolie", 3),
        ("***APNEA 25 SEC", 3),
        ("Apnoe", 3),
        ("Desat", 3),
        ("NO PULSE", 3),
        ("MDC_EVT_ECG_ASYSTOLE", 3),
        ("MDC_EVT_VENT_RESP_APNEA_30_SEC", 3),
        ("** HR 130>120 HIGH", 2),
        ("**SpO2 LOW", 2),
        ("NON-SUSTAIN VT", 2),
        ("VT>2", 2),
        ("AFIB", 2),
        ("Multiform VES", 2),
        ("PACER NOT CAPT", 2),
        ("MISSED BEAT", 2),
        ("HYPERTENSION-Alert Recheck BP", 2),
        ("ECG LEADS OFF", 1),
        ("EKG Elektrdn ab", 1),
        ("SpO2 SEARCHING", 1),
        ("NBP CUFF LEAK", 1),
        ("NIBP FAIL", 1),
        ("CO2 OCCLUSION", 1),
        ("SpO2 LOW PERF", 1),
        ("Akku schwach", 1),
        ("VENTRICULAR TACHY", 3),
        ("Ventricular Tach", 3),
        ("VENT FIBRILLATION", 3),
        ("ASYSTOLE 0", 3),
        ("APNEA RR 0", 3),
        ("NO PULSE 0", 3),
        ("NO PULSE DETECTED", 3),
        ("NO BREATH DETECTED", 3),
        ("APNÉE", 3),
        ("Herzstillstand", 3),
        ("NONSUSTAINED VTACH", 2),
        ("HR LOW 0", 2),
        ("PULSE NOT OK", 2),
        ("ASYSTOLE LEADS OFF", 3),
        ("NO VF", 0),
        ("VF NOT DETECTED", 0),
        ("VF: NO", 0),
        ("VF INACTIVE", 0),
        ("ASYSTOLE RESOLVED 10:32", 0),
        ("IRREGULAR HR END", 0),
        ("Ende:Unregelm.HF", 0),
        ("NO ALARM", 0),
    ],
)
def test_words_as_monitors_write_them(written: str, grade: int) -> None:
    read = alarm(written, "alarm")
    assert read is not None
    assert read.grade == grade, read.name


def test_an_end_tidal_alarm_is_not_one_that_ended() -> None:
    read = alarm("END TIDAL CO2 HIGH", "alarm")
    assert read is not None
    assert read.grade == 2


GROUP = "OBR|1|||196616^MDC_EVT_ALARM^MDC|||20261201120000+0000"


def received(*segments: str, trigger: str = "R40", group: str = GROUP) -> hl7v2.Received:
    head = f"MSH|^~\\&|MON|ICU|U|U|20261201120000+0000||ORU^{trigger}^ORU_{trigger}|1|P|2.6"
    return hl7v2.read("\r".join((head, "PID|||M1^^^H^MR", "PV1||I|ICU^^7", group, *segments)), received_at=NOW)


def charted(*segments: str, trigger: str = "R40", group: str = GROUP) -> list[tuple[str, float | None, str]]:
    got = received(*segments, trigger=trigger, group=group)
    assert got.code == "AA", got.reason
    return [(each.reading.kind, each.reading.value, each.reading.source) for each in got.readings]


def test_an_event_begins_and_ends_under_one_name() -> None:
    event = "OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.2.1.1.1|199684^MDC_EVT_ECG_ASYSTOLE^MDC|||PH~SP"
    started = charted(event, "OBX|2|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.2.1.1.3|start")
    ended = charted(event, "OBX|2|ST|68165^MDC_ATTR_EVENT_PHASE^MDC|1.2.1.1.3|end")
    off = charted(event, "OBX|2|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.2.1.1.4|inactive")
    assert started == [("device_alarm", 3, "MON ICU: asystole")]
    assert ended == off == [("device_alarm", 0, "MON ICU: asystole")]


def test_the_value_beside_an_alarm_is_of_the_probe_that_measured_it() -> None:
    """The observation of an alarm has a number of its own behind that of the probe: no second probe begins."""
    got = charted(
        "OBX|1|ST|196674^MDC_EVT_LO_VAL_LT_LIM^MDC|1.3.1.150456.1|SPO2 LOW|||L~SP|||R",
        f"OBX|2|NM|{SPO2}|1.3.1.150456.2|88|262688^MDC_DIM_PERCENT^MDC|90-100||||R",
    )
    (usual,) = charted(f"OBX|1|NM|{SPO2}|1.3.1.150456|91|262688^MDC_DIM_PERCENT^MDC", trigger="R01", group="OBR|1")
    assert got == [("device_alarm", 2, "MON ICU: value below its limit (spo2)"), ("spo2", 88, usual[2])]


def test_a_priority_of_its_own_decides_what_our_words_do_not() -> None:
    event = "OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.1.1|0^MNDRY_EVT_NEW_THING^MDC"
    assert charted(event)[0][1] == 2
    assert charted(f"{event}|||PH~SP")[0][1] == 3
    assert charted(event, "OBX|2|ST|68484^MDC_ATTR_ALARM_PRIORITY^MDC|1.1.6|PH")[0][1] == 3
    assert charted(event, "OBX|2|ST|68485^MDC_ATTR_ALERT_TYPE^MDC|1.1.7|ST")[0][1] == 1


def test_priority_decides_of_a_number_and_of_an_alarm_without_a_name_too() -> None:
    head = "OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.1.1"
    assert charted(f"{head}|199999|||PH~SP") == [("device_alarm", 3, "MON ICU: event 199999")]
    assert charted(f"{head}||||PH~SP") == [("device_alarm", 3, "MON ICU: alarm")]
    assert charted(f"{head}||||PM~SP") == [("device_alarm", 2, "MON ICU: alarm")]


@pytest.mark.parametrize("quiet", ["0", "false", "None", "Normal", "Sinus rhythm"])
def test_a_quiet_value_ends_the_alarm_that_its_label_names(quiet: str) -> None:
    def under(label: str, value: str) -> list[tuple[str, float | None, str]]:
        return charted(f"OBX|1|ST|X1^{label}^L||{value}", trigger="R01", group="OBR|1")

    for label, name in (("Arrhythmia", "irregular rhythm"), ("Asystole alarm", "asystole"), ("Alarm", "alarm")):
        assert under(label, "1")[0][2] == under(label, quiet)[0][2] == f"MON ICU: {name}"
        assert under(label, quiet)[0][1] == 0
    assert under("Arrhythmia", "No VF") == [("device_alarm", 0, "MON ICU: ventricular fibrillation")]
    assert under("Arrhythmia", "HR 0, asystole")[0][1] == 3


def test_no_alarm_of_ours_is_read_as_its_own_denial() -> None:
    read = {phrase: alarm(phrase, "alarm") for each in alarm_words().alarms for phrase in each.written}
    assert [phrase for phrase, called in read.items() if called is None or called.grade == 0] == []


def test_two_alarms_of_one_group_keep_their_own_phase() -> None:
    got = charted(
        "OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.2.1.1|0^MDC_EVT_ECG_V_FIB^MDC",
        "OBX|2|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.2.1.3|start",
        "OBX|3|CWE|196616^MDC_EVT_ALARM^MDC|1.3.1.1|0^MDC_EVT_APNEA^MDC",
        "OBX|4|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.3.1.3|end",
    )
    assert got == [("device_alarm", 3, "MON ICU: ventricular fibrillation"), ("device_alarm", 0, "MON ICU: apnoea")]


@pytest.mark.parametrize(
    ("value", "charted_as"),
    [
        ("199684", (3, "asystole")),
        ("199680", (3, "apnoea")),
        ("199999", (2, "event 199999")),
        ("^^^^^^^^*** ASYSTOLE", (3, "asystole")),
        ("0^MDC_EVT_ECG_V_TACH^MDC~0^MDC_EVT_APNEA^MDC", (3, "ventricular tachycardia, apnoea")),
    ],
)
def test_an_event_by_its_number_its_original_text_or_two_at_once(value: str, charted_as: tuple[int, str]) -> None:
    ((_, grade, source),) = charted(f"OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.1.1|{value}|||||F")
    assert (grade, source) == (charted_as[0], f"MON ICU: {charted_as[1]}")


@pytest.mark.parametrize("label", ["Alarm State", "Alarm Priority", "Alarm silenced", "Alarm status"])
def test_what_only_belongs_to_an_alarm_is_none(label: str) -> None:
    assert charted(f"OBX|1|ST|X1^{label}^L||active", trigger="R01", group="OBR|1") == []


def test_a_sign_of_life_of_the_sender_is_no_alarm() -> None:
    assert charted("OBX|1|ST|196614^MDC_EVT_ACTIVE^MDC|1.1|x") == []


@pytest.mark.parametrize(
    ("code", "written", "kind", "value"),
    [
        (HR, "VF", "device_alarm", 3),
        (HR, "*** ASYSTOLE", "heart_rate", 0),
        (HR, "LEADS OFF", "heart_rate", None),
        (HR, "ECG LEADS OFF", "heart_rate", None),
        (HR, "TACHY", "device_alarm", 2),
        (SPO2, "LOW", "device_alarm", 2),
        (SPO2, "PROBE OFF", "spo2", None),
        (SPO2, "SEARCHING", "spo2", None),
        (CUFF, "NIBP FAIL", "systolic", None),
        (CUFF, "CUFF LEAK", "systolic", None),
    ],
)
def test_in_the_place_of_a_number(code: str, written: str, kind: str, value: float | None) -> None:
    ((got_kind, got_value, _),) = charted(f"OBX|1|ST|{code}|1|{written}", trigger="R01", group="OBR|1")
    assert (got_kind, got_value) == (kind, value)


@pytest.mark.parametrize("written", ["++", "see note", "OVR", "70-75"])
def test_words_that_name_no_alarm_are_held_as_before(written: str) -> None:
    got = received(f"OBX|1|ST|{HR}|1|{written}", trigger="R01", group="OBR|1")
    assert ([*got.readings], [held.why for held in got.quarantined]) == ([], ["number"])


@pytest.mark.parametrize(
    ("obx", "grades"),
    [
        ("OBX|1|ST|X1^Alarm^L||*** VENT FIB/TACH", [3]),
        ("OBX|1|ST|X1^Apnea alarm^L||1", [3]),
        ("OBX|1|ST|X1^Apnea alarm^L||0", [0]),
        ("OBX|1|ST|X1^Alarm^L||1", [2]),
        ("OBX|1|ST|X1^INOP^L||ECG LEADS OFF", [1]),
        ("OBX|1|ST|X1^ECG Rhythm^L||Atrial fibrillation", [2]),
        ("OBX|1|ST|X1^Rhythm^L||Sinus rhythm", [0]),
        ("OBX|1|ST|X1^Status^L||ASYSTOLE", [3]),
        ("OBX|1|NM|X1^SpO2 low alarm limit^L||90|%", []),
        ("OBX|1|NM|X1^Alarm volume^L||5", []),
        ("OBX|1|ST|X1^eye^L||VF", []),
        ("OBX|1|ST|X1^AVPU^L||Alert", []),
        ("OBX|1|ST|X1^Rhythm^L||paced", []),
    ],
)
def test_under_a_code_that_nobody_knows(obx: str, grades: list[int]) -> None:
    assert [value for _, value, _ in charted(obx, trigger="R01", group="OBR|1")] == grades


def test_a_demonstration_charts_no_alarm() -> None:
    got = received("OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.2.1.1|199684^MDC_EVT_ECG_ASYSTOLE^MDC|||DEMO")
    assert ([*got.readings], [held.why for held in got.quarantined]) == ([], ["simulated"])


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "VF"},
        {"valueCodeableConcept": {"text": "Ventricular fibrillation"}},
        {"valueCodeableConcept": {"coding": [{"code": "71908006", "display": "Ventricular fibrillation (disorder)"}]}},
    ],
)
def test_of_a_fhir_observation(value: dict[str, object]) -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]}
    sent = {"resourceType": "Observation", "status": "final", "code": code, "effectiveDateTime": "2026-12-01T12:00:00Z"}
    (got,) = read_readings(sent | value, received_at=NOW).readings
    assert (got.reading.kind, got.reading.value) == ("device_alarm", 3)


def called(minute: float, grade: float, name: str = "ventricular fibrillation") -> Reading:
    return Reading(at=at(minute), kind="device_alarm", value=grade, source=f"MON: {name}")


@pytest.mark.parametrize(("grade", "does"), [(1, Advice.REVIEW), (2, Advice.REVIEW), (3, Advice.STOP)])
def test_it_calls_by_its_grade(grade: float, does: Advice) -> None:
    (happening,) = watched([called(5, grade)], minute=5.1).happenings
    assert happening.lead.does == does
    assert "MON: ventricular fibrillation" in happening.facts[0]


def test_it_is_over_when_the_device_says_so_and_still_waits_for_an_answer() -> None:
    seen = watched([called(5, 3), called(6, 0)], minute=6.1)
    assert {alert.until for alert in seen.alerts} == {at(6)}
    assert seen.open
    assert not seen.beyond


def test_one_that_is_never_ended_lapses_and_does_not_keep_the_patient_from_leaving() -> None:
    before, after = (watched([called(5, 3)], minute=minute) for minute in (9.9, 10.1))
    assert before.beyond
    assert not after.beyond
    assert {alert.until for alert in after.alerts} == {at(5) + timedelta(minutes=5)}
    assert after.open, "nobody has answered it"


def test_what_its_values_show_at_that_time_is_one_event_with_it() -> None:
    low = [Reading(at=at(5 + n / 60), kind="spo2", value=86.0, source="MON 1") for n in range(31)]
    (happening,) = watched([*low, called(5.2, 2, "value below its limit (spo2)")], minute=5.6).happenings
    assert happening.lead.episode.channel.sign == "spo2"
    assert len(happening.facts) == 2
