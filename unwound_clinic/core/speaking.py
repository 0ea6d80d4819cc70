"""The language of a page that a patient or a reader reads: chosen by them, and the same for templates and texts.

`speaking(language)` makes Django and the library's texts speak it for a while; `said` is a text in the language that is
spoken now. Staff's pages are in English. Whether a clinic signed for a translation is `unsigned`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import trans_real

from unwound import languages
from unwound.languages import ENGLISH
from unwound_clinic.core import file_reviews
from unwound_clinic.models import Patient


@cache
def _merged(language: str) -> None:
    """Puts the library's texts over Django's own of that language, once for each process."""
    trans_real.translation(language).merge(languages.as_gettext(language))


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speaks a language until the end of the block; English for one that is not spoken here."""
    if language in languages.others():
        _merged(language)
        with translation.override(language):
            yield
    else:
        with translation.override(settings.LANGUAGE_CODE):
            yield


def now() -> str:
    """The language that is spoken now, by its two letters."""
    return (translation.get_language() or ENGLISH)[:2]


def said(text: str, **put_in: object) -> str:
    """A text of ours in the language that is spoken now; numbers and names are put into it."""
    other = languages.say(text, now())
    return other.format(**put_in) if put_in else other


def chosen(request: HttpRequest, language: str) -> str:
    """The language that somebody chose; until they have, the first one their browser asks for that is spoken here."""
    if language:
        return language
    asked = trans_real.parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())
    return next((tag[:2] for tag, _ in asked if tag[:2] in languages.NAMES), ENGLISH)


def chosen_by(patient: Patient) -> str:
    """The other language that a patient chose for the first form, at last; empty for English, and where none was."""
    chosen = patient.links.exclude(language="").order_by("-pk").values_list("language", flat=True).first()
    return str(chosen) if chosen in languages.others() else ""


def unsigned(language: str, *places: str) -> bool:
    """Whether the translation of one of these places waits for the signature of a person, as it reads today."""
    if language == ENGLISH:
        return False
    files = [(languages.KIND, f"{language}_{place}") for place in places]
    held = file_reviews.standing(files)
    return any(file not in held for file in files)


def words(language: str, *places: str) -> dict[str, Any]:
    """What the template of a patient's page needs: the languages to choose, the one chosen, whether it is signed."""
    return {
        "languages": list(languages.NAMES.items()),
        "language": language,
        "english": language == ENGLISH,
        "unsigned": unsigned(language, *places),
    }
