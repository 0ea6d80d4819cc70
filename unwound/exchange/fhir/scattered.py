"""Forms that come as Observations, one for each item, and what is done where two of one day differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from unwound import instruments
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.form_tables import Place
from unwound.exchange.fhir.sites import Place as Pain
from unwound.instruments import InstrumentError
from unwound.patient import Answers


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

    def add(self, place: Place, value: float, on: date | None, origin: str, pain: Pain | None = None) -> float | None:
        """One item or total of a form; another value of the same day, where there is one, of which the higher stays."""
        where = (on, pain if is_about_pain(place.form) else None)
        earlier = self._value(place, where)
        if earlier is not None and earlier >= value:
            return earlier if earlier > value else None
        if place.item is None:
            self.totals[place.form, where] = Answers(
                instrument=place.form, on=on, total=value, pain=_title(where), origin=origin
            )
        else:
            self.items.setdefault(where, {}).setdefault(place.form, {})[place.item] = value
            self.origins.setdefault((place.form, where), origin)
        return earlier

    def _value(self, place: Place, where: _Where) -> float | None:
        if place.item is not None:
            return self.items.get(where, {}).get(place.form, {}).get(place.item)
        total = self.totals.get((place.form, where))
        return total.total if total else None

    def answers(self) -> Iterator[Answers]:
        """The totals as they came, and the forms put together from their items; each form of a day once."""
        yield from self.totals.values()
        for where, forms in self.items.items():
            for form in forms:
                if not any(_covers(forms, other, form) for other in forms if other != form):
                    yield self._form(form, where)

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


# ---- several of one form and day


def settled(chart: Chart, scattered: Scattered) -> list[Answers]:
    """All forms of a bundle; those of one day that are the same one are put together, and what differs is noted.

    One of which nothing could be read stands there without answers, unless another of that day could be.
    """
    alike: dict[tuple[object, ...], list[Answers]] = {}
    for number, form in enumerate((*chart.answers, *scattered.answers())):
        key = (form.instrument, form.on, form.pain) if form.on else (form.instrument, number)
        alike.setdefault(key, []).append(form)
    read = [form for group in alike.values() for form in _of_one_day(group, chart)]
    days = {(form.instrument, form.on, form.pain) for form in read}
    in_doubt = {(form.instrument, form.on, form.pain): form for form in reversed(chart.doubtful)}
    return [*read, *(form for day, form in in_doubt.items() if day not in days)]


def _of_one_day(group: Sequence[Answers], chart: Chart) -> Iterator[Answers]:
    """The form of a day: its items with its total where both are whole, else both as they came."""
    items = _graver([form for form in group if form.items], chart)
    totals = [form for form in group if form.total is not None]
    total = _graver([form.with_checked(items=()) for form in totals], chart)
    if items is None or total is None or (None in items.items and items.total is None):
        yield from (form for form in (total, items) if form is not None)
        return
    yield _compared(items.with_checked(total=total.total), chart)


def _compared(form: Answers, chart: Chart) -> Answers:
    """A form with items and total; where they contradict each other it has no score, and no fact stays of either."""
    try:
        whole = instruments.score(form.instrument, items=form.items, total=form.total).total is not None
    except InstrumentError as reason:
        _note(chart, form, f"{reason}; neither was used, please look the form up")
        chart.withdraw(instruments.instrument(form.instrument).fact, form.on)
        return form
    if not whole:
        title = instruments.instrument(form.instrument).title
        _note(
            chart, form, f"the {title} is not finished, so the total of {form.total:g} that came with it was not used"
        )
        chart.withdraw(instruments.instrument(form.instrument).fact, form.on)
    return form


def _graver(forms: Sequence[Answers], chart: Chart) -> Answers | None:
    """Of several of one day the one that is worse, or all of them together where they say the same."""
    chosen: Answers | None = None
    for form in forms:
        together = _together(chosen, form) if chosen else form
        if together is None and chosen is not None:
            worse, other = sorted((chosen, form), key=_gravity, reverse=True)
            title = instruments.instrument(form.instrument).title
            both = f"{_told(worse)} and {_told(other)}"
            _note(
                chart,
                other,
                f"there are two different {title} of {form.on} ({both}): the higher was kept; please clarify",
            )
            together = worse
        chosen = together
    return chosen


def _together(first: Answers, second: Answers) -> Answers | None:
    """One form of two that do not contradict each other; None where they do."""
    if None not in (first.total, second.total) and first.total != second.total:
        return None
    pairs = list(zip(first.items, second.items, strict=False))
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return None
    total = first.total if first.total is not None else second.total
    items = tuple(a if a is not None else b for a, b in pairs) or first.items or second.items
    return first.with_checked(items=items, total=total)


def _gravity(form: Answers) -> tuple[float, float]:
    """How grave a form is: by the items that are facts by themselves (thoughts of death), then by all it counts."""
    known = instruments.instrument(form.instrument)
    own = [value for item, value in zip(known.items, form.items, strict=False) if item.fact and value is not None]
    return max(own, default=0.0), sum(value for value in form.items if value is not None) + (form.total or 0)


def _told(form: Answers) -> str:
    if not form.items:
        return f"{form.total:g}"
    return "-".join("?" if value is None else f"{value:g}" for value in form.items)


def _note(chart: Chart, form: Answers, reason: str) -> None:
    chart.at, chart.origin = None, form.origin
    chart.problem(reason)
