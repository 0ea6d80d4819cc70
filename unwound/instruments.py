"""Questionnaires: what a filled form scores, and why an unfinished one does not.

Item texts are shipped only where their owners let anyone reproduce them; of the others the library knows the range and
the bands, takes the total and never the items. No screening form raises a diagnostic grade.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Literal

from pydantic import model_validator

from unwound import evidence, languages
from unwound.catalogue import Checked, Cited, CitedText, Frozen, Head, Texts, load, plain
from unwound.patient import Answers, Patient
from unwound.record import UnwoundError, unique
from unwound.terms import Sex


class InstrumentError(UnwoundError):
    """A form that cannot be scored: the message names the form, the item and what is allowed."""


class Codes(Frozen):
    """LOINC codes of the form as a whole."""

    total: str = ""
    panel: str = ""
    source: str = "loinc"
    where: str = ""
    checked: Checked


class Licence(Frozen):
    """Whether the item texts may be shipped (`green`), and on what ground."""

    verdict: Literal["green", "amber", "red"]
    ground: CitedText
    attribution: str = ""
    """The line that must be printed with the form."""
    link: str = ""
    """Where the owner hands the form out."""


class Option(Frozen):
    """One answer that can be ticked."""

    value: float
    text: str
    loinc: str = ""


class Item(Frozen):
    """One question of a form; `about` names it in a word, `fact` is what its answer tells by itself."""

    about: str
    text: str
    loinc: str = ""
    fact: str = ""
    low_end: str = ""
    high_end: str = ""
    """What the ends of a numbered line are called, where there are no options to tick."""


class Band(Frozen):
    """A range of totals with a name, from its lowest total up to the next band; for one sex where they differ."""

    id: str
    title: str
    at_least: Cited
    sex: Sex | None = None


class CutOff(Frozen):
    """A total from which a screen counts as positive, and how often it is right."""

    says: str
    at_least: Cited
    sensitivity: Cited | None = None
    specificity: Cited | None = None


class Implied(Frozen):
    """A yes/no fact that a total at or above a limit says «yes» to; below it says nothing."""

    fact: str
    at_least: Cited


class Expected(Frozen):
    """What an example must score."""

    total: float | None = None
    band: str = ""
    missing: tuple[str, ...] = ()
    error: str = ""
    """A part of the message where the form must be refused."""


class Example(Frozen):
    """A filled form and its score; `answered` gives single items by number where the form is unfinished."""

    name: str
    items: tuple[float, ...] = ()
    answered: Mapping[int, float] = {}
    total: float | None = None
    sex: Sex | None = None
    expect: Expected

    def filled(self, length: int) -> tuple[float | None, ...]:
        """The items in the form's order, None where empty."""
        return self.items or (tuple(self.answered.get(n + 1) for n in range(length)) if self.answered else ())


class Instrument(Head):
    """One file of `data/instruments/`."""

    full_name: str
    measures: str
    lay_phrases: Texts = ()
    """How people search for it, in words of our own: for the finder; nothing is decided by them."""
    about_pain: bool = False
    """Whether it is about one pain, so that where there are several it has to say which."""
    about_mood: bool = False
    """Whether it is about mood: depression, anxiety, thoughts of death, mental health as a whole."""
    rater: Literal["self", "clinician"]
    recall: str = ""
    scoring: Literal["sum", "mean", "total-only"]
    """`total-only`: the items are not ours, the total is entered."""
    whole: bool = True
    """Whether answers and totals are whole numbers."""
    by_name_only: bool = False
    """Whether its items without its name are no proof of it, because a longer form may lack an answer."""
    lowest: Cited
    highest: Cited
    """The range of the total."""
    prompt: str = ""
    item_lowest: Cited | None = None
    item_highest: Cited | None = None
    options: tuple[Option, ...] = ()
    items: tuple[Item, ...] = ()
    licence: Licence
    loinc: Codes | None = None
    fact: str = ""
    """The fact that the total is."""
    implies: tuple[Implied, ...] = ()
    bands: tuple[Band, ...] = ()
    cut_offs: tuple[CutOff, ...] = ()
    change: Cited | None = None
    """The smallest change of the total that matters to patients."""
    change_percent: Cited | None = None
    notes: tuple[CitedText, ...] = ()
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> Instrument:
        """Refuses a form whose parts contradict each other; each pair of parts has its own message."""
        own = bool(self.items)
        if own == (self.scoring == "total-only"):
            raise ValueError("a form is scored from its items, or has none and takes the total")
        if own and self.licence.verdict != "green":
            raise ValueError("item texts may be shipped only under a green licence verdict")
        if own and (self.item_lowest is None or self.item_highest is None):
            raise ValueError("items need item_lowest and item_highest")
        for sex in Sex:
            limits = [band.at_least.value for band in self.bands if band.sex in (None, sex)]
            if limits and (limits != sorted(set(limits)) or limits[0] != self.lowest.value):
                raise ValueError(f"bands must rise from the lowest total ({plain(self.lowest.value)})")
        return self

    def tells(self) -> Iterator[str]:
        """The ids of all facts that a filled form of the kind may tell."""
        yield from (item.fact for item in self.items if item.fact)
        yield from (implied.fact for implied in self.implies)
        if self.fact:
            yield self.fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one form says: its total and band, or which items are missing; both are empty when it cannot be scored."""

    instrument: str
    total: float | None
    band: str
    """Id of the band; empty without a total, or where the band turns on the sex and that is unknown."""
    missing: tuple[str, ...]
    because: tuple[str, ...]
    sources: tuple[str, ...]
    on: date | None = None


def instruments() -> Mapping[str, Instrument]:
    """Every instrument by its id."""
    return load("instruments", Instrument)


def in_language(id: str, language: str) -> Instrument | None:
    """A questionnaire in its published translation; None where there is none, or it is of an earlier English text.

    A translation of ours would be another questionnaire: nobody has shown what its totals mean.
    """
    form, published = instrument(id), languages.questionnaire(id, language)
    if published is None:
        return None
    words = (form.prompt, *(item.text for item in form.items), *(option.text for option in form.options))
    if any(text and text not in published.texts for text in words):
        return None
    return languages.walked(form, lambda text: published.texts.get(text, text))


def instrument(id: str) -> Instrument:
    """One instrument. InstrumentError, naming the nearest id, when there is none of that name."""
    form = instruments().get(id)
    if form is None:
        near = difflib.get_close_matches(id, instruments(), n=1)
        raise InstrumentError(
            f"«{id[:60]}» is not a form Unwound knows" + (f"; did you mean «{near[0]}»?" if near else "")
        )
    return form


def score(
    instrument_id: str,
    *,
    items: Sequence[float | None] = (),
    total: float | None = None,
    sex: Sex | None = None,
) -> Score:
    """Score one form from its items (in the form's order, None where empty) or from its total.

    An unfinished form has no total, also when a total was sent with it: nobody knows what was summed. InstrumentError
    names the item or total that is not possible, or the form whose items are not ours.
    """
    form = instrument(instrument_id)
    if not form.items:
        return _from_total_only(instrument_id, form, items, total, sex)
    if not items and total is not None:
        return _scored(instrument_id, form, _possible_total(form, total), sex)
    missing = _missing(form, items)
    if missing:
        return Score(
            instrument=instrument_id,
            total=None,
            band="",
            missing=missing,
            because=_why_unscored(form, items, missing, total),
            sources=_sources(instrument_id),
        )
    return _scored(instrument_id, form, _agreeing(form, _total(form, items), total), sex)


def scores(patient: Patient) -> tuple[Score, ...]:
    """Every filled form of the patient, newest last (undated ones first); one that cannot be scored says why."""
    return tuple(_of(form, patient.sex) for form in by_date(patient))


def by_date(patient: Patient) -> tuple[Answers, ...]:
    """The patient's forms, oldest first: undated before dated, otherwise in the order they stand.

    Where there are several pains, of the forms about pain only those about the pain in view.
    """
    forms = patient.answers
    if len(patient.pains) > 1:
        forms = tuple(form for form in forms if form.pain == patient.seen_pain or not is_about_pain(form))
    return tuple(sorted(forms, key=lambda form: form.on or date.min))


def is_about_pain(form: Answers) -> bool:
    """Whether a filled form is about one pain rather than about the person."""
    known = instruments().get(form.instrument)
    return known is not None and known.about_pain


def gives(form: Answers, sex: Sex | None = None) -> tuple[tuple[str, float | bool | None], ...]:
    """The facts one filled form tells: those of single items (of unfinished forms too), its total, what that implies.

    None takes back what an older form of the kind implied. Nothing is told by an answer or total that is not
    possible; never raises.
    """
    # An item, the total and what a total implies each tell of facts, and any of them may be missing.
    instrument = instruments().get(form.instrument)
    if instrument is None:
        return ()
    facts: list[tuple[str, float | bool | None]] = [
        (item.fact, answer)
        for item, answer in zip(instrument.items, form.items, strict=False)
        if item.fact and answer is not None and _is_possible(instrument, answer)
    ]
    if instrument.fact or instrument.implies:
        total = _of(form, sex).total
        if total is not None:
            facts += [(instrument.fact, total)] if instrument.fact else []
            facts += [
                (implied.fact, True if total >= implied.at_least.value else None) for implied in instrument.implies
            ]
    return tuple(facts)


def leaves_open(form: Answers) -> tuple[str, ...]:
    """The facts that one filled form asks for and does not tell.

    All of them where nothing of it could be read; else those of items that are missing or not possible, but where the
    total is zero, which every item then is. What an older complete form gave in total stands beside an unfinished one.
    """
    instrument = instruments().get(form.instrument)
    if instrument is None:
        return ()
    if form.total is None and not any(_is_possible(instrument, item) for item in form.items if item is not None):
        return tuple(instrument.tells())
    answers = (*form.items, *[None] * (len(instrument.items) - len(form.items)))
    return tuple(
        item.fact
        for item, answer in zip(instrument.items, answers, strict=False)
        if item.fact and (answer is None or not _is_possible(instrument, answer)) and form.total != 0
    )


def _of(form: Answers, sex: Sex | None) -> Score:
    try:
        return replace(score(form.instrument, items=form.items, total=form.total, sex=sex), on=form.on)
    except InstrumentError as reason:
        return Score(
            instrument=form.instrument, total=None, band="", missing=(), because=(str(reason),), sources=(), on=form.on
        )


def _from_total_only(
    id: str, form: Instrument, items: Sequence[float | None], total: float | None, sex: Sex | None
) -> Score:
    if total is None:
        what = "its items are not ours to score; enter the total" if items else "no total was entered"
        raise InstrumentError(f"{form.title}: {what} ({_range(form)})")
    return _scored(id, form, _possible_total(form, total), sex)


def _possible_total(form: Instrument, total: float) -> float:
    whole = not form.whole or form.scoring == "mean" or float(total).is_integer()
    if isinstance(total, bool) or not whole or not form.lowest.value <= total <= form.highest.value:
        raise InstrumentError(f"{form.title}: a total of {total:g} is not possible; {_range(form)} is")
    return float(total)


def _range(form: Instrument) -> str:
    kind = "a whole number" if form.whole and form.scoring != "mean" else "a number"
    return f"{kind} from {form.lowest.value:g} to {form.highest.value:g}"


def _missing(form: Instrument, items: Sequence[float | None]) -> tuple[str, ...]:
    if len(items) > len(form.items):
        raise InstrumentError(f"{form.title}: {len(items)} answers were given; the form has {len(form.items)} items")
    for number, answer in enumerate(items, 1):
        if answer is not None and not _is_possible(form, answer):
            name = f"item {number} ({form.items[number - 1].about})"
            raise InstrumentError(f"{form.title}, {name}: {answer:g} is not possible; {_item_range(form)} is")
    answers = (*items, *[None] * (len(form.items) - len(items)))
    return tuple(
        f"item {number} ({item.about})"
        for number, (item, answer) in enumerate(zip(form.items, answers, strict=True), 1)
        if answer is None
    )


def _is_possible(form: Instrument, answer: float) -> bool:
    if isinstance(answer, bool) or form.item_lowest is None or form.item_highest is None:
        return False
    return form.item_lowest.value <= answer <= form.item_highest.value and (
        not form.whole or float(answer).is_integer()
    )


def _item_range(form: Instrument) -> str:
    low, high = _item_limits(form)
    return f"{'a whole number' if form.whole else 'a number'} from {low:g} to {high:g}"


def _item_limits(form: Instrument) -> tuple[float, float]:
    if form.item_lowest is None or form.item_highest is None:
        raise InstrumentError(f"{form.title}: its items are not ours to score")
    return form.item_lowest.value, form.item_highest.value


def _total(form: Instrument, items: Sequence[float | None]) -> float:
    answered = math.fsum(answer for answer in items if answer is not None)
    return answered / len(form.items) if form.scoring == "mean" else answered


def _agreeing(form: Instrument, total: float, sent_total: float | None) -> float:
    """The total calculated from the items; a mean may have been sent rounded to a whole number, a sum may not."""
    slack = 0.5 if form.scoring == "mean" else 0.0
    if sent_total is not None and not abs(total - sent_total) <= slack:
        raise InstrumentError(f"{form.title}: its items give {total:g}, but a total of {sent_total:g} came with them")
    return total


def _why_unscored(
    form: Instrument, items: Sequence[float | None], missing: tuple[str, ...], sent_total: float | None
) -> tuple[str, ...]:
    if not items:
        return (f"{form.title} has no score: nothing of it could be read",)
    why = [f"{form.title} has no score: {', '.join(missing)} not answered"]
    if form.scoring == "sum" and len(missing) < len(form.items):
        low, high = _item_limits(form)
        base = _total(form, items)
        why.append(
            f"its total lies between {base + low * len(missing):g} and {base + high * len(missing):g}, "
            f"whatever the missing answers are"
        )
    if sent_total is not None:
        why.append(f"a total of {sent_total:g} came with the unfinished form and is not used")
    return tuple(why)


def _scored(id: str, form: Instrument, total: float, sex: Sex | None) -> Score:
    sexes: tuple[Sex, ...] = (sex,) if sex else (Sex.FEMALE, Sex.MALE)
    bands = {band.id: band for possible_sex in sexes if (band := _band(form, total, possible_sex))}
    band = next(iter(bands.values())) if len(bands) == 1 else None
    line = f"{form.title} {round(total, 1):g} of {form.highest.value:g}"
    if band is not None:
        why = [f"{line}: {band.title}"]
    elif form.bands:
        why = [f"{line}: its meaning differs between women and men, and the sex is not known"]
    else:
        why = [line]
    why += [cut.says for cut in form.cut_offs if total >= cut.at_least.value]
    return Score(
        instrument=id, total=total, band=band.id if band else "", missing=(), because=tuple(why), sources=_sources(id)
    )


def _band(form: Instrument, total: float, sex: Sex) -> Band | None:
    reached = None
    for band in form.bands:
        if band.sex in (None, sex) and total >= band.at_least.value:
            reached = band
    return reached


@cache
def _sources(id: str) -> tuple[str, ...]:
    form = instrument(id)
    return unique((*evidence.cite(form.bands), *evidence.cite(form.cut_offs), form.highest.source))
