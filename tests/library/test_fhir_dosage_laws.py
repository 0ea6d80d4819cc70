"""Laws of dosages in every legal shape: the second opinion has the same value, or the dose is unknown."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
import slow_dosage
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.exchange.fhir.dosage import phases, product

PRODUCT = product("gabapentin 300 MG Oral Capsule", {})
HARMLESS = (
    "",
    "take with food",
    "swallow whole",
    "30 minutes before meals",
    "mindestens eine halbe Stunde vor der Mahlzeit",
)
Json = dict[str, Any]


def quantity(values: list[float], units: tuple[str, ...]) -> st.SearchStrategy[Json]:
    pairs = st.tuples(st.sampled_from(values), st.sampled_from(units))
    return pairs.map(lambda pair: {"value": pair[0], "unit": pair[1]})


quantities = st.one_of(
    quantity([0.5, 1, 2, 3], slow_dosage.PIECES), quantity([300, 600, 900], ("mg",)), quantity([0.3, 0.6], ("g",))
)
timings = st.one_of(
    st.builds(
        lambda frequency, period, unit: {"frequency": frequency, "period": period, "periodUnit": unit},
        st.integers(1, 4),
        st.sampled_from([1, 2, 4, 6, 8, 12]),
        st.sampled_from(["h", "d", "wk"]),
    ),
    st.builds(
        lambda days, frequency: {"frequency": frequency, "period": 1, "periodUnit": "d", "dayOfWeek": days},
        st.lists(st.sampled_from(slow_dosage.WEEKDAYS), min_size=1, unique=True),
        st.integers(1, 3),
    ),
    st.builds(
        lambda when: {"when": when, "frequency": 1, "period": 1, "periodUnit": "d"},
        st.lists(st.sampled_from(["MORN", "NOON", "EVE", "NIGHT"]), min_size=1, unique=True),
    ),
)
texts = st.sampled_from((*HARMLESS, *slow_dosage.SENTENCES))
mosts = st.none() | st.builds(
    lambda mg: {"numerator": {"value": mg, "unit": "mg"}, "denominator": {"value": 1, "code": "d"}},
    st.sampled_from([300, 900, 3600]),
)


@st.composite
def dosages(draw: st.DrawFn) -> Json:
    told: Json = {}
    if draw(st.booleans()):
        told |= {"timing": {"repeat": draw(timings)}}
        range_ = {"doseRange": {"low": {"value": 1, "unit": "capsule"}, "high": {"value": 2, "unit": "capsule"}}}
        told["doseAndRate"] = [range_ if draw(st.integers(0, 9)) == 0 else {"doseQuantity": draw(quantities)}]
        told["asNeededBoolean"] = draw(st.integers(0, 9)) == 0
    told |= {"text": draw(texts), "patientInstruction": draw(texts)}
    most = draw(mosts)
    return told | ({"maxDosePerPeriod": most} if most else {})


def read(told: Mapping[str, Any]) -> tuple[float | None, str]:
    (phase,) = phases([told], PRODUCT)
    return phase.mg_per_day, phase.why_not


@settings(max_examples=200)
@given(dosages())
def test_any_dosage_is_what_the_second_opinion_says_or_unknown(told: Json) -> None:
    mg_per_day, why_not = read(told)
    second = slow_dosage.opinion(told)
    assert (mg_per_day is None) == bool(why_not)
    if mg_per_day is not None:
        assert second is not None
        assert mg_per_day == pytest.approx(float(second), rel=1e-6)


@given(quantities, timings, st.sampled_from(HARMLESS))
def test_a_plain_coding_is_always_read(amount: Json, repeat: Json, beside: str) -> None:
    told = {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": amount}], "text": beside}
    mg_per_day, _ = read(told)
    assert mg_per_day == pytest.approx(float(slow_dosage.opinion(told) or Fraction(-1)), rel=1e-6)


@pytest.mark.parametrize("written", slow_dosage.SENTENCES)
def test_every_sentence_is_read_as_it_is_known_by_heart(written: str) -> None:
    mg_per_day, _ = read({"text": written})
    expected = slow_dosage.by_words(written)
    assert mg_per_day == (None if isinstance(expected, str) else pytest.approx(float(expected or 0)))


@given(st.sampled_from(list(slow_dosage.SENTENCES)), st.sampled_from(list(slow_dosage.SENTENCES)))
def test_two_texts_that_differ_are_never_one_dose(one: str, other: str) -> None:
    mg_per_day, _ = read({"text": one, "patientInstruction": other})
    if slow_dosage.by_words(one) != slow_dosage.by_words(other):
        assert mg_per_day is None
