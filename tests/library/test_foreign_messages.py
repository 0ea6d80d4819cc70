"""Messages as public gateways, simulators and captures send them, with which time counts and what is held.

The shapes are those of 23 public sources; names, numbers and times are our own. What became of
each was compared by eye.
"""

from datetime import UTC, datetime

import pytest

from unwound.exchange import hl7v2

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
T = "20261121115950"

SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gateway, unit number with a plain name": (
        (
            "MSH|^~\\&|MON|OR1|X|GW|20261121115950+0000||ORU^R01^ORU_R01|1|P|2.6",
            "PID|1||D-1",
            "OBR|1|||182777000^monitoring of patient^SCT|||20261121115950+0000",
            "OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1|71|264864^/min^MDC|||||F",
            "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.2|96|262688^%^MDC|||||F",
            "OBX|3|NM|999999^UNKNOWN^MDC|1.3|5|||||F",
        ),
        ("AA", "heart_rate 71.0 OBR-7 11:59:50", "spo2 96.0 OBR-7 11:59:50", "unknown 1"),
    ),
    "VC150 mnemonics, no units, OBR-7 to 8 of four minutes": (
        (
            "MSH|^~\\&|VC150|84:2F:00:00:00:AA|Gateway|Hospital|20261121115520.613+0000||ORU^R01^ORU_R01|4-1|P|2.6|||NE|AL",
            "PID|||H1",
            "OBR|1|1^1^1^ISO|1^1^1^ISO|VITALS^Vital Signs^VSM|||20261121114038.000+0000|20261121114430.000+0000",
            "OBX|1|ST|RESPRate|1.1.1.1|16||||||F|||20261121114239.000+0000",
            "OBX|2|ST|LevelOfConsciousness|1.1.1.1|Alert||||||F|||20261121114337.000+0000",
            "OBX|4|ST|MDC_PULS_OXIM_SAT_O2|1.1.1.1|91||||||R|||20261121114101.000+0000",
            "OBX|5|ST|MDC_TEMP|1.1.1.1|36||||||R|||20261121114126.000+0000",
            "OBX|7|ST|MDC_PRESS_BLD_NONINV_SYS|1.1.1.1|115||||||R|||20261121114151.000+0000",
        ),
        ("AA", "held 3 unit", "unknown 2"),
    ),
    "VC150 numbers with UCUM units": (
        (
            "MSH|^~\\&|VC150|GW||H|20261121115636.0000+0500||ORU^R01^ORU_R01|4|P|2.6",
            "PID|||H1",
            "OBR|1|1|1|VITALS^Vital Signs^VSM|||20261121164042.0000+0500|20261121164236.0000+0500",
            "OBX|1|ST|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|98|%^%^UCUM|||||F|||20261121164236.0000+0500",
            "OBX|3|ST|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.1.1.1|83|{beats}/min^{beats}/min^UCUM|||||F|||20261121164236.0000+0500",
            "OBX|4|ST|150344^MDC_TEMP^MDC|1.1.1.1|36.4|Cel^Cel^UCUM|||||F|||20261121164049.0000+0500",
            "OBX|5|ST|151562^MDC_RESP_RATE^MDC|1.1.1.1|15|{breaths}/min^{breaths}/min^UCUM|||||F|||20261121164042.0000+0500",
        ),
        (
            "AA",
            "spo2 98.0 OBX-14 11:42:36",
            "pulse_rate 83.0 OBX-14 11:42:36",
            "temperature 36.4 OBX-14 11:40:49",
            "respiratory_rate 15.0 OBX-14 11:40:42",
        ),
    ),
    "BeneVision LOINC, fields shifted, OBR-8 alone": (
        (
            "MSH|^~\\&|BeneVision|H|D|HOSP|20261121115950||ORU^R01|MSG1|P|2.5",
            "PID|||003^^^HMR||TESTCASE^L",
            "OBR|1|||||||20261121115940|||||||||",
            "OBX|1|NM|8867-4^Heart rate^LN||93|{beats}/min||||||F|||20261121115940|||BeneVision",
            "OBX|2|NM|9279-1^Respiratory rate^LN||21|/min||||||F|||20261121115940",
            "OBX|3|NM|2708-6^Oxygen saturation in Arterial blood^LN||92|%||||||F|||20261121115940",
            "OBX|4|NM|8310-5^Body temperature^LN||38.1|Cel||||||F|||20261121115940",
        ),
        (
            "AA",
            "heart_rate 93.0 OBR-8 11:59:40",
            "respiratory_rate 21.0 OBR-8 11:59:40",
            "spo2 92.0 OBR-8 11:59:40",
            "temperature 38.1 OBR-8 11:59:40",
        ),
    ),
    "IntelliVue labels without a system": (
        (
            "MSH|^~\\&|IntelliVue|BED05|D|HOSP|20261121115950||ORU^R01|MSG2|P|2.5.1",
            "PID|||1",
            "OBR|1|||||||20261121115940",
            "OBX|1|NM|HR^Heart Rate||72|bpm||||||F",
            "OBX|2|NM|RESP^Respiration Rate||14|/min||||||F",
            "OBX|3|NM|SPO2^SpO2||96|%||||||F",
            "OBX|4|NM|NIBPs^NIBP Systolic||118|mmHg||||||F",
            "OBX|5|NM|NIBPm^NIBP Mean||86|mmHg||||||F",
            "OBX|6|NM|T1^Temperature||37.1|Cel||||||F",
        ),
        ("AA", "unknown 6"),
    ),
    "generic LOINC with ranges": (
        (
            "MSH|^~\\&|GEN|ICU|EHR|H|20261121115950||ORU^R01|M|P|2.5.1",
            "PID|1||P1^^^H^MR||DOE^J",
            "OBR|1||O1|||||20261121115950",
            "OBX|1|NM|8867-4^Heart rate^LN||70|/min|60-100||||F|||20261121115950",
            "OBX|2|NM|59408-5^SpO2^LN||97|%|95-100||||F|||20261121115950",
            "OBX|3|NM|8480-6^Systolic BP^LN||121|mmHg|90-140||||F|||20261121115950",
            "OBX|4|NM|8462-4^Diastolic BP^LN||81|mmHg|60-90||||F|||20261121115950",
            "OBX|6|NM|8310-5^Temperature^LN||37.2|Cel|36-38||||F|||20261121115950",
        ),
        (
            "AA",
            "heart_rate 70.0 OBX-14 11:59:50",
            "spo2 97.0 OBX-14 11:59:50",
            "systolic 121.0 OBX-14 11:59:50",
            "diastolic 81.0 OBX-14 11:59:50",
            "temperature 37.2 OBX-14 11:59:50",
        ),
    ),
    "LOINC said to be MDC": (
        (
            "MSH|^~\\&|PH|ICU|||20261121115950||ORU^R01|M|P|2.5.1",
            "PID|||1",
            "OBR|1||O1|||20261121115950",
            "OBX|1|NM|8867-4^Heart rate^MDC||81|/min||||F|||20261121115950",
            "OBX|2|NM|59408-5^SpO2^MDC||96|%||||F|||20261121115950",
        ),
        ("AA", "unknown 2"),
    ),
    "LOINC as alternate code": (
        (
            "MSH|^~\\&|MON|FAC|||20261121115950||ORU^R01|1|P|2.5",
            "PID|||1",
            "OBX|1|NM|GARBLED^Heart Rate^L^8867-4^Heart rate^LN||72|/min||N|||F",
        ),
        ("AA", "heart_rate 72.0 MSH-7 11:59:50"),
    ),
    "MDC mnemonic as code": (
        (
            "MSH|^~\\&|MON|FAC|||20261121115950||ORU^R01|1|P|2.5",
            "PID|||1",
            "OBX|1|NM|MDC_ECG_HEART_RATE^Heart Rate^MDC||72|/min||N|||F",
            "OBX|2|NM|MDC_PULS_OXIM_SAT_O2^SpO2^MDC||98|%||N|||F",
            "OBX|3|NM|MDC_PRESS_BLD_NONINV_SYS^Sys BP^MDC||120|mmHg||N|||F",
            "OBX|4|NM|MDC_AWAY_CO2_ET^EtCO2^MDC||35|mmHg||N|||F",
            "OBX|5|NM|MDC_TEMP_BODY^Body temperature^MDC||36.8|Cel^Cel^MDC|||||F",
        ),
        (
            "AA",
            "heart_rate 72.0 MSH-7 11:59:50",
            "spo2 98.0 MSH-7 11:59:50",
            "systolic 120.0 MSH-7 11:59:50",
            "etco2 35.0 MSH-7 11:59:50",
            "temperature 36.8 MSH-7 11:59:50",
        ),
    ),
    "VS8 gateway: time in OBR-3": (
        (
            "MSH|^~\\&|VS8|MINDRAY|S|S|20261121115950||ORU^R01|M|P|2.6",
            "PID|1||9^^^M^MR||TEST^P",
            "PV1|1|I|D5^12^01",
            "OBR|1||20261121115950|MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^^MDC",
            "OBX|1|NM|MDC_ECG_HEART_RATE^Heart rate^MDC||78|/min^/min^MDC|||||F|||20261121115950",
            "OBX|2|NM|MDC_PULS_OXIM_SAT_O2^SpO2^MDC||98|%^%^MDC|||||F|||20261121115950",
            "OBX|3|NM|MDC_PRESS_BLD_NONINV_SYS^NIBP systolic^MDC||121|mm[Hg]^mmHg^MDC|||||F|||20261121115950",
            "OBX|4|NM|MDC_PRESS_BLD_NONINV_DIA^NIBP diastolic^MDC||79|mm[Hg]^mmHg^MDC|||||F|||20261121115950",
        ),
        (
            "AA",
            "heart_rate 78.0 OBX-14 11:59:50",
            "spo2 98.0 OBX-14 11:59:50",
            "systolic 121.0 OBX-14 11:59:50",
            "diastolic 79.0 OBX-14 11:59:50",
        ),
    ),
    "Welch Allyn: own codes with MDC names": (
        (
            "MSH|^~\\&|WA|F|||20261121115950||ORU^R01|1|P|2.5",
            "PID|||1",
            "OBR|1||||||20261121115950",
            "OBX|2|NM|tt-0005-05^MDC_PRESS_BLD_NONINV_SYS^MDC^^||98.57|MDC_DIM_MMHG|70-190||||F|||20261121115950",
            "OBX|7|NM|tt-0005-06^MDC_PULS_OXIM_SAT_O2^MDC^^||86.36|MDC_DIM_PERCENT|30-100||||F|||20261121115950",
            "OBX|8||tt-0005-08^MDC_RESP_RATE^MDC^^||||10-50||||F|||20261121115950",
            "OBX|10|NM|tt-0005-12^PAIN LEVEL^L^^||5.23|/10|1-10||||F|||20261121115950",
            "OBX|13|TX|tt-0005-01^AVPU^LOINC^^||Alert||||||F|||20261121115950",
        ),
        ("AA", "held 3 disagree", "unknown 2"),
    ),
    "ISO times": (
        (
            "MSH|^~\\&|MONITOR|ICU|M|H|20261121T115950||ORU^R01|M|P|2.5.1",
            "PID|1||4^^^H^MR||DOE^J",
            "OBR|1||O|VITALS^Vital signs^L|||20261121T115945",
            "OBX|1|NM|8867-4^Heart rate^LN||128|beats/min|||||F",
            "OBX|2|NM|8480-6^Systolic blood pressure^LN||88|mm[Hg]|||||F",
            "OBX|3|NM|9279-1^Respiratory rate^LN||26|breaths/min|||||F",
            "OBX|5|NM|8310-5^Body temperature^LN||101.3|degF|||||F",
            "OBX|6|CE|80327-7^Level of consciousness^LN||A|||||F",
        ),
        (
            "AA",
            "heart_rate 128.0 OBR-7 11:59:45",
            "systolic 88.0 OBR-7 11:59:45",
            "respiratory_rate 26.0 OBR-7 11:59:45",
            "temperature 38.5 OBR-7 11:59:45",
            "unknown 1",
        ),
    ),
    "ISO with Z in MSH-7": (
        (
            "MSH|^~\\&|CHRONOS|ICU|H|H|2026-11-21T11:59:50.123Z||ORU^R01|k|P|2.3",
            "PID|||1",
            "OBX|1|NM|8867-4^Heart Rate^LN||75|bpm|||||F",
        ),
        ("AA", "heart_rate 75.0 MSH-7 11:59:50"),
    ),
    "shifted MSH: no message time": (
        (
            "MSH|^~\\&|HOS|Lab|EHR|Main|20261121|123|ORU^R01|MSG001|P|2.3",
            "PID|||1001",
            "PV1||I|ICU^^Bed1",
            "OBX|1|NM|8867-4^Heart Rate||82|bpm||||F",
        ),
        ("AA", "unknown 1"),
    ),
    "empty MSH-7, own times": (
        (
            "MSH|^~\\&|TR8|FAC|||||ORU^R01|99|P|2.4",
            "PID|1||P1||Doe^J",
            "PV1||I|^^Bed12^WardA",
            "OBR|1|||182777000^monitoring of patient^SCT",
            "OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC||72|264864^MDC_DIM_BEAT_PER_MIN^MDC||||||||20261121115950",
            "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC||98|262688^MDC_DIM_PERCENT^MDC||||||||20261121115950",
        ),
        ("AA", "heart_rate 72.0 OBX-14 11:59:50", "spo2 98.0 OBX-14 11:59:50"),
    ),
    "K12 LOINC 2.3": (
        (
            "MSH|^~\\&|K12Monitor|C|S|C|20261121115950||ORU^R01|M|P|2.3",
            "PID|1||X||Test^X",
            "OBR|1||||||20261121115950",
            "OBX|1|NM|8867-4^Heart rate^LN||88|/min|60-100||||F",
            "OBX|2|NM|59408-5^SpO2^LN||95|%|95-100||||F",
            "OBX|5|NM|8480-6^Systolic BP^LN||138|mmHg|90-140||||F",
            "OBX|6|NM|8462-4^Diastolic BP^LN||86|mmHg|60-90||||F",
        ),
        (
            "AA",
            "heart_rate 88.0 OBR-7 11:59:50",
            "spo2 95.0 OBR-7 11:59:50",
            "systolic 138.0 OBR-7 11:59:50",
            "diastolic 86.0 OBR-7 11:59:50",
        ),
    ),
    "state X with a value": (
        (
            "MSH|^~\\&|E|F|||20261121115950||ORU^R01|M|P|2.5",
            "PID|||1",
            "OBX|9|NM|11289-6^BODY TEMPERATURE:TEMP:ENCTRFIRST:PATIENT:QN^LN||98.6|^[degF]^UCUM|||||X",
            "OBX|10|NM|59408-5^OXYGEN SATURATION:MFR:PT:BLDA:QN:PULSE OXIMETRY^LN||95|%^^UCUM|||||X",
        ),
        ("AA", "spo2 no-sensor MSH-7 11:59:50", "unknown 1"),
    ),
    "GE B1X5 artery, containers, unit cut": (
        (
            "MSH|^~\\&|VSP^080019FFFE000000^EUI-64|GE|||20261121115950||ORU^R01^ORU_R01|0800|P|2.6",
            "PID|||HED12^^^PID^MR||LAZY^T",
            "PV1||E|ICU^^79874",
            "OBR|1|0|0|182777000^monitoring ofpatient^SCT|||20261121115950",
            "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X",
            "OBX|3||69855^MDC_DEV_METER_PRESS_BLD_CHAN^MDC|1.13.1.0|||||||X",
            "OBX|4|NM|150033^MDC_PRESS_BLD_ART_SYS^MDC|1.13.1.1|120|266016^MDC_DIM_MMHG^MDC|||||R|||||||080019FFFE000000^B1X5_GE",
        ),
        ("AA", "systolic 120.0 OBR-7 11:59:50"),
    ),
    "Comen 150017": (
        (
            "MSH|^~\\&||KC5|||20261121115950||ORU^R01|1|P|2.6",
            "PID|||1",
            "PV1||I|^^&24",
            "OBR||||1^MDC_OBS^MDC|||20261121195950+0800",
            "OBX||NM|150017^MDC_PRESS_BLD_NONINV_SYS^MDC|1.1.1|128|266016^MDC_DIM_MMHG^MDC|||||F|||20261121195950+0800",
            "OBX||NM|150018^MDC_PRESS_BLD_NONINV_DIA^MDC|1.1.2|76|266016^MDC_DIM_MMHG^MDC|||||F|||20261121195950+0800",
            "OBX||NM|150344^MDC_TEMP^MDC|1.4.1|98.6|268160^MDC_DIM_FAHR^MDC|||||F|||20261121195950+0800",
            "OBX||NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.6.1|8388607|262688^MDC_DIM_PERCENT^MDC|||||X|||20261121195950+0800",
        ),
        (
            "AA",
            "systolic 128.0 OBX-14 11:59:50",
            "diastolic 76.0 OBX-14 11:59:50",
            "temperature 37.0 OBX-14 11:59:50",
            "spo2 no-sensor OBX-14 11:59:50",
        ),
    ),
    "segments run together (no CR)": (
        (
            "MSH|^~\\&|PrimumHealthIT^AB^EUI-64||||20261121115950+0000||ORU^R01^ORU_R01|M|P|2.6",
            "PID|||28849103N",
            "OBR|1|||1|||20261121115950+0000",
            "OBX|1||528388^MDC_DEV_SPEC_PROFILE_PULS_OXIM^MDC|1|||||||X|||20261121115950+0000||||AB^EUI-64OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.0.0.1|97|262688^MDC_DIM_PERCENT^MDC|||||R|||20261121115950+0000OBX|3|NM|149546^MDC_PULS_RATE_NON_INV^MDC|1.0.0.2|61|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||20261121115950+0000",
        ),
        ("AE",),
    ),
    "spo2 monitor, OBR without time, UTC": (
        (
            "MSH|^~\\&|SYNTHETIC-MONITOR|WARD-A|P|LAB|20261121115950||ORU^R01|a|P|2.5.1",
            "PID|1||s-1^^^P^MR||DOE^J",
            "OBR|1|||VITALS",
            "OBX|1|NM|59408-5^SpO2^LN||98|%|95-100|N|||F",
        ),
        ("AA", "spo2 98.0 MSH-7 11:59:50"),
    ),
    "old report: OBR-22": (
        (
            "MSH|^~\\&|GW|W|||20261121115950||ORU^R01|a|P|2.5.1",
            "PID|1||s-1",
            "OBR|1|||VITALS||||||||||||||||||20261121103000",
            "OBX|1|NM|59408-5^SpO2^LN||98|%||N|||F",
        ),
        ("AA", "held 1 time"),
    ),
    "PID with LOINC units in words": (
        (
            "MSH|^~\\&|A|B|||20261121115950||ORU^R01|a|P|2.5",
            "PID|||1",
            "OBR|1|||V|||20261121115950",
            "OBX|1|NM|9279-1^RR^LN||16|{breaths}/min|12-20|N|||F",
            "OBX|2|NM|2710-2^SpO2^LN||98|%|||||F",
            "OBX|3|NM|8889-8^Heart rate by Pulse oximetry^LN||70|{beats}/min|||||F",
            "OBX|4|NM|19889-5^EtCO2^LN||38|mm[Hg]|||||F",
            "OBX|5|NM|8478-0^Mean blood pressure^LN||88|mm[Hg]|||||F",
            "OBX|6|NM|20564-1^sO2^LN||97|%|||||F",
        ),
        (
            "AA",
            "respiratory_rate 16.0 OBR-7 11:59:50",
            "pulse_rate 70.0 OBR-7 11:59:50",
            "etco2 38.0 OBR-7 11:59:50",
            "mean_pressure 88.0 OBR-7 11:59:50",
            "unknown 2",
        ),
    ),
}


def outcome(read: hl7v2.Received) -> tuple[str, ...]:
    values = (
        f"{one.reading.kind} {one.reading.status if one.reading.value is None else one.reading.value} "
        f"{one.time_from} {one.reading.at:%H:%M:%S}"
        for one in read.readings
    )
    held = f"held {len(read.quarantined)} {' '.join(sorted({one.why for one in read.quarantined}))}"
    unknown = sum(one.unknown and bool(one.value_as_sent) for one in read.not_charted)
    parts = (read.code, *values, held if read.quarantined else "", f"unknown {unknown}" if unknown else "")
    return tuple(filter(None, parts))


@pytest.mark.parametrize("name", SHAPES)
def test_what_becomes_of_a_foreign_message(name: str) -> None:
    segments, expected = SHAPES[name]
    assert outcome(hl7v2.read("\r".join(segments).encode(), received_at=NOW, zone=UTC)) == expected


HEAD = f"MSH|^~\\&|M|W|||{T}+0000||ORU^R01|a|P|2.6"


@pytest.mark.parametrize(
    ("obr", "obx_14", "obx_19", "counts"),
    [
        ("20261121115900|", "20261121115800", "", "OBX-14 11:58:00"),
        ("20261121115900|", "", "", "OBR-7 11:59:00"),
        ("20261121115800|20261121115900", "", "", "OBR-8 11:59:00"),  # 60 s: a minute's mean, at its end
        ("20261121115800|20261121115901", "", "", "cover 61 s"),
        ("20261121115900|20261121115900", "", "", "OBR-7 11:59:00"),
        ("20261121115900|20261121115800", "", "", "cover -60 s"),
        ("|20261121115900", "", "", "OBR-8 11:59:00"),
        ("yesterday|20261121115900", "", "", "not a date"),
        (f"{7 * '|'}20261121115850", "", "", "MSH-7 11:59:50"),  # OBR-14 within a minute of it says nothing else
        (f"{7 * '|'}20261121115849", "", "", "OBR-14 is 2026-11-21 11:58:49"),
        (f"{15 * '|'}20261121103000", "", "", "OBR-22 is 2026-11-21 10:30:00"),
        ("|", "", "20261121110000", "OBX-19 is 2026-11-21 11:00:00"),
        (f"{7 * '|'}20261121103000", "20261121115930", "", "OBX-14 11:59:30"),
    ],
)
def test_which_time_counts(obr: str, obx_14: str, obx_19: str, counts: str) -> None:
    """Its own, then that of its group; the message's only where nothing beside it says that the value is older."""
    obx = f"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1|97|%|||||F|||{obx_14}|||||{obx_19}"
    read = hl7v2.read("\r".join((HEAD, f"OBR|1||||||{obr}", obx)).encode(), received_at=NOW, zone=UTC)
    said = [f"{one.time_from} {one.reading.at:%H:%M:%S}" for one in read.readings]
    (only,) = said or [one.reason for one in read.quarantined]
    assert counts in only
