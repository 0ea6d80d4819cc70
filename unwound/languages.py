"""The product in other languages than English: a text is looked up by its English words, and shown in English without.

`data/translations/` holds a file for each language and place (`es_first_form`): English -> the other language. The
English words are the key, so that a text which changes in English has no translation any more until somebody writes
one. `say` translates one text, `translated` a whole record, `as_gettext` gives the interface of Python's own gettext. A
questionnaire has a file of its own, with the translation that was published, and none of ours.
Whether a person has signed for a translation is said of its file, as of any other knowledge.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, model_validator

from unwound import catalogue
from unwound.catalogue import CitedText, Head, KnowledgeError, load
from unwound.record import UnwoundError

ENGLISH = "en"
KIND = "translations"
NAMES: Mapping[str, str] = {ENGLISH: "English", "es": "Español"}
"""Each language by its two letters (ISO 639-1), called as its speakers call it."""
_PLACE_FOR = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
"""Where a number or a name is put into a text."""
_NO_WORDS = frozenset(
    ("id", "fact", "key", "kind", "source", "where", "checked", "unit", "link", "screen", "of", "side", "sites", "only",
     "instrument", "d", "status", "reviewer", "reviewer_licence", "reviewed_digest", "version", "name_of", "sources",
     "clinician", "files", "heads", "codes", "phrases", "lay_phrases", "see", "rows", "was", "review", "examples",
     "language", "settles", "diagnoses", "treatments", "warning_groups", "history_groups")
)  # fmt: skip
"""Fields that hold no words for a patient: names by which the program finds things, sources, words for clinicians."""
Record = TypeVar("Record")


class Translation(Head):
    """One file of `data/translations`: the texts of one place in one language."""

    language: str
    place: str
    """What its texts are read in: with the language, the name of the file."""
    texts: Mapping[str, str]
    """English -> the same in the language."""
    questionnaire: str = ""
    """The questionnaire (a file of `data/instruments`) of which this is the published translation."""
    published: CitedText | None = None
    """Where a translation of a questionnaire was published, and on what ground it may be shown."""

    @model_validator(mode="after")
    def _says_the_same(self) -> Translation:
        if self.language not in NAMES or self.language == ENGLISH:
            raise ValueError(f"«{self.language}» is no language to translate into; there are: {', '.join(others())}")
        if bool(self.questionnaire) != bool(self.published):
            raise ValueError("the translation of a questionnaire says where it was published; no other does")
        for english, other in self.texts.items():
            if not other.strip():
                raise ValueError(f"«{english[:60]}»: its translation is empty; leave it out instead")
            if sorted(_PLACE_FOR.findall(english)) != sorted(_PLACE_FOR.findall(other)):
                raise ValueError(f"«{english[:60]}»: a number or name that is put in stands in one of the two only")
        return self


def others() -> tuple[str, ...]:
    """Every language but English."""
    return tuple(language for language in NAMES if language != ENGLISH)


def check(language: str) -> str:
    """The language, as it is. UnwoundError for one that is not spoken here."""
    if language not in NAMES:
        raise UnwoundError(f"«{language}» is not spoken here; there are: {', '.join(NAMES)}")
    return language


def files(language: str) -> tuple[tuple[str, str], ...]:
    """The files of a language, as kind and id: what a clinic signs for."""
    return tuple((KIND, id) for id, file in load(KIND, Translation).items() if file.language == language)


@cache
def texts(language: str) -> Mapping[str, str]:
    """English -> the language, of all its places. KnowledgeError where two files translate the same in two ways."""
    merged: dict[str, str] = {}
    for id, file in load(KIND, Translation).items():
        if file.language != language or file.questionnaire:
            continue
        if id != f"{language}_{file.place}":
            raise KnowledgeError(f"{catalogue.name(KIND, id)}: is named {id}, and not {language}_{file.place}")
        for english, other in file.texts.items():
            if merged.setdefault(english, other) != other:
                raise KnowledgeError(f"{catalogue.name(KIND, id)}: «{english[:60]}» is translated in two ways")
    return MappingProxyType(merged)


def say(text: str, language: str) -> str:
    """A text in the language; in English where it has no translation, or its English has changed since.

    Numbers and names that were put into a sentence are put into its translation.
    """
    if language == ENGLISH:
        return text
    known = texts(language).get(text)
    return _filled(text, language) if known is None else known


def _filled(text: str, language: str) -> str:
    for pattern, other in _with_places(language):
        if match := pattern.fullmatch(text):
            return other.format(**{name: _listed(part, language) for name, part in match.groupdict().items()})
    return text


def _listed(put_in: str, language: str) -> str:
    """Names that were put into a sentence, each in the language."""
    return texts(language).get(put_in) or ", ".join(texts(language).get(part, part) for part in put_in.split(", "))


@cache
def _with_places(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences into which something is put, as patterns; the longest first, so that none is taken for a shorter."""
    filled = [(english, other) for english, other in texts(language).items() if _NAMED.search(english)]
    filled.sort(key=lambda pair: len(pair[0]), reverse=True)
    return tuple((re.compile(_pattern(english), re.DOTALL), other) for english, other in filled)


_NAMED = re.compile(r"\{(\w+)\}")
_NUMBERS = frozenset(("low", "high", "all", "dose", "n"))
"""Places for a number: without this «{low} to {high}» would be read in «Nobody to take the patient home»."""


def _pattern(english: str) -> str:
    parts = _NAMED.split(english)
    return "".join(_put_in(part) if place % 2 else re.escape(part) for place, part in enumerate(parts))


def _put_in(name: str) -> str:
    return rf"(?P<{name}>\W*\d.*?)" if name in _NUMBERS else f"(?P<{name}>.+?)"


def questionnaire(id: str, language: str) -> Translation | None:
    """The published translation of a questionnaire; None where there is none that may be shown."""
    files = load(KIND, Translation).values()
    return next((file for file in files if (file.questionnaire, file.language) == (id, language)), None)


def translated(record: Record, language: str) -> Record:
    """The same record with each of its texts in the language; ids, sources and words for clinicians stay."""
    if language == ENGLISH:
        return record
    return walked(record, lambda text: say(text, language))


def walked(record: Record, say: Callable[[str], str]) -> Record:
    """The record with each of its texts as `say` has it."""
    result: Record = _walked(record, say)
    return result


def _walked(value: Any, say: Callable[[str], str]) -> Any:
    """A branch for each kind of value that a record is made of."""
    if type(value) is str:
        return say(value)
    if isinstance(value, tuple):
        return tuple(_walked(part, say) for part in value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: _walked(part, say) for key, part in value.items()})
    if isinstance(value, BaseModel):
        names = [name for name in type(value).model_fields if name not in _NO_WORDS]
        return value.model_copy(update={name: _walked(getattr(value, name), say) for name in names})
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in _NO_WORDS]
        return replace(value, **{name: _walked(getattr(value, name), say) for name in names})
    return value


class _Catalogue(gettext.GNUTranslations):
    """Our texts behind the interface of gettext, without a compiled file: nothing has to be built where it is used."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__()
        self._catalog = dict(known)
        self.plural = lambda n: int(n != 1)


def as_gettext(language: str) -> gettext.GNUTranslations:
    """The texts of a language for whoever speaks gettext."""
    return _Catalogue(texts(language))
