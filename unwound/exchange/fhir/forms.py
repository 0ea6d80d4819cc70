"""Filled forms: QuestionnaireResponse, and forms that come as single Observations, one for each item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from unwound import instruments
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.quantities import ordinal
from unwound.exchange.fhir.shapes import Moment, Object, codings, moment, number, obj, objects, tail, text
from unwound.exchange.fhir.sites import Place as Pain
from unwound.exchange.fhir.tables import worded
from unwound.patient import Answers

_LONGEST_LINK = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a code stands: an item of a form (from 0), or its total (None)."""

    form: str
    item: int | None


@cache
def places() -> Mapping[str, tuple[Place, ...]]:
    """LOINC code -> the items and totals it is; one question may stand in two forms."""
    by_code: dict[str, tuple[Place, ...]] = {}
    for id, form in instruments.instruments().items():
        coded = [(item.loinc, number) for number, item in enumerate(form.items)]
        total = form.loinc.total if form.loinc else ""
        for code, item in (*coded, (total, None)):
            if code and not (item is None and any(code == own for own, _ in coded)):
                by_code[code] = (*by_code.get(code, ()), Place(id, item))
    return by_code


@cache
def _panels() -> Mapping[str, str]:
    return {form.loinc.panel: id for id, form in instruments.instruments().items() if form.loinc and form.loinc.panel}


@cache
def _by_name() -> Mapping[str, str]:
    return {id.replace("_", ""): id for id, form in instruments.instruments().items() if form.items}


def answer_value(form: str, answer: Object) -> float | None:
    """The score of one answer: a number, or a coded option of the form."""
    for key in ("valueInteger", "valueDecimal", "valueString"):
        plain = number(answer.get(key))
        if plain is not None:
            return plain
    quantity = number(obj(answer.get("valueQuantity")).get("value"))
    if quantity is not None:
        return quantity
    concept = answer.get("valueCoding") or answer.get("valueCodeableConcept")
    return _option(form, concept) if isinstance(concept, dict) else None


def _option(form: str, concept: Object) -> float | None:
    """The number of a coded answer: by the code of an option, else by its words, else by a score the code carries."""
    options = instruments.instruments()[form].options
    for coding in codings(concept):
        for option in options:
            if option.loinc and coding.code == option.loinc:
                return option.value
    words = {text(concept.get("text")).lower(), *(coding.display.lower() for coding in codings(concept))}
    words.add(text(concept.get("display")).lower())
    by_words = [option.value for option in options if option.text.lower() in words]
    return by_words[0] if by_words else ordinal(concept)


def is_possible(place: Place, value: float) -> bool:
    """Whether the form allows this answer or total."""
    form = instruments.instruments()[place.form]
    low, high = (form.lowest, form.highest) if place.item is None else (form.item_lowest, form.item_highest)
    return low is not None and high is not None and low.value <= value <= high.value


# ---- QuestionnaireResponse


def read(response: Object, chart: Chart) -> bool:
    """Read the known forms and single answers of a response; False when it holds none."""
    state = response.get("status")
    if state not in ("completed", "amended"):
        if state == "in-progress":
            chart.problem("this form is not finished (status in-progress); its answers were not read")
        return False
    when = moment(response.get("authored"))
    if chart.is_later(when):
        return False
    items = list(_flat(response.get("item")))
    filled = _form(response, items)
    if filled is not None:
        return _take(filled, when, chart)
    used = [_answer_used(item, when, chart) for item in items]
    if not any(used) and any("answerOption" in item and "answer" not in item for item in items):
        raise Unreadable("its items carry «answerOption» (a field of Questionnaire) where «answer» should be")
    return any(used)


def _flat(items: object, depth: int = 0) -> Iterator[Object]:
    if depth > 50:
        return
    for item in objects(items):
        yield item
        yield from _flat(item.get("item"), depth + 1)
        for answer in objects(item.get("answer")):
            yield from _flat(answer.get("item"), depth + 1)


def _form(response: Object, items: list[Object]) -> tuple[str, dict[int, list[Object]], Object | None] | None:
    """The form, its answered items by number, and the item that holds its total.

    A form may be named, or be known by the codes of its items, or its items may only be numbered.
    """
    named = _named(response)
    coded = [(item, places().get(code, ())) for item in items if (code := _link_code(item))]
    forms = {place.form for _, code_places in coded for place in code_places}
    form = named or _most_complete(forms, coded)
    if not form:
        return None
    by_place = {place.item: item for item, code_places in coded for place in code_places if place.form == form}
    if not by_place and named:
        by_place = {number - 1: item for item in items if (number := _link_number(item, form))}
    answered = {at: objects(item.get("answer")) for at, item in by_place.items() if at is not None}
    return form, {at: answers for at, answers in answered.items() if answers}, by_place.get(None)


def _named(response: Object) -> str:
    """The form that the response says it answers: by its panel's code or its own name."""
    address = text(response.get("questionnaire")).split("|")[0].lower()
    last = tail(address)
    for panel, id in _panels().items():
        if last == panel:
            return id
    letters = "".join(letter for letter in last if letter.isalnum())
    ids = [id for name, id in _by_name().items() if name in letters]
    return ids[0] if len(ids) == 1 else ""


def _most_complete(forms: set[str], coded: list[tuple[Object, tuple[Place, ...]]]) -> str:
    """The form that most of the items belong to; of equals the shorter (two items of PHQ-9 alone are the PHQ-2)."""

    def fit(form: str) -> tuple[int, int]:
        hits = sum(any(place.form == form for place in found) for _, found in coded)
        return hits, -len(instruments.instruments()[form].items)

    return max(sorted(forms), key=fit, default="")


def _link_code(item: Object) -> str:
    """The LOINC code in an item's linkId («44250-9», «/44250-9») or definition."""
    for key in ("linkId", "definition"):
        written = item.get(key)
        code = tail(written) if isinstance(written, str) else ""
        if code in places() or code in worded():
            return code
    return ""


def _link_number(item: Object, form: str) -> int:
    """The number in a linkId such as «3», «q3» or «phq9.3»; 0 when there is none of the form."""
    link = text(item.get("linkId")).lower().replace(form.replace("_", ""), "")[-_LONGEST_LINK:]
    digits = "".join(character for character in link if character.isdigit())
    count = len(instruments.instruments()[form].items)
    return int(digits) if digits.isascii() and digits and 1 <= int(digits) <= count else 0


def _take(filled: tuple[str, dict[int, list[Object]], Object | None], when: Moment | None, chart: Chart) -> bool:
    """Read a filled form. Items count before a total; an unreadable item costs itself and not the form."""
    form, answered, total_item = filled
    items: list[float | None] = [None] * len(instruments.instruments()[form].items)
    for at, answers in answered.items():
        value = answer_value(form, answers[0]) if len(answers) == 1 else None
        if value is None or not is_possible(Place(form, at), value):
            chart.problem(f"the answer to item {at + 1} of {form} could not be read")
        else:
            items[at] = value
    totals = objects(total_item.get("answer")) if total_item else []
    total = answer_value(form, totals[0]) if totals else None
    on = when.first if when else None
    if any(item is not None for item in items):
        chart.answers.append(Answers(instrument=form, on=on, items=tuple(items), origin=chart.origin))
        return True
    if total is not None and is_possible(Place(form, None), total):
        chart.answers.append(Answers(instrument=form, on=on, total=total, origin=chart.origin))
        return True
    raise Unreadable(f"holds no readable answer of {form}")


def _answer_used(item: Object, when: Moment | None, chart: Chart) -> bool:
    """Single questions that tell a fact by themselves, answered in words."""
    code = _link_code(item)
    answers = objects(item.get("answer")) if code in worded() else []
    used = [tell(code, answer, when, chart) for answer in answers]
    return any(used)


def tell(code: str, answer: Object, when: Moment | None, chart: Chart) -> bool:
    """Read what an answer in words states about a fact; words for one choice of several add up within a day."""
    concept = answer.get("valueCodeableConcept") or answer.get("valueCoding")
    words = {coding.code.lower() for coding in codings(concept)} | {
        coding.display.lower() for coding in codings(concept)
    }
    words |= {text(obj(concept).get("display")).lower(), text(obj(concept).get("text")).lower()}
    used = False
    for question in worded().get(code, ()):
        for word, value in question.words.items():
            if word in words:
                used = _know(question.fact, value, when, chart) or used
    return used


def _know(id: str, value: bool | str, when: Moment | None, chart: Chart) -> bool:
    if isinstance(value, bool):
        return chart.know(id, value, when)
    earlier = chart.known(id)
    day = when.first if when else None
    before = earlier.value if earlier is not None and earlier.on == day and isinstance(earlier.value, tuple) else ()
    if before:
        chart.forget(id)
    return chart.know(id, tuple(dict.fromkeys((*before, value))), when)


# ---- forms that come as Observations


def is_about_pain(form: str) -> bool:
    """Whether a form is about one pain rather than about the person."""
    return instruments.instrument(form).about_pain


_Where = tuple[date | None, Pain | None]
"""The day of a form, and the place of the pain that it is about."""


@dataclass(slots=True)
class Scattered:
    """Items and totals of forms found among Observations, gathered by day and pain until all are read."""

    items: dict[_Where, dict[str, dict[int, float]]] = field(default_factory=dict)
    """Day and pain -> form -> item -> answer."""
    totals: dict[tuple[str, _Where], Answers] = field(default_factory=dict)
    origins: dict[tuple[str, _Where], str] = field(default_factory=dict)

    def add(self, place: Place, value: float, on: date | None, origin: str, pain: Pain | None = None) -> None:
        """One item or total of a form."""
        where = (on, pain if is_about_pain(place.form) else None)
        if place.item is None:
            self.totals[place.form, where] = Answers(
                instrument=place.form, on=on, total=value, pain=_title(where), origin=origin
            )
        else:
            self.items.setdefault(where, {}).setdefault(place.form, {})[place.item] = value
            self.origins.setdefault((place.form, where), origin)

    def answers(self) -> Iterator[Answers]:
        """The totals as they came, and the forms put together from their items; each form of a day once."""
        for (form, where), total in self.totals.items():
            if not self._is_whole(form, where):
                yield total
        for where, forms in self.items.items():
            for form in forms:
                if not any(_covers(forms, other, form) for other in forms if other != form):
                    yield self._form(form, where)

    def _is_whole(self, form: str, where: _Where) -> bool:
        return len(self.items.get(where, {}).get(form, {})) == len(instruments.instruments()[form].items) > 0

    def _form(self, form: str, where: _Where) -> Answers:
        values = self.items[where][form]
        items = tuple(values.get(at) for at in range(len(instruments.instruments()[form].items)))
        origin = self.origins[form, where]
        return Answers(instrument=form, on=where[0], items=items, pain=_title(where), origin=origin)


def _title(where: _Where) -> str:
    return where[1].title if where[1] is not None else ""


def _covers(forms: Mapping[str, Mapping[int, float]], other: str, form: str) -> bool:
    """Whether the answers of a form are all answers of another one too, which fits better: PHQ-2 within PHQ-9."""
    catalogue = instruments.instruments()
    mine = {catalogue[form].items[at].loinc for at in forms[form]}
    its = {catalogue[other].items[at].loinc for at in forms[other]}
    return mine < its or (mine == its and len(catalogue[other].items) < len(catalogue[form].items))
