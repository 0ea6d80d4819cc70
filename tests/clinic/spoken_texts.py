"""Every text that a patient's page takes through gettext: in templates, in code, in the fields of forms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django import forms
from django.template import loader
from django.template.base import Node
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation.template import trim_whitespace

import unwound_clinic
from unwound import intake, letter_texts, reading, translations
from unwound.patient import Patient
from unwound_clinic import letters
from unwound_clinic.core.forms import BirthDateForm
from unwound_clinic.intake import form as intake_form
from unwound_clinic.intake import groups, parts, rows
from unwound_clinic.intake.own import Own
from unwound_clinic.models import Site
from unwound_clinic.models.people import ANAESTHESIA_TITLES, Role
from unwound_clinic.public import forms as forms_of_check
from unwound_clinic.public import shown

HOUSE = Path(unwound_clinic.__file__).parent


def everything() -> set[str]:
    """All of them."""
    return {text for text in (*of_templates(), *of_code(), *of_fields(), *of_answers(), *of_pictures()) if text}


def of_templates() -> Iterator[str]:
    """What stands in `translate` and `blocktranslate`."""
    for path in sorted(HOUSE.glob("*/templates/**/*.html")):
        if "translate" in path.read_text(encoding="utf-8"):
            name = path.relative_to(next(one for one in path.parents if one.name == "templates"))
            nodes = loader.get_template(str(name)).template.nodelist  # type: ignore[attr-defined]
            yield from (_literal(node) for node in nodes.get_nodes_by_type(TranslateNode))
            yield from (_block(node) for node in nodes.get_nodes_by_type(BlockTranslateNode))


def _literal(node: Node) -> str:
    return str(node.filter_expression.var.literal)  # type: ignore[attr-defined]


def _block(node: Node) -> str:
    text = str(node.render_token_list(node.singular)[0])  # type: ignore[attr-defined]
    return trim_whitespace(text) if node.trimmed else text  # type: ignore[attr-defined]


def of_code() -> Iterator[str]:
    """What is handed to `said` as it stands."""
    for path in sorted(HOUSE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "said(" in text:
            for node in ast.walk(ast.parse(text)):
                called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "said" and node.args
                first = called and node.args[0]  # type: ignore[attr-defined]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def of_fields() -> Iterator[str]:
    """Labels, help, choices and refusals of the first form, questionnaires left out."""
    nobody = intake_form.Filling(intake.Person(known=Patient(as_of=date(2026, 12, 1))), Own(()))
    for step in intake.steps().values():
        for part in intake_form.parts(step, nobody):
            if not isinstance(part, parts.Questionnaire):
                yield getattr(part, "legend", "")
                for field in part.fields().values():
                    yield from _words(field)
    yield from _words(BirthDateForm(Site(jurisdiction="US")).fields["birth_date"])
    yield from _words(BirthDateForm(Site(jurisdiction="UK")).fields["birth_date"])
    for kind in rows.KINDS.values():
        yield from (kind.title, kind.none, kind.more)


def _words(field: forms.Field) -> Iterator[str]:
    yield from (str(field.label or ""), str(field.help_text), *map(str, field.error_messages.values()))
    for value, text in getattr(field, "choices", ()):
        if isinstance(text, str):
            yield text
        else:
            yield str(value)
            yield from (words for _, words in text)


def of_pictures() -> Iterator[str]:
    """What is read in the pictures of translated pages, in their tables, and by those who do not see them."""
    for id in translations.PAGES:
        for drawing in (drawing for section in reading.page("questions", id).sections for drawing in section.drawings):
            table = shown.tables()[drawing.picture]
            svg = (shown.PICTURES / f"{drawing.picture}.svg").read_text(encoding="utf-8")
            cells = (table["description"], *table["head"], *(cell for row in table["rows"] for cell in row))
            yield from (text for text in (*cells, *re.findall(r"<text[^>]*>([^<]*)</text>", svg)) if _has_words(text))


def _has_words(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def of_answers() -> Iterator[str]:
    """Words in which answers are read back."""
    yield from groups.WORDS.values()
    yield "You ticked something. If you have none of the others, tap «None of the others»."
    yield "No, it is right as I wrote it"
    yield from ("none of the others", "not sure about the others", "yes", "no")
    yield from (word for unit in parts.DAYS for word in (unit, unit[:-1]))
    yield from (words for _, words in (*rows.EFFECTS, *rows.STOPPED, *parts.YES_NO))
    yield from (
        "highest dose", "for", "still taking it", "did it help", "stopped because", "side effects",
        "while this pain was there", "as prescribed",
    )  # fmt: skip
    yield from (*shown.READ.values(), shown.OURS)
    yield from forms_of_check.CHOICES.values()
    yield from REFUSALS
    yield from OF_LETTERS


OF_LETTERS = (
    letters.TITLES["plain"],
    letter_texts.letter_text("plain").salutation,
    "{held} of {all} knowledge files reviewed by a clinician.",
    "In this clinic: {names}.",
    *(role.label for role in Role),
    *ANAESTHESIA_TITLES.values(),
)
"""What a letter to the patient has beside what its parts say."""
REFUSALS = (
    "The treatment decision has changed: please speak with your team; nothing was signed.",
    "Not signed yet: please tick «{statement}», or ask your team what it means.",
    "Not signed yet: draw your signature, or type your full name as it is written here: {name}.",
    "This link is no longer valid: ask your team for a new one; nothing was signed.",
    "The drawing could not be read: please draw it again, or type your name; nothing was signed.",
    "This is too short for a signature: please draw it again, or type your name; nothing was signed.",
)
"""What the action of signing refuses with, as its page says it."""
