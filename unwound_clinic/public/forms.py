"""The two pages of the self-check as they are sent: read into what was told, or named where they cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from unwound import conditions, places, screens, self_check, telephones, vocabulary
from unwound.reading import condition_pages
from unwound.self_check import Happened, Question, Told, Tried
from unwound.therapies.knowledge import therapies
from unwound_clinic.core import numbers
from unwound_clinic.core.speaking import said

NONE_OF_THESE = "none"
DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.44, "years": 365.25}
MOST_YEARS, MOST_WEEKS = 100, 5000
CHOICES = {
    Happened.HELPS: "yes, and it helps",
    Happened.NO_EFFECT: "yes, it did not help",
    Happened.ILL: "yes, it made me ill",
}


@dataclass
class Sent:
    """What one page sent: what was told, what cannot be read, and every field as it was typed."""

    typed: Mapping[str, str]
    lists: Mapping[str, list[str]]
    faults: dict[str, str] = field(default_factory=dict)
    """The name of a field -> what is wrong with it, in a sentence."""

    @classmethod
    def of(cls, post: QueryDict) -> Sent:
        """The fields of a form."""
        return cls({name: str(value) for name, value in post.items()}, dict(post.lists()))

    @property
    def country(self) -> str:
        """The country, where it is one whose numbers are known."""
        named = self.typed.get("country", "")
        return named if named in telephones.countries() else ""

    def warnings(self) -> Told:
        """What the first page told."""
        known = self_check.knowledge()
        answers, nothing = self._groups(known.warning_groups)
        return Told(answers={**answers, **self._yes_no((*known.crisis, *known.warnings))}, nothing_of=nothing)

    def unanswered(self) -> bool:
        """Whether a warning sign was left out: each of them becomes a fault, for it decides what comes first."""
        known = self_check.knowledge()
        names = [question.fact for question in (*known.crisis[:1], *known.warnings)]
        left = [name for name in names if self.typed.get(name) not in ("yes", "no")]
        left += [f"group-{group}" for group in known.warning_groups if not self.lists.get(f"group-{group}")]
        self.faults.update(dict.fromkeys(left, said("Please answer this one: it decides what comes first.")))
        return bool(left)

    def everything(self) -> Told:
        """What both pages told."""
        known, first = self_check.knowledge(), self.warnings()
        answers, nothing = self._groups(known.history_groups)
        return Told(
            answers={**first.answers, **answers, **self._yes_no(known.history)},
            nothing_of=(*first.nothing_of, *nothing),
            diagnosis=self._one_of("diagnosis", conditions.conditions()),
            area=self._one_of("area", known.areas),
            duration_days=self._duration(),
            average_nrs=self._number("average", 0, 10),
            tried=tuple(self._tried()),
        )

    def _yes_no(self, questions: tuple[Question, ...]) -> dict[str, bool]:
        answers = {question.fact: self.typed.get(question.fact) for question in questions}
        return {fact: answer == "yes" for fact, answer in answers.items() if answer in ("yes", "no")}

    def _groups(self, groups: tuple[str, ...]) -> tuple[dict[str, bool], tuple[str, ...]]:
        """The items that were ticked, and the groups of which «none of these» was; both at once is a fault."""
        answers, nothing = {}, []
        for group in groups:
            ticked = self.lists.get(f"group-{group}", [])
            items = [item.fact for item in screens.screens()[group].items if item.fact in ticked]
            if NONE_OF_THESE in ticked and items:
                self.faults[f"group-{group}"] = said(
                    "You ticked «none of these» and something else. Which of them is right?"
                )
            answers.update(dict.fromkeys(items, True))
            if NONE_OF_THESE in ticked and not items:
                nothing.append(group)
        return answers, tuple(nothing)

    def _one_of(self, name: str, allowed: Mapping[str, object]) -> str:
        value = self.typed.get(name, "")
        return value if value in allowed else ""

    def _number(self, name: str, lowest: float, highest: float) -> float | None:
        typed = self.typed.get(name, "").strip()
        if not typed:
            return None
        try:
            return numbers.read(typed, lowest, highest)
        except ValueError as reason:
            self.faults[name] = str(reason)
            return None

    def _duration(self) -> float | None:
        unit = DAYS.get(self.typed.get("duration-unit", ""))
        number = self._number("duration", 0, MOST_YEARS * DAYS["years"])
        if number is None or unit is None:
            return None
        days = round(number * unit)
        if days > MOST_YEARS * DAYS["years"]:
            self.faults["duration"] = said("That is longer than a hundred years: check the number.")
            return None
        return float(days)

    def _tried(self) -> Iterator[Tried]:
        for id in self_check.knowledge().treatments:
            happened = self.typed.get(f"tried-{id}", "")
            if happened in tuple(Happened):
                yield Tried(
                    therapy=id,
                    happened=Happened(happened),
                    weeks=self._number(f"weeks-{id}", 0, MOST_WEEKS),
                    dose_mg_per_day=self._number(f"dose-{id}", 0, 100_000) if in_milligrams(id) else None,
                )


def in_milligrams(id: str) -> bool:
    """Whether the dose of a treatment is asked: only where it is one of milligrams a day."""
    return therapies()[id].unit == "mg/day" and therapies()[id].adequate is not None


def diagnoses() -> list[tuple[str, str]]:
    """Every condition by the name that people know, in the order of the alphabet."""
    named = ((id, said(condition_pages.name(id))) for id in self_check.knowledge().diagnoses)
    return sorted(named, key=lambda entry: entry[1].lower())


def groups(names: tuple[str, ...], sent: Sent) -> list[dict[str, object]]:
    """The groups as a form shows them, with what was ticked."""
    ticked = {name: sent.lists.get(f"group-{name}", []) for name in names}
    return [
        {
            "id": name,
            "ask": screens.screens()[name].patient,
            "items": [(item.fact, item.patient, item.fact in ticked[name]) for item in screens.screens()[name].items],
            "none": NONE_OF_THESE in ticked[name],
            "fault": sent.faults.get(f"group-{name}", ""),
        }
        for name in names
    ]


def singles(questions: tuple[Question, ...], sent: Sent) -> list[dict[str, str]]:
    """The questions of yes or no as a form shows them."""
    return [
        {
            "fact": question.fact,
            "ask": question.ask,
            "said": sent.typed.get(question.fact, ""),
            "fault": sent.faults.get(question.fact, ""),
        }
        for question in questions
    ]


def treatments(sent: Sent) -> list[dict[str, object]]:
    """The treatments as a form shows them."""
    return [
        {
            "id": id,
            "title": therapies()[id].title,
            "said": sent.typed.get(f"tried-{id}", ""),
            "weeks": sent.typed.get(f"weeks-{id}", ""),
            "dose": sent.typed.get(f"dose-{id}", ""),
            "asks_dose": in_milligrams(id),
            "faults": [sent.faults[name] for name in (f"weeks-{id}", f"dose-{id}") if name in sent.faults],
        }
        for id in self_check.knowledge().treatments
    ]


def carried(sent: Sent) -> list[tuple[str, str]]:
    """What the first page told, as hidden fields of the second: it travels in the form and lies nowhere."""
    known = self_check.knowledge()
    names = [question.fact for question in (*known.crisis, *known.warnings)]
    single = [(name, sent.typed[name]) for name in ("country", *names) if sent.typed.get(name)]
    return single + [
        (f"group-{group}", value) for group in known.warning_groups for value in sent.lists.get(f"group-{group}", [])
    ]


def areas() -> Mapping[str, str]:
    """Where it hurts, in plain words, of what the vocabulary knows."""
    there = vocabulary.question_of(places.AREA).options
    return {id: text for id, text in self_check.knowledge().areas.items() if id in there}
