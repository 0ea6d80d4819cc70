"""A measurement is taken in the unit a laboratory prints, and never quietly misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import facts, units, vocabulary
from unwound.exchange import case_file


@pytest.mark.parametrize(
    ("id", "written", "ours"),
    [
        ("hba1c_percent", "58 mmol/mol", 7.457),
        ("hba1c_percent", "7.5 %", 7.5),
        ("weight_kg", "11 st 4 lb", 71.668),
        ("weight_kg", "11st 4lb", 71.668),
        ("weight_kg", "180 lb", 81.647),
        ("height_cm", "5 ft 11 in", 180.34),
        ("creatinine_mg_per_dl", "88.4 µmol/L", 1.0),
        ("temperature_c", "98.6 °F", 37.0),
        ("vitamin_b12_ng_per_l", "133 pmol/L", 180.27),
        ("vitamin_b12_ng_per_l", "180 pg/mL", 180.0),
        ("haemoglobin_g_per_l", "13.4 g/dL", 134.0),
        ("haemoglobin_g_per_l", "8.3 mmol/L", 133.75),
        ("crp_mg_per_l", "1.2 mg/dL", 12.0),
        ("eosinophils_1e9_per_l", "1500 /µL", 1.5),
        ("systolic_mmhg", "16 kPa", 120.01),
    ],
)
def test_a_number_with_its_unit_is_converted(id: str, written: str, ours: float) -> None:
    assert vocabulary.fitting(id, written) == pytest.approx(ours, abs=0.005)


@pytest.mark.parametrize(
    ("id", "written"),
    [
        ("systolic_mmhg", "120 mmHg 80 mmHg"),
        ("systolic_mmhg", "16 kPa 80 mmHg"),
        ("weight_kg", "11 st 4 kg"),
        ("weight_kg", "4 lb 11 st"),
        ("weight_kg", "11 lb 4 lb"),
        ("weight_kg", "70"),
        ("weight_kg", "70,5 kg"),
        ("hba1c_percent", "58 mmol/L"),
        ("phq9_total", "12 points"),
        ("temperature_c", "98.6"),
    ],
)
def test_what_is_no_one_measurement_is_refused(id: str, written: str) -> None:
    with pytest.raises(vocabulary.FactError, match=f"^{id}: a number in"):
        vocabulary.fitting(id, written)


@pytest.mark.parametrize(
    ("id", "bare", "hint"),
    [
        ("hba1c_percent", 58.0, "if it is in mmol/mol, write «58 mmol/mol»"),
        ("creatinine_mg_per_dl", 88.0, "if it is in µmol/L, write «88 µmol/L»"),
        ("temperature_c", 98.6, "if it is in °F, write «98.6 °F»"),
        ("haemoglobin_g_per_l", 13.4, "in g/dL, write «13.4 g/dL» or in mmol/L"),
    ],
)
def test_a_number_that_cannot_be_says_in_which_unit_it_could(id: str, bare: float, hint: str) -> None:
    with pytest.raises(vocabulary.FactError, match=hint):
        vocabulary.fitting(id, bare)


def test_a_case_may_be_written_in_the_units_of_the_united_kingdom() -> None:
    text = """
    title = "Units"
    as_of = 2026-11-21
    [patient]
    name = "Testcase Units"
    [facts]
    hba1c_percent = { value = "58 mmol/mol", on = 2026-11-01 }
    weight_kg = "11 st 4 lb"
    """
    patient = case_file.read_case(text, "units.toml").patient
    assert facts.number(patient, "hba1c_percent") == pytest.approx(7.457)
    assert facts.number(patient, "weight_kg") == pytest.approx(71.668, abs=0.001)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(written: str) -> None:
    for value, unit in units.quantities(written):
        assert value >= 0
        assert unit


OTHERS = [(id, other) for id, question in facts.vocabulary().items() for other in question.also_in]


@pytest.mark.parametrize(("id", "other"), OTHERS, ids=[f"{id} {other.spelt[0]}" for id, other in OTHERS])
def test_every_other_unit_reaches_both_ends_of_what_is_possible(id: str, other: vocabulary.OtherUnit) -> None:
    question = facts.vocabulary()[id]
    offset = other.offset.value if other.offset else 0.0
    for end in (question.min, question.max):
        assert end is not None
        theirs = (end - offset) / other.factor.value
        for spelling in other.spelt:
            assert vocabulary.in_unit_of(id, theirs, spelling.upper()) == pytest.approx(end, abs=1e-6)
