"""The form that a decision is signed with."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest

from unwound.candidacy import Verdict
from unwound.report.words import VERDICTS
from unwound_clinic.core.forms import SignForm
from unwound_clinic.treatment.actions.decisions import SHORTEST_REASON

Json = dict[str, Any]


class DecisionForm(SignForm):
    """Accept or override; nothing is chosen beforehand."""

    decided = forms.ChoiceField(label="Your decision", choices=(), widget=forms.RadioSelect)
    indication = forms.ChoiceField(label="Ketamine would be for", choices=(), required=False)
    override_reason = forms.CharField(
        label="Why you decide otherwise than advised",
        help_text="Needed only then; it stands in the record.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    review_on = forms.DateField(
        label="Seen again on",
        help_text="Needed where other treatments come first.",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    seen = forms.CharField(widget=forms.HiddenInput)
    field_order = ("decided", "indication", "override_reason", "review_on", "note", "password", "seen")

    def __init__(self, request: HttpRequest, shown: Json, seen: str, today: date) -> None:
        self.advised, self.today = shown["candidacy"]["verdict"], today
        evidence = shown["candidacy"]["evidence"]
        initial = {"seen": seen, "indication": evidence["condition"] if evidence else ""}
        super().__init__(request, request.POST or None, initial=initial, label_suffix="")
        self._choice("decided", self._choices())
        self._choice("indication", [("", "–"), *((one["condition"], one["title"]) for one in shown["grades"])])

    def _choice(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _choices(self) -> list[tuple[str, str]]:
        """What is advised first, then what would override it."""
        others = [(one, f"Override: {said}") for one, said in VERDICTS.items() if one != self.advised]
        return [(self.advised, f"Accept: {VERDICTS[self.advised]}"), *others]

    def clean(self) -> dict[str, Any] | None:
        """What the action would refuse is said beside the field; the action refuses it all the same."""
        cleaned = super().clean() or {}
        decided = cleaned.get("decided")
        reason = cleaned.get("override_reason", "").strip()
        if decided and decided != self.advised and len(reason) < SHORTEST_REASON:
            self.add_error("override_reason", f"Say in words why, at least {SHORTEST_REASON} letters.")
        if decided == Verdict.CANDIDATE and not cleaned.get("indication"):
            self.add_error("indication", "For which condition?")
        review_on = cleaned.get("review_on")
        if (
            decided == Verdict.FIRST_LINE_FIRST
            and "review_on" not in self.errors
            and (review_on is None or review_on <= self.today)
        ):
            self.add_error("review_on", "A later day is needed.")
        return cleaned
