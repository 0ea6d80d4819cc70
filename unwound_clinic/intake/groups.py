"""A group that is asked as one: every item to read and tick, and one tap for «none of these».

A tick is a single yes. «None of these» is said of what is not ticked, and only of items that the page showed; ticks
wait for «none of the others». «Not sure» keeps all that is left open, for the clinic to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django import forms

from unwound import facts, screens
from unwound_clinic.core.speaking import said
from unwound_clinic.intake.own import NOT_SURE, TICKED, Own
from unwound_clinic.intake.parts import UNSURE, AnswerLine, Values, free_entry
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import New

WORDS = {"none": "None of these", "others": "None of the others", UNSURE: "I am not sure"}


class AskedAsOne:
    """A group on a page of the form."""

    shape = "screen"

    def __init__(self, screen: str, own: Own, posted: Mapping[str, Any] | None) -> None:
        self.screen, self.id = screens.screens()[screen], screen
        self.legend = self.screen.patient
        self.items, self.rest, self.read = f"{screen}-items", f"{screen}-rest", f"{screen}-read"
        ticked = self._ticked(own) if posted is None else posted.getlist(self.items)  # type: ignore[attr-defined]
        self.of_the_rest = "others" if ticked else "none"

    def fields(self) -> dict[str, forms.Field]:
        """A box for each item, «none» or «not sure», and which items the page showed."""
        shown = [item.fact for item in self.screen.items]
        return {
            self.items: forms.MultipleChoiceField(
                label=self.screen.patient,
                choices=[(item.fact, item.patient) for item in self.screen.items],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            ),
            self.rest: forms.ChoiceField(
                label="Or",
                choices=[(self.of_the_rest, WORDS[self.of_the_rest]), (UNSURE, WORDS[UNSURE])],
                required=False,
                widget=forms.RadioSelect,
                error_messages={
                    "invalid_choice": "You ticked something. If you have none of the others, tap «None of the others»."
                    if self.of_the_rest == "others"
                    else "Nothing is ticked now. If you have none of these, tap «None of these»."
                },
            ),
            self.read: forms.CharField(required=False, initial=" ".join(shown), widget=forms.HiddenInput),
        }

    def initial(self, own: Own) -> dict[str, Any]:
        """What is ticked, and what was said of the rest; single answers of an earlier form are answers too."""
        ticked = self._ticked(own)
        rest = [item for item in self.screen.items if item.fact not in ticked]
        answered = all(self._is_denied(item, own) for item in rest)
        unsure = any(item.fact in own.unsure for item in rest)
        rest_said = self.of_the_rest if rest and answered else UNSURE if unsure else ""
        return {self.items: ticked, self.rest: rest_said, self.read: " ".join(item.fact for item in self.screen.items)}

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """The ticks as single answers, and the rest as one; nothing from a page that did not show the group."""
        read = str(values.get(self.read) or "").split()
        items = [item for item in self.screen.items if item.fact in read]
        if not items:
            return
        ticked, rest_said = set(values.get(self.items) or ()), values.get(self.rest) or ""
        degrees = [item.fact for item in items if item.fact in ticked and not _is_yes_no(item.fact)]
        for item in items:
            if _is_yes_no(item.fact) and (item.fact in ticked or own.value("fact", item.fact) is True):
                yield record_translate.new_fact(item.fact, True if item.fact in ticked else None, on)
        rest = [item.fact for item in items if item.fact not in ticked]
        if rest and rest_said == ("others" if ticked else "none"):
            yield record_translate.new_screened(self.id, rest, on)
        else:
            yield New(kind="screened", key=self.id, value=None)
        unsure = [*degrees, *(rest if rest_said == UNSURE else ())]
        yield free_entry("story", f"{TICKED}{self.id}", {"facts": degrees} if degrees else None)
        yield free_entry("story", f"{NOT_SURE}{self.id}", {"facts": unsure} if unsure else None)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """«high blood pressure; none of the others»."""
        initial = self.initial(own)
        ticked, rest_said = initial[self.items], initial[self.rest]
        yes = ", ".join(said(item.patient) for item in self.screen.items if item.fact in ticked)
        denied = [
            said(item.patient) for item in self.screen.items if item.fact not in ticked and self._is_denied(item, own)
        ]
        open_ = denied and rest_said not in ("none", "others")
        no = said("not: {these}", these=", ".join(denied)) if open_ else ""
        words = {"none": "None of these", "others": "none of the others", UNSURE: "not sure about the others"}
        rest = "Not sure" if rest_said == UNSURE and not (yes or no) else words.get(rest_said, "")
        yield AnswerLine(self.screen.patient, "; ".join(part for part in (yes, no, said(rest)) if part))

    def _ticked(self, own: Own) -> list[str]:
        yes = (item.fact for item in self.screen.items)
        return [id for id in yes if own.value("fact", id) is True or id in own.ticked]

    def _is_denied(self, item: screens.Item, own: Own) -> bool:
        return own.value("fact", item.fact) == item.settles or item.fact in own.denied


def _is_yes_no(fact: str) -> bool:
    return facts.vocabulary()[fact].type == "yes-no"
