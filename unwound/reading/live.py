"""Pictures that a reader changes: few choices, each from a short list, drawn anew by the models, and the same in words.

`pictures()` are those there are, `chosen(picture, asked)` reads what a reader chose, `drawn(picture, choice)` draws it.
The lists are in `data/live_pictures`, so that all that can ever be asked is a known number of pictures (`count`): who
serves them keeps each, and nobody can make a server work without end. Models, not anybody's body: said beside each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from unwound.catalogue import CitedText, Frozen, Head, Texts, find, load
from unwound.reading import small
from unwound.reading.pages import Page, Section, cited
from unwound.reading.question_pages import leads_on
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.mechanism import WindUp
    from unwound.pharmacology.forecast import Relief
    from unwound.plots import Chart

# The numerical parts take a second to import, so they are imported when a picture is drawn and not before.

KIND = "try"
"""The kind of page, in addresses."""
KG = 70.0
"""The weight of the person for whom courses are worked out, as on all public pictures."""
WEEKS = (0, 1, 2, 4, 6, 8, 11)
DAY_H = 24.0
EACH = 3
"""Of a train every third stimulus stands in the table: it is read aloud, too."""
GROWS = 1.0
"""Spikes of wind-up below which nothing grew, and no share of it is told."""
Rows = tuple[tuple[str, ...], ...]


class Option(Frozen):
    """One entry of a list: its words, and what it sets (names of `_TRAINS`), or the course that it stands for."""

    id: str
    words: str
    sets: Mapping[str, float] = {}
    course: str = ""


class Control(Frozen):
    """Something that a reader changes, by a list; `usual` is chosen until they do."""

    id: str
    ask: str
    usual: str
    options: tuple[Option, ...]

    @model_validator(mode="after")
    def _usual_is_one_of_them(self) -> Control:
        ids = [option.id for option in self.options]
        if self.usual not in ids or len(set(ids)) < len(ids):
            raise ValueError(f"{self.id}: `usual` is one of its options, and each has an id of its own")
        return self


class LivePicture(Head):
    """One file of `data/live_pictures`: what can be changed, what is said beside it, and which models draw it."""

    place: int
    draws: Literal["wind_up", "opioids", "courses"]
    short: CitedText
    controls: tuple[Control, ...]
    notes: tuple[CitedText, ...]
    see: Texts = ()

    @property
    def count(self) -> int:
        """How many pictures can be asked for in all."""
        return math.prod(len(control.options) for control in self.controls)


Choice = Mapping[str, Option]
"""Id of a control -> what was chosen of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture as it was asked for: SVG, its description, the same as a table, and what it shows in sentences."""

    svg: str
    description: str
    head: tuple[str, ...]
    rows: Rows
    says: tuple[str, ...]


def pictures() -> Mapping[str, LivePicture]:
    """Every picture by its id, in the order of their places."""
    held = load("live_pictures", LivePicture)
    return {id: held[id] for id in sorted(held, key=lambda id: held[id].place)}


def picture(id: str) -> LivePicture:
    """One picture. UnwoundError, naming those there are, when there is none of that name."""
    return find("live_pictures", LivePicture, id, "live picture")


def page(id: str) -> Page:
    """What stands around a picture: what it is, what is known and what is not, where to read on."""
    of = picture(id)
    sections = (
        Section(key="short", heading="What you see", lines=(cited(of.short),)),
        Section(key="notes", heading="What is known, and what is not", items=tuple(map(cited, of.notes))),
        Section(key="see", heading="Read on", items=tuple(map(leads_on, of.see))),
    )
    return Page(kind=KIND, id=id, title=of.title, sections=sections, files=(("live_pictures", id),), heads=(of,))


def usual(of: LivePicture) -> Choice:
    """What is chosen before a reader has changed anything."""
    return chosen(of, {})


def chosen(of: LivePicture, asked: Mapping[str, str]) -> Choice:
    """What a reader chose, by id of control. UnwoundError, with what there is, for an option that is none."""
    return {control.id: _option(control, asked.get(control.id, control.usual)) for control in of.controls}


def _option(control: Control, asked: str) -> Option:
    for option in control.options:
        if option.id == asked:
            return option
    there = ", ".join(option.id for option in control.options)
    raise UnwoundError(f"{control.ask} «{asked[:40]}» is none of the choices; there are: {there}")


def drawn(of: LivePicture, choice: Choice) -> Drawn:
    """The picture with what was chosen: one to some seconds of work, kept by whoever shows it."""
    return _DRAWS[of.draws](choice)


def _wind_up(choice: Choice) -> Drawn:
    sets = _sets(choice)
    pace = {"frequency_hz": sets["frequency_hz"], "stimuli": sets["stimuli"]}
    trains = {"as it is": _train(pace)}
    if sets.keys() - pace.keys():
        trains["as you chose"] = _train(sets)
    return _of_trains(trains, "A nerve cell that winds up, in a model")


def _opioids(choice: Choice) -> Drawn:
    sets = _sets(choice)
    hurt = {name: part for name, part in sets.items() if name == "injury"}
    opioid = hurt | {"opioid_release": sets["opioid_release"]}
    trains = {"no drug": _train(hurt), "opioid": _train(opioid)}
    if sets["opioid_relief"]:
        trains["opioid, lifted"] = _train(opioid | {"opioid_relief": 1})
    if "of_people" in sets:
        trains["and ketamine"] = _train(sets)
    return _of_trains(trains, "An opioid on a nerve cell, in a model")


def _courses(choice: Choice) -> Drawn:
    """Relief by the weeks of two courses; of one where both are the same."""
    from unwound import plots

    both = {option.course: option.words.partition(",")[0] for option in choice.values() if option.course}
    courses = [replace(_relief(course), name=words) for course, words in both.items()]
    bands = bool(_sets(choice).get("bands"))
    chart = plots.relief_over_weeks(courses, "Relief after two ways to give ketamine", bands=bands)
    rows = tuple((_when(week), *(_relief_at(course, week, bands=bands) for course in courses)) for week in WEEKS)
    says = tuple(
        f"After {course.name}: {_relief_at(course, 1)} of the most relief is left one week later, "
        f"and {_relief_at(course, 11)} after eleven weeks."
        for course in courses
    )
    return _made(chart, ("After the last drip", *(course.name for course in courses)), rows, says)


_DRAWS: Mapping[str, Callable[[Choice], Drawn]] = {"wind_up": _wind_up, "opioids": _opioids, "courses": _courses}
_TRAINS = ("frequency_hz", "stimuli", "nmda", "injury", "opioid_release", "opioid_relief", "of_people")
"""What an option can set of a train; `of_people` is ketamine, as a multiple of the most free in people it helped."""


def _sets(choice: Choice) -> dict[str, float]:
    return {name: part for option in choice.values() for name, part in option.sets.items()}


def _train(sets: Mapping[str, float]) -> WindUp:
    return _solved(tuple(sorted(sets.items())))


@cache
def _solved(sets: tuple[tuple[str, float], ...]) -> WindUp:
    """One train; kept, for most pictures share theirs with others, and all lists together name few."""
    from unwound import mechanism
    from unwound.mechanism import knowledge

    asked = dict(sets)
    unknown = asked.keys() - set(_TRAINS)
    if unknown:
        raise UnwoundError(f"live pictures set no «{', '.join(sorted(unknown))}»; they set: {', '.join(_TRAINS)}")
    people = knowledge.mechanism(knowledge.TRAIN).quantities["human_free_um"]
    most = people.value if people.high is None else people.high
    stimuli = asked.get("stimuli")
    return mechanism.windup(
        frequency_hz=asked.get("frequency_hz"),
        stimuli=None if stimuli is None else int(stimuli),
        nmda=asked.get("nmda"),
        ketamine_um=asked["of_people"] * most if "of_people" in asked else None,
        opioid_release=asked.get("opioid_release"),
        opioid_relief=bool(asked.get("opioid_relief")),
        injury=bool(asked.get("injury")),
    )


def _of_trains(trains: Mapping[str, WindUp], title: str) -> Drawn:
    """Trains side by side; what is left of the first answer and of the growth is told against the first of them."""
    from unwound import plots

    plain, *others = trains.items()
    rows = tuple(
        (str(at + 1), *(f"{train.spikes_per_stimulus[at]:.0f}" for train in trains.values()))
        for at in range(0, plain[1].conditions.stimuli, EACH)
    )
    says = (_counted(*plain), *(sentence for name, train in others for sentence in _against(name, train, plain[1])))
    return _made(plots.wind_up(trains, title), ("Jab number", *trains), rows, says)


def _counted(name: str, train: WindUp) -> str:
    first, last = train.spikes_per_stimulus[0], train.spikes_per_stimulus[-1]
    grows = "" if train.windup >= GROWS else " Nothing grows."
    return f"{name.capitalize()}: {first:.0f} answers to the first jab, and {last:.0f} to the last.{grows}"


def _against(name: str, train: WindUp, plain: WindUp) -> tuple[str, ...]:
    """What a train has, and what is left of the first answer and of the growth that the cell has without it."""
    shut = f" The drug shuts {_of_100(train.ketamine_block)} gates." if train.ketamine_block else ""
    if plain.windup < GROWS or not plain.input:
        return (f"{_counted(name, train)}{shut}",)
    left = (
        f"Of the first answer {_of_100(train.input / plain.input)} parts are left, "
        f"of the growth {_of_100(max(0.0, train.windup / plain.windup))}."
    )
    return (f"{_counted(name, train)}{shut} {left}",)


def _of_100(share: float) -> str:
    return f"{100 * share:.0f} of 100"


@cache
def _relief(course: str) -> Relief:
    from unwound import protocols

    return protocols.compare(KG, protocols=[course]).compared[0].relief


def _when(week: int) -> str:
    return "at its end" if week == 0 else f"{week} week{'s' if week > 1 else ''}"


def _relief_at(course: Relief, week: int, *, bands: bool = False) -> str:
    """Relief so many weeks after the end, with its bounds where bands are drawn."""
    import numpy as np

    at_h = course.stop_h + week * 7 * DAY_H
    middle, low, high = (
        f"{100 * float(np.interp(at_h, course.times_h, line)):.0f} %"
        for line in (course.responder, course.low, course.high)
    )
    return f"{middle} (between {low} and {high})" if bands else middle


def _made(chart: Chart, head: tuple[str, ...], rows: Rows, says: tuple[str, ...]) -> Drawn:
    return Drawn(svg=small.svg(chart), description=chart.to_dict()["description"], head=head, rows=rows, says=says)
