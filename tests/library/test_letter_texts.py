"""What a new letter begins with."""

import pytest
from pydantic import ValidationError

from unwound import letter_texts
from unwound.letter_texts import LetterText
from unwound.record import UnwoundError

HEAD = {"title": "x", "status": "draft", "updated": "2026-12-01", "due": "2027-12-01"}


def test_the_patient_is_named_where_the_text_says_so() -> None:
    assert letter_texts.letter_text("plain").filled("Ada {Testcase}")["salutation"] == "Dear Ada {Testcase},"
    assert letter_texts.letter_text("medical-necessity").filled("x")["salutation"] == "To the medical reviewer:"


@pytest.mark.parametrize("text", ["Dear {name},", "Dear {},", "Dear {patient.site},", "Dear {patient[0]},"])
def test_no_other_place_can_be_filled(text: str) -> None:
    with pytest.raises(ValidationError, match="only place"):
        LetterText.model_validate({**HEAD, "salutation": text})


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnwoundError, match="referral"):
        letter_texts.letter_text("love")
