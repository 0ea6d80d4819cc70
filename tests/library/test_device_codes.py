"""Codes, labels, units and signs of «no sensor»: the examples of the data, and the laws around them."""

from datetime import UTC, datetime

import pytest

from unwound.exchange import readings
from unwound.exchange.clock import When
from unwound.exchange.device_codes import Coding, kinds
from unwound.exchange.device_words import Example, words
from unwound.exchange.readings import NotCharted, Quarantined, Read, Sent
from unwound.session.readings import Reading
from unwound.session.signs import sign, signs

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def judged(code: str, text: str, system: str, value: str, unit: str) -> Read | Quarantined | NotCharted:
    return readings.judge(Sent(codings=(Coding(code, text, system),), value=value, unit=Coding(unit), when=When(AT)))


@pytest.mark.parametrize("example", words().examples, ids=lambda one: one.name)
def test_the_examples_of_the_data(example: Example) -> None:
    given, expect = example.given, example.expect
    found = judged(given.code, given.text, given.system, given.value, given.sent_in)
    if expect.quarantined:
        assert isinstance(found, Quarantined)
        assert found.why == expect.quarantined
    elif expect.not_charted:
        assert isinstance(found, NotCharted)
    else:
        assert isinstance(found, Read)
        assert (found.reading.kind, found.reading.value) == (expect.kind, None if expect.no_sensor else expect.value)


@pytest.mark.parametrize("kind", kinds())
def test_every_code_is_read_as_its_kind_and_carries_a_number_unchanged(kind: str) -> None:
    for code in kinds()[kind].codes:
        system = code.system if code.system in ("MDC", "LOINC", "wfdb") else ""
        for name in (code.name, *code.also):
            found = judged(code.code, name, system, "36.6", sign(kind).unit)
            assert isinstance(found, Read), found
            assert found.reading == Reading(at=AT, kind=kind, value=36.6, unit=sign(kind).unit)


def test_no_code_and_no_name_stands_in_two_kinds() -> None:
    """A vendor may give one number two labels, or two numbers one label: of one kind, and never twice the same pair."""
    whose: dict[tuple[str, str], set[str]] = {}
    pairs = [(code.system, code.code, code.name) for kind in kinds().values() for code in kind.codes]
    for id, kind in kinds().items():
        for code in kind.codes:
            for written in (code.code, code.name, *code.also):
                whose.setdefault((code.system, written), set()).add(id)
    assert {key: ids for key, ids in whose.items() if len(ids) > 1} == {}
    assert len(pairs) == len(set(pairs))


def test_every_kind_that_devices_send_is_a_vital_sign_of_the_session() -> None:
    assert set(kinds()) <= set(signs())
    assert {id for id in signs() if signs()[id].scale is None} == set(kinds())


@pytest.mark.parametrize("written", ["-100", "-100.0", "32767", "---", "***", "", "-1", "-?-", '""', "-999", "-99.9"])
def test_no_sign_of_no_sensor_is_ever_a_value(written: str) -> None:
    found = judged("150456", "MDC_PULS_OXIM_SAT_O2", "MDC", written, "%")
    assert isinstance(found, Read)
    assert (found.reading.value, found.reading.status, found.value_as_sent) == (None, "no-sensor", written)


def test_on_a_scale_minus_one_is_light_sedation() -> None:
    found = judged("sedation", "", "unwound", "-1", "")
    assert isinstance(found, Read)
    assert found.reading.value == -1


@pytest.mark.parametrize(
    "written",
    [
        "97 bpm",
        "97 % ?",
        "5-10 %",
        "97,5 %",
        "1e2 %",
        "<0",
        "<>50",
        "9e1",
        "1 000",
        "97,5",
        "nan%",
        "９７",
        "0x61",
        "inf",
        "9" * 13,
    ],
)
def test_what_is_not_one_plain_number_is_kept_back(written: str) -> None:
    found = judged("150456", "MDC_PULS_OXIM_SAT_O2", "MDC", written, "%")
    assert isinstance(found, Quarantined)
    assert (found.why, found.value_as_sent) == ("number", written)


@pytest.mark.parametrize("sent_in", ["%", ""])
@pytest.mark.parametrize(
    ("written", "value", "status"), [("97 %", 97, "value"), ("97%", 97, "value"), ("< 50 %", 50, "below")]
)
def test_a_unit_behind_the_number_is_read_where_no_other_is_sent(
    written: str, value: float, status: str, sent_in: str
) -> None:
    found = judged("150456", "MDC_PULS_OXIM_SAT_O2", "MDC", written, sent_in)
    assert isinstance(found, Read)
    assert (found.reading.value, found.reading.status, found.value_as_sent) == (value, status, written)


@pytest.mark.parametrize(
    ("code", "text", "written"),
    [
        ("147842", "MDC_ECG_CARD_BEAT_RATE", "ASYSTOLE"),
        ("151562", "MDC_RESP_RATE", "Apnea"),
        ("151562", "MDC_RESP_RATE", " APNOEA "),
    ],
)
def test_a_word_that_says_there_is_none_is_nought_and_kept_as_it_was_sent(code: str, text: str, written: str) -> None:
    """A stop, as a heart rate of 0 is; the same word under another sign is an alarm of the device and no value."""
    found = judged(code, text, "MDC", written, "")
    assert isinstance(found, Read)
    assert (found.reading.value, found.reading.status, found.value_as_sent) == (0, "value", written.strip())
    elsewhere = judged("150456", "MDC_PULS_OXIM_SAT_O2", "MDC", written, "%")
    assert isinstance(elsewhere, Read)
    assert (elsewhere.reading.kind, elsewhere.reading.value) == ("device_alarm", 3)


def test_each_sign_with_a_word_for_nought_is_one_of_ours() -> None:
    assert set(words().nought) <= set(signs())
    assert all(text == text.lower() for texts in words().nought.values() for text in texts)


@pytest.mark.parametrize(
    ("code", "text", "system"),
    [
        ("150456", "CO2", "MDC"),
        ("150456", "MDC_CO2_ET", "MDC"),
        ("150457", "MDC_PULS_OXIM_SAT_O2", "MDC"),
        ("150456", "MDC_PULS_OXIM_PULS_RATE", "MDC"),
        ("150021", "MDC_PRESS_BLD_ART_SYS", "MDC"),
        ("59408-5", "End tidal CO2", "LN"),
        ("8480-6", "Diastolic", "http://loinc.org"),
    ],
)
def test_a_code_and_a_label_that_differ_are_never_charted(code: str, text: str, system: str) -> None:
    found = judged(code, text, system, "35", "%")
    assert isinstance(found, Quarantined)
    assert found.why == "disagree"


@pytest.mark.parametrize(
    ("code", "text", "system"),
    [
        ("150456", "", "MDC"),
        ("", "MDC_PULS_OXIM_SAT_O2", "MDC"),
        ("MDC_PULS_OXIM_SAT_O2", "", ""),
        ("MDC_PULS_OXIM_SAT_O2", "150456", "MDC"),
        ("150456", "Sättigung links", "MDC"),
        ("150456", "SpO2", "MDC"),
        ("2708-6", "Oxygen saturation in Arterial blood by Pulse oximetry", "LOINC"),
        ("160", "spo2", "99MINDRAY"),
    ],
)
def test_a_code_alone_or_with_its_own_label_is_read(code: str, text: str, system: str) -> None:
    found = judged(code, text, system, "97", "%")
    assert isinstance(found, Read)
    assert (found.reading.kind, found.reading.value) == ("spo2", 97)


@pytest.mark.parametrize(
    "code", [("160", "", ""), ("160", "SpO2 left", ""), ("150488", "MDC_PULS_OXIM_PERF_REL", "MDC")]
)
def test_a_code_that_is_not_known_is_listed_not_guessed(code: tuple[str, str, str]) -> None:
    found = judged(*code, "97", "%")
    assert isinstance(found, NotCharted)
    assert found.value_as_sent == "97"


@pytest.mark.parametrize(
    ("unit", "text"), [("", ""), ("%", "mmHg"), ("262688", "MDC_DIM_MMHG"), ("262688", "MDC_DIM_FOO"), ("g", "")]
)
def test_a_unit_that_is_missing_wrong_or_two_at_once_is_kept_back(unit: str, text: str) -> None:
    sent = Sent(
        codings=(Coding("150456", "MDC_PULS_OXIM_SAT_O2", "MDC"),), value="97", unit=Coding(unit, text), when=When(AT)
    )
    found = readings.judge(sent)
    assert isinstance(found, Quarantined)
    assert found.why == "unit"
