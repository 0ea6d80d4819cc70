"""A page of the library as its template wants it: references numbered, words explained where they first stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from unwound import evidence, languages, reading, translations
from unwound.catalogue import Checked
from unwound.languages import ENGLISH
from unwound.reading import Line, Page, Picture, live
from unwound.reading.knowledge import words
from unwound.reading.pages import Group
from unwound.record import unique
from unwound_clinic.core import file_reviews, speaking

IDENTIFIERS = (("pmid", "PMID {}", "https://pubmed.ncbi.nlm.nih.gov/{}/"), ("doi", "doi {}", "https://doi.org/{}"))
READ: Mapping[Checked, str] = {
    Checked.PRIMARY: "we opened it",
    Checked.SECONDARY: "we read what others report of it",
    Checked.OTHER_USE: "we opened it; it speaks of another use",
    Checked.UNCHECKED: "we have not read it",
}
"""How well a source was read; a statement that names it may still wait to be checked."""
OURS = "our own choice, which waits for a clinician"
"""Said of the rules of this project, which there is nothing to read of."""


class Explained:
    """The words of the field in a page: each is explained where it first stands, and once."""

    def __init__(self, terms: Mapping[str, str]) -> None:
        self.left = dict(terms)

    def __call__(self, text: str) -> SafeString:
        """The text, with what its words mean behind them."""
        parts, at = [], 0
        for match in self._found(text):
            means = self.left.pop(match[0].lower(), "")
            if means:
                parts += [escape(text[at : match.start()]), _dfn(match[0], means)]
                at = match.end()
        return mark_safe("".join([*parts, escape(text[at:])]))  # each part is escaped

    def _found(self, text: str) -> Iterator[re.Match[str]]:
        if not self.left:
            return iter(())
        longest = sorted(self.left, key=len, reverse=True)
        return re.finditer(rf"\b(?:{'|'.join(map(re.escape, longest))})\b", text, re.IGNORECASE)


def _dfn(word: str, means: str) -> SafeString:
    return format_html('<dfn>{}</dfn> <span class="means">({})</span>', word, means)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Whose review a page rests on: all of its files were reviewed, the last of them on that day."""

    by: tuple[str, ...]
    on: date
    here: bool
    """Whether somebody of this clinic signed for a file of it."""


def review_of(page: Page) -> Review | None:
    """The review of a page; None while a single file of it is not reviewed as it reads today."""
    held = file_reviews.standing(page.files)
    if any(file not in held for file in page.files):
        return None
    rows = [held[file] for file in page.files]
    return Review(
        by=unique(row.who for row in rows), on=max(row.on for row in rows), here=any(row.here for row in rows)
    )


def context(page: Page, *, address: str, clinician: bool = False, language: str = ENGLISH) -> dict[str, Any]:
    """All that the template of a page needs; for clinicians their words stand under ours."""
    numbers = {source: number for number, source in enumerate(page.sources, 1)}
    # The words that are explained are English ones; a translation says what they mean where they stand.
    explained = Explained({} if clinician or language != ENGLISH else words().terms)
    read, statements = page.read_at_source
    return {
        "page": page,
        "review": review_of(page),
        **spoken(language, "pages"),
        "alternates": alternates(page),
        "address": address,
        "translated": language != ENGLISH,
        "start": reverse("learn") if language == ENGLISH else reverse("learn-in", args=[language]),
        "here": place(page),
        "clinician": clinician,
        "sections": [
            {
                "key": section.key,
                "folded": section.key in FOLDED,
                "heading": section.heading,
                "lines": [_line(line, numbers, explained, language) for line in section.lines],
                "items": [_line(line, numbers, explained, language) for line in section.items],
                "pictures": [_picture(picture, numbers, explained) for picture in section.pictures],
                "drawings": [
                    {
                        "title": drawing.title,
                        "change": reverse("learn-try", args=[drawing.picture])
                        if drawing.picture in live.pictures()
                        else "",
                        **drawn(drawing.picture, language),
                        "line": _line(drawing.line, numbers, explained),
                    }
                    for drawing in section.drawings
                ],
            }
            for section in page.sections
        ],
        "references": [_reference(source) for source in page.sources],
        "read": read,
        "statements": statements,
        "person": PERSON,
        "kinds": reading.KINDS,
        "kind_title": reading.KINDS.get(page.kind, ""),
        "data": _json(linked_data(page, address, language)),
    }


def place(page: Page) -> str:
    """The address of a page, without the name of the server."""
    if page.kind == live.KIND:
        return reverse("learn-try", args=[page.id])
    if page.kind not in reading.KINDS:
        return reverse("learn-evidence")
    return reverse("learn-page", args=[page.kind, page.id])


def is_translated(kind: str, id: str, language: str) -> bool:
    """Whether a page is there in a language."""
    return language != ENGLISH and kind == "questions" and id in translations.PAGES


def spoken(language: str, *places: str) -> dict[str, Any]:
    """What every public page knows of its language."""
    return speaking.words(language, *places, "clinic")


def alternates(page: Page) -> list[tuple[str, str, str]]:
    """The same page in each language that has it, itself too: language, its name, address; none in English alone."""
    if not is_translated(page.kind, page.id, languages.others()[0]):
        return []
    others = [(code, reverse("learn-page-in", args=[code, page.kind, page.id])) for code in languages.others()]
    return [(code, languages.NAMES[code], href) for code, href in ((ENGLISH, place(page)), *others)]


def leads_to(link: str, language: str = ENGLISH) -> str:
    """The address that a link of a line means: in the language of the page where there is one, else in English."""
    kind, _, id = link.partition("/")
    if is_translated(kind, id, language):
        return reverse("learn-page-in", args=[language, kind, id])
    if language != ENGLISH and link == "check":
        return reverse("learn-check-in", args=[language])
    return reverse("learn-page", args=[kind, id]) if id else reverse(f"learn-{kind}")


def _line(line: Line, numbers: Mapping[str, int], explained: Explained, language: str = ENGLISH) -> dict[str, Any]:
    kind, _, id = line.link.partition("/")
    return {
        "in_english": language != ENGLISH and line.link != "check" and not is_translated(kind, id, language),
        "name": line.name,
        "href": leads_to(line.link, language) if line.link else "",
        "html": explained(line.text),
        "clinician": line.clinician,
        "checked": line.checked,
        "references": [numbers[source] for source in line.sources] if len(line.sources) <= MOST_NUMBERS else [],
    }


@cache
def tables() -> Mapping[str, Mapping[str, Any]]:
    """Every drawn picture by its name: what it shows in a sentence, and the same as a table."""
    pictures: Mapping[str, Mapping[str, Any]] = json.loads((PICTURES / "tables.json").read_text(encoding="utf-8"))
    return pictures


def drawn(picture: str, language: str = ENGLISH) -> dict[str, Any]:
    """The file of a picture, what it shows in a sentence and as a table, each in the language where it has it."""
    table = tables()[picture]
    other = f"{picture}.{language}.svg"
    return {
        "file": f"unwound/pictures/{other if (PICTURES / other).is_file() else f'{picture}.svg'}",
        "description": languages.say(table["description"], language),
        "head": [languages.say(cell, language) for cell in table["head"]],
        "rows": [[languages.say(cell, language) for cell in row] for row in table["rows"]],
    }


PICTURES = Path(__file__).parents[1] / "static/unwound/pictures"
"""Written by `docs/generate.py`."""
FOLDED = ("views",)
"""Sections whose list is long and for the few: they unfold."""
MOST_NUMBERS = 4
"""A line that rests on more sources leads to all of them below; their numbers in a row say nothing."""
PERSON = "M10 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 22v-6a6 6 0 0 1 12 0v6z"
"""One person, head and shoulders, 20 wide and 22 high."""
PEOPLE_IN_A_ROW, STEP, HEIGHT = 10, 20, 26
SCALE_WIDTH = PEOPLE_IN_A_ROW * STEP


def _picture(picture: Picture, numbers: Mapping[str, int], explained: Explained) -> dict[str, Any]:
    rows = -(-picture.of // PEOPLE_IN_A_ROW)
    return {
        "title": picture.title,
        "harm": picture.harm,
        "has_bars": picture.groups[0].low is not None,
        "of": picture.of,
        "width": SCALE_WIDTH,
        "height": rows * HEIGHT + 16,
        "groups": [
            {
                "words": group.words,
                "n": group.n,
                "label": _label(group, picture.of),
                "people": [
                    {"at": f"{i % PEOPLE_IN_A_ROW * STEP} {i // PEOPLE_IN_A_ROW * HEIGHT}", "marked": i < group.n}
                    for i in range(picture.of)
                ],
                "bar": _bar(group.low, group.high, picture.of, rows),
            }
            for group in picture.groups
        ],
        "line": _line(picture.line, numbers, explained),
        "note": _line(picture.note, numbers, explained),
    }


def _label(group: Group, of: int) -> str:
    """What the picture shows, for those who do not see it."""
    known = group.low is not None and group.high is not None
    return f"{group.n} of {of} people are marked" + (
        f"; the line goes from {group.low} to {group.high}" if known else ""
    )


def _bar(low: int | None, high: int | None, of: int, rows: int) -> dict[str, float] | None:
    """Where the line of the interval begins and ends under the people."""
    if low is None or high is None:
        return None
    left, right = (round(bound / of * SCALE_WIDTH, 1) for bound in (low, high))
    return {"x": left, "width": max(1.0, round(right - left, 1)), "y": rows * HEIGHT + 6}


def _reference(source: str) -> dict[str, Any]:
    study = evidence.study(source)
    links = [
        (label.format(value), form.format(value)) for key, label, form in IDENTIFIERS if (value := getattr(study, key))
    ]
    return {
        "id": source,
        "text": _without_identifiers(evidence.reference(source)),
        "links": links,
        "read": OURS if study.design == "local-rule" else READ[study.checked],
    }


def _without_identifiers(reference: str) -> str:
    return re.sub(r"\s*(?:PMID \S+\.|doi \S+\.(?=\s|$)|https?://\S+)", "", reference)


def linked_data(page: Page, address: str, language: str = ENGLISH) -> dict[str, Any]:
    """What search engines read (schema.org); a review is named only where somebody reviewed all of it."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "name": page.title,
        "url": address + leads_to(f"{page.kind}/{page.id}", language) if language != ENGLISH else address + place(page),
        "inLanguage": language,
        "dateModified": page.updated.isoformat(),
        "audience": {"@type": "PeopleAudience", "audienceType": "Patient"},
        "citation": [evidence.reference(source) for source in page.sources],
    }
    if page.kind == "conditions":
        codes = [{"@type": "MedicalCode", "code": code.code, "codingSystem": code.system} for code in page.codes]
        data["about"] = {
            "@type": "MedicalCondition",
            "name": page.title,
            "alternateName": list(page.phrases),
            "code": codes,
        }
    if review := review_of(page):
        data["lastReviewed"] = review.on.isoformat()
        data["reviewedBy"] = [{"@type": "Person", "name": reviewer} for reviewer in review.by]
    return data


def _json(data: Mapping[str, Any]) -> SafeString:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return mark_safe(text)  # every sign of HTML is escaped above


def entries_in(language: str) -> Iterable[tuple[str, str, str]]:
    """The pages that another language has, in their order."""
    for id in (id for id in reading.ids("questions") if id in translations.PAGES):
        page = reading.page("questions", id, language)
        yield leads_to(f"questions/{id}", language), page.title, first_words(page)


def entries(kind: str) -> Iterable[tuple[str, str, str]]:
    """The pages of a kind: address, title, and what it is in a sentence or two."""
    for id in reading.ids(kind):
        page = reading.page(kind, id)
        yield place(page), page.title, first_words(page)


def first_words(page: Page) -> str:
    """How a page begins."""
    return next((line.text for section in page.sections for line in section.lines if line.text), "")
