"""Texts of other languages: looked up by their English, filled, refused where they do not say the same."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from unwound import consents, languages
from unwound.languages import Translation

HEAD = {"title": "Spanish: a test", "status": "draft", "updated": "2026-12-01", "due": "2027-12-01",
        "language": "es", "place": "test"}  # fmt: skip


def test_a_number_that_was_put_in_is_put_into_the_translation() -> None:
    assert (
        languages.say("You can also call a crisis line: 988.", "es")
        == "También puede llamar a una línea de crisis: 988."
    )
    assert languages.say("Nobody translated this 988.", "es") == "Nobody translated this 988."


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"texts": {"Call {clinic}.": "Llame."}}, "stands in one of the two only"),
        ({"texts": {"Call.": " "}}, "is empty"),
        ({"language": "xx", "texts": {}}, "no language to translate into"),
        ({"texts": {}, "questionnaire": "phq_9"}, "says where it was published"),
    ],
)
def test_a_translation_that_says_something_else_is_refused(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Translation.model_validate({**HEAD, **wrong})


def test_gettext_of_the_standard_library_speaks_it() -> None:
    spoken = languages.as_gettext("es")
    assert spoken.gettext("Your pain") == "Su dolor"
    assert spoken.gettext("No such text") == "No such text"


def test_every_line_of_a_consent_but_its_sources_has_its_spanish_beside_it() -> None:
    for consent in consents.consents().values():
        for drug in consent.drugs:
            text = consents.words(consent, course="Testcase course", drug=drug, alternatives=["pregabalin", "heat"])
            alone = [english.text for english, other in consents.beside(text, "es") if other is None]
            assert all(line.startswith("[") for line in alone), alone
            said = " ".join(other.text for _, other in consents.beside(text, "es") if other)
            assert "Testcase course" in said
            assert "pregabalin, heat" in said


def test_a_line_of_an_earlier_consent_stands_alone_in_english() -> None:
    pairs = consents.beside("# Side effects\n- Something that was said in an earlier text.\n", "es")
    assert [other and other.text for _, other in pairs] == ["Efectos secundarios", None]
