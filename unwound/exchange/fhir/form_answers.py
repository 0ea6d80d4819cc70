"""The answers of a form as its numbers: by code, by words, by a score that the answer carries; else it is in doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from unwound import instruments
from unwound.exchange.fhir.form_questions import Asked
from unwound.exchange.fhir.form_tables import Place, answers_by_words, form_tables, plain
from unwound.exchange.fhir.quantities import is_score_unit, ordinals
from unwound.exchange.fhir.shapes import Object, codings, number, obj, objects, text

_NUMBER_BESIDE = re.compile(r"^[\s(\[]*\d+[\s)\].:=–-]+|[\s(\[=:–-]+\d+[\s)\]]*$")
_LONGEST_CODE = 3
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer says: by its words or the form's own codes (`sure`), as a number, or as a bare code."""

    sure: frozenset[float] = frozenset()
    counted: frozenset[float] = frozenset()
    """A number, or a score that the answer carries: right where the scale begins where the form's does."""
    bare: frozenset[float] = frozenset()
    """A code that is a number and nothing else."""

    @property
    def value(self) -> float | None:
        """The one value that all of it says; None where it says none, or several."""
        values = self.sure | self.counted or self.bare
        return next(iter(values)) if len(values) == 1 else None


def reading(form: str, answer: Object, options: Iterable[Object] = ()) -> Reading:
    """What one answer says; `options` are those that the Questionnaire offers. A yes or no is never a number."""
    plain_numbers = [number(answer.get(key)) for key in ("valueInteger", "valueDecimal", "valueString")]
    quantity = obj(answer.get("valueQuantity"))
    if quantity and not quantity.get("comparator") and is_score_unit(quantity, _highest(form)):
        plain_numbers.append(number(quantity.get("value")))
    counted = frozenset(value for value in plain_numbers if value is not None)
    concepts = [_with_option(concept, options) for concept in _concepts(answer)]
    words = [text(answer.get("valueString")), *(word for concept in concepts for word in _words(concept))]
    codes = [coding for concept in concepts for coding in codings(concept)]
    sure = {value for coding in codes for value in _by_code(form, coding.code)}
    sure |= {value for word in words for value in _by_words(form, word)}
    scored = {value for concept in concepts for value in ordinals(concept)}
    numbers = {number(coding.code) for coding in codes if len(coding.code) <= _LONGEST_CODE}
    numbers |= {number(text(obj(answer.get("valueCodeableConcept")).get("text")))}
    bare = frozenset(value for value in numbers if value is not None)
    return Reading(frozenset(sure), counted | scored, bare)


def _highest(form: str) -> float:
    known = instruments.instruments()[form]
    return known.item_highest.value if known.item_highest else known.highest.value


def _concepts(answer: Object) -> Iterator[Object]:
    for key in ("valueCoding", "valueCodeableConcept"):
        if isinstance(answer.get(key), dict):
            yield obj(answer[key])


def _with_option(concept: Object, options: Iterable[Object]) -> Object:
    """A coded answer together with what its Questionnaire says of that option."""
    own = {coding.code for coding in codings(concept)}
    more = [
        {
            **obj(option["valueCoding"]),
            "extension": [*objects(obj(option["valueCoding"]).get("extension")), *objects(option.get("extension"))],
        }
        for option in options
        if isinstance(option.get("valueCoding"), dict) and obj(option["valueCoding"]).get("code") in own
    ]
    if not more:
        return concept
    listed = objects(concept.get("coding")) or [concept]
    return {"text": concept.get("text"), "coding": [*listed, *more]}


def _words(concept: Object) -> Iterator[str]:
    yield text(concept.get("text"))
    yield text(concept.get("display"))
    for coding in codings(concept):
        yield coding.display
        yield coding.code.replace("-", " ")


def _by_code(form: str, code: str) -> Iterator[float]:
    yield from (option.value for option in instruments.instruments()[form].options if option.loinc == code != "")


def _by_words(form: str, words: str) -> Iterator[float]:
    """The options that some words are, also with their number before or behind: «2 - More than half the days»."""
    bare = _NUMBER_BESIDE.sub("", words)
    written = plain(bare if plain(bare) else words)
    if not written:
        return
    loinc = answers_by_words().get(written, "")
    for option in instruments.instruments()[form].options:
        if plain(option.text) == written or (loinc and option.loinc == loinc):
            yield option.value


def is_possible(place: Place, value: float) -> bool:
    """Whether the form allows this answer or total."""
    form = instruments.instruments()[place.form]
    low, high = (form.lowest, form.highest) if place.item is None else (form.item_lowest, form.item_highest)
    if low is None or high is None or not low.value <= value <= high.value:
        return False
    return not form.whole or form.scoring == "mean" or float(value).is_integer()


def answer_value(form: str, answer: Object) -> float | None:
    """The score of an answer that stands alone; a code that is only a number says nothing there."""
    read = reading(form, answer)
    if not read.sure and not read.counted and instruments.instruments()[form].options:
        return number(text(obj(answer.get("valueCodeableConcept")).get("text")))
    return read.value


def total_value(answer: Object) -> float | None:
    """The number that an answer gives as a total."""
    values = [number(answer.get(key)) for key in ("valueInteger", "valueDecimal", "valueString")]
    quantity = obj(answer.get("valueQuantity"))
    values.append(None if quantity.get("comparator") else number(quantity.get("value")))
    values.append(number(text(obj(answer.get("valueCodeableConcept")).get("text"))))
    return next((value for value in values if value is not None), None)


def values(form: str, items: Mapping[int, Asked], loose: Sequence[Asked]) -> tuple[dict[int, float], list[str], str]:
    """The answers by item, the troubles with single ones, and why none of them counts (empty where they do).

    Questions that may be items (`loose`) do not count, but tell how far the scale goes.
    """
    read = {
        at: reading(form, asked.answers[0], asked.options) for at, asked in items.items() if len(asked.answers) == 1
    }
    others = [reading(form, answer, asked.options) for asked in loose for answer in asked.answers]
    doubt = _scale_doubt(form, (*items.values(), *loose), read.values(), others)
    if doubt:
        return {}, [], doubt
    answered: dict[int, float] = {}
    troubles = []
    for at, asked in items.items():
        value = read[at].value if at in read else None
        if value is not None and is_possible(Place(form, at), value):
            answered[at] = value
        elif asked.answers:
            troubles.append(
                f"the answer to item {at + 1} of {form} could not be read ({', '.join(map(shown, asked.answers))})"
            )
    return answered, troubles, ""


def _scale_doubt(form: str, asked: Iterable[Asked], read: Iterable[Reading], others: Iterable[Reading]) -> str:
    """Why it is not known where the scale of the answers begins; only for forms whose answers are words."""
    known = instruments.instruments()[form]
    if not known.options or known.item_lowest is None or known.item_highest is None:
        return ""
    lowest, highest = known.item_lowest.value, known.item_highest.value
    unsure = [each for each in read if not each.sure]
    bare = {value for each in unsure if not each.counted for value in each.bare}
    counted = {value for each in unsure for value in each.counted}
    further = {value for each in others if not each.sure for value in each.counted | each.bare}
    offered = {value for each in asked for value in _offered(each)}
    begins = f"nothing says that {lowest:g} is the lowest answer"
    if offered and min(offered) != lowest and (bare or counted):
        return f"its questionnaire counts answers from {min(offered):g}, not from {lowest:g}"
    if bare and lowest not in bare | offered:
        return f"its answers are bare codes ({_listed(bare)}), and {begins}"
    numbered = bare | counted
    if numbered and max(numbered | further) > highest and lowest not in numbered:
        return f"its answers are numbered beyond {highest:g} ({_listed(numbered | further)}), and {begins}"
    return ""


def _offered(asked: Asked) -> Iterator[float]:
    """The numbers by which a Questionnaire counts the answers it offers."""
    for option in asked.options:
        whole = number(option.get("valueInteger"))
        if whole is not None:
            yield whole
        coding = obj(option.get("valueCoding"))
        yield from ordinals(
            {
                "coding": [
                    {**coding, "extension": [*objects(coding.get("extension")), *objects(option.get("extension"))]}
                ]
            }
        )
        code = text(coding.get("code"))
        as_number = number(code) if len(code) <= _LONGEST_CODE else None
        if as_number is not None:
            yield as_number


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(values))


# ---- answers for messages, and those that say yes


def shown(answer: Object) -> str:
    """An answer as it may stand in a message."""
    for key in ("valueInteger", "valueDecimal", "valueString", "valueBoolean"):
        if key in answer:
            return text(str(answer[key]))[:_LONGEST_SHOWN]
    concept = next(_concepts(answer), {})
    words = [word for word in _words_for_people(concept) if word]
    quantity = number(obj(answer.get("valueQuantity")).get("value"))
    return (words[0] if words else f"{quantity:g}" if quantity is not None else "an answer of another kind")[
        :_LONGEST_SHOWN
    ]


def _words_for_people(concept: Object) -> Iterator[str]:
    yield text(concept.get("text"))
    yield text(concept.get("display"))
    yield from (coding.display for coding in codings(concept))
    yield from (coding.code for coding in codings(concept))


def may_be_yes(answer: Object) -> bool:
    """Whether an answer may be more than «no» or «not at all»; what is not known may be."""
    none = {plain(word) for word in form_tables().self_harm.none} | {
        words for words, option in answers_by_words().items() if option == "LA6568-5"
    }
    texts = [shown(answer), *(word for concept in _concepts(answer) for word in _words_for_people(concept))]
    numbers = {value for value in map(number, texts) if value is not None}
    written = [plain(each) for word in texts for each in (word, _NUMBER_BESIDE.sub("", word)) if each]
    return not (any(word in none for word in written) or numbers == {0.0})
