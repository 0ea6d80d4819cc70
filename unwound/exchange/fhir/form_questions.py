"""The questions of one filled form: each with everything that could tell which question it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unwound import instruments
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.form_tables import (
    codes_by_text,
    form_tables,
    holds,
    no_number_by_code,
    others_by_code,
    panels,
    places,
    plain,
)
from unwound.exchange.fhir.shapes import Object, codings, obj, objects, reference, text
from unwound.exchange.fhir.tables import worded

_CODE = re.compile(r"(?<![\w-])(?:mpq-\d+|\d{3,6}-\d)(?![\w-])|(?<=[_])\d{3,6}-\d(?!\d)")
_NO_QUESTION = ("group", "display")
_DEEPEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question with its answers, as the response (and its Questionnaire, where that is here) has it."""

    link: str
    codes: tuple[str, ...]
    """Codes that something here knows."""
    texts: tuple[str, ...]
    answers: tuple[Object, ...]
    options: tuple[Object, ...] = ()
    """The answers that its Questionnaire offers, each as it stands there."""
    is_defined: bool = False
    """Whether the Questionnaire is here and has it as a question."""

    @property
    def label(self) -> str:
        """How the question is called in a message."""
        return self.link or next(iter(self.texts), "") or "(no link)"


def address_of(response: Object) -> str:
    """The address of the Questionnaire that was answered, also where it stands in a reference (a slip)."""
    written = response.get("questionnaire")
    return text(written) or reference(written)


def questionnaire_of(response: Object, chart: Chart) -> Object | None:
    """The Questionnaire that was answered, where it is contained or in the bundle, in the version that was answered."""
    address, _, version = address_of(response).partition("|")
    if not address:
        return None
    held = [form for form in objects(response.get("contained")) if form.get("resourceType") == "Questionnaire"]
    held = [form for form in held if address in (f"#{form.get('id')}", form.get("url"))]
    candidates = held or [
        entry.resource
        for entry in chart.references.of_type("Questionnaire")
        if not entry.carries_a_modifier()
        and (entry.resource.get("url") == address or entry is chart.references.find(address, chart.base))
    ]
    fitting = [form for form in candidates if not version or text(form.get("version")) in ("", version)]
    chart.pointed_at.update(map(id, fitting[:1]))
    return fitting[0] if fitting else None


def questions(response: Object, questionnaire: Object | None) -> list[Asked]:
    """The questions in their order: those of the Questionnaire, answered or not, then what only the response has."""
    own = list(leaves(response.get("item")))
    defined = {text(item.get("linkId")): item for item in leaves(obj(questionnaire).get("item")) if _asks(item)}
    held = _contained_options(response, questionnaire)
    answered: dict[str, list[Object]] = {}
    for leaf in own:
        answered.setdefault(text(leaf.get("linkId")), []).append(leaf)
    if not defined.keys() & answered.keys():
        return [_asked(leaf, {}, held) for leaf in own]
    asked = [
        _asked(leaf, item, held) for link, item in defined.items() for leaf in answered.get(link, [{"linkId": link}])
    ]
    return [*asked, *(_asked(leaf, {}, held) for leaf in own if text(leaf.get("linkId")) not in defined)]


def _asks(item: Object) -> bool:
    return item.get("type") not in _NO_QUESTION


def leaves(items: object, depth: int = 0) -> Iterator[Object]:
    """Every item that is no mere heading of others."""
    if depth > _DEEPEST:
        return
    for item in objects(items):
        inside = objects(item.get("item"))
        if "answer" in item or not inside:
            yield item
        yield from leaves(inside, depth + 1)
        for answer in objects(item.get("answer")):
            yield from leaves(answer.get("item"), depth + 1)


def _asked(item: Object, defined: Object, held: Mapping[str, tuple[Object, ...]]) -> Asked:
    link = text(item.get("linkId"))
    texts = (text(item.get("text")), text(defined.get("text")))
    written = [link, text(item.get("definition")), text(defined.get("definition"))]
    codes = [code for place in written for code in _CODE.findall(place)]
    codes += [coding.code for code in objects(defined.get("code")) for coding in codings(code)]
    return Asked(
        link=link,
        codes=tuple(dict.fromkeys(code for code in codes if is_known(code))),
        texts=tuple(dict.fromkeys(each for each in texts if each)),
        answers=tuple(objects(item.get("answer"))),
        is_defined=bool(defined),
        options=(*objects(defined.get("answerOption")), *held.get(text(defined.get("answerValueSet")), ())),
    )


def is_known(code: str) -> bool:
    """Whether a code of a question means something here."""
    tables = form_tables()
    return (
        code in places()
        or code in panels()
        or code in worded()
        or code in others_by_code()
        or code in no_number_by_code()
        or code in tables.beside.codes
        or code in tables.self_harm.codes
    )


def _contained_options(response: Object, questionnaire: Object | None) -> dict[str, tuple[Object, ...]]:
    """The value sets that lie inside: «#id» -> their answers, written as options."""
    sets = [*objects(response.get("contained")), *objects(obj(questionnaire).get("contained"))]
    options_by_address: dict[str, tuple[Object, ...]] = {}
    for each in sets:
        if each.get("resourceType") != "ValueSet":
            continue
        listed = objects(obj(each.get("expansion")).get("contains"))
        for part in objects(obj(each.get("compose")).get("include")):
            listed = [*listed, *objects(part.get("concept"))]
        options = tuple({"valueCoding": concept} for concept in listed)
        options_by_address |= {
            name: options for name in (f"#{text(each.get('id'))}", text(each.get("url"))) if len(name) > 1
        }
    return options_by_address


# ---- what a question is


def items_of(asked: Asked, form: str) -> set[int]:
    """The items of a form that a question's codes and texts say it is; several where they differ."""
    by_code = {place.item for code in asked.codes for place in places().get(code, ()) if place.form == form}
    return {item for item in by_code if item is not None} | {
        at for each in asked.texts for at in _items_by_text(each, form)
    }


def _items_by_text(written: str, form: str) -> Iterator[int]:
    known = codes_by_text(written)
    for at, item in enumerate(instruments.instruments()[form].items):
        if item.loinc in known or plain(item.text) in plain(written):
            yield at


def is_total(asked: Asked, form: str) -> bool:
    """Whether a question holds the total of a form, by its code."""
    return any(place.form == form and place.item is None for code in asked.codes for place in places().get(code, ()))


def is_total_by_words(asked: Asked) -> bool:
    """Whether a question that carries no code calls itself a total, in its text or in a link without a number."""
    if asked.codes or any(codes_by_text(each) for each in asked.texts):
        return False
    written = [*asked.texts, *([] if asked.link[-1:].isdigit() else [asked.link])]
    return any(f"{word} " in f"{plain(each)} " for each in written for word in map(plain, form_tables().beside.totals))


def is_elsewhere(asked: Asked, form: str) -> bool:
    """Whether a question is known to be of another form, by its code or text."""
    if items_of(asked, form):
        return False
    return bool(asked.codes) or any(codes_by_text(each) for each in asked.texts)


def is_beside(asked: Asked, form: str) -> bool:
    """Whether a question stands on a form and is none of its items: its total, or how difficult all this makes life.

    It is known by its code, its text, its answers, or a link that says so in words and carries no number.
    """
    if items_of(asked, form):
        return False
    beside = form_tables().beside
    by_link = not asked.link[-1:].isdigit() and not set(plain(asked.link).split()).isdisjoint(beside.links)
    return (
        by_link
        or is_total_by_words(asked)
        or any(holds(each, beside.words) for each in asked.texts)
        or is_total(asked, form)
        or not set(asked.codes).isdisjoint(beside.codes)
        or any(_is_beside(answer) for answer in asked.answers)
    )


def _is_beside(answer: Object) -> bool:
    beside = form_tables().beside
    concept = obj(answer.get("valueCoding") or answer.get("valueCodeableConcept"))
    words = [text(concept.get("text")), text(concept.get("display")), text(answer.get("valueString"))]
    for coding in codings(concept):
        if coding.code in beside.answers:
            return True
        words.append(coding.display)
    return any(plain(word) in map(plain, beside.answer_words) for word in words if word)


def is_about_self_harm(asked: Asked) -> bool:
    """Whether a question of any form is about death or harming oneself."""
    tables = form_tables().self_harm
    return not set(asked.codes).isdisjoint(tables.codes) or any(holds(each, tables.words) for each in asked.texts)
