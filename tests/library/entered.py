"""What may be entered of a patient, and what may not: values for laws about every fact of the vocabulary."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from unwound import facts
from unwound.patient import Fact, Patient, Value

TODAY = date(2026, 11, 21)
NOBODY = Patient(as_of=TODAY)
WORDS = sorted({word for question in facts.vocabulary().values() for word in question.options})
FACTS = sorted(facts.vocabulary())


def can_be(id: str) -> st.SearchStrategy[Value]:
    """Every value that the fact can have."""
    question = facts.vocabulary()[id]
    if question.type == "yes-no":
        return st.booleans()
    if question.type == "number":
        highest = None if question.max is None or math.isinf(question.max) else question.max
        return st.floats(question.min or 0, highest, allow_nan=False, allow_infinity=False).map(lambda n: n + 0.0)
    words = st.sampled_from(sorted(question.options))
    return words if question.type == "choice" else st.lists(words, unique=True, min_size=1, max_size=4).map(tuple)


def fits(id: str, value: object) -> bool:
    """Whether a stored value has exactly the fact's type and lies in its range: written apart from the library."""
    question = facts.vocabulary()[id]
    if question.type == "yes-no":
        return type(value) is bool
    if question.type == "number":
        lowest = -math.inf if question.min is None else question.min
        return type(value) is float and math.isfinite(value) and lowest <= value <= (question.max or math.inf)
    if question.type == "choice":
        return type(value) is str and value in question.options
    words = value if type(value) is tuple else ()
    return (
        bool(words) and len(set(words)) == len(words) and all(type(w) is str and w in question.options for w in words)
    )


def as_numpy(value: Any) -> Any:
    """The same value as a table of NumPy's holds it."""
    if isinstance(value, tuple):
        return tuple(map(np.str_, value))
    makers: dict[type, Any] = {bool: np.bool_, float: np.float64, int: np.int64, str: np.str_, date: np.datetime64}
    return makers[type(value)](value) if type(value) in makers else value


class Weight(float):
    """A number of somebody's own class."""


_alone = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-1, 12),
    st.floats(),
    st.sampled_from(["yes", "no", "True", "true", "1", "", "12", "unknown", *WORDS]),
    st.text(max_size=8),
    st.binary(max_size=4),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.builds(Weight, st.floats(0, 100)),
    st.sampled_from([Decimal("sNaN"), Fraction(1, 3), object(), bool, Fact(value=True), 10**400, np.ma.masked]),
    st.sampled_from([np.bool_(True), np.bool_(False), np.int8(1), np.uint64(2**63), np.float16(7), np.float64("nan")]),
    st.sampled_from(
        [np.float32("inf"), np.longdouble(7), np.str_("mild"), np.datetime64("2026-11-01"), np.complex64(1)]
    ),
    st.sampled_from([np.timedelta64(5, "ns"), np.timedelta64(5, "D"), np.datetime64("NaT"), np.array(True)]),
    st.sampled_from(
        [np.array([True]), np.array(["mild"]), np.ma.array(7.0, mask=True), np.array([1, 2]), np.void(b"1")]
    ),
    st.sampled_from([pa.scalar(True), pa.scalar(7), pa.scalar("mild"), pa.scalar(None), pa.array([True])]),
)
anything: st.SearchStrategy[Any] = _alone | st.one_of(
    st.lists(_alone, max_size=3),
    st.lists(_alone, max_size=3).map(tuple),
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.sets(st.sampled_from(WORDS), max_size=3),
    st.dictionaries(st.text(max_size=3), _alone, max_size=2),
)
"""Whatever may lie in a cell of somebody's table."""
