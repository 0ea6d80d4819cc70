"""Messages in the shapes that monitors, pumps and hospitals send, each invented here, with the right answer beside it.

The shapes are those of public dumps, gateways and drivers; names, numbers and times are our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange import hl7v2
from unwound.exchange.clock import in_force, likely, steady_s
from unwound.exchange.device_codes import Coding
from unwound.exchange.pump_words import Charted, PumpReport, disagreements, pump_words
from unwound.exchange.readings import Mapped, key_of
from unwound.exchange.subject import Known, Subject, disagreement

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SENT = "20261121115955+0000"


def message(
    *segments: str, version: str = "2.4", type: str = "ORU^R01", sender: str = "MON|ICU", at: str = SENT
) -> bytes:
    return "\r".join((f"MSH|^~\\&|{sender}|||{at}||{type}|M1|P|{version}", *segments)).encode()


def read(raw: bytes, **more: object) -> hl7v2.Received:
    return hl7v2.read(raw, received_at=NOW, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Shape:
    """What is sent, and what must become of it: values by sign, reasons, and how many codes are not known."""

    segments: tuple[str, ...]
    values: tuple[tuple[str, float | None], ...]
    held: tuple[str, ...] = ()
    unknown: int = 0
    version: str = "2.4"


SHAPES = {
    "Philips MDIL, spot check in 2.4": Shape(
        (
            "PID|||X1||Muster^Eva",
            f"OBR||||SPOTCHECK|||{SENT}",
            "OBX||NM|0002-4bb8^SpO2^MDIL||96|0004-0220^%^MDIL|||||F",
            "OBX||NM|0002-4a05^NBPs^MDIL||131|0004-0f20^mmHg^MDIL|||||F",
            "OBX||NM|0002-4a06^NBPd^MDIL||72|0004-0f20^mmHg^MDIL|||||F",
            "OBX||NM|0002-4a07^NBPm^MDIL||91|0004-0f20^mmHg^MDIL|||||F",
        ),
        (("spo2", 96), ("systolic", 131), ("diastolic", 72), ("mean_pressure", 91)),
    ),
    "Philips MDIL in 2.3": Shape(
        (
            "OBX||NM|0002-4182^HR^MDIL|0|88|0004-0aa0^bpm^MDIL|||||F",
            "OBX||NM|0002-5000^Resp^MDIL|0|14|0004-0ae0^rpm^MDIL|||||F",
            "OBX||NM|0002-4822^Pulse^MDIL|0|87|0004-0aa0^bpm^MDIL|||||F",
            "OBX||NM|0002-4b60^Tcore^MDIL|0|36.9|0004-17a0^°C^MDIL|||||F",
            "OBX||NM|0002-4261^PVC^MDIL|0|0|0004-0aa0^bpm^MDIL|||||F",
        ),
        (("heart_rate", 88), ("respiratory_rate", 14), ("pulse_rate", 87), ("temperature", 36.9)),
        unknown=1,
        version="2.3",
    ),
    "a number of Philips under another label is not known": Shape(
        (
            "OBX||NM|0002-5000^SML^MDIL|0|12|0004-0ae0^rpm^MDIL|||||F",
            "OBX||NM|0002-4182^HR_Pulse^MDIL|0|70|0004-0aa0^bpm^MDIL|||||F",
        ),
        (),
        unknown=2,
    ),
    "Nihon Kohden": Shape(
        (
            "PID|||X1||MUSTER^EVA^^^^^L^A",
            "PV1||I|^^BED-004^192.0.2.9:1",
            f"OBR|1|||VITAL|||{SENT}",
            f"OBX|1|NM|007000^VITAL SpO2|1|97|%|||||F|||{SENT}",
            f"OBX|2|NM|007001^VITAL PR(spo2)|1|77|/min|||||F|||{SENT}",
            f"OBX|3|NM|072007^VITAL rPR(spo2)|1|77|/min|||||F|||{SENT}",
            f"OBX|4|NM|001000^VITAL HR|1|78|bpm|||||F|||{SENT}",
            "OBR|2|||NIBP|||20261121115900+0000",
            "OBX|1|NM|009000^NIBP SYS|1|133|mmHg|||||F|||20261121115900+0000",
            "OBX|2|NM|009001^NIBP DIAS|1|77|mmHg|||||F|||20261121115900+0000",
            "OBX|3|NM|009002^NIBP MEAN|1|95|mmHg|||||F|||20261121115900+0000",
        ),
        (
            ("spo2", 97),
            ("pulse_rate", 77),
            ("heart_rate", 78),
            ("systolic", 133),
            ("diastolic", 77),
            ("mean_pressure", 95),
        ),
        unknown=1,
    ),
    "Edan": Shape(
        (
            "OBX|1|NM|327680^SPO2_SPO2^EHC|1|95|%|||||F",
            "OBX|2|NM|131072^ECG_HR^EHC|1|81|bpm|||||F",
            "OBX|3|NM|393216^NIBP_SYS^EHC|1|141|mmHg|||||F",
            "OBX|4|NM|393217^NIBP_DIA^EHC|1|83|mmHg|||||F",
            "OBX|5|NM|393219^NIBP_PR^EHC|1|80|bpm|||||F",
            "OBX|6|NM|458752^TEMP_T1^EHC|1|36.4|C|||||F",
            "OBX|7|NM|524288^SPEEDY_TEMP^EHC|1|36.5|C|||||F",
        ),
        (
            ("spo2", 95),
            ("heart_rate", 81),
            ("systolic", 141),
            ("diastolic", 83),
            ("pulse_rate", 80),
            ("temperature", 36.4),
        ),
        unknown=1,
    ),
    "Mindray's own numbers, cuff, artery and capnography": Shape(
        (
            "OBX||NM|170^Sys|2105|119|mmHg|||||F",
            "OBX||NM|500^Sys|2116|124|mmHg|||||F",
            "OBX||NM|501^ART-Mean|2116|93|mmHg|||||F",
            "OBX||NM|502^Dia|2116|75|mmHg|||||F",
            "OBX||NM|250^CO2Et|2107|38|mmHg|||||F",
            "OBX||NM|605^Mean|2118|7|mmHg|||||F",
        ),
        (("systolic", 119), ("systolic", 124), ("mean_pressure", 93), ("diastolic", 75), ("etco2", 38)),
        unknown=1,
        version="2.3.1",
    ),
    "Mindray without units": Shape(
        ("OBX||NM|160^SpO2|2103|98||||||F", "OBX||NM|101^HR|2101|60||||||F"), (), held=("unit", "unit"), version="2.3.1"
    ),
    "an armpit as Mindray writes it, and end-tidal carbon dioxide under its longer name": Shape(
        (
            "OBX|1|NM|188496^MDC_TEMP_AXIL^MDC|1.2.1.188496|36.2|268192^MDC_DIM_DEGC^MDC|||||F",
            "OBX|2|NM|151708^MDC_CONC_AWAY_CO2_ET^MDC|1.5.1.151708|41|266016^MDC_DIM_MMHG^MDC|||||F",
        ),
        (("temperature", 36.2), ("etco2", 41)),
        version="2.6",
    ),
    "LOINC with plain labels in 2.3": Shape(
        (
            "PID|1||SYN1||DOE^JANE",
            "OBX|1|NM|8867-4^Heart Rate^LN||72.4|bpm|||||F",
            "OBX|2|NM|8478-0^Mean Arterial Pressure^LN||88.0|mmHg|||||F",
            "OBX|3|NM|8310-5^Body Temperature^LN||36.8|degC|||||F",
            "OBX|4|NM|8328-7^Axillary temperature^LN||36.1|degC|||||F",
        ),
        (("heart_rate", 72.4), ("mean_pressure", 88), ("temperature", 36.8), ("temperature", 36.1)),
        version="2.3",
    ),
    "mnemonics under the name of a standard they are not of": Shape(
        (
            "OBX|1|NM|HR^Heart Rate^MDC||88|bpm||||F|||",
            "OBX|2|NM|SPO2^SpO2^MDC||95|%||||F|||",
            "OBX|3|NM|NIBP-S^Systolic BP^MDC||90|mmHg||||F|||",
        ),
        (),
        unknown=3,
        version="2.3.1",
    ),
    "scaled whole numbers with a unit that is another's": Shape(
        (
            "OBX||NM|100^T1||3680|0401-0b54^C^MDIL|3600^3900||||F",
            "OBX||NM|91^NIBP_M||9300|0002-4a05^mmhg^MDIL|6000^11000||||F",
            "OBX||NM|188^SPO2||97|0002-0b54^C^MDIL|0^200||||F",
        ),
        (),
        unknown=3,
    ),
    "an alarm as text beside the value it is about": Shape(
        (
            "OBX|1|TX|0002-0302^ALARM^MDIL||** SpO2 LOW||||||F",
            "OBX|2|NM|0002-4bb8^SpO2^MDIL||84|0004-0220^%^MDIL|80-100|L||||F",
        ),
        (("device_alarm", 2), ("spo2", 84)),
    ),
    "pressures in kilopascals": Shape(
        (
            "OBX|1|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1.1.9.150301|17.3|265987^MDC_DIM_KILO_PASCAL^MDC|||||F",
            "OBX|2|NM|150302^MDC_PRESS_CUFF_DIA^MDC|1.1.9.150302|9.6|265987^MDC_DIM_KILO_PASCAL^MDC|||||F",
        ),
        (("systolic", 129.7607), ("diastolic", 72.0059)),
        version="2.6",
    ),
    "a typing error in a number, and a name that contradicts": Shape(
        (
            "OBX|1|NM|150031^MDC_PRESS_CUFF_SYS^MDC|1.1.9.150031|122|266016^MDC_DIM_MMHG^MDC|||||F",
            "OBX|2|NM|150456^MDC_ECG_HEART_RATE^MDC|1.1.1|71|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F",
        ),
        (),
        held=("disagree", "disagree"),
        version="2.6",
    ),
    "signs of no sensor of several vendors": Shape(
        (
            "OBX|1|NM|007000^VITAL SpO2|1|---|%|||||F",
            "OBX|2|NM|0002-4182^HR^MDIL|1|-100|0004-0aa0^bpm^MDIL|||||F",
            "OBX|3|NM|327680^SPO2_SPO2^EHC|1|65535|%|||||F",
            "OBX|4|NM|170^Sys|1|-1|mmHg|||||F",
        ),
        (("spo2", None), ("heart_rate", None), ("spo2", None), ("systolic", None)),
    ),
    "values that are no single number": Shape(
        (
            "OBX|1|NM|007000^VITAL SpO2|1|70-75|%|||||F",
            "OBX|2|NM|007000^VITAL SpO2|2|97~96|%|||||F",
            "OBX|3|NM|001000^VITAL HR|1|72,5|bpm|||||F",
            "OBX|4|SN|001000^VITAL HR|1|^70^-^75|bpm|||||F",
            "OBX|5|SN|001000^VITAL HR|1|<>^70|bpm|||||F",
        ),
        (),
        held=("number", "number", "number", "number", "number"),
    ),
    "values of which no more is known than a bound": Shape(
        (
            "OBX|1|NM|007000^VITAL SpO2|1|<70|%|||||F",
            "OBX|2|SN|007000^VITAL SpO2|2|<^70|%|||||F",
            "OBX|3|ST|001000^VITAL HR|1|>= 300|bpm|||||F",
        ),
        (("spo2", 70), ("spo2", 70), ("heart_rate", 300)),
    ),
    "containers of a device without a value": Shape(
        (
            "OBX|1||69965^MDC_DEV_METER_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X",
            "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456|97|262688^MDC_DIM_PERCENT^MDC|||||R",
        ),
        (("spo2", 97),),
        version="2.6",
    ),
    "a code without any name": Shape(("OBX|1|NM|150456|1|97|%|||||F",), (), unknown=1, version="2.6"),
    "several spellings of one unit": Shape(
        (
            "OBX|1|NM|001000^VITAL HR|1|70|{beats}/min|||||F",
            "OBX|2|NM|001000^VITAL HR|2|70|BPM|||||F",
            "OBX|3|NM|009000^NIBP SYS|1|120|mm[Hg]|||||F",
            "OBX|4|NM|009000^NIBP SYS|2|120|MMHG|||||F",
        ),
        (("heart_rate", 70), ("heart_rate", 70), ("systolic", 120), ("systolic", 120)),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_becomes_of_each_shape(name: str) -> None:
    shape = SHAPES[name]
    got = read(message(*shape.segments, version=shape.version))
    assert got.code == "AA", got.reason
    assert tuple((one.reading.kind, one.reading.value) for one in got.readings) == shape.values
    assert tuple(one.why for one in got.quarantined) == shape.held
    assert sum(one.unknown and bool(one.value_as_sent) for one in got.not_charted) == shape.unknown


def test_a_cuff_of_a_minute_ago_keeps_its_own_time() -> None:
    got = read(message(*SHAPES["Nihon Kohden"].segments))
    assert got.place.bed == "BED-004"
    at = {one.reading.kind: one.reading.at for one in got.readings}
    assert (at["spo2"], at["systolic"]) == (NOW - timedelta(seconds=5), NOW - timedelta(minutes=1))


def test_a_code_that_two_people_mapped_for_a_monitor_is_read_in_its_unit_and_no_other_code_is() -> None:
    codes = {
        key_of(Coding("HR", "Heart Rate", "MDC")): Mapped("heart_rate"),
        key_of(Coding("160", "SpO2")): Mapped("spo2", "%"),
        key_of(Coding("101", "HR")): Mapped("spo2", "%"),
        key_of(Coding("150456", "MDC_ECG_HEART_RATE", "MDC")): Mapped("heart_rate", "/min"),
    }
    raw = message(
        "OBX|1|NM|hr^Heart Rate^MDC||88|bpm|||||F",
        "OBX|2|NM|160^SpO2|2103|98||||||F",
        "OBX|3|NM|160^SpO2|2103|98|kPa|||||F",
        "OBX|4|NM|101^HR|2101|60||||||F",
        "OBX|5|NM|HR^Heart Rate^OTHER||88|bpm|||||F",
        "OBX|6|NM|150456^MDC_ECG_HEART_RATE^MDC||88|bpm|||||F",
    )
    got = read(raw, codes=codes)
    assert [(one.reading.kind, one.reading.value) for one in got.readings] == [("heart_rate", 88), ("spo2", 98)]
    assert [(one.why, one.where) for one in got.quarantined] == [
        ("unit", "OBX 3"),
        ("unit", "OBX 4"),
        ("disagree", "OBX 6"),
    ]
    assert [one.where for one in got.not_charted] == ["OBX 5"]


PUMP = (
    "PID|||N-1^^^HOSP^MR",
    f"OBR|1||1|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||{SENT}",
    "OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0|||||||X|||||||P-17^Pump",
    "OBX|2|CWE|184508^MDC_PUMP_STAT^MDC|1.1.1.1|^pump-status-infusing^MDC||||||R",
    "OBX|3|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.2|6|265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM|||||R",
    "OBX|4|NM|157864^MDC_VOL_FLUID_DELIV^MDC|1.1.1.3|4.2|263762^MDC_DIM_MILLI_L^MDC|||||R",
    "OBX|5|ST|184330^MDC_DRUG_NAME_TYPE^MDC|1.1.2.1|Ketamine 2 mg/mL||||||R",
    "OBX|6|NM|157760^MDC_CONC_DRUG^MDC|1.1.2.2|2|264306^MDC_DIM_MILLI_G_PER_ML^MDC|||||R",
)


@pytest.mark.parametrize("type", ["ORU^R01^ORU_R01", "ORU^R42^ORU_R01"])
def test_what_a_pump_reports_is_read_and_is_no_vital_sign(type: str) -> None:
    got = read(message(*PUMP, version="2.6", type=type))
    assert got.code == "AA"
    assert (got.readings, got.quarantined) == ((), ())
    assert not [one for one in got.not_charted if one.value_as_sent]
    (report,) = got.pumps
    assert (report.ml_per_h, report.delivered_ml, report.mg_per_ml) == (6, 4.2, 2)
    assert (report.drug, report.status, report.runs) == ("Ketamine 2 mg/mL", "pump-status-infusing", True)
    assert (report.at, report.pump) == (NOW - timedelta(seconds=5), "P-17^Pump 1.1")


def test_two_pumps_of_one_message_stay_two_and_what_runs_goes_before_what_is_set() -> None:
    got = read(
        message(
            f"OBR|1||1|X|||{SENT}",
            "OBX|1|NM|158014^MDC_FLOW_FLUID_PUMP_CURRENT^MDC|1.1.1.1|5|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R",
            "OBX|2|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.2|6|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R",
            "OBX|3|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.2.1.1|40|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R",
            "OBX|4|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.3.1.1|40|263762^MDC_DIM_MILLI_L^MDC|||||R",
            version="2.6",
        )
    )
    assert [(one.pump, one.ml_per_h) for one in got.pumps] == [
        ("MON ICU 1.1", 5), ("MON ICU 1.2", 40), ("MON ICU 1.3", None),
    ]  # fmt: skip


@pytest.mark.parametrize("type", ["RGV^O15^RGV_O15", "RGO^O01", "RDE^O11", "OMP^O09", "RRG^O16"])
def test_an_order_to_a_pump_is_refused_in_words(type: str) -> None:
    got = read(message("ORC|RE|ORD1", "RXG|1|||^ketamine|50||263762^MDC_DIM_MILLI_L^MDC", type=type, version="2.6"))
    assert (got.code, got.error, got.pumps) == ("AR", "200", ())
    assert "never takes, forwards or answers one" in got.reason


@pytest.mark.parametrize("example", pump_words().examples, ids=lambda one: one.name)
def test_ordered_charted_and_reported_side_by_side(example: object) -> None:
    one = example
    chart = Charted(ordered=one.ordered, charted=one.charted, infusing=True, mg_per_ml=one.mg_per_ml)  # type: ignore[attr-defined]
    report = PumpReport(at=NOW, ml_per_h=one.ml_per_h)  # type: ignore[attr-defined]
    assert disagreements(chart, report, NOW) == one.expect  # type: ignore[attr-defined]


def test_a_pump_that_stands_another_drug_another_strength_and_an_old_report() -> None:
    chart = Charted(ordered=12, charted=12, infusing=True, mg_per_ml=2, drug="ketamine")
    said = PumpReport(at=NOW, ml_per_h=6, status="pump-status-paused", drug="Midazolam", mg_per_ml=1)
    assert disagreements(chart, said, NOW) == (
        "the pump reports 1 mg/mL, 2 mg/mL are ordered",
        "the pump reports «Midazolam», the order is for ketamine",
        "the pump reports «pump-status-paused», the infusion is charted as running",
    )
    assert disagreements(chart, said, NOW + timedelta(seconds=301)) == ()
    still = Charted(ordered=12, charted=12, infusing=False, mg_per_ml=2)
    assert disagreements(still, PumpReport(at=NOW, ml_per_h=6), NOW) == (
        "the pump reports 6 mL/h, the infusion is charted as not running",
    )


def pid(number: str) -> str:
    return f"PID|||{number}^^^HOSP^MR||Muster^Eva||19700102"


@pytest.mark.parametrize(
    ("trigger", "pv1", "bed"),
    [
        ("A01", "PV1||I|PAIN^1^B3", "B3"),
        ("A02", "PV1||I|PAIN^1^B3|||PAIN^1^B1", "B3"),
        ("A03", "PV1||I|PAIN^1^B3", ""),
        ("A08", "PV1||I|PAIN^1^B3", "B3"),
        ("A08", "", ""),
        ("A11", "PV1||I|PAIN^1^B3", ""),
        ("A12", "PV1||I|PAIN^1^B1|||PAIN^1^B3", "B1"),
        ("A13", "PV1||I|PAIN^1^B3", "B3"),
    ],
)
def test_where_a_hospital_says_a_patient_is(trigger: str, pv1: str, bed: str) -> None:
    got = read(message("EVN||x", pid("N-1"), *filter(None, [pv1]), type=f"ADT^{trigger}", version="2.5"))
    (move,) = got.moves
    assert (got.code, got.readings, move.bed) == ("AA", (), bed)
    assert move.ids == ("N-1^^^HOSP^MR",)
    assert (move.subject.names, move.subject.born) == (("Muster Eva",), date(1970, 1, 2))


def test_two_patients_swap_and_one_alone_does_not() -> None:
    both = (pid("N-1"), "PV1||I|PAIN^1^B2", pid("N-2"), "PV1||I|PAIN^1^B1")
    got = read(message(*both, type="ADT^A17", version="2.3.1"))
    assert [(move.ids[0].split("^")[0], move.bed) for move in got.moves] == [("N-1", "B2"), ("N-2", "B1")]
    assert read(message(*both[:2], type="ADT^A17", version="2.3.1")).code == "AE"
    assert read(message(*both, type="ADT^A02", version="2.3.1")).code == "AE"


MUSTER = Known(number="N-1", family_name="Muster-Élan", given_name="Eva", born=date(1970, 1, 2))


@pytest.mark.parametrize(
    ("sent", "fits"),
    [
        (Subject(), True),
        (Subject(names=("MUSTER EVA",)), True),
        (Subject(names=("Muster Élan",)), True),
        (Subject(names=("elan, e",)), True),
        (Subject(names=("Must",)), True),
        (Subject(names=("EVA MUSTER",)), True),
        (Subject(names=("M E",)), True),
        (Subject(names=("UNKNOWN",)), True),
        (Subject(names=("BED 7",)), True),
        (Subject(names=("Jones Eva",)), False),
        (Subject(names=("Jones", "Muster")), False),
        (Subject(born=date(1970, 1, 2)), True),
        (Subject(born=date(1970, 2, 1)), False),
        (Subject(numbers=("n-1",)), True),
        (Subject(numbers=("MRN-999", "N-1")), True),
        (Subject(numbers=("MRN-999",)), False),
    ],
    ids=str,
)
def test_what_is_said_of_a_patient_beside_a_bed_or_a_number(sent: Subject, fits: bool) -> None:
    assert (disagreement(sent, MUSTER) == "") is fits


def test_a_patient_of_whom_little_is_known_is_contradicted_by_little() -> None:
    assert disagreement(Subject(numbers=("X",), names=("Jones",), born=date(1970, 1, 1)), Known()) == ""


@pytest.mark.parametrize(
    ("aheads", "steady"),
    [
        ([420] * 5, 420),
        ([420, 421, 419, 424, 420], 420),
        ([420] * 4, None),
        ([420, 420, 420, 420, 431], None),
        ([420, 420, 420, 420, 430], 420),
        ([420] * 5 + [0] * 50, 420),
    ],
)
def test_when_a_wrong_clock_is_steady(aheads: list[float], steady: float | None) -> None:
    assert steady_s(aheads) == steady


@pytest.mark.parametrize(
    ("corrected", "now", "expected"),
    [
        (420, 420, 420),
        (420, 480, 420),
        (420, 361, 420),
        (420, 481, None),
        (420, 30, 0),
        (420, -60, 0),
        (420, 200, None),
        (-3600, -3600, -3600),
        (-3600, 0, 0),
        (-3600, -1800, None),
        (420, None, None),
    ],
)
def test_a_correction_holds_while_the_clock_stands_as_it_did(
    corrected: float, now: float | None, expected: float | None
) -> None:
    by, doubt = in_force(corrected, now)
    assert (by if not doubt else None) == expected


@pytest.mark.parametrize(
    ("ahead", "offset", "word"),
    [
        (-3600, 3600, "UTC"),
        (18_000, -18_000, "UTC"),
        (3600, 3600, "an hour"),
        (3590, 0, "an hour"),
        (7200, 0, "zone"),
        (420, 3600, ""),
    ],
)
def test_what_a_wrong_clock_may_be(ahead: float, offset: float, word: str) -> None:
    assert (word in likely(ahead, offset)) if word else likely(ahead, offset) == ""


def stamped(ahead_s: int) -> bytes:
    at = f"{NOW + timedelta(seconds=ahead_s):%Y%m%d%H%M%S}+0000"
    obx = f"OBX|1|NM|007000^VITAL SpO2|1|97|%|||||F|||{at}"
    return message(obx, at=at)


def test_a_corrected_time_is_charted_and_both_are_kept() -> None:
    (one,) = read(stamped(420), corrected_s=420.0).readings
    assert one.reading.at == NOW
    assert one.rule == "12:07:00 UTC by its own clock, corrected"
    assert read(stamped(420), corrected_s=420.0).clock_ahead_s == 420
    moved = read(stamped(900), corrected_s=420.0)
    assert [(held.why, "moved" in held.reason) for held in moved.quarantined] == [("time", True)]
    (right,) = read(stamped(0), corrected_s=420.0).readings
    assert (right.reading.at, right.rule) == (NOW, "")


@given(st.integers(-90_000, 90_000), st.integers(-90_000, 90_000))
def test_no_time_is_ever_moved_by_more_than_the_clock_is_off_now(corrected: int, ahead: int) -> None:
    by, doubt = in_force(corrected, ahead)
    assert doubt or abs(ahead - by) <= 60
