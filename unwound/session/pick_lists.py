"""What is charted with one tap: rescue drugs, side effects, reasons to acknowledge an alert. One file of data each."""

from __future__ import annotations

from pydantic import model_validator

from unwound.catalogue import Cited, CitedText, Frozen, Head, find


class Choice(Frozen):
    """One thing to tap: its words, and why it is on the list."""

    says: str
    drug: str = ""
    """Id of the medicine in `data/drugs`, where the catalogue has it."""
    reason: CitedText
    most: Cited | None = None
    """Of a drug: the largest single dose that its source gives."""


class PickList(Head):
    """One file of `data/pick_lists`, in the order in which it is shown."""

    choices: tuple[Choice, ...]

    @model_validator(mode="after")
    def _says_each_once(self) -> PickList:
        words = [choice.says for choice in self.choices]
        if not words or len({*words}) < len(words):
            raise ValueError("a pick list holds at least one choice, and each once")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """What is shown and charted."""
        return tuple(choice.says for choice in self.choices)


def pick_list(id: str) -> PickList:
    """One list. UnwoundError, naming those there are, when there is none of that name."""
    return find("pick_lists", PickList, id, "pick list")
