"""Codes, labels, units and signs of «no sensor»: the examples of the data, and the laws around them."""

from datetime import UTC, datetime

import pytest

from unwound.exchange import readings
from unwound.exchange.clock import When
from unwound.exchange.device_codes import Coding, kinds
from unwound.exchange.device_words import Example, words
from unwound.exchange.readings import NotCharted, Quarantined, Read, Sent

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def judged(code: str, text: str, system: str, value: str, unit: str) -> Read | Quarantined | NotCharted:
    return readings.judge(Sent((Coding(code, text, system),), value, Coding(unit), When(AT)))


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
        assert (found.kind, found.value) == (expect.kind, None if expect.no_sensor else expect.value)


@pytest.mark.parametrize("kind", kinds())
def test_every_code_is_read_as_its_kind_and_carries_a_number_unchanged(kind: str) -> None:
    for code in kinds()[kind].codes:
        system = code.system if code.system in ("MDC", "LOINC") else ""
        for name in (code.name, *code.also):
            found = judged(code.code, name, system, "36.6", kinds()[kind].unit)
            assert isinstance(found, Read), found
            assert (found.kind, found.value, found.at) == (kind, 36.6, AT)


def test_no_code_and_no_name_stands_in_two_kinds() -> None:
    seen = [(code.system, told) for kind in kinds().values() for code in kind.codes for told in (code.code, code.name)]
    assert len(seen) == len(set(seen))
