"""Other languages: what has to be whole is, nothing is translated twice, and nothing that nobody reads is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from unwound import candidacy, instruments, intake, languages, reading, self_check, translations
from unwound.catalogue import load
from unwound.checking import spanish_ease
from unwound.languages import Translation

SPANISH = dict(languages.texts("es"))
TU = re.compile(r"\b(?:tú|tu|tus|te|ti|contigo|puedes|tienes|debes|estás|llama tú)\b", re.IGNORECASE)
"""Spanish that says «tú» to a patient: everything is said with «usted»."""


@pytest.mark.parametrize("language", languages.others())
def test_what_a_language_has_to_have_it_has_in_whole(language: str) -> None:
    lacking = {share.place: share.missing for share in translations.shares(language) if share.missing}
    assert not lacking.keys() & set(translations.MUST_BE_WHOLE), lacking


def test_a_text_that_changes_in_english_is_shown_in_english() -> None:
    text = intake.steps()["warning"].title
    assert languages.say(text, "es") != text
    assert languages.say(f"{text}!", "es") == f"{text}!"


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("3 to 5", "de 3 a 5"),
        ("at least 10", "al menos 10"),
        ("Nobody to take the patient home", "Nobody to take the patient home"),
        ("at least somebody", "at least somebody"),
        ("of course", "of course"),
    ],
)
def test_a_number_is_put_in_where_a_number_stands_and_nothing_else_is(english: str, spanish: str) -> None:
    assert languages.say(english, "es") == spanish


def test_no_title_of_a_page_is_read_as_a_sentence_with_something_put_in() -> None:
    """A link to an English page keeps its English name, whole."""
    known = languages.texts("es")
    for kind in ("questions", "conditions", "therapies", "cautions", "courses", "questionnaires"):
        for id in reading.ids(kind):
            title = reading.page(kind, id).title
            assert title in known or languages.say(title, "es") == title


def test_spanish_says_usted_and_keeps_every_number() -> None:
    said = [other for other in SPANISH.values() if TU.search(other)]
    assert not said
    for english, other in SPANISH.items():
        numbers = [sorted(re.findall(r"\d[\d.,]*\d|\d", text)) for text in (english, other)]
        assert numbers[0] == numbers[1], (english, other)


def test_signs_of_question_and_exclamation_are_opened() -> None:
    for other in SPANISH.values():
        assert other.count("?") == other.count("¿"), other
        assert other.count("!") == other.count("¡"), other


def test_a_questionnaire_is_asked_in_its_published_translation_or_in_english() -> None:
    phq = instruments.in_language("phq_9", "es")
    assert phq is not None
    assert [option.value for option in phq.options] == [0, 1, 2, 3]
    assert phq.items[8].fact == "phq9_item9"
    assert "muerto" in phq.items[8].text
    assert "Spitzer" in phq.licence.attribution
    assert instruments.in_language("gad_7", "es") is None
    for file in load("translations", Translation).values():
        if file.questionnaire:
            form = instruments.instrument(file.questionnaire)
            assert form.licence.verdict == "green"
            assert not set(file.texts) - {
                *(item.text for item in form.items), *(option.text for option in form.options),
                form.prompt, form.licence.attribution,
            }  # fmt: skip
        else:
            ours = {item.text for one in instruments.instruments().values() for item in one.items}
            assert not ours & set(file.texts), "an item of a questionnaire is never translated by us"


def test_a_translated_record_keeps_its_ids() -> None:
    english, spanish = self_check.knowledge(), languages.translated(self_check.knowledge(), "es")
    assert [one.fact for one in english.warnings] == [one.fact for one in spanish.warnings]
    assert english.areas.keys() == spanish.areas.keys()
    assert english.treatments == spanish.treatments
    for id in translations.PAGES:
        page, other = reading.page("questions", id), reading.page("questions", id, "es")
        assert (page.sources, page.files, page.read_at_source) == (other.sources, other.files, other.read_at_source)
        assert page.title != other.title
        assert page.heads == other.heads


def test_every_urgent_sentence_is_said_in_spanish_with_the_numbers_of_the_place() -> None:
    from unwound import cautions
    from unwound.telephones import Lines

    lines = Lines(emergency="911", crisis="988", clinic="+1 555 0100")
    for id, caution in cautions.cautions().items():
        if caution.kind in ("red-flag", "suicide-risk"):
            for given in (lines, Lines(emergency="911", crisis="988"), None):
                english = candidacy.urgent_help([(id, caution.kind)], "US", given)
                spanish = candidacy.urgent_help([(id, caution.kind)], "US", given, "es")
                assert len(english) == len(spanish)
                assert not set(english) & set(spanish), id
                if given and not given.clinic:
                    assert "clínica" not in " ".join(spanish), id


def test_spanish_is_as_easy_to_read_as_it_should_be() -> None:
    read = {place: _sentences(languages.say(text, "es") for text in translations.wanted(place))
            for place in translations.MUST_BE_WHOLE}  # fmt: skip
    for id in translations.PAGES:
        read[id] = " ".join(section.prose for section in reading.page("questions", id, "es").sections)
    hard = {what: ease for what, text in read.items() if (ease := spanish_ease.ease(text)) < spanish_ease.FAIRLY_EASY}
    assert not hard


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(text if text.endswith((".", "?", "!", ":")) else f"{text}." for text in texts)


@pytest.mark.parametrize(
    ("word", "count"),
    [("dolor", 2), ("ciudad", 2), ("país", 2), ("queja", 2), ("hoy", 1), ("ayuda", 3), ("idea", 3), ("aerosol", 4)],
)
def test_syllables_of_spanish_are_counted(word: str, count: int) -> None:
    assert spanish_ease.syllables(word) == count
